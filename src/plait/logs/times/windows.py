"""Windows: events as XML, as lists and as tables; any table with a column for the time."""

from typing import Final

from plait.logs.times import iso, numeric
from plait.logs.times.format import Example, Text, TimeFormat

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
)

# One column of a table: quoted, or without what begins code, JSON or a tuple.
_COLUMN: Final = rb'(?:"(?:[^"\n]|"")*+"|[^"\',;\t\n({\[]*+)[,;\t]'
_TABLE: Final = rb'(?:%s){1,30}?"?' % _COLUMN


def _table(name: str, title: str, text: Text, *examples: Example) -> TimeFormat:
    return TimeFormat(name, title, _TABLE, (text,), examples, weak=True)


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
)
