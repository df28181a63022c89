"""Timers on a loop, started and cancelled by threads."""

import asyncio
import contextvars
import selectors
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.bridge import timers
from plait.bridge.portal import Portal
from plait.bridge.threads import run_in_thread
from plait.bridge.timers import Timer, call_every, call_later, next_number
from plait.errors import LoopClosed, UsageError
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)


class Skipping(selectors.SelectSelector):
    """Where the loop would sleep, its clock is put forward instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout else timeout)
        if timeout and not ready:
            self.now += timeout
        return ready


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose time costs none."""

    def __init__(self) -> None:
        self.clock = Skipping()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[SkippingLoop]:
    loop = SkippingLoop()
    monkeypatch.setattr(timers, "monotonic", loop.time)
    yield loop
    loop.close()


def begun_at(loop: SkippingLoop, calls: int, step: Callable[[], object]) -> list[float]:
    """When a function called every second begins, that does this step each time."""
    times: list[float] = []

    def function() -> object:
        times.append(loop.clock.now)
        if len(times) == calls:
            timer.cancel()
        return step()

    timer: Timer

    async def main() -> None:
        nonlocal timer
        timer = call_every(loop, 1.0, function)
        await timer.wait()

    loop.run_until_complete(main())
    return times


@on_every_loop
def test_a_timer_started_by_a_thread_calls_on_the_loops_thread(factory: Factory) -> None:
    called_on: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        timer = await run_in_thread(
            call_later, loop, 0.001, lambda: called_on.append(threading.get_ident())
        )
        await timer.wait()

    run(factory, main())
    assert called_on == [threading.get_ident()]


def test_a_timer_calls_when_its_time_has_come(loop: SkippingLoop) -> None:
    times: list[float] = []

    async def main() -> None:
        await call_later(loop, 2.5, lambda: times.append(loop.time())).wait()

    loop.run_until_complete(main())
    assert times == [2.5]


def test_a_coroutine_function_is_awaited(loop: SkippingLoop) -> None:
    ended: list[float] = []

    async def function(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append(loop.time())

    async def main() -> None:
        await call_later(loop, 1.0, function, 2.0).wait()

    loop.run_until_complete(main())
    assert ended == [3.0]


def test_the_times_do_not_drift_with_the_length_of_the_calls(loop: SkippingLoop) -> None:
    def take_a_while() -> None:
        loop.clock.now += 0.25

    assert begun_at(loop, 3, take_a_while) == [1.0, 2.0, 3.0]


def test_times_that_pass_while_the_loop_is_held_are_skipped(loop: SkippingLoop) -> None:
    def hold() -> None:
        loop.clock.now += 2.5

    assert begun_at(loop, 3, hold) == [1.0, 4.0, 7.0]


def test_times_that_pass_while_a_coroutine_runs_are_skipped(loop: SkippingLoop) -> None:
    def wait() -> Awaitable[None]:
        return asyncio.sleep(2.5)

    assert begun_at(loop, 3, wait) == [1.0, 4.0, 7.0]


def test_skipped_times_are_counted(loop: SkippingLoop) -> None:
    def hold() -> None:
        loop.clock.now += 3.5
        if timer.statistics()["calls"] == 2:
            timer.cancel()

    timer: Timer

    async def main() -> None:
        nonlocal timer
        timer = call_every(loop, 1.0, hold)
        await timer.wait()

    loop.run_until_complete(main())
    assert timer.statistics()["missed"] == 3


@given(st.integers(0, 1000), st.floats(0, 2000))
def test_the_next_call_is_neither_an_old_one_nor_one_past(last: int, periods: float) -> None:
    following = next_number(last, periods)
    assert following > last
    assert following >= periods


@on_every_loop
def test_cancelled_in_time_a_timer_does_not_call(factory: Factory) -> None:
    called: list[bool] = []

    async def main() -> bool:
        timer = call_later(asyncio.get_running_loop(), 0.0, called.append, True)
        in_time = timer.cancel()
        await timer.wait()
        return in_time

    assert run(factory, main())
    assert not called


@on_every_loop
def test_no_call_begins_after_cancel_has_said_so_to_a_thread(factory: Factory) -> None:
    def race(loop: asyncio.AbstractEventLoop) -> list[Timer]:
        stopped = []
        for _ in range(300):
            begun = threading.Event()
            timer = call_every(loop, 1e-6, begun.set)
            begun.wait()
            if timer.cancel():
                calls = timer.statistics()["calls"]
                Portal(loop).call(timer.wait)
                if timer.statistics()["calls"] != calls:
                    stopped.append(timer)
        return stopped

    async def main() -> list[Timer]:
        return await run_in_thread(race, asyncio.get_running_loop())

    assert run(factory, main()) == []


def test_cancelled_while_a_call_runs_it_says_so_and_none_follows() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def function() -> None:
        begun.set()
        go_on.wait()

    def cancel(timer: Timer) -> bool:
        begun.wait()
        try:
            return timer.cancel()
        finally:
            go_on.set()

    async def main() -> tuple[bool, int]:
        timer = call_every(asyncio.get_running_loop(), 0.001, function)
        idle = await run_in_thread(cancel, timer)
        await timer.wait()
        return idle, timer.statistics()["calls"]

    assert asyncio.run(main()) == (False, 1)


def test_a_thread_waits_for_a_timer_through_a_portal() -> None:
    def wait(loop: asyncio.AbstractEventLoop) -> dict[str, int]:
        timer = call_later(loop, 0.001, lambda: None)
        Portal(loop).call(timer.wait)
        return timer.statistics()

    async def main() -> dict[str, int]:
        return await run_in_thread(wait, asyncio.get_running_loop())

    expected = {"calls": 1, "missed": 0, "errors": 0, "running": 0, "ended": 1}
    assert asyncio.run(main()) == expected


def fail() -> None:
    raise LookupError("gone")


async def fail_later() -> None:
    await asyncio.sleep(0)
    fail()


@pytest.mark.parametrize("function", [fail, fail_later])
def test_an_exception_ends_a_timer_and_goes_to_the_loops_handler(
    loop: SkippingLoop, function: Callable[[], object]
) -> None:
    handled: list[object] = []
    loop.set_exception_handler(lambda _, context: handled.append(repr(context["exception"])))

    async def main() -> dict[str, int]:
        timer = call_every(loop, 1.0, function)
        await timer.wait()
        return timer.statistics()

    assert loop.run_until_complete(main())["calls"] == 1
    assert handled == ["LookupError('gone')"]


@pytest.mark.parametrize("function", [fail, fail_later])
def test_with_a_handler_of_its_own_a_timer_goes_on_after_exceptions(
    loop: SkippingLoop, function: Callable[[], object]
) -> None:
    handled: list[str] = []

    def handle(error: Exception) -> None:
        handled.append(str(error))
        if len(handled) == 3:
            timer.cancel()

    timer: Timer

    async def main() -> None:
        nonlocal timer
        timer = call_every(loop, 1.0, function, on_error=handle)
        await timer.wait()

    loop.run_until_complete(main())
    assert handled == ["gone"] * 3


def test_a_handler_that_fails_ends_the_timer(loop: SkippingLoop) -> None:
    handled: list[object] = []
    loop.set_exception_handler(lambda _, context: handled.append(repr(context["exception"])))

    def handle(error: Exception) -> None:
        raise ValueError("worse")

    async def main() -> None:
        await call_every(loop, 1.0, fail, on_error=handle).wait()

    loop.run_until_complete(main())
    assert handled == ["ValueError('worse')"]


def test_a_call_cancelled_on_the_loop_ends_the_timer(loop: SkippingLoop) -> None:
    async def cancel_myself() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def main() -> int:
        timer = call_every(loop, 1.0, cancel_myself)
        await timer.wait()
        return timer.statistics()["calls"]

    assert loop.run_until_complete(main()) == 1


def test_the_function_sees_the_context_variables_of_who_started_the_timer() -> None:
    who = contextvars.ContextVar("who", default="nobody")
    seen: list[str] = []

    def start(loop: asyncio.AbstractEventLoop) -> Timer:
        who.set("a thread")
        return call_later(loop, 0.0, lambda: seen.append(who.get()))

    async def main() -> None:
        timer = await run_in_thread(start, asyncio.get_running_loop())
        await timer.wait()

    asyncio.run(main())
    assert seen == ["a thread"]


def test_a_timer_on_a_closed_loop_is_an_error() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(LoopClosed):
        call_later(loop, 0.0, fail)


def test_cancelling_when_the_loop_has_closed_is_no_error() -> None:
    async def main() -> Timer:
        return call_later(asyncio.get_running_loop(), 1000.0, fail)

    assert asyncio.run(main()).cancel()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_period_that_is_none_is_refused(loop: SkippingLoop, seconds: float) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        call_every(loop, seconds, fail)
