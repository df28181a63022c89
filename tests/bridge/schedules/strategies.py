"""A seed in, choices out: who goes on, when it is interrupted, when time passes."""

from random import Random
from typing import Protocol, TypeVar


class Ranked(Protocol):
    """What a strategy chooses from."""

    priority: float


R = TypeVar("R", bound=Ranked)


class Strategy:
    """At random: whoever can go on, each as likely as the others."""

    def __init__(self, random: Random) -> None:
        self._random = random
        # How many lines go by until somebody else may have a turn: 1, 2, 4 ... 64 on average.
        self._rate = 0.5 ** random.randrange(7)
        # How often a deadline passes though somebody could have gone on, as on a busy machine.
        self._haste = random.choice((0.0, 0.01, 0.1))

    def gap(self) -> int:
        """How many lines until the next interruption."""
        return 1 + int(self._random.expovariate(self._rate))

    def hurries(self) -> bool:
        """Whether time passes now."""
        return self._haste > 0 and self._random.random() < self._haste

    def meet(self, actor: Ranked) -> None:
        """A thread begins."""

    def interrupt(self, actor: Ranked) -> None:
        """The gap is over while this thread runs."""

    def pick(self, ready: list[R]) -> R:
        """Who goes on."""
        return self._random.choice(ready)


class Priorities(Strategy):
    """The first by rank, until it is interrupted a few times: then it is the last.

    A random walk seldom leaves a thread alone in a bad place for long; this does nothing else.
    (Burckhardt and others, "A randomized scheduler with probabilistic guarantees of finding
    bugs", 2010; they know how long a run is, here the gaps are of every order of magnitude.)
    """

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._rate = 0.5 ** random.uniform(2, 10)
        self._lowest = 0.0

    def meet(self, actor: Ranked) -> None:
        actor.priority = self._random.random()

    def interrupt(self, actor: Ranked) -> None:
        self._lowest -= 1
        actor.priority = self._lowest

    def pick(self, ready: list[R]) -> R:
        return max(ready, key=lambda actor: actor.priority)
