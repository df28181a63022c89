"""Dates that name the month in another language than English; only where a sample confirms them."""

import re
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.months import month_in_any_language
from plait.logs.times.zones import ZONE, zone_of

# UTF-8 or Latin-1; the reader decides whether it is a month.
_WORD: Final = rb"[A-Za-z\x80-\xff]{2,28}+\.?"
_WEEKDAY: Final = rb"(?:%s,?[ ]{1,2})?" % _WORD
_DAY: Final = rb"[0-3]?\d\.?"
_OF: Final = rb"(?:[ ]{1,2}(?:de[ ])?|[/.-])"
# `à`, `um`, `kl.`, `г. в`, `vasárnap`: words between date and time.
_AT: Final = rb"(?:[ ]?,?(?:[ ][A-Za-z\x80-\xff]{1,28}\.?,?){0,2}[ ]{1,2}|:)"
_TIME: Final = rb"[0-2]?\d[:.][0-5]\d[:.]\d\d(?![\d:])"
_YEAR: Final = rb"(?:19|20)\d\d(?!\d)"
# Two digits only where signs tie them to the date: `01-MÄR-26`.
_OF_YEAR: Final = rb"(?:%s%s|[/.-]\d\d)" % (_OF, _YEAR)
# In front of the others, since they may be empty.
_ZONE: Final = rb"(?:[ ]\((?:UTC|GMT)[+-]\d{1,2}:?\d\d\)|%s)" % ZONE
_FRACTION: Final = rb"(?:[.,](\d{1,9}))?"
_HALF: Final = (
    rb"(?:[ ](?:[AaPp]\.? ?[Mm]\.?|\xc3\x96[\x96S]|\xc3\x96\xc3\x96|[fe]m|d[eu]\.|"
    rb"\xcf\x80\.\xce\xbc\.|\xce\xbc\.\xce\xbc\.)(?![A-Za-z\x80-\xff]))?"
)

_CLOCK: Final = r"(\d\d?)[:.](\d\d)[:.](\d\d)$"
_NUMBERS: Final = r"\d+"
_WORDS: Final = r"[^\W\d_]+"
_TAIL: Final = r"(?i)[ ]?((?:[ap]\.? ?m\.?|öö|ös|[fe]m|d[eu]\.|[πμ]\.μ\.)(?!\w))?(.*)"
# Swedish em, Hungarian du., Turkish ÖS, Greek μ.μ. are after noon.
_AFTER_NOON: Final = ("p", "ös", "em", "du", "μ")
_TAIL_YEAR: Final = r"(?<!\d)(?:19|20)\d\d(?!\d)"


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read a date with a month named in any language, and the time of day."""
    text = _decoded(head)
    clock = re.search(_CLOCK, text)
    if clock is None:
        return None
    date = text[: clock.start()]
    # The last one: a weekday before it may be called like a month (mar., dec.).
    months = [month for word in re.findall(_WORDS, date) if (month := month_in_any_language(word))]
    numbers = [int(number) for number in re.findall(_NUMBERS, date)]
    year = next((number for number in numbers if number > 1000), None)
    day = next((number for number in numbers if number <= 31), None)
    if year is None and len(numbers) == 2:
        year = 2000 + numbers[1]
    hour, minute, second = map(int, clock.groups())
    after = re.fullmatch(_TAIL, _decoded(tail))
    half = after[1].lower() if after and after[1] else ""
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith(_AFTER_NOON) else 0)
    if not months or day is None or hour > 23 or minute > 59 or second > 60:
        return None
    zone = zone_of(after[2].strip(" ()").encode()) if after else b""
    return Civil(year, months[-1], day, hour * 3600 + minute * 60 + second, zone)


def _read_year_last(head: bytes, tail: bytes) -> Civil | None:
    """Read a date whose year follows the zone."""
    said = read(head, b"")
    text = _decoded(tail)
    year = re.search(_TAIL_YEAR, text)
    if said is None or year is None:
        return None
    return said._replace(year=int(year[0]), zone=zone_of(text[: year.start()].encode()))


# The time of day.
_SIGNS: Final = (b"0:00:00", b"0.00.00", b"0:00.00", b"0.00:00")
_DAY_FIRST: Final = Text(
    "day-first-any",
    rb"(%s%s%s%s%s%s%s)%s(%s%s)"
    % (_WEEKDAY, _DAY, _OF, _WORD, _OF_YEAR, _AT, _TIME, _FRACTION, _HALF, _ZONE),
    read,
    signs=_SIGNS,
)
_MONTH_FIRST: Final = Text(
    "month-first-any",
    rb"(%s%s[ ]{1,2}%s,?[ ]%s,?%s%s)%s(%s%s)"
    % (_WEEKDAY, _WORD, _DAY, _YEAR, _AT, _TIME, _FRACTION, _HALF, ZONE),
    read,
    signs=_SIGNS,
)
_YEAR_FIRST: Final = Text(
    "year-first-any",
    rb"(%s\.?(?: m\.)?[ ]%s[ ]%s,?%s%s)%s(%s%s)"
    % (_YEAR, _WORD, _DAY, _AT, _TIME, _FRACTION, _HALF, ZONE),
    read,
    signs=_SIGNS,
)
_DATE: Final = rb"(?:%s[ ]{1,2}%s|%s[ ]{1,2}%s)" % (_WORD, _DAY, _DAY, _WORD)
_YEAR_LAST: Final = Text(
    "year-last-any",
    rb"(%s%s,?[ ]{1,2}%s)%s(%s[ ]%s)" % (_WEEKDAY, _DATE, _TIME, _FRACTION, ZONE, _YEAR),
    _read_year_last,
    signs=_SIGNS,
)
_YEARLESS: Final = Text(
    "yearless-any",
    rb"(%s%s,?[ ]{1,2}%s)%s(%s)" % (_WEEKDAY, _DATE, _TIME, _FRACTION, ZONE),
    read,
    yearless=True,
    signs=_SIGNS,
)
_LEAD: Final = rb"(?>%s%s(?:<\d{1,3}>)?[\[(<]?)" % (leads.COLOUR, leads.CONTAINER)


def _format(name: str, title: str, text: Text, *examples: tuple[str, str | None]) -> TimeFormat:
    read = tuple(Example(line.encode(), time) for line, time in examples)
    return TimeFormat(name, title, _LEAD, (text,), read, weak=True)


_TEN: Final = "2026-03-01T10:00:00Z"

FORMATS: Final = (
    _format(
        "day-first",
        "day, month in any language, year: 1 mars 2026 10:00:00",
        _DAY_FIRST,
        ("1 mars 2026 10:00:00 x", _TEN),
        ("So, 01. März 2026 10:00:00,5 x", "2026-03-01T10:00:00.5Z"),
        ("dim. 01 mars 2026 à 10:00:00 UTC x", _TEN),
        ("mar. 03 févr. 2026 10:00:00 x", "2026-02-03T10:00:00Z"),
        ("1 de março de 2026 às 10:00:00 x", _TEN),
        ("1 марта 2026 г. в 10:00:00 x", _TEN),
        ("[01-ott-2025 10:00:00] x", "2025-10-01T10:00:00Z"),
        ("01-MÄR-26 10:00:00 x", _TEN),
        ("01-MAR-26 10.00.00.123456 PM +01:00 x", "2026-03-01T21:00:00.123456Z"),
        ("01.mar.2026, 10:00:00 (UTC+0100) x", "2026-03-01T09:00:00Z"),
        ("1. maaliskuuta 2026 klo 10.00.00 x", _TEN),
        ("1 foo 2026 10:00:00 x", None),
        ("31 avril 2026 10:00:00 x", None),
    ),
    _format(
        "month-first",
        "month in any language, day, year: mars 01, 2026 10:00:00 AM",
        _MONTH_FIRST,
        ("mars 01, 2026 10:00:00 PM org.apache.X start", "2026-03-01T22:00:00Z"),
        ("Mär 01, 2026 10:00:00 AM org.apache.X start", _TEN),
        ("ene. 01, 2026 10:00:00 p. m. x", "2026-01-01T22:00:00Z"),
        ("Mart 1, 2026 10:00:00 ÖS x", "2026-03-01T22:00:00Z"),
        ("foo 01, 2026 10:00:00 AM x", None),
    ),
    _format(
        "year-first",
        "year, month in any language, day: 2026. márc. 1. 10:00:00",
        _YEAR_FIRST,
        ("2026. márc. 1. 10:00:00 x", _TEN),
        ("2026. márc. 1., vasárnap, 10:00:00 UTC x", _TEN),
        ("2026 kovo 1 10:00:00 x", _TEN),
        ("2026. foo 1. 10:00:00 x", None),
    ),
    _format(
        "ctime-any",
        "ctime in any language: dim. mars 01 10:00:00 CET 2026",
        _YEAR_LAST,
        ("dim. mars 01 10:00:00 UTC 2026", _TEN),
        ("So 1. Mär 10:00:00 CET 2026", "2026-03-01T09:00:00Z"),
        ("Вс мар  1 10:00:00 2026", _TEN),
        ("dim. foo 01 10:00:00 UTC 2026", None),
    ),
    _format(
        "syslog-any",
        "syslog in any language: mars 01 10:00:00 (no year)",
        _YEARLESS,
        ("mars 01 10:00:00 host app[7]: x", _TEN),
        ("мар 01 10:00:00 host app[7]: x", _TEN),
        ("foo 01 10:00:00 host app[7]: x", None),
    ),
)
