"""JSON lines and logfmt: a key says where the stamp is."""

from typing import Final

from plait.logs.kernel.layout import KEYS, MOST_DEPTH, MOST_PAIRS, Anchor
from plait.logs.times import epoch, iso, leads, words
from plait.logs.times.format import Example, TimeFormat

_TEXTS: Final = (
    iso.TEXT,
    words.YEAR_LAST,
    words.MONTH_FIRST,
    words.DAY_FIRST,
    words.YEAR_FIRST,
    words.YEARLESS,
    epoch.SECONDS,
    epoch.FINER,
    epoch.POWER,
)

_STRING: Final = rb'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'


def _nested(depth: int) -> bytes:
    """An object or array with at most so many more inside one another; brackets balance."""
    inside = b"|" + _nested(depth - 1) if depth else b""
    return rb'[{\[](?:[^{}\[\]"\n]++|%s%s)*+[}\]]' % (_STRING, inside)


_VALUE: Final = rb'(?:%s|[^{}\[\]",\s]++|%s)' % (_STRING, _nested(MOST_DEPTH - 1))
_PAIR: Final = rb"(?>%s[ \t]*+:[ \t]*+%s[ \t]*+,[ \t]*+)" % (_STRING, _VALUE)
_KEY: Final = rb'"(?:%s)"[ \t]*+:[ \t]*+"?' % b"|".join(KEYS)

_FMT_KEY: Final = rb"(?:@timestamp|timestamp|time|ts|t|datetime)=[\"']?"
_FMT_PAIR: Final = rb'(?>[A-Za-z_][\w.-]*+=(?:%s|[^\s"]*+)[ \t]++)' % _STRING

FORMATS: Final = (
    TimeFormat(
        "json",
        'JSON lines: {"time": "2026-03-01T10:00:00Z"}, {"ts": 1772359200.123}',
        rb"(?>%s%s%s)\{[ \t]*+(?:%s){0,%d}?%s"
        % (leads.COLOUR, leads.CONTAINER, leads.COLOUR, _PAIR, MOST_PAIRS, _KEY),
        _TEXTS,
        (
            Example(b'{"time":"2026-03-01T10:00:00.5Z","m":"x"}', "2026-03-01T10:00:00.5Z"),
            Example(b'{"level":"info","ts":1772359200.123,"m":1}', "2026-03-01T10:00:00.123Z"),
            Example(b'{"@timestamp": 1772359200123}', "2026-03-01T10:00:00.123Z"),
            Example(b'{"a":{"time":1},"timestamp":"2026-03-01 10:00:00"}', "2026-03-01T10:00:00Z"),
            Example(b'{"time":0.25,"ts":"2026-03-01 10:00:00"}', "2026-03-01T10:00:00Z"),
            Example(b'{"ts":1.7723592001234567e+09}', "2026-03-01T10:00:00.1234567Z"),
            Example(b'{"a":{"time":"2026-03-01T10:00:00Z"}}', None),
            Example(b'{"m":"\\"time\\":\\"2026-03-01T10:00:00Z\\""}', None),
            Example(b'{"time":150,"m":"x"}', None),
        ),
        signs=(b"{",),
        anchor=Anchor.KEYED,
    ),
    TimeFormat(
        "logfmt",
        'logfmt: time=2026-03-01T10:00:00Z level=info msg="x"',
        rb"(?>%s)(?:%s){0,20}?%s" % (leads.CONTAINER, _FMT_PAIR, _FMT_KEY),
        _TEXTS,
        (
            Example(b"time=2026-03-01T10:00:00Z level=info", "2026-03-01T10:00:00Z"),
            Example(b'level=info ts="2026-03-01 10:00:00" x', "2026-03-01T10:00:00Z"),
            Example(b'msg="a b" ts=1772359200.5 x', "2026-03-01T10:00:00.5Z"),
            Example(b"time=12ms level=info", None),
            Example(b'msg="time=2026-03-01T10:00:00Z"', None),
        ),
        signs=(b"=0", b"='", b'="', b"=a"),
    ),
)
