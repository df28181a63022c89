"""An output file in, the same with its state beside it out, from which the next run goes on."""

import fcntl
import os
import stat
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from plait import journal
from plait.errors import SinkError, StateError, UsageError
from plait.events import Event, Noted
from plait.journal import Commit
from plait.ledger import Book, Bookmarks

# While anything is given: seconds from it to its commit, and bytes of output between two.
_PAUSE: Final = 1.0
_MOST: Final = 64 * 2**20
# A state file is written anew when it has grown to so many bytes, and to so many times as many
# as it needs.
_GROWN: Final = 2**20
_TIMES: Final = 4


def state_file(output: str) -> str:
    """The path of the state of an output."""
    return f"{output}.plait-state"


def state_files(output: str) -> list[str]:
    """Where the state of an output is kept, and where it is while a new one is written."""
    return [state_file(output), f"{state_file(output)}.new"]


class Keeping:
    """An output file, locked for this process, whose length and bookmarks are kept together.

    1. The output's bytes up to the length of a commit are on the disk before the commit is.
    2. A commit is one line, so after a crash at any moment the last whole line says how long the
       output must be, and where in the sources it goes on. `open` cuts off what is longer.
    3. Only one process holds the lock, and it is that of the file at the state's path.
    """

    def __init__(
        self, output: str, settings: dict[str, Any], on_event: Callable[[Event], object]
    ) -> None:
        """Take up what is there, or begin where nothing is.

        `settings` are what must be the same in all runs. `UsageError` where they are not,
        `StateError` where state and output do not fit each other, or another process has them.
        """
        self.path: Final = output
        self._state_path = state_file(output)
        self._settings: Final = settings
        self._size = 0  # of the state file
        self._least = 0  # of it, what a new one needs
        self._due: float | None = None
        self._take: Callable[[], Bookmarks | None] | None = None
        self._descriptor = self._state = -1
        try:
            self._open(on_event)
        except OSError as error:
            self.close()
            raise SinkError(output, error.strerror or str(error)) from error
        except BaseException:
            self.close()
            raise

    def _open(self, on_event: Callable[[Event], object]) -> None:
        self._state = _locked(self._state_path, self.path)
        found = journal.recover(_contents(self._state))
        if found is not None and not found.begun:
            found = None  # it was refused for wrong words, say: there is nothing to go on from
        if found is not None:
            self._require_same(found.header)
        last = None if found is None else found.last
        self._descriptor = _output(self.path, create=last is None or not last.length)
        if last is None:
            self._require_empty()
        else:
            self._cut(last)
        if found is not None and not found.whole:
            note = "the last entry of its state is torn; going on from the one before"
            on_event(Noted(self.path, note))
        #: When the first run began, in ns since 1970 UTC: to this, relative times relate.
        self.began: int = time.time_ns() if found is None else found.header["began"]
        self._book = Book({} if last is None else last.bookmarks)
        self._length = 0 if last is None else last.length
        self._rewrite()

    @property
    def descriptor(self) -> int:
        """The output, open for writing at its end."""
        return self._descriptor

    @property
    def bookmarks(self) -> dict[str, Any]:
        """Where the sources go on: for `Options.resume`."""
        return self._book.as_json()

    def begin(self, take: Callable[[], Bookmarks | None]) -> None:
        """Commit what `take` gives (`Stream.bookmarks`), now and from now on."""
        self._take = take
        self.commit()

    def round(self, *, given: bool) -> None:
        """Commit if it is time."""
        if given and self._due is None:
            self._due = time.monotonic() + _PAUSE
        if self._due is None:
            return
        if time.monotonic() >= self._due or self._written() - self._length >= _MOST:
            self.commit()

    def next(self) -> float | None:
        """When there is something to commit."""
        return self._due

    def commit(self) -> None:
        """Make what was written last, with the bookmarks that belong to it."""
        self._due = None
        changes = None if self._take is None else self._take()
        assert changes is not None, "a commit comes between rounds"
        length = self._written()
        if length == self._length and not changes["sources"] and not changes["files"]:
            return
        try:
            if length != self._length:
                os.fsync(self._descriptor)
            self._length = length
            self._book.add(changes)
            self._append(Commit(length, self._tail(), dict(changes)).line())
            if self._size > max(_GROWN, _TIMES * self._least):
                self._rewrite()
        except OSError as error:
            raise SinkError(self.path, error.strerror or str(error)) from error

    def close(self) -> None:
        """Let go of both files; what was not committed is taken away by the next run."""
        for descriptor in (self._descriptor, self._state):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._state = -1

    def _written(self) -> int:
        return os.fstat(self._descriptor).st_size

    def _tail(self) -> tuple[int, int]:
        return _tail(self._descriptor, self._length)

    # -- the state file ------------------------------------------------------------------

    def _append(self, line: bytes) -> None:
        _write(self._state, line)
        os.fsync(self._state)
        self._size += len(line)

    def _rewrite(self) -> None:
        """Put a new state file, with one commit, in the place of the old."""
        commit = Commit(self._length, self._tail(), self._book.as_json())
        data = journal.header(self.began, self._settings) + commit.line()
        path = state_files(self.path)[1]
        new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            # Before it has the name: nobody who opens it there may get its lock.
            fcntl.flock(new, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(new, data)
            os.fsync(new)
            os.rename(path, self._state_path)
            _sync_folder(self._state_path)
        except BaseException:
            os.close(new)
            raise
        os.close(self._state)
        self._state = new
        self._size = self._least = len(data)

    # -- what does not fit ---------------------------------------------------------------

    def _require_same(self, header: dict[str, Any]) -> None:
        if header["plait"] != journal.VERSION:
            problem = f"its state was written by another version of plait ({header['plait']})"
            raise StateError(self.path, problem, self._anew())
        before = header["settings"]
        for name in sorted({*before, *self._settings}):
            was, now = before.get(name), self._settings.get(name)
            if was != now:
                raise UsageError(
                    f"{self.path}: was begun with {_said(name, was)}, now there is "
                    f"{_said(name, now)}; write what it was begun with or choose another "
                    f"output, or {self._anew()}"
                )

    def _require_empty(self) -> None:
        """Raise `StateError` where there is output without a state that is readable."""
        if self._written():
            what = "no readable state" if os.fstat(self._state).st_size else "no state"
            problem = f"is there and has {what} beside it, so where to go on is not known"
            raise StateError(self.path, problem, f"choose another output, or {self._anew()}")

    def _cut(self, last: Commit) -> None:
        """Take away what came after the last commit."""
        length = self._written()
        if length < last.length:
            problem = f"has {length} bytes, and {last.length} when its state was last written"
            raise StateError(self.path, problem, f"put it back, or {self._anew()}")
        if _tail(self._descriptor, last.length) != last.tail:
            problem = "holds something else than when its state was last written"
            raise StateError(self.path, problem, f"put it back, or {self._anew()}")
        os.ftruncate(self._descriptor, last.length)

    def _anew(self) -> str:
        return f"remove {self.path} and {self._state_path} to begin anew"


def _locked(path: str, output: str) -> int:
    """The state file, open and locked for us alone."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            hint = "stop that one or choose another output"
            raise StateError(output, "another plait is writing it", hint) from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process has just put a new one in its place


def _output(path: str, *, create: bool) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileNotFoundError as error:
        hint = f"put it back, or remove {state_file(path)} to begin anew"
        raise StateError(path, "is gone, and its state is there", hint) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"--resume needs a file to write to; {path} is none")
    if create:
        _sync_folder(path)
    return descriptor


def _contents(descriptor: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:
        return file.read()


def _tail(descriptor: int, length: int) -> tuple[int, int]:
    """How many bytes before this length are compared, and their checksum."""
    size = min(length, journal.TAIL)
    return size, zlib.crc32(os.pread(descriptor, size, length - size))


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(path: str) -> None:
    """Have the disk know the names in the folder of a file."""
    folder = os.open(Path(path).parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _said(name: str, value: object) -> str:
    if value in (None, False, []):
        return f"no {name}"
    return name if value is True else f"{name} {value}"
