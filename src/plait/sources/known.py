"""Files seen in, who reads or has read each of them out: one registry for the files of a driver.

It answers what a single follower cannot know: whether the file that has appeared under some
name is new, or an old one that moved there and is or was read under another name.
"""

import os
import time
import zlib
from collections.abc import Callable, Container
from typing import NamedTuple, Protocol

from plait.sources.compressed import begin_of, kind_of
from plait.sources.descriptors import Descriptors
from plait.sources.listing import Listing
from plait.sources.rotated import rotations

#: A file is told from another with the same device and inode by at most so many first bytes.
HEAD = 1024
#: An old file that was not written for this long (ns) when we began counts as one nobody writes:
#: if it changes, its inode was given to a new file. Long enough for a slow writer's pause.
_QUIET = 3600 * 10**9
_SECOND = 10**9
_PACKED = {".gz", ".bz2", ".xz", ".zst"}
#: So many finished files are remembered; far more than are rotated between two looks.
_REMEMBERED = 20_000
#: A folder whose files are renamed while we first list it is listed again, so often at most. Few
#: are missed by one listing, and by the next only what was renamed again while that was made.
_LISTINGS = 20
#: The times of files are those of the last clock tick (ns), of which the slowest has 10 ms.
_TICK = 10**7


class Head(NamedTuple):
    """The first bytes of a file: how many, and their checksum."""

    length: int
    crc: int


NO_HEAD = Head(0, 0)


class Reader(Protocol):
    """What the registry knows of a source."""

    path: str


class Mark(NamedTuple):
    """A file that is no longer read: by whom it was, how it began and how far it was read."""

    reader: Reader
    head: Head
    offset: int


class Candidate(NamedTuple):
    """A rotated file that `missed` found, oldest first when sorted."""

    mtime: int
    order: int
    name: str
    inode: int


def grown(head: Head, data: bytes) -> Head:
    """`head` after `data`, which follows it in the file."""
    if head.length >= HEAD or not data:
        return head
    part = data[: HEAD - head.length]
    return Head(head.length + len(part), zlib.crc32(part, head.crc))


def head_of(fd: int, length: int = HEAD) -> Head:
    """The head of an open file."""
    return grown(NO_HEAD, os.pread(fd, length, 0))


class Known:
    """Which files are being read or have been, by device and inode.

    1. A file has at most one living reader.
    2. A finished file keeps a mark until its inode is seen to hold another file.
    """

    def __init__(self) -> None:
        self.descriptors = Descriptors()
        #: When a source wants to be looked at though nothing may have been reported for it.
        self.wakes: dict[Reader, float] = {}
        #: The sources by the paths they were given, to find whose rotated file a name may be.
        self.paths: dict[str, Reader] = {}
        self._living: dict[int, dict[int, Reader]] = {}
        self._marks: dict[tuple[int, int], Mark] = {}
        self._heads: dict[Reader, list[tuple[Head, bool]]] = {}
        self._cut: dict[Reader, tuple[Head, int]] = {}
        self._folders: dict[str, _Folder] = {}
        self._real: dict[str, str] = {}

    def owner(self, device: int, inode: int) -> Reader | None:
        """Who reads this file now."""
        return self._living.get(device, {}).get(inode)

    def mark(self, device: int, inode: int) -> Mark | None:
        """How far this file was read by one who no longer reads it."""
        return self._marks.get((device, inode))

    def claim(self, device: int, inode: int, reader: Reader) -> bool:
        """Make `reader` the one who reads this file, unless another one does."""
        return self._living.setdefault(device, {}).setdefault(inode, reader) is reader

    def take_up(
        self, device: int, inode: int, reader: Reader, resume: Callable[[Mark], bool]
    ) -> None:
        """Enter the reader of an open file; it goes on where a former one was, if it can."""
        self.claim(device, inode, reader)
        mark = self.mark(device, inode)
        if mark is not None and not resume(mark):
            self.forget(device, inode)

    def finish(self, device: int, inode: int, mark: Mark) -> None:
        """The reader leaves this file, having read it to `mark.offset`."""
        if self.owner(device, inode) is mark.reader:
            del self._living[device][inode]
        self._marks.pop((device, inode), None)
        self._marks[device, inode] = mark
        while len(self._marks) > _REMEMBERED:
            del self._marks[next(iter(self._marks))]
        self.read_before(mark.reader, mark.head)

    def forget(self, device: int, inode: int) -> None:
        """Take note that another file than the one we knew has this inode."""
        self._marks.pop((device, inode), None)

    def read_before(self, reader: Reader, head: Head, *, truncated: bool = False) -> None:
        """`reader` has read a file that began so; a copy of it is not new."""
        if head.length:
            heads = self._heads.setdefault(reader, [])
            if (head, truncated) not in heads:
                heads.append((head, truncated))
                del heads[:-32]  # copies are made of the last file, not of one long gone

    def cut(self, reader: Reader, head: Head, read: int) -> None:
        """`reader` had read so much of a file that was then truncated; a copy may hold more."""
        self.read_before(reader, head, truncated=True)
        self._cut[reader] = head, read

    def read_of_copy(self, reader: Reader, fd: int) -> int | None:
        """How much of what this file holds again `reader` has read; None if it is no copy."""
        if not self.is_copy(reader, fd):
            return None
        head, read = self._cut.get(reader, (NO_HEAD, 0))
        return read if head.length and head_of(fd, head.length) == head else os.fstat(fd).st_size

    def is_copy(self, reader: Reader, fd: int) -> bool:
        """Whether this file holds again what `reader` has read.

        Uncompressed copies are made of files that are then truncated; what was rotated by
        renaming is known by its inode, and its compressed copy by how that begins.
        """
        begin = os.pread(fd, HEAD, 0)
        packed = kind_of(begin)
        if packed is not None:
            begin = begin_of(fd, packed, HEAD)
        return any(
            len(begin) >= head.length and zlib.crc32(begin[: head.length]) == head.crc
            for head, truncated in self._heads.get(reader, ())
            if truncated or packed is not None
        )

    def base(self, path: str) -> Reader | None:
        """The source whose rotated file `path` may be by its name."""
        folder, name = os.path.split(path)
        for rotation in rotations(name):
            if (reader := self.paths.get(os.path.join(folder, rotation.base))) is not None:
                return reader
        return None

    def begin(self, folder: str, *, empty: bool = False) -> None:
        """Remember which rotated files are in `folder` before anything in it is read.

        `empty` says that it is new, so that none of them is old.
        """
        if folder not in self._folders:
            self._folders[folder] = _Folder(folder, self.paths)
            if empty:
                self._folders[folder].present.clear()

    def renew(self, *, since: int | None = None) -> None:
        """Forget what folders looked like; called once for each round of looking.

        With `since` (ns since 1970), only what may have been seen before that.
        """
        self._real.clear()
        for folder in self._folders.values():
            if since is None or (folder.listing and folder.listing.taken <= since + _TICK):
                folder.listing = None

    def target(self, path: str) -> str:
        """Where the file of this path really lies: through a link, and through linked folders."""
        if os.path.islink(path):
            return os.path.realpath(path)
        folder, name = os.path.split(path)
        return os.path.join(self.real(folder), name)

    def real(self, folder: str) -> str:
        """The folder without links on the way, asked for once in a round."""
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return self._real[folder]

    def missed(self, reader: Reader, path: str, inode: int | None) -> list[Candidate]:
        """The rotated files of `path`, now file `inode`, that nobody has read, oldest first."""
        folder, name = os.path.split(path)
        self.begin(folder)
        seen = self._folders[folder]
        found: list[Candidate] = []
        read: list[int] = []
        listing = seen.listed(name, inode)
        device = listing.device
        for old, rotation, number in listing.rotated.get(name, ()):
            there = os.path.join(folder, old)
            if is_in_making(there):
                continue  # what it is made of is there, and is read or was
            if self._is_new(seen, device, number, there):
                found.append(Candidate(_mtime(there), -rotation.number, old, number))
            elif self._was_read_by(reader, device, number):
                read.append(-rotation.number)
        return _oldest_first(found, read)

    def unread(
        self, reader: Reader, inode: int | None, *, besides: int | None
    ) -> list[tuple[str, int]]:
        """The paths and inodes of the rotated files of a reader, now file `inode`, likewise.

        Without the file `besides`.
        """
        target = self.target(reader.path)
        folder = os.path.dirname(target)
        found = self.missed(reader, target, inode)
        return [(os.path.join(folder, it.name), it.inode) for it in found if it.inode != besides]

    def _was_read_by(self, reader: Reader, device: int, inode: int) -> bool:
        mark = self.mark(device, inode)
        # An empty file tells nothing: its inode may have been given to another one.
        return mark is not None and mark.reader is reader and mark.head.length > 0

    def _is_new(self, seen: "_Folder", device: int, inode: int, path: str) -> bool:
        if self.owner(device, inode) is not None:
            return False
        mark = self.mark(device, inode)
        return not (seen.was_there(inode, path) if mark is None else is_marked(path, mark))


def is_in_making(path: str) -> bool:
    """Whether this is a compressed file that may not be whole yet: what is compressed is there."""
    plain, kind = os.path.splitext(path)
    return kind in _PACKED and os.path.lexists(plain)


def is_marked(path: str, mark: Mark) -> bool:
    """Whether the file at `path` is the one that was marked, and not a new one with its inode."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return is_same(fd, mark.head, mark.offset)
    finally:
        os.close(fd)


def is_same(fd: int, head: Head, offset: int) -> bool:
    """Whether an open file can be the one that began with `head` and was read to `offset`.

    One of which nothing was read is the same while it is empty; else it is read from its start.
    """
    size = os.fstat(fd).st_size
    if size < offset or not head.length:
        return size == 0 == offset
    return head_of(fd, head.length) == head


def _oldest_first(found: list[Candidate], read: list[int]) -> list[Candidate]:
    """In the order in which they were written, given the order numbers of those read before.

    An old writer may have touched an older file last, so where numbers tell, they count: mostly
    files move on to higher numbers, with some programs the newest has the highest.
    """
    orders = [it.order for it in found]
    if orders and read and 0 not in orders:
        if max(read) < min(orders):
            return sorted(found, key=lambda it: it.order)
        if min(read) > max(orders):
            return sorted(found, key=lambda it: -it.order)
    return sorted(found)


class _Folder:
    """One folder: the rotated files it held when we began, and what it holds now."""

    __slots__ = ("listing", "path", "present")

    def __init__(self, path: str, followed: Container[str]) -> None:
        self.path = path
        self.listing: Listing | None = None
        self.present: dict[int, tuple[int, Head]] = {}
        listing = Listing(path)
        names, left = listing.inodes, listing.olds()
        # What is renamed while we look has another name by then; what comes later is not old.
        for _ in range(_LISTINGS):
            for name, rotation, inode in listing.each():
                close = rotation.base in names or os.path.join(path, rotation.base) in followed
                looks = _looks(os.path.join(path, name), inode, closely=close)
                if looks is not None and inode in left:
                    self.present[inode] = looks
            left -= self.present.keys()
            if not left:
                return
            listing = Listing(path)

    def listed(self, name: str, inode: int | None) -> Listing:
        """A listing not older than the file that `name` is now."""
        # If it shows this very file under its name, then all that was rotated before that file
        # was made has its name in the listing already.
        if self.listing is None or self.listing.inodes.get(name) != inode:
            self.listing = Listing(self.path)
        return self.listing

    def was_there(self, inode: int, path: str) -> bool:
        """Whether this file is one of those that were there when we began."""
        before = self.present.get(inode)
        if before is None:
            return self._was_compressed(path)
        mtime, head = before
        try:
            status = os.stat(path)
        except OSError:
            return False
        if status.st_ino != inode:
            return False  # renamed since it was listed: who opens it sees that, and lists anew
        if status.st_mtime_ns == mtime:
            return True
        if not head.length or not is_marked(path, Mark(_Nobody, head, 0)):
            del self.present[inode]
            return False
        return True

    def _was_compressed(self, path: str) -> bool:
        """Whether this is one of them, compressed: that keeps the time, if only in seconds."""
        if os.path.splitext(path)[1] not in _PACKED:
            return False
        mtime = _mtime(path)
        times = {time for time, _ in self.present.values()}
        return mtime in times or (
            mtime % _SECOND == 0 and mtime in {time - time % _SECOND for time in times}
        )


class _Nobody:
    """A reader for marks that have none."""

    path = ""


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _looks(path: str, inode: int, *, closely: bool) -> tuple[int, Head] | None:
    """What tells a rotated file from a later one with its inode: its time, its head if young.

    None if another file is there by now, or none.
    """
    try:
        status = os.stat(path)
    except OSError:
        return None
    mtime = status.st_mtime_ns
    if status.st_ino != inode:
        return None
    if not closely or time.time_ns() - mtime > _QUIET:
        return mtime, NO_HEAD
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        return mtime, NO_HEAD
    try:
        return (mtime, head_of(fd)) if os.fstat(fd).st_ino == inode else None
    finally:
        os.close(fd)
