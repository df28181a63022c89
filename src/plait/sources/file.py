"""A path in, the bytes of the file out, and of those that come to stand in its place."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Final, Literal

from plait.errors import MissingExtra, SourceError
from plait.events import CaughtUp, Event, Failed, Noted, Opened, Rotated, Truncated, Waiting
from plait.logs.chunk import Chunk
from plait.sources import Item
from plait.sources.compressed import CUT_SHORT, CorruptDataError
from plait.sources.faults import in_words, is_missing, look_up, require_regular
from plait.sources.incarnation import Incarnation
from plait.sources.known import Known
from plait.sources.linger import STILL_WRITTEN, Linger
from plait.sources.patterns import FileSpec
from plait.sources.retry import Retry
from plait.sources.skip import Skipper
from plait.sources.writers import has_writer

# The most that is read at once. Larger ones fall out of the processor's cache before they are
# merged; live, thousands of files have one each.
_BLOCK, _LIVE_BLOCK = 2**19, 2**18


class FileSource:
    """One file, read to its end, or followed by its name through rotations.

    Iterating never waits. Followed, it yields `CaughtUp` when nothing more is there now; call
    `next` again when there may be. Faults are reported once by `Failed` while following and
    raised as `SourceError` otherwise. Bytes of the old file come before those of the new.

    What cannot be seen: a file truncated and written again, between two looks, to at least
    its former size with the same first bytes; a file renamed to a name that does not look
    like a rotated one, or deleted, that was never opened.

    1. At most one incarnation is open, and it is claimed in `known`.
    2. An incarnation is left only at its end, and never gone back to before `Rotated` is given.
    """

    __slots__ = (
        "_block", "_clock", "_closed", "_file", "_follow", "_grace", "_held", "_known",
        "_linger", "_next", "_opened", "_owed", "_retry", "_short", "name", "path", "skipper",
        "spec",
    )  # fmt: skip

    immediate: Final = True

    def __init__(
        self,
        path: str,
        *,
        name: str | None = None,
        follow: bool = False,
        start: Literal["begin", "end"] = "begin",
        block: int | None = None,
        grace: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        known: Known | None = None,
        spec: FileSpec | None = None,
    ) -> None:
        """Following, open the file that is there now, so that it is ours under any later name.

        A fault is kept for the first `next`. Not following, nothing is touched yet.
        """
        self.path = path
        self.name = path if name is None else name
        self.spec = FileSpec(path) if spec is None else spec
        block = block or (_LIVE_BLOCK if follow else _BLOCK)
        self._follow, self._block, self._grace, self._clock = follow, block, grace, clock
        self._known = Known() if known is None else known
        self._file: Incarnation | None = None
        self._held: Incarnation | None = None  # truncated; read on once its copies are read
        self._linger: Linger | None = None  # once another file was seen in its place
        self._owed: list[Event] = []  # to be told before anything else
        self._next: Event | None = None  # to be told of the next file instead of `Rotated`
        self._retry = Retry()
        self._opened = self._closed = False
        self._short = False  # the last read gave less than was asked for
        #: What leaves out parts of the first file, if that is wanted.
        self.skipper: Skipper | None = None
        if follow:
            self._known.paths.setdefault(path, self)
            if known is None:
                self._known.begin(os.path.dirname(self._known.target(path)))
            self._open_early(skip=start == "end")

    @property
    def modified(self) -> int | None:
        """When the file now open was last written (ns since 1970), None before it is open."""
        return None if self._file is None else self._file.modified

    @property
    def size(self) -> int | None:
        """Bytes on disk of the file now open, None before it is open."""
        return None if self._file is None else self._file.size

    @property
    def read_bytes(self) -> int:
        """How many of the bytes on disk of the file now open have been read."""
        return 0 if self._file is None else self._file.offset

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        """Give the next item; raises `SourceError` or `MissingExtra` when not following."""
        if self._closed:
            raise StopIteration
        if self._owed:
            return self._owed.pop(0)
        return self._follow_on() if self._follow else self._read_through()

    @property
    def closed(self) -> bool:
        """Whether it has ended or was closed."""
        return self._closed

    def has_open(self, status: os.stat_result) -> bool:
        """Whether the file of this status is the one now open."""
        return self._file is not None and self._file.is_at(status)

    def begins_as(self, fd: int) -> bool:
        """Whether another open file begins as the one now open: it is a copy being made of it."""
        return self._file is not None and self._file.is_begin_of(fd)

    def glance(self, *, renamed: bool) -> bool:
        """Whether there may be something to read: two system calls at most, for polling.

        `renamed` says that names in the folder have changed: our file may be one of them.
        """
        file = self._file
        try:
            status = look_up(self.path)
            if status is None and renamed:
                return True
            if file is None:
                return status is not None or not self._retry.told
            if status is None or not file.is_at(status):
                if status is not None and not self._is_foreign(status):
                    return True
                status = os.fstat(file.fd)
        except (OSError, SourceError):
            return True
        return file.differs(status)

    def is_restless(self) -> bool:
        """Whether it wants to be looked at again at once, though it has caught up."""
        return self._clock() >= self._known.wakes.get(self, float("inf"))

    def hurry(self) -> None:
        """Wait for no writer of an old file any more: only what is there now is asked for."""
        self._grace, self._linger = 0.0, None

    def close(self) -> None:
        """Close the file; the iterator ends. May be called again."""
        self._closed = True
        self._leave_file()
        self._file, self._held = self._held, None
        self._leave_file()
        self._known.wakes.pop(self, None)

    # Read once.

    def _read_through(self) -> Item:
        try:
            if self._file is None:
                if (file := self._open_regular(os.stat(self.path))) is not None:
                    file.read_ahead(self._block)
                return Opened(self.name)
            if (chunk := self._chunk()) is not None:
                return chunk
            if not self._file.whole:
                raise SourceError(self.name, *CUT_SHORT)
        except OSError as error:
            self.close()
            raise in_words(self.name, error) from error
        except CorruptDataError as error:
            self.close()
            raise SourceError(self.name, str(error), "is it damaged?") from error
        except (SourceError, MissingExtra):
            self.close()
            raise
        self.close()
        raise StopIteration

    def _chunk(self) -> Chunk | None:
        file = self._file
        assert file is not None
        at = file.given
        data = file.read(self._block)
        if self.skipper is not None and data and not at:
            data, skipped = self.skipper.begin(self.name, file, data)
            self._owed += [] if skipped is None else [skipped]
        return Chunk(data, (file.device, file.inode, at, *file.head)) if data else None

    # Followed: an open file is read on, and left when another one stands in its place.

    def _follow_on(self) -> Item:
        try:
            return self._begin() if self._file is None else self._read_on(self._file)
        except OSError as error:
            if is_missing(error):
                return self._look_again()  # it went between two steps of ours
            return self._failed(in_words(self.name, error))
        except SourceError as error:
            return self._failed(error)
        except MissingExtra as error:
            return self._failed(SourceError(self.name, str(error)))

    def _read_on(self, file: Incarnation) -> Item:
        before = file.modified
        status = file.status()
        short, self._short = self._short, False
        if short and status.st_size == file.offset and status.st_mtime_ns == before:
            return self._at_end(file, status)  # what comes from here on is told
        if not file.packed and (status.st_size < file.offset or not file.begins_as_before()):
            return self._start_again(file, status.st_size)
        try:
            chunk = self._chunk()
        except CorruptDataError as error:
            file.give_up()
            return Failed(self.name, str(error), "is it damaged?")
        if chunk is not None:
            self._works()
            self._short = not file.packed and len(chunk.data) < self._block
            return chunk
        return self._at_end(file, status)

    def _start_again(self, file: Incarnation, size: int) -> Item:
        self._known.cut(self, file.head, file.offset)
        event = self._next = Truncated(self.name, file.offset, size if size < file.offset else 0)
        self._known.renew(since=file.modified)  # the copy may be younger than the listing
        now = look_up(self.path)
        for path, inode in self._missed(now):
            # A copy made before may hold what we had not read, and is to come before the rest.
            if (item := self._open_missed(path, inode, copies=not file.is_at(now))) is not None:
                if self._file is not file:
                    file.start_again()
                    self._held, self._linger = file, None
                return item
        self._next = None
        file.start_again()
        return event

    def _at_end(self, file: Incarnation, status: os.stat_result) -> Item:
        now = look_up(self.path)
        if file.is_at(now):
            self._linger = None
            return CaughtUp(self.name) if file.whole else self._unfinished(file)
        if now is not None and self._is_foreign(now):
            now = None
        # Renamed, and nothing in its place yet: that is still our file, and all there is.
        following = bool(now or self._held or self._missed(None))
        if not following and status.st_nlink:
            return CaughtUp(self.name)
        return self._leave(file, now, at_once=following)

    def _leave(self, file: Incarnation, now: os.stat_result | None, *, at_once: bool) -> Item:
        time_now = self._clock()
        linger = self._linger = self._linger or Linger(time_now, self._grace)
        writer = None if linger.free else has_writer(file.fd)
        if writer is False and not linger.over(time_now):
            # What the last writer wrote before it left may have come after our last read.
            linger.free = True
            return self._read_on(file)
        size = None if now is None else now.st_size
        if linger.goes_on(time_now, writer=writer, new=size, at_once=at_once):
            self._known.wakes[self] = linger.next_look(time_now)
            return CaughtUp(self.name)
        self._leave_file()
        if writer and self._grace > 0:
            self._owed.append(Noted(self.name, STILL_WRITTEN))
        return self._go_to(now)

    def _leave_file(self) -> None:
        if self._file is not None:
            self._known.finish(*self._file.identity, self._file.mark(self))
            self._file.close()
            self._file = None
            self._linger = None

    def _unfinished(self, file: Incarnation) -> Item:
        """At the end of a compressed file that is not whole: it may still be being written."""
        time_now = self._clock()
        linger = self._linger = self._linger or Linger(time_now, self._grace)
        if (writer := has_writer(file.fd)) or (writer is None and not linger.over(time_now)):
            self._known.wakes[self] = linger.next_look(time_now)
            return CaughtUp(self.name)
        file.give_up()
        return Failed(self.name, *CUT_SHORT)

    # Followed: nothing open; the next file is found and opened.

    def _begin(self) -> Item:
        now = look_up(self.path)
        if now is not None and self._is_foreign(now):
            return CaughtUp(self.name)
        return self._go_to(now)

    def _open_early(self, *, skip: bool) -> None:
        with contextlib.suppress(OSError, SourceError, MissingExtra):
            now = look_up(self.path)
            if now is None or self._is_foreign(now):
                return
            self._go_to(now)
            if self._file is not None:
                self._owed.append(Opened(self.name))
                if skip and self.has_open(now):
                    self._file.skip_backlog()

    def _is_foreign(self, now: os.stat_result) -> bool:
        """Whether the file in our place is one that another source reads, or should."""
        owner = self._known.owner(now.st_dev, now.st_ino)
        if owner is not None:
            return owner is not self
        # An unknown file under the name of a rotated one is the base's: it finds what it missed.
        return self._opened and self._known.base(self.path) is not None

    def _go_to(self, now: os.stat_result | None) -> Item:
        """Open the oldest file not read yet: one rotated before we looked, or the one there now."""
        # What came into the place of the truncated file is younger than what that holds now.
        for path, inode in self._missed(now) if not self._held or self._held.is_at(now) else ():
            if (item := self._open_missed(path, inode)) is not None:
                return item
        if self._held is not None:
            self._file, self._held = self._held, None
            return self._settle(self._file)
        if now is None:
            return Waiting(self.name) if self._retry.is_new("missing") else CaughtUp(self.name)
        file = self._open_regular(now)
        return self._settle(file) if file is not None else self._look_again()

    def _missed(self, now: os.stat_result | None) -> list[tuple[str, int]]:
        if self._opened and self._known.base(self.path) is not None:
            return []
        ours = None if self._file is None else self._file.inode
        return self._known.unread(self, None if now is None else now.st_ino, besides=ours)

    def _open_missed(self, path: str, inode: int, *, copies: bool = False) -> Item | None:
        try:
            file = Incarnation(path, self.name, self._known.descriptors)
        except FileNotFoundError:
            return self._look_again()
        except OSError:
            return None  # of an unreadable old file nothing can be had; the new one goes on
        if file.inode != inode:
            file.close()
            return self._look_again()
        truncated, read = self._next, self._known.read_of_copy(self, file.fd)
        if read is not None and not file.skip_copied(read if truncated else None):
            self._known.finish(*file.identity, file.mark(self))
        elif read is not None or not copies:
            self._file = file
            return self._settle(file) if read is None else self._read_rest(file)
        file.close()
        return None

    def _read_rest(self, copy: Incarnation) -> Item:
        """Go on in a copy where the truncated file was read to, maybe inside a line: untold."""
        truncated = self._next
        self._settle(copy)
        self._next = truncated
        return self._read_on(copy)

    def _open_regular(self, now: os.stat_result) -> Incarnation | None:
        """Open what is at our path if it still is what it was `now`."""
        require_regular(self.name, now.st_mode)
        self._file = Incarnation(self.path, self.name, self._known.descriptors)
        if not self._file.is_at(now):
            self._file.close()
            self._file = None
        return self._file

    def _settle(self, file: Incarnation) -> Item:
        self._known.take_up(*file.identity, self, file.resume)
        self._works()
        event = self._next or (Rotated(self.name) if self._opened else Opened(self.name))
        self._next, self._opened = None, True
        return event

    def _look_again(self) -> Item:
        self._known.wakes[self] = self._clock()
        return CaughtUp(self.name)

    def _failed(self, error: SourceError) -> Item:
        if self._file is not None and self._file.vanished:
            self._leave_file()
        time_now = self._clock()
        if time_now >= self._known.wakes.get(self, time_now):
            self._known.wakes[self] = time_now + self._retry.pause()
        failed = Failed(self.name, error.problem, error.hint)
        return failed if self._retry.is_new(error.problem) else CaughtUp(self.name)

    def _works(self) -> None:
        if self._retry.troubled:
            self._retry.works()
            self._known.wakes.pop(self, None)
