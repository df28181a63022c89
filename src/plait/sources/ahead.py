"""A function that makes blocks in, their bytes out, made ahead by threads that all share."""

import os
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

#: Blocks that may wait for the reader of one file, and for those of all.
_DEPTH: Final = 2
_STOCK: Final = 4


class _State(Enum):
    RESTING = auto()
    IN_LINE = auto()  # a thread may begin with it
    WORKING = auto()  # a block is being made


class Ahead:
    """The bytes of the blocks that `make` gives until it gives an empty one.

    Nothing is made ahead before the second block is asked for: a file that is only opened and
    then waits for others costs no memory. What `make` raises is raised by `take` in its place.

    1. One thread at a time runs `make`: one of the crew, or else the reader itself.
    2. At most `_DEPTH` blocks wait, and `_STOCK` of all files, beside those being made.
    3. After `close`, `make` does not run; after the last one, no thread is left.
    """

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make: Final = make
        self._crew: Final = _join_crew()
        self._state = _State.RESTING
        self._made: Final[deque[bytes]] = deque()
        self._block, self._at = b"", 0  # the last one taken, and how much of it has gone out
        self._taken = 0
        self._over = False  # nothing more is to be made
        self._error: Exception | None = None

    def take(self, limit: int) -> bytes:
        """The next bytes, at most `limit`, b"" after the last; waits where they are being made.

        What is made in large blocks goes out in small ones, so that no more of it waits in a merge
        than of other files.
        """
        if not self._block:
            self._block = self._next()
        data = self._block[self._at : self._at + limit]
        self._at += limit
        if self._at >= len(self._block):
            self._block, self._at = b"", 0
        return data

    def _next(self) -> bytes:
        crew = self._crew
        with crew.changed:
            while not self._made and not self._over:
                if self._state is _State.WORKING:
                    crew.changed.wait()
                else:
                    self._begin()
                    self._make_one()
                    self._state = _State.RESTING
            if not self._made:
                if self._error is not None:
                    raise self._error
                return b""
            crew.stock -= 1
            self._taken += 1
            block = self._made.popleft()
            # A thread that is woken for every block is woken too often.
            if self._state is _State.RESTING and len(self._made) <= _DEPTH // 2 and self._wants():
                self._state = _State.IN_LINE
                crew.call(self)
            return block

    def close(self) -> None:
        """Make no more, and wait for the block that is being made; once."""
        with self._crew.changed:
            self._over = True
            if self._state is _State.IN_LINE:
                self._begin()
                self._state = _State.RESTING
            while self._state is _State.WORKING:
                self._crew.changed.wait()
            self._crew.stock -= len(self._made)
            self._made.clear()
        _leave_crew(self._crew)

    def fill(self) -> None:
        """Make blocks as long as there is room; called by the crew, the lock is held."""
        self._state = _State.WORKING
        while self._wants():
            self._make_one()
        self._state = _State.RESTING
        self._crew.changed.notify_all()

    def _begin(self) -> None:
        """Be the one who makes; the lock is held."""
        if self._state is _State.IN_LINE:
            self._crew.line.remove(self)
        self._state = _State.WORKING

    def _wants(self) -> bool:
        room = len(self._made) < _DEPTH and self._crew.stock < _STOCK
        return room and not self._over and self._taken > 1

    def _make_one(self) -> None:
        """Make a block; the lock is held before and after."""
        changed = self._crew.changed
        block, error = b"", None
        changed.release()
        try:
            block = self._make()
        except Exception as raised:  # noqa: BLE001  # whatever it is, the reader is to have it
            error = raised
        finally:
            changed.acquire()
        if block and not self._over:
            self._made.append(block)
            self._crew.stock += 1
        else:
            self._over, self._error = True, error
        changed.notify_all()


class _Crew:
    """The threads for all that is open: as many as there are cores, at most."""

    def __init__(self) -> None:
        self.changed: Final = threading.Condition()
        self.line: Final[deque[Ahead]] = deque()
        self.stock = 0  # blocks that wait for their readers
        self.members = 0  # guarded by the lock of the module
        self._threads: Final[list[threading.Thread]] = []
        self._idle = 0
        self._closed = False

    def call(self, ahead: Ahead) -> None:
        """Have a thread fill it, when one has time; the lock is held."""
        self.line.append(ahead)
        if self._idle:
            self.changed.notify_all()
        elif len(self._threads) < (os.cpu_count() or 1):
            # Whoever forgets to close a file must not keep the program from ending.
            thread = threading.Thread(target=self._work, name="plait decoder", daemon=True)
            self._threads.append(thread)
            self._idle += 1  # it will look at the line as soon as it runs
            thread.start()

    def close(self) -> None:
        """End the threads, and wait for them."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        with self.changed:
            self._idle -= 1
            while not self._closed:
                if self.line:
                    self.line.popleft().fill()
                    continue
                self._idle += 1
                self.changed.wait()
                self._idle -= 1


_lock = threading.Lock()
_crew: _Crew | None = None


def _join_crew() -> _Crew:
    global _crew
    with _lock:
        if _crew is None:
            _crew = _Crew()
        _crew.members += 1
        return _crew


def _leave_crew(crew: _Crew) -> None:
    global _crew
    with _lock:
        crew.members -= 1
        if crew.members:
            return
        if _crew is crew:
            _crew = None
    crew.close()


def _forget() -> None:
    """In a child process: the threads are not there, and the lock may be held by one of them."""
    global _crew, _lock
    _crew, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
