"""Filters on batches: a batch in, the batch of the records that pass out.

A step that lets every record pass gives back the same object; records keep their order. A record
passes or falls whole: the lines of a traceback stay with the line they follow.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from plait.errors import UsageError
from plait.logs.batch import Batch, Step
from plait.logs.levels import LEVELS, level_of, level_rank

# The indices of the records in which something was found, each once and in order.
_Finder = Callable[[Batch], list[int]]
# Where in the data something is found next, from a position on; -1 where nothing more is.
_Next = Callable[[bytes, int], int]

_LITERAL: Final = r"[^\\.^$*+?{}\[\]|()\x00-\x1f]+"
# A regular expression of nothing but these matches within one line and looks at nothing beyond
# it, so that a search through the whole batch finds what a search through each record would, in
# no more steps. The list is of what is known to be safe; what it leaves out is lookaround, \A, \Z,
# \B, possessive and atomic parts, and all that may match a newline: \s, \W, \D, [^x], (?s),
# characters by number, and ranges from a control character.
_WITHIN_A_LINE: Final = r"""(?: [^\\\[(*+?{\x00-\x1f]
          | \\[dwSb] | \\[^\w\s]
          | \[(?![\]^]) (?:[^\]\\\[\x00-\x1f]|\\[dwS]|\\[^\w\s])* \]
          | \((?!\?) | \(\?: | \(\?i\) | \(\?P<\w+>
          | (?:[*+?]|\{\d+(?:,\d*)?\})(?!\+)
        )*"""
# Beyond ASCII, these mean the same over bytes as over text.
_WHOLE_LETTERS: Final = r"[^\\.*+?{}\[\]()]*"


def since(ns: int) -> Step:
    """Keep records from `ns` on, that instant included (nanoseconds since 1970 UTC).

    Like `until`, it goes by `Record.time`; a record without a stamp has the time of the one above.
    """

    def step(batch: Batch) -> Batch:
        if not batch or min(batch.times) >= ns:
            return batch
        return _keep(batch, [i for i, time in enumerate(batch.times) if time >= ns])

    return step


def until(ns: int) -> Step:
    """Keep records before `ns`, that instant excluded: `until(t)` and `since(t)` share none."""

    def step(batch: Batch) -> Batch:
        if not batch or max(batch.times) < ns:
            return batch
        return _keep(batch, [i for i, time in enumerate(batch.times) if time < ns])

    return step


def grep(patterns: Sequence[str], ignore_case: bool = False) -> Step:
    r"""Keep records in which any of the patterns is found, on whichever of their lines.

    A pattern is searched in the record without its last line end and with CRLF as LF; `^` and `$`
    match at every line of it. The search goes over bytes: `\w` and `-i` know ASCII letters only
    and `.` is a byte, unless the pattern itself holds a character beyond ASCII next to anything
    but letters and `|`; then it goes over text, which is slower.
    """
    finders = [_finder(pattern, ignore_case) for pattern in patterns]

    def step(batch: Batch) -> Batch:
        return _keep(batch, _found(finders, batch))

    return step


def exclude(patterns: Sequence[str], ignore_case: bool = False) -> Step:
    """Keep records in which none of the patterns is found; they mean what they do in `grep`."""
    finders = [_finder(pattern, ignore_case) for pattern in patterns]

    def step(batch: Batch) -> Batch:
        found = _found(finders, batch)
        if not found:
            return batch
        dropped = set(found)
        return _keep(batch, [i for i in range(len(batch)) if i not in dropped])

    return step


def level_at_least(name: str) -> Step:
    """Keep records whose level is `name` or above; a record that names no level falls.

    So `--level trace` leaves out exactly the lines without a recognisable level.
    """
    passing = frozenset(LEVELS[level_rank(name) :])

    def step(batch: Batch) -> Batch:
        levels = map(level_of, batch.raws())
        return _keep(batch, [i for i, level in enumerate(levels) if level in passing])

    return step


def chain(steps: Iterable[Step]) -> Step:
    """One step that does all of them, in their order; none at all lets everything pass."""
    steps = tuple(steps)

    def step(batch: Batch) -> Batch:
        for each in steps:
            if not batch:
                break
            batch = each(batch)
        return batch

    return step


def _keep(batch: Batch, kept: Sequence[int]) -> Batch:
    if len(kept) == len(batch):
        return batch
    if kept:
        return batch.take(kept)
    none = array("q")
    origins = None if batch.origins is None else array("i")
    return Batch(b"", array("q", [0]), none, none, b"", batch.sources, origins)


def _found(finders: Sequence[_Finder], batch: Batch) -> list[int]:
    if len(finders) == 1:
        return finders[0](batch)
    return sorted({i for finder in finders for i in finder(batch)})


def _finder(pattern: str, ignore_case: bool) -> _Finder:
    import warnings  # a start without filters does without

    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else re.NOFLAG)
    try:
        # `[[:alpha:]]` is not what its writer thinks: Python warns, we refuse.
        with warnings.catch_warnings(action="error"):
            over_text = re.compile(pattern, flags)
            over_bytes = re.compile(pattern.encode(), flags)
    except (re.error, Warning, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"{pattern!r} is no regular expression: {error}") from error
    if not pattern.isascii() and (ignore_case or not re.fullmatch(_WHOLE_LETTERS, pattern)):
        return _in_each_text(over_text)
    if not ignore_case and re.fullmatch(_LITERAL, pattern):
        return _across(_finding(pattern.encode()))
    if re.fullmatch(_WITHIN_A_LINE, pattern, re.VERBOSE | re.ASCII):
        return _across(_searching(over_bytes), else_each=_in_each_record(over_bytes))
    return _in_each_record(over_bytes)


def _finding(literal: bytes) -> _Next:
    return lambda data, begin: data.find(literal, begin)


def _searching(pattern: re.Pattern[bytes]) -> _Next:
    search = pattern.search

    def next_at(data: bytes, begin: int) -> int:
        found = search(data, begin)
        return -1 if found is None else found.start()

    return next_at


def _across(next_at: _Next, else_each: _Finder | None = None) -> _Finder:
    """Search the batch as one; with `else_each`, that does it where a line ends in CRLF."""

    def find(batch: Batch) -> list[int]:
        data, bounds = batch.block, batch.bounds
        if else_each is not None and b"\r\n" in data:
            return else_each(batch)
        found: list[int] = []
        at, end, record = next_at(data, bounds[0]), bounds[-1], 0
        # An empty match behind the last newline belongs to no record.
        while 0 <= at < end:
            record = bisect_right(bounds, at, record)
            found.append(record - 1)
            at = next_at(data, bounds[record])
        return found

    return find


def _in_each_record(pattern: re.Pattern[bytes]) -> _Finder:
    search = pattern.search

    def find(batch: Batch) -> list[int]:
        return [i for i, text in enumerate(_texts(batch)) if search(text)]

    return find


def _in_each_text(pattern: re.Pattern[str]) -> _Finder:
    search = pattern.search

    def find(batch: Batch) -> list[int]:
        texts = [text.decode("utf-8", "surrogateescape") for text in _texts(batch)]
        return [i for i, text in enumerate(texts) if search(text)]

    return find


def _texts(batch: Batch) -> list[bytes]:
    raws = batch.raws()
    if b"\r\n" in batch.block:
        raws = [raw.replace(b"\r\n", b"\n") for raw in raws]
    return [raw[:-1] for raw in raws]
