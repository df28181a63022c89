"""A chat server, step 1: still one thread a client, but the members live on a loop beside them.

python examples/chat/step1_loop_beside.py --port 0
"""

import asyncio
import contextlib
import socket
import threading
from typing import BinaryIO

from moderator import allowed
from start import Options, connections, listen, options
from words import (
    ASK,
    CLOSING,
    LINE,
    REFUSED,
    joined,
    left,
    line_of,
    objection,
    present,
    said,
    text_of,
    welcome,
)

from plait.bridge import LoopThread


class Room:
    """The members. All of it runs on the loop, one call after the other, so there is no lock.

    1. Nothing here blocks: while it did, nobody could speak.
    """

    def __init__(self) -> None:
        self._members: dict[str, socket.socket] = {}
        self._guests: set[socket.socket] = set()
        self._clock: asyncio.Task[None] | None = None

    async def open(self, every: float) -> None:
        self._clock = asyncio.create_task(self._remind(every))

    async def greet(self, sock: socket.socket) -> None:
        self._guests.add(sock)
        _tell(sock, ASK)

    async def admit(self, nickname: str, sock: socket.socket) -> bool:
        problem = objection(nickname, self._members)
        if problem is not None:
            _tell(sock, problem)
            return False
        _tell(sock, welcome(nickname, self._members))
        self._broadcast(joined(nickname))
        self._members[nickname] = sock
        return True

    async def say(self, nickname: str, text: str) -> None:
        self._broadcast(said(nickname, text), but=nickname)

    async def refuse(self, nickname: str) -> None:
        _tell(self._members[nickname], REFUSED)

    async def leave(self, nickname: str | None, sock: socket.socket) -> None:
        self._guests.discard(sock)
        sock.close()
        if nickname is not None:
            del self._members[nickname]
            self._broadcast(left(nickname))

    async def close(self) -> None:
        for sock in self._guests:
            _tell(sock, CLOSING)
            _cut(sock)

    def _broadcast(self, text: str, but: str | None = None) -> None:
        for nickname, sock in self._members.items():
            if nickname != but:
                _tell(sock, text)

    async def _remind(self, every: float) -> None:
        """Say who is here, again and again: a task now, no thread."""
        while True:
            await asyncio.sleep(every)
            self._broadcast(present(self._members))


class Chat:
    """The threads: they wait for lines and ask the room, on its loop, for everything else."""

    def __init__(self, options: Options, loop: LoopThread) -> None:
        self._options = options
        self._loop = loop
        self._room = Room()
        self._threads: list[threading.Thread] = []

    def serve(self) -> None:
        """Take connections until Ctrl-C."""
        self._loop.call(self._room.open, self._options.every)
        try:
            with listen(self._options.port) as listener:
                for sock in connections(listener):
                    self._loop.call(self._room.greet, sock)
                    self._threads = [each for each in self._threads if each.is_alive()]
                    self._threads.append(threading.Thread(target=self._attend, args=(sock,)))
                    self._threads[-1].start()
        finally:
            self._loop.call(self._room.close)
            # The loop ends after them: they still take their leave on it.
            for thread in self._threads:
                thread.join()

    def _attend(self, sock: socket.socket) -> None:
        """One client, from its first line to its last: this is what each thread runs."""
        nickname = None
        try:
            with sock.makefile("rb") as lines:
                nickname = self._admit(sock, lines)
                while nickname and (text := text_of(lines.readline(LINE))) is not None:
                    self._take(nickname, text)
        except OSError:
            pass  # it has vanished, which is a way to leave
        finally:
            self._loop.call(self._room.leave, nickname, sock)

    def _admit(self, sock: socket.socket, lines: BinaryIO) -> str | None:
        while (nickname := text_of(lines.readline(LINE))) is not None:
            if self._loop.call(self._room.admit, nickname, sock):
                return nickname
        return None

    def _take(self, nickname: str, text: str) -> None:
        moderator = self._options.moderator
        if moderator is None or allowed(text, moderator):
            self._loop.call(self._room.say, nickname, text)
        else:
            self._loop.call(self._room.refuse, nickname)


def _tell(sock: socket.socket, text: str) -> None:
    """Send without waiting; who has no room for it is too slow, and cut off."""
    data = line_of(text)
    try:
        sent = sock.send(data, socket.MSG_DONTWAIT)
    except OSError:
        sent = 0
    if sent < len(data):
        _cut(sock)


def _cut(sock: socket.socket) -> None:
    """End a connection; its thread, which waits for a line, is woken by the end."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    with LoopThread("chat room") as loop:
        Chat(options(), loop).serve()
