"""Context managers of one colour in blocks of the other."""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Self

import pytest

from plait.bridge.contexts import enter_async, enter_blocking
from plait.bridge.loop_thread import LoopThread
from plait.bridge.portal import Portal
from plait.bridge.threads import run_in_thread
from plait.errors import CallCancelled, LoopClosed, WouldDeadlock

pytestmark = pytest.mark.timeout(20)


def nothing() -> None:
    pass


class Blocking:
    """A blocking context manager that notes who enters and leaves it, and with what."""

    def __init__(
        self,
        *,
        swallow: bool = False,
        entering: Callable[[], object] = nothing,
        leaving: Callable[[], object] = nothing,
    ) -> None:
        self.swallow = swallow
        self.entering = entering
        self.leaving = leaving
        self.threads: list[int] = []
        self.error: BaseException | None = None
        self.left = threading.Event()

    def __enter__(self) -> Self:
        self.threads.append(threading.get_ident())
        self.entering()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.threads.append(threading.get_ident())
        self.error = error
        self.leaving()
        self.left.set()
        return self.swallow


class Failure:
    """Raises an error when called."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self) -> None:
        raise self.error


def test_a_blocking_context_gives_its_value() -> None:
    async def main() -> None:
        context = Blocking()
        async with enter_blocking(context) as value:
            assert value is context

    asyncio.run(main())


def test_it_is_entered_and_left_in_one_thread_that_is_not_the_loops() -> None:
    async def main() -> list[int]:
        async with enter_blocking(Blocking()) as context:
            pass
        return context.threads

    entered, left = asyncio.run(main())
    assert entered == left != threading.get_ident()


def test_a_lock_that_belongs_to_its_thread_can_be_held() -> None:
    async def main() -> bool:
        lock = threading.RLock()
        async with enter_blocking(lock):
            return lock.acquire(blocking=False)

    assert not asyncio.run(main())


def test_it_sees_the_exception_and_lets_it_through() -> None:
    async def main() -> None:
        context, error = Blocking(), LookupError("gone")
        with pytest.raises(LookupError) as caught:
            async with enter_blocking(context):
                raise error
        assert caught.value is context.error is error

    asyncio.run(main())


def test_it_may_swallow_the_exception() -> None:
    async def main() -> None:
        async with enter_blocking(Blocking(swallow=True)):
            raise LookupError("gone")

    asyncio.run(main())


@pytest.mark.parametrize("error", [StopIteration(1), KeyboardInterrupt(), GeneratorExit()])
def test_a_generator_as_context_lets_every_exception_through(error: BaseException) -> None:
    @contextmanager
    def context() -> Iterator[None]:
        yield

    async def main() -> None:
        with pytest.raises(type(error)) as caught:
            async with enter_blocking(context()):
                raise error
        assert caught.value is error

    asyncio.run(main())


@pytest.mark.parametrize("error", [LookupError("gone"), SystemExit(3), KeyboardInterrupt()])
def test_what_entering_raises_is_raised_and_nothing_is_left(error: BaseException) -> None:
    async def main() -> int:
        context = Blocking(entering=Failure(error))
        with pytest.raises(type(error)) as caught:
            async with enter_blocking(context):
                pass
        assert caught.value is error
        return len(context.threads)

    assert asyncio.run(main()) == 1


def test_what_leaving_raises_is_raised_with_the_blocks_error_as_its_context() -> None:
    async def main() -> BaseException | None:
        context = Blocking(leaving=Failure(ValueError("worse")))
        with pytest.raises(ValueError, match="worse") as caught:
            async with enter_blocking(context):
                raise LookupError("gone")
        return caught.value.__context__

    assert isinstance(asyncio.run(main()), LookupError)


def test_cancelled_in_the_block_it_is_left() -> None:
    context = Blocking()

    async def main() -> None:
        begun = asyncio.Event()

        async def hold() -> None:
            async with enter_blocking(context):
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(hold())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert isinstance(context.error, asyncio.CancelledError)


def test_cancelled_while_entering_the_caller_goes_on_and_it_is_left_at_once() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def enter() -> None:
        begun.set()
        go_on.wait()

    context = Blocking(entering=enter)

    async def main() -> None:
        task = asyncio.create_task(enter_blocking(context).__aenter__())
        await run_in_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not context.left.is_set()
        go_on.set()
        await run_in_thread(context.left.wait)

    asyncio.run(main())
    assert isinstance(context.error, asyncio.CancelledError)


def test_cancelled_while_leaving_the_caller_waits_until_it_is_left() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def leave() -> None:
        begun.set()
        go_on.wait()

    context = Blocking(leaving=leave)

    async def main() -> None:
        async def hold() -> None:
            async with enter_blocking(context):
                pass

        task = asyncio.create_task(hold())
        await run_in_thread(begun.wait)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert context.left.is_set()


def test_both_steps_see_one_copy_of_the_callers_context_variables() -> None:
    who = contextvars.ContextVar("who", default="nobody")
    seen: list[str] = []

    @contextmanager
    def context() -> Iterator[None]:
        seen.append(who.get())
        token = who.set("the thread")
        yield
        who.reset(token)
        seen.append(who.get())

    async def main() -> str:
        who.set("the caller")
        async with enter_blocking(context()):
            return who.get()

    assert asyncio.run(main()) == "the caller"
    assert seen == ["the caller", "the caller"]


class Async:
    """An async context manager that notes the tasks that enter and leave it, and with what."""

    def __init__(self, *, swallow: bool = False) -> None:
        self.swallow = swallow
        self.tasks: list[asyncio.Task[object]] = []
        self.threads: list[int] = []
        self.error: BaseException | None = None

    def _note(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        self.threads.append(threading.get_ident())

    async def __aenter__(self) -> Self:
        await asyncio.sleep(0)
        self._note()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        await asyncio.sleep(0)
        self._note()
        self.error = error
        return self.swallow


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    with LoopThread() as loop:
        yield loop


def test_an_async_context_gives_its_value(loop: LoopThread) -> None:
    context = Async()
    with enter_async(loop, context) as value:
        assert value is context


def test_it_is_entered_and_left_by_one_task_on_the_loop(loop: LoopThread) -> None:
    with enter_async(loop, Async()) as context:
        pass
    entered, left = context.tasks
    assert entered is left
    assert threading.get_ident() not in context.threads


def test_a_portal_does_as_well_as_a_loop_thread() -> None:
    def hold(portal: Portal) -> int:
        with enter_async(portal, Async()) as context:
            return context.threads[0]

    async def main() -> int:
        return await run_in_thread(hold, Portal(asyncio.get_running_loop()))

    assert asyncio.run(main()) == threading.get_ident()


def test_an_async_one_sees_the_exception_and_lets_it_through(loop: LoopThread) -> None:
    context, error = Async(), LookupError("gone")
    with pytest.raises(LookupError) as caught, enter_async(loop, context):
        raise error
    assert caught.value is context.error is error


def test_an_async_one_may_swallow_the_exception(loop: LoopThread) -> None:
    with enter_async(loop, Async(swallow=True)):
        raise LookupError("gone")


@pytest.mark.parametrize("error", [StopIteration(1), StopAsyncIteration(), KeyboardInterrupt()])
def test_an_async_generator_as_context_lets_every_exception_through(
    loop: LoopThread, error: BaseException
) -> None:
    @asynccontextmanager
    async def context() -> AsyncIterator[None]:
        yield

    with pytest.raises(type(error)) as caught, enter_async(loop, context()):
        raise error
    assert caught.value is error


def test_what_an_async_one_raises_on_entering_is_raised(loop: LoopThread) -> None:
    @asynccontextmanager
    async def context() -> AsyncIterator[None]:
        raise LookupError("gone")
        yield

    with pytest.raises(LookupError, match="gone"), enter_async(loop, context()):
        pass


def test_what_an_async_one_raises_on_leaving_is_raised(loop: LoopThread) -> None:
    @asynccontextmanager
    async def context() -> AsyncIterator[None]:
        yield
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"), enter_async(loop, context()):
        pass


def test_a_task_group_is_used_from_a_thread(loop: LoopThread) -> None:
    async def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(ExceptionGroup), enter_async(loop, asyncio.TaskGroup()) as group:
        loop.call_function(group.create_task, fail())


def test_entering_on_the_loops_own_thread_is_an_error_at_once(loop: LoopThread) -> None:
    context = Async()

    async def enter() -> None:
        with enter_async(loop, context):
            pass

    with pytest.raises(WouldDeadlock):
        loop.call(enter)
    assert context.tasks == []


def test_where_its_task_is_cancelled_it_is_left_and_leaving_says_so(loop: LoopThread) -> None:
    context = Async()
    with pytest.raises(CallCancelled), enter_async(loop, context):
        loop.call_function(lambda: context.tasks[0].cancel())
    assert isinstance(context.error, asyncio.CancelledError)


def test_where_the_loop_ends_it_is_left_and_leaving_says_so() -> None:
    loop = LoopThread()
    context = Async()
    loop.__enter__()
    with pytest.raises(LoopClosed), enter_async(loop, context):
        loop.__exit__(None, None, None)
    assert isinstance(context.error, asyncio.CancelledError)
