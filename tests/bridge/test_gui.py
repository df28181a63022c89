"""Calls into a GUI's main loop: the claims for each toolkit, and what no toolkit adds to."""

import asyncio
import gc
import importlib.util
import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plait.bridge import AffineThread, Call, GuiThread, LoopThread, run_in_thread
from plait.errors import BridgeError, LoopClosed, WouldDeadlock
from tests.bridge.gui_claims import CLAIMS, beside, in_thread
from tests.bridge.loops import Factory, on_every_loop
from tests.bridge.windows import Plain
from tests.screen import screen

pytestmark = pytest.mark.timeout(60)

PACKAGES = {"tk": "tkinter", "tk without file handlers": "tkinter", "qt": "PySide6"}


@pytest.fixture(scope="module", params=PACKAGES)
def proved(request: pytest.FixtureRequest) -> dict[str, str]:
    """What is wrong with each claim, of one toolkit; in a process of its own."""
    package = PACKAGES[request.param]
    if importlib.util.find_spec(package) is None:
        assert not os.environ.get("PLAIT_TEST_ALL"), f"{package} is not installed"
        pytest.skip(f"{package} is not installed")
    words = [sys.executable, "-W", "error", "-m", "tests.bridge.gui_claims", request.param]
    with screen() as environment:
        environment["QT_QPA_PLATFORM"] = "offscreen"
        done = subprocess.run(
            words, capture_output=True, text=True, env=environment, timeout=50, check=False
        )
    said: dict[str, str] = dict(json.loads(line) for line in done.stdout.splitlines())
    unsaid = done.stderr or f"it ended with {done.returncode} before"
    said.update({claim: unsaid for claim in CLAIMS if claim not in said})
    said["stderr"] = done.stderr
    return said


@pytest.mark.parametrize("claim", CLAIMS)
def test_in_a_toolkit(claim: str, proved: dict[str, str]) -> None:
    if proved[claim]:
        pytest.fail(proved[claim], pytrace=False)


def test_a_toolkit_has_nothing_to_complain_of(proved: dict[str, str]) -> None:
    assert proved["stderr"] == ""


@pytest.fixture
def window() -> Iterator[Plain]:
    window = Plain()
    yield window
    window.close()


@pytest.mark.parametrize("claim", CLAIMS)
def test_in_a_loop_of_our_own(claim: str, window: Plain) -> None:
    CLAIMS[claim](window)


@pytest.mark.parametrize("claim", CLAIMS)
def test_without_event_descriptors(
    claim: str, window: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "eventfd", raising=False)
    CLAIMS[claim](window)


@on_every_loop
def test_many_tasks_and_threads_call_at_once(factory: Factory, window: Plain) -> None:
    seen: list[int] = []

    def in_gui(number: int) -> int:
        seen.append(number)  # in one thread only, so without a lock
        return number

    async def tasks() -> int:
        return sum(await asyncio.gather(*(gui.run(in_gui, number) for number in range(300))))

    def from_thread() -> None:
        numbers.append(sum(gui.call(in_gui, number) for number in range(300)))

    numbers: list[int] = []
    threads = [threading.Thread(target=from_thread) for _ in range(4)]
    with LoopThread(loop_factory=factory) as loop, window.gui() as gui:

        def finish() -> None:
            for thread in threads:
                thread.join()
            gui.post(window.end)

        for thread in threads:
            thread.start()
        call = loop.start(tasks)
        call.add_done_callback(lambda call: threading.Thread(target=finish).start())
        window.show()
        assert call.result() == sum(range(300))
    assert numbers == [sum(range(300))] * 4
    assert sorted(seen) == sorted([*range(300)] * 5)


def test_on_the_guis_own_thread_a_call_is_simply_a_call(window: Plain) -> None:
    async def main() -> int:
        return await gui.run(threading.get_ident)

    with window.gui() as gui:
        assert gui.call(threading.get_ident) == threading.get_ident()
        assert asyncio.run(main()) == threading.get_ident()
        assert gui.statistics() == {"queued": 0, "woken": 0}


def test_after_the_timeout_a_call_that_has_not_begun_never_does(window: Plain) -> None:
    began: list[int] = []
    go_on = threading.Event()

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        gui.post(go_on.wait)
        with pytest.raises(TimeoutError, match=r"append did not end in 0\.01 s"):
            await in_thread(lambda: gui.call(began.append, 1, timeout=0.01))
        go_on.set()
        await gui.run(int)

    beside(window, main)
    assert began == []


def test_after_the_timeout_a_call_that_has_begun_goes_on(window: Plain) -> None:
    ended: list[int] = []
    go_on = threading.Event()

    def in_gui() -> None:
        go_on.wait()
        ended.append(1)

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        with pytest.raises(TimeoutError):
            await in_thread(lambda: gui.call(in_gui, timeout=0.01))
        go_on.set()
        await gui.run(int)

    beside(window, main)
    assert ended == [1]


# the waits that could never end


def test_a_call_on_an_event_loops_thread_is_refused(window: Plain) -> None:
    async def main(gui: GuiThread, loop: LoopThread) -> None:
        with pytest.raises(WouldDeadlock, match="await it instead"):
            gui.call(int)

    beside(window, main)


def test_a_circle_through_the_gui_is_an_error_with_both_stacks(window: Plain) -> None:
    errors: list[str] = []

    async def main(gui: GuiThread, loop: LoopThread) -> None:
        def in_worker() -> None:
            note(lambda: gui.call(in_gui))

        def in_gui() -> None:
            note(lambda: loop.call(wait_for_worker))

        async def wait_for_worker() -> None:
            await worker

        worker = asyncio.create_task(run_in_thread(in_worker))
        await asyncio.wait([worker])

    def note(call: Callable[[], object]) -> None:
        try:
            call()
        except WouldDeadlock as error:
            errors.append(str(error))

    beside(window, main)
    assert errors  # of whichever of the two looked first
    assert "wait_for_worker" in errors[0]
    assert "in_worker" in errors[0]
    assert "in_gui" in errors[0]


def test_a_function_in_the_gui_may_take_the_token_that_its_caller_holds(window: Plain) -> None:
    async def main(gui: GuiThread, loop: LoopThread) -> str:
        from plait.bridge import Limiter

        only = Limiter(1)

        async def again() -> str:
            return await run_in_thread(str, "again", limiter=only)

        return await run_in_thread(lambda: gui.call(lambda: loop.call(again)), limiter=only)

    assert beside(window, main) == "again"


# the end


def test_a_thread_that_ended_without_closing_leaves_nobody_waiting() -> None:
    guis: list[GuiThread] = []
    watched: list[int] = []

    def dies() -> None:
        guis.append(GuiThread(lambda fd, callback: watched.clear))

    thread = threading.Thread(target=dies)
    thread.start()
    thread.join()
    with pytest.raises(LoopClosed):
        guis[0].call(int)


def test_only_the_guis_own_thread_closes(window: Plain) -> None:
    async def main(gui: GuiThread, loop: LoopThread) -> None:
        with pytest.raises(BridgeError, match=r"post\(gui\.close\)"):
            gui.close()

    beside(window, main)


def test_a_closed_one_holds_nothing_of_the_toolkit() -> None:
    class Widget:
        def watch(self, fd: int, callback: object) -> Callable[[], None]:
            return self.unwatch

        def unwatch(self) -> None: ...

        def tell(self, error: BaseException) -> None: ...

    widget = Widget()
    gone = weakref.ref(widget)
    gui = GuiThread(widget.watch, report=widget.tell)
    gui.close()
    del widget
    gc.collect()
    assert gone() is None


def test_a_thread_has_one_inbox(window: Plain) -> None:
    with window.gui(), pytest.raises(BridgeError, match="has a GuiThread already"):
        window.gui()
    with AffineThread() as thread, pytest.raises(BridgeError, match="AffineThread's"):
        asyncio.run(thread.run(window.gui))
    window.gui().close()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_and_exit_stay_with_the_gui(error: type[BaseException], window: Plain) -> None:
    def stop() -> None:
        raise error

    waiting: list[Callable[[GuiThread], Any]] = [
        lambda gui: gui.run(stop),
        lambda gui: in_thread(lambda: gui.call(stop)),
    ]
    with LoopThread() as loop, window.gui() as gui:

        async def wait(number: int) -> None:
            with pytest.raises(BridgeError, match=f"stop: ended by {error.__name__}"):
                await waiting[number](gui)

        for number in range(2):
            call = loop.start(wait, number)
            with pytest.raises(error):
                window.show()
            call.result()
        gui.post(stop)
        gui.post(window.end)  # is not lost
        with pytest.raises(error):
            window.show()
        window.show()


def test_what_ends_when_the_gui_has_closed_is_not_told(window: Plain) -> None:
    told: list[Call[None]] = []

    async def wait() -> None:
        await release.wait()

    with LoopThread() as loop:
        release = asyncio.Event()
        with window.gui() as gui:
            call = loop.start(wait)
            gui.when_done(call, told.append)
        loop.call_function(release.set)
        call.result()
        with pytest.raises(LoopClosed):
            gui.when_done(call, told.append)
    assert told == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_in_a_forked_process_every_call_is_refused(window: Plain) -> None:
    with window.gui() as gui:
        gui.post(window.end)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for call in (lambda: gui.post(int), lambda: gui.call(int)):
                    with pytest.raises(LoopClosed):
                        call()
                gui.close()
                with Plain().gui() as another:  # its own
                    another.post(int)
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        window.show()  # the parent's goes on
        assert window.turns == 1
