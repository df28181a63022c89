"""The line at which a search was stuck in, what is wrong there out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plait.logs.proof.fault import Fault, Kind, shown
from plait.logs.proof.lane import Lane
from plait.logs.proof.output import Output

# So many records of each source, and lines of the output, are looked through for what is lost.
_AHEAD: Final = 10_000
_AHEAD_BYTES: Final = 4 * 2**20
# So many lines are passed over to find where the output goes on as it should.
_EXTRA: Final = 64
# So many records must fit for an explanation to be as good as any.
_ENOUGH: Final = 32
# A part of a record shorter than this may as well be something else.
_PART: Final = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where all went well so far: the next line, and the next record of each source."""

    line: int
    cursors: tuple[int, ...]

    def moved(self, rank: int, cursor: int, lines: int = 0) -> "Place":
        """The same with one source at another record."""
        cursors = (*self.cursors[:rank], cursor, *self.cursors[rank + 1 :])
        return Place(self.line + lines, cursors)


class Diagnosis:
    """Says what is wrong at a place where no source has what follows in the output.

    It weighs two explanations by how far all goes well after them: that records of a source
    are passed over, or that lines stand in the output which should not.
    """

    def __init__(self, lanes: Sequence[Lane], output: Output, name: str, *, lines: bool) -> None:
        """`lines` says whether the numbers of the sources' lines are known."""
        self._lanes = lanes
        self._output = output
        self._name = name
        self._lines = lines

    def ended(self, place: Place) -> Fault | None:
        """The first record that is missing at the end of the output, if one is."""
        left = [lane for lane in self._lanes if lane.has(place.cursors[lane.rank])]
        if not left:
            return None
        first = min(left, key=lambda lane: self._order(lane, place))
        return self._fault("missing", place, first)

    def tardy(self, place: Place, order: int) -> Fault:
        """The fault where the next record is there, but late."""
        fitting = [lane for lane in self._lanes if self._fits(lane, place)]
        lane = next((lane for lane in fitting if self._order(lane, place)[0] == order), None)
        return self._fault("out of order (time)", place, lane or next(iter(fitting), None))

    def stuck(self, place: Place) -> Fault:
        """The fault where no source has what follows."""
        skips = [skip for lane in self._lanes if (skip := self._skipped(lane, place))]
        best = max(skips, key=lambda skip: skip[0], default=None)
        extra = self._good_after_extra(place)
        if best is not None and (best[0] >= extra or extra < _ENOUGH):
            lane = best[1]
            swapped = self._comes_later(lane, place)
            return self._fault("out of order (source)" if swapped else "missing", place, lane)
        return self._extra(place)

    def undecided(self, place: Place) -> Fault:
        """Word that another way of dealing out equal records might have gone on."""
        return self._fault("undecided", place, None)

    # -- records passed over -------------------------------------------------------------

    def _skipped(self, lane: Lane, place: Place) -> tuple[int, Lane] | None:
        """How well it goes when the source is taken from where it has what follows."""
        begin = place.cursors[lane.rank]
        room = _AHEAD_BYTES
        line = self._output.line(place.line)
        for cursor in range(begin, begin + _AHEAD):
            key = lane.key(cursor)
            if key is None or room < 0:
                return None
            room -= len(key)
            ahead = place.moved(lane.rank, cursor)
            if cursor > begin and key == line and self._fits(lane, ahead):
                return self._good(ahead), lane
        return None

    def _comes_later(self, lane: Lane, place: Place) -> bool:
        """Whether the next record of a source stands further on in the output."""
        key = lane.key(place.cursors[lane.rank])
        room = _AHEAD_BYTES
        for number in range(place.line + 1, place.line + _AHEAD):
            if room < 0 or not self._output.has(number):
                return False
            line = self._output.line(number)
            room -= len(line)
            if line == key and self._fits(lane, Place(number, place.cursors)):
                return True
        return False

    # -- lines too many ------------------------------------------------------------------

    def _good_after_extra(self, place: Place) -> int:
        """How well it goes after the lines that should not be here."""
        for number in range(place.line + 1, place.line + 1 + _EXTRA):
            if not self._output.has(number):
                break
            if good := self._good(Place(number, place.cursors)):
                return good
        return 0

    def _extra(self, place: Place) -> Fault:
        line = self._output.line(place.line)
        earlier = self._output.earlier(place.line)
        if earlier is not None and len(line) >= _PART and not self._begins(place):
            return self._fault("repeated", place, None, earlier + 1)
        torn = next((lane for lane in self._lanes if self._is_part(lane, place)), None)
        if torn is not None:
            return self._fault("torn", place, torn)
        if earlier is not None:
            return self._fault("repeated", place, None, earlier + 1)
        return self._fault("foreign", place, None)

    def _begins(self, place: Place) -> bool:
        """Whether a record of several lines begins here, and does not go on."""
        line = self._output.line(place.line)
        return any(lane.key(place.cursors[lane.rank]) == line for lane in self._lanes)

    def _is_part(self, lane: Lane, place: Place) -> bool:
        """Whether the line is a part of the source's next record, or that of the line."""
        cursor = place.cursors[lane.rank]
        key, line = lane.key(cursor), self._output.line(place.line).removesuffix(b"\n")
        if key is None:
            return False
        if key == line or line in lane.tails[cursor - lane.gone]:
            return True
        short, long = sorted((key, line), key=len)
        return len(short) >= _PART and short in long

    # -- going on ------------------------------------------------------------------------

    def _good(self, place: Place) -> int:
        """How many records fit from here on when the first that fits is taken each time."""
        for good in range(_ENOUGH):
            if not self._output.has(place.line):
                return good if self.ended(place) else _ENOUGH
            fitting = [lane for lane in self._lanes if self._fits(lane, place)]
            if not fitting:
                return good
            lane = min(fitting, key=lambda lane: self._order(lane, place))
            cursor = place.cursors[lane.rank]
            lines = 1 + len(lane.tails[cursor - lane.gone])
            place = place.moved(lane.rank, cursor + 1, lines)
        return _ENOUGH

    def _fits(self, lane: Lane, place: Place) -> bool:
        cursor = place.cursors[lane.rank]
        if lane.key(cursor) != self._output.line(place.line):
            return False
        return self._output.goes_on(place.line + 1, lane.tails[cursor - lane.gone])

    def _order(self, lane: Lane, place: Place) -> tuple[int, int]:
        return lane.orders[place.cursors[lane.rank] - lane.gone], lane.rank

    def _fault(
        self, kind: Kind, place: Place, lane: Lane | None, earlier: int | None = None
    ) -> Fault:
        found = self._output.line(place.line) if self._output.has(place.line) else None
        source = record = line = expected = None
        if lane is not None:
            cursor = place.cursors[lane.rank]
            source, record = lane.name, cursor + 1
            line = lane.line(cursor) if self._lines else None
            index = cursor - lane.gone
            expected = shown(b"\n".join([lane.keys[index], *lane.tails[index][:20]]))
        return Fault(
            kind=kind,
            output=self._name,
            line=place.line + 1,
            source=source,
            record=record,
            source_line=line,
            expected=expected,
            found=None if found is None else shown(found),
            earlier=earlier,
        )
