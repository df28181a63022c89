"""A scenario, a follower and a seed in, what was lost out."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.torture.followers import Follower
from benchmarks.torture.lines import Tally
from benchmarks.torture.scenarios import Scenario
from benchmarks.torture.stage import Stage

_NOTHING = Tally()


@dataclass(frozen=True)
class Outcome:
    """What one run gave; `trouble` says why it says nothing, if so."""

    scenario: str
    follower: str
    seed: int
    faults: int = 0
    tally: Tally = _NOTHING
    trouble: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing went wrong."""
        return not self.trouble and self.tally.holds


def play(
    kind: type[Scenario],
    follower: Follower,
    *,
    seed: int,
    seconds: float,
    keep: bool = False,
    progress: Callable[[int, int], None] = lambda faults, lines: None,
) -> Outcome:
    """Run it once; the folder is kept if `keep` says so and something went wrong."""
    if (kind.glob is not None and not follower.globs) or (kind.kills and not follower.restarts):
        return Outcome(kind.name, follower.name, seed, trouble="cannot")
    folder = Path(tempfile.mkdtemp(prefix="plait-torture-"))
    stage = Stage(folder, random.Random(f"{kind.name} {seed}"))
    outcome = Outcome(kind.name, follower.name, seed, trouble="broken off")
    try:
        outcome = _play(kind(), follower, stage, seed, seconds, progress)
    finally:
        stage.close()
        if not keep or outcome.holds:
            shutil.rmtree(folder)
    return outcome


def _play(
    scenario: Scenario,
    follower: Follower,
    stage: Stage,
    seed: int,
    seconds: float,
    progress: Callable[[int, int], None],
) -> Outcome:
    def outcome(**facts: object) -> Outcome:
        return Outcome(scenario.name, follower.name, seed, **facts)  # type: ignore[arg-type]  # its fields

    scenario.set_up(stage)
    stage.tell("go")
    stage.rest(0.1, 0.2)
    if not scenario.joined:
        stage.tell("pause")
    stage.start(follower, scenario.patterns(stage), resume=scenario.kills)
    if not scenario.joined:
        if not stage.begin():
            return outcome(trouble="never began")
        stage.tell("go")
    faults = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stage.rest(*scenario.every)
        faults += scenario.fault(stage)
        stage.take()
        progress(faults, stage.ledger.distinct)
    assert stage.running is not None
    stage.tell("pause")
    stage.settle()
    if (status := stage.running.ended) is not None:
        return outcome(faults=faults, trouble=f"ended by itself, {status}")
    stage.tell("stop")
    stage.running.end()
    stage.take_rest()
    held = stage.held() if scenario.destroys else None
    tally = stage.ledger.tally(stage.written, held, joined=scenario.joined)
    return outcome(faults=faults, tally=tally)
