"""Rows in, what each of their ways took out: the ways take turns, round by round."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final, Literal

from benchmarks.merge.checks import Check, Output, WrongOutput, merged
from benchmarks.merge.data import Data
from benchmarks.merge.process import CommandFailed, Usage
from benchmarks.merge.ways import Way


@dataclass(frozen=True)
class Effort:
    """How many rounds, of how much."""

    rounds: int
    slow: int  # rounds of ways that are slow
    small: int  # rounds of commands that take no time
    size: float  # megabytes a file


FULL: Final = Effort(rounds=5, slow=3, small=40, size=100)
QUICK: Final = Effort(rounds=3, slow=2, small=20, size=15)


NOT_INSTALLED: Final = "not installed"


@dataclass(frozen=True)
class Goal:
    """What the ratio should be at least (of speeds) or at most (of times)."""

    bound: float
    of: Literal["speed", "time"] = "speed"

    def verdict(self, ratio: float) -> str:
        """`holds`, or how far it is."""
        if ratio >= self.bound if self.of == "speed" else ratio <= self.bound:
            return "holds"
        share = f"{ratio / self.bound:.2f}"
        return f"{share} of the goal" if self.of == "speed" else f"{share} times the goal"

    def __str__(self) -> str:
        return f"at {'least' if self.of == 'speed' else 'most'} {self.bound:g}"


@dataclass(frozen=True)
class Row:
    """plait's way beside a peer's, which may be one with other logs."""

    what: str
    ours: Way
    peer: Way
    goal: Goal | None = None

    @property
    def name(self) -> str:
        """What `--only` chooses by."""
        return f"{self.what}: {self.ours.name} / {self.peer.name}"

    @property
    def is_of_times(self) -> bool:
        """Whether seconds are compared, and not speeds."""
        return self.goal is not None and self.goal.of == "time"


@dataclass(frozen=True)
class Race:
    """Rows whose ways take turns."""

    rows: Sequence[Row]
    small: bool = False  # commands that take no time

    @property
    def ways(self) -> list[Way]:
        """Each once, the peers before."""
        ways = [row.peer for row in self.rows] + [row.ours for row in self.rows]
        return list(dict.fromkeys(ways))


@dataclass
class Taken:
    """What a way took, round by round; or why there is nothing to show."""

    usages: list[Usage] = field(default_factory=list)
    failure: str = ""

    @property
    def seconds(self) -> float:
        """The median."""
        return median(usage.seconds for usage in self.usages)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most seconds."""
        seconds = [usage.seconds for usage in self.usages]
        return min(seconds), max(seconds)

    @property
    def memory(self) -> int:
        """The greatest peak, in bytes."""
        return max(usage.memory for usage in self.usages)


def run(race: Race, effort: Effort, folder: Path, judge: "Judge") -> dict[Way, Taken]:
    """Each way once, to have its output checked and everything in the cache; then the rounds."""
    taken = {way: Taken(failure="" if way.is_there else NOT_INSTALLED) for way in race.ways}
    rounds = effort.small if race.small else effort.rounds
    for number in range(rounds + 1):
        order = race.ways if number % 2 else race.ways[::-1]
        for way in order:
            if taken[way].failure or (way.slow and number > effort.slow):
                continue
            try:
                usage, output = way.run(folder)
                judge.check(way, output)
            except (CommandFailed, WrongOutput) as error:
                taken[way].failure = str(error)
            else:
                taken[way].usages += [usage] * (number > 0)
    return taken


class Judge:
    """Says whether outputs are right, and looks closely only at those it has not seen.

    All merges of the same logs in time order must give the same bytes.
    """

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[Data, Check], set[str]] = defaultdict(set)

    def check(self, way: Way, output: Output) -> None:
        """Raise `WrongOutput` if this way had to write something else."""
        seen = self._seen[way.data.plain, way.check]
        digest = output.digest()
        if digest in seen:
            return
        if seen and way.check is merged:
            raise WrongOutput("it is not what the others wrote")
        way.check(output, way.data)
        seen.add(digest)
