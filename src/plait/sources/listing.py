"""A folder in, what it holds at one moment out."""

import os
import time
from collections.abc import Iterator

from plait.sources.rotated import Rotation, rotations


class Listing:
    """What a folder holds at one moment."""

    __slots__ = ("device", "inodes", "rotated", "taken")

    def __init__(self, folder: str) -> None:
        self.taken = time.time_ns()
        self.device = device_of(folder)
        self.inodes: dict[str, int] = {}
        self.rotated: dict[str, list[tuple[str, Rotation, int]]] = {}
        for name, inode in _entries(folder):
            self.inodes[name] = inode
            for rotation in rotations(name):
                self.rotated.setdefault(rotation.base, []).append((name, rotation, inode))

    def each(self) -> Iterator[tuple[str, Rotation, int]]:
        """All rotated files: name, how it is read, inode."""
        for old in self.rotated.values():
            yield from old

    def olds(self) -> set[int]:
        """The inodes of all rotated files."""
        return {inode for _, _, inode in self.each()}


def device_of(folder: str) -> int:
    """The number of the disk of a folder, 0 where it is not there."""
    try:
        return os.stat(folder).st_dev
    except OSError:
        return 0


def _entries(folder: str) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name, entry.inode()
    except OSError:
        return  # a folder that is not there or not readable holds nothing that we could miss
