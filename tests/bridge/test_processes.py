"""Calls in worker processes: what comes back, what is cancelled, what is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from plait.bridge.processes import ProcessPool, run_in_process
from plait.bridge.threads import run_in_thread
from plait.errors import BridgeError, ProcessDied, UsageError

pytestmark = pytest.mark.timeout(20)

T = TypeVar("T")

ROOT = Path(__file__).parents[2]


class Meeting:
    """Two pipes by name: a function says that it has begun, and waits to be told to go on."""

    def __init__(self, folder: Path) -> None:
        self.begun, self.go_on = folder / "begun", folder / "go_on"
        os.mkfifo(self.begun)
        os.mkfifo(self.go_on)

    def attend(self) -> int:
        self.begun.write_text(str(os.getpid()))
        self.go_on.read_text()
        return os.getpid()

    async def wait_begun(self) -> int:
        """The number of the process that attends."""
        return int(await run_in_thread(self.begun.read_text))

    def let_go(self) -> None:
        self.go_on.write_text("")


@pytest.fixture
def meeting(tmp_path: Path) -> Meeting:
    return Meeting(tmp_path)


class Unpicklable(Exception):
    """It goes out, but does not come back."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def add(one: int, *, two: int) -> int:
    return one + two


def raise_lookup_error() -> None:
    raise LookupError("gone")


def raise_unpicklable() -> None:
    raise Unpicklable(1, 2)


def give_a_lock() -> object:
    return threading.Lock()


def interrupt_myself() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "went on"


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def with_pool(body: Callable[[ProcessPool], Coroutine[Any, Any, T]], size: int = 1) -> T:
    """What the body gives, on a loop, with a pool."""

    async def main() -> T:
        async with ProcessPool(size) as pool:
            return await body(pool)

    return asyncio.run(main())


def test_without_a_pool_a_call_runs_in_another_process() -> None:
    assert asyncio.run(run_in_process(os.getpid)) != os.getpid()


def test_arguments_go_there_and_the_result_comes_back() -> None:
    async def body(pool: ProcessPool) -> int:
        return await run_in_process(partial(add, two=2), 1, pool=pool)

    assert with_pool(body) == 3


def test_an_exception_comes_back_with_the_traceback_as_a_note() -> None:
    async def body(pool: ProcessPool) -> LookupError:
        with pytest.raises(LookupError, match="gone") as caught:
            await run_in_process(raise_lookup_error, pool=pool)
        return caught.value

    assert "in raise_lookup_error" in with_pool(body).__notes__[0]


def test_an_exit_in_the_function_is_raised_at_the_caller() -> None:
    async def body(pool: ProcessPool) -> None:
        with pytest.raises(SystemExit, match="3"):
            await run_in_process(sys.exit, 3, pool=pool)

    with_pool(body)


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (give_a_lock, TypeError, "cannot pickle"),
        (raise_unpicklable, BridgeError, "Unpicklable: 1 and 2"),
    ],
)
def test_an_outcome_that_cannot_be_pickled_is_an_error_and_the_worker_goes_on(
    function: Callable[[], object], error: type[Exception], text: str
) -> None:
    async def body(pool: ProcessPool) -> bool:
        before = await run_in_process(os.getpid, pool=pool)
        with pytest.raises(error, match=text):
            await run_in_process(function, pool=pool)
        return await run_in_process(os.getpid, pool=pool) == before

    assert with_pool(body)


def test_arguments_that_cannot_be_pickled_are_an_error_that_starts_no_process() -> None:
    async def body(pool: ProcessPool) -> int:
        with pytest.raises(TypeError, match="cannot pickle"):
            await run_in_process(id, threading.Lock(), pool=pool)
        return pool.statistics()["processes"]

    assert with_pool(body) == 0


def test_a_process_that_dies_is_a_named_error_and_is_replaced() -> None:
    async def body(pool: ProcessPool) -> tuple[int | None, int]:
        with pytest.raises(ProcessDied, match="exit code 7") as caught:
            await run_in_process(os._exit, 7, pool=pool)
        await run_in_process(os.getpid, pool=pool)
        return caught.value.exit_code, pool.statistics()["died"]

    assert with_pool(body) == (7, 1)


def test_a_worker_that_died_while_idle_is_not_called() -> None:
    async def body(pool: ProcessPool) -> bool:
        first = await run_in_process(os.getpid, pool=pool)
        os.kill(first, signal.SIGKILL)
        await run_in_thread(pool._idle[0].join)
        return await run_in_process(os.getpid, pool=pool) != first

    assert with_pool(body)


def test_cancelled_half_way_the_process_is_gone_and_replaced(meeting: Meeting) -> None:
    async def body(pool: ProcessPool) -> tuple[bool, bool]:
        call = asyncio.create_task(run_in_process(meeting.attend, pool=pool))
        process = await meeting.wait_begun()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        gone = not is_alive(process)
        return gone, await run_in_process(os.getpid, pool=pool) != process

    assert with_pool(body) == (True, True)


def test_a_failing_task_group_kills_what_its_calls_run(meeting: Meeting) -> None:
    async def body(pool: ProcessPool) -> int:
        async def fail() -> None:
            begun.append(await meeting.wait_begun())
            raise LookupError("gone")

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(run_in_process(meeting.attend, pool=pool))
                group.create_task(fail())

        begun: list[int] = []
        with pytest.raises(ExceptionGroup):
            await main()
        return begun[0]

    assert not is_alive(with_pool(body))


def test_cancelled_while_it_waits_for_a_worker_a_call_never_begins(meeting: Meeting) -> None:
    async def body(pool: ProcessPool) -> int:
        first = asyncio.create_task(run_in_process(meeting.attend, pool=pool))
        await meeting.wait_begun()
        second = asyncio.create_task(run_in_process(os.getpid, pool=pool))
        for _ in range(3):  # the steps of its tasks
            await asyncio.sleep(0)
        assert pool.statistics()["waiting"] == 1
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        meeting.let_go()
        await first
        return pool.statistics()["calls"]

    assert with_pool(body) == 1


def test_a_cancelled_call_that_waits_leaves_the_process_to_its_end(meeting: Meeting) -> None:
    async def body(pool: ProcessPool) -> tuple[bool, bool]:
        call = asyncio.create_task(run_in_process(meeting.attend, on_cancel="wait", pool=pool))
        process = await meeting.wait_begun()
        call.cancel()
        await asyncio.sleep(0)
        waits = not call.done()
        await run_in_thread(meeting.let_go)
        with pytest.raises(asyncio.CancelledError):
            await call
        return waits, await run_in_process(os.getpid, pool=pool) == process

    assert with_pool(body) == (True, True)


def test_an_abandoned_call_goes_on_alone_and_keeps_its_worker(meeting: Meeting) -> None:
    async def body(pool: ProcessPool) -> tuple[int, bool]:
        call = asyncio.create_task(run_in_process(meeting.attend, on_cancel="abandon", pool=pool))
        process = await meeting.wait_begun()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        busy = pool.statistics()["busy"]
        await run_in_thread(meeting.let_go)
        return busy, await run_in_process(os.getpid, pool=pool) == process

    assert with_pool(body) == (1, True)


def test_never_are_there_more_processes_than_the_pool_has_places() -> None:
    async def body(pool: ProcessPool) -> set[int]:
        return set(await asyncio.gather(*(run_in_process(os.getpid, pool=pool) for _ in range(8))))

    assert len(with_pool(body, size=2)) <= 2


def test_leaving_the_pool_kills_what_runs_and_tells_its_caller(meeting: Meeting) -> None:
    async def main() -> int:
        async with ProcessPool(1) as pool:
            call = asyncio.create_task(run_in_process(meeting.attend, pool=pool))
            process = await meeting.wait_begun()
        with pytest.raises(BridgeError, match=r"attend: the process pool was closed"):
            await call
        return process

    assert not is_alive(asyncio.run(main()))


def test_leaving_the_pool_leaves_no_idle_process_behind() -> None:
    async def body(pool: ProcessPool) -> int:
        return await run_in_process(os.getpid, pool=pool)

    assert not is_alive(with_pool(body))


def test_a_call_of_a_closed_pool_is_an_error() -> None:
    with ProcessPool(1) as pool:
        pass
    with pytest.raises(BridgeError, match="closed"):
        asyncio.run(run_in_process(os.getpid, pool=pool))


def test_a_blocking_program_closes_a_pool_as_well() -> None:
    with ProcessPool(1) as pool:
        process = asyncio.run(run_in_process(os.getpid, pool=pool))
    assert not is_alive(process)


def test_calls_from_several_loops_share_the_workers() -> None:
    with ProcessPool(1) as pool:
        first = asyncio.run(run_in_process(os.getpid, pool=pool))
        assert asyncio.run(run_in_process(os.getpid, pool=pool)) == first


def test_workers_pass_over_the_terminals_interrupt() -> None:
    async def body(pool: ProcessPool) -> str:
        return await run_in_process(interrupt_myself, pool=pool)

    assert with_pool(body) == "went on"


@pytest.mark.parametrize("start_method", ["spawn", "forkserver"])
def test_an_interrupt_while_a_worker_starts_does_not_end_it(
    start_method: str, tmp_path: Path
) -> None:
    script = tmp_path / "program.py"
    script.write_text(INTERRUPTED)
    program = subprocess.run(
        [sys.executable, str(script), start_method], capture_output=True, text=True, check=False
    )
    assert (program.stdout, program.stderr) == ("3\n", "")


INTERRUPTED = """
import asyncio, os, signal, sys
from plait.bridge import ProcessPool, run_in_process

if __name__ == "__mp_main__":  # a worker that reads its program, before it serves
    os.kill(os.getpid(), signal.SIGINT)
if __name__ == "__main__":
    with ProcessPool(1, start_method=sys.argv[1]) as pool:
        print(asyncio.run(run_in_process(abs, -3, pool=pool)))
"""

PROGRAM = """
import asyncio, os, signal, sys
from plait.bridge.processes import run_in_process
from tests.bridge.test_processes import open_meeting

if __name__ == "__main__":
    asyncio.run(run_in_process(open_meeting, sys.argv[1]))
"""


def open_meeting(folder: str) -> None:
    (Path(folder) / "begun").write_text(str(os.getpid()))
    with open(Path(folder) / "alive", "w"):  # closed by nobody but the end of this process
        threading.Event().wait()


def test_a_killed_program_leaves_no_busy_worker_behind(meeting: Meeting, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    program = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    process = int(meeting.begun.read_text())
    with open(tmp_path / "alive") as alive:
        program.kill()
        program.wait()
        alive.read()  # to its end, which comes with the worker's
    assert process != program.pid


def test_a_fork_server_serves_as_well() -> None:
    with ProcessPool(1, start_method="forkserver") as pool:
        assert asyncio.run(run_in_process(os.getpid, pool=pool)) != os.getpid()


def test_workers_that_fork_a_program_with_threads_are_refused() -> None:
    fork: Literal["spawn"] = "fork"  # type: ignore[assignment]  # what is tested
    with pytest.raises(UsageError, match="take spawn or forkserver"):
        ProcessPool(1, start_method=fork)


def test_another_way_to_cancel_is_refused() -> None:
    how: Literal["kill"] = "ask"  # type: ignore[assignment]  # what is tested
    with pytest.raises(UsageError, match="not 'ask'"):
        asyncio.run(run_in_process(os.getpid, on_cancel=how))
