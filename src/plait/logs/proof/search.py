"""Lines that may be records of several sources in, the ways to deal them out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, NamedTuple

from plait.logs.proof.form import Tail
from plait.logs.proof.heads import Heads
from plait.logs.proof.lane import Lane
from plait.logs.proof.output import Output

# Where there are more ways than this, or the lines over which there are several are more, or
# the work is out of proportion, one way is chosen: it may prove the output, never refute it.
_STATES: Final = 4096
_STRETCH: Final = 2**16
_EFFORT: Final = 200_000
_EFFORT_A_LINE: Final = 16
_TIDY: Final = 4096


class Pool(NamedTuple):
    """Sources that stand before runs of equal records of equal place, and share what was seen.

    It stands for every way of dealing out the `paid` records among the runs (rank, length): the
    ways differ only in what can come next, so they are not told apart until something does.
    """

    key: bytes
    tail: Tail
    order: int
    lanes: tuple[tuple[int, int], ...]
    paid: int


class State(NamedTuple):
    """How far the sources are: those that moved as (rank, number of the next record), by rank.

    For a source in a pool, that is the first record of its run.
    """

    moved: tuple[tuple[int, int], ...]
    pools: tuple[Pool, ...]


class Move(NamedTuple):
    """A record that the next lines may be: its place, its lines, and the state after it."""

    order: int
    rank: int
    size: int
    state: State


#: Late records so far, and the largest place so far.
Score = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of the order."""

    most_late: int | None  # so many records may go back in time; None for any number
    prefix: bool  # the sources may go on after the output


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a search came to: before line `number`, with one state or, at the end, several.

    `stuck` when no source has what follows; then `tardy` is the place of a record that would
    follow, but is late.
    """

    number: int
    states: dict[State, Score]
    ended: bool = False
    stuck: bool = False
    tardy: int | None = None


class Search:
    """Follows every way in which lines can be the next records of the sources, side by side.

    1. No way is left out unless `guessed` is set.
    2. Two ways that come to the same state are one from there on, the one with fewer late.
    3. The first of several states prefers early places and sources of low rank.
    """

    def __init__(self, lanes: Sequence[Lane], heads: Heads, output: Output, rules: Rules) -> None:
        self.guessed = False
        self._lanes = lanes
        self._heads = heads
        self._output = output
        self._rules = rules
        # Without any late record, the one of the smallest place must come first.
        self._strict = rules.most_late == 0 and not rules.prefix
        self._effort = _EFFORT

    def run(self, number: int, score: Score) -> Reached:
        """Go on from a line until only one way is left, or none, or the output ends."""
        ahead: dict[int, dict[State, Score]] = {number: {State((), ()): score}}
        begin = number
        for step in count(1):
            number = min(ahead)
            states = ahead.pop(number)
            if number > begin and not ahead and len(states) == 1 and not next(iter(states)).pools:
                return Reached(number, states)
            if not self._output.has(number):
                return Reached(number, states, ended=True)
            if len(states) > 1 or ahead:
                states = self._bounded(states, ahead, number - begin)
            tardy = self._step(number, states, ahead)
            if not ahead:
                return Reached(number, states, stuck=True, tardy=tardy)
            if step % _TIDY == 0:
                self._forget(min(ahead), ahead)
        raise AssertionError("the search ends by one of the returns above")

    def _step(
        self, number: int, states: dict[State, Score], ahead: dict[int, dict[State, Score]]
    ) -> int | None:
        """Add what may follow to what is ahead; return the place of a record too late, if any."""
        most = self._rules.most_late
        tardy = None
        for state, (late, top) in states.items():
            for order, _, size, after in self._moves(state, number):
                score = (late + (order < top), max(order, top))
                if most is not None and score[0] > most:
                    tardy = order
                    continue
                known = ahead.setdefault(number + size, {})
                if after not in known or score < known[after]:
                    known[after] = score
        self._effort += _EFFORT_A_LINE - len(states)
        return tardy

    def _bounded(
        self, states: dict[State, Score], ahead: dict[int, dict[State, Score]], stretch: int
    ) -> dict[State, Score]:
        """All states, or where that is too much only the first of the best."""
        if len(states) <= _STATES and stretch <= _STRETCH and self._effort > 0:
            return states
        self.guessed = True
        ahead.clear()
        best = min(states, key=lambda state: states[state][0])
        return {best: states[best]}

    def _forget(self, number: int, ahead: dict[int, dict[State, Score]]) -> None:
        """Let go of lines and records that no state needs any more."""
        self._output.forget(number)
        low: dict[int, int] | None = None
        for states in ahead.values():
            for state in states:
                moved = dict(state.moved)
                if low is None:
                    low = moved
                else:
                    low = {r: min(c, moved[r]) for r, c in low.items() if r in moved}
        for rank, cursor in (low or {}).items():
            self._lanes[rank].forget(cursor)

    # -- what may follow -----------------------------------------------------------------

    def _moves(self, state: State, number: int) -> list[Move]:
        """Every record that the lines from here on may be, those of small place and rank first."""
        cursors = dict(state.moved)
        moves = [*self._from_lanes(state, cursors, number)]
        for pool in state.pools:
            moves += self._from_pool(state, cursors, pool, number)
        if len(moves) > 1:
            moves.sort(key=lambda move: move[:2])
            if self._strict:
                moves = [move for move in moves if move.order == moves[0].order]
        return moves

    def _from_lanes(self, state: State, cursors: dict[int, int], number: int) -> Iterator[Move]:
        line = self._output.line(number)
        pooled = {rank for pool in state.pools for rank, _ in pool.lanes}
        alike: dict[tuple[int, Tail], list[int]] = {}
        for rank in self._with_next(line, cursors):
            if rank not in pooled:
                order, tail = self._record(rank, self._cursor(rank, cursors))
                if self._output.goes_on(number + 1, tail):
                    alike.setdefault((order, tail), []).append(rank)
        for (order, tail), ranks in alike.items():
            size, rank = 1 + len(tail), ranks[0]
            if len(ranks) == 1:
                after = {**cursors, rank: self._cursor(rank, cursors) + 1}
                yield Move(order, rank, size, self._state(after, state.pools))
            else:
                runs = [(r, self._lanes[r].run(self._cursor(r, cursors))) for r in sorted(ranks)]
                pool = Pool(line, tail, order, tuple(runs), 1)
                yield Move(order, rank, size, self._settled(cursors, state.pools, pool))

    def _with_next(self, line: bytes, cursors: dict[int, int]) -> Iterator[int]:
        """The ranks of the lanes whose next record begins with this line."""
        for lane in self._heads.of(line):
            if lane.rank not in cursors:
                yield lane.rank
        for rank, cursor in cursors.items():
            if self._lanes[rank].key(cursor) == line:
                yield rank

    def _from_pool(
        self, state: State, cursors: dict[int, int], pool: Pool, number: int
    ) -> Iterator[Move]:
        line, output = self._output.line(number), self._output
        others = tuple(other for other in state.pools if other is not pool)
        if pool.key == line and output.goes_on(number + 1, pool.tail):
            more = pool._replace(paid=pool.paid + 1)
            after = self._settled(cursors, others, more)
            yield Move(pool.order, pool.lanes[0][0], 1 + len(pool.tail), after)
        for rank, run in pool.lanes:
            # A run that is used up lets what comes after it in its source follow.
            end = self._cursor(rank, cursors) + run
            if run > pool.paid or self._lanes[rank].key(end) != line:
                continue
            order, tail = self._record(rank, end)
            if output.goes_on(number + 1, tail):
                staying = tuple(each for each in pool.lanes if each[0] != rank)
                rest = pool._replace(lanes=staying, paid=pool.paid - run)
                after = self._settled({**cursors, rank: end + 1}, others, rest)
                yield Move(order, rank, 1 + len(tail), after)

    def _settled(self, cursors: dict[int, int], others: tuple[Pool, ...], pool: Pool) -> State:
        """The state with this pool, or without it when there is only one way to deal out."""
        if pool.paid == sum(run for _, run in pool.lanes):
            ends = {rank: self._cursor(rank, cursors) + run for rank, run in pool.lanes}
            return self._state({**cursors, **ends}, others)
        if len(pool.lanes) == 1:
            rank = pool.lanes[0][0]
            end = self._cursor(rank, cursors) + pool.paid
            return self._state({**cursors, rank: end}, others)
        if pool.paid == 0:
            return self._state(cursors, others)
        return self._state(cursors, (*others, pool))

    def _state(self, cursors: dict[int, int], pools: tuple[Pool, ...]) -> State:
        """The one way to write down a state."""
        moved = [(r, c) for r, c in cursors.items() if c != self._cursor(r, {})]
        return State(tuple(sorted(moved)), tuple(sorted(pools)))

    def _cursor(self, rank: int, cursors: dict[int, int]) -> int:
        return cursors.get(rank, self._lanes[rank].base)

    def _record(self, rank: int, cursor: int) -> tuple[int, Tail]:
        lane = self._lanes[rank]
        index = cursor - lane.gone
        return lane.orders[index], lane.tails[index]
