"""Shared by the tests of time formats: a stamper of UTC, and times as text."""

from datetime import UTC, tzinfo

from plait.logs.times import Stamper
from plait.logs.times.calendar import iso
from plait.logs.times.format import REFERENCE


def stamper(
    *sample: bytes, zone: tzinfo = UTC, reference: int = REFERENCE, format_: str | None = None
) -> Stamper:
    """A stamper that has learned from these lines, if any."""
    made = Stamper(zone=zone, reference=reference, format=format_)
    if sample:
        made.learn(joined(*sample))
    return made


def joined(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def shown(stamps: Stamper, line: bytes) -> str | None:
    """The time of a line as ISO 8601 in UTC."""
    time = stamps.stamp(line)
    return None if time is None else iso(time)


def scanned(stamps: Stamper, *lines: bytes) -> list[str | None]:
    """The time of each line of one block."""
    block = joined(*lines)
    found = dict(zip(*stamps.scan(block), strict=True))
    out, offset = [], 0
    for line in lines:
        time = found.pop(offset, None)
        out.append(None if time is None else iso(time))
        offset += len(line) + 1
    assert not found, "a stamp that is at no start of a line"
    return out
