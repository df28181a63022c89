"""What is read of long files for a range of times: real files, and the bytes that are asked for."""

import asyncio
import gzip
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plait
from plait.blocking import Merged
from plait.errors import UsageError
from plait.events import Disordered, Event, Skipped

SECOND = 10**9
START = 1772359200 * SECOND  # 2026-03-01T10:00:00Z
MB = 10**6


def stamped(second: float) -> bytes:
    return b"%.3f INFO a line of about a hundred bytes, as they are in many logs %s\n" % (
        START / SECOND + second,
        b"x" * 20,
    )


def log(begin: int, end: int) -> bytes:
    return b"".join(stamped(second) for second in range(begin, end))


def at(second: float) -> int:
    return START + round(second * SECOND)


class Reading:
    """Counts the bytes that are read of files."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        self._pread = os.pread
        patch.setattr(os, "pread", self._count)

    def _count(self, fd: int, length: int, offset: int) -> bytes:
        data = self._pread(fd, length, offset)
        self.bytes += len(data)
        return data


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(monkeypatch)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 MB in order, a line a second."""
    path = tmp_path_factory.mktemp("logs") / "long.log"
    path.write_bytes(log(0, 200_000))
    return path


def text(merged: Merged) -> bytes:
    return b"".join(batch.data for batch in merged.batches())


def test_of_ten_gigabytes_the_last_minutes_are_read_with_less_than_two_megabytes(
    tmp_path: Path, reading: Reading
) -> None:
    path = tmp_path / "app.log"
    # Holes take no room on the disk; they read as a line of zeros without an end.
    with path.open("wb") as file:
        file.write(log(0, 10_000))
        file.seek(5_000 * MB)
        file.write(b"\n" + log(10_000, 20_000))
        file.seek(10_000 * MB)
        file.write(b"\n" + log(20_000, 60_000))
    merged = plait.merge(path, since=at(59_000))
    assert text(merged) == log(59_000, 60_000)
    assert reading.bytes < 2 * MB
    stats = merged.stats.sources[0]
    assert stats.skipped + stats.bytes == path.stat().st_size
    assert stats.disordered == 0


@pytest.mark.parametrize("second", [20_000, 100_000, 180_000, 199_999])
def test_a_short_range_of_a_long_file_is_read_with_little_more(
    long: Path, reading: Reading, second: int
) -> None:
    merged = plait.merge(long, since=at(second), until=at(second + 1000))
    assert text(merged) == log(second, min(second + 1000, 200_000))
    assert reading.bytes < 4 * MB
    assert merged.stats.skipped > 14 * MB


def test_until_alone_reads_the_begin_and_nothing_of_the_last_line(
    long: Path, reading: Reading
) -> None:
    events: list[Event] = []
    merged = plait.merge(long, until=at(1), on_event=events.append)
    assert text(merged) == log(0, 1)
    assert reading.bytes < 3 * MB
    (skipped,) = [event for event in events if isinstance(event, Skipped)]
    assert skipped.bytes > 16 * MB
    assert str(skipped).endswith(f"skipped {skipped.bytes} bytes outside --since and --until")


def test_read_all_reads_all(long: Path) -> None:
    merged = plait.merge(long, since=at(199_000), until=at(199_001), read_all=True)
    assert text(merged) == log(199_000, 199_001)
    assert (merged.stats.bytes, merged.stats.skipped) == (long.stat().st_size, 0)


def test_a_compressed_file_is_read_whole(long: Path, tmp_path: Path) -> None:
    packed = tmp_path / "long.gz"
    packed.write_bytes(gzip.compress(long.read_bytes(), 1))
    merged = plait.merge(packed, since=at(150_000), until=at(150_001))
    assert text(merged) == log(150_000, 150_001)
    assert merged.stats.skipped == 0


def test_a_file_that_changes_its_order_behind_the_probes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(log(0, 55_123) + stamped(55_000) + log(55_123, 60_000))
    events: list[Event] = []
    merged = plait.merge(path, since=at(50_000), on_event=events.append)
    assert text(merged) == log(50_000, 55_123) + stamped(55_000) + log(55_123, 60_000)
    assert merged.stats.sources[0].disordered == 1
    (told,) = [event for event in events if isinstance(event, Disordered)]
    assert "--read-all" in str(told)


def test_two_files_joined_the_wrong_way_round_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(log(40_000, 60_000) + log(0, 40_000))
    assert text(plait.merge(path, since=at(59_000))) == log(59_000, 60_000)
    assert text(plait.merge(path, until=at(1000))) == log(0, 1000)
    path.write_bytes(log(0, 20_000) + log(40_000, 60_000) + log(20_000, 40_000))
    assert text(plait.merge(path, since=at(59_000))) == log(59_000, 60_000)
    assert text(plait.merge(path, since=at(20_000), until=at(40_000))) == log(20_000, 40_000)


def test_arrival_order_skips_as_well(long: Path, reading: Reading) -> None:
    merged = plait.merge(long, since=at(100_000), until=at(100_001), order="arrival")
    assert text(merged) == log(100_000, 100_001)
    assert reading.bytes < 4 * MB


def test_a_live_backlog_is_skipped_and_what_is_added_follows(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(log(0, 60_000))

    async def run() -> list[str]:
        texts: list[str] = []
        async with plait.follow(path, since=at(59_998), until=at(10**6)) as stream:
            async for record in stream:
                texts.append(record.raw.decode())
                if len(texts) == 2:
                    with path.open("ab") as file:
                        file.write(log(60_000, 60_001))
                if len(texts) == 3:
                    stream.stop()
            assert stream.stats.skipped > 4 * MB
        return texts

    assert asyncio.run(run()) == log(59_998, 60_001).decode().splitlines(keepends=True)


def test_what_stands_in_its_place_after_a_rotation_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(log(0, 60_000))

    async def run() -> list[str]:
        texts: list[str] = []
        async with plait.follow(path, since=at(59_999)) as stream:
            async for record in stream:
                texts.append(record.raw.decode())
                if len(texts) == 1:
                    path.rename(tmp_path / "app.log.1")
                    path.write_bytes(log(60_000, 70_000))
                if len(texts) == 10_001:
                    stream.stop()
        return texts

    assert asyncio.run(run()) == log(59_999, 70_000).decode().splitlines(keepends=True)


def test_since_and_until_are_nanoseconds_or_datetimes(long: Path) -> None:
    moment = datetime.fromtimestamp(START / SECOND + 1000, UTC)
    for tz, since in (
        (None, moment),
        (None, moment.astimezone(timezone(timedelta(hours=8)))),
        ("UTC", moment.replace(tzinfo=None)),
        ("+08:00", (moment + timedelta(hours=8)).replace(tzinfo=None)),
    ):
        merged = plait.merge(long, since=since, until=at(1001), tz=tz)
        assert text(merged) == log(1000, 1001)
    with pytest.raises(UsageError, match="since '10:30' is no time"):
        plait.merge(long, since="10:30")  # type: ignore[arg-type]  # that is the point


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("random")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 1), st.floats(0, 1))
def test_any_range_of_ordered_files_gives_what_reading_everything_gives(
    folder: Path, seed: int, first: float, second: float
) -> None:
    random = Random(seed)
    span = random.choice([100, 10_000, 10**6])
    files = []
    for number in range(2):
        path = folder / f"{number}.log"
        count = random.choice([10, 20_000])
        times = sorted(random.uniform(0, span) for _ in range(count))
        tails = [b"", b"", b"  at f\n\n", b"\r\n"]
        path.write_bytes(b"".join(stamped(time) + random.choice(tails) for time in times))
        files.append(path)
    since, until = at(min(first, second) * span), at(max(first, second) * span)
    assert text(plait.merge(*files, since=since, until=until)) == text(
        plait.merge(*files, since=since, until=until, read_all=True)
    )
