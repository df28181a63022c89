"""Records in columns (`Batch`) and one of them made on demand (`Record`).

The unit that moves through plait is a batch; nothing on the hot path makes an object a record.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from plait.logs.kernel import take
from plait.logs.levels import level_of
from plait.values import frozen

# The bits of a record's flags.
STAMPED: Final = 1  # a time was found in the record itself
SUSPECT: Final = 2  # its stamp leapt ahead and was not believed
LATE: Final = 4  # it arrived after its place in the output had gone
PIECE: Final = 8  # a further piece of a record longer than the limit follows
ADDED: Final = 16  # its last newline is not in the source


@frozen
class Position:
    """Where in a source a batch begins: `skip` bytes after the start of the chunk of `token`."""

    token: object
    skip: int

    def moved(self, by: int) -> "Position":
        """The position this many bytes further on."""
        return Position(self.token, self.skip + by)


@frozen(eq=False)
class Record:
    """One record: what it says, when, and where it came from.

    `time` is what its stamp says, `place` the effective time by which it is ordered; both are
    nanoseconds since 1970 UTC. `raw` holds its bytes with the line ends, as they came.
    """

    time: int
    place: int
    source: str
    raw: bytes
    flags: int

    @property
    def text(self) -> str:
        r"""The record without its last line end; bytes that are not UTF-8 shown as `\xhh`."""
        return self.raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "backslashreplace")

    @property
    def stamped(self) -> bool:
        """Whether a time was found in the record itself."""
        return bool(self.flags & STAMPED)

    @property
    def suspect(self) -> bool:
        """Whether its stamp leapt ahead and was not believed."""
        return bool(self.flags & SUSPECT)

    @property
    def late(self) -> bool:
        """Whether it came after its place in the output had gone."""
        return bool(self.flags & LATE)

    @property
    def piece(self) -> bool:
        """Whether the record was longer than the limit and goes on in the next one."""
        return bool(self.flags & PIECE)

    @property
    def level(self) -> str | None:
        """`trace` to `fatal` where the record names its level, else None."""
        return level_of(self.raw)


@frozen(eq=False)
class Batch(Sequence[Record]):
    """n whole records in columns; immutable.

    1. `block` holds the records one after the other, each ending in a newline; record i is
       `block[bounds[i]:bounds[i + 1]]`, and `bounds` has n + 1 entries. What stands in the block
       before the first and behind the last belongs to others; `data` is without it.
    2. `times` are what the stamps say, `places` the effective times that order the records
       (nanoseconds since 1970 UTC, int64); both have n entries and may be one object.
    3. `flags` has a byte a record.
    4. Records of one source stand in that source's order. `origins[i]` is the index in
       `sources` of the source of record i; None stands for n zeros.
    5. `begin` says where in its source the batch begins, for batches of one source.
    """

    block: bytes
    bounds: "array[int]"
    times: "array[int]"
    places: "array[int]"
    flags: bytes
    sources: tuple[str, ...]
    origins: "array[int] | None" = None
    begin: Position | None = None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def data(self) -> bytes:
        """The bytes of all records, one after the other; a copy where the block holds more."""
        return self.block[self.bounds[0] : self.bounds[-1]]

    @property
    def size(self) -> int:
        """The number of bytes of all records."""
        return self.bounds[-1] - self.bounds[0]

    def __getitem__(self, index: int) -> Record:  # type: ignore[override]  # no slices: `take`
        n = len(self.times)
        if index < 0:
            index += n
        if not 0 <= index < n:
            raise IndexError("record index out of range")
        origin = self.origins[index] if self.origins is not None else 0
        return Record(
            self.times[index],
            self.places[index],
            self.sources[origin],
            self.block[self.bounds[index] : self.bounds[index + 1]],
            self.flags[index],
        )

    def __iter__(self) -> Iterator[Record]:
        return map(self.__getitem__, range(len(self.times)))

    def raws(self, span: range | None = None) -> list[bytes]:
        """The bytes of every record, or of those within the span."""
        block, bounds = self.block, self.bounds
        if span is not None:
            bounds = bounds[span.start : span.stop + 1]
        return [block[a:b] for a, b in pairwise(bounds)]

    def take(self, kept: Sequence[int]) -> "Batch":
        """A batch of the records with the given indices, in the given order."""
        column = kept if isinstance(kept, array) else array("q", kept)
        data, bounds, times, places, flags, origins = take(self, column)
        begin = self.begin if kept and kept[0] == 0 else None
        return Batch(data, bounds, times, places, flags, self.sources, origins, begin)

    def marked(self, flag: int) -> "Batch":
        """The same batch with `flag` set on every record."""
        return Batch(
            self.block,
            self.bounds,
            self.times,
            self.places,
            bytes([f | flag for f in self.flags]),
            self.sources,
            self.origins,
            self.begin,
        )

    def last_marked(self, flag: int) -> "Batch":
        """The same batch with `flag` set on its last record."""
        flags = self.flags[:-1] + bytes([self.flags[-1] | flag])
        columns = self.times, self.places, flags
        return Batch(self.block, self.bounds, *columns, self.sources, self.origins, self.begin)

    def _check(self) -> None:
        """Test the invariants of the class docstring; for debug runs and tests."""
        n = len(self.times)
        assert len(self.bounds) == n + 1, "invariant 1"
        assert 0 <= self.bounds[0] <= self.bounds[-1] <= len(self.block), "invariant 1"
        pairs = pairwise(self.bounds)
        assert all(a < b and self.block[b - 1] == 10 for a, b in pairs), "invariant 1"
        assert len(self.places) == n, "invariant 2"
        assert len(self.flags) == n, "invariant 3"
        assert self.origins is None or len(self.origins) == n, "invariant 4"


#: A filter: a batch in, the batch of the records that pass out.
Step = Callable[[Batch], Batch]
