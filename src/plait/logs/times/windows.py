"""Windows: events as XML, as lists and as tables; any table with a column for the time."""

import re
from typing import Final

from plait.logs.times import iso, numeric
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.words import HALF

_MDY, _DMY = (form.texts[0] for form in numeric.FORMATS if form.name in {"mdy", "dmy"})

EVENT_XML: Final = TimeFormat(
    "windows-event",
    "Windows events as XML: <Event ...><TimeCreated SystemTime='2026-03-01T10:00:00.1234567Z'/>",
    rb"(?:<Event[ >][^\n]{0,2000}?)?<TimeCreated SystemTime=['\"]",
    (iso.TEXT,),
    (
        Example(
            b"<Event xmlns='x'><System><EventID>1</EventID>"
            b"<TimeCreated SystemTime='2026-03-01T10:00:00.123456700Z'/></System></Event>",
            "2026-03-01T10:00:00.1234567Z",
        ),
        Example(
            b'<Event><System><TimeCreated SystemTime="2026-03-01T10:00:00.5Z"/></System></Event>',
            "2026-03-01T10:00:00.5Z",
        ),
        Example(b"<Event><System><EventID>1</EventID></System></Event>", None),
    ),
    signs=(b"<aaaaaaaaaaa aaaaaaaaaa=",),
)


EVENT_TEXT: Final = TimeFormat(
    "windows-event-text",
    "Windows events as wevtutil lists them: Event[0] and below it   Date: 2026-03-01T10:00:00.123",
    rb"  Date: ",
    (),
    (
        Example(
            b"Event[0]:\n  Log Name: x\n  Date: 2026-03-01T10:00:00.5", "2026-03-01T10:00:00.5Z"
        ),
        Example(b"Event[7]\n  Date: 2026-03-01T10:00:00.1234567Z", "2026-03-01T10:00:00.1234567Z"),
        Example(b"Event[7]\n  Log Name: x", None),
    ),
    weak=True,
    named=(iso.TEXT,),
)

EVENT_LIST: Final = TimeFormat(
    "windows-list",
    "Windows events as PowerShell lists them: TimeCreated  : 3/1/2026 10:00:00 AM",
    rb"Time(?:Created|Generated)[ ]{0,20}: (?=[^\n]{10,30}[AP]M)",
    (_MDY,),
    (
        Example(b"TimeCreated  : 3/1/2026 10:00:00 PM", "2026-03-01T22:00:00Z"),
        Example(b"TimeGenerated      : 03/01/2026 10:00:00 AM", "2026-03-01T10:00:00Z"),
        Example(b"TimeCreated  : 01.03.2026 10:00:00", None),
    ),
    signs=(b": 0",),
)

EVENT_TABLE: Final = TimeFormat(
    "windows-table",
    "Windows events as the viewer exports them in American: Error,3/1/2026 10:00:00 AM,Disk,7",
    rb"\"?(?:Information|Warning|Error|Critical|Verbose|Audit Success|Audit Failure)\"?[,;\t]\"?"
    rb"(?=[\d/]{8,10} [\d:]{7,8} [AP]M)",
    (_MDY,),
    (
        Example(b"Audit Success,3/1/2026 10:00:00 AM,Disk,7", "2026-03-01T10:00:00Z"),
        Example(b'"Error","03/01/2026 1:00:00 PM","Disk","7"', "2026-03-01T13:00:00Z"),
        Example(b"Level,Date and Time,Source,Event ID,Task Category", None),
        Example(b"Error,01/03/2026 10:00:00,Disk,7", None),
    ),
    signs=tuple(b"%c%s0" % (sign, quote) for sign in b",;\t" for quote in (b"", b'"')),
)

_CM: Final = rb'([+-]?\d{1,4})?" date="(\d\d?)-(\d\d?)-(\d{4})"'


def _read_cm(head: bytes, tail: bytes) -> Civil | None:
    """Read `10:00:00` and `-60" date="03-01-2026"`: minutes to add to be in UTC, and the date."""
    rest = re.fullmatch(_CM, tail)
    hour, minute, second = map(int, head.split(b":"))
    if rest is None or hour > 23 or minute > 59 or second > 60:
        return None
    bias = int(rest[1] or 0)
    zone = b"%c%02d:%02d" % (b"+-"[bias > 0], *divmod(abs(bias), 60)) if rest[1] else b""
    of_day = hour * 3600 + minute * 60 + second
    return Civil(int(rest[4]), int(rest[2]), int(rest[3]), of_day, zone)


CM_TEXT: Final = Text(
    "cmtrace",
    rb'(\d\d?:\d\d:\d\d)(?:\.(\d{1,9}))?((?:[+-]?\d{1,4})?" date="\d\d?-\d\d?-\d{4}")',
    _read_cm,
    signs=(b'" aaaa="0',),
)

CMTRACE: Final = TimeFormat(
    "cmtrace",
    'Configuration Manager: <![LOG[x]LOG]!><time="10:00:00.123-60" date="03-01-2026" thread="7">',
    rb'<!\[LOG\[[^\n]{0,4000}?\]LOG\]!><time="',
    (CM_TEXT,),
    (
        Example(
            b'<![LOG[x]LOG]!><time="10:00:00.123-60" date="03-01-2026" thread="7">',
            "2026-03-01T09:00:00.123Z",
        ),
        Example(b'<![LOG[]LOG]!><time="10:00:00+480" date="3-1-2026">', "2026-03-01T18:00:00Z"),
        Example(b'<![LOG[x]LOG]!><time="10:00:00.123" date="13-01-2026">', None),
    ),
    signs=(b'aaaa="0',),
)

_BETWEEN: Final = rb"[,;\t][ ]?"
# One column of a table: quoted, or without what begins code, JSON or a tuple.
_COLUMN: Final = rb'(?:"(?:[^"\n]|"")*+"|[^"\',;\t\n({\[]*+)[,;\t]'
_TABLE: Final = rb'(?:%s){1,30}?[ ]?"?' % _COLUMN


def _table(name: str, title: str, text: Text, *examples: Example) -> TimeFormat:
    return TimeFormat(name, title, _TABLE, (text,), examples, weak=True)


def _in_two_columns(text: Text, date: bytes) -> Text:
    """The same date and time with a comma or the like between them."""
    return Text(
        f"{text.name}-columns",
        rb"(%s[,;\t][ ]?\d\d?:\d\d:\d\d)(?!\d)(?:[.,:](\d{1,9}))?(%s)" % (date, HALF),
        lambda head, tail: text.read(re.sub(_BETWEEN, b" ", head), tail),
        signs=(b"0,0", b"0, 0", b"0;0", b"0; 0", b"0\t0", b"0\t 0"),
    )


TABLES: Final = (
    _table(
        "table-iso",
        'a table whose later column is a time: "7","2026-03-01 10:00:00","x"',
        iso.TEXT,
        Example(b'"7","2026-03-01 10:00:00","x"', "2026-03-01T10:00:00Z"),
        Example(b'7;"a ""b""";2026-03-01T10:00:00.5Z;x', "2026-03-01T10:00:00.5Z"),
        Example(b"f(7,2026-03-01 10:00:00)", None),
    ),
    _table(
        "table-mdy",
        "the same, month first: Foo,3/1/2026 10:00:00 AM,Disk,7",
        _MDY,
        Example(b"Foo,3/1/2026 10:00:00 AM,Disk,7", "2026-03-01T10:00:00Z"),
        Example(b'"Foo, bar","7","3/1/2026 1:00:00 PM","x"', "2026-03-01T13:00:00Z"),
        Example(b"Foo,13/1/2026 10:00:00", None),
    ),
    _table(
        "table-dmy",
        "the same, day first: Fehler;01.03.2026 10:00:00;Disk;7",
        _DMY,
        Example(b"Fehler;01.03.2026 10:00:00;Disk;7", "2026-03-01T10:00:00Z"),
        Example(b"Erreur\t01/03/2026 10:00:00\tDisk\t7", "2026-03-01T10:00:00Z"),
        Example(b"Foo,1/13/2026 10:00:00", None),
    ),
    _table(
        "table-mdy-columns",
        "the same in two columns, as DHCP and IIS write them: 10,03/01/26,10:00:00,Assign",
        _in_two_columns(_MDY, rb"\d\d?[/-]\d\d?[/-](?:\d{4}|\d\d)"),
        Example(b"10,02/28/26,10:00:00,Assign,10.0.0.7", "2026-02-28T10:00:00Z"),
        Example(b"10.0.0.7, -, 2/28/2026, 10:00:00, W3SVC1", "2026-02-28T10:00:00Z"),
        Example(b"10,13/01/26,10:00:00,x", None),
    ),
    _table(
        "table-dmy-columns",
        "the same, day first: 10;28.02.2026;10:00:00;x",
        _in_two_columns(_DMY, rb"\d\d?[/.-]\d\d?[/.-](?:\d{4}|\d\d)"),
        Example(b"10;28.02.2026;10:00:00;x", "2026-02-28T10:00:00Z"),
        Example(b"x\t28/02/2026\t10:00:00\ty", "2026-02-28T10:00:00Z"),
        Example(b"10,02/28/26,10:00:00,x", None),
    ),
)
