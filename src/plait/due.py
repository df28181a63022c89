"""Sources that may have something in, those that a round is to read out: few of many."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from plait.intake import Intake

_RANK: Final = attrgetter("rank")


class Due:
    """The sources that are due.

    1. An intake whose `due` is set is here, unless a round has taken it.
    """

    def __init__(self) -> None:
        self._all: set[Intake] = set()

    def __bool__(self) -> bool:
        return bool(self._all)

    def __iter__(self) -> Iterator[Intake]:
        return iter(self._all)

    def add(self, intake: Intake) -> None:
        """A source may have something, unless it has ended."""
        if not intake.done:
            intake.due = True
            self._all.add(intake)

    def discard(self, intake: Intake) -> None:
        """A source has nothing more."""
        intake.due = False
        self._all.discard(intake)

    def take(self, *, one: bool) -> list[Intake]:
        """Remove and give them in the order of their ranks, only the first if `one` is asked for.

        Those that are due still afterwards are to be added again.
        """
        if one and self._all:
            first = min(self._all, key=_RANK)
            self._all.remove(first)
            return [first]
        # A new set, since one that was large once stays slow to look at.
        taken, self._all = self._all, set()
        return sorted(taken, key=_RANK)
