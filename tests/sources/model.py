"""Actions on a real log file, and a tiny model of what a follower must have read after them."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from plait.events import CaughtUp, Event, Failed, Opened, Rotated, Truncated
from plait.logs.chunk import Chunk
from plait.sources.file import FileSource
from plait.sources.files import Files

GRACE = 2.0


@dataclass
class Segment:
    """What was written between two truncations of one file; the first `firm` bytes must be read."""

    content: bytes = b""
    firm: int = 0
    soft: bool = False
    copied: bool = False


@dataclass
class Inode:
    """One file, whatever its name."""

    segments: list[Segment] = field(default_factory=lambda: [Segment()])
    writer: int | None = None
    old: bool = False


@dataclass
class World:
    """A folder with `app.log`, its rotated files and one follower of it."""

    folder: Path
    watch: Literal["inotify", "poll"] = "inotify"
    block: int = 64
    pattern: str = "app.log"
    now: float = 0.0
    numbered: list[Inode] = field(default_factory=list)
    current: Inode | None = None
    segments: list[Segment] = field(default_factory=list)
    inodes: list[Inode] = field(default_factory=list)
    runs: dict[FileSource, list[bytearray]] = field(default_factory=dict)
    seen: list[Event] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.path = self.folder / "app.log"
        self.files = Files(
            [str(self.folder / self.pattern)], follow=True, watch=self.watch, block=self.block,
            grace=GRACE, clock=lambda: self.now,
        )  # fmt: skip
        self.sources = self.files.start()
        self.due = list(self.sources)

    # What happens to the file.

    def create(self) -> Inode:
        if self.current is None:
            self.path.touch()
            self.current = Inode()
            self.inodes.append(self.current)
            self.segments += self.current.segments
        return self.current

    def piece(self, length: int, end: str) -> bytes:
        self.count += 1
        number = self.count
        unique = bytes([33 + number % 90, 33 + number // 90 % 90, 33 + number // 8100 % 90])
        return unique + b"x" * length + end.encode()

    def write(self, length: int, end: str, *, keep_open: bool = False) -> None:
        inode = self.create()
        if inode.writer is None:
            inode.writer = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        self._append(inode, self.piece(length, end))
        if not keep_open:
            self._stop(inode)

    def write_old(self, length: int) -> None:
        """The process that has not noticed the rotation yet writes on into the old file."""
        for inode in self.inodes:
            if inode.old and inode.writer is not None:
                self._append(inode, self.piece(length, "\n"))
                return

    def _append(self, inode: Inode, data: bytes) -> None:
        assert inode.writer is not None
        os.write(inode.writer, data)
        segment = inode.segments[-1]
        segment.content += data
        if not segment.soft:
            segment.firm = len(segment.content)

    def _stop(self, inode: Inode) -> None:
        if inode.writer is not None:
            os.close(inode.writer)
            inode.writer = None

    def rotate(self, keep: int = 3) -> None:
        if self.current is not None:
            self._shift(keep)
            os.rename(self.path, self.folder / "app.log.1")
            self.current.old = True
            self.numbered.insert(0, self.current)
            self.current = None

    def _shift(self, keep: int) -> None:
        for inode in self.numbered:
            self._stop(inode)
        while len(self.numbered) >= keep:
            gone = self.folder / f"app.log.{len(self.numbered)}"
            self._gone(gone, self.numbered.pop())
        for number in range(len(self.numbered), 0, -1):
            os.rename(self.folder / f"app.log.{number}", self.folder / f"app.log.{number + 1}")

    def _gone(self, path: Path, inode: Inode) -> None:
        if not self.is_open(path):
            self._loosen(inode.segments)
        path.unlink()
        inode.old = True

    def delete(self) -> None:
        if self.current is not None:
            self._gone(self.path, self.current)
            self.current = None

    def truncate(self) -> None:
        if self.current is not None:
            self._loosen(self.current.segments[-1:])
            os.truncate(self.path, 0)
            fresh = Segment()
            self.current.segments.append(fresh)
            self.segments.append(fresh)

    def copytruncate(self, keep: int = 3) -> None:
        if self.current is not None:
            self._shift(keep)
            shutil.copyfile(self.path, self.folder / "app.log.1")
            self.numbered.insert(0, Inode(segments=[]))
            self.current.segments[-1].copied = True
            self.truncate()

    def tick(self, seconds: float) -> None:
        self.now += seconds
        for inode in self.inodes:
            if inode.old and inode.segments:
                inode.segments[-1].soft = True

    # The follower.

    def look(self) -> None:
        """One round of the driver: what is due is read until it has caught up."""
        self.poll()
        for source in self.due:
            while not isinstance(self.read(source), CaughtUp):
                pass
        self.due = []

    def poll(self) -> None:
        changes = self.files.poll()
        self.seen += changes.events
        fresh = [source for source in changes.opened + changes.due if source not in self.due]
        self.due += fresh

    def read_some(self, items: int) -> None:
        self.poll()
        for _ in range(items):
            if self.due and isinstance(self.read(self.due[0]), CaughtUp):
                del self.due[0]

    def read(self, source: FileSource) -> object:
        item = next(source)
        runs = self.runs.setdefault(source, [bytearray()])
        if isinstance(item, Chunk):
            runs[-1] += item.data
        else:
            assert isinstance(item, Event)
            assert not isinstance(item, Failed), str(item)
            if not isinstance(item, CaughtUp):
                self.seen.append(item)
            if isinstance(item, (Opened, Rotated, Truncated)):
                runs.append(bytearray())
        return item

    def is_open(self, path: Path) -> bool:
        status = path.stat()
        return any(source.has_open(status) for source in self.sources)

    # What must hold.

    def _loosen(self, segments: list[Segment]) -> None:
        for segment in segments:
            segment.firm = self._read_of(segment)
            segment.soft = True

    def _read_of(self, segment: Segment) -> int:
        read = [run for runs in self.runs.values() for run in runs if run]
        return max((len(run) for run in read if segment.content.startswith(run)), default=0)

    def finish(self) -> None:
        for inode in self.inodes:
            self._stop(inode)
        for _ in range(6):
            self.look()
            self.now += GRACE / 2

    def check(self) -> None:
        """Each run is what one segment holds, as far as it had to be read, in their order."""
        left = list(self.segments)
        for runs in self.runs.values():
            at = 0
            for run in filter(None, runs):
                # A copy of what was truncated before any of it was read is found only later.
                fits = [
                    i
                    for i, segment in enumerate(left)
                    if (i >= at or segment.copied) and _fits(bytes(run), segment)
                ]
                assert fits, (bytes(run), "was never so, or was read before or out of order")
                at = fits[0] if fits[0] >= at else at - 1
                del left[fits[0]]
        for segment in left:
            assert not segment.firm, (segment, "was not read")

    def close(self) -> None:
        for inode in self.inodes:
            self._stop(inode)
        self.files.close()


def _fits(run: bytes, segment: Segment) -> bool:
    return segment.content.startswith(run) and len(run) >= segment.firm
