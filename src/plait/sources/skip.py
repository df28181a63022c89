"""An open file and its first block in, the part of it that must be read out."""

import os

from plait.events import Skipped
from plait.logs.seek import Look, Seek
from plait.sources.incarnation import Incarnation


class Skipper:
    """Leaves out what need not be read of a file, if it is not compressed."""

    def __init__(self, seek: Seek) -> None:
        self._seek = seek
        self._file: Incarnation | None = None  # once its first block is here; never another one
        self._tried = False

    def begin(self, name: str, file: Incarnation, head: bytes) -> tuple[bytes, Skipped | None]:
        """What of the first block to hand out, and word of what is skipped behind that.

        Where some is, the block ends with a line, and what is read next begins with a record.
        """
        if self._file is not None:
            return head, None
        self._file = file
        if file.packed:
            return head, None
        lines = head[: head.rfind(b"\n") + 1]
        size = os.fstat(file.fd).st_size
        place = _looked(file.fd, self._seek.begin(lines, size, file.modified))
        if place is None:
            return head, None
        file.go_to(place)
        return lines, Skipped(name, place - len(lines))

    def end(self) -> int | None:
        """How many bytes are left that need not be read, None if they must be; asked once.

        What was read is beyond the range.
        """
        file = self._file
        if file is None or file.packed or self._tried:
            return None
        self._tried = True
        size = os.fstat(file.fd).st_size
        place = _looked(file.fd, self._seek.end(file.offset, size, file.modified))
        return None if place is None else size - place


def _looked(fd: int, look: Look) -> int | None:
    """Let it look where it wants to."""
    try:
        offset, length = next(look)
        while True:
            offset, length = look.send(os.pread(fd, length, offset))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what `Look` says
