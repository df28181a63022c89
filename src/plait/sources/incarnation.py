"""An open file in, its bytes out, whatever its name is now: one incarnation of a source."""

import contextlib
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING
from zlib import crc32

from plait.errors import SourceError
from plait.sources.compressed import Expander, kind_of
from plait.sources.descriptors import FLAGS, Descriptors
from plait.sources.known import HEAD, NO_HEAD, Mark, Reader, grown, head_of, is_same

if TYPE_CHECKING:
    from plait.sources.ahead import Ahead

#: The piece in which the last newline is looked for from the end: a few long lines.
_BACK = 64 * 1024
#: Compressed, on the disk: some ten times what a thread costs.
_WORTH_A_THREAD = 256 * 1024
#: Between two pieces a thread waits for Python's lock, up to 5 ms; gzip makes this much in 6 ms.
_PIECE = 2 * 2**20


class Incarnation:
    """One file, open: it stays the same file when it is renamed or deleted.

    1. `head` covers the first `min(offset, HEAD)` bytes (of a compressed file the first `HEAD`).
    2. `offset` counts bytes on disk, `given` bytes handed out.
    """

    __slots__ = (
        "_ahead", "_descriptors", "_expander", "_fd", "_name", "_path", "device", "given", "head",
        "inode", "modified", "offset", "vanished",
    )  # fmt: skip

    def __init__(self, path: str, name: str, descriptors: Descriptors | None = None) -> None:
        """Open the file; raises `OSError`, or `MissingExtra` for a compression not installed."""
        self._path, self._name = path, name
        self._descriptors = Descriptors() if descriptors is None else descriptors
        self._fd = self._descriptors.open(path, self)
        self.vanished = False  # it had lent its descriptor, and could not be found again
        try:
            status = os.fstat(self.fd)
            self.device, self.inode = status.st_dev, status.st_ino
            self.modified = status.st_mtime_ns
            self.offset = self.given = 0
            self.head = NO_HEAD
            self._expander: Expander | None = None
            self._ahead: Ahead | None = None
            if (kind := kind_of(os.pread(self.fd, 10, 0))) is not None:
                self._expander = Expander(name, kind, self._portion)
                self.head = head_of(self.fd)
        except BaseException:
            self.close()
            raise

    @property
    def fd(self) -> int:
        """The descriptor; raises `SourceError` if it was lent and the file is gone."""
        return self._fd if self._fd >= 0 else self._open_again()

    @property
    def packed(self) -> bool:
        """Whether the file is compressed."""
        return self._expander is not None

    @property
    def whole(self) -> bool:
        """Whether the content may end where it was read to: not inside compressed data."""
        return self._expander is None or self._expander.between

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode

    def is_at(self, there: os.stat_result | None) -> bool:
        """Whether what is there, if anything, is this file."""
        return there is not None and (there.st_dev, there.st_ino) == self.identity

    @property
    def size(self) -> int:
        """Bytes on disk now; of one that cannot be found any more, those that were read."""
        try:
            return os.fstat(self.fd).st_size
        except (OSError, SourceError):
            return self.offset

    def read(self, limit: int) -> bytes:
        """The next bytes, b"" if there are none (now); raises `OSError` and `CorruptDataError`."""
        if self._ahead is not None:
            data = self._ahead.take(limit)
        else:
            data = self._portion(limit) if self._expander is None else self._expander.piece(limit)
        self.given += len(data)
        return data

    def read_ahead(self, limit: int) -> None:
        """Let a thread decode a compressed file of some size, in pieces of 2 MiB or this limit.

        From here on an end is the end: what is added later is not read.
        """
        if self._expander is not None and os.fstat(self.fd).st_size >= _WORTH_A_THREAD:
            from plait.sources.ahead import Ahead  # threads, which most merges do without

            self._ahead = Ahead(partial(self._expander.piece, max(limit, _PIECE)))

    def status(self) -> os.stat_result:
        """The file's state now; `modified` is brought up to date."""
        status = os.fstat(self.fd)
        self.modified = status.st_mtime_ns
        return status

    def begins_as_before(self) -> bool:
        """Whether the file still begins with what was read as its beginning."""
        length, crc = self.head
        return self.packed or crc32(os.pread(self.fd, length, 0)) == crc

    def go_to(self, offset: int) -> None:
        """Read on from an offset on the disk; a compressed file has only two ends to go to."""
        self.offset = offset
        if self.packed:
            self._expander = _Nothing() if offset else self._expander
        else:
            self.given = offset
            self.head = head_of(self.fd, min(offset, HEAD))

    def differs(self, status: os.stat_result) -> bool:
        """Whether the file, which has this status now, may hold more than was read, or else."""
        grown = not self.packed and status.st_size != self.offset
        return grown or status.st_mtime_ns != self.modified

    def is_begin_of(self, fd: int) -> bool:
        """Whether another open file begins as this one, as far as this was read."""
        return self.head.length > 0 and head_of(fd, self.head.length) == self.head

    def start_again(self) -> None:
        """Go back to the start of a file that was truncated."""
        self.offset = self.given = 0
        self.head = NO_HEAD

    def skip_backlog(self) -> None:
        """Go to the end: behind the last newline that is in the file now."""
        end = os.fstat(self.fd).st_size
        self.go_to(end if self.packed else _after_last_newline(self.fd, end))

    def skip_copied(self, read: int | None) -> bool:
        """Go to where the file that this is a copy of was `read` to; False if nothing follows.

        None stands for all of it, and what a compressed copy holds counts as read.
        """
        size = os.fstat(self.fd).st_size
        self.go_to(size if read is None or self.packed else min(read, size))
        return self.offset < size

    def resume(self, mark: Mark) -> bool:
        """Go to where a former reader left this file; False if it is another file by now."""
        if not is_same(self.fd, mark.head, mark.offset):
            return False
        self.go_to(mark.offset)
        return True

    def give_up(self) -> None:
        """Leave out what is left of compressed data that cannot be decoded."""
        self._expander = _Nothing()

    def mark(self, reader: Reader) -> Mark:
        """What to remember of it when it is left."""
        return Mark(reader, self.head, self.offset)

    def close(self) -> None:
        """Close the file; may be called again."""
        if self._ahead is not None:
            self._ahead.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._descriptors.closed(self)

    def lend(self) -> None:
        """Close the descriptor; the file is opened again when it is needed."""
        os.close(self._fd)
        self._fd = -1

    def _open_again(self) -> int:
        """Open the file under the name that it has now in its folder."""
        for path in self._names():
            with contextlib.suppress(FileNotFoundError):
                self._fd = self._descriptors.open(path, self)
                if self.is_at(os.fstat(self._fd)):
                    self._path = path
                    return self._fd
                self.close()
        self.vanished = True
        raise SourceError(self._name, *_VANISHED)

    def _names(self) -> Iterator[str]:
        yield self._path
        folder = os.path.dirname(self._path)
        with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
            for entry in entries:
                if entry.inode() == self.inode:
                    yield os.path.join(folder, entry.name)

    def _portion(self, limit: int) -> bytes:
        data = os.pread(self.fd, limit, self.offset)
        if self.offset < HEAD and self._expander is None:
            self.head = grown(self.head, data)
        self.offset += len(data)
        return data


_VANISHED = (
    "was deleted while it was closed, since too few files may be open; the rest of it is lost",
    "raise the limit with ulimit -n",
)


class _Nothing(Expander):
    """The rest of a compressed file whose content is not wanted."""

    __slots__ = ()

    def __init__(self) -> None:
        """Hold nothing."""

    @property
    def between(self) -> bool:
        return True

    def piece(self, limit: int) -> bytes:
        return b""


def _after_last_newline(fd: int, end: int) -> int:
    """Where the last line that is not ended yet begins."""
    wide = os.pread(fd, 2, 0) in {b"\xff\xfe", b"\xfe\xff"}
    while end > 0:
        begin = max(0, end - _BACK)
        data = os.pread(fd, end - begin, begin)
        if (found := data.rfind(b"\n")) >= 0:
            after = begin + found + 1
            return after + after % 2 if wide else after
        end = begin
    return 0


@contextlib.contextmanager
def open_quietly(path: str) -> Iterator[int]:
    """A descriptor for a short look at a file."""
    fd = os.open(path, FLAGS)
    try:
        yield fd
    finally:
        os.close(fd)
