"""Words of the command line in, options and a listening socket out; the same at every step."""

import argparse
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from words import BEHIND


@dataclass(frozen=True)
class Options:
    port: int
    #: Seconds between two notices that say who is here.
    every: float
    #: The port of the service that is asked about each text (moderator.py), or None.
    moderator: int | None


def options() -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between notices")
    parser.add_argument("--moderator", type=int, help="port of moderator.py")
    return Options(**vars(parser.parse_args()))


def listen(port: int) -> socket.socket:
    """A socket that takes connections."""
    listener = socket.create_server(("127.0.0.1", port))
    # Connections inherit it. It bounds what the kernel keeps for a client that does not read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BEHIND)
    return listener


def announce(listener: socket.socket) -> None:
    """Print the port. From here on Ctrl-C is expected."""
    print("listening on port", listener.getsockname()[1], flush=True)


def connections(listener: socket.socket) -> Iterator[socket.socket]:
    """The connections that come, until Ctrl-C.

    Threads cannot be told where Ctrl-C interrupts them, so it interrupts nothing here: it shuts
    the listener down, which ends the wait for the next connection and nothing else.
    """
    signal.signal(signal.SIGINT, lambda *_: listener.shutdown(socket.SHUT_RD))
    announce(listener)
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        yield sock
