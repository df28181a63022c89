"""A path, and where a former run was in its file, in; a source that goes on there out."""

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple, cast

from plait.errors import MissingExtra
from plait.events import Lost, Opened, Truncated
from plait.logs.bookmark import Bookmark
from plait.logs.decode import recognise
from plait.sources.compressed import CorruptDataError, Expander, kind_of
from plait.sources.faults import in_words, look_up
from plait.sources.file import FileSource
from plait.sources.incarnation import Incarnation
from plait.sources.known import HEAD, Head, Mark, is_same
from plait.sources.memory import Remembering

# From so much of its start the time format of an incarnation is learned.
_SAMPLE: Final = 64 * 2**10
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class ResumableFile(FileSource):
    """A followed file that may begin where a former run stopped.

    The file of the bookmark is the one with its inode and first bytes, whatever its name in the
    folder is now; else one with a rotated name whose content begins so, compressed or copied.
    From it reading goes on as if it had never stopped. `Lost` or `Truncated` where it is gone.

    1. With a bookmark nothing is open before `reopen`.
    """

    __slots__ = ("bookmark", "gone", "whole")

    def __init__(self, path: str, *, bookmark: Bookmark | None = None, **rest: Any) -> None:
        """`rest` is for `FileSource`: it follows, and its `known` is one that remembers."""
        self.bookmark = bookmark
        #: Whether its chunks begin at its start again, not at the bookmark.
        self.whole = False
        #: Whether it was not found.
        self.gone = False
        super().__init__(path, **rest)

    @property
    def over(self) -> bool:
        """Whether the file of the bookmark was read to its end, is gone and has no successor."""
        ended = self.bookmark is not None and self.bookmark.ended
        return self.gone and ended and self._file is None

    def begin(self) -> bytes:
        """How the content of the incarnation that is read now begins, as far as the bookmark's."""
        if self._file is None or self.gone or self.bookmark is None:
            return b""
        return content(self._file.fd, _Saved.of(self.bookmark).base, _SAMPLE)

    def notes(self) -> list[object]:
        """What to remember, since the last call, of files that were left."""
        return cast("Remembering", self._known).take_news(self)

    def reopen(self) -> None:
        """Open the file of the bookmark; all sources and what is known must be restored.

        Raises `SourceError` where it is there and cannot be opened.
        """
        assert self.bookmark is not None
        saved = _Saved.of(self.bookmark)
        self._opened = True
        try:
            file = self._found(saved)
        except OSError as error:
            raise in_words(self.name, error) from error
        if file is None:
            self._begin_anew(saved)
            return
        self._known.claim(*file.identity, self)
        self._known.forget(*file.identity)
        self._file = file
        self._owed.append(Opened(self.name))
        begin = content(file.fd, saved.base, HEAD)
        self.whole = file.packed or recognise(begin)[1] is not None
        if not file.packed:
            offset = saved.base if self.whole else saved.offset(begin)
            file.resume(Mark(self, saved.head, offset))

    def _begin_anew(self, saved: "_Saved") -> None:
        """The file is gone: say so, and go on with the oldest that came after it."""
        assert self.bookmark is not None
        self.gone = True
        there = look_up(self.path)
        if self.bookmark.ended:
            pass  # nothing of it is missing
        elif there is not None and there.st_ino == saved.inode:
            self._owed.append(Truncated(self.name, saved.least, there.st_size))
        else:
            least = saved.read - saved.least
            self._owed.append(Lost(self.name, at=self.bookmark.at, least=least))
        super()._open_early(skip=False)

    def _open_early(self, *, skip: bool) -> None:
        if self.bookmark is not None:
            return
        super()._open_early(skip=skip)
        if skip and self._file is not None:
            known = cast("Remembering", self._known)
            known.begins_at(*self._file.identity, self._file.mark(self))

    # Where the file of the bookmark is now.

    def _found(self, saved: "_Saved") -> Incarnation | None:
        target = self._known.target(self.path)
        for path in _with_inode(target, saved.inode):
            if (file := self._fitting(path, saved)) is not None:
                return file
        there = look_up(target)
        inode = None if there is None else there.st_ino
        folder = os.path.dirname(target)
        for it in self._known.missed(self, target, inode):
            if (file := self._alike(os.path.join(folder, it.name), saved)) is not None:
                return file
        # The folder may have been copied: new inodes, the same content.
        return None if there is None else self._alike(target, saved)

    def _fitting(self, path: str, saved: "_Saved") -> Incarnation | None:
        """The file, opened, if it begins and is as long as the one of the bookmark."""
        try:
            file = Incarnation(path, self.name)
        except FileNotFoundError:
            return None
        least = 0 if file.packed else saved.least
        if is_same(file.fd, saved.head, least) or (least and self._is_wide(file, saved)):
            return file
        file.close()
        return None

    def _is_wide(self, file: Incarnation, saved: "_Saved") -> bool:
        """Whether it is the file, in UTF-16: its text may be longer than the file."""
        wide = recognise(os.pread(file.fd, HEAD, 0))[1] is not None
        return wide and is_same(file.fd, saved.head, 0)

    def _alike(self, path: str, saved: "_Saved") -> Incarnation | None:
        """The file, opened, if its content begins as that of the bookmark."""
        with suppress(OSError, MissingExtra):
            if (file := self._fitting(path, saved)) is not None:
                return file
            file = Incarnation(path, self.name)
            if file.packed:
                begin = content(file.fd, 0, saved.head.length)
                if len(begin) == saved.head.length and zlib.crc32(begin) == saved.head.crc:
                    return file
            file.close()
        return None


class _Saved(NamedTuple):
    """What a bookmark says of a file: its inode and head, where what is wanted of it begins,
    how much text of that has left and how much was read.
    """

    inode: int
    head: Head
    base: int
    at: int
    read: int

    @classmethod
    def of(cls, bookmark: Bookmark) -> "_Saved":
        first, latest = cast("list[int]", bookmark.first), cast("list[int]", bookmark.latest)
        return cls(latest[1], Head(latest[3], latest[4]), first[2], bookmark.at, latest[2])

    @property
    def least(self) -> int:
        """So long must the file be, unless it is compressed or not in UTF-8."""
        return self.base + self.at

    def offset(self, begin: bytes) -> int:
        """Where in the file the bookmark is, if it is in UTF-8 and begins so."""
        marked = self.at > 0 and not self.base and begin.startswith(_BYTE_ORDER_MARK)
        return self.least + len(_BYTE_ORDER_MARK) * marked


def content(fd: int, base: int, size: int) -> bytes:
    """The first bytes, from `base` on, of what an open file holds, as far as it can be read."""
    kind = kind_of(os.pread(fd, 10, 0))
    if kind is None:
        return os.pread(fd, size, base)
    at = 0

    def read(limit: int) -> bytes:
        nonlocal at
        data = os.pread(fd, limit, at)
        at += len(data)
        return data

    out = b""
    with suppress(CorruptDataError, MissingExtra):
        expander = Expander("", kind, read)
        while len(out) < size and (piece := expander.piece(size - len(out))):
            out += piece
    return out[:size]


def _with_inode(path: str, inode: int) -> Iterator[str]:
    """The files with this inode in the folder of `path`, that at the path first."""
    there = look_up(path)
    if there is not None and there.st_ino == inode:
        yield path
    folder = os.path.dirname(path)
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.inode() == inode and entry.path != path and entry.is_file():
                yield entry.path
