"""The harness itself: it finds what stands still, and says how to see it again."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plait.bridge import Channel, parking
from tests.bridge.schedules import explore, test_channel, test_limiter, test_portal, test_sync
from tests.bridge.schedules.explore import Failure, Run, Scenario, find, history
from tests.bridge.schedules.primitives import Event, Lock

pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).parents[3]


def crossed(run: Run) -> None:
    """Two threads take two locks, each in its own order."""
    one, other = Lock(), Lock()

    def take(first: Lock, second: Lock) -> None:
        with first, second:
            pass

    run.thread(take, one, other)
    run.thread(take, other, one)


def test_a_deadlock_is_found_and_says_where_each_thread_waits() -> None:
    failure = find(crossed, range(100))
    assert failure is not None
    told = str(failure)
    assert told.startswith(f"seed {failure.seed}: deadlock")
    assert f"replay with: PLAIT_SEED={failure.seed} pytest " in told
    assert "test_explore.py::test_a_deadlock_is_found" in told
    assert len(re.findall(r"^thread \d, .*take:$", told, re.MULTILINE)) == 2
    assert told.count("with first, second") == 2


def test_a_thread_that_never_gets_anywhere_is_found() -> None:
    def spin(run: Run) -> None:
        channel: Channel[int] = Channel(1)
        while channel.blocking.empty():
            pass

    failure = find(spin, [0])
    assert failure is not None
    assert failure.problem.startswith("no end after")


def test_an_error_in_any_thread_is_the_runs() -> None:
    def fail() -> None:
        raise LookupError("in a thread")

    def scenario(run: Run) -> None:
        run.thread(fail)

    failure = find(scenario, [0])
    assert failure is not None
    assert "raised LookupError: in a thread" in failure.problem


def test_what_waits_where_the_scheduler_does_not_know_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explore, "_PATIENCE", 0.1)
    real = threading.Event()
    failure = find(lambda run: real.wait(), [0])
    assert failure is not None
    assert failure.problem == "the harness itself stands still"
    assert "lambda run: real.wait()" in str(failure)
    real.set()


@pytest.mark.parametrize(
    ("scenario", "seeds"),
    [
        (test_channel.traffic, 40),
        (test_limiter.calls, 40),
        (test_portal.calls, 40),
        (test_sync.condition, 20),
    ],
)
def test_the_same_seed_gives_the_same_steps(scenario: Scenario, seeds: int) -> None:
    for seed in range(seeds):
        first = history(scenario, seed)
        assert len(first) > 20
        assert history(scenario, seed) == first


def test_other_seeds_give_other_steps() -> None:
    assert len({"".join(history(test_channel.echo, seed)) for seed in range(40)}) == 40


@pytest.mark.parametrize("name", ["test_channel.traffic", "test_limiter.calls"])
def test_another_process_takes_the_same_steps(name: str) -> None:
    program = (
        "import sys\n"
        "from tests.bridge.schedules import test_channel, test_limiter\n"
        "from tests.bridge.schedules.explore import history\n"
        f"for seed in range(20): print(*history({name}, seed), sep='\\n')\n"
    )

    def run(hash_seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", program]
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True
        ).stdout

    first = run("1")
    assert first.count(b"\n") > 1000
    assert run("2") == first


RACE = """
from tests.bridge.schedules.explore import Run, explore

def race(run: Run) -> None:
    count = 0

    def add() -> None:
        nonlocal count
        before = count
        run.pause()
        count = before + 1

    def check() -> None:
        assert count == 2

    run.thread(add)
    run.thread(add)
    run.at_rest(check)

def test_race() -> None:
    explore(race, 100)
"""


def test_the_command_that_a_failure_names_fails_in_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "test_race.py").write_text(RACE, "utf-8")
    environment = {name: value for name, value in os.environ.items() if "PLAIT_SEED" not in name}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])

    def run(command: str) -> list[str]:
        words = command.replace("pytest", f"{sys.executable} -m pytest -p no:cacheprovider", 1)
        told = subprocess.run(
            words, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
        ).stdout
        return re.findall(r"^E +(.*)", told, re.MULTILINE)

    told = run("pytest test_race.py")
    assert "AssertionError: assert 1 == 2" in told[0]
    command = told[1].partition("replay with: ")[2]
    assert command.startswith("PLAIT_SEED=")
    assert run(command) == told


def test_a_seed_asked_for_is_the_first_and_alone_the_only_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds: list[int] = []

    def scenario(run: Run) -> None:
        seeds.append(run.seed)

    monkeypatch.delenv("PLAIT_SEEDS", raising=False)
    monkeypatch.setenv("PLAIT_SEED", "70")
    explore.explore(scenario, 3)
    monkeypatch.setenv("PLAIT_SEEDS", "2")
    explore.explore(scenario, 3)
    monkeypatch.delenv("PLAIT_SEED")
    explore.explore(scenario, 3)
    assert seeds == [70, 70, 71, 0, 1]


def test_time_passes_without_being_waited_for() -> None:
    def scenario(run: Run) -> None:
        event, begun = Event(), run.scheduler.now
        assert not event.wait(1e6)
        assert run.scheduler.now == begun + 1e6

    began = time.monotonic()
    assert find(scenario, range(10)) is None
    assert time.monotonic() - began < 1e6


def test_afterwards_the_bridge_has_its_own_locks_and_clock() -> None:
    def scenario(run: Run) -> None:
        assert isinstance(parking.Parker()._lock, Lock)

    assert find(scenario, [0]) is None
    assert vars(parking)["threading"] is threading
    assert type(parking.Parker()._lock) is type(threading.Lock())


def test_a_failure_is_an_assertion_that_failed() -> None:
    with pytest.raises(Failure) as caught:
        explore.explore(crossed, 100)
    assert isinstance(caught.value, AssertionError)
