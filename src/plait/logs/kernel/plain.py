"""The kernel in Python: what each function gives, and what the compiled one is tested against."""

import re
from array import array
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from plait.logs.kernel.layout import (
    LONGEST_HOST,
    MOST_DEPTH,
    MOST_LAYOUTS,
    MOST_PAIRS,
    MOST_REGION,
    MOST_WORDS,
    Anchor,
    Layout,
)

if TYPE_CHECKING:
    from plait.logs.batch import Batch

_EPOCH: Final = date(1970, 1, 1).toordinal()
_SECOND: Final = 10**9
# What may go on with a stamp: a zone, AM or PM, a year.
_MORE: Final = re.compile(
    rb"""\[U | [ \t]* (?: [+-]\d | \xe2 | (?:19|20)\d\d(?!\d)
       | ((?: [A-Z]{1,5} | [A-Za-z]{1,3} | [AaPp][Mm][A-Za-z]*+ )(?![A-Za-z])) )""",
    re.VERBOSE,
)
_DIGITS: Final = rb"[0-9\x80-\xff]"
_HOST: Final = re.compile(rb"[^\s\[{\"'][^\[\n|]{0,%d}\[" % LONGEST_HOST)
_BLANKS: Final = re.compile(rb"[ \t]*")
_STRING: Final = re.compile(rb'"(?:[^"\\\n]|\\[^\n])*"')
_WORD: Final = re.compile(rb'[^{}\[\]",\s]+')
_NESTED: Final = re.compile(rb'"(?:[^"\\\n]|\\[^\n])*"|[{}\[\]\n"]')


class Scanner:
    """Finds the stamped lines in blocks of whole lines, by the layouts it was given.

    What it finds adds up until `take`. Lines without a digit (of any alphabet) have no stamp;
    those that start with white space go with the one above unless `inner` says that theirs count.
    `rivals` are the keys of JSON objects that may stand for a stamp: an object that has one
    before the layout's own is left to others.
    """

    def __init__(self, inner: bool = False, rivals: Sequence[bytes] = ()) -> None:
        self.inner = inner
        self._rivals = frozenset(b'"%s"' % name for name in rivals)
        self._layouts: list[Layout] = []
        self._words: set[bytes] = set()
        self._starts = array("q")
        self._times = array("q")

    @property
    def layout_count(self) -> int:
        """How many layouts are tried."""
        return len(self._layouts)

    def add(self, layout: Layout) -> None:
        """Try this layout too; where there are too many, one that is not used goes."""
        if max(map(len, (layout.region, layout.tail, layout.key))) > MOST_REGION:
            return
        self._layouts.insert(0, layout)
        del self._layouts[MOST_LAYOUTS:]

    def know(self, word: bytes) -> None:
        """Take note of a word after a stamp that does not belong to it, such as INFO."""
        if len(word) <= 8 and len(self._words) < MOST_WORDS:
            self._words.add(word)

    def clear(self) -> None:
        """Forget all layouts."""
        self._layouts.clear()

    def reads(self, line: bytes) -> bool:
        """Whether a layout reads this line, given with its newline, whatever follows the stamp."""
        return self._read(line, ends=False) is not None

    def scan(self, block: bytes, begin: int, end: int, patience: int) -> tuple[int, int, int]:
        """Read the lines of `block[begin:end]` up to the first that no layout reads.

        Gives how many stamps were found, where that first line begins, and where the next one
        begins that a layout reads, or that is behind so many (`patience`) lines that none does;
        twice the end when all were read. `ValueError` where these are not whole lines.
        """
        if not 0 <= begin <= end <= len(block):
            raise ValueError("not within the block")
        if end > begin and block[end - 1] != 10:
            raise ValueError("not whole lines")
        read, odd, odd_lines = 0, -1, 0
        while begin < end:
            after = block.index(b"\n", begin) + 1
            line = block[begin:after]
            if not self.inner and line[:1] in b" \t\r\n":
                begin = after
                continue
            time = self._read(line)
            if time is not None:
                if odd >= 0:
                    break
                self._starts.append(begin)
                self._times.append(time)
                read += 1
                begin = after
                continue
            if re.search(_DIGITS, line) is None:
                begin = after
                continue
            if odd < 0:
                odd = begin
            odd_lines += 1
            begin = after
            if odd_lines >= patience:
                break
        return read, (begin if odd < 0 else odd), begin

    def extend(self, starts: Sequence[int], times: Sequence[int]) -> None:
        """Add what somebody else has read."""
        self._starts.extend(starts)
        self._times.extend(times)

    def last(self) -> int | None:
        """The last time found, if any."""
        return self._times[-1] if self._times else None

    def take(self) -> tuple["array[int]", "array[int]"]:
        """Where the stamped lines begin, and their times; it begins anew then."""
        found = self._starts, self._times
        self._starts, self._times = array("q"), array("q")
        return found

    def _read(self, line: bytes, *, ends: bool = True) -> int | None:
        for layout in self._layouts:
            begin = self._anchor(layout, line)
            if begin is not None and (read := read_by(layout, line, begin)) is not None:
                time, end = read
                if not ends or self._ends(layout, line, end):
                    return time
        return None

    def _ends(self, layout: Layout, line: bytes, behind: int) -> bool:
        """Whether what follows, from the byte behind the stamp on, cannot belong to it."""
        if line[behind : behind + 1] in b".,:":
            return line[behind + 1 : behind + 2].isdigit() == layout.number
        more = _MORE.match(line, behind)
        if more is None or (not layout.year and more[0].strip().isdigit()):
            return True
        return more[1] in self._words

    def _anchor(self, layout: Layout, line: bytes) -> int | None:
        """Where the layout's region begins in a line."""
        if layout.anchor == Anchor.FIXED:
            return 0
        if layout.anchor == Anchor.BRACKET:
            host = _HOST.match(line)
            return None if host is None else host.end()
        if line[:1] != b"{":
            return None
        at = _past_blanks(line, 1)
        for _ in range(MOST_PAIRS + 1):
            if line.startswith(layout.key, at):
                return at + len(layout.key)
            after = self._past_pair(line, at)
            if after is None:
                return None
            at = after
        return None

    def _past_pair(self, line: bytes, at: int) -> int | None:
        """Past a key that is no rival, its value, and the comma."""
        name = _STRING.match(line, at)
        if name is None or name[0] in self._rivals:
            return None
        at = _past_blanks(line, name.end())
        if line[at : at + 1] != b":":
            return None
        value = _past_value(line, _past_blanks(line, at + 1))
        if value is None:
            return None
        at = _past_blanks(line, value)
        return _past_blanks(line, at + 1) if line[at : at + 1] == b"," else None


def _past_blanks(line: bytes, at: int) -> int:
    found = _BLANKS.match(line, at)
    assert found is not None, "it matches nothing too"
    return found.end()


def _past_value(line: bytes, at: int) -> int | None:
    """Past a string, a word, or an object or array whose brackets balance."""
    if line[at : at + 1] not in (b"{", b"["):
        found = _STRING.match(line, at) or _WORD.match(line, at)
        return None if found is None else found.end()
    depth = 0
    for part in _NESTED.finditer(line, at):
        if part[0] in (b"{", b"["):
            depth += 1
            if depth > MOST_DEPTH:
                return None
        elif part[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return part.end()
        elif len(part[0]) == 1:  # the line ends, or a string does not
            return None
    return None


@lru_cache(maxsize=64)
def _pattern(layout: Layout) -> re.Pattern[bytes]:
    region = b"".join(
        rb"[0-9]" if digit else re.escape(bytes((byte,)))
        for byte, digit in zip(layout.region, layout.digits, strict=True)
    )
    fraction = {0: b"()", -1: rb"([0-9]{1,9})"}.get(
        layout.fraction, rb"([0-9]{%d})" % layout.fraction
    )
    return re.compile(region + fraction + re.escape(layout.tail), re.DOTALL)


def read_by(layout: Layout, line: bytes, begin: int) -> tuple[int, int] | None:
    """The time (ns) of the stamp whose region begins there, and where the byte behind it is."""
    match = _pattern(layout).match(line, begin)
    if match is None:
        return None
    value = [
        constant if place is None else int(line[begin + place[0] : begin + place[0] + place[1]])
        for place, constant in zip(layout.fields, layout.constants, strict=True)
    ]
    year, month, day, hour, minute, second, seconds = value
    if layout.fields[6] is None:
        if hour > 23 or minute > 59 or second > 59 or year < 1970:
            return None
        try:
            days = date(year, month, day).toordinal() - _EPOCH
        except ValueError:
            return None
        seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    if not layout.low <= seconds < layout.high:
        return None
    fraction = int(match[1].ljust(9, b"0") or 0)
    return (seconds - layout.offset) * _SECOND + fraction, match.end() - 1


def keep_pages() -> None:
    """Have this process keep the memory of blocks for the next ones; for a program of its own.

    Given back to the system and taken again, fresh pages cost as much as merging what is in them.
    The interpreter alone has no means: nothing happens.
    """


def running(times: "array[int]", top: int, leap: int) -> tuple["array[int]", bool]:
    """The running maximum of the times, from `top` on; and whether it ever leaps by more.

    The same object comes back where the times are their own maximum.
    """
    places = array("q", accumulate(times, max, initial=top))
    leaps = any(b - a > leap for a, b in pairwise(places))
    del places[0]
    return (times if places == times else places), leaps


#: The rank of a source, a batch of it, and the first record and the one behind the last.
Part = tuple[int, "Batch", int, int]
#: data, bounds, times, places, flags and ranks, as the columns of a batch.
Woven = tuple[bytes, "array[int]", "array[int]", "array[int]", bytes, "array[int]"]


def weave(parts: Sequence[Part]) -> Woven:
    """The columns of all records in the order of (place, rank), equal ones as they stand here.

    The parts of one rank stand together and in order, and so do the ranks. `times` is `places`
    where that is so in every part.
    """
    columns = [(rank, batch, range(begin, end)) for rank, batch, begin, end in parts]
    places = [batch.places[i] for _, batch, span in columns for i in span]
    # Ranks are in order and the sort is stable: equal places stay in the order of the ranks.
    order = sorted(range(len(places)), key=places.__getitem__)
    raws = [raw for _, batch, span in columns for raw in batch.raws(span)]
    flags = b"".join([batch.flags[begin:end] for _, batch, begin, end in parts])
    ranks = [rank for rank, _, span in columns for _ in span]
    woven = array("q", map(places.__getitem__, order))
    times = woven
    if any(batch.times is not batch.places for _, batch, _ in columns):
        stamps = [batch.times[i] for _, batch, span in columns for i in span]
        times = array("q", map(stamps.__getitem__, order))
    data = list(map(raws.__getitem__, order))
    bounds = array("q", accumulate(map(len, data), initial=0))
    origins = array("i", map(ranks.__getitem__, order))
    return b"".join(data), bounds, times, woven, bytes(map(flags.__getitem__, order)), origins
