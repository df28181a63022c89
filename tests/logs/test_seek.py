"""Where an ordered file must be read from, and what speaks against skipping."""

from datetime import UTC, datetime, timedelta, tzinfo
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.logs import steps
from plait.logs.assemble import LIMIT, Assembler, batches_of
from plait.logs.batch import Batch
from plait.logs.seek import SLACK, Seek, is_past, strays
from plait.logs.times import Stamper

SECOND = 10**9
START = 1772359200 * SECOND  # 2026-03-01T10:00:00Z
HEAD = 80_000


def stamper(zone: tzinfo = UTC) -> Stamper:
    return Stamper(zone=zone, reference=START + 10**6 * SECOND)


def iso(time: int, zone: tzinfo = UTC, form: str = "%Y-%m-%dT%H:%M:%S") -> bytes:
    seconds, rest = divmod(time, SECOND)
    return f"{datetime.fromtimestamp(seconds, zone):{form}}.{rest // 1000:06d}".encode()


def log(times: list[int], zone: tzinfo = UTC, form: str = "%Y-%m-%dT%H:%M:%S") -> bytes:
    return b"".join(iso(time, zone, form) + b" INFO a line of the log\n" for time in times)


def every(gap: float, count: int) -> list[int]:
    return [START + int(number * gap * SECOND) for number in range(count)]


def place(data: bytes, since: int, zone: tzinfo = UTC, limit: int = LIMIT) -> int | None:
    """Where to read on behind the head, having looked at what was asked for."""
    head = data[: data.rfind(b"\n", 0, HEAD) + 1]
    look = Seek(since, None, zone, lambda _: stamper(zone), limit).begin(head, len(data), 0)
    try:
        offset, length = next(look)
        while True:
            offset, length = look.send(data[offset : offset + length])
    except StopIteration as end:
        found = end.value
        assert found is None or isinstance(found, int)
        return found


def kept(since: int, *parts: bytes) -> bytes:
    """The records from `since` on of a file of which these parts are read."""
    keep = steps.since(since)
    assembler = Assembler("log", stamper(), default=0)
    return b"".join(keep(batch).data for batch in batches_of(assembler, parts))


def with_skipping(data: bytes, since: int) -> bytes:
    found = place(data, since)
    if found is None:
        return kept(since, data)
    return kept(since, data[: data.rfind(b"\n", 0, HEAD) + 1], data[found:])


@st.composite
def ordered_logs(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """A log a few times as long as its head, and the times in it."""
    random = Random(draw(st.integers(0, 2**32)))
    newline = draw(st.sampled_from([b"\n", b"\r\n"]))
    gap = draw(st.sampled_from([0.001, 0.05, 0.1, 20, 900]))
    wobble = draw(st.sampled_from([0, 0, SLACK]))
    long = draw(st.sampled_from([0, 0, 40_000]))
    body = [b"banner" + newline] * draw(st.integers(0, 30))
    size, top, times = 0, START, []
    while size < 300_000:
        if random.random() < 0.7:  # else several records have one time
            top += int(random.expovariate(1 / gap) * SECOND) // 1000 * 1000
        time = max(START, top - random.randint(0, wobble))
        lines = [iso(time) + b" INFO request"]
        if random.random() < 0.2:
            lines += random.choices([b"  at f", b"", b"Traceback", b"x" * 300], k=5)
        if random.random() < 0.002:
            lines.append(b"y" * long)
        record = newline.join(lines) + newline
        times.append(time)
        body.append(record)
        size += len(record)
    return b"".join(body), times


@settings(max_examples=50, deadline=None)
@given(ordered_logs(), st.floats(-0.1, 1.1), st.integers(-1, 1))
def test_of_an_ordered_log_skipping_leaves_out_nothing_that_belongs(
    made: tuple[bytes, list[int]], where: float, by: int
) -> None:
    data, times = made
    since = times[min(max(0, int(where * len(times))), len(times) - 1)] + by * 1000
    since += int(max(0, where - 1) * 3600 * SECOND)
    assert with_skipping(data, since) == kept(since, data)


def test_all_but_the_last_minutes_are_skipped() -> None:
    times = every(1, 50_000)
    data = log(times)
    found = place(data, times[-600])
    assert found is not None
    first_needed = data.index(iso(times[-600]))
    assert first_needed - 100_000 < found < first_needed
    assert data[found - 1 : found] == b"\n"


def test_a_file_that_ends_before_is_skipped_to_its_end() -> None:
    times = every(1, 50_000)
    data = log(times)
    found = place(data, times[-1] + 3600 * SECOND)
    assert found is not None
    assert len(data) - found < 50_000


def test_only_whole_lines_are_asked_for_their_stamps() -> None:
    times = every(1, 20_000)
    data = log(times).replace(b"a line", b"2027-01-01T00:00:00 " * 5)
    assert None not in {place(data, times[number]) for number in range(5000, 20_000, 500)}


def test_a_border_in_the_head_leaves_nothing_to_skip() -> None:
    times = every(1, 50_000)
    assert place(log(times), times[100]) is None
    assert place(log(times), times[0] - SECOND) is None


def test_a_stamp_that_falls_back_by_more_than_the_slack_forbids_skipping() -> None:
    times = every(1, 50_000)
    assert place(log(times), times[-1]) is not None
    times[-50] -= SLACK
    assert place(log(times), times[-1]) is not None
    times[-50] -= 2 * SECOND
    assert place(log(times), times[-1]) is None


def test_a_record_up_to_a_minute_ahead_of_those_below_it_is_not_missed() -> None:
    for number in range(10_000, 40_000, 6_000):
        times = every(0.01, 50_000)
        times[number] += SLACK - SECOND
        data = log(times)
        assert place(data, times[number]) is not None
        assert with_skipping(data, times[number]) == kept(times[number], data)


def test_parts_that_are_not_in_order_forbid_skipping() -> None:
    times = every(1, 50_000)
    data = log(times[:20_000] + times[40_000:] + times[20_000:40_000])
    assert place(data, times[39_000]) is None


def test_a_disordered_head_forbids_skipping() -> None:
    times = every(1, 50_000)
    times[:1000] = reversed(times[:1000])
    assert place(log(times), times[-600]) is None


def test_stamps_without_a_year_forbid_skipping() -> None:
    times = every(1, 50_000)
    syslog = b"".join(
        f"{datetime.fromtimestamp(time // SECOND, UTC):%b %e %H:%M:%S} host app: line\n".encode()
        for time in times
    )
    assert place(syslog, times[-600]) is None
    mixed = log(times)
    assert place(mixed, times[-600]) is not None
    assert place(b"Mar  1 09:00:00 host app: line\n" + mixed, times[-600]) is None


def test_where_the_clock_was_put_back_local_times_forbid_skipping() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    back = int(datetime(2025, 10, 26, 1, tzinfo=UTC).timestamp())
    week = int(timedelta(days=7).total_seconds())
    for start, skips in ((back - 90_000, False), (back - 90_000 + week, True)):
        times = [(start + number) * SECOND for number in range(93_600)]
        data = log(times, berlin, "%Y-%m-%d %H:%M:%S")
        sinces = [times[90_000] - minutes * 60 * SECOND for minutes in range(1, 10)]
        assert {place(data, since, berlin) is not None for since in sinces} == {skips}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_forbids_skipping(encoding: str) -> None:
    times = every(1, 20_000)
    assert place(log(times).decode().encode(encoding), times[-100]) is None


def test_a_byte_order_mark_of_utf_8_is_no_other_encoding() -> None:
    times = every(1, 50_000)
    data = log(times).decode().encode("utf-8-sig")
    assert place(data, times[-600]) is not None
    assert with_skipping(data, times[-600]) == kept(times[-600], data)


def test_a_head_without_stamps_forbids_skipping() -> None:
    times = every(1, 50_000)
    assert place(b"no time here\n" * 10_000 + log(times), times[-600]) is None


def test_what_holds_no_stamp_is_read_and_not_skipped() -> None:
    times = every(1, 50_000)
    data = log(times[:25_000]) + b"\0" * 4_000_000 + b"\n" + log(times[25_000:])
    for number in (10_000, 24_999, 25_200, 27_000, 49_400):
        since = times[number]
        assert with_skipping(data, since) == kept(since, data)
        found = place(data, since)
        assert found is not None
        if number != 25_200:  # so near behind it, it is read
            assert data.count(b"\n", found, data.index(iso(since))) < 2000


def test_records_that_stray_are_those_over_a_minute_behind() -> None:
    times = [*every(1, 3), START - SLACK + SECOND, START - SLACK]
    (batch,) = batches(log([*times, START + 3 * SECOND]))[:1]
    assert strays(batch) == 2
    assert strays(batches(log(every(1, 5)))[0]) == 0


def test_what_lies_past_until_needs_a_whole_batch_that_does() -> None:
    later = batches(log([time + SLACK for time in every(1, 5)]))[:1]
    assert is_past(later, START)
    assert not is_past(later, START + 1)
    assert not is_past(later, None)
    assert not is_past([], START)
    leaping = batches(log([START, *(time + 2 * SLACK for time in every(1, 5))]))[:1]
    assert not is_past(leaping, START)


def test_records_without_a_stamp_say_nothing_about_what_follows() -> None:
    plain = list(batches_of(Assembler("log", stamper(), default=START + 2 * SLACK), [b"x\n" * 9]))
    assert not is_past(plain, START)


def batches(data: bytes) -> list[Batch]:
    return list(batches_of(Assembler("log", stamper(), default=0), [data]))
