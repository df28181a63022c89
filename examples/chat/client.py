"""A chat client: `Client` for scripts and tests, a prompt for people.

    python examples/chat/client.py --port 5000

It blocks, and knows nothing of how the server is made: it is the same at every step.
"""

import argparse
import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self


class Client:
    """One connection; `say` a line, `hear` the next."""

    def __init__(
        self, port: int, *, patience: float | None = None, buffer: int | None = None
    ) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(patience)
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.connect(("127.0.0.1", port))
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def say(self, text: str) -> None:
        self._socket.sendall(f"{text}\n".encode())

    def hear(self) -> str | None:
        """The next line; None where the server has closed the connection."""
        line = self._lines.readline()
        return line.decode().removesuffix("\n") if line else None

    def __iter__(self) -> Iterator[str]:
        while (line := self.hear()) is not None:
            yield line

    def say_no_more(self) -> None:
        """End our half; what is on its way to us still comes."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def vanish(self) -> None:
        """Be gone without a farewell, as after a crash: the connection is reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    with Client(parser.parse_args().port) as client:

        def show() -> None:
            for line in client:
                print(line, flush=True)

        shower = threading.Thread(target=show)
        shower.start()
        with contextlib.suppress(KeyboardInterrupt, OSError):
            for line in sys.stdin:
                client.say(line.rstrip("\n"))
        client.say_no_more()
        shower.join()


if __name__ == "__main__":
    main()
