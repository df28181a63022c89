"""A file's name in, the names it may have had before it was rotated out."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

_DATE = r"(?:19|20)\d\d(?:-?[01]\d-?[0-3]\d)(?:[-_T.]?\d\d[-:_.]?\d\d(?:[-:_.]?\d\d)?)?"
_PACKED = r"(?P<packed>\.(?:gz|bz2|xz|zst))?"
# app.log.1, app.log.1.gz: at most five digits, so that a process id or a date is not a number.
_NUMBER = rf"(?P<base>.+)\.(?P<number>\d{{1,5}}){_PACKED}\Z"
# app.1.log, app.1.log.gz
_INNER = rf"(?P<stem>.+)\.(?P<number>\d{{1,5}})(?P<ext>\.[A-Za-z]\w{{0,9}}?){_PACKED}\Z"
# app.log-20240131, app.log.2024-01-31, app.log-2024-01-31_10-00.1
_DATED = rf"(?P<base>.+)[-._]{_DATE}(?:\.(?P<number>\d{{1,5}}))?{_PACKED}\Z"
# app-20240131.log, app.2024-01-31.log
_DATED_INNER = (
    rf"(?P<stem>.+)[-._]{_DATE}(?:\.(?P<number>\d{{1,5}}))?(?P<ext>\.[A-Za-z]\w{{0,9}}?){_PACKED}\Z"
)
# What one of these must have: most names are not looked at more closely.
_PROMISING = r"\.\d{1,5}(?:\.|\Z)|[-._](?:19|20)\d\d"


class Rotation(NamedTuple):
    """A rotated file's name read as one: what it was called, and its number (0 if dated)."""

    base: str
    number: int
    packed: bool


def rotations(name: str) -> Iterator[Rotation]:
    """Every way to read `name` (without folder) as that of a rotated file; mostly none.

    Strict, so that `app.log.err` or `app-worker.log` are never taken for an old `app.log`.
    """
    promising, patterns = _compiled()
    if promising.search(name) is None:
        return
    for pattern in patterns:
        if (found := pattern.match(name)) is not None:
            parts = found.groupdict()
            base = parts.get("base") or parts["stem"] + parts["ext"]
            yield Rotation(base, int(parts["number"] or 0), parts["packed"] is not None)


@cache
def _compiled() -> tuple[re.Pattern[str], list[re.Pattern[str]]]:
    """What each of them has, and the patterns; not before a name is asked about."""
    each = (_NUMBER, _DATED, _INNER, _DATED_INNER)
    return re.compile(_PROMISING), [re.compile(pattern, re.DOTALL) for pattern in each]
