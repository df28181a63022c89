"""What sources hold back and what waits, live, in; what may leave by now out."""

from collections.abc import Iterable
from itertools import chain
from typing import Final

from plait.intake import Intake, QueueFeed
from plait.logs.batch import Batch
from plait.logs.merge import Merge
from plait.waiting import Expiry

# What people who write a log and look at it live do not notice.
_LATENESS: Final = 0.5
# A stamp of whole seconds may stand for any moment of its second.
_COARSE: Final = 1.0


class Holding:
    """Bounds the delay of a live stream by its lateness: seconds, or None to choose them here.

    A record is held back by its source while later lines may still belong to it, and then by
    the merge while other sources may send what belongs before it.

    1. What a source holds back is ended when it has said nothing for the lateness, or has
       grown for twice as long.
    2. What has been in the merge for the lateness leaves, unless a source that has not caught
       up, or holds something back, may still send what belongs before it.
    """

    def __init__(self, merge: Merge, lateness: float | None, *, by_time: bool) -> None:
        self._merge = merge
        self._chosen = lateness is None
        self._lateness = (_LATENESS if lateness is None else lateness) if by_time else 0.0
        self._expiry = Expiry(self._lateness)
        self._growing: dict[Intake, None] = {}
        self._behind: list[Intake] = []  # not all that is there was read yet: mostly none
        self._coarse: set[Intake] = set()  # stamps of whole seconds
        self._fine: set[Intake] = set()

    def join(self, intake: Intake) -> None:
        """There is another source."""
        feed = intake.feed
        # A source that does not say so has caught up whenever it makes us wait.
        if not isinstance(feed, QueueFeed) or feed.tells_caught_up:
            self._behind.append(intake)

    def heard(self, intake: Intake, batches: list[Batch], clock: float) -> None:
        """A source gave bytes, which made these batches whole."""
        if batches or intake not in self._growing:
            intake.held = clock
        intake.heard = clock
        if intake.pending:
            self._growing[intake] = None
        else:
            self._growing.pop(intake, None)
        self._note(intake)

    def arrived(self, clock: float, place: int) -> None:
        """Records up to this place came into the merge."""
        self._expiry.arrived(clock, place)

    def over(self, clock: float) -> list[Intake]:
        """The sources whose record has had its time to grow; they are to be flushed.

        Of a source that is due more may be here already, which belongs to the record.
        """
        over = [it for it in self._growing if not it.due and self._until(it) <= clock]
        for intake in over:
            del self._growing[intake]
        if not self._growing:
            self._growing.clear()  # else each look passes by the places of all that were in it
        return over

    def flushed(self, intake: Intake, batches: list[Batch]) -> None:
        """These records have waited in their source and need not wait again."""
        self._note(intake)
        for batch in batches:
            self._expiry.overdue(batch.places[-1])

    def retire(self, intake: Intake) -> None:
        """A source has ended."""
        self._growing.pop(intake, None)
        self._coarse.discard(intake)
        self._fine.discard(intake)

    def release(self, due: Iterable[Intake], clock: float) -> None:
        """Tell the merge what has waited for long enough; `due` are the sources to be read."""
        if self._chosen:
            mixed = bool(self._coarse and self._fine)
            self._expiry.lateness = self._lateness + (_COARSE if mixed else 0.0)
        if self._behind:
            self._behind = [it for it in self._behind if not (it.caught_up or it.done)]
        place = self._expiry.expired(clock)
        for intake in chain(due, self._growing, self._behind):
            place = min(place, self._merge.last(intake.rank))
        self._merge.release(place)
        if not self._merge.held:
            self._expiry.clear()

    def next(self) -> float | None:
        """When there will be something to do, if nothing comes."""
        times = [self._until(intake) for intake in self._growing if not intake.due]
        if (expiry := self._expiry.next()) is not None:
            times.append(expiry)
        return min(times, default=None)

    def _note(self, intake: Intake) -> None:
        """Keep in mind how fine its stamps are; one fraction shows that they are not coarse."""
        if self._chosen and intake.coarse is not None:
            (self._coarse if intake.coarse else self._fine).add(intake)
            (self._fine if intake.coarse else self._coarse).discard(intake)

    def _until(self, intake: Intake) -> float:
        return min(intake.heard + self._lateness, intake.held + 2 * self._lateness)
