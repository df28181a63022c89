"""Systems whose lines another entry reads: for those who look for theirs, or name it."""

from datetime import timedelta, timezone
from typing import Final

from plait.logs.times import iso, leads, numeric, words
from plait.logs.times.format import Example, Text, TimeFormat

_TOKYO: Final = timezone(timedelta(hours=9))
_MDY, _DMY = (
    next(form.texts[0] for form in numeric.FORMATS if form.name == order)
    for order in ("mdy", "dmy")
)


def _named(
    name: str, title: str, texts: tuple[Text, ...], *examples: Example, weak: bool = False
) -> TimeFormat:
    return TimeFormat(name, title, leads.SHORT, (), examples, weak=weak, named=texts)


FORMATS: Final = (
    _named(
        "w3c",
        "W3C extended, IIS; columns as the directives above say, in UTC: "
        "#Fields: date time cs-method",
        (iso.TEXT,),
        Example(b"2026-03-01 10:00:00 W3SVC1 GET /", "2026-03-01T10:00:00Z"),
        Example(b"2026-03-01\t10:00:00\tGET\t/", "2026-03-01T10:00:00Z"),
        Example(b"#Fields: date time cs-method", None),
    ),
    _named(
        "kafka",
        "Kafka: [2026-03-01 10:00:00,123] INFO x (kafka.server.KafkaServer)",
        (iso.TEXT,),
        Example(b"[2026-03-01 10:00:00,123] INFO x (kafka.X)", "2026-03-01T10:00:00.123Z"),
        Example(b"[2026-03-01 10:00:00,123] WARN [a b] x", "2026-03-01T10:00:00.123Z"),
        Example(b"kafka.common.KafkaException: x", None),
    ),
    _named(
        "zookeeper",
        "ZooKeeper: 2026-03-01 10:00:00,123 [myid:1] - INFO  [main:X@1] - x",
        (iso.TEXT,),
        Example(b"2026-03-01 10:00:00,123 [myid:1] - INFO [a] - x", "2026-03-01T10:00:00.123Z"),
        Example(b"2026-03-01 10:00:00,123 - INFO  [main:X@1] - x", "2026-03-01T10:00:00.123Z"),
        Example(b"ZooKeeper -server host:port", None),
    ),
    _named(
        "rabbitmq",
        "RabbitMQ from 3.7 on: 2026-03-01 10:00:00.123456+01:00 [info] <0.9.0> x",
        (iso.TEXT,),
        Example(b"2026-03-01 10:00:00.123456+01:00 [info] x", "2026-03-01T09:00:00.123456Z"),
        Example(b"2026-03-01 10:00:00.123 [info] <0.9.0> x", "2026-03-01T10:00:00.123Z"),
        Example(b"  Starting broker... completed", None),
    ),
    _named(
        "mysql",
        "MySQL from 5.7 on, MariaDB: 2026-03-01T10:00:00.123456Z 0 [Note] x",
        (iso.TEXT,),
        Example(b"2026-03-01T10:00:00.5Z 0 [Note] [MY-1] x", "2026-03-01T10:00:00.5Z", _TOKYO),
        Example(b"2026-03-01  9:00:00 0 [Note] mariadbd: ready", "2026-03-01T09:00:00Z"),
        Example(b"2026-03-01T10:00:00.5Z\t    5 Query\tx", "2026-03-01T10:00:00.5Z"),
        Example(b"Version: '8.0.36'  socket: '/run/mysqld.sock'", None),
    ),
    _named(
        "mongodb-old",
        "MongoDB before 4.4: 2026-03-01T10:00:00.123+0100 I NETWORK  [conn1] x",
        (iso.TEXT, words.YEARLESS),
        Example(b"2026-03-01T10:00:00.123+0100 I NETWORK [a] x", "2026-03-01T09:00:00.123Z"),
        Example(b"Sun Mar  1 10:00:00.123 [initandlisten] x", "2026-03-01T10:00:00.123Z"),
        Example(b"***** SERVER RESTARTED *****", None),
    ),
    _named(
        "oracle-alert",
        "Oracle, alert log, a stamp alone on its line: 2026-03-01T10:00:00.123456+01:00",
        (iso.TEXT, words.YEAR_LAST),
        Example(b"2026-03-01T10:00:00.123456+01:00", "2026-03-01T09:00:00.123456Z"),
        Example(b"Sun Mar 01 10:00:00 2026", "2026-03-01T10:00:00Z"),
        Example(b"ORA-00060: deadlock detected", None),
    ),
    _named(
        "oracle-listener",
        "Oracle, listener: 01-MAR-2026 10:00:00 * (CONNECT_DATA=(SID=x)) * establish",
        (words.DAY_FIRST,),
        Example(b"01-MAR-2026 10:00:00 * (CONNECT_DATA=(SID=x)) * x", "2026-03-01T10:00:00Z"),
        Example(b"01-MAR-2026 10:00:00.123 * x", "2026-03-01T10:00:00.123Z"),
        Example(b"TNS-12514: TNS:listener does not know of service", None),
    ),
    _named(
        "sqlserver",
        "SQL Server, ERRORLOG: 2026-03-01 10:00:00.12 spid7s  Starting up",
        (iso.TEXT,),
        Example(b"2026-03-01 10:00:00.12 spid7s      Starting", "2026-03-01T10:00:00.12Z"),
        Example(b"2026-03-01 10:00:00.12 Server      x\r", "2026-03-01T10:00:00.12Z"),
        Example(b"\tCopyright (C) 2022 Microsoft Corporation", None),
    ),
    _named(
        "tomcat",
        "Tomcat: 01-Mar-2026 10:00:00.123 INFO [main] org.apache.X.start x",
        (words.DAY_FIRST,),
        Example(b"01-Mar-2026 10:00:00.123 INFO [main] a.B.c x", "2026-03-01T10:00:00.123Z"),
        Example(b"01-Mar-2026 10:00:00 SEVERE [main] a.B.c x", "2026-03-01T10:00:00Z"),
        Example(b"INFO: Server startup in 812 ms", None),
    ),
    _named(
        "jul",
        "java.util.logging in two lines: Mar 01, 2026 10:00:00 AM org.apache.X start",
        (words.MONTH_FIRST,),
        Example(b"Mar 01, 2026 10:00:00 PM org.apache.X start", "2026-03-01T22:00:00Z"),
        Example(b"Mar 1, 2026, 10:00:00 AM org.apache.X start", "2026-03-01T10:00:00Z"),
        Example(b"INFO: Starting", None),
    ),
    _named(
        "exchange",
        "Exchange: 2026-03-01T10:00:00.123Z,10.0.0.1,HOST,... below #Fields: date-time,client-ip",
        (iso.TEXT,),
        Example(b"2026-03-01T10:00:00.123Z,10.0.0.1,HOST", "2026-03-01T10:00:00.123Z", _TOKYO),
        Example(b'"2026-03-01T10:00:00.123Z","10.0.0.1"', "2026-03-01T10:00:00.123Z"),
        Example(b"#Log-type: Message Tracking Log", None),
    ),
    _named(
        "websphere",
        "WebSphere in English: [3/1/26 10:00:00:123 CET] 00000001 x",
        (_MDY,),
        Example(b"[3/1/26 10:00:00:123 CET] 00000001 x", "2026-03-01T09:00:00.123Z"),
        Example(b"[3/1/26 10:00:00:123 UTC] 00000001 x", "2026-03-01T10:00:00.123Z"),
        Example(b"[13/1/26 10:00:00:123 CET] 00000001 x", None),
        weak=True,
    ),
    _named(
        "websphere-dmy",
        "WebSphere in most other languages: [01.03.26 10:00:00:123 CET] 00000001 x",
        (_DMY,),
        Example(b"[30.01.26 10:00:00:123 CET] 00000001 x", "2026-01-30T09:00:00.123Z"),
        Example(b"[30/01/26 10:00:00:123 UTC] 00000001 x", "2026-01-30T10:00:00.123Z"),
        Example(b"[01.13.26 10:00:00:123 CET] 00000001 x", None),
        weak=True,
    ),
    _named(
        "informix",
        "Informix with MSG_DATE: 02/28/26 10:00:00  Checkpoint Completed",
        (_MDY,),
        Example(b"02/28/26 10:00:00  Checkpoint Completed", "2026-02-28T10:00:00Z"),
        Example(b"02/28/26 10:00:00.123  Checkpoint Completed", "2026-02-28T10:00:00.123Z"),
        Example(b"10:00:00  Checkpoint Completed", None),
        weak=True,
    ),
)
