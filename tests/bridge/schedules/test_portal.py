"""Calls into a loop that ends under many schedules: each ends once, or says why it cannot."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import pytest

from plait.bridge import LoopThread, Portal
from plait.errors import CallCancelled, LoopClosed
from tests.bridge.schedules.explore import Run, explore

pytestmark = pytest.mark.timeout(0)


@dataclass
class Record:
    """What became of one call."""

    begun: int = 0
    cleaned: int = 0
    refused_after: int | None = None  # LoopClosed was raised when it had begun so often


class Calls:
    """Threads that call into one loop, in every way, while it ends in one of three."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.random = run.random
        self.records: list[Record] = []
        self.portal: Portal
        run.at_rest(self.check)

    def start(self) -> None:
        """Start the threads and end the loop."""
        ending = self.random.choice((self.leave_block, self.end_runner, self.stop))
        ending()

    def leave_block(self) -> None:
        with LoopThread(loop_factory=self.run.new_loop, patience=1e9) as loop:
            self.portal = loop.portal
            self.start_callers()
            self.pause_some()

    def end_runner(self) -> None:
        async def main() -> None:
            self.portal = Portal(asyncio.get_running_loop())
            self.start_callers()
            for _ in range(self.random.randint(0, 5)):
                await asyncio.sleep(self.random.choice((0, 0.01)))

        self.run.on_loop(main)

    def stop(self) -> None:
        """The loop stops with tasks in it, rests for long, and is closed, their end being run."""
        loop = self.run.new_loop()
        self.portal = Portal(loop)
        self.start_callers()
        self.run.thread(self.stop_soon)
        loop.run_forever()
        self.run.sleep(self.random.choice((0.0, 0.1, 100.0)))
        loop.run_until_complete(end_all())
        loop.close()

    def stop_soon(self) -> None:
        self.pause_some()
        self.portal.loop.call_soon_threadsafe(self.portal.loop.stop)

    def pause_some(self) -> None:
        for _ in range(self.random.randint(0, 12)):
            self.run.pause()

    def start_callers(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.run.thread(self.call_some)

    def call_some(self) -> None:
        """On a thread."""
        for _ in range(self.random.randint(1, 3)):
            record = Record()
            self.records.append(record)
            way = self.random.choice((self.call, self.call_in_time, self.call_function, self.begin))
            try:
                way(record)
            except LoopClosed:
                record.refused_after = record.begun

    def call(self, record: Record) -> None:
        with suppress(CallCancelled):
            assert self.portal.call(self.coroutine, record, self.pauses()) is record
            assert record.begun
        assert record.begun == record.cleaned

    def call_in_time(self, record: Record) -> None:
        with suppress(CallCancelled, TimeoutError):
            given = self.portal.call(self.coroutine, record, self.pauses(), timeout=self.timeout())
            assert given is record
        assert record.begun == record.cleaned, "the call ended before its cleanup"

    def call_function(self, record: Record) -> None:
        assert self.portal.call_function(self.function, record) is record
        assert record.begun

    def begin(self, record: Record) -> None:
        call = self.portal.start(self.coroutine, record, self.pauses())
        self.pause_some()
        if self.random.random() < 0.5:
            call.cancel()
        while True:
            with suppress(TimeoutError, CallCancelled):
                assert call.result(self.timeout()) is record
            if call.done():
                break
        assert record.begun == record.cleaned

    def pauses(self) -> list[float]:
        return [self.random.choice((0, 0.01, 1.0)) for _ in range(self.random.randint(0, 3))]

    def timeout(self) -> float:
        return self.random.choice((0.0, 0.01, 0.5, 10.0))

    async def coroutine(self, record: Record, pauses: list[float]) -> Record:
        record.begun += 1
        try:
            for pause in pauses:
                await asyncio.sleep(pause)
            return record
        except asyncio.CancelledError:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)  # cleanup that needs the loop once more
            raise
        finally:
            record.cleaned += 1

    def function(self, record: Record) -> Record:
        record.begun += 1
        record.cleaned += 1
        return record

    def check(self) -> None:
        for record in self.records:
            assert record.begun <= 1, "a call began twice"
            if record.refused_after is not None:
                assert record.begun == record.refused_after, "a call began after it was refused"
            else:
                assert record.begun == record.cleaned, "a call began and did not end"


async def end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def calls(run: Run) -> None:
    Calls(run).start()


def test_calls_into_a_loop_that_ends_end_once_or_say_why_not() -> None:
    explore(calls, 500)


def functions(run: Run) -> None:
    async def main() -> None:
        portal, ended = Portal(asyncio.get_running_loop()), asyncio.Event()

        def call_some() -> None:
            for number in range(3):
                assert portal.call_function(abs, -number) == number
            portal.call_function(ended.set)

        run.thread(call_some)
        await ended.wait()

    run.on_loop(main)


def test_each_call_of_a_function_wakes_the_loop() -> None:
    explore(functions, 300)
