"""What is claimed of `GuiThread`, for any main loop; as a program, proved of the one named.

tkinter ends the process where a part of a window is collected in another thread, so its claims
are proved in a process of their own: `python -m tests.bridge.gui_claims tk`, a JSON line each.
"""

import asyncio
import contextvars
import faulthandler
import gc
import json
import resource
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from plait.bridge import Call, GuiThread, LoopThread, cancelled
from plait.errors import LoopClosed
from tests.bridge.windows import WINDOWS, Plain

T = TypeVar("T")

PATIENCE = 20.0

colour: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")


def beside(window: Plain, main: Callable[[GuiThread, LoopThread], Awaitable[T]]) -> T:
    """Show the window until this coroutine, beside it in a loop's thread, has ended."""
    with LoopThread() as loop, window.gui() as gui:

        async def whole() -> T:
            try:
                return await main(gui, loop)
            finally:
                gui.post(window.end)

        call = loop.start(whole)
        window.show()
        return call.result(PATIENCE)


def in_thread(function: Callable[[], T]) -> Coroutine[Any, Any, T]:  # as asyncio has it
    return asyncio.to_thread(function)


def what_is_posted_runs_in_the_guis_thread_in_order(window: Plain) -> None:
    order: list[int] = []
    threads: set[int] = set()

    def note(number: int, *, here: bool) -> None:
        assert here
        order.append(number)
        threads.add(threading.get_ident())

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        for number in range(200):
            gui.post(note, number, here=True)
        await gui.run(int)

    beside(window, main)
    assert order == list(range(200))
    assert threads == {threading.get_ident()}


def a_thread_gets_the_result_or_the_error_with_both_sides_frames(window: Plain) -> None:
    def fail_in_gui() -> None:
        raise KeyError("of the window")

    async def main(gui: GuiThread, loop: LoopThread) -> str:
        def ask() -> str:
            assert gui.call(threading.get_ident) == gui_thread
            assert gui.call(int, "ff", base=16) == 255
            assert gui.call(int, "12", timeout=PATIENCE) == 12
            try:
                gui.call(fail_in_gui)
            except KeyError:
                return traceback.format_exc()
            raise AssertionError

        return await in_thread(ask)

    gui_thread = threading.get_ident()
    trace = beside(window, main)
    assert "in ask" in trace
    assert "in fail_in_gui" in trace


def a_coroutine_gets_the_result_or_the_error_with_both_sides_frames(window: Plain) -> None:
    def fail_in_gui() -> None:
        raise KeyError("of the window")

    async def main(gui: GuiThread, loop: LoopThread) -> str:
        colour.set("green")
        assert await gui.run(threading.get_ident) == gui_thread
        assert await gui.run(colour.get) == "green"
        try:
            await gui.run(fail_in_gui)
        except KeyError:
            return traceback.format_exc()
        raise AssertionError

    gui_thread = threading.get_ident()
    trace = beside(window, main)
    assert "in main" in trace
    assert "in fail_in_gui" in trace


def what_a_posted_function_raises_is_reported_and_the_next_one_runs(window: Plain) -> None:
    told: list[str] = []

    def fail() -> None:
        raise KeyError("of the window")

    async def main(gui: GuiThread, loop: LoopThread) -> bool:
        gui.post(fail)
        return await gui.run(bool, 1)

    before = sys.excepthook
    window.report_to(lambda error: told.append(str(error)))
    try:
        assert beside(window, main)
    finally:
        sys.excepthook = before
    assert told == ["'of the window'"]


def many_calls_wake_the_gui_few_times_and_none_not_at_all(window: Plain) -> None:
    posted = threading.Event()

    async def main(gui: GuiThread, loop: LoopThread) -> list[int]:
        gui.post(posted.wait)  # the GUI is busy
        for _ in range(640):
            gui.post(int)
        posted.set()
        await gui.run(int)
        woken = [gui.statistics()["woken"]]
        # Any polling of a GUI would be seen in so long a while.
        switches = await gui.run(voluntary_switches)
        await asyncio.sleep(0.5)
        switches = await gui.run(voluntary_switches) - switches
        assert switches < 10, switches
        assert gui.statistics()["queued"] == 0
        return [*woken, gui.statistics()["woken"]]

    busy, idle = beside(window, main)
    assert busy <= 14  # 640 in batches of 64, and the beginning and end
    assert idle <= busy + 8  # three calls, each heard once or twice


def voluntary_switches() -> int:
    """How often this thread has gone to sleep."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def a_flood_of_calls_leaves_the_gui_its_turns(window: Plain) -> None:
    turns, enough = [0], threading.Event()

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        def turn() -> None:
            turns[0] += 1
            if turns[0] == 20:
                enough.set()
            else:
                window.soon(turn)

        def flood() -> None:
            while not enough.is_set():
                if gui.statistics()["queued"] < 5000:
                    gui.post(sum, range(2000))
                else:
                    enough.wait(0.0001)

        gui.post(window.soon, turn)
        await asyncio.gather(in_thread(flood), in_thread(flood))

    beside(window, main)


def while_the_gui_waits_for_a_coroutine_calls_into_it_run_nested(window: Plain) -> None:
    order: list[str] = []

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        async def coroutine() -> str:
            order.append("coroutine")
            await gui.run(order.append, "run")
            await in_thread(lambda: gui.call(order.append, "call"))
            gui.post(order.append, "post")
            await gui.run(int)
            return await gui.run(lambda: loop.call(asyncio.sleep, 0, "deeper"))

        def in_gui() -> str:
            order.append("begin")
            try:
                return loop.call(coroutine)
            finally:
                order.append("end")

        assert await gui.run(in_gui) == "deeper"

    beside(window, main)
    assert order == ["begin", "coroutine", "run", "call", "post", "end"]


def a_function_that_opens_a_dialogue_does_not_keep_the_next_ones_waiting(window: Plain) -> None:
    order: list[str] = []

    def dialogue() -> None:
        order.append("open")
        window.show()
        order.append("closed")

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        gui.post(dialogue)
        await gui.run(order.append, "inside")
        gui.post(window.end)
        while len(order) < 3:
            await gui.run(int)

    beside(window, main)
    assert order == ["open", "inside", "closed"]


def the_end_of_a_call_on_the_loop_is_told_in_the_guis_thread(window: Plain) -> None:
    told: list[tuple[str, int]] = []

    async def fetch() -> str:
        return await asyncio.sleep(0, "fetched")

    def show(call: Call[str]) -> None:
        told.append((call.result(), threading.get_ident()))
        window.end()

    with LoopThread() as loop, window.gui() as gui:
        gui.when_done(loop.start(fetch), show)
        window.show()
    assert told == [("fetched", threading.get_ident())]


def a_call_cancelled_before_it_began_never_begins(window: Plain) -> None:
    began: list[int] = []
    go_on = threading.Event()

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        gui.post(go_on.wait)
        task = asyncio.create_task(gui.run(began.append, 1))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        go_on.set()
        await gui.run(int)

    beside(window, main)
    assert began == []


def a_cancelled_caller_waits_for_a_function_that_has_begun(window: Plain) -> None:
    began, saw = threading.Event(), list[bool]()

    def until_cancelled() -> None:
        began.set()
        while not cancelled():
            threading.Event().wait(0.001)
        saw.append(True)

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        task = asyncio.create_task(gui.run(until_cancelled))
        await in_thread(began.wait)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert saw == [True]

    beside(window, main)


def when_the_window_goes_nobody_waits_and_calls_are_refused(window: Plain) -> None:
    go_on = threading.Event()
    refused: list[str] = []

    with LoopThread() as loop:
        gui = window.gui()

        def close() -> None:
            go_on.wait()
            window.destroy()
            if type(window) is Plain:  # which is not told
                gui.close()
                window.end()

        async def wait() -> None:
            gui.post(close)
            task = asyncio.create_task(gui.run(int))
            thread: asyncio.Task[int] = asyncio.create_task(in_thread(lambda: gui.call(int)))
            while gui.statistics()["queued"] < 2:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0)
            go_on.set()
            for waiting in (task, thread):
                try:
                    await waiting
                except LoopClosed as error:
                    refused.append(str(error))

        call = loop.start(wait)
        window.show()
        call.result(PATIENCE)
        for late in (lambda: gui.post(int), lambda: gui.call(int), lambda: loop.call(gui.run, int)):
            try:
                late()
            except LoopClosed as error:
                refused.append(str(error))
    assert (
        refused
        == ["the GUI was closed before the call began"] * 2 + ["the GUI has been closed"] * 3
    )


CLAIMS: dict[str, Callable[[Plain], None]] = {
    claim.__name__: claim
    for claim in (
        what_is_posted_runs_in_the_guis_thread_in_order,
        a_thread_gets_the_result_or_the_error_with_both_sides_frames,
        a_coroutine_gets_the_result_or_the_error_with_both_sides_frames,
        what_a_posted_function_raises_is_reported_and_the_next_one_runs,
        many_calls_wake_the_gui_few_times_and_none_not_at_all,
        a_flood_of_calls_leaves_the_gui_its_turns,
        while_the_gui_waits_for_a_coroutine_calls_into_it_run_nested,
        a_function_that_opens_a_dialogue_does_not_keep_the_next_ones_waiting,
        the_end_of_a_call_on_the_loop_is_told_in_the_guis_thread,
        a_call_cancelled_before_it_began_never_begins,
        a_cancelled_caller_waits_for_a_function_that_has_begun,
        when_the_window_goes_nobody_waits_and_calls_are_refused,
    )
}


def main(name: str) -> None:
    for claim in CLAIMS.values():
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        problem = ""
        window = WINDOWS[name]()
        try:
            claim(window)
        except BaseException:  # noqa: BLE001  # the test shows it
            problem = traceback.format_exc()
        window.destroy()
        del window
        gc.collect()
        sys.stdout.write(json.dumps([claim.__name__, problem]) + "\n")
        sys.stdout.flush()
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(sys.argv[1])
