"""A chat server, step 1: still one thread a client, but the members live on a loop beside them.

python examples/chat/step1_loop_beside.py --port 5000 --loop uvloop
"""

import asyncio
import socket
import threading
from typing import BinaryIO

import words
from moderator import allowed
from start import Options, connections, listen, options
from step0_threads import cut, tell

from plait.bridge import LoopThread, loop_factory


class Room:
    """The members. All of it runs on the loop, one call after the other, so there is no lock.

    1. Nothing here blocks: while it did, nobody could speak.
    """

    def __init__(self) -> None:
        self._members: dict[str, socket.socket] = {}
        self._guests: set[socket.socket] = set()

    def greet(self, sock: socket.socket) -> None:
        self._guests.add(sock)
        tell(sock, words.ASK)

    def admit(self, nickname: str, sock: socket.socket) -> bool:
        problem = words.objection(nickname, self._members)
        if problem is not None:
            tell(sock, problem)
            return False
        tell(sock, words.welcome(nickname, self._members))
        self._broadcast(words.joined(nickname))
        self._members[nickname] = sock
        return True

    def say(self, nickname: str, text: str) -> None:
        self._broadcast(words.said(nickname, text), but=nickname)

    def refuse(self, nickname: str) -> None:
        tell(self._members[nickname], words.REFUSED)

    def leave(self, nickname: str | None, sock: socket.socket) -> None:
        self._guests.discard(sock)
        sock.close()
        if nickname is not None:
            del self._members[nickname]
            self._broadcast(words.left(nickname))

    def close(self) -> None:
        for sock in self._guests:
            tell(sock, words.CLOSING)
            cut(sock)

    async def remind(self, every: float) -> None:
        """Say who is here, again and again: this was a thread."""
        while True:
            await asyncio.sleep(every)
            self._broadcast(words.present(self._members))

    def _broadcast(self, text: str, but: str | None = None) -> None:
        for nickname, sock in self._members.items():
            if nickname != but:
                tell(sock, text)


class Chat:
    """The threads: they wait for lines and ask the room, on its loop, for everything else."""

    def __init__(self, options: Options, loop: LoopThread) -> None:
        self._options = options
        self._loop = loop
        self._room = Room()
        self._threads: list[threading.Thread] = []

    def serve(self) -> None:
        """Take connections until Ctrl-C."""
        self._loop.start(self._room.remind, self._options.every)
        try:
            with listen(self._options.port) as listener:
                for sock in connections(listener):
                    self._loop.call_function(self._room.greet, sock)
                    self._threads = [each for each in self._threads if each.is_alive()]
                    self._threads.append(threading.Thread(target=self._attend, args=(sock,)))
                    self._threads[-1].start()
        finally:
            self._loop.call_function(self._room.close)
            # The loop ends after them: they still take their leave on it.
            for thread in self._threads:
                thread.join()

    def _attend(self, sock: socket.socket) -> None:
        """One client, from its first line to its last: this is what each thread runs."""
        nickname = None
        try:
            with sock.makefile("rb") as lines:
                nickname = self._admit(sock, lines)
                while nickname and (text := words.text_of(lines.readline(words.LINE))) is not None:
                    self._take(nickname, text)
        except OSError:
            pass  # it has vanished, which is a way to leave
        finally:
            self._loop.call_function(self._room.leave, nickname, sock)

    def _admit(self, sock: socket.socket, lines: BinaryIO) -> str | None:
        while (nickname := words.text_of(lines.readline(words.LINE))) is not None:
            if self._loop.call_function(self._room.admit, nickname, sock):
                return nickname
        return None

    def _take(self, nickname: str, text: str) -> None:
        moderator = self._options.moderator
        if moderator is None or allowed(text, moderator):
            self._loop.call_function(self._room.say, nickname, text)
        else:
            self._loop.call_function(self._room.refuse, nickname)


if __name__ == "__main__":
    given = options()
    with LoopThread("chat room", loop_factory=loop_factory(given.loop)) as loop:
        Chat(given, loop).serve()
