"""A strptime-like pattern in, the time format it describes out."""

import re
from datetime import date, timedelta
from typing import Final

from plait.errors import UsageError
from plait.logs.times import leads
from plait.logs.times.format import Civil, Reader, Text, TimeFormat
from plait.logs.times.words import month_of
from plait.logs.times.zones import ZONE, zone_of

_SIGNS: Final = {
    "Y": rb"\d{4}", "y": rb"\d\d", "m": rb"\d\d?", "d": rb"\d\d?", "e": rb"[ ]?\d\d?",
    "j": rb"\d{1,3}", "H": rb"\d\d?", "I": rb"\d\d?", "M": rb"\d\d", "S": rb"\d\d",
    "p": rb"[AaPp]\.?[Mm]\.?", "b": rb"[A-Za-z]{3,9}", "a": rb"[A-Za-z]{2,9}",
    "z": ZONE.removesuffix(b"?"), "Z": rb"[A-Za-z]{1,5}", "s": rb"\d{9,10}", "f": rb"\d{1,9}",
}  # fmt: skip
_SAME: Final = {"B": "b", "A": "a", "e": "d"}
_PARTS: Final = r"(?s:%(.?)|([ \t]+)|([^% \t]+))"


def format_of(pattern: str) -> TimeFormat:
    """The format of a pattern such as `%d.%m.%Y %H:%M:%S`; UsageError when it makes no time."""
    head, fraction, tail = b"", b"()", b""
    signs: set[str] = set()
    for part in re.finditer(_PARTS, pattern):
        sign = part[1]
        if sign == "f":
            _add(signs, sign, pattern)
            fraction = b"(%s)" % _SIGNS["f"]
            continue
        piece = _literal(part) if sign in (None, "%") else _sign(signs, sign, pattern)
        if "f" in signs:
            tail += piece
        else:
            head += piece
    _check(signs, pattern)
    text = rb"(%s)%s(%s)(?!\d)" % (_unnamed(head), fraction, _unnamed(tail))
    read = _reader(re.compile(head), re.compile(tail))
    yearless = not signs & {"Y", "y", "s"}
    title = f"as given: {pattern}"
    return TimeFormat(pattern, title, leads.ANYWHERE, (Text(pattern, text, read, yearless),), ())


def _literal(part: "re.Match[str]") -> bytes:
    if part[2]:
        return rb"[ \t]{1,20}"
    return b"%" if part[1] else re.escape(part[3].encode("utf-8", "surrogateescape"))


def _sign(signs: set[str], sign: str, pattern: str) -> bytes:
    """The named group of one directive."""
    kind = _SAME.get(sign, sign)
    _add(signs, kind, pattern, sign)
    return rb"(?P<%s>%s)" % (kind.encode(), _SIGNS[sign if sign in _SIGNS else kind])


def _add(signs: set[str], kind: str, pattern: str, sign: str | None = None) -> None:
    if kind not in _SIGNS:
        known = " ".join(f"%{known}" for known in (*_SIGNS, *_SAME) if known != "e")
        raise UsageError(
            f"time format {pattern!r}: %{sign or kind} is unknown; write one of {known} %e"
        )
    if kind in signs:
        raise UsageError(f"time format {pattern!r}: %{sign or kind} comes twice; write it once")
    signs.add(kind)


def _check(signs: set[str], pattern: str) -> None:
    """Refuse a pattern that does not name a moment of a day, within a line."""
    if "\n" in pattern:
        raise UsageError(f"time format {pattern!r} spans lines; write what stands in one")
    of_year = "j" in signs and signs & {"Y", "y"}
    day = of_year or ("d" in signs and signs & {"m", "b"})
    if "s" in signs or (day and signs & {"H", "I"}):
        return
    raise UsageError(
        f"time format {pattern!r} names no time of a day; "
        "write for example '%Y-%m-%d %H:%M:%S.%f' or '%s'"
    )


def _unnamed(pattern: bytes) -> bytes:
    return re.sub(rb"\(\?P<\w>", b"(?:", pattern)


def _reader(heads: re.Pattern[bytes], tails: re.Pattern[bytes]) -> Reader:
    """A reader of the stamps that these two patterns match."""

    def read(head: bytes, tail: bytes) -> Civil | int | None:
        begin, end = heads.fullmatch(head), tails.fullmatch(tail)
        if begin is None or end is None:
            return None
        fields = begin.groupdict() | end.groupdict()
        return int(fields["s"]) if "s" in fields else _civil(fields)

    return read


def _civil(fields: dict[str, bytes]) -> Civil | None:
    number = {kind: int(text) for kind, text in fields.items() if text.strip().isdigit()}
    year = number.get("Y")
    if year is None and "y" in number:
        year = number["y"] + (2000 if number["y"] < 69 else 1900)
    month = number.get("m") or month_of(fields.get("b", b""))
    day = number.get("d")
    hour = _hour(number, fields.get("p"))
    minute, second = number.get("M", 0), number.get("S", 0)
    if hour is None or minute > 59 or second > 60:
        return None
    zone = zone_of(fields.get("z") or fields.get("Z") or b"")
    seconds = hour * 3600 + minute * 60 + second
    if "j" in number and year is not None:
        return _of_year_day(year, number["j"], seconds, zone)
    return None if month is None or day is None else Civil(year, month, day, seconds, zone)


def _hour(number: dict[str, int], half: bytes | None) -> int | None:
    if "H" in number:
        return number["H"] if number["H"] < 24 else None
    hour = number.get("I", 12)
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half is not None and half[:1] in b"Pp" else 0)


def _of_year_day(year: int, day: int, seconds: int, zone: bytes) -> Civil | None:
    """What `%Y-%j` says."""
    if not 1 <= day <= 366 or not 1 <= year <= 9998:
        return None
    found = date(year, 1, 1) + timedelta(day - 1)
    return Civil(year, found.month, found.day, seconds, zone) if found.year == year else None
