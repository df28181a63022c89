"""What happened, in numbers: one value for the whole stream and one a source."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class SourceStats:
    """What one source gave, and what was done with it."""

    source: str
    records: int = 0
    bytes: int = 0  # in records, as they were read
    late: int = 0  # records that came after their place had gone
    suspect: int = 0  # stamps that were not believed
    pieces: int = 0  # cuts through records over the limit
    unstamped: int = 0  # records in which no time was found
    rotations: int = 0
    truncations: int = 0
    unread: int = 0  # bytes known to be there that a stop left unread
    skipped: int = 0  # bytes that were not read since they lie outside `since` and `until`
    disordered: int = 0  # records that speak against having skipped them
    failed: str | None = None
    format: str | None = None  # what was detected and assumed
    zone: str | None = None
    year: str | None = None


_SUMS: Final = (
    "records", "bytes", "late", "suspect", "pieces", "unstamped", "rotations", "truncations",
    "unread", "skipped", "disordered",
)  # fmt: skip


@dataclass(slots=True)
class Stats:
    """What a stream gave so far."""

    sources: list[SourceStats] = field(default_factory=list)
    written: int = 0  # records that left the stream, after the steps

    @property
    def records(self) -> int:
        """Records read from all sources."""
        return sum(source.records for source in self.sources)

    @property
    def bytes(self) -> int:
        """Bytes of the records read from all sources."""
        return sum(source.bytes for source in self.sources)

    @property
    def skipped(self) -> int:
        """Bytes that were not read since they lie outside `since` and `until`."""
        return sum(source.skipped for source in self.sources)

    @property
    def late(self) -> int:
        """Records that came after their place in the output had gone."""
        return sum(source.late for source in self.sources)

    @property
    def rotations(self) -> int:
        """Changes to a new file that were followed."""
        return sum(source.rotations for source in self.sources)

    @property
    def failed(self) -> list[str]:
        """The names of the sources that failed."""
        return [source.source for source in self.sources if source.failed is not None]

    def as_dict(self) -> dict[str, object]:
        """All of it in plain values, for JSON."""
        totals: dict[str, object] = {"written": self.written}
        for name in _SUMS:
            totals[name] = sum(getattr(source, name) for source in self.sources)
        totals["failed"] = len(self.failed)
        totals["sources"] = [
            {name: getattr(source, name) for name in SourceStats.__slots__}
            for source in self.sources
        ]
        return totals
