"""What holds a loop is named while it holds it, and measured when it lets go."""

import asyncio
import logging
import selectors
import threading

import pytest

from plait.bridge.loop_thread import LoopThread
from plait.bridge.watchdog import Stall, StallWatchdog, log_stall
from plait.errors import UsageError
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)

# Long enough that a busy machine does not make stalls of its own.
THRESHOLD = 0.3


class Holder:
    """Holds the loop until it is told that it does."""

    def __init__(self) -> None:
        self.stalls: list[Stall] = []
        self.ends: list[Stall] = []
        self._noticed = threading.Event()

    def hold(self) -> None:
        self._noticed.wait()

    def notice(self, stall: Stall) -> None:
        self.stalls.append(stall)
        self._noticed.set()

    def watch(self, loop: asyncio.AbstractEventLoop | None = None) -> StallWatchdog:
        return StallWatchdog(
            loop, threshold=THRESHOLD, on_stall=self.notice, on_end=self.ends.append
        )


def hold_once(holder: Holder, factory: Factory = asyncio.new_event_loop) -> dict[str, float]:
    """The statistics of a watchdog that has seen one stall."""

    async def main() -> dict[str, float]:
        async with holder.watch() as watchdog:
            holder.hold()
        return watchdog.statistics()

    return run(factory, main())


@on_every_loop
def test_the_line_that_holds_the_loop_is_named_while_it_does(factory: Factory) -> None:
    holder = Holder()
    hold_once(holder, factory)
    stall = holder.stalls[0]
    line = Holder.hold.__code__.co_firstlineno + 1
    assert (stall.file, stall.line, stall.function) == (__file__, line, "hold")


def test_the_stack_leads_from_the_task_to_the_innermost_line() -> None:
    holder = Holder()
    hold_once(holder)
    stack = holder.stalls[0].stack
    assert "in main" in stack.splitlines()[0]
    assert stack.index("in main") < stack.index("in hold") < stack.index("in wait")


def test_the_time_is_over_the_threshold() -> None:
    holder = Holder()
    hold_once(holder)
    assert holder.stalls[0].seconds >= THRESHOLD


def test_at_its_end_a_stall_is_told_with_its_whole_length() -> None:
    holder = Holder()
    hold_once(holder)
    assert [(end.line, end.stack) for end in holder.ends] == [
        (stall.line, stall.stack) for stall in holder.stalls
    ]
    assert holder.ends[0].seconds >= holder.stalls[0].seconds


def test_a_stall_in_the_midst_is_ended_by_the_next_beat() -> None:
    holder = Holder()

    async def main() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end(stall: Stall) -> None:
            loop.call_soon_threadsafe(ended.set)

        with StallWatchdog(threshold=THRESHOLD, on_stall=holder.notice, on_end=end):
            holder.hold()
            await ended.wait()

    asyncio.run(main())
    assert len(holder.stalls) == 1


def test_a_stall_of_many_thresholds_is_told_once() -> None:
    holder, told, first = Holder(), list[Stall](), threading.Event()

    def tell(stall: Stall) -> None:
        told.append(stall)
        first.set()

    async def main() -> None:
        with StallWatchdog(threshold=THRESHOLD / 8, on_stall=tell), holder.watch():
            first.wait()
            holder.hold()

    asyncio.run(main())
    assert len(told) == 1


def test_statistics_count_stalls_and_seconds() -> None:
    holder = Holder()
    statistics = hold_once(holder)
    seconds = holder.ends[0].seconds
    assert statistics == {"stalls": 1, "seconds": seconds, "longest": seconds, "held": 0}


def test_a_loop_is_watched_from_another_thread() -> None:
    holder = Holder()

    async def which() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def hold() -> None:
        holder.hold()

    with LoopThread() as thread, holder.watch(thread.call(which)):
        thread.call(hold)
    assert [stall.function for stall in holder.stalls] == ["hold"]


def test_a_callback_without_a_python_frame_is_named_by_who_called_it() -> None:
    lock = threading.Lock()
    stalls: list[Stall] = []

    def notice(stall: Stall) -> None:
        stalls.append(stall)
        lock.release()

    async def main() -> None:
        with StallWatchdog(threshold=THRESHOLD, on_stall=notice):
            lock.acquire()
            asyncio.get_running_loop().call_soon(lock.acquire)
            await asyncio.sleep(0)

    asyncio.run(main())
    assert stalls[0].function == "_run"


class Telling(selectors.SelectSelector):
    """Says when the loop goes to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = threading.Event()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            self.asleep.set()
        return super().select(timeout)


def test_a_loop_that_waits_for_events_is_not_held() -> None:
    selector = Telling()
    loop = asyncio.SelectorEventLoop(selector)
    watchdog = StallWatchdog(loop)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    selector.asleep.wait()
    assert thread.ident is not None
    watchdog._loop_thread = thread.ident
    try:
        assert watchdog._look(watchdog._due) is None
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_what_the_callback_raises_goes_to_the_threads_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooked: list[object] = []
    noticed = threading.Event()

    def hook(args: threading.ExceptHookArgs) -> None:
        hooked.append(args.exc_value)
        noticed.set()

    def fail(stall: Stall) -> None:
        raise error

    async def main() -> None:
        with StallWatchdog(threshold=THRESHOLD, on_stall=fail):
            noticed.wait()

    error = ValueError("broken")
    monkeypatch.setattr(threading, "excepthook", hook)
    asyncio.run(main())
    assert hooked == [error]


def test_leaving_ends_the_thread() -> None:
    async def main() -> threading.Thread:
        with StallWatchdog() as watchdog:
            thread = watchdog._thread
            assert thread.is_alive()
        return thread

    assert not asyncio.run(main()).is_alive()


def test_a_watchdog_can_be_entered_again() -> None:
    holder = Holder()

    async def main() -> None:
        watchdog = holder.watch()
        with watchdog:
            pass
        with watchdog:
            holder.hold()

    asyncio.run(main())
    assert len(holder.stalls) == 1


def test_without_a_callback_a_stall_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "plait.bridge"):
        log_stall(Stall("app.py", 33, "handle", 0.25, "  the stack"))
    assert caplog.messages == [
        "the event loop was held for 0.250 s at app.py:33, in handle\n  the stack"
    ]


@pytest.mark.parametrize("threshold", [0.0, -1.0])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        StallWatchdog(threshold=threshold)


def test_without_a_loop_a_watchdog_needs_a_running_one() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        StallWatchdog().__enter__()
