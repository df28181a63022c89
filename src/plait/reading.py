"""Sources at rest in, their next items out, taken by helpers while what is here is merged."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from plait.crew import Crew, Errand
from plait.intake import Intake, Taken

# Of so many sources the next block is read ahead; more would only take more memory.
_MOST: Final = 32


class Ahead:
    """The next item of each source, being taken.

    One item of a source is taken at a time, so its intake is in one thread at a time.
    """

    def __init__(self) -> None:
        self._crew: Final = Crew()
        self._items: Final[dict[Intake, Errand[Taken]]] = {}

    @property
    def start(self) -> Callable[[Callable[[], object]], Errand[object]]:
        """Has any other call made meanwhile."""
        return self._crew.start

    def take(self, intake: Intake, now: int) -> Taken:
        """The next item of a source."""
        errand = self._items.pop(intake, None)
        return intake.take(now, live=False) if errand is None else errand.wait()

    def begin(self, intakes: Iterable[Intake], now: int) -> None:
        """Begin to take the next item of each of these sources."""
        for intake in intakes:
            if len(self._items) < _MOST and intake.due and intake not in self._items:
                self._items[intake] = self._crew.start(partial(intake.take, now, live=False))

    def close(self) -> None:
        """Let the helpers go; what they have taken is lost."""
        self._crew.close()
        self._items.clear()
