"""Numbered, checksummed lines in, what a follower did to them out: lost, repeated, torn."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: How often each line of a stream was seen; more than this many times counts as this many.
_MOST = 255


def make(stamp: str, stream: int, number: int, text: str) -> bytes:
    """One line: the time, which stream it is of, its number in it from 1, and a checksum."""
    return f"{stamp} {stream} {number} {_checksum(stamp, stream, number, text)} {text}\n".encode()


def parse(line: bytes) -> tuple[int, int] | None:
    """Stream and number of a line without its newline; None if it is not whole as written."""
    try:
        stamp, stream, number, checksum, text = line.decode("ascii").split(" ", 4)
        found = int(stream), int(number)
    except ValueError:
        return None
    return found if checksum == _checksum(stamp, *found, text) else None


def _checksum(stamp: str, stream: int, number: int, text: str) -> str:
    return f"{zlib.crc32(f'{stamp} {stream} {number} {text}'.encode()):08x}"


@dataclass(frozen=True)
class Tally:
    """What became of the lines that were written.

    `gone` are those that no file holds any more and the follower does not have either: what
    lies between a copy and a truncation. They are not among the `lost`.
    """

    written: int = 0
    lost: int = 0
    repeated: int = 0
    torn: int = 0
    disordered: int = 0
    gone: int = 0

    @property
    def holds(self) -> bool:
        """Whether every line is there once, whole, and in its stream's order."""
        return not (self.lost or self.repeated or self.torn or self.disordered)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(mine + theirs for mine, theirs in zip(_of(self), _of(other), strict=True)))


def _of(tally: Tally) -> Iterator[int]:
    yield from (tally.written, tally.lost, tally.repeated)
    yield from (tally.torn, tally.disordered, tally.gone)


class Ledger:
    """The lines of some file or files, counted as its bytes are fed.

    1. `seen[stream][number - 1]` says how often a line was seen, up to 255.
    """

    def __init__(self) -> None:
        self.seen: dict[int, bytearray] = {}
        self.torn = 0
        self.disordered = 0
        self.distinct = 0
        self._last: dict[int, int] = {}
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """The next bytes; a line that has not ended waits for its end."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)

    def end(self) -> None:
        """No more comes: what is left is a torn line."""
        if self._rest:
            self._take(self._rest)
            self._rest = b""

    def has(self, stream: int, number: int) -> bool:
        """Whether this line was seen."""
        counts = self.seen.get(stream, b"")
        return len(counts) >= number and counts[number - 1] > 0

    def tally(self, written: Mapping[int, int], held: "Ledger | None", *, joined: bool) -> Tally:
        """Judge it, given the last number of each stream.

        `held` has the lines that files still hold, where a fault destroys some. Where the
        follower `joined` writers at work, a stream counts from the first line seen of it.
        """
        lost = gone = repeated = 0
        for stream, last in written.items():
            counts = self.seen.get(stream, bytearray())
            repeated += sum(count - 1 for count in counts if count > 1)
            first = next((at for at, count in enumerate(counts) if count), 0) if joined else 0
            for number in _missing(counts, first, last):
                if held is None or held.has(stream, number):
                    lost += 1
                else:
                    gone += 1
        whole = sum(written.values())
        return Tally(whole, lost, repeated, self.torn, self.disordered, gone)

    def _take(self, line: bytes) -> None:
        if (found := parse(line)) is None:
            self.torn += 1
            return
        stream, number = found
        counts = self.seen.setdefault(stream, bytearray())
        if len(counts) < number:
            counts.extend(bytes(number - len(counts)))
        self.distinct += not counts[number - 1]
        counts[number - 1] = min(_MOST, counts[number - 1] + 1)
        if number < self._last.get(stream, 0) and counts[number - 1] == 1:
            self.disordered += 1
        self._last[stream] = number


def _missing(counts: bytearray, first: int, last: int) -> Iterator[int]:
    """The numbers from `first` + 1 to `last` that were not seen."""
    at = counts.find(0, first)
    while 0 <= at < last:
        yield at + 1
        at = counts.find(0, at + 1)
    yield from range(max(first, len(counts)) + 1, last + 1)
