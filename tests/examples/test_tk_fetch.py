"""The windows on a virtual screen, a slow server beside them; what is seen, and when."""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.examples.programs import EXAMPLES, PATIENCE, Process, free_port, started
from tests.screen import screen

pytestmark = pytest.mark.timeout(90)

FOLDER = EXAMPLES / "tk_fetch"
DRIVER = Path(__file__).parent / "tk_driver.py"

on_both_loops = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, str]]:
    """The environment of programs that are shown."""
    if importlib.util.find_spec("tkinter") is None:
        assert not os.environ.get("PLAIT_TEST_ALL"), "tkinter is not installed"
        pytest.skip("tkinter is not installed")
    with screen() as environment:
        yield environment


@contextmanager
def server(seconds: float) -> Iterator[tuple[Process, str]]:
    words = ["--port", "0", "--seconds", str(seconds)]
    program = str(FOLDER / "slow_server.py")
    with started(sys.executable, "-W", "error", program, *words, ready="listening on") as process:
        yield process, process.first_line.split()[-1]  # type: ignore[attr-defined]


class Driven:
    """A window, as who sits before it knows it."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def do(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def until(self, begins: str) -> list[str]:
        """The lines up to the one that begins so, with it."""
        assert self.process.stdout is not None
        lines: list[str] = []
        while not (lines and lines[-1].startswith(begins)):
            line = self.process.stdout.readline()
            assert line, (lines[-20:], self.process.communicate()[1])
            lines.append(line.rstrip("\n"))
        return lines

    def ended(self) -> tuple[int, str]:
        """Exit status and what it complained of."""
        errors = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, errors


@contextmanager
def window(shown: dict[str, str], program: str, *words: str) -> Iterator[Driven]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(DRIVER), str(FOLDER / program), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=shown,
    )
    try:
        driven = Driven(process)
        driven.until("shown")
        yield driven
    finally:
        process.kill()
        process.communicate()


def said(process: Process, line: str) -> bool:
    """Whether the server says this; waits for it."""
    assert process.stdout is not None
    return any(each.rstrip("\n") == line for each in process.stdout)


@on_both_loops
def test_the_window_lives_while_the_request_is_under_way(shown: dict[str, str], loop: str) -> None:
    with server(3600) as (_, url), window(shown, "window.py", url, "--loop", loop) as driven:
        driven.do("press")
        driven.until("answer: ")
        for _ in range(10):
            driven.until("status:")
        driven.until("answer: ")  # under way all the time
        driven.do("close")
        assert driven.ended() == (0, "")


def test_the_naive_window_does_not(shown: dict[str, str]) -> None:
    with server(1) as (_, url), window(shown, "frozen.py", url) as driven:
        driven.do("press")
        driven.until("pressed")
        assert driven.until("answer: 260 bytes") == ["answer: fetching", "answer: 260 bytes"]
        driven.until("status:")
        driven.do("close")
        assert driven.ended() == (0, "")


@on_both_loops
def test_closing_the_window_cancels_the_request(shown: dict[str, str], loop: str) -> None:
    with (
        server(3600) as (slow, url),
        window(shown, "window.py", url, "--loop", loop) as driven,
    ):
        driven.do("press")
        driven.until("answer: ")
        driven.do("close")
        assert said(slow, "the client has gone")
        driven.until("ended")
        assert driven.ended() == (0, "")


@on_both_loops
def test_the_button_cancels_and_starts_again(shown: dict[str, str], loop: str) -> None:
    with (
        server(3600) as (slow, url),
        window(shown, "window.py", url, "--loop", loop) as driven,
    ):
        for _ in range(2):
            driven.do("press")
            driven.until("answer: ")
            driven.do("press")
            driven.until("answer: cancelled")
            assert said(slow, "the client has gone")


@on_both_loops
def test_the_answer_is_shown(shown: dict[str, str], loop: str) -> None:
    with server(0.3) as (slow, url), window(shown, "window.py", url, "--loop", loop) as driven:
        driven.do("press")
        driven.until("answer: 78 bytes so far")
        driven.until("answer: 78 bytes")
        assert said(slow, "answered")


@pytest.mark.parametrize("program", ["window.py", "frozen.py"])
def test_a_server_that_is_not_there_is_shown_too(shown: dict[str, str], program: str) -> None:
    with window(shown, program, f"http://127.0.0.1:{free_port()}/") as driven:
        driven.do("press")
        driven.until("answer: failed: ")
        driven.until("status:")
        driven.do("close")
        assert driven.ended() == (0, "")


@pytest.mark.parametrize("program", ["window.py", "frozen.py"])
def test_ctrl_c_ends_it(shown: dict[str, str], program: str) -> None:
    with window(shown, program, "http://127.0.0.1:9/") as driven:
        driven.process.send_signal(signal.SIGINT)
        driven.until("ended")
        assert driven.ended() == (0, "")


def test_ctrl_c_ends_the_window_while_it_fetches(shown: dict[str, str]) -> None:
    with server(3600) as (slow, url), window(shown, "window.py", url) as driven:
        driven.do("press")
        driven.until("answer: ")
        driven.process.send_signal(signal.SIGINT)
        assert said(slow, "the client has gone")
        driven.until("ended")
        assert driven.ended() == (0, "")


def test_ctrl_c_ends_the_server() -> None:
    with server(1) as (slow, _):
        slow.send_signal(signal.SIGINT)
        assert slow.communicate(timeout=PATIENCE) == ("", "")
        assert slow.returncode == 0
