"""Application servers, brokers and loggers whose lines have a way of their own."""

from typing import Final

from plait.logs.times import epoch, iso, words
from plait.logs.times.format import Civil, Example, Text, TimeFormat

# Long names of zones, as Java writes them since version 9.
_LONG_ZONES: Final = {
    b"coordinated universal time": b"UTC", b"greenwich mean time": b"GMT",
    b"british summer time": b"BST", b"western european standard time": b"WET",
    b"western european summer time": b"WEST", b"central european time": b"CET",
    b"central european standard time": b"CET", b"central european summer time": b"CEST",
    b"eastern european time": b"EET", b"eastern european standard time": b"EET",
    b"eastern european summer time": b"EEST", b"moscow standard time": b"MSK",
    b"eastern standard time": b"EST", b"eastern daylight time": b"EDT",
    b"central standard time": b"CST", b"central daylight time": b"CDT",
    b"mountain standard time": b"MST", b"mountain daylight time": b"MDT",
    b"pacific standard time": b"PST", b"pacific daylight time": b"PDT",
    b"india standard time": b"IST", b"singapore standard time": b"SGT",
    b"china standard time": b"+08:00", b"hong kong standard time": b"HKT",
    b"japan standard time": b"JST", b"korean standard time": b"KST",
    b"australian eastern standard time": b"AEST", b"australian eastern daylight time": b"AEDT",
    b"brasilia standard time": b"BRT", b"brasilia time": b"BRT",
}  # fmt: skip


def _read_java(head: bytes, tail: bytes) -> Civil | None:
    """Read `Mar 1, 2026 10:00:00` and ` AM Central European Time`."""
    half, zone = tail[:3], tail[3:].strip().lower()
    if half.strip().upper() not in (b"AM", b"PM"):
        half, zone = b"", tail.strip().lower()
    return words.read(head, half + b" " + _LONG_ZONES[zone] if zone in _LONG_ZONES else tail)


_JAVA: Final = Text(
    "java",
    rb"([A-Z][a-z][a-z]\.? \d\d?, \d{4},? \d\d?:\d\d:\d\d)(?:[.,](\d{1,9}))?([ ][^>\n]{2,40})(?=>)",
    _read_java,
    signs=(b"0, 0000",),
)

WEBLOGIC: Final = TimeFormat(
    "weblogic",
    "WebLogic: ####<Mar 1, 2026 10:00:00,123 AM CET> <Info>",
    # In other languages the time in milliseconds that stands further on is read.
    rb"(?:####)?<(?:(?=[A-Z][a-z][a-z]\.? \d)|[^\n]{5,60}>[^\n]{0,600}? <(?=\d{13}> ))",
    (_JAVA, epoch.FINER),
    (
        Example(b"####<Mar 1, 2026 10:00:00 AM CET> <Info> <x>", "2026-03-01T09:00:00Z"),
        Example(b"####<Mar 1, 2026, 1:00:00,5 PM UTC> <x>", "2026-03-01T13:00:00.5Z"),
        Example(b"<Mar 1, 2026, 1:00:00,5 AM Central European Time> <x>", "2026-03-01T00:00:00.5Z"),
        Example(
            b"####<1 mars 2026 10 h 00 CET> <Info> <a> <b> <> <> <> <1772359200123> <BEA-1> <x>",
            "2026-03-01T10:00:00.123Z",
        ),
        Example(b"####<Mar 1, 2026> <Info> <x>", None),
        Example(b"####<Foo 1, 2026 10:00:00 AM CET> <Info> <x>", None),
    ),
    signs=(b"<a", b"<0"),
)

CASSANDRA: Final = TimeFormat(
    "cassandra",
    "Cassandra: INFO  [main] 2026-03-01 10:00:00,123 Server.java:1 - x",
    rb"(?:TRACE|DEBUG|INFO|WARN|ERROR)[ ]{1,2}\[[^\]\n]{1,100}\] ",
    (iso.TEXT,),
    (
        Example(b"INFO  [main] 2026-03-01 10:00:00,123 A.java:1 - x", "2026-03-01T10:00:00.123Z"),
        Example(b"ERROR [Read:7] 2026-03-01 10:00:00,123 A.java x", "2026-03-01T10:00:00.123Z"),
        Example(b"INFO  [main] at 2026-03-01 10:00:00", None),
    ),
    signs=(b"] 0",),
)

HANA: Final = TimeFormat(
    "sap-hana",
    "SAP HANA: [7]{-1}[-1/-1] 2026-03-01 10:00:00.123456 i Basis x",
    rb"\[\d{1,9}\]\{-?\d{1,9}\}\[-?\d{1,9}/-?\d{1,9}\] ",
    (iso.TEXT,),
    (
        Example(b"[7]{-1}[-1/-1] 2026-03-01 10:00:00.5 i Basis x", "2026-03-01T10:00:00.5Z"),
        Example(b"[7]{210}[12/-1] 2026-03-01 10:00:00.123456 e x", "2026-03-01T10:00:00.123456Z"),
        Example(b"[7]{-1} 2026-03-01 is no such line", None),
    ),
    signs=(b"] 0",),
)

SAP: Final = TimeFormat(
    "sap",
    "SAP traces: M Sun Mar  1 10:00:00:123 2026, M *** [Thr 7] Sun Mar 01 10:00:00 2026",
    rb"(?:[A-Z] )?(?:\*{1,3} ?)?(?:\[Thr \d{1,20}\] )?(?=[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ \d]\d )",
    (
        Text(
            "sap",
            rb"([A-Z][a-z][a-z] [A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d)(?::(\d{3}))?( \d{4})(?!\d)",
            lambda head, tail: words.YEAR_LAST.read(head, tail),
            signs=(b"00:00:00 0000", b"00:00:00:000 0000"),
        ),
    ),
    (
        Example(b"M Sun Mar  1 10:00:00:123 2026", "2026-03-01T10:00:00.123Z"),
        Example(b"[Thr 7] Sun Mar 01 10:00:00 2026", "2026-03-01T10:00:00Z"),
        Example(b"M  kernel runs on Sun Mar  1 10:00:00 2026", None),
    ),
    signs=(b"aaa aaa ",),
)

XML: Final = (
    TimeFormat(
        "oracle-xml",
        "Oracle, log.xml: <msg time='2026-03-01T10:00:00.123+01:00' org_id='oracle'>",
        rb"<msg time=['\"]",
        (iso.TEXT,),
        (
            Example(b"<msg time='2026-03-01T10:00:00.123+01:00' x='y'", "2026-03-01T09:00:00.123Z"),
            Example(b'<msg time="2026-03-01T10:00:00Z">', "2026-03-01T10:00:00Z"),
            Example(b"<msg type='2026-03-01T10:00:00'>", None),
        ),
        signs=(b"<aaa aaaa=",),
    ),
    TimeFormat(
        # Strong, since most lines of such a log are the parts of an event.
        "log4j-xml",
        'log4j as XML: <log4j:event logger="x" timestamp="1772359200123" level="INFO">',
        rb"<(?:log4j:)?event [^\n>]{0,300}?timestamp=['\"]",
        (epoch.FINER,),
        (
            Example(
                b'<log4j:event logger="x" timestamp="1772359200123">', "2026-03-01T10:00:00.123Z"
            ),
            Example(b"<event timestamp='1772359200123' level='INFO'>", "2026-03-01T10:00:00.123Z"),
            Example(b'<log4j:event logger="x">', None),
        ),
        signs=(b"aaaaaaaaa=",),
    ),
    TimeFormat(
        "jul-xml",
        "java.util.logging as XML: <record> and below it <millis>1772359200123</millis>",
        rb"<record>",
        (),
        (
            Example(
                b"<record>\n  <date>2026-03-01T10:00:00</date>\n  <millis>1772359200123</millis>",
                "2026-03-01T10:00:00.123Z",
            ),
            Example(
                b"<record>\n  <date>2026-03-01T10:00:00.5Z</date>\n  <level>INFO</level>",
                "2026-03-01T10:00:00.5Z",
            ),
            Example(b"<record>\n  <level>INFO</level>\n</record>", None),
        ),
        weak=True,
        named=(iso.TEXT,),
    ),
)
