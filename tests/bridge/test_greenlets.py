"""Blocking-style code on the loop's own thread: results, errors, cancellation, contexts, ends."""

import asyncio
import contextvars
import gc
import subprocess
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any

import pytest
from greenlet import GreenletExit  # type: ignore[import-untyped]

from plait.bridge import (
    LoopThread,
    Portal,
    StallWatchdog,
    await_here,
    run_in_greenlet,
    run_in_thread,
)
from plait.bridge import greenlets as module
from plait.errors import UsageError, WouldDeadlock
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(30)

colour: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")


async def double(number: int, turns: int = 1) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return 2 * number


async def fail(error: BaseException, turns: int = 0) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    raise error


# results


@on_every_loop
@pytest.mark.parametrize("turns", [0, 1, 5])
def test_a_plain_function_waits_for_a_coroutine(factory: Factory, turns: int) -> None:
    def sum_of_doubles(*numbers: int, start: int) -> int:
        return start + sum(await_here(double(number, turns)) for number in numbers)

    assert run(factory, run_in_greenlet(sum_of_doubles, 1, 2, 3, start=100)) == 112


@on_every_loop
def test_other_tasks_go_on_while_it_waits(factory: Factory) -> None:
    said: list[str] = []

    def talk(name: str, heard: asyncio.Event, answer: asyncio.Event) -> None:
        for number in range(3):
            await_here(heard.wait())
            heard.clear()
            said.append(f"{name} {number}")
            answer.set()

    async def main() -> None:
        one, two = asyncio.Event(), asyncio.Event()
        one.set()
        await asyncio.gather(
            run_in_greenlet(talk, "one", one, two), run_in_greenlet(talk, "two", two, one)
        )

    run(factory, main())
    assert said == ["one 0", "two 0", "one 1", "two 1", "one 2", "two 2"]


@on_every_loop
def test_many_at_once_each_get_their_own(factory: Factory) -> None:
    def work(number: int) -> int:
        return await_here(double(await_here(double(number, number % 7)), number % 3))

    async def main() -> list[int]:
        return await asyncio.gather(*(run_in_greenlet(work, n) for n in range(500)))

    assert run(factory, main()) == [4 * n for n in range(500)]


@on_every_loop
@pytest.mark.parametrize("value", [None, (), (5,), (1, 2), {}, False, ValueError("as a value")])
def test_any_value_crosses_unchanged(factory: Factory, value: object) -> None:
    async def give(turns: int) -> object:
        await double(1, turns)
        return value

    def give_here(turns: int) -> object:
        return await_here(give(turns))

    async def main() -> None:
        assert await run_in_greenlet(lambda: value) is value
        for turns in range(3):
            assert await run_in_greenlet(await_here, give(turns)) is value
            assert await run_in_greenlet(give_here, turns) is value

    run(factory, main())


class Later:
    """An object with `__await__`."""

    def __await__(self) -> Generator[Any, None, str]:
        yield from asyncio.sleep(0).__await__()
        return "later"


@on_every_loop
def test_every_kind_of_awaitable_can_be_waited_for(factory: Factory) -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(0)
            yield number

    def work() -> list[object]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        loop.call_soon(future.set_result, 3)
        items = numbers()
        given: list[object] = [
            await_here(double(1)),
            await_here(loop.create_task(double(2))),
            await_here(future),
            await_here(future),
            await_here(Later()),
            await_here(asyncio.gather(double(3), double(4))),
            await_here(anext(items)),
            await_here(items.__anext__()),
            await_here(asyncio.wait_for(double(5), 10)),
            await_here(run_in_thread(pow, 2, 10)),
        ]
        await_here(items.aclose())  # type: ignore[attr-defined]  # it is an async generator
        return given

    given = run(factory, run_in_greenlet(work))
    assert given == [2, 4, 3, 3, "later", [6, 8], 0, 1, 10, 1024]


def test_what_cannot_be_awaited_is_the_type_error_of_await() -> None:
    async def main() -> None:
        with pytest.raises(TypeError, match="int can't be used in 'await' expression"):
            await run_in_greenlet(await_here, 5)  # type: ignore[arg-type]

    asyncio.run(main())


def test_a_coroutine_that_another_awaits_is_the_error_of_await() -> None:
    async def main() -> None:
        waiting = double(1, 3)
        task = asyncio.create_task(waiting)
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="being awaited already"):
            await run_in_greenlet(await_here, waiting)
        assert await task == 2
        with pytest.raises(RuntimeError, match="already awaited"):
            await run_in_greenlet(await_here, waiting)

    asyncio.run(main())


@on_every_loop
def test_an_awaitable_of_another_loop_is_the_error_of_asyncio(factory: Factory) -> None:
    async def main(other: asyncio.AbstractEventLoop) -> None:
        with pytest.raises(RuntimeError, match="attached to a different loop"):
            await run_in_greenlet(await_here, other.create_future())

    other = asyncio.new_event_loop()
    run(factory, main(other))
    other.close()


@on_every_loop
def test_it_can_be_nested(factory: Factory) -> None:
    def outer(depth: int) -> int:
        if not depth:
            return await_here(double(1, 2))
        before = await_here(double(1))
        inside = await_here(run_in_greenlet(outer, depth - 1))
        return before + inside + await_here(double(1, 0))

    async def main() -> int:
        first, second = await asyncio.gather(run_in_greenlet(outer, 5), run_in_greenlet(outer, 5))
        assert first == second
        return first

    assert run(factory, main()) == 22


@on_every_loop
def test_generators_and_async_generators_work_inside(factory: Factory) -> None:
    def doubles() -> Iterator[int]:
        for number in range(3):
            yield await_here(double(number))

    async def from_greenlets() -> AsyncIterator[int]:
        for number in range(3):
            yield await run_in_greenlet(await_here, double(number))

    def collect() -> list[int]:
        items = from_greenlets()
        found = list(doubles())
        while (item := await_here(anext(items, None))) is not None:
            found.append(item)
        return found

    async def main() -> list[int]:
        return await run_in_greenlet(collect) + [n async for n in from_greenlets()]

    assert run(factory, main()) == [0, 2, 4] * 3


def test_a_generator_may_begin_in_one_greenlet_and_go_on_in_another() -> None:
    def doubles() -> Iterator[int]:
        for number in range(3):
            yield await_here(double(number))

    async def main() -> list[int]:
        items = doubles()
        return [await run_in_greenlet(next, items) for _ in range(3)]

    assert asyncio.run(main()) == [0, 2, 4]


def test_it_needs_no_turn_of_the_loop_where_nothing_waits() -> None:
    async def main() -> None:
        turned: list[bool] = []
        asyncio.get_running_loop().call_soon(turned.append, True)
        assert await run_in_greenlet(lambda: await_here(double(4, turns=0))) == 8
        assert not turned

    asyncio.run(main())


# errors


@on_every_loop
@pytest.mark.parametrize("turns", [None, 0, 1, 3])
@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        StopAsyncIteration(),
        GreenletExit(),
    ],
)
def test_errors_arrive_as_they_are(
    factory: Factory, error: BaseException, turns: int | None
) -> None:
    def work() -> None:
        if turns is None:
            raise error
        with pytest.raises(type(error)) as caught:
            await_here(fail(error, turns))
        assert caught.value is error
        raise error

    async def main() -> None:
        with pytest.raises(type(error)) as caught:
            await run_in_greenlet(work)
        assert caught.value is error
        assert await run_in_greenlet(await_here, double(4)) == 8

    run(factory, main())


@on_every_loop
def test_a_stop_iteration_arrives_as_runtime_error_with_its_cause(factory: Factory) -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="StopIteration") as caught:
            await run_in_greenlet(next, iter(()))
        assert isinstance(caught.value.__cause__, StopIteration)

    run(factory, main())


@on_every_loop
@pytest.mark.parametrize("turns", [0, 1, 3])
def test_a_traceback_has_the_frames_of_both_sides_once(factory: Factory, turns: int) -> None:
    def work() -> None:
        deeper()

    def deeper() -> None:
        await_here(fail(LookupError("gone"), turns))

    async def main() -> list[str]:
        try:
            await run_in_greenlet(work)
        except LookupError as error:
            return [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        raise AssertionError

    names = run(factory, main())
    ours = [name for name in names if name in {"main", "work", "deeper", "await_here", "fail"}]
    assert ours == ["main", "work", "deeper", "await_here", "fail"]
    assert len(names) == len(set(names)), names


def test_a_cancellation_has_the_frames_of_both_sides_once() -> None:
    seen: list[str] = []

    async def sleep_on() -> None:
        await asyncio.get_running_loop().create_future()

    def work() -> None:
        try:
            await_here(sleep_on())
        except asyncio.CancelledError as error:
            seen.extend(frame.name for frame in traceback.extract_tb(error.__traceback__))
            raise

    async def main() -> None:
        task = asyncio.create_task(run_in_greenlet(work))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    assert seen == ["work", "await_here", "sleep_on"]


# cancellation


class Stuck:
    """Waits until it is cancelled, and notes what happens."""

    def __init__(self) -> None:
        self.waits = asyncio.Event()
        self.notes: list[str] = []

    async def wait(self) -> None:
        self.waits.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.notes.append("the coroutine")
            raise

    def work(self) -> None:
        try:
            await_here(self.wait())
        except asyncio.CancelledError:
            self.notes.append("the function")
            await_here(double(1, 3))
            self.notes.append("its cleanup")
            raise


@on_every_loop
def test_a_cancellation_arrives_innermost_and_cleanup_may_wait(factory: Factory) -> None:
    async def main() -> None:
        stuck = Stuck()
        task = asyncio.create_task(run_in_greenlet(stuck.work))
        await stuck.waits.wait()
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        assert stuck.notes == ["the coroutine", "the function", "its cleanup"]

    run(factory, main())


@on_every_loop
def test_a_cancellation_passes_through_nested_greenlets(factory: Factory) -> None:
    async def main() -> None:
        stuck = Stuck()

        def outer() -> None:
            await_here(double(1))
            try:
                await_here(run_in_greenlet(stuck.work))
            finally:
                stuck.notes.append("outside")
                await_here(double(1))

        task = asyncio.create_task(run_in_greenlet(outer))
        await stuck.waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stuck.notes == ["the coroutine", "the function", "its cleanup", "outside"]

    run(factory, main())


@on_every_loop
@pytest.mark.parametrize("more", [0, 2])
def test_a_coroutine_may_swallow_the_cancellation(factory: Factory, more: int) -> None:
    async def stubborn() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await double(1, more)
        return "done all the same"

    async def main() -> str:
        task = asyncio.create_task(run_in_greenlet(lambda: await_here(stubborn())))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert run(factory, main()) == "done all the same"


@on_every_loop
def test_cancelled_twice_while_it_cleans_up(factory: Factory) -> None:
    notes: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            notes.append("cleaning")
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                notes.append("cleaned")

    async def main() -> None:
        task = asyncio.create_task(run_in_greenlet(lambda: await_here(forever())))
        for _ in range(2):
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(factory, main())
    assert notes == ["cleaning", "cleaned"]


@on_every_loop
def test_a_timeout_works_outside_and_inside(factory: Factory) -> None:
    async def with_limit() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return "inside"
        raise AssertionError

    async def main() -> None:
        assert await run_in_greenlet(lambda: await_here(with_limit())) == "inside"
        stuck = Stuck()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await run_in_greenlet(stuck.work)
        assert stuck.notes == ["the coroutine", "the function", "its cleanup"]

    run(factory, main())


def test_the_function_can_enter_and_leave_a_timeout_itself() -> None:
    def work() -> None:
        limit = asyncio.timeout(0.01)
        await_here(limit.__aenter__())
        try:
            await_here(asyncio.get_running_loop().create_future())
        except asyncio.CancelledError as error:
            await_here(limit.__aexit__(type(error), error, error.__traceback__))

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await run_in_greenlet(work)

    asyncio.run(main())


@on_every_loop
def test_a_task_group_works_outside_and_inside(factory: Factory) -> None:
    async def broken_group(stuck: Stuck) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_in_greenlet(stuck.work))
            await stuck.waits.wait()
            group.create_task(run_in_greenlet(await_here, fail(LookupError("gone"), 1)))

    async def main() -> None:
        for call in (broken_group, lambda s: run_in_greenlet(lambda: await_here(broken_group(s)))):
            stuck = Stuck()
            with pytest.raises(ExceptionGroup) as caught:
                await call(stuck)
            assert caught.group_contains(LookupError, match="gone")
            assert stuck.notes == ["the coroutine", "the function", "its cleanup"]

    run(factory, main())


# the task and its context


@on_every_loop
@pytest.mark.parametrize("turns", [0, 1])
def test_it_is_part_of_the_task_that_awaits_it(factory: Factory, turns: int) -> None:
    async def inside() -> list[object]:
        await double(1, turns)
        return [asyncio.current_task()]

    def work() -> list[object]:
        tasks: list[object] = [asyncio.current_task()]
        tasks += await_here(inside())
        return [*tasks, asyncio.current_task(), threading.current_thread()]

    async def main() -> None:
        me = asyncio.current_task()
        assert await run_in_greenlet(work) == [me, me, me, threading.current_thread()]

    run(factory, main())


@on_every_loop
@pytest.mark.parametrize("turns", [0, 1])
def test_context_variables_are_those_of_a_plain_await(factory: Factory, turns: int) -> None:
    async def look(value: str) -> str:
        await double(1, turns)
        before = colour.get()
        colour.set(value)
        return before

    def work() -> list[str]:
        seen = [colour.get()]
        colour.set("the function's")
        seen.append(await_here(look("the coroutine's")))
        seen.append(colour.get())
        colour.set("the last")
        return seen

    async def main() -> None:
        colour.set("the caller's")
        seen = await run_in_greenlet(work)
        assert seen == ["the caller's", "the function's", "the coroutine's"]
        assert colour.get() == "the last"

    run(factory, main())
    assert colour.get() == "none"


@on_every_loop
@pytest.mark.parametrize("turns", [0, 1])
def test_tokens_of_either_side_can_be_reset_on_the_other(factory: Factory, turns: int) -> None:
    async def set_here() -> contextvars.Token[str]:
        await double(1, turns)
        return colour.set("set in the coroutine")

    async def reset_here(token: contextvars.Token[str]) -> None:
        await double(1, turns)
        colour.reset(token)

    def work(outer: contextvars.Token[str]) -> contextvars.Token[str]:
        colour.reset(outer)
        assert colour.get() == "none"
        colour.reset(await_here(set_here()))
        await_here(reset_here(colour.set("set in the function")))
        assert colour.get() == "none"
        return colour.set("left to the caller")

    async def main() -> None:
        token = await run_in_greenlet(work, colour.set("the caller's"))
        assert colour.get() == "left to the caller"
        colour.reset(token)
        assert colour.get() == "none"

    run(factory, main())


@on_every_loop
def test_interleaved_tasks_keep_their_own_variables(factory: Factory) -> None:
    def work(name: str) -> None:
        colour.set(name)
        for turns in (0, 1, 2, 0, 3):
            await_here(double(1, turns))
            assert colour.get() == name

    async def main() -> None:
        await asyncio.gather(*(run_in_greenlet(work, name) for name in "abcdefgh"))

    assert run(factory, main()) is None


def test_a_context_entered_in_the_function_is_still_entered_after_a_wait() -> None:
    def work() -> str:
        colour.set("inner")
        await_here(double(1))
        return colour.get()

    async def main() -> None:
        inner = contextvars.copy_context()
        assert await run_in_greenlet(inner.run, work) == "inner"
        assert colour.get() == "none"

    asyncio.run(main())


# where it may not be called


def call_soon(function: Callable[[], object]) -> Awaitable[object]:
    loop = asyncio.get_running_loop()
    given: asyncio.Future[object] = loop.create_future()

    def callback() -> None:
        try:
            given.set_result(function())
        except BaseException as error:  # noqa: BLE001  # it is raised again where awaited
            given.set_exception(error)

    loop.call_soon(callback)
    return given


async def call_at_once(function: Callable[[], object]) -> object:
    return function()


async def call_a_turn_later(function: Callable[[], object]) -> object:
    await asyncio.sleep(0)
    return function()


@on_every_loop
@pytest.mark.parametrize("call", [call_soon, call_at_once, call_a_turn_later])
@pytest.mark.parametrize("inside", [False, True])
def test_where_it_would_hold_the_loop_it_is_an_error_at_once(
    factory: Factory, call: Callable[[Callable[[], object]], Awaitable[object]], inside: bool
) -> None:
    def wrong() -> object:
        return await_here(double(1, 0))

    async def main() -> None:
        with pytest.raises(WouldDeadlock, match=r"await_here\(double\).*run_in_greenlet"):
            await (run_in_greenlet(lambda: await_here(call(wrong))) if inside else call(wrong))

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the refused coroutine is closed
        run(factory, main())


@on_every_loop
def test_a_def_of_another_task_is_not_inside(factory: Factory) -> None:
    async def main() -> None:
        stuck = Stuck()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run_in_greenlet(stuck.work))
            await stuck.waits.wait()
            with pytest.raises(WouldDeadlock):
                await_here(double(1))
            task.cancel()

    run(factory, main())


eagerly = pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks start eagerly since 3.12")


@eagerly
def test_a_task_started_eagerly_inside_is_another_task() -> None:
    async def eager() -> str:
        with pytest.raises(WouldDeadlock):
            await_here(double(1))
        own = await run_in_greenlet(lambda: await_here(double(1)))
        return f"{own} of its own"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]

        def work() -> str:
            task = loop.create_task(eager())
            await_here(double(1, 5))
            return await_here(task)

        assert await run_in_greenlet(work) == "2 of its own"

    asyncio.run(main())


@eagerly
def test_a_task_started_eagerly_inside_outlives_its_greenlet() -> None:
    def waits(release: asyncio.Event) -> str:
        await_here(release.wait())
        return "released"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        release = asyncio.Event()

        def start() -> asyncio.Task[str]:
            return loop.create_task(run_in_greenlet(waits, release))

        task = await run_in_greenlet(start)
        again = await run_in_greenlet(start)
        release.set()
        assert [await task, await again] == ["released", "released"]

    asyncio.run(main())


def test_in_a_thread_without_a_loop_it_says_to_use_a_portal() -> None:
    with pytest.raises(UsageError, match=r"Portal\(loop\)\.call"):
        await_here(double(1))

    async def main() -> None:
        with pytest.raises(UsageError, match=r"Portal\(loop\)\.call"):
            await run_in_thread(lambda: await_here(double(1)))
        with pytest.raises(UsageError, match=r"Portal\(loop\)\.call"):
            await run_in_greenlet(lambda: await_here(run_in_thread(await_here, double(1))))

    asyncio.run(main())


def test_without_a_loop_it_cannot_begin() -> None:
    coroutine = run_in_greenlet(len, "never")
    with pytest.raises(RuntimeError, match="no running event loop"):
        coroutine.send(None)
    assert asyncio.run(run_in_greenlet(len, "now")) == 3


# the end


@on_every_loop
def test_the_end_of_the_loop_unwinds_it(factory: Factory) -> None:
    notes: list[str] = []

    def work() -> None:
        try:
            await_here(asyncio.get_running_loop().create_future())
        finally:
            await_here(double(1))
            notes.append("unwound")

    async def main() -> None:
        _abandoned.append(asyncio.create_task(run_in_greenlet(work)))
        await asyncio.sleep(0)

    run(factory, main())
    _abandoned.clear()
    assert notes == ["unwound"]


_abandoned: list[object] = []


@pytest.mark.parametrize("depth", [1, 3])
def test_closed_half_way_it_is_unwound(depth: int) -> None:
    notes: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            notes.append("the coroutine")

    def work(depth: int) -> None:
        try:
            await_here(run_in_greenlet(work, depth - 1) if depth else forever())
        except BaseException as error:
            notes.append(type(error).__name__)
            raise

    async def main() -> None:
        coroutine = run_in_greenlet(work, depth - 1)
        coroutine.send(None)
        coroutine.close()
        assert notes == ["the coroutine", *["GeneratorExit"] * depth]

    asyncio.run(main())


def test_a_function_that_will_not_end_when_closed_is_an_error_and_is_unwound_all_the_same() -> None:
    notes: list[str] = []

    def stubborn() -> None:
        try:
            await_here(asyncio.get_running_loop().create_future())
        finally:
            try:
                await_here(double(1))
            finally:
                notes.append("unwound")

    async def main() -> None:
        coroutine = run_in_greenlet(stubborn)
        coroutine.send(None)
        with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
            coroutine.close()
        del coroutine
        gc.collect()
        assert notes == ["unwound"]

    asyncio.run(main())


def test_with_a_task_that_is_garbage_it_is_unwound() -> None:
    notes: list[str] = []

    class Local:
        pass

    async def forever() -> None:
        await asyncio.get_running_loop().create_future()

    def work() -> weakref.ref[Local]:
        local = Local()
        alive.append(weakref.ref(local))
        try:
            await_here(forever())
        except GeneratorExit:
            notes.append("unwound")
            raise
        raise AssertionError

    async def main() -> None:
        problems: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, problem: problems.append(problem))
        task = asyncio.create_task(run_in_greenlet(work))
        await asyncio.sleep(0)
        del task
        gc.collect()
        assert notes == ["unwound"]
        assert [each() for each in alive] == [None]
        assert ["destroyed but it is pending" in each["message"] for each in problems] == [True]

    alive: list[weakref.ref[Local]] = []
    asyncio.run(main())


def test_nothing_is_kept_of_what_has_ended() -> None:
    class Big:
        pass

    def work(argument: Big) -> Big:
        del argument
        return await_here(give())

    async def give() -> Big:
        await asyncio.sleep(0)
        return made(Big())

    async def fail_with(big: Big) -> None:
        await asyncio.sleep(0)
        raise LookupError(made(big))

    def made(big: Big) -> Big:
        alive.append(weakref.ref(big))
        return big

    async def main() -> None:
        colour.set("some")
        await run_in_greenlet(work, made(Big()))
        await run_in_greenlet(made, Big())
        with pytest.raises(LookupError):
            await run_in_greenlet(await_here, fail_with(Big()))
        tasks.append(weakref.ref(asyncio.current_task() or work))

    alive: list[weakref.ref[Big]] = []
    tasks: list[weakref.ref[Any]] = []
    gc.collect()
    gc.disable()
    try:
        asyncio.run(main())
        assert [each() for each in alive] == [None] * 4
        assert tasks[0]() is None
    finally:
        gc.enable()


def test_a_stack_is_used_again_and_not_all_are_kept() -> None:
    async def main() -> None:
        together = asyncio.Barrier(200)
        everyone = (run_in_greenlet(lambda: await_here(together.wait())) for _ in range(200))
        await asyncio.gather(*everyone)
        kept = list(module._idle.stacks)
        assert len(kept) == module._KEPT
        await run_in_greenlet(lambda: await_here(double(1)))
        assert set(map(id, module._idle.stacks)) == set(map(id, kept))

    asyncio.run(main())


def test_a_thread_that_ends_takes_its_stacks_along() -> None:
    async def main() -> weakref.ref[Any]:
        await run_in_greenlet(lambda: await_here(double(1)))
        return weakref.ref(module._idle.stacks[-1])

    with LoopThread() as loop:
        stack = loop.call(main)
        assert stack() is not None
    gc.collect()
    assert stack() is None


PROGRAM = """
import asyncio
from plait.bridge import await_here, run_in_greenlet

def work():
    await_here(asyncio.get_running_loop().create_future())

async def main():
    asyncio.create_task(run_in_greenlet(work))
    await run_in_greenlet(await_here, asyncio.sleep(0))
"""
NEW_LOOP = "loop = asyncio.new_event_loop(); loop.run_until_complete(main())"


@pytest.mark.parametrize("end", ["asyncio.run(main())", NEW_LOOP, f"{NEW_LOOP}; loop.close()"])
def test_at_the_end_of_a_program_nobody_complains_but_asyncio(end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + end], capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert [line for line in lines if not line.startswith(("Task was destroyed", "task:"))] == []
    assert bool(lines) == (end.startswith("loop"))


def test_without_greenlet_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["greenlet"] = None
import asyncio
from plait.bridge import await_here, run_in_greenlet
from plait.errors import MissingExtra, WouldDeadlock
async def main():
    try:
        await_here(asyncio.sleep(0))
    except WouldDeadlock:
        print("refused")
    try:
        await run_in_greenlet(print, "never")
    except MissingExtra as error:
        print(error)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "refused\nrun_in_greenlet needs greenlet; pip install 'plait[greenlet]'\n"
    )


# with the rest of the bridge


def test_the_own_loop_called_from_it_is_a_deadlock_that_names_both() -> None:
    def work() -> None:
        Portal(asyncio.get_running_loop()).call(double, 1)

    async def main() -> None:
        with pytest.raises(WouldDeadlock) as caught:
            await run_in_greenlet(work)
        assert "in work" in str(caught.value)
        assert "in main" in str(caught.value)

    asyncio.run(main())


def test_a_thread_that_waits_for_it_in_a_circle_is_found() -> None:
    found: list[str] = []
    noted = threading.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def join() -> None:
            await task

        def from_thread() -> None:
            try:
                Portal(loop).call(join)
            except WouldDeadlock as error:
                found.append(str(error))
                noted.set()

        def work() -> None:
            await_here(run_in_thread(from_thread))

        task = asyncio.create_task(run_in_greenlet(work))
        await asyncio.wait([task])

    asyncio.run(main())
    assert noted.wait(20)
    assert "in from_thread" in found[0]
    assert "in join" in found[0]


def test_the_watchdog_names_the_line_in_it_that_holds_the_loop() -> None:
    seen = threading.Event()

    def holds() -> None:
        # On a busy machine a stall may have begun, and have been told of, before this one.
        while not seen.wait(0.3):
            await_here(asyncio.sleep(0.03))

    async def main() -> None:
        async with StallWatchdog(threshold=0.01, on_stall=note):
            await run_in_greenlet(holds)

    stalls: list[Any] = []

    def note(stall: Any) -> None:
        if stall.function == "holds":
            stalls.append(stall)
            seen.set()

    asyncio.run(main())
    assert stalls[0].file == __file__
