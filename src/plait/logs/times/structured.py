"""JSON lines, logfmt and XML: a key says where the stamp is."""

from typing import Final

from plait.logs.kernel.layout import KEYS, MOST_DEPTH, MOST_PAIRS, Anchor
from plait.logs.times import epoch, iso, leads, words
from plait.logs.times.format import Example, Moment, Said, Text, TimeFormat
from plait.logs.times.zones import ZONE

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

_OTHER_KEY: Final = (
    rb'"(?:[A-Za-z_.@-]{0,40}(?:[Tt]ime|TIME)(?:[Ss]tamp|STAMP|Millis|_ms|_utc|UTC)?'
    rb'|[A-Za-z_.-]{1,40}(?:_at|At|_date|Date|_ts))"[ \t]*+:[ \t]*+"?'
)


def read_any(head: bytes, tail: bytes) -> Said | None:
    """Read ISO 8601, or ten digits of seconds."""
    return int(head) if head.isdigit() else iso.read(head, tail)


def read_instant(head: bytes, tail: bytes) -> Moment | None:
    """Read `1772359200,"nanoOfSecond":123000000`."""
    second, _, rest = head.partition(b",")
    ns = int(rest.rpartition(b":")[2])
    return Moment(int(second) * 10**9 + ns) if ns < 10**9 else None


_ANY: Final = Text(
    "any",
    rb"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|[1-3]\d{9})"
    rb"(?:(?:[.,]|(?=(?:\d{3}){1,3}(?!\d)))(\d{1,9}))?(?!\d)(%s)" % ZONE,
    read_any,
    signs=(b"0000-00-00", b"0000000000"),
)
_INSTANT: Final = Text(
    "instant",
    rb'([1-3]\d{9}[ \t]*,[ \t]*"nanoOfSecond"[ \t]*:[ \t]*\d{1,9})()()(?!\d)',
    read_instant,
    signs=(b"0000000000",),
)


def _object(key: bytes) -> bytes:
    """The lead of a JSON line up to the value of a key of its outermost object."""
    return rb"(?>%s%s%s)\{[ \t]*+(?:%s){0,%d}?%s" % (
        leads.COLOUR, leads.CONTAINER, leads.COLOUR, _PAIR, MOST_PAIRS, key
    )  # fmt: skip


_FMT_KEY: Final = rb"(?:@timestamp|timestamp|time|ts|t|datetime)=[\"']?"
_FMT_PAIR: Final = rb'(?>[A-Za-z_][\w.-]*+=(?:%s|[^\s"]*+)[ \t]++)' % _STRING

FORMATS: Final = (
    TimeFormat(
        "json",
        'JSON lines: {"time": "2026-03-01T10:00:00Z"}, {"ts": 1772359200.123}',
        _object(_KEY),
        _TEXTS,
        (
            Example(b'{"time":"2026-03-01T10:00:00.5Z","m":"x"}', "2026-03-01T10:00:00.5Z"),
            Example(b'{"level":"info","ts":1772359200.123,"m":1}', "2026-03-01T10:00:00.123Z"),
            Example(b'{"@timestamp": 1772359200123}', "2026-03-01T10:00:00.123Z"),
            Example(
                b'{"log":"x\\n","stream":"stdout","time":"2026-03-01T10:00:00.5Z"}',
                "2026-03-01T10:00:00.5Z",
            ),
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
    TimeFormat(
        "json-instant",
        'JSON lines of log4j: {"instant":{"epochSecond":1772359200,"nanoOfSecond":123000000}}',
        _object(rb'"instant"[ \t]*+:[ \t]*+\{[ \t]*+"epochSecond"[ \t]*+:[ \t]*+'),
        (_INSTANT,),
        (
            Example(
                b'{"instant":{"epochSecond": 1772359200, "nanoOfSecond": 5000},"level":"INFO"}',
                "2026-03-01T10:00:00.000005Z",
            ),
            Example(
                b'{"thread":"main","instant":{"epochSecond":1772359200,"nanoOfSecond":0}}',
                "2026-03-01T10:00:00Z",
            ),
            Example(b'{"instant":{"epochSecond":1772359200}}', None),
        ),
        weak=True,
    ),
    TimeFormat(
        "json-other",
        'JSON lines with another key: {"eventTime": "2026-03-01T10:00:00Z"}, {"started_at": ...}',
        _object(_OTHER_KEY),
        (_ANY,),
        (
            Example(b'{"eventTime":"2026-03-01T10:00:00Z"}', "2026-03-01T10:00:00Z"),
            Example(b'{ "started_at": 1772359200123, "a": {} }', "2026-03-01T10:00:00.123Z"),
            Example(
                b'{"a":1,"EdgeStartTimestamp":1772359200123000000}', "2026-03-01T10:00:00.123Z"
            ),
            Example(b'{"timeMillis":1772359200123,"thread":"main"}', "2026-03-01T10:00:00.123Z"),
            Example(b'{"responseTime": 177}', None),
            Example(b'{"a":{"eventTime":"2026-03-01T10:00:00Z"}}', None),
        ),
        weak=True,
        needs=2,
    ),
)
