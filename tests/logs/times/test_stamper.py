"""What a stamper learns, accepts and assumes, and that block borders change nothing."""

from datetime import UTC, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from plait.errors import UsageError
from plait.logs.kernel import COMPILED
from plait.logs.times import Stamper
from plait.logs.times.format import REFERENCE, Example, TimeFormat
from plait.logs.times.stamper import _WORTHWHILE
from plait.logs.times.table import FORMATS
from tests.logs.times.stamps import joined, scanned, shown, stamper

ISO = b"2026-03-01 10:00:00,123 INFO x"
SYSLOG = b"Mar  1 10:00:00 host app[7]: x"
EPOCH = [b"177235920%d.25 x" % digit for digit in range(9)]
LINES = st.one_of(
    st.sampled_from(
        [example.line for form in FORMATS for example in form.examples if b"\n" not in example.line]
    ),
    st.sampled_from([ISO, SYSLOG, *EPOCH, b"", b"  at x", b"2026-02-31 10:00:00"]),
    st.sampled_from(
        [b"%s %d 10:00:00 h x" % (m, d) for m in (b"Jan", b"Jul", b"Dec") for d in (1, 31)]
    ),
    st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")),
)
SAMPLES = st.sampled_from([(), (ISO,), (SYSLOG,), tuple(EPOCH), (b"node 7 " + ISO,), (b" " + ISO,)])


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(st.lists(LINES), st.data(), SAMPLES)
def test_block_borders_change_nothing(
    lines: list[bytes], data: st.DataObject, sample: tuple[bytes, ...]
) -> None:
    cut = data.draw(st.integers(0, len(lines)))
    whole = stamper(*sample).scan(joined(*lines))
    parts = stamper(*sample)
    first, second = joined(*lines[:cut]), joined(*lines[cut:])
    starts, times = parts.scan(first)
    later, more = parts.scan(second)
    starts.extend(start + len(first) for start in later)
    assert whole == (starts, times + more)


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(st.lists(LINES), SAMPLES)
def test_a_line_alone_gives_what_it_gives_in_a_block(
    lines: list[bytes], sample: tuple[bytes, ...]
) -> None:
    singly = stamper(*sample)
    assert scanned(stamper(*sample), *lines) == [shown(singly, line + b"\n") for line in lines]


STAMPED = [(form, example) for form in FORMATS for example in form.examples if example.time]


def _varied(line: bytes, data: st.DataObject) -> bytes:
    """The line with some of its bytes changed, most often digits for digits."""
    out = bytearray(line)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(line) - 1))
        digit = 48 <= out[at] <= 57 and data.draw(st.integers(0, 3))
        out[at] = data.draw(st.sampled_from(b"0123456789" if digit else b"0123456789 Z.:-+INFOaZ["))
    return bytes(out)


@pytest.mark.skipif(not COMPILED, reason="the kernel is not compiled")
@pytest.mark.parametrize(("form", "example"), STAMPED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_kernel_reads_what_the_general_reader_reads(
    form: TimeFormat, example: Example, data: st.DataObject
) -> None:
    lines = [example.line] * 5 + [_varied(example.line, data) for _ in range(5)]
    zone = data.draw(st.sampled_from((UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"))))
    block = joined(*lines, example.line)
    block += joined(example.line) * (_WORTHWHILE // len(block))
    fast, general = [
        Stamper(zone=zone, reference=example.reference, format=form.name) for _ in range(2)
    ]
    for stamps in fast, general:
        stamps.learn(block)
    general._fast = False
    note(block)
    for _ in range(2):  # what the first turn taught, the second uses
        assert fast.scan(block) == general.scan(block)


# A leap second, a rival key before the right one, a number with more digits than are read.
GENERAL = (b"2026-03-01T23:59:60Z leap", b'{"time":0.25,', b'{"ts":1.7723592001234567e+09}')
# Left to the general reader, for what the kernel cannot know.
LEFT = {
    # lines that depend on one another
    "w3c", "journal-export", "windows-event", "windows-event-text", "cmtrace", "jul-xml",
    "mysql-slow",
    # no date
    "clock", "tcf", "dmesg", "jvm-uptime",
    # a fraction or a number that is not written in decimal places
    "healthapp", "json-instant", "tai64n", "daemontools",
    # what stands further on in the line says whether it is a stamp
    "aws-vpc", "chrome", "postgresql", "thunderbird", "weblogic", "zsh-history",
    # words behind the time say which half of the day it is
    "day-first", "year-first",
}  # fmt: skip


@pytest.mark.skipif(not COMPILED, reason="the kernel is not compiled")
@pytest.mark.parametrize(
    ("form", "example"),
    [pair for pair in STAMPED if pair[0].name not in LEFT and not pair[1].line.startswith(GENERAL)],
)
def test_the_kernel_can_read_every_other_format(form: TimeFormat, example: Example) -> None:
    stamps = Stamper(zone=UTC, reference=example.reference, format=form.name)
    block = joined(*[example.line] * (_WORTHWHILE // len(example.line) + 1))
    stamps.learn(block)
    stamps.scan(block)
    assert stamps._scanner.reads(example.line + b"\n")


@pytest.mark.skipif(not COMPILED, reason="the kernel is not compiled")
@pytest.mark.parametrize(
    ("format_", "line", "other"),
    [
        # The digits in front are part of the text.
        ("glog", b"I0000 00:00:1772359200.5 7 a.cc:7] x", b"I1234 56:07:1772359200.5 7 a.cc:7] x"),
        ("iso-day", b"2026-060T10:00:00 x", b"2028-060T10:00:00 x"),
        ("iso", b"2026-03-01 10:00:00:123 x", b"2026-03-01 10:00:00:12 x"),
        ("iso", b"2026-03-01 10:00:00:5 x", b"2026-03-01 10:00:00:55|x"),
        ("chrome", b"[0301/100000:ERROR:a.cc(7)] x", b"[0301/100000:x] y"),
        ("rfc2822", b"01 Mar 2026 10:00:00 p x", b"01 Mar 2026 10:00:00 p.m. x"),
        ("day-first", b"1 mars 2026 10:00:00 x", "1 mars 2026 10:00:00 ÖS x".encode()),
        ("day-first", b"1 mars 2026 10:00:00 em x", b"1 mars 2026 10:00:00 x"),
        ("day-first", b"1 mars 2026 10:00:00 x", b"1 mars 2026 10:00:00 (UTC+0100) x"),
    ],
)
def test_a_line_that_only_looks_like_another_is_read_in_the_general_way(
    format_: str, line: bytes, other: bytes
) -> None:
    fast, general = [Stamper(zone=UTC, reference=REFERENCE, format=format_) for _ in range(2)]
    block = joined(*[line] * (_WORTHWHILE // len(line) + 1), other)
    for stamps in fast, general:
        stamps.learn(block)
    general._fast = False
    for _ in range(2):  # what the first turn taught, the second uses
        assert fast.scan(block) == general.scan(block)


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(st.binary(), st.binary())
def test_any_bytes_are_scanned_and_learned_without_error(sample: bytes, block: bytes) -> None:
    stamps = stamper()
    stamps.learn(sample + b"\n")
    starts, times = stamps.scan(block + b"\n")
    assert len(starts) == len(times)
    assert all(start == 0 or block[start - 1 : start] == b"\n" for start in starts)


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(LINES, SAMPLES)
def test_the_place_of_a_stamp_lies_in_its_line(line: bytes, sample: tuple[bytes, ...]) -> None:
    place = stamper(*sample).where(line)
    assert (place is None) == (stamper(*sample).stamp(line) is None)
    assert place is None or 0 <= place[0] < place[1] <= len(line)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"[INFO] [2026-03-01 10:00:00.5 +01:00] x", b"2026-03-01 10:00:00.5 +01:00"),
        (b"2026-03-01 10:00:00 INFO x", b"2026-03-01 10:00:00"),
        (b"Sun Mar  1 10:00:00.5 UTC 2026 x", b"Sun Mar  1 10:00:00.5 UTC 2026"),
        (b'{"a":1,"ts":1772359200.25}', b"1772359200.25"),
        (b"1.2.3.4 - - [01/Mar/2026:10:00:00 +0100] x", b"01/Mar/2026:10:00:00 +0100"),
    ],
)
def test_where_gives_the_text_of_the_stamp(line: bytes, text: bytes) -> None:
    place = stamper().where(line)
    assert place is not None
    assert line[slice(*place)] == text


@pytest.mark.parametrize(
    "lead",
    [
        b"INFO ", b"[INFO] [", b"INFO: ", b"info - ", b"W, [", b"web_1  | ", b"(", b"\x1b[32m",
        b"\x1b[32mINFO\x1b[0m ", b'"', b'time="', b"<34>", b"{", b"MainThread::INFO::", b"ERROR  ",
    ],
)  # fmt: skip
def test_a_stamp_may_follow_a_short_lead(lead: bytes) -> None:
    assert shown(stamper(), lead + b"2026-03-01 10:00:00 x") == "2026-03-01T10:00:00Z"


def test_carriage_returns_do_not_matter() -> None:
    assert scanned(stamper(ISO + b"\r"), b"2026-03-01 10:00:00\r", b"\r") == [
        "2026-03-01T10:00:00Z",
        None,
    ]


def test_the_format_may_change_within_a_log() -> None:
    lines = [ISO, SYSLOG, b"  at x", b'{"ts":1772359200}', ISO]
    times = scanned(stamper(ISO), *lines)
    assert times == [
        "2026-03-01T10:00:00.123Z",
        "2026-03-01T10:00:00Z",
        None,
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00.123Z",
    ]


def test_bare_epochs_are_stamps_where_most_lines_have_one() -> None:
    assert scanned(stamper(*EPOCH), EPOCH[0]) == ["2026-03-01T10:00:00.25Z"]
    assert stamper(*EPOCH).detected.weak


def test_bare_epochs_far_from_the_reference_are_not_stamps() -> None:
    lines = [b"312345678%d x" % digit for digit in range(9)]
    assert scanned(stamper(*lines), *lines) == [None] * 9


@pytest.mark.parametrize(
    ("lines", "enough"),
    [
        ([b"1772359200 x"], False),
        ([b"1772359200 x", b"1772359201 y"], True),
        ([b"1772359200.25 x"], True),
        ([b"1772359200250 x"], True),
        ([b"1500000000 x", b"1500000001 y"], False),
        ([b"1500000000.25 x"], False),
        ([b"1500000000 x", b"1500000001 y", b"1500000002 z"], True),
    ],
)
def test_the_more_an_epoch_looks_like_a_time_the_fewer_lines_confirm_it(
    lines: list[bytes], enough: bool
) -> None:
    assert (stamper(*lines).detected.format is not None) is enough


def test_day_and_month_are_told_apart_by_the_sample() -> None:
    assert shown(
        stamper(b"02/03/2026 1:00:00 x", b"13/02/2026 1:00:00 x"), b"02/03/2026 1:00:00"
    ) == ("2026-03-02T01:00:00Z")
    assert shown(
        stamper(b"02/03/2026 1:00:00 x", b"02/13/2026 1:00:00 x"), b"02/03/2026 1:00:00"
    ) == ("2026-02-03T01:00:00Z")


def test_a_stamp_in_a_loose_place_needs_a_sample_of_such_lines() -> None:
    line = b"node-7 worker(3) " + ISO
    assert shown(stamper(), line) is None
    assert shown(stamper(line, line, b"  at x"), line) == "2026-03-01T10:00:00.123Z"
    assert shown(stamper(line, *[b"other"] * 9), line) is None


def test_indented_lines_are_stamped_where_the_sample_says_so() -> None:
    line = b"   " + ISO
    assert shown(stamper(ISO), line) is None
    assert shown(stamper(line, line), line) == "2026-03-01T10:00:00.123Z"


def test_learning_again_replaces_what_was_learned() -> None:
    stamps = stamper(b"1772359200 x")
    assert stamps.detected.format is None
    stamps.learn(joined(*EPOCH))
    assert stamps.detected.format == "epoch"


def test_the_first_stamp_without_a_year_comes_before_the_reference() -> None:
    assert shown(stamper(), b"Mar  9 10:00:00 h x") == "2026-03-09T10:00:00Z"
    assert shown(stamper(), b"Mar 10 23:00:00 h x") == "2026-03-10T23:00:00Z"  # a day of slack
    assert shown(stamper(), b"Mar 12 10:00:00 h x") == "2025-03-12T10:00:00Z"


def test_new_year_inside_a_log_rolls_over() -> None:
    assert scanned(stamper(), b"Dec 31 23:59:59 h x", b"Jan  1 00:00:01 h x") == [
        "2025-12-31T23:59:59Z",
        "2026-01-01T00:00:01Z",
    ]


def test_new_year_rolls_forward_past_the_reference() -> None:
    new_year = 1_767_225_600 * 10**9 - 3600 * 10**9
    stamps = stamper(SYSLOG, reference=new_year)
    assert shown(stamps, b"Dec 31 22:00:00 h x") == "2025-12-31T22:00:00Z"
    for month, number in zip([b"Jan", b"May", b"Sep", b"Dec"], [1, 5, 9, 12], strict=True):
        assert shown(stamps, month + b"  2 10:00:00 h x") == f"2026-{number:02}-02T10:00:00Z"
    assert shown(stamps, b"Jan  2 10:00:00 h x") == "2027-01-02T10:00:00Z"


def test_a_late_december_line_after_new_year_goes_back() -> None:
    lines = [b"Dec 31 23:59:58 h x", b"Jan  1 00:00:01 h x", b"Dec 31 23:59:59 h x"]
    assert scanned(stamper(), *lines)[2] == "2025-12-31T23:59:59Z"


def test_a_stamp_with_a_year_settles_the_year_of_the_next_one_without() -> None:
    assert scanned(stamper(), b"2019-12-31 23:00:00 x", b"Jan  1 01:00:00 h x")[1] == (
        "2020-01-01T01:00:00Z"
    )


def test_a_log_dated_1970_keeps_its_stamps_without_a_year() -> None:
    assert shown(stamper(reference=0), SYSLOG) == "1970-03-01T10:00:00Z"


def test_the_29th_of_february_takes_a_leap_year() -> None:
    assert shown(stamper(), b"Feb 29 10:00:00 h x") == "2024-02-29T10:00:00Z"


def test_a_stamp_without_a_zone_takes_the_zone_of_the_log() -> None:
    stamps = stamper(ISO, zone=ZoneInfo("Asia/Shanghai"))
    assert shown(stamps, ISO) == "2026-03-01T02:00:00.123Z"
    assert shown(stamps, b"2026-03-01T10:00:00Z x") == "2026-03-01T10:00:00Z"


def test_an_hour_the_clock_skips_or_shows_twice_is_read_as_the_first() -> None:
    stamps = stamper(zone=ZoneInfo("Europe/Berlin"))
    assert shown(stamps, b"2025-03-30 02:30:00 x") == "2025-03-30T01:30:00Z"
    assert shown(stamps, b"2025-10-26 02:30:00 x") == "2025-10-26T00:30:00Z"


def test_a_stamp_that_falls_back_in_an_hour_shown_twice_is_of_the_second_pass() -> None:
    stamps = stamper(ISO, zone=ZoneInfo("Europe/Berlin"))
    assert scanned(
        stamps,
        b"2025-10-26 02:59:59.5 x",
        b"2025-10-26 02:59:58 of a thread that is late",
        b"2025-10-26 02:00:01 x",
        b"2025-10-26 02:58:00.5 x",
        b"2025-10-26 03:00:00 x",
    ) == [
        "2025-10-26T00:59:59.5Z",
        "2025-10-26T00:59:58Z",
        "2025-10-26T01:00:01Z",
        "2025-10-26T01:58:00.5Z",
        "2025-10-26T02:00:00Z",
    ]


# Within so long of the one before, stamps through the end of summer time cannot be mistaken: the
# hour comes again after sixty minutes (Lord Howe sets its clocks by thirty), less one for threads
# that write past each other.
@given(
    st.sampled_from([("Europe/Berlin", 58), ("America/New_York", 58), ("Australia/Lord_Howe", 28)]),
    st.sampled_from([2025, 2026]),
    st.lists(st.integers(0, 58 * 60), min_size=50, max_size=50),
    st.sampled_from(["%Y-%m-%d %H:%M:%S x", "%b %d %H:%M:%S h x"]),
)
def test_no_stamp_goes_back_where_clocks_are_set(
    place: tuple[str, int], year: int, steps: list[int], written: str
) -> None:
    zone = ZoneInfo(place[0])
    reference = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    for month in (3, 4, 10, 11):
        days = [datetime(year, month, day, 12, tzinfo=UTC) for day in range(1, 29)]
        offsets = [day.astimezone(zone).utcoffset() for day in days]
        change = next((i for i in range(27) if offsets[i] != offsets[i + 1]), None)
        if change is None:
            continue
        moment, times = days[change], []
        for step in steps:
            moment += timedelta(seconds=step % (place[1] * 60))
            times.append(moment)
        lines = [time.astimezone(zone).strftime(written).encode() for time in times]
        stamps = stamper(zone=zone, reference=reference)
        assert scanned(stamps, *lines) == [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in times]


def test_a_time_of_day_runs_over_midnight_and_is_not_moved_by_late_threads() -> None:
    lines = [b"22:59:58.5 x", b"22:59:57.9 x", b"00:00:01.0 x", b"23:59:59.9 x", b"09:30:00.0 x"]
    assert scanned(stamper(*lines), *lines) == [
        "2026-03-09T22:59:58.5Z",
        "2026-03-09T22:59:57.9Z",
        "2026-03-10T00:00:01Z",
        "2026-03-09T23:59:59.9Z",
        "2026-03-10T09:30:00Z",
    ]


def test_uptimes_count_from_the_boot_that_is_given() -> None:
    lines = [b"[    1.000000] x", b"[   99.500000] y"]
    stamps = Stamper(zone=UTC, reference=REFERENCE, boot=1_772_359_200 * 10**9)
    stamps.learn(joined(*lines))
    assert scanned(stamps, *lines) == ["2026-03-01T10:00:01Z", "2026-03-01T10:01:39.5Z"]
    assert stamps.detected.year == "boot at 2026-03-01T10:00:00Z"
    unknown = stamper(*lines)
    assert scanned(unknown, *lines) == ["1970-01-01T00:00:01Z", "1970-01-01T00:01:39.5Z"]
    assert unknown.detected.year == "1970, since boot= is not given"


def test_an_abbreviation_of_the_logs_own_zone_means_that_zone() -> None:
    line = b"2026-03-01 10:00:00 CST x"
    assert shown(stamper(zone=ZoneInfo("Asia/Shanghai")), line) == "2026-03-01T02:00:00Z"
    assert shown(stamper(zone=UTC), line) == "2026-03-01T16:00:00Z"


def test_a_word_after_the_time_is_no_zone() -> None:
    stamps = stamper(zone=ZoneInfo("Asia/Tokyo"))
    for word in (b"INFO", b"GET", b"ERROR", b"the"):
        assert shown(stamps, b"2026-03-01 10:00:00 " + word) == "2026-03-01T01:00:00Z"


def test_fractions_have_up_to_nine_digits() -> None:
    for digits in range(1, 10):
        line = b"2026-03-01 10:00:00." + b"123456789"[:digits] + b" x"
        assert shown(stamper(ISO), line) == f"2026-03-01T10:00:00.{'123456789'[:digits]}Z"


def test_detected_tells_what_was_found_and_assumed() -> None:
    stamps = Stamper(zone=ZoneInfo("Asia/Tokyo"), reference=REFERENCE, zone_from="--tz")
    assert stamps.detected.format is None
    stamps.learn(joined(SYSLOG, SYSLOG, b"  at x", b"  at y"))
    detected = stamps.detected
    assert (detected.format, detected.weak, detected.share) == ("syslog", False, 0.5)
    assert detected.zone == "Asia/Tokyo (--tz)"
    assert detected.year == "inferred from 2026-03-10"
    stamps.learn(joined(b"2026-03-01T10:00:00Z x"))
    assert (stamps.detected.zone, stamps.detected.year) == ("in the stamp", "in the stamp")


def test_a_forced_format_is_the_only_one() -> None:
    stamps = stamper(format_="syslog")
    assert stamps.detected.format == "syslog"
    assert scanned(stamps, ISO, SYSLOG) == [None, "2026-03-01T10:00:00Z"]
    stamps.learn(joined(ISO, ISO))
    assert scanned(stamps, ISO, SYSLOG) == [None, "2026-03-01T10:00:00Z"]


def test_an_unknown_format_is_refused_with_what_to_write() -> None:
    with pytest.raises(UsageError, match=r"'rfc'; write one of .*iso.*%Y-%m-%d"):
        Stamper(zone=UTC, reference=REFERENCE, format="rfc")


@pytest.mark.parametrize(
    "line",
    [
        b"x" * 1_000_000,
        b" " * 1_000_000,
        b"[" * 1_000_000,
        b"1" * 1_000_000,
        b"a=b " * 250_000,
        b'{"a":1,' + b'"b":2,' * 150_000,
        b"{" * 1_000_000,
        b'{"' + b"\\" * 1_000_000,
        b'{"a":' + b"[{" * 500_000,
        b"a " * 500_000,
        b"\x1b[0m" * 250_000,
        b"Jan " * 250_000,
    ],
    ids=lambda line: repr(line[:9]),
)
def test_a_megabyte_in_one_line_takes_no_longer_than_many_lines(line: bytes) -> None:
    for stamps in (stamper(), stamper(b"node 7 " + ISO), stamper(b"a=1 time=2026-03-01T10:00:00Z")):
        begin = process_time()
        stamps.learn(joined(line[:65_000]))
        assert scanned(stamps, line, ISO)[0] is None
        assert process_time() - begin < 1.0  # measured: under 0.03 s
