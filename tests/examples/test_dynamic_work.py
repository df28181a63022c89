"""Work that grows while a loop in another thread does it: results, timers, Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from plait.bridge.loops import LOOPS
from tests.examples.programs import EXAMPLES, PATIENCE, Process, run, started

WALK = "dynamic_work/walk.py"

pytestmark = pytest.mark.timeout(60)

on_each_loop = pytest.mark.parametrize("loop", LOOPS)

Start = Callable[..., Process]


@pytest.fixture(params=LOOPS)
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    with ExitStack() as programs:

        def start(*words: str) -> Process:
            program = (sys.executable, "-W", "error", EXAMPLES / WALK, "--loop", request.param)
            return programs.enter_context(started(*program, *words))

        yield start


def read_until(process: Process, text: str) -> list[str]:
    """The lines up to the first with this text."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.removesuffix("\n"))
        if text in line:
            return lines
    raise AssertionError((lines, process.communicate()))


@on_each_loop
def test_every_page_is_read_once_though_none_but_the_first_was_known(loop: str) -> None:
    done = run(WALK, "--depth", "2", "--seconds", "0.001", "--loop", loop)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, total = done.stdout.splitlines()
    pages = sorted(line.split(":")[0] for line in lines if not line.startswith("..."))
    below = [f"/{one}{two}" for one in "123" for two in ["", *"123"]]
    assert pages == ["/", *below]
    assert "/22: there is no such page" in lines
    assert total == "12 read, 1 failed, 0 cancelled"


@on_each_loop
def test_results_come_as_they_complete_not_as_they_were_started(loop: str) -> None:
    done = run(WALK, "--depth", "1", "--seconds", "0.2", "--every", "60", "--loop", loop)
    first, *pages, _ = done.stdout.splitlines()
    assert first == "/: 3 below"
    assert pages == ["/3: 0 below", "/2: 0 below", "/1: 0 below"]


def test_a_timer_tells_of_the_progress_while_the_main_thread_waits(start: Start) -> None:
    process = start("--at-once", "2", "--seconds", "1000", "--every", "0.01")
    read_until(process, "/: 3 below")
    for _ in range(2):
        assert read_until(process, "...")[-1] == "... 2 under way, 1 to go"


def test_ctrl_c_cancels_what_runs_and_waits_for_its_cleanup(start: Start) -> None:
    process = start("--seconds", "1000", "--every", "0.01")
    read_until(process, "... 3 under way")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    first, *tidied, total = [line for line in out.splitlines() if not line.startswith("...")]
    assert first == "Ctrl-C: cancelling /1, /2, /3"
    assert sorted(tidied) == [f"/{number}: tidied up" for number in (1, 2, 3)]
    assert total == "1 read, 0 failed, 3 cancelled"
    assert (process.returncode, err) == (130, "")


def test_a_second_ctrl_c_waits_for_nothing(start: Start) -> None:
    process = start("--seconds", "1000", "--tidy", "1000", "--every", "0.01")
    read_until(process, "... 3 under way")
    process.send_signal(signal.SIGINT)
    read_until(process, "Ctrl-C: cancelling")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (-signal.SIGINT, "")


def test_when_the_time_is_over_it_ends_in_the_same_way(start: Start) -> None:
    process = start("--seconds", "1000", "--every", "60", "--most", "1")
    out, err = process.communicate(timeout=PATIENCE)
    assert out.splitlines()[1] == "the time is over: cancelling /1, /2, /3"
    assert out.splitlines()[-1] == "1 read, 0 failed, 3 cancelled"
    assert (process.returncode, err) == (0, "")
