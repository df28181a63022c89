"""Bytes of the output in, its lines out."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from plait.logs.assemble import LIMIT
from plait.logs.proof.form import Form, Tail

#: So many lines already dealt with are kept to recognise one that comes again.
_RECENT: Final = 100_000
# No line of plait's is longer than a record in JSON with every byte escaped.
_LONGEST: Final = 7 * LIMIT


class Output:
    """The lines of the output, of which a window is in memory.

    1. `lines` is the window; its first is line number `gone` (from 0) of the output.
    2. A last line that does not end keeps a newline at its end, which no other line has: so it
       is equal to no record.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.lines: list[bytes] = []
        self.gone = 0
        self.size = 0
        self.form: Form | None = None
        self._chunks = iter(chunks)
        self._partial: list[bytes] = []
        self._partial_size = 0
        self._recent: deque[list[bytes]] = deque()
        self._recent_lines = 0

    def extend(self) -> bool:
        """Make the window larger; false at the end of the output."""
        for chunk in self._chunks:
            self.size += len(chunk)
            if b"\n" in chunk or self._partial_size > _LONGEST:
                lines = b"".join([*self._partial, chunk]).split(b"\n")
                rest = lines.pop()
                self._partial, self._partial_size = [rest], len(rest)
                if lines:
                    self._add(lines)
                    return True
                if self._partial_size > _LONGEST:
                    break
            else:
                self._partial.append(chunk)
                self._partial_size += len(chunk)
        last = b"".join(self._partial)
        self._partial, self._partial_size = [], 0
        if last:
            self._add([last + b"\n"])
        return bool(last)

    def _add(self, lines: list[bytes]) -> None:
        self.lines += lines if self.form is None else self.form.lines(lines)

    def use(self, form: Form) -> None:
        """Bring the lines into the shape of this form, from the first."""
        assert not self.gone
        self.form = form
        self.lines = form.lines(self.lines)

    def next(self) -> list[bytes]:
        """The next window, when all of this one has been dealt with; empty at the end."""
        self.forget(self.gone + len(self.lines))
        self.extend()
        return self.lines

    def forget(self, number: int) -> None:
        """Let go of the lines before this one, but for recognising them."""
        count = number - self.gone
        dropped = self.lines[:count]
        self.lines = self.lines[count:]
        self.gone = number
        self._recent.append(dropped)
        self._recent_lines += count
        while self._recent_lines - len(self._recent[0]) >= _RECENT:
            self._recent_lines -= len(self._recent.popleft())

    def has(self, number: int) -> bool:
        """Whether there is a line of this number; it is then in the window."""
        while number - self.gone >= len(self.lines):
            if not self.extend():
                return False
        return True

    def line(self, number: int) -> bytes:
        """A line that is in the window."""
        return self.lines[number - self.gone]

    def goes_on(self, number: int, tail: Tail) -> bool:
        """Whether these lines stand from this line on."""
        if not tail:
            return True
        if not self.has(number + len(tail) - 1):
            return False
        begin = number - self.gone
        return tuple(self.lines[begin : begin + len(tail)]) == tail

    def earlier(self, number: int) -> int | None:
        """The number of the last line before this one that is the same, if not long ago."""
        line, at = self.line(number), self.gone
        window = self.lines[: number - at]
        for lines in (window, *reversed(self._recent)):
            if lines is not window:
                at -= len(lines)
            for index in range(len(lines) - 1, -1, -1):
                if lines[index] == line:
                    return at + index
        return None
