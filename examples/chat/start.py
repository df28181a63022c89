"""Words of the command line in; options, a listening socket and its connections out."""

import argparse
import asyncio
import contextlib
import selectors
import signal
import socket
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass

from words import BEHIND

from plait.bridge import loop_factory


@dataclass(frozen=True)
class Options:
    port: int
    #: Seconds between two notices that say who is here.
    every: float
    #: The port of the service that is asked about each text (moderator.py), or None.
    moderator: int | None
    #: The loop's name; step 0 has none.
    loop: str


def options() -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between notices")
    parser.add_argument("--moderator", type=int, help="port of moderator.py")
    parser.add_argument(
        "--loop", choices=["asyncio", "uvloop"], default="asyncio", help="from step 1 on"
    )
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


# Ctrl-C. Python calls a signal's handler between two instructions of the main thread. Where the
# signal comes just before the thread begins to wait, that is after the wait. Only the wake-up
# descriptor, into which the signal itself writes, ends a wait that begins too late.


def connections(listener: socket.socket) -> Iterator[socket.socket]:
    """For threads: the connections that come, until Ctrl-C.

    As an exception Ctrl-C could arise anywhere in the main thread; here it is never one.
    """
    woken, wake = socket.socketpair()
    with woken, wake, selectors.DefaultSelector() as selector:
        for each in (listener, wake):
            each.setblocking(False)
        for each in (listener, woken):
            selector.register(each, selectors.EVENT_READ)
        signal.set_wakeup_fd(wake.fileno())
        try:
            signal.signal(signal.SIGINT, lambda *_: None)
            announce(listener)
            while woken not in [key.fileobj for key, _ in selector.select()]:
                try:
                    sock, _ = listener.accept()
                except (BlockingIOError, ConnectionAbortedError):
                    continue  # it has gone again
                sock.setblocking(True)  # some systems' have inherited the listener's way
                yield sock
        finally:
            signal.set_wakeup_fd(-1)


def run_until_ctrl_c(serve: Awaitable[None], loop: str) -> None:
    """For coroutines: run this one on the loop of that name; Ctrl-C cancels it.

    `add_signal_handler` has the wake-up descriptor; what `asyncio.run` does by itself has not.
    """

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
        await serve

    with (
        contextlib.suppress(asyncio.CancelledError),
        asyncio.Runner(loop_factory=loop_factory(loop)) as runner,
    ):
        runner.run(main())
