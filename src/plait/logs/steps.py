"""Filters on batches: a batch in, the batch of the records that pass out.

A step that lets every record pass gives back the same object; records keep their order. A record
passes or falls whole: the lines of a traceback stay with the line they follow.
"""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from operator import or_
from typing import Final

from plait.errors import UsageError
from plait.logs import kernel
from plait.logs.batch import Batch, Step
from plait.logs.levels import CODES, LEVELS, level_rank

# What says which records are meant: a mask of a byte a record, 1 for those.
_Finder = Callable[[Batch], bytes]
_FLIP: Final = bytes((1, 0)) + bytes(254)
_EVER: Final = 2**64

_LITERAL: Final = r"[^\\.^$*+?{}\[\]|()\x00-\x1f]+"
_LITERALS: Final = rf"{_LITERAL}(?:\|{_LITERAL})*"
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
    return lambda batch: _keep(batch, kernel.within(batch.times, ns, _EVER))


def until(ns: int) -> Step:
    """Keep records before `ns`, that instant excluded: `until(t)` and `since(t)` share none."""
    return lambda batch: _keep(batch, kernel.within(batch.times, -_EVER, ns))


def grep(patterns: Sequence[str], ignore_case: bool = False) -> Step:
    r"""Keep records in which any of the patterns is found, on whichever of their lines.

    A pattern is searched in the record without its last line end and with CRLF as LF; `^` and `$`
    match at every line of it. The search goes over bytes: `\w` and `-i` know ASCII letters only
    and `.` is a byte, unless the pattern itself holds a character beyond ASCII next to anything
    but letters and `|`; then it goes over text, which is slower.
    """
    finders = [_finder(pattern, ignore_case) for pattern in patterns]

    return lambda batch: _keep(batch, _found(finders, batch))


def exclude(patterns: Sequence[str], ignore_case: bool = False) -> Step:
    """Keep records in which none of the patterns is found; they mean what they do in `grep`."""
    finders = [_finder(pattern, ignore_case) for pattern in patterns]

    return lambda batch: _keep(batch, _found(finders, batch).translate(_FLIP))


def level_at_least(name: str) -> Step:
    """Keep records whose level is `name` or above; a record that names no level falls.

    So `--level trace` leaves out exactly the lines without a recognisable level.
    """
    passing = {CODES[level] for level in LEVELS[level_rank(name) :]}
    passes = bytes([code in passing for code in range(256)])
    return lambda batch: _keep(batch, kernel.levels(batch).translate(passes))


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


def _keep(batch: Batch, mask: bytes) -> Batch:
    """The records that the mask means."""
    if 0 not in mask:
        return batch
    if 1 in mask:
        return batch.take(kernel.chosen(mask))
    none = array("q")
    origins = None if batch.origins is None else array("i")
    return Batch(b"", array("q", [0]), none, none, b"", batch.sources, origins)


def _found(finders: Sequence[_Finder], batch: Batch) -> bytes:
    # As one number a mask: it joins them without looking at each record.
    masks = [int.from_bytes(finder(batch)) for finder in finders]
    return reduce(or_, masks, 0).to_bytes(len(batch))


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
    if re.fullmatch(_LITERALS, pattern):
        return partial(_with_literals, pattern.encode().split(b"|"), ignore_case)
    if re.fullmatch(_WITHIN_A_LINE, pattern, re.VERBOSE | re.ASCII):
        return _across(over_bytes)
    return _in_each_record(over_bytes)


def _with_literals(literals: Sequence[bytes], ignore_case: bool, batch: Batch) -> bytes:
    return kernel.containing(batch, literals, ignore_case)


def _across(pattern: re.Pattern[bytes]) -> _Finder:
    """Search the batch as one where none of its lines ends in CRLF, else each record."""
    each = _in_each_record(pattern)
    source = pattern.pattern
    while source.startswith(b"(?i)"):
        source = source[4:]  # it is among the flags, and must not stand within
    ignore_case = bool(pattern.flags & re.IGNORECASE)
    needed, search = _needed(source), pattern.search
    # One match in a line is enough: it takes the rest of it too.
    whole_lines = re.compile(b"(?:%s).*" % source, pattern.flags)

    def find(batch: Batch) -> bytes:
        block, bounds = batch.block, batch.bounds
        if b"\r" in block and b"\r\n" in block:  # looking for one byte is much faster
            return each(batch)
        if needed:
            maybe = kernel.chosen(kernel.containing(batch, [needed], ignore_case))
            begins = [bounds[i] for i in maybe if search(block, bounds[i], bounds[i + 1] - 1)]
        else:
            begins = [hit.start() for hit in whole_lines.finditer(block, bounds[0], bounds[-1])]
        return kernel.holding(batch, begins)

    return find


def _needed(source: bytes) -> bytes:
    """The longest text that all matches hold, if there is any; for what is `_WITHIN_A_LINE`."""
    depth, runs = 0, [b""]
    for part in re.finditer(_PARTS, source, re.VERBOSE | re.DOTALL):
        literal = part["literal"] or part["escaped"]
        if part[0] == b"|" and not depth:
            return b""
        if literal and not depth:
            runs[-1] += literal
            continue
        if part["optional"] and not depth:
            runs[-1] = runs[-1][:-1]
        depth += 1 if part["group"] else -1 if part[0] == b")" else 0
        runs.append(b"")
    return max(runs, key=len)


# What is no literal parts two texts.
_PARTS: Final = rb"""\\(?P<escaped>[^\w])
      | \\. | \[ (?:[^\]\\]|\\.)* \]
      | (?P<group>\( (?:\?:|\?P<\w+>)?)
      | (?P<optional>[*?]|\{\d+(?:,\d*)?\})
      | [.^$+|)]
      | (?P<literal>.)"""


def _in_each_record(pattern: re.Pattern[bytes]) -> _Finder:
    search = pattern.search

    def find(batch: Batch) -> bytes:
        return bytes([search(text) is not None for text in _texts(batch)])

    return find


def _in_each_text(pattern: re.Pattern[str]) -> _Finder:
    search = pattern.search

    def find(batch: Batch) -> bytes:
        texts = [text.decode("utf-8", "surrogateescape") for text in _texts(batch)]
        return bytes([search(text) is not None for text in texts])

    return find


def _texts(batch: Batch) -> list[bytes]:
    raws = batch.raws()
    if b"\r\n" in batch.block:
        raws = [raw.replace(b"\r\n", b"\n") for raw in raws]
    return [raw[:-1] for raw in raws]
