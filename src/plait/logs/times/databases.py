"""Databases whose lines have a way of their own: DB2, MongoDB, MySQL, PostgreSQL, Redis."""

import re
from datetime import timedelta, timezone
from typing import Final

from plait.logs.times import epoch, iso, leads, words
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.pieces import one_of

_TOKYO: Final = timezone(timedelta(hours=9))


def _read_db2(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026-03-01-10.00.00`, with minutes east of UTC as the tail."""
    said = iso.read(head[:10] + b" " + head[11:].replace(b".", b":"), b"")
    if said is None or not tail:
        return said
    hours, minutes = divmod(int(tail[1:]), 60)
    return said._replace(zone=b"%c%02d:%02d" % (tail[0], hours, minutes))


# The zone is in minutes: `+060`, `-300`.
DB2_TEXT: Final = Text(
    "db2",
    rb"(\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d)(?:\.(\d{1,9}))?((?:[+-]\d{3})?)(?![\d.])",
    _read_db2,
    signs=(b"0000-00-00-00.00.00",),
)

DB2: Final = TimeFormat(
    "db2",
    "DB2, Informix: 2026-03-01-10.00.00.123456+060",
    leads.SHORT,
    (DB2_TEXT,),
    (
        Example(b"2026-03-01-10.00.00.123456+060 I1A52 LEVEL: Info", "2026-03-01T09:00:00.123456Z"),
        Example(b"2026-03-01-05.00.00.5-300 E9 LEVEL: Error", "2026-03-01T10:00:00.5Z"),
        Example(b"2026-03-01-10.00.00 x", "2026-03-01T10:00:00Z"),
        Example(b"2026-03-01-24.00.00.123456+060 no such hour", None),
        Example(b"2026-03-01-10.00.00.7.2 is a version", None),
    ),
)


_OLD: Final = rb"(\d\d)(\d\d)(\d\d)[ \t]+(\d\d?):(\d\d):(\d\d)"


def _read_old(head: bytes, tail: bytes) -> Civil | None:
    """Read `260301 10:00:00`."""
    fields = re.fullmatch(_OLD, head)
    if fields is None:
        return None
    year, month, day, hour, minute, second = map(int, fields.groups())
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Civil(2000 + year, month, day, hour * 3600 + minute * 60 + second, b"")


_OLD_TEXT: Final = Text(
    "old",
    rb"(\d{6}[ \t]{1,2}\d?\d:\d\d:\d\d)()()(?![\d:])",
    _read_old,
    signs=(b"000000 ", b"000000\t"),
)

MYSQL: Final = (
    TimeFormat(
        "mysql-slow",
        "MySQL and MariaDB, slow queries: # Time: 2026-03-01T10:00:00.123456Z, "
        "# Time: 260301 10:00:00",
        rb"# Time:[ \t]{1,2}",
        (iso.TEXT, _OLD_TEXT),
        (
            Example(b"# Time: 2026-03-01T10:00:00.123456Z", "2026-03-01T10:00:00.123456Z", _TOKYO),
            Example(b"# Time: 260301 10:00:00", "2026-03-01T10:00:00Z"),
            Example(b"# Time: 260301  9:00:00", "2026-03-01T09:00:00Z"),
            Example(b"# User@Host: app[app] @ localhost []  Id: 7", None),
            Example(b"# Query_time: 1.5  Lock_time: 0.0", None),
        ),
        signs=(b"# aaaa:",),
    ),
    TimeFormat(
        "mysql-old",
        "MySQL before 5.7, errors and queries: 260301 10:00:00 [Note] x",
        rb"(?=\d{6} [ \d]\d:\d\d:\d\d(?:[ \t]+(?:\[[A-Z]|InnoDB|mysqld|[a-z_]+ (?:started|ended))"
        rb"|\t[ ]*\d+ [A-Z]))",
        (_OLD_TEXT,),
        (
            Example(b"260301 10:00:00 [Note] ready", "2026-03-01T10:00:00Z"),
            Example(b"260301  9:00:00  InnoDB: started", "2026-03-01T09:00:00Z"),
            Example(b"260301 10:00:00 mysqld_safe Starting mysqld", "2026-03-01T10:00:00Z"),
            Example(b"260301 10:00:00\t    5 Connect\ta@localhost", "2026-03-01T10:00:00Z"),
            Example(b"261301 10:00:00 [Note] no such month", None),
            Example(b"260301 10:00:00 rows", None),
        ),
        signs=(b"000000 ",),
    ),
)

YYMMDD: Final = TimeFormat(
    "yymmdd",
    "short year first, without signs: 260301 10:00:00",
    leads.SHORT,
    (_OLD_TEXT,),
    (
        Example(b"260301 10:00:00 x", "2026-03-01T10:00:00Z"),
        Example(b"[260301 10:00:00] x", "2026-03-01T10:00:00Z"),
        Example(b"261301 10:00:00 x", None),
    ),
    weak=True,
)

_DATE_KEY: Final = rb'"\$date"[ ]{0,2}:[ ]{0,2}'

MONGODB: Final = TimeFormat(
    "mongodb",
    'MongoDB from 4.4 on: {"t":{"$date":"2026-03-01T10:00:00.123+00:00"},"s":"I"}',
    rb'\{[ ]{0,2}"(?:t|ts|time|timestamp|@timestamp)"[ ]{0,2}:[ ]{0,2}\{[ ]{0,2}'
    rb'%s(?:\{[ ]{0,2}"\$numberLong"[ ]{0,2}:[ ]{0,2})?"?' % _DATE_KEY,
    (iso.TEXT, epoch.FINER),
    (
        Example(b'{"t":{"$date":"2026-03-01T10:00:00.5+00:00"},"s":"I"}', "2026-03-01T10:00:00.5Z"),
        Example(b'{ "t" : { "$date" : 1772359200123 }, "s" : "I" }', "2026-03-01T10:00:00.123Z"),
        Example(b'{"msg":{"$date":"2026-03-01T10:00:00.123+00:00"}}', None),
    ),
    signs=(b'"$aaaa"', b'"$aaaaaaaaaa"'),
)

# `01 Mar 10:00:00`, the day before the month.
_DAY_FIRST_YEARLESS: Final = Text(
    "day-first-yearless",
    rb"([0-3]?\d[ ][A-Z][a-z][a-z][ ]\d\d:\d\d:\d\d)(?!\d)(?:\.(\d{1,9}))?()",
    words.read,
    yearless=True,
    signs=(b"0 aaa 00:00:00",),
)

REDIS: Final = TimeFormat(
    "redis",
    "Redis, Valkey: 7:M 01 Mar 2026 10:00:00.123 * x, [7] 01 Mar 10:00:00 * x (no year)",
    rb"(?>%s%s)(?:\d{1,8}:(?:[A-Z] |signal-handler \()|\[\d{1,8}\] )"
    % (leads.COLOUR, leads.CONTAINER),
    (words.DAY_FIRST, _DAY_FIRST_YEARLESS, epoch.SECONDS),
    (
        Example(b"7:M 01 Mar 2026 10:00:00.123 * Ready", "2026-03-01T10:00:00.123Z"),
        Example(b"7:X 01 Mar 10:00:00.123 # +sdown", "2026-03-01T10:00:00.123Z"),
        Example(b"[7] 01 Mar 10:00:00 * Ready", "2026-03-01T10:00:00Z"),
        Example(b"redis-1  | 1:C 01 Mar 2026 10:00:00.5 * x", "2026-03-01T10:00:00.5Z"),
        Example(b"7:M 01 Foo 2026 10:00:00.123 * Ready", None),
        Example(b"7:signal-handler (1772359200) Received SIGTERM", "2026-03-01T10:00:00Z"),
    ),
    signs=(b"0:a ", b"0] 0", b"0] a", b"-aaaaaaa (0"),
)

_SEVERITY: Final = one_of(
    (b"LOG", b"ERROR", b"FATAL", b"PANIC", b"WARNING", b"NOTICE", b"INFO", b"DEBUG", b"DETAIL",
     b"HINT", b"STATEMENT", b"CONTEXT", b"QUERY", b"LOCATION",
     *(b"DEBUG%d" % level for level in range(1, 6)))
)  # fmt: skip

POSTGRESQL: Final = TimeFormat(
    "postgresql",
    "PostgreSQL with any log_line_prefix that has a time: "
    "app@db 2026-03-01 10:00:00.123 CET [7] LOG:  x",
    # What follows every prefix: a severity, a colon and two spaces.
    rb"(?=[^\n]{13,200}?[^A-Za-z](?:%s):  )(?>[^\n]{0,100}?(?<![\w.:+-])"
    rb"(?=\d{4}-\d\d-\d\d |\d{10}\.\d{3}[^\w.]))" % _SEVERITY,
    (iso.TEXT, epoch.SECONDS),
    (
        Example(b"[7] 2026-03-01 10:00:00.123 CET LOG:  x", "2026-03-01T09:00:00.123Z"),
        Example(b"app@db 2026-03-01 10:00:00 UTC [7] ERROR:  x", "2026-03-01T10:00:00Z", _TOKYO),
        Example(b"1772359200.123 [7] DETAIL:  x", "2026-03-01T10:00:00.123Z"),
        Example(b"[7-1] user=a,db=b 1772359200.123 LOG:  x", "2026-03-01T10:00:00.123Z"),
        Example(b"app@db [7] LOG:  no time in the prefix", None),
        Example(b"app@db 2026-03-01 at LOG:  x", None),
    ),
    # Not that it could be mistaken, but to look so far into every line takes long.
    weak=True,
)
