"""Commits in, the lines of a state file out, and back: as many as are whole.

A state file is text. Each line is the checksum of what follows, a space, and JSON:

    {"plait": 1, "began": ns, "settings": {...}}             the first line
    {"length": L, "tail": [n, crc], "gone": ..., ...}        what has changed since the line before

`length` is how long the output is, `tail` the checksum of its last n bytes; the rest is that of
`plait.ledger`. A line is written at once and counts only if it is whole, so a commit is all of
it or nothing.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

from plait.ledger import Book

#: The form of the file that this code writes, and the only one it reads.
VERSION: Final = 1
# So much of the end of the output is compared.
TAIL: Final = 1024


@dataclass(frozen=True, slots=True)
class Commit:
    """An output of `length` bytes, and the bookmarks (or what changed in them) that go with it."""

    length: int
    tail: tuple[int, int]
    bookmarks: dict[str, Any]

    def line(self) -> bytes:
        """The same for the state file."""
        return line({"length": self.length, "tail": self.tail, **self.bookmarks})


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a state file says: `size` of its bytes are whole lines, `whole` if that is all."""

    header: dict[str, Any]
    last: Commit | None
    size: int
    whole: bool

    @property
    def begun(self) -> bool:
        """Whether anything was ever committed that another run must know."""
        if self.header["plait"] != VERSION:
            return True  # who knows
        if self.last is None:
            return False
        marks = self.last.bookmarks
        return bool(self.last.length or marks["sources"] or marks["files"])


def header(began: int, settings: dict[str, Any]) -> bytes:
    """The first line; `began` is in ns since 1970 UTC."""
    return line({"plait": VERSION, "began": began, "settings": settings})


def line(values: dict[str, Any]) -> bytes:
    """Values as a line with its checksum."""
    text = json.dumps(values, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def recover(data: bytes) -> Recovered | None:
    """What the whole lines at the begin of a state file say; None if not even the first is."""
    head: dict[str, Any] | None = None
    book = Book({})
    length, tail, commits, size = 0, (0, 0), 0, 0
    for text in data.splitlines(keepends=True):
        values = _values(text)
        if values is None:
            break
        size += len(text)
        if head is None:
            head = values
            if head.get("plait") != VERSION:
                break  # the rest may be anything
            continue
        length, tail = values.pop("length"), tuple(values.pop("tail"))
        book.add(values)
        commits += 1
    if head is None or "plait" not in head:
        return None
    last = Commit(length, tail, book.as_json()) if commits else None
    return Recovered(head, last, size, whole=size == len(data))


def _values(text: bytes) -> dict[str, Any] | None:
    """What a line says, None if it is not whole."""
    if not text.endswith(b"\n") or text[8:9] != b" ":
        return None
    body = text[9:-1]
    if text[:8] != b"%08x" % zlib.crc32(body):
        return None
    values: dict[str, Any] = json.loads(body)
    return values
