"""Two routines that take turns, in several forms: all give the same."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

BY_HAND = Path(__file__).parents[2] / "examples" / "by_hand"
TURNS = r"""
countdown 3
    spinner |
countdown 2
    spinner /
countdown 1
    spinner -
lift-off
    spinner \
""".removeprefix("\n")

pytestmark = pytest.mark.timeout(60)


def run(name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(BY_HAND / f"{name}.py")],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def needs_greenlet(name: str) -> bool:
    return name == "greenlets" and importlib.util.find_spec("greenlet") is None


@pytest.mark.parametrize("name", ["generators", "greenlets", "coroutines", "classes"])
def test_all_forms_take_the_same_turns(name: str) -> None:
    if needs_greenlet(name):
        pytest.skip("greenlet is not installed")
    done = run(name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == TURNS


def test_without_greenlet_the_example_says_what_to_install() -> None:
    if not needs_greenlet("greenlets"):
        pytest.skip("greenlet is installed")
    done = run("greenlets")
    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install greenlet" in done.stderr


def test_the_bridge_gives_the_items_that_the_class_by_hand_gives() -> None:
    done = run("bridged")
    assert (done.returncode, done.stderr) == (0, "")
    by_hand, bridged = (
        [line.removeprefix(form) for line in done.stdout.splitlines() if line.startswith(form)]
        for form in ("by hand ", "bridged ")
    )
    assert by_hand == bridged == ["3", "2", "1"]


def test_every_example_is_run() -> None:
    run_here = {"generators", "greenlets", "coroutines", "classes", "bridged"}
    assert {path.stem for path in BY_HAND.glob("*.py")} == run_here
