"""What the stamps of one source say in, what is believed of them out: the columns of a batch."""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from plait.logs.batch import STAMPED, SUSPECT
from plait.logs.kernel import running

#: A stamp this far (in ns) beyond the record before, or beyond the present, needs a second
#: opinion; a following stamp that falls back by as much gives it.
LEAP: Final = 60 * 10**9

#: times, places and flags, as in `plait.logs.batch.Batch`.
Columns = tuple["array[int]", "array[int]", bytes]


class Belief:
    """Judge the stamps of one source in their order.

    1. A place is the largest believed time so far: places never go back.
    2. A stamp over a minute beyond the place before is not believed when the following stamp
       falls back by over a minute; nor is one over a minute beyond the present, if that is
       known. The record then takes the time of the one above and is marked suspect.
    3. How the stamps are dealt out over calls changes nothing.
    """

    __slots__ = ("place", "suspects", "time")

    def __init__(self) -> None:
        self.time: int | None = None  # of the last record
        self.place: int | None = None
        self.suspects = 0

    def stamped(self, stamps: "array[int]", following: int | None, present: int | None) -> Columns:
        """The columns of records that all have a stamp; `following` is the next one, if known."""
        places, leaps = running(stamps, stamps[0] if self.place is None else self.place, LEAP)
        # The usual case in one pass; only a leap needs a look at each.
        if leaps or (present is not None and places[-1] > present + LEAP):
            return self.judged(stamps, following, present)
        self.time, self.place = stamps[-1], places[-1]
        return stamps, places, STAMPED.to_bytes() * len(stamps)

    def unstamped(self, count: int, time: int) -> Columns:
        """The columns of `count` records without a stamp that are given this time."""
        place = time if self.place is None else max(self.place, time)
        self.time, self.place = time, place
        return array("q", [time]) * count, array("q", [place]) * count, bytes(count)

    def judged(
        self, stamps: Sequence[int | None], following: int | None, present: int | None
    ) -> Columns:
        """The columns of any records, each stamp judged by its neighbours.

        A record without a stamp (None) takes the time of the one above; there must be one, or
        a stamp before it.
        """
        times, places, flags = array("q"), array("q"), bytearray()
        for stamp, after in pairwise([*stamps, following]):
            flag = 0
            if stamp is not None:
                flag = STAMPED
                if self._doubtful(stamp, after, present):
                    flag |= SUSPECT
                    self.suspects += 1
                else:
                    self.time = stamp
            if self.time is None:  # a doubtful first stamp, and no record above to borrow from
                assert present is not None
                self.time = present
            self.place = self.time if self.place is None else max(self.place, self.time)
            times.append(self.time)
            places.append(self.place)
            flags.append(flag)
        return times, places, bytes(flags)

    def _doubtful(self, stamp: int, after: int | None, present: int | None) -> bool:
        """Whether a stamp leaps beyond the present, or alone beyond the record before."""
        if present is not None and stamp > present + LEAP:
            return True
        leaps = self.place is not None and stamp > self.place + LEAP
        return leaps and after is not None and after < stamp - LEAP
