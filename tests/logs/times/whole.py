"""Shared by the tests of logs whose lines depend on one another: records out of whole logs."""

from collections.abc import Iterable
from datetime import UTC, tzinfo
from itertools import pairwise

from plait.logs.assemble import LIMIT, Assembler, batches_of
from plait.logs.batch import Batch
from plait.logs.times import Stamper
from plait.logs.times.calendar import iso
from plait.logs.times.format import REFERENCE


def assembler(
    *, zone: tzinfo = UTC, format_: str | None = None, limit: int = LIMIT
) -> tuple[Assembler, Stamper]:
    stamps = Stamper(zone=zone, reference=REFERENCE, format=format_)
    return Assembler("x.log", stamps, default=REFERENCE, limit=limit), stamps


def pairs(batches: Iterable[Batch]) -> list[tuple[str | None, bytes]]:
    """Each record's time (None without a stamp of its own) and its bytes."""
    return [
        (iso(record.time) if record.stamped else None, batch.block[begin:end])
        for batch in batches
        for record, (begin, end) in zip(batch, pairwise(batch.bounds), strict=True)
    ]


def cut(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(at % (len(data) + 1) for at in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def records(
    data: bytes,
    *cuts: int,
    zone: tzinfo = UTC,
    format_: str | None = None,
    limit: int = LIMIT,
) -> list[tuple[str | None, bytes]]:
    made, _ = assembler(zone=zone, format_=format_, limit=limit)
    return pairs(batches_of(made, cut(data, cuts)))


def times(data: bytes, *cuts: int, zone: tzinfo = UTC) -> list[str | None]:
    return [time for time, _ in records(data, *cuts, zone=zone)]
