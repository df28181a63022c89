"""An output and the sources it was merged from in, whether it is a whole and ordered merge out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from plait.logs.batch import Batch
from plait.logs.proof.diagnosis import Diagnosis, Place
from plait.logs.proof.fault import Fault
from plait.logs.proof.form import Form, FormName, detect
from plait.logs.proof.heads import Heads
from plait.logs.proof.lane import Lane
from plait.logs.proof.output import Output
from plait.logs.proof.search import Reached, Rules, Score, Search, State

__all__ = ["Fault", "FormName", "SourceCount", "Verdict", "Verifier"]

_BEFORE_ALL: Final = -(2**200)


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How many records of a source were found in the output."""

    source: str
    records: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a verification; of the counts, those before the fault.

    `late` counts the records that go back in time, where the order of time was asked for.
    """

    holds: bool
    records: int
    bytes: int
    sources: tuple[SourceCount, ...]
    late: int
    form: FormName
    fault: Fault | None = None


class Verifier:
    """Proves that an output holds every record of its sources once, whole and in order.

    `late` is how many records may go back in time (None: any number). `exact` asks that records
    of one time stand in the order of their sources too: the one order that a merge of a backlog
    has. `order="arrival"` asks nothing of times. With `prefix`, sources may go on after the end
    of the output. `form` is found out by the first line when it is None. `numbered=False` says
    that some records of the sources were left out by steps, so that lines cannot be counted.

    1. "Holds" is said only when there is a way to deal out the lines of the output to the
       sources so that all that was asked is true.
    2. A fault other than "undecided" is named only when there is no such way.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        order: Literal["time", "arrival"] = "time",
        late: int | None = 0,
        exact: bool = False,
        prefix: bool = False,
        form: FormName | None = None,
        output: str = "output",
        numbered: bool = True,
    ) -> None:
        self._names = tuple(names)
        self._rules = Rules(0 if exact else late, prefix)
        self._orders = _orders(order, exact=exact, sources=len(self._names))
        self._form = form
        self._name = output
        self._numbered = numbered
        self._next = 0
        self._late = 0
        self._top = _BEFORE_ALL

    def run(self, sources: Sequence[Iterable[Batch]], output: Iterable[bytes]) -> Verdict:
        """Compare, reading both sides bit by bit; sources in the order of their names.

        What the iterators raise is raised.
        """
        assert len(sources) == len(self._names)
        self._output = Output(output)
        self._output.extend()
        self._lanes, form = self._opened(sources)
        self._output.use(form)
        self._heads = Heads(self._lanes)
        self._search = Search(self._lanes, self._heads, self._output, self._rules)
        lines = self._numbered and form.name != "json"
        self._diagnosis = Diagnosis(self._lanes, self._output, self._name, lines=lines)
        while True:
            self._pass_plain()
            reached = self._search.run(self._next, (self._late, self._top))
            if reached.ended or reached.stuck:
                return self._verdict(reached, form.name)
            self._commit(reached)

    def _opened(self, sources: Sequence[Iterable[Batch]]) -> tuple[list[Lane], Form]:
        """The lanes, and the form of the output, for which their first records may count."""
        name = self._form
        held = [_Held(source) for source in sources]
        if name is None:
            plain = Form("text", self._names)
            first = self._output.lines[:1]
            firsts = [key for each in held for key in each.first_lines(plain)]
            name = detect(first[0], self._names) if first and first[0] not in firsts else "text"
        form = Form(name, self._names)
        named = enumerate(zip(self._names, held, strict=True))
        return [
            Lane(rank, name, batches, form, self._orders) for rank, (name, batches) in named
        ], form

    # -- where there is one way ------------------------------------------------------------

    def _pass_plain(self) -> None:
        """Pass all records that only one source has next, up to one of which that is not true.

        This is where nearly all of the time goes, hence one long function.
        """
        output, heads = self._output, self._heads
        only, add = heads.only, heads.add
        take, put = only.pop, only.setdefault
        top, most = self._top, self._rules.most_late
        lines, n = output.lines, self._next - output.gone
        while True:
            try:
                line = lines[n]
            except IndexError:
                lines, n = output.next(), 0
                if not lines:
                    break
                continue
            lane = take(line, None)
            if lane is None:
                if line in heads.shared:
                    only[line] = None
                break
            at = lane.at
            tail = lane.tails[at]
            if tail and not output.goes_on(output.gone + n + 1, tail):
                only[line] = lane
                break
            order = lane.orders[at]
            if order >= top:
                top = order
            elif most is None or self._late < most:
                self._late += 1
            else:
                only[line] = lane
                break
            n += 1 + len(tail)
            lane.at = at = at + 1
            try:
                key = lane.keys[at]
            except IndexError:
                if lane.load():
                    add(lane)
                continue
            if put(key, lane) is not lane:
                heads.share(key, lane)
        self._top = top
        self._next = output.gone + n

    def _commit(self, reached: Reached) -> None:
        """Go on from the one state that a search has left."""
        ((state, (self._late, self._top)),) = reached.states.items()
        for rank, cursor in state.moved:
            lane = self._lanes[rank]
            self._heads.remove(lane)
            lane.at = cursor - lane.gone
            self._heads.add(lane)
        self._next = reached.number

    # -- the end ---------------------------------------------------------------------------

    def _verdict(self, reached: Reached, form: FormName) -> Verdict:
        places = [
            (self._place(state, reached.number), score) for state, score in reached.states.items()
        ]
        places.sort(key=lambda each: each[1][0])
        place, (late, _), fault = *places[0], None
        if not reached.ended:
            fault = self._stuck(place, reached)
        elif not self._rules.prefix:
            place, (late, _), fault = self._first_whole(places)
        lanes = zip(self._lanes, place.cursors, strict=True)
        counts = tuple(SourceCount(lane.name, cursor) for lane, cursor in lanes)
        records = sum(count.records for count in counts)
        size = self._output.size
        return Verdict(fault is None, records, size, counts, late, form, fault)

    def _first_whole(self, places: list[tuple[Place, Score]]) -> tuple[Place, Score, Fault | None]:
        """The first of the ways that leaves no record over, or the first and what it leaves."""
        faults = [self._diagnosis.ended(place) for place, _ in places]
        index = faults.index(None) if None in faults else 0
        fault = faults[index]
        if fault is not None and self._search.guessed:
            fault = self._diagnosis.undecided(places[0][0])
        return *places[index], fault

    def _stuck(self, place: Place, reached: Reached) -> Fault:
        if self._search.guessed:
            return self._diagnosis.undecided(place)
        if reached.tardy is not None:
            return self._diagnosis.tardy(place, reached.tardy)
        return self._diagnosis.stuck(place)

    def _place(self, state: State, number: int) -> Place:
        """A state with what is in pools dealt out, to the first sources first."""
        cursors = [lane.base for lane in self._lanes]
        for rank, cursor in state.moved:
            cursors[rank] = cursor
        for pool in state.pools:
            paid = pool.paid
            for rank, run in pool.lanes:
                cursors[rank] += min(run, paid)
                paid -= min(run, paid)
        return Place(number, tuple(cursors))


class _Held:
    """Batches of which the first can be looked at before."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._batches = filter(len, batches)
        self._first: Batch | None = None

    def first_lines(self, form: Form) -> list[bytes]:
        """The first line of the first record, if there is one."""
        self._first = next(self._batches, None)
        if self._first is None:
            return []
        return form.records(self._first, form.renderer())[0][:1]

    def __iter__(self) -> "_Held":
        return self

    def __next__(self) -> Batch:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._batches)


def _orders(
    order: Literal["time", "arrival"], *, exact: bool, sources: int
) -> Callable[[int, Batch], list[int]]:
    """What gives the numbers by which the records of a source, by its rank, are ordered."""
    if order == "arrival":
        return lambda _, batch: [0] * len(batch)
    if exact:
        return lambda rank, batch: [place * sources + rank for place in batch.places]
    return lambda _, batch: batch.places.tolist()
