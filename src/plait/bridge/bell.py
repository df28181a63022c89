"""A ring from any thread in, a call in the thread that watches a descriptor out."""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

#: Calls the callback in its own thread while the descriptor can be read; gives what ends that.
Watch = Callable[[int, Callable[..., bool]], Callable[[], object]]

_ONE: Final = (1).to_bytes(8, sys.byteorder)


class Bell:
    """An event descriptor, or a pair of sockets where there is none.

    1. `ring` never waits, and is not written in Python: Ctrl-C finds no place inside it.
    2. What it rings with is closed with this object, never before: a late ring cannot reach a
       file that has come to bear the same number.
    """

    fd = -1
    _sockets: tuple[socket.socket, ...] = ()

    def __init__(self) -> None:
        if hasattr(os, "eventfd"):
            self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            self.ring: Callable[[], object] = partial(os.write, self.fd, _ONE)
            self._read: Callable[[], object] = partial(os.read, self.fd, 8)
        else:
            here, there = self._sockets = socket.socketpair()
            here.setblocking(False)
            there.setblocking(False)
            self.fd = here.fileno()
            self.ring = partial(there.send, b"\0")
            self._read = partial(here.recv, 4096)

    def hush(self) -> None:
        """Until the next ring there is nothing to hear."""
        with suppress(BlockingIOError):  # heard twice, rung once
            self._read()

    def __del__(self) -> None:
        for each in self._sockets:
            each.close()
        if self.fd >= 0 and not self._sockets:
            os.close(self.fd)


__all__ = ["Bell", "Watch"]
