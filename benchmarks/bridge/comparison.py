"""Two ways to do one thing in, seconds a call of each out."""

import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Final

#: Does the thing so many times (or a few fewer, so that all callers have equally many), and
#: gives the seconds one of them took.
Side = Callable[[int], Awaitable[float]]


@dataclass(frozen=True)
class Place:
    """Where a row is measured."""

    loop: str
    cores: int
    busy: bool = False  # beside a thread that spins in pure Python

    def __str__(self) -> str:
        cores = f"{self.loop}, {self.cores} core{'s' * (self.cores > 1)}"
        return f"{cores}, busy" if self.busy else cores


@dataclass(frozen=True)
class Goal:
    """The share of the peer's time that plait may take, in the places it is meant for."""

    ratio: float
    worst: float = 0.0  # what the worst of its rows may take, where that is more
    loop: str = ""
    cores: int = 0

    def applies(self, place: Place) -> bool:
        """Whether it is meant for this place. Goals are set for a process that is not busy."""
        return not place.busy and self.loop in ("", place.loop) and self.cores in (0, place.cores)

    def verdict(self, ratio: float) -> str:
        """`holds`, or by how much it is missed."""
        if ratio <= self.ratio:
            return "holds"
        if ratio <= self.worst:
            return "holds in brackets"
        return f"{ratio / (self.worst or self.ratio):.2f} times the goal"

    def __str__(self) -> str:
        return f"{share(self.ratio)} ({share(self.worst)})" if self.worst else share(self.ratio)


def share(ratio: float) -> str:
    """A ratio, with as many digits as tell it from a goal."""
    return f"{ratio:.2f}" if ratio >= 0.2 else f"{ratio:.3f}".removesuffix("0")


@dataclass(frozen=True)
class Row:
    """A peer and plait, doing the same thing; a row without a peer is a limit of the machine.

    `sides` opens, in a running loop, the peer's side and then plait's.
    """

    group: str
    what: str
    peer: str
    sides: Callable[[], AbstractAsyncContextManager[Sequence[Side]]]
    needs: tuple[str, ...] = ()  # modules
    goals: tuple[Goal, ...] = ()  # the first that applies counts
    least: int = 1  # calls in a round
    cores: int = 0  # measured on so many only

    @property
    def name(self) -> str:
        """What `--only` chooses by."""
        return f"{self.group}, {self.what}" + (f" / {self.peer}" if self.peer else "")

    @property
    def who(self) -> tuple[str, ...]:
        """The names of the sides."""
        return (self.peer, "plait") if self.peer else (self.what,)

    def goal(self, place: Place) -> Goal | None:
        """What plait should reach here."""
        return next((goal for goal in self.goals if goal.applies(place)), None)

    def missing(self) -> list[str]:
        """The packages that it needs and that are not installed."""
        return [name for name in self.needs if not _installed(name)]


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it would be in
        return False


@dataclass(frozen=True)
class Effort:
    """How many rounds, and about how many seconds each side's part of a round takes."""

    rounds: int
    seconds: float


FULL: Final = Effort(rounds=7, seconds=0.06)
# Fewer and longer: a call takes some switch intervals of 5 ms, or none by luck.
BUSY: Final = Effort(rounds=5, seconds=0.1)
QUICK: Final = Effort(rounds=3, seconds=0.02)


@dataclass(frozen=True)
class Times:
    """What a row gave: for each round the seconds a call of each side."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def peer(self) -> float:
        """The median of the first side, in microseconds."""
        return median(taken[0] for taken in self.rounds) * 1e6

    @property
    def ours(self) -> float:
        """The median of the last side, in microseconds."""
        return median(taken[-1] for taken in self.rounds) * 1e6

    @property
    def ratios(self) -> list[float]:
        """Ours as a share of the peer's, round by round, sorted."""
        return sorted(taken[-1] / taken[0] for taken in self.rounds)

    @property
    def ratio(self) -> float:
        """The median of the ratios: what disturbs a round disturbs both of its sides."""
        return median(self.ratios)


@dataclass(frozen=True)
class Failure:
    """Why a row gave nothing."""

    reason: str


class Pace:
    """A side and how many calls of it take the time of a round, by all rounds so far.

    Beside a busy thread one round may be a hundred times as slow as the one before.
    """

    def __init__(self, side: Side, least: int, seconds: float) -> None:
        self._side = side
        self._least = least
        self._wanted = seconds
        self._calls = 0
        self._taken = 0.0

    async def warm_up(self) -> None:
        """Call until a quarter of a round has gone, more and more at once."""
        calls = self._least
        while self._taken < self._wanted / 4:
            await self._measure(calls)
            calls *= 4

    async def round(self) -> float:
        """Seconds a call."""
        calls = self._calls * self._wanted / max(self._taken, 1e-9)
        return await self._measure(max(self._least, int(calls)))

    async def _measure(self, calls: int) -> float:
        seconds = await self._side(calls)
        self._calls += calls
        self._taken += seconds * calls
        return seconds


async def alternate(sides: Sequence[Pace], rounds: int) -> tuple[tuple[float, ...], ...]:
    """Seconds a call of each side, round by round; who begins changes with the round."""
    taken = []
    for number in range(rounds):
        order = list(range(len(sides)))
        if number % 2:
            order.reverse()
        seconds = {index: await sides[index].round() for index in order}
        taken.append(tuple(seconds[index] for index in range(len(sides))))
    return tuple(taken)


async def timed(repeat: Callable[[int], Awaitable[object]], calls: int) -> float:
    """Seconds a call of something that repeats itself so many times."""
    begun = perf_counter()
    await repeat(calls)
    return (perf_counter() - begun) / calls
