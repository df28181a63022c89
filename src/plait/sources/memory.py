"""What `Known` learns of files in, the same as plain values out, and back: over restarts.

Entries are lists whose first item says what they are about:

    ["folder", path, device, [[inode, mtime, length, crc], ...]]    its rotated files at the start
    ["mark", device, inode, path, length, crc, offset]      a file that the source of `path` left
    ["head", path, length, crc, truncated]                  how a file began that it has read
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from plait.logs.bookmark import Bookmark
from plait.sources.known import Head, Known, Mark, Reader
from plait.sources.listing import device_of

#: An entry is made and read here only; JSON knows no tuples.
Entry = list[Any]
# As many heads of a source, and marks of all, as `Known` remembers.
_HEADS: Final = 32
_MARKS: Final = 20_000


class Memory:
    """Entries, each standing for what is true now: a newer one takes the place of an older."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._folders: dict[str, Entry] = {}
        self._marks: dict[tuple[int, int], Entry] = {}
        self._heads: dict[str, dict[tuple[Any, ...], Entry]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take note of an entry."""
        kind = entry[0]
        if kind == "folder":
            self._folders[entry[1]] = entry
        elif kind == "mark":
            key = entry[1], entry[2]
            self._marks.pop(key, None)
            self._marks[key] = entry
            if len(self._marks) > _MARKS:
                del self._marks[next(iter(self._marks))]
        else:
            heads = self._heads.setdefault(entry[1], {})
            heads[tuple(entry[2:])] = entry
            if len(heads) > _HEADS:
                del heads[next(iter(heads))]

    @property
    def folders(self) -> Iterable[Entry]:
        """The entries about folders."""
        return self._folders.values()

    @property
    def heads(self) -> Iterable[Entry]:
        """Those about how files began, of each source in the order in which they were read."""
        return (entry for heads in self._heads.values() for entry in heads.values())

    @property
    def marks(self) -> Iterable[Entry]:
        """Those about files that were left, in the order in which they were."""
        return self._marks.values()

    def __iter__(self) -> Iterator[Entry]:
        return chain(self.folders, self.heads, self.marks)


@dataclass(frozen=True, slots=True)
class Former:
    """What a former run has left: its sources by path, each with the place of its argument and
    its bookmark, and what it knew of files. False before the first run.
    """

    bookmarks: Mapping[str, tuple[int, Bookmark]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)

    def registry(self) -> "Remembering":
        """A registry for the files of a run that goes on here."""
        return Remembering()

    def __bool__(self) -> bool:
        return bool(self.bookmarks) or any(True for _ in self.memory)


class Remembering(Known):
    """A registry that says what it learns, and can be told what another had learned."""

    def __init__(self) -> None:
        super().__init__()
        self._news: dict[Reader, list[Entry]] = {}
        self._facts: list[Entry] = []
        self._former: dict[str, Reader] = {}
        self._devices: dict[int, int] = {}  # a disk may have another number after a restart

    def take_news(self, reader: Reader) -> list[object]:
        """What was learned by `reader` since the last call."""
        return list(self._news.pop(reader, ()))

    def take_facts(self) -> list[Entry]:
        """What was learned since the last call that holds whatever has been read."""
        facts, self._facts = self._facts, []
        return facts

    def begins_at(self, device: int, inode: int, mark: Mark) -> None:
        """What this file holds before the mark is not wanted."""
        self._facts.append(_marked(device, inode, mark))

    def recall_folders(self, memory: Memory) -> None:
        """Know again what was old when another one began; before any folder is looked at."""
        for _, path, device, files in memory.folders:
            super().begin(path, empty=True)
            self._devices[device] = device_of(path) or device
            seen = self._folders[path]
            seen.present = {inode: (mtime, Head(*head)) for inode, mtime, *head in files}

    def recall_files(self, memory: Memory) -> None:
        """Know again what another one had read; once the sources are in `paths`."""
        for _, path, length, crc, truncated in memory.heads:
            super().read_before(self._reader(path), Head(length, crc), truncated=truncated)
        for _, device, inode, path, length, crc, offset in memory.marks:
            mark = Mark(self._reader(path), Head(length, crc), offset)
            super().finish(self._disk(device), inode, mark)
        self._news.clear()

    def _reader(self, path: str) -> Reader:
        return self.paths.get(path) or self._former.setdefault(path, _Former(path))

    def _disk(self, device: int) -> int:
        return self._devices.get(device, device)

    def finish(self, device: int, inode: int, mark: Mark) -> None:
        """As of `Known`."""
        super().finish(device, inode, mark)
        self._news.setdefault(mark.reader, []).append(_marked(device, inode, mark))

    def read_before(self, reader: Reader, head: Head, *, truncated: bool = False) -> None:
        """As of `Known`."""
        super().read_before(reader, head, truncated=truncated)
        if head.length:
            entry = ["head", reader.path, *head, truncated]
            self._news.setdefault(reader, []).append(entry)

    def begin(self, folder: str, *, empty: bool = False) -> None:
        """As of `Known`."""
        if folder in self._folders:
            return
        super().begin(folder, empty=empty)
        present = self._folders[folder].present
        files = [[inode, mtime, *head] for inode, (mtime, head) in present.items()]
        self._facts.append(["folder", folder, device_of(folder), files])


def _marked(device: int, inode: int, mark: Mark) -> Entry:
    return ["mark", device, inode, mark.reader.path, *mark.head, mark.offset]


class _Former:
    """A source of a former run that is not one any more."""

    def __init__(self, path: str) -> None:
        self.path = path
