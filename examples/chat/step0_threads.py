"""A chat server, step 0: one thread a client, a lock around the members.

python examples/chat/step0_threads.py --port 5000
"""

import contextlib
import socket
import threading
from typing import BinaryIO

import words
from moderator import allowed
from start import Options, connections, listen, options


class Chat:
    """1. Members and threads are touched, and sockets written to, only with the lock held.

    2. Nothing that waits is done with the lock held.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._members: dict[str, socket.socket] = {}
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._clock = threading.Thread(target=self._remind)
        self._closing = threading.Event()

    def serve(self) -> None:
        """Take connections until Ctrl-C."""
        self._clock.start()
        try:
            with listen(self._options.port) as listener:
                for sock in connections(listener):
                    thread = threading.Thread(target=self._attend, args=(sock,))
                    with self._lock:
                        self._threads[thread] = sock
                    thread.start()
        finally:
            self._close()

    def _attend(self, sock: socket.socket) -> None:
        """One client, from its first line to its last: this is what each thread runs."""
        nickname = None
        try:
            with sock.makefile("rb") as lines:
                nickname = self._admit(sock, lines)
                while nickname and (text := words.text_of(lines.readline(words.LINE))) is not None:
                    self._take(nickname, sock, text)
        except OSError:
            pass  # it has vanished, which is a way to leave
        finally:
            self._leave(nickname, sock)

    def _admit(self, sock: socket.socket, lines: BinaryIO) -> str | None:
        """Ask for a nickname until one can be had; None where the client leaves before."""
        with self._lock:
            tell(sock, words.ASK)
        while (nickname := words.text_of(lines.readline(words.LINE))) is not None:
            with self._lock:
                problem = words.objection(nickname, self._members)
                if problem is None:
                    tell(sock, words.welcome(nickname, self._members))
                    self._broadcast(words.joined(nickname))
                    self._members[nickname] = sock
                    return nickname
                tell(sock, problem)
        return None

    def _take(self, nickname: str, sock: socket.socket, text: str) -> None:
        moderator = self._options.moderator
        fine = moderator is None or allowed(text, moderator)
        with self._lock:
            if fine:
                self._broadcast(words.said(nickname, text), but=nickname)
            else:
                tell(sock, words.REFUSED)

    def _leave(self, nickname: str | None, sock: socket.socket) -> None:
        with self._lock:
            del self._threads[threading.current_thread()]
            sock.close()
            if nickname is not None:
                del self._members[nickname]
                self._broadcast(words.left(nickname))

    def _broadcast(self, text: str, but: str | None = None) -> None:
        for nickname, sock in self._members.items():
            if nickname != but:
                tell(sock, text)

    def _remind(self) -> None:
        """Say who is here, again and again: this is what the clock's thread runs."""
        while not self._closing.wait(self._options.every):
            with self._lock:
                self._broadcast(words.present(self._members))

    def _close(self) -> None:
        self._closing.set()
        with self._lock:
            threads = [self._clock, *self._threads]
            for sock in self._threads.values():
                tell(sock, words.CLOSING)
                cut(sock)
        for thread in threads:
            thread.join()


def tell(sock: socket.socket, text: str) -> None:
    """Send without waiting; who has no room for it is too slow, and cut off."""
    data = words.line_of(text)
    try:
        sent = sock.send(data, socket.MSG_DONTWAIT)
    except OSError:
        sent = 0
    if sent < len(data):
        cut(sock)


def cut(sock: socket.socket) -> None:
    """End a connection; its thread, which waits for a line, is woken by the end."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    Chat(options()).serve()
