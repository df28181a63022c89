"""Batches and promises of many sources in, batches in one order out."""

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from itertools import chain
from typing import TYPE_CHECKING, Final

from plait.logs.batch import LATE, Batch
from plait.logs.kernel import weave

if TYPE_CHECKING:
    from plait.logs.kernel.plain import Part

_BEFORE_ALL: Final = -(2**63)

#: What waits in most lanes of a live stream; a deque of its own takes 600 bytes, full or empty.
_NOTHING: Final[deque[Batch]] = deque(maxlen=0)


class _Lane:
    """One source: what it sent that still waits, and what it can no longer send."""

    __slots__ = ("bound", "cursor", "open", "size", "waiting")

    def __init__(self) -> None:
        self.waiting = _NOTHING
        self.cursor = 0  # so many records of the first waiting batch have left
        self.bound = _BEFORE_ALL  # nothing with a smaller place will come
        self.size = 0  # bytes that wait
        self.open = True


class Merge:
    """Many ordered sources in, one order out; no clock.

    A record's key is (place, rank of its source); ranks are given in the order of `open`.

    1. Records of one source leave in the order they came.
    2. Records that are not late leave in the order of their places, and those that wait at the
       same time in the order of their keys.
    3. Unless `release` says so, a record leaves only when every open source has sent or
       promised what makes a smaller key impossible.
    4. A record whose place is smaller than one that has gone is late: it leaves with the next
       `pop`, before everything else, marked.
    5. `held` is the number of bytes that wait, late ones included.
    """

    def __init__(self, gone: int = _BEFORE_ALL) -> None:
        """`gone` is the largest place that has left before, in a former run."""
        self.held = 0
        self._names: list[str] = []
        self._sources: tuple[str, ...] = ()
        self._lanes: list[_Lane] = []
        self._waiting: set[int] = set()  # the ranks of lanes with records
        self._late: list[tuple[int, Batch]] = []
        self._gone = gone  # the largest place that has left
        self._released = _BEFORE_ALL
        # The bounds of the open lanes, smallest first. An entry is a lane's bound as it once
        # was; a lane has one entry, brought up to date when it reaches the top.
        self._bounds: list[tuple[int, int]] = []

    def open(self, name: str) -> int:
        """Add a source and return its rank; its records go after equal ones of lower rank."""
        rank = len(self._lanes)
        self._lanes.append(_Lane())
        self._names.append(name)
        heappush(self._bounds, (_BEFORE_ALL, rank))
        return rank

    def put(self, rank: int, batch: Batch) -> int:
        """Take the next records of a source; return how many of them are late."""
        n = len(batch)
        if not n:
            return 0
        lane = self._lanes[rank]
        assert lane.open, "a source that was closed sends nothing"
        lane.bound = max(lane.bound, batch.places[-1])
        self.held += batch.size
        late = bisect_left(batch.places, self._gone)
        if late:
            self._late.append((rank, _part(batch, 0, late).marked(LATE)))
            batch = _part(batch, late, n)
        if late < n:
            if lane.waiting is _NOTHING:
                lane.waiting = deque()
            lane.waiting.append(batch)
            lane.size += batch.size
            self._waiting.add(rank)
        return late

    def promise(self, rank: int, place: int) -> None:
        """Take the word that a source will send nothing with a smaller place."""
        lane = self._lanes[rank]
        lane.bound = max(lane.bound, place)

    def close(self, rank: int) -> None:
        """Take the word that a source will send nothing more."""
        self._lanes[rank].open = False

    def release(self, place: int) -> None:
        """Let every record up to this place leave, whoever may still send a smaller one."""
        self._released = max(self._released, place)

    def waiting(self, rank: int) -> int:
        """The bytes of one source that wait."""
        return self._lanes[rank].size

    def last(self, rank: int) -> int:
        """The place below which a source can send nothing any more."""
        return self._lanes[rank].bound

    @property
    def gone(self) -> int:
        """The largest place that has left; a record below it would be late."""
        return self._gone

    def pop(self) -> list[Batch]:
        """All that may leave now, in order; late records first, a batch a source."""
        out = [batch for _, batch in self._late]
        self._late.clear()
        taken = list(self._take())
        if taken:
            out.append(self._woven(taken))
            self._gone = max(self._gone, *(part[1].places[part[3] - 1] for part in taken))
        self.held -= sum(batch.size for batch in out)
        return out

    def _floor(self) -> tuple[int, int] | None:
        """The smallest key that an open source may still send; None when none is open."""
        bounds, lanes = self._bounds, self._lanes
        while bounds:
            bound, rank = bounds[0]
            lane = lanes[rank]
            if not lane.open:
                heappop(bounds)
            elif lane.bound != bound:
                heapreplace(bounds, (lane.bound, rank))
            else:
                return bound, rank
        return None

    def _take(self) -> "Iterator[Part]":
        """Remove and give the part of each lane that may leave, lanes by rank."""
        floor = self._floor()
        for rank in sorted(self._waiting):
            lane = self._lanes[rank]
            while lane.waiting:
                batch, begin = lane.waiting[0], lane.cursor
                n = len(batch)
                end = n if floor is None else self._end(batch.places, rank, floor, begin)
                if end > begin:
                    lane.size -= batch.bounds[end] - batch.bounds[begin]
                    yield rank, batch, begin, end
                if end < n:
                    lane.cursor = end
                    break
                lane.waiting.popleft()
                lane.cursor = 0
            else:
                lane.waiting = _NOTHING
                self._waiting.discard(rank)

    def _end(self, places: Sequence[int], rank: int, floor: tuple[int, int], begin: int) -> int:
        """The index of the first of these places of a lane, from `begin`, that may not leave."""
        bound, floor_rank = floor
        # The lane of the floor may pass its own records: what it can still send comes after
        # them. A lane of higher rank must wait for an equal place of the floor's.
        if rank <= floor_rank:
            return bisect_right(places, max(bound, self._released), begin)
        end = bisect_left(places, bound, begin)
        return max(end, bisect_right(places, self._released, begin))

    def _woven(self, taken: "list[Part]") -> Batch:
        """One batch of the records of all these, in the order of their keys."""
        if len(taken) == 1:
            _, batch, begin, end = taken[0]
            return _part(batch, begin, end)
        if len(self._sources) < len(self._names):
            self._sources = tuple(self._names)  # once for many that were opened
        data, bounds, times, places, flags, ranks = weave(taken)
        return Batch(data, bounds, times, places, flags, self._sources, ranks)

    def _check(self) -> None:
        """Test the invariants that hold between calls; for debug runs and tests."""
        for rank, lane in enumerate(self._lanes):
            columns = chain.from_iterable(batch.places for batch in lane.waiting)
            places = list(columns)[lane.cursor :]
            assert places == sorted(places), "invariant 1"
            assert not places or places[0] >= self._gone, "invariants 2 and 4"
            first = lane.waiting[0].bounds if lane.waiting else array("q", [0])
            left = first[lane.cursor] - first[0]
            assert lane.size == sum(batch.size for batch in lane.waiting) - left
            assert (rank in self._waiting) == bool(lane.waiting)
        late = sum(batch.size for _, batch in self._late)
        assert self.held == late + sum(lane.size for lane in self._lanes), "invariant 5"
        heap = list(self._bounds)
        heapify(heap)
        assert {rank for _, rank in heap} >= {r for r, lane in enumerate(self._lanes) if lane.open}


def _part(batch: Batch, begin: int, end: int) -> Batch:
    """Records `begin` to `end` of a batch of one source; the batch itself when that is all."""
    if begin == 0 and end == len(batch):
        return batch
    skipped = batch.bounds[begin] - batch.bounds[0]
    times = batch.times[begin:end]
    return Batch(
        batch.block,
        batch.bounds[begin : end + 1],
        times,
        times if batch.times is batch.places else batch.places[begin:end],
        batch.flags[begin:end],
        batch.sources,
        None,
        batch.begin.moved(skipped) if batch.begin is not None else None,
    )
