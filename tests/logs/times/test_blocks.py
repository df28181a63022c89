"""Records of several lines whose stamp does not stand in the first."""

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.logs.chunk import Chunk
from tests.logs.times.stamps import joined, stamper
from tests.logs.times.whole import assembler, cut, pairs, records

TOKYO = timezone(timedelta(hours=9))


def entry(micros: int, *fields: bytes, value: bytes | None = None) -> bytes:
    """An entry of the journal; the value is a binary MESSAGE."""
    out = joined(b"__CURSOR=s=1;i=%d" % micros, b"_PID=7", *fields)
    if value is not None:
        out += b"MESSAGE\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return out + b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=1\n\n" % micros


FIRST = 1_772_359_200_000_000
TRICKY = b"a\n\n__CURSOR=s=9\n__REALTIME_TIMESTAMP=1000000000000000\n\nEND"
JOURNAL = [
    entry(FIRST, b"MESSAGE=one"),
    entry(FIRST + 5, value=TRICKY),
    entry(FIRST + 9, b"MESSAGE=", b"X=a=b"),
]
EVENTS = [
    b"<Event xmlns='x'><System><TimeCreated SystemTime='2026-03-01T10:00:00.5Z'/></System>"
    b"<Data>a\nb</Data></Event>\n",
    b"<Event>\r\n  <System>\r\n    <EventID>7</EventID>\r\n"
    b'    <TimeCreated SystemTime="2026-03-01T10:00:01.1234567Z" />\r\n  </System>\r\n</Event>\r\n',
    b"  <Event xmlns='y'>\n<TimeCreated SystemTime='2026-03-01T10:00:02Z'/>\n</Event>\n",
]
LISTED = [
    b"Event[%d]:\n  Log Name: System\n  Source: x\n  Date: 2026-03-01T10:00:0%d.500\n"
    b"  Description: \nThe service\n  Date: none\n\n" % (number, number)
    for number in range(3)
]
SLOW = [
    b"# Time: 260301 10:00:00\n# User@Host: a[a] @ localhost []\n# Query_time: 1.0\n"
    b"use shop;\nSET timestamp=1772359200;\nselect 1;\n",
    b"# User@Host: b[b] @ localhost []\n# Query_time: 2.0\nSET timestamp=1772359201.25;\n"
    b"select\n  2;\n",
    b"# Time: 2026-03-01T10:00:02.5Z\n# User@Host: c[c]\n# Query_time: 2\n"
    b"SET timestamp=1772359202;\nselect '\n# Time is on my side';\n",
]
MESSAGES = [
    b'<![LOG[one]LOG]!><time="10:00:00.123+000" date="03-01-2026" thread="7">\r\n',
    b'<![LOG[two\r\n<![\r\nlines]LOG]!><time="11:00:01.5-60" date="03-01-2026" thread="7">\r\n',
    b'<![LOG[]LOG]!><time="10:00:02+0" date="3-1-2026" type="1">\r\n',
]
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE log SYSTEM "logger.dtd">\n<log>\n'
JUL = [
    b"<record>\n  <date>2026-03-01T10:00:00</date>\n  <millis>1772359200123</millis>\n"
    b"  <message>a\n\nb</message>\n</record>\n",
    b"<record>\n  <date>2026-03-01T10:00:01.25Z</date>\n</record>\n",
    b"<record>\n  <millis>1772359202000</millis>\n</record>\n",
]
LOGS = {
    "cmtrace": (MESSAGES, ["00.123Z", "01.5Z", "02Z"]),
    "jul-xml": (JUL, ["00.123Z", "01.25Z", "02Z"]),
    "journal-export": (JOURNAL, ["00Z", "00.000005Z", "00.000009Z"]),
    "windows-event": (EVENTS, ["00.5Z", "01.1234567Z", "02Z"]),
    "windows-event-text": (LISTED, ["00.5Z", "01.5Z", "02.5Z"]),
    "mysql-slow": (SLOW, ["00Z", "01.25Z", "02.5Z"]),
}
ALL = pytest.mark.parametrize("name", LOGS)


def expected(name: str) -> list[tuple[str | None, bytes]]:
    blocks, seconds = LOGS[name]
    times = [f"2026-03-01T10:00:{second}" for second in seconds]
    return list(zip(times, blocks, strict=True))


@ALL
def test_a_record_is_the_whole_block(name: str) -> None:
    assert records(b"".join(LOGS[name][0])) == expected(name)
    assert stamper(*LOGS[name][0]).detected.format == name


@ALL
@given(cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_chunk_borders_change_nothing(name: str, cuts: list[int]) -> None:
    assert records(b"".join(LOGS[name][0]), *cuts) == expected(name)


@ALL
@given(cuts=st.lists(st.integers(0, 2000), max_size=12), limit=st.integers(1, 400))
def test_no_limit_loses_or_moves_a_byte(name: str, cuts: list[int], limit: int) -> None:
    data = b"".join(LOGS[name][0])
    found = records(data, *cuts, format_=name, limit=limit)
    assert b"".join(text for _, text in found).replace(b"\n", b"") == data.replace(b"\n", b"")


@pytest.mark.parametrize("name", ["journal-export", "windows-event", "cmtrace", "jul-xml"])
@given(cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_a_flush_tears_no_record_that_says_where_it_ends(name: str, cuts: list[int]) -> None:
    made, _ = assembler(format_=name)
    batches = []
    for piece in cut(b"".join(LOGS[name][0]), cuts):
        batches += made.feed(Chunk(piece))
        batches += made.flush()
    assert pairs(batches + made.end()) == expected(name)


def test_a_record_that_waits_for_its_end_is_nothing_a_flush_would_give() -> None:
    made, _ = assembler(format_="journal-export")
    whole, begun = JOURNAL[0], JOURNAL[1][:30]
    assert (
        pairs([*made.feed(Chunk(whole + begun)), *made.flush()]) == expected("journal-export")[:1]
    )
    assert not made.pending
    assert pairs(made.end()) == [(None, begun + b"\n")]


def test_an_entry_over_the_limit_is_cut_and_the_next_is_whole_again() -> None:
    long = entry(FIRST, *[b"FIELD%d=%s" % (number, b"x" * 50) for number in range(20)])
    found = records(long + JOURNAL[0], format_="journal-export", limit=300)
    assert b"".join(text for _, text in found) == long + JOURNAL[0]
    assert found[-1] == expected("journal-export")[0]


def test_an_entry_without_a_stamp_belongs_above() -> None:
    rest = b"__CURSOR=s=3\n\n"
    assert records(JOURNAL[0] + rest) == [(expected("journal-export")[0][0], JOURNAL[0] + rest)]


def test_what_is_no_field_does_not_hide_what_follows() -> None:
    broken = b"__CURSOR=s=3\nno field\nNAME\n1234567\n\n"
    found = records(JOURNAL[0] + broken + JOURNAL[2])
    assert [time for time, _ in found] == ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000009Z"]


def test_the_head_of_a_file_of_java_is_no_record_of_its_own_time() -> None:
    found = records(HEAD + b"".join(JUL))
    assert found[3:] == expected("jul-xml")
    assert [time for time, _ in found[:3]] == [None] * 3


@settings(max_examples=20)  # the log is long
@given(cuts=st.lists(st.integers(0, 30_000), max_size=5))
def test_an_entry_with_too_many_lines_that_are_no_fields_is_not_waited_for(cuts: list[int]) -> None:
    log = b"__CURSOR=s=3\n" + b"no field\n" * 2500 + b"\n" + JOURNAL[2]
    found = records(log, *cuts)
    assert found == records(log)
    assert found[-1] == expected("journal-export")[2]


def test_slow_queries_of_the_old_server_are_in_the_zone_of_the_log() -> None:
    assert records(SLOW[0], zone=TOKYO)[0][0] == "2026-03-01T01:00:00Z"


def test_a_remark_like_a_slow_query_makes_no_slow_log() -> None:
    lines = [b"2026-03-01 10:00:00 x", b"# Time: 260301 10:00:00", b"# User@Host: x"]
    assert stamper(*lines, zone=UTC).detected.format == "iso"


@ALL
def test_where_gives_the_text_of_the_stamp_in_its_line(name: str) -> None:
    stamps = stamper(*LOGS[name][0])
    places = [(line, stamps.where(line)) for line in LOGS[name][0][0].split(b"\n")]
    stamps_found = {line[slice(*place)] for line, place in places if place}
    assert stamps_found
    assert stamps_found - {b"1772359200"} <= {
        b"1772359200000000", b"2026-03-01T10:00:00.5Z", b"2026-03-01T10:00:00.500",
        b"260301 10:00:00", b'10:00:00.123+000" date="03-01-2026"', b"2026-03-01T10:00:00",
        b"1772359200123",
    }  # fmt: skip
