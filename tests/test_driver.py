"""The driver: what leaves when, with a clock of our own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Unpack

import pytest

from plait.driver import Stream, follow
from plait.errors import UsageError
from plait.events import Event, Failed, Late, Rotated, Truncated
from plait.logs.batch import Batch, Record
from plait.settings import Given
from plait.testing import ManualClock, ScriptedSource, stream


def line(second: float, text: str) -> str:
    return f"2026-03-01T10:00:{second:06.3f}Z {text}"


class Reader:
    """Takes what a live stream gives, and knows what has come."""

    def __init__(self, live: Stream, clock: ManualClock) -> None:
        self.stream = live
        self._clock = clock
        self.records: list[Record] = []
        self.done = False
        self._came = asyncio.Condition()

    async def run(self) -> None:
        async for batch in self.stream.batches():
            await self._take(batch)
        async with self._came:
            self.done = True
            self._came.notify_all()

    async def _take(self, batch: Batch) -> None:
        async with self._came:
            self.records += list(batch)
            self._came.notify_all()

    async def until(self, count: int) -> list[str]:
        """Wait for so many records and give the texts after the stamps."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.records) >= count or self.done)
        return self.texts()

    async def after(self, count: int) -> list[str]:
        """The same while time goes on."""
        while len(self.records) < count and not self.done:
            self._clock.advance(0.1)
            await settled()
        return self.texts()

    def texts(self) -> list[str]:
        return [record.text.split(" ", 1)[-1] for record in self.records]


@asynccontextmanager
async def reading(
    *sources: object, clock: ManualClock, **options: Unpack[Given]
) -> AsyncIterator[Reader]:
    async with stream(*sources, clock=clock, **options) as live:
        reader = Reader(live, clock)
        task = asyncio.create_task(reader.run())
        try:
            yield reader
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()


async def settled() -> None:
    """Let everything that can run on this loop run."""
    for _ in range(50):
        await asyncio.sleep(0)


def on_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


@on_loop
async def test_a_record_leaves_when_no_source_can_send_what_belongs_before_it() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    async with reading(a, b, clock=clock) as reader:
        a.send(line(1, "a1"))
        b.send(line(2, "b2"))
        await reader.after(2)
        a.send(line(3, "a3"), line(5, "a5"))
        b.send(line(4, "b4"), line(6, "b6"))
        # a5 and b6 are held back in case they grow, but a5 shows that nothing before b4 comes.
        assert await reader.until(4) == ["a1", "b2", "a3", "b4"]


@on_loop
async def test_a_record_leaves_at_the_latest_when_held_for_the_lateness() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    async with reading(a, b, clock=clock, lateness=0.5) as reader:
        a.send(line(1, "a1"))
        await settled()
        clock.advance(0.4)
        await settled()
        assert reader.texts() == []
        clock.advance(0.2)
        assert await reader.until(1) == ["a1"]


@on_loop
async def test_stamps_of_whole_seconds_are_given_a_second_more_among_finer_ones() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    async with reading(a, b, clock=clock) as reader:
        a.send(line(1.25, "a1"))
        b.send("2026-03-01T10:00:01Z b1")
        await reader.after(2)
        a.send(line(2.25, "a2"))  # b may still write about this second
        await settled()
        clock.advance(0.75)
        b.send("2026-03-01T10:00:02Z b2")
        assert await reader.after(4) == ["b1", "a1", "b2", "a2"]


@on_loop
async def test_a_source_that_still_reads_its_backlog_is_waited_for() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b", backlog=True), ManualClock()
    async with reading(a, b, clock=clock) as reader:
        a.send(line(5, "a5"))
        await settled()
        clock.advance(60)
        await settled()
        assert reader.texts() == []
        b.send(line(1, "b1"), line(6, "b6"))
        b.caught_up()
        assert await reader.after(3) == ["b1", "a5", "b6"]


@on_loop
async def test_a_late_record_leaves_at_once_and_is_counted() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    events: list[Event] = []
    async with reading(a, b, clock=clock, on_event=events.append) as reader:
        b.send(line(0, "b0"))
        await reader.after(1)
        a.send(line(5, "a5"))
        await reader.after(2)
        b.send(line(1, "b1"), line(6, "b6"))
        assert await reader.until(3) == ["b0", "a5", "b1"]
        assert reader.records[2].late
        assert reader.stream.stats.late == 1
    assert [event for event in events if isinstance(event, Late)] == [Late("b", 1, 4 * 10**9)]


@on_loop
async def test_in_arrival_order_records_leave_as_they_come() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    async with reading(a, b, clock=clock, order="arrival") as reader:
        a.send(line(5, "a5"))
        await reader.until(1)
        b.send(line(1, "b1"))
        assert await reader.until(2) == ["a5", "b1"]


def test_in_arrival_order_a_record_over_two_reads_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    long = "".join(f"  at frame {number}\n" for number in range(20_000))  # more than one read
    log.write_text(f"{line(1, 'one')}\n{long}")

    async def run() -> list[Record]:
        clock = ManualClock()
        async with reading(log, clock=clock, order="arrival") as reader:
            await reader.until(1)
            return reader.records

    (record,) = asyncio.run(run())
    assert record.raw.endswith(long.encode())


@on_loop
async def test_a_source_that_fails_does_not_stop_the_others() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    events: list[Event] = []
    async with reading(a, b, clock=clock, on_event=events.append) as reader:
        a.send(line(1, "a1"))
        a.fail("went away")
        b.send(line(2, "b2"))
        b.end()
        assert await reader.until(2) == ["a1", "b2"]
        assert reader.stream.stats.failed == ["a"]
    assert Failed("a", "went away") in events


@on_loop
async def test_what_any_source_raises_is_its_failure() -> None:
    def broken() -> Iterator[bytes]:
        yield b"2026-03-01T10:00:00Z before\n"
        raise LookupError("no such key")

    async with reading(broken(), clock=ManualClock()) as reader:
        assert await reader.until(2) == ["before"]
        (source,) = reader.stream.stats.sources
        assert source.failed == "LookupError: no such key"


@on_loop
async def test_a_source_that_gives_text_fails_alone() -> None:
    a, clock = ScriptedSource("a"), ManualClock()
    async with reading(iter(["text"]), a, clock=clock) as reader:
        a.send(line(1, "a1"))
        a.end()
        assert await reader.until(1) == ["a1"]
        failed = [source.failed for source in reader.stream.stats.sources]
        assert failed == ["gave text where bytes are wanted; open it in binary mode", None]


@on_loop
async def test_a_stream_is_iterated_once() -> None:
    a, clock = ScriptedSource("a"), ManualClock()
    async with reading(a, clock=clock) as reader:
        await settled()
        with pytest.raises(UsageError, match="iterated once"):
            await anext(reader.stream.batches())


@on_loop
async def test_a_stamp_far_beyond_the_present_is_marked_and_drags_nothing() -> None:
    a, clock = ScriptedSource("a"), ManualClock()  # the clock stands at 10:00:00
    async with reading(a, clock=clock) as reader:
        a.send(line(1, "a1"), "2027-01-01T00:00:00Z wrong", line(2, "a2"))
        a.end()
        assert await reader.until(3) == ["a1", "wrong", "a2"]
        assert [record.suspect for record in reader.records] == [False, True, False]
        assert reader.records[1].place == reader.records[0].place


class JumpingClock(ManualClock):
    """A clock whose time of day somebody sets."""

    ahead = 0

    def time_ns(self) -> int:
        return super().time_ns() + self.ahead * 10**9


@on_loop
async def test_a_clock_that_jumps_holds_nothing_back() -> None:
    for jump in (-86_400, 86_400):
        a, b, clock = ScriptedSource("a"), ScriptedSource("b"), JumpingClock()
        async with reading(a, b, clock=clock) as reader:
            a.send(line(1, "a1"))
            b.send(line(2, "b1"))
            assert await reader.after(2) == ["a1", "b1"]
            clock.ahead = jump
            jumped = clock.time_ns() // 10**9
            for number in range(4):  # writers with the new time, and one with the old one still
                stamp = datetime.fromtimestamp(jumped + number, UTC).isoformat()
                (a, b)[number % 2].send(f"{stamp} {number}")
            a.send(line(3, "4"))
            assert sorted((await reader.after(7))[2:]) == ["0", "1", "2", "3", "4"]


@on_loop
async def test_a_source_stamped_in_the_past_disturbs_the_order_of_no_source() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    async with reading(a, b, clock=clock) as reader:
        a.send(line(1, "a1"))
        b.send("2001-01-01T00:00:00Z b1")
        assert sorted(await reader.after(2)) == ["a1", "b1"]
        for second in range(2, 5):
            a.send(line(second, f"a{second}"))
            b.send(f"2001-01-01T00:00:{second:02}Z b{second}")
            await reader.after(2 * second)
        texts = reader.texts()
        assert [text for text in texts if text[0] == "a"] == ["a1", "a2", "a3", "a4"]
        assert [text for text in texts if text[0] == "b"] == ["b1", "b2", "b3", "b4"]


@on_loop
async def test_a_sink_that_stalls_for_a_minute_loses_nothing_and_makes_nothing_late() -> None:
    a, b, clock = ScriptedSource("a"), ScriptedSource("b"), ManualClock()
    texts: list[str] = []
    free = asyncio.Event()

    async def stalling(batch: Batch) -> None:
        texts.extend(record.text.split()[-1] for record in batch)
        await free.wait()

    async with stream(a, b, clock=clock) as live:
        writing = asyncio.create_task(live.write_to(stalling))
        a.send(line(1, "a1"), line(2, "a2"))
        b.send(line(1.5, "b1"))
        while not texts:
            clock.advance(0.1)
            await settled()
        for second in range(3, 50, 2):
            a.send(line(second, f"a{second}"))
            clock.advance(2.5)
            b.send(line(second - 1, f"b{second - 1}"))
            await settled()
        free.set()
        a.end()
        b.end()
        await writing
        assert texts == ["a1", "b1", "a2", *(f"{'ba'[at % 2]}{at}" for at in range(2, 50))]
        assert live.stats.late == 0


@on_loop
async def test_a_slow_reader_stops_the_reading() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield (line(1, "x" * 1000) + "\n").encode() * 100

    async with stream(endless(), clock=ManualClock(), memory=200_000) as live:
        batches = live.batches()
        await anext(batches)
        await settled()
        before = taken
        await settled()
        assert taken == before
        assert taken < 10
        await batches.aclose()  # type: ignore[attr-defined]  # it is an async generator


@on_loop
async def test_stop_ends_the_stream_after_what_is_there() -> None:
    a, clock = ScriptedSource("a"), ManualClock()
    async with reading(a, clock=clock) as reader:
        a.send(line(1, "a1"))
        await settled()
        reader.stream.stop()
        assert await reader.until(99) == ["a1"]
        assert reader.done


def test_the_statistics_say_what_each_source_gave(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{line(1, 'one')}\n  more\nbanner\n")

    async def run() -> Stream:
        async with follow(tmp_path / "a.log", live=False) as once:
            async for _ in once.batches():
                pass
        return once

    (source,) = asyncio.run(run()).stats.sources
    assert (source.records, source.unstamped, source.format) == (1, 0, "iso")


def test_files_are_followed_through_rotation_and_truncation(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{line(1, 'one')}\n")
    events: list[Event] = []

    async def run() -> list[str]:
        clock = ManualClock()
        async with reading(log, clock=clock, on_event=events.append) as reader:
            await reader.after(1)
            log.rename(tmp_path / "app.log.1")
            log.write_text(f"{line(2, 'two')}\n{line(3, 'three')}\n")
            await reader.after(3)
            with log.open("r+") as file:
                file.truncate()
                file.write(f"{line(4, '4')}\n")
            reader.stream.stop()
            return await reader.until(99)

    assert asyncio.run(run()) == ["one", "two", "three", "4"]
    kinds = [type(event) for event in events]
    assert (kinds.count(Rotated), kinds.count(Truncated)) == (1, 1)


def test_a_file_that_a_glob_matches_later_joins(tmp_path: Path) -> None:
    async def run() -> list[str]:
        clock = ManualClock()
        async with reading(str(tmp_path / "*.log"), clock=clock) as reader:
            await settled()
            (tmp_path / "new.log").write_text(f"{line(1, 'hello')}\n{line(2, 'again')}\n")
            return await reader.after(2)

    assert asyncio.run(run()) == ["hello", "again"]


@pytest.mark.parametrize("wrong", [{"order": "size"}, {"lateness": -1}])
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        follow("a.log", **wrong)
