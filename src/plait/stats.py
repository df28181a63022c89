"""What happened, in numbers: one value for the whole stream and one a source."""

from typing import Final


class SourceStats:
    """What one source gave, and what was done with it."""

    __slots__ = (  # noqa: RUF023  # in the order of the JSON
        "source", "records", "bytes", "late", "suspect", "pieces", "unstamped", "rotations",
        "truncations", "unread", "skipped", "disordered", "failed", "format", "zone", "year",
    )  # fmt: skip

    def __init__(self, source: str) -> None:
        self.source = source
        self.records = 0
        self.bytes = 0  # in records, as they were read
        self.late = 0  # records that came after their place had gone
        self.suspect = 0  # stamps that were not believed
        self.pieces = 0  # cuts through records over the limit
        self.unstamped = 0  # records in which no time was found
        self.rotations = 0
        self.truncations = 0
        self.unread = 0  # bytes known to be there that a stop left unread
        self.skipped = 0  # bytes that were not read since they lie outside `since` and `until`
        self.disordered = 0  # records that speak against having skipped them
        self.failed: str | None = None
        self.format: str | None = None  # what was detected and assumed
        self.zone: str | None = None
        self.year: str | None = None


_SUMS: Final = (
    "records", "bytes", "late", "suspect", "pieces", "unstamped", "rotations", "truncations",
    "unread", "skipped", "disordered",
)  # fmt: skip


class Stats:
    """What a stream gave so far."""

    __slots__ = ("sources", "written")

    def __init__(self) -> None:
        self.sources: list[SourceStats] = []
        self.written = 0  # records that left the stream, after the steps

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
