"""Threads call into a loop: results, errors, timeouts, Ctrl-C, contexts, loops that end."""

import asyncio
import contextvars
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from plait.bridge import Call, LoopThread, Portal, run_in_thread
from plait.errors import BridgeError, CallCancelled, LoopClosed, WouldDeadlock
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)

colour: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def forever() -> None:
    await asyncio.Event().wait()


@contextmanager
def thread(target: Callable[[], object]) -> Iterator[list[BaseException]]:
    """A thread that must end by itself; what it raised."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            target()
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            raised.append(error)

    running = threading.Thread(target=work)
    running.start()
    yield raised
    running.join()


@on_every_loop
def test_calls_from_many_threads_each_get_their_own_result(factory: Factory) -> None:
    results: dict[int, list[int]] = {}
    with LoopThread(loop_factory=factory) as loop:

        def work(first: int) -> None:
            results[first] = [loop.call(double, first + n) for n in range(100)]

        threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert results == {f: [2 * (f + n) for n in range(100)] for f in range(0, 8000, 1000)}


@on_every_loop
def test_a_plain_function_is_called_on_the_loops_thread(factory: Factory) -> None:
    with LoopThread(loop_factory=factory) as loop:
        assert loop.call_function(threading.get_ident) != threading.get_ident()
        assert loop.call_function(pow, 2, 10) == 1024


@on_every_loop
def test_a_handle_gives_the_result_later(factory: Factory) -> None:
    async def wait() -> str:
        await release.wait()
        return "done"

    with LoopThread(loop_factory=factory) as loop:
        release = asyncio.Event()
        handle = loop.start(wait)
        with pytest.raises(TimeoutError):
            handle.result(0.01)
        assert not handle.done()
        assert loop.portal.statistics() == {"running": 1}
        loop.call_function(release.set)
        assert handle.result() == "done"
        assert handle.done()
        assert loop.portal.statistics() == {"running": 0}


def test_a_handle_cancels() -> None:
    with LoopThread() as loop:
        handle = loop.start(forever)
        handle.cancel()
        with pytest.raises(CallCancelled, match="forever"):
            handle.result()


@on_every_loop
def test_the_end_of_a_call_is_told_once_on_the_loop(factory: Factory) -> None:
    told: list[tuple[str, int]] = []

    def tell(call: Call[str]) -> None:
        told.append((call.result(0), threading.get_ident()))

    async def wait() -> str:
        await release.wait()
        return "done"

    with LoopThread(loop_factory=factory) as loop:
        release = asyncio.Event()
        handle = loop.start(wait)
        handle.add_done_callback(tell)
        assert told == []
        loop.call_function(release.set)
        handle.result()
        thread = loop.call_function(threading.get_ident)
    assert told == [("done", thread)]


def test_the_end_of_a_call_that_has_ended_is_told_at_once() -> None:
    told: list[bool] = []
    with LoopThread() as loop:
        handle = loop.start(double, 2)
        handle.result()
        handle.add_done_callback(lambda call: told.append(call.done()))
        assert told == [True]


def test_the_end_is_told_once_however_it_meets_the_callback() -> None:
    with LoopThread() as loop:
        for _ in range(300):
            told: list[Call[int]] = []
            handle = loop.start(double, 2)
            handle.add_done_callback(told.append)
            handle.result()
            loop.call_function(int)
            assert told == [handle]


def test_a_failing_callback_is_the_handlers_and_the_next_one_is_called() -> None:
    told: list[str] = []

    def fail(call: object) -> None:
        raise ValueError("of the callback")

    with LoopThread() as loop:
        seen = loop.portal.loop.set_exception_handler
        loop.call_function(seen, lambda loop, facts: told.append(str(facts["exception"])))
        handle = loop.start(forever)
        handle.add_done_callback(fail)
        handle.add_done_callback(lambda call: told.append("next"))
        handle.cancel()
        with pytest.raises(CallCancelled):
            handle.result()
        loop.call_function(int)
    assert told == ["of the callback", "next"]


def test_what_was_posted_begins_in_order() -> None:
    order: list[int] = []
    with LoopThread() as loop:

        async def note(number: int) -> None:
            order.append(number)

        for handle in [loop.start(note, n) for n in range(100)]:
            handle.result()
    assert order == list(range(100))


# 6: what a called coroutine or function raises


@on_every_loop
@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()]
)
def test_errors_arrive_as_they_are_and_the_loop_lives_on(
    factory: Factory, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    async def fail_later() -> None:
        await asyncio.sleep(0)
        raise error

    with LoopThread(loop_factory=factory) as loop:
        calls: list[Callable[[], object]] = [
            lambda: loop.call(fail_later),
            lambda: loop.call_function(fail),
        ]
        for call in calls:
            with pytest.raises(type(error)) as caught:
                call()
            assert caught.value is error
        assert loop.call(double, 1) == 2


def test_stop_iteration_from_a_plain_function_arrives_as_it_is() -> None:
    with LoopThread() as loop, pytest.raises(StopIteration):
        loop.call_function(next, iter(()))


def test_stop_iteration_in_a_coroutine_is_a_runtime_error() -> None:
    async def fail() -> None:
        next(iter(()))

    with LoopThread() as loop, pytest.raises(RuntimeError, match="StopIteration"):
        loop.call(fail)


# 13: frames


def test_an_error_keeps_the_frames_of_both_sides_once_however_often_it_is_read() -> None:
    async def fail_on_loop() -> None:
        await asyncio.sleep(0)
        raise LookupError

    def caller() -> None:
        handle.result()

    with LoopThread() as loop:
        handle = loop.start(fail_on_loop)
        for _ in range(3):
            with pytest.raises(LookupError) as caught:
                caller()
            names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
            assert names.count("fail_on_loop") == 1
            assert names.count("caller") == 1


# 8: a wait with a timeout, and Ctrl-C


@on_every_loop
def test_a_timeout_cancels_and_waits_for_the_cleanup(factory: Factory) -> None:
    cleaned: list[bool] = []

    async def slow() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)  # cleanup that needs the loop once more
            cleaned.append(True)

    with LoopThread(loop_factory=factory) as loop:
        with pytest.raises(TimeoutError, match="slow"):
            loop.call(slow, timeout=0.01)
        assert cleaned == [True]


def test_a_result_given_in_spite_of_the_timeout_is_not_lost() -> None:
    async def stubborn() -> str:
        try:
            await forever()
        except asyncio.CancelledError:
            return "saved"
        return "never"

    with LoopThread() as loop:
        assert loop.call(stubborn, timeout=0.01) == "saved"


def test_ctrl_c_cancels_and_waits_for_the_cleanup() -> None:
    cleaned: list[bool] = []

    async def slow() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        try:
            await forever()
        finally:
            await asyncio.sleep(0)  # cleanup that needs the loop once more
            cleaned.append(True)

    with LoopThread() as loop:
        with pytest.raises(KeyboardInterrupt):
            loop.call(slow)
        assert cleaned == [True]
        assert loop.call(double, 1) == 2


# 10: context variables


def test_the_coroutine_sees_the_threads_context_variables() -> None:
    async def look() -> str:
        seen = colour.get()
        colour.set("loop's")
        return seen

    def call() -> tuple[str, str]:
        colour.set("thread's")
        return loop.call(look), colour.get()

    with LoopThread() as loop:
        assert contextvars.copy_context().run(call) == ("thread's", "thread's")


# 1: waiting for the loop from its own thread


@on_every_loop
def test_a_wait_on_the_loops_own_thread_is_an_error_with_the_stack(factory: Factory) -> None:
    async def main() -> None:
        portal = Portal(asyncio.get_running_loop())
        handle = portal.start(double, 1)
        waits: list[Callable[[], object]] = [
            lambda: portal.call(double, 1),
            lambda: portal.call_function(len, ""),
            handle.result,
        ]
        for wait in waits:
            with pytest.raises(WouldDeadlock, match="await it instead") as caught:
                wait()
            assert "in main" in str(caught.value)

    run(factory, main())


# 4: loops that end while threads wait


@on_every_loop
def test_a_closed_loop_is_an_error_at_once(factory: Factory) -> None:
    loop = factory()
    portal = Portal(loop)
    loop.close()
    for call in (
        lambda: portal.call(double, 1),
        lambda: portal.call_function(len, ""),
        lambda: portal.start(double, 1),
    ):
        with pytest.raises(LoopClosed):
            call()


@on_every_loop
def test_a_loop_that_stops_releases_who_waits(factory: Factory) -> None:
    loop = factory()
    portal = Portal(loop)

    async def stop() -> None:
        loop.stop()
        await forever()

    with thread(lambda: portal.call(stop)) as raised:
        loop.run_forever()
    loop.run_until_complete(_end_all())
    loop.close()
    assert [type(error) for error in raised] == [LoopClosed]


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others)


@on_every_loop
def test_a_loop_that_closes_releases_who_waits(factory: Factory) -> None:
    began = threading.Event()

    async def begin() -> None:
        began.set()
        await forever()

    async def main() -> Portal:
        portal = Portal(asyncio.get_running_loop())
        portals.append(portal)
        await run_in_thread(ready.set)
        await run_in_thread(began.wait)
        return portal

    ready, portals = threading.Event(), list[Portal]()

    def wait() -> None:
        ready.wait()
        portals[0].call(begin)

    with thread(wait) as raised:
        run(factory, main())
    assert len(raised) == 1
    assert isinstance(raised[0], BridgeError)


def test_a_loop_whose_thread_has_died_is_an_error_and_nothing_begins_later() -> None:
    loop = asyncio.new_event_loop()
    portal = Portal(loop)
    began: list[int] = []
    with thread(lambda: loop.run_until_complete(asyncio.sleep(0))):
        pass
    with pytest.raises(LoopClosed, match="append"):
        portal.call_function(began.append, 1)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert began == []


def test_a_call_refused_after_its_task_was_made_does_not_begin_later() -> None:
    began: list[int] = []

    async def begin() -> None:
        began.append(1)

    loop = asyncio.new_event_loop()
    # With a factory, as always before 3.12, a task takes its first step a turn of the loop later.
    loop.set_task_factory(lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options))
    call = Portal(loop).start(begin)
    loop.call_soon(loop.stop)
    loop.run_forever()
    with thread(call.result) as raised:
        pass
    assert [type(error) for error in raised] == [LoopClosed]
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert began == []
    assert call.done()


def test_a_loop_thread_that_cannot_start_says_why() -> None:
    def fail() -> asyncio.AbstractEventLoop:
        raise LookupError("no loop today")

    with pytest.raises(BridgeError, match="did not start") as caught, LoopThread(loop_factory=fail):
        pass
    assert isinstance(caught.value.__cause__, LookupError)


def test_before_and_after_the_block_there_is_no_loop() -> None:
    loop = LoopThread()
    with pytest.raises(LoopClosed):
        loop.call(double, 1)
    with loop:
        pass
    with pytest.raises(LoopClosed):
        loop.call(double, 1)
