"""Formats that a user or a package adds to those of the table."""

from collections.abc import Sequence
from datetime import UTC

import pytest

from plait.errors import UsageError
from plait.logs.times import Example, Stamper, Text, TimeFormat, added_formats
from plait.logs.times.format import REFERENCE
from plait.logs.times.table import FORMATS
from tests.logs.times.stamps import joined, shown

PUMP = {"pump": "%d~%m~%Y %Hh%Mm%S"}
LINE = b"01~03~2026 10h00m00 pump on"
ISO = b"2026-03-01 10:00:00 x"
GPS = TimeFormat(
    "gps",
    "GPS weeks: GPS 2408 36018",
    b"",
    (
        Text(
            "gps",
            rb"GPS (\d{4} \d{1,6})()()",
            lambda head, tail: 315964800 + int(head[:4]) * 604800 + int(head[5:]) - 18,
        ),
    ),
    (Example(b"GPS 2408 36018 x", "2026-03-01T10:00:00Z"),),
)


def stamper(
    *sample: bytes, format_: str | None = None, installed: Sequence[TimeFormat] = ()
) -> Stamper:
    stamps = Stamper(
        zone=UTC,
        reference=REFERENCE,
        format=format_,
        added=added_formats(PUMP),
        installed=lambda: installed,
    )
    if sample:
        stamps.learn(joined(*sample))
    return stamps


def test_a_format_that_was_given_is_found_by_a_sample() -> None:
    stamps = stamper(LINE, b"  at x", LINE)
    assert shown(stamps, LINE) == "2026-03-01T10:00:00Z"
    assert (stamps.detected.format, stamps.detected.title) == (
        "pump",
        "as given: %d~%m~%Y %Hh%Mm%S",
    )


def test_it_is_found_by_its_name() -> None:
    assert shown(stamper(format_="pump"), LINE) == "2026-03-01T10:00:00Z"
    assert shown(stamper(format_="pump"), ISO) is None


def test_the_others_stay_possible_beside_it() -> None:
    assert shown(stamper(LINE, LINE), ISO) == "2026-03-01T10:00:00Z"


def test_it_does_not_replace_one_that_reads_more_lines() -> None:
    stamps = stamper(ISO, ISO, LINE)
    assert stamps.detected.format == "iso"
    assert shown(stamps, LINE) is None


def test_it_goes_before_one_that_reads_as_many_lines() -> None:
    assert stamper(LINE + b" " + ISO, format_=None).detected.format == "pump"


def test_an_installed_format_is_found_where_no_other_reads_most_lines() -> None:
    line = GPS.examples[0].line
    stamps = stamper(line, line, installed=[GPS])
    assert shown(stamps, line) == "2026-03-01T10:00:00Z"
    assert shown(stamper(format_="gps", installed=[GPS]), line) == "2026-03-01T10:00:00Z"


def test_installed_formats_are_not_asked_for_where_another_reads_the_log() -> None:
    asked: list[str] = []

    def installed() -> Sequence[TimeFormat]:
        asked.append("asked")
        return ()

    stamps = Stamper(zone=UTC, reference=REFERENCE, installed=installed)
    stamps.learn(joined(ISO, ISO))
    assert asked == []
    stamps.learn(joined(b"x"))
    assert asked == ["asked"]


def test_a_weak_format_needs_most_lines() -> None:
    weak = TimeFormat(GPS.name, GPS.title, GPS.lead, GPS.texts, GPS.examples, weak=True)
    line = GPS.examples[0].line
    assert stamper(line, b"x", b"y", installed=[weak]).detected.format is None
    assert stamper(line, b"x", b"y", installed=[GPS]).detected.format == "gps"
    assert stamper(line, line, b"y", installed=[weak]).detected.format == "gps"


@pytest.mark.parametrize("name", ["iso", "50%", "", FORMATS[-1].name])
def test_a_name_that_is_taken_or_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="choose another"):
        added_formats({name: "%Y-%m-%d %H"})


def test_a_pattern_that_makes_no_time_is_refused() -> None:
    with pytest.raises(UsageError, match="names no time of a day"):
        added_formats({"pump": "%H:%M"})


def test_an_unknown_name_is_refused_with_the_added_ones() -> None:
    with pytest.raises(UsageError, match=r"'pomp'; write one of .*iso.*pump.*gps"):
        stamper(format_="pomp", installed=[GPS])
