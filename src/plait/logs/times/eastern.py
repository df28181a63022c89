"""Chinese, Japanese and Korean dates, and digits of full width."""

import re
from typing import Final

from plait.logs.times import iso, leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.zones import ZONE, zone_of

#: What to add to the year of an era.
_ERAS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_AFTER_NOON: Final = frozenset({"下午", "午後", "오후", "晚上", "傍晚"})
_BEFORE_NOON: Final = frozenset({"上午", "午前", "오전", "早上", "凌晨", "清晨", "中午"})
# Numbers as months have them in Chinese: 一月 to 十二月.
_NUMERALS: Final = {"十二": "12", "十一": "11", "十": "10"} | {
    numeral: str(number) for number, numeral in enumerate("一二三四五六七八九", 1)
}


def _any(words: str) -> bytes:
    """A pattern for one of these words."""
    return b"(?:%s)" % "|".join(words.split()).encode()


_DIGIT: Final = rb"(?:\d|\xef\xbc[\x90-\x99])"
_NUMBER: Final = rb"%s{1,2}" % _DIGIT
_SPACE: Final = rb"(?:[ \t]|\xe3\x80\x80){0,2}"
_LETTER: Final = rb"[\xe3-\xed][\x80-\xbf]{2}"
_COLON: Final = rb"(?::|\xef\xbc\x9a)"
_HALF: Final = _any(" ".join(sorted(_AFTER_NOON | _BEFORE_NOON)))
_WEEKDAY: Final = rb"(?:%s|%s%s|\((?:%s){1,3}\))" % (
    b"%s%s" % (_any("星期 礼拜 禮拜 周 週"), _LETTER),
    _LETTER,
    _any("曜日 요일"),
    _LETTER,
)
_CLOCK: Final = rb"%s(?:%s|%s)%s%s(?:%s|%s)%s%s(?!%s)%s?" % (
    _NUMBER, _COLON, _any("时 時 点 點 시"), _SPACE, _NUMBER, _COLON, _any("分 분"), _SPACE,
    _NUMBER, _DIGIT, _any("秒 초"),
)  # fmt: skip
_TIME: Final = rb"(?:%s%s)?%s(?:%s%s)?%s" % (_SPACE, _WEEKDAY, _SPACE, _HALF, _SPACE, _CLOCK)
_FRACTION: Final = rb"(?:[.,](\d{1,9}))?"
_YEAR: Final = rb"(?:%s{4}|%s(?:%s|%s))" % (
    _DIGIT, _any(" ".join(_ERAS)), rb"%s{1,3}" % _DIGIT, "元".encode(),
)  # fmt: skip

_DATE_AND_TIME: Final = r"(\D*)(\d+)\D+(\d+)\D+?(\d+)(\D.*?|)(\d+)\D+(\d+)\D+(\d+)\D*"
_MONTH_DATE: Final = r"(\d+)\D+(\d+)\D+(?:(\d{4})\D+)?(\d+)\D+(\d+)\D+(\d+)\D*"
_HALF_WORD: Final = _HALF.decode()
_MONTH_NAME: Final = "(?:%s)(?=月)" % "|".join(_NUMERALS)


def _plain(data: bytes) -> str:
    """The text with its digits, signs and spaces of usual width."""
    from unicodedata import normalize  # of some size, and the table is imported for most logs

    return normalize("NFKC", data.decode("utf-8", "replace"))


def _second(hour: int, minute: int, second: int, text: str) -> int | None:
    """The second of the day; the text around may say which half of the day it is."""
    half = re.search(_HALF_WORD, text)
    if half is not None and hour <= 12:
        if half[0] in _AFTER_NOON:
            hour = hour % 12 + 12
        elif half[0] != "中午":
            hour %= 12
    if hour > 23 or minute > 59 or second > 60:
        return None
    return hour * 3600 + minute * 60 + second


def _read(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026年3月1日 10时00分00秒`: year, month, day, with words between and around."""
    text = _plain(head).replace("元", "1")
    fields = re.fullmatch(_DATE_AND_TIME, text)
    if fields is None:
        return None
    year, month, day, hour, minute, second = map(int, fields.group(2, 3, 4, 6, 7, 8))
    of_day = _second(hour, minute, second, fields[5])
    if of_day is None:
        return None
    return Civil(year + _ERAS.get(fields[1].strip(), 0), month, day, of_day, zone_of(tail))


def _read_month_first(head: bytes, tail: bytes) -> Civil | None:
    """Read `三月 01, 2026 10:00:00` and what follows, `上午` for instance."""
    text = re.sub(_MONTH_NAME, lambda name: _NUMERALS[name[0]], _plain(head))
    fields = re.fullmatch(_MONTH_DATE, text)
    if fields is None:
        return None
    month, day, hour, minute, second = map(int, fields.group(1, 2, 4, 5, 6))
    after = _plain(tail)
    of_day = _second(hour, minute, second, text + after)
    if of_day is None:
        return None
    zone = zone_of(re.sub(_HALF_WORD, "", after).encode("utf-8", "replace"))
    return Civil(int(fields[3]) if fields[3] else None, month, day, of_day, zone)


def _read_wide(head: bytes, tail: bytes) -> Civil | None:
    """Read ISO 8601 in digits of full width."""
    return iso.read(_plain(head).encode("ascii", "replace"), tail)


_WIDE: Final = rb"(?:\xef\xbc[\x90-\x99])"
_WIDE_SIGN: Final = rb"(?:[-/.]|\xef\xbc[\x8d-\x8f]|\xe2\x88\x92)"

_NAMED: Final = Text(
    "cjk",
    rb"(%s%s%s%s%s%s%s%s%s%s%s)%s(%s)"
    % (
        _YEAR, _SPACE, _any("年 년"), _SPACE, _NUMBER, _SPACE, _any("月 월"), _SPACE, _NUMBER,
        rb"%s%s" % (_SPACE, _any("日 号 號 일")), _TIME, _FRACTION, ZONE,
    ),
    _read,
    signs=("年".encode(), "년".encode()),
)  # fmt: skip
# `2026. 3. 1. 오후 3:04:05`, `2026/3/1 下午 3:04:05`: the half of the day, or Korean dots.
_HALVED: Final = Text(
    "cjk-half",
    rb"(\d{4}(?:\. ?\d\d?\. ?\d\d?\.?|[/-]\d\d?[/-]\d\d?)(?=[ (]?[^\n]{0,12}?%s)%s)%s(%s)"
    % (_HALF, _TIME, _FRACTION, ZONE),
    _read,
    signs=tuple(word.encode() for word in sorted(_AFTER_NOON | _BEFORE_NOON)),
)
_DOTTED: Final = Text(
    "cjk-dots",
    rb"(\d{4}\. ?\d\d?\. ?\d\d?\.%s)%s(%s)" % (_TIME, _FRACTION, ZONE),
    _read,
    signs=(b"0000. 0", b"0000.0.", b"0000.00."),
)
_MONTH: Final = rb"(?:%s|%s)%s" % (_NUMBER, _any(" ".join(_NUMERALS)), _any("月 월"))
_MONTH_FIRST: Final = Text(
    "cjk-month-first",
    rb"(%s[ ]{1,2}\d\d?, \d{4},? \d\d?:\d\d:\d\d)(?!\d)%s((?: %s)?%s)"
    % (_MONTH, _FRACTION, _HALF, ZONE),
    _read_month_first,
    signs=("月".encode(), "월".encode()),
)
_YEARLESS: Final = Text(
    "cjk-yearless",
    rb"(%s[ ]{1,2}\d\d?%s? \d\d:\d\d:\d\d)(?!\d)%s(%s)" % (_MONTH, _any("日 일"), _FRACTION, ZONE),
    _read_month_first,
    yearless=True,
    signs=("月".encode(), "월".encode()),
)
_FULL_WIDTH: Final = Text(
    "full-width",
    rb"(%s{4}%s%s{1,2}%s%s{1,2}(?:[ T\t]|\xe3\x80\x80)%s{1,2}%s%s{2}%s%s{2})(?!%s)%s(%s)"
    % (
        _WIDE, _WIDE_SIGN, _WIDE, _WIDE_SIGN, _WIDE, _WIDE, _COLON, _WIDE, _COLON, _WIDE, _DIGIT,
        _FRACTION, ZONE,
    ),
    _read_wide,
    signs=(b"\xef\xbc",),
)  # fmt: skip


def _format(
    name: str, title: str, texts: tuple[Text, ...], *examples: tuple[str, str | None]
) -> TimeFormat:
    read = tuple(Example(line.encode(), time) for line, time in examples)
    return TimeFormat(name, title, leads.SHORT, texts, read)


_TEN: Final = "2026-03-01T10:00:00Z"

FORMATS: Final = (
    _format(
        "cjk",
        "Chinese, Japanese, Korean: 2026年3月1日 10时00分00秒, 2026년 3월 1일 오후 3:04:05",
        (_NAMED, _HALVED, _DOTTED, _MONTH_FIRST, _YEARLESS),
        ("2026年3月1日 10时00分00秒 x", _TEN),
        ("2026年03月01日 10:00:00.123 x", "2026-03-01T10:00:00.123Z"),
        ("[2026年 03月 01日 星期日 10:00:00 UTC] x", _TEN),
        ("2026年3月1日 下午3:04:05 x", "2026-03-01T15:04:05Z"),
        ("2026年3月1日(日) 午後 3時04分05秒 x", "2026-03-01T15:04:05Z"),
        ("２０２６年３月１日　１０：００：００ x", _TEN),
        ("令和8年3月1日 10:00:00 x", _TEN),
        ("民國115年3月1日 上午 10:00:00 x", _TEN),
        ("2026년 3월 1일 오후 3시 4분 5초 x", "2026-03-01T15:04:05Z"),
        ("2026. 3. 1. 오후 3:04:05 x", "2026-03-01T15:04:05Z"),
        ("2026. 03. 01. (일) 10:00:00 KST x", "2026-03-01T01:00:00Z"),
        ("2026/3/1 下午 03:04:05 x", "2026-03-01T15:04:05Z"),
        ("三月 01, 2026 10:00:00 上午 org.apache.X start", _TEN),
        ("3월 01, 2026 3:04:05 오후 org.apache.X start", "2026-03-01T15:04:05Z"),
        ("3月 01 10:00:00 host app[7]: x", _TEN),
        ("2026年13月1日 10时00分00秒 x", None),
        ("2026年3月1日 25时00分00秒 x", None),
        ("2026年3月 x", None),
        ("10时00分00秒 x", None),
    ),
    _format(
        "full-width",
        "ISO 8601 in digits of full width: ２０２６－０３－０１　１０：００：００",
        (_FULL_WIDTH,),
        ("２０２６－０３－０１　１０：００：００ x", _TEN),
        ("［x］ ２０２６／０３／０１ １０：００：００", None),
        ("２０２６／３／１ １０：００：００ x", _TEN),
        ("２０２６－１３－０１　１０：００：００ x", None),
    ),
)
