"""Routers, firewalls and the servers beside them."""

import re
from typing import Final

from plait.logs.times import iso, leads, words
from plait.logs.times.epoch import read as read_epoch
from plait.logs.times.format import Civil, Example, Text, TimeFormat

_DHCP: Final = rb"(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)"


def read_dhcp(head: bytes, tail: bytes) -> Civil | None:
    """Read `03/01/26,10:00:00`."""
    fields = re.fullmatch(_DHCP, head)
    if fields is None:
        return None
    month, day, year, hour, minute, second = map(int, fields.groups())
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Civil(2000 + year, month, day, hour * 3600 + minute * 60 + second, b"")


def read_keys(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026-03-01 time=10:00:00`."""
    date, _, time = head.partition(b"time=")
    return iso.read(date.strip() + b" " + time.strip(b'"'), tail)


FORMATS: Final = (
    TimeFormat(
        "cisco",
        "Cisco: 000123: *Mar  1 10:00:00.123 UTC: %SYS-5-CONFIG_I: x (with a year or without)",
        rb"(?>(?:<\d{1,3}>)?(?:\d{1,10}: )?)(?:[*.](?=[JFMASOND])|(?<=\d: ))",
        (words.YEAR_LAST, words.MONTH_FIRST, words.YEARLESS),
        (
            Example(b".Mar  1 10:00:00.123 UTC: %SYS-5-RESTART: x", "2026-03-01T10:00:00.123Z"),
            Example(b"000123: *Mar  1 2026 10:00:00: %SYS-5-X: y", "2026-03-01T10:00:00Z"),
            Example(b"<189>123: Mar  1 10:00:00.1 CET: %LINK-3-X: y", "2026-03-01T09:00:00.1Z"),
            Example(b".Mar 32 10:00:00: %SYS-5-RESTART: x", None),
            Example(b"7: Marvin 10:00:00", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "mikrotik",
        "MikroTik RouterOS: mar/01/2026 10:00:00 system,info x",
        leads.NONE,
        (words.SLASHED,),
        (
            Example(b"mar/01/2026 10:00:00 system,info x", "2026-03-01T10:00:00Z"),
            Example(b"dec/31/2025 23:59:59 dhcp,info x", "2025-12-31T23:59:59Z"),
            Example(b"foo/01/2026 10:00:00 x", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "fortigate",
        'FortiGate: date=2026-03-01 time=10:00:00 devname="x"',
        rb'(?>(?:<\d{1,3}>)?)(?:[a-z]{1,20}=[\w."-]{1,60} ){0,5}?date=',
        (
            Text(
                "keys",
                rb'(\d{4}-\d\d-\d\d[ ]time="?\d\d:\d\d:\d\d"?)(?:\.(\d{1,9}))?()(?=[ ,])',
                read_keys,
                signs=(b"0000-00-00 aaaa=",),
            ),
        ),
        (
            Example(b"date=2026-03-01 time=10:00:00 devname=x", "2026-03-01T10:00:00Z"),
            Example(b"<189>date=2026-03-01 time=10:00:00.5 devid=x", "2026-03-01T10:00:00.5Z"),
            Example(b'logver=1 date=2026-03-01 time="10:00:00" x', "2026-03-01T10:00:00Z"),
            Example(b"date=2026-03-01 uptime=10:00:00 x", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "windows-dhcp",
        "DHCP server of Windows: 10,03/01/26,10:00:00,Assign,10.0.0.7",
        rb"\d{1,3},",
        (
            Text(
                "dhcp",
                rb"(\d\d/\d\d/\d\d,\d\d:\d\d:\d\d)()()(?=,)",
                read_dhcp,
                signs=(b"00/00/00,00:00:00",),
            ),
        ),
        (
            Example(b"10,03/01/26,10:00:00,Assign,10.0.0.7,h,", "2026-03-01T10:00:00Z"),
            Example(b"00,12/31/25,23:59:59,Started,,,,", "2025-12-31T23:59:59Z"),
            Example(b"10,13/01/26,10:00:00,Assign,10.0.0.7", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "aws-vpc",
        "AWS VPC flow log: 2 123456789010 eni-1a 10.0.0.1 10.0.0.2 1 2 6 20 4249 1772359200 ...",
        rb"\d \d{12} eni-\w{1,40} (?:[^ \n]{1,50} ){7}",
        (
            Text(
                "vpc",
                rb"([1-3]\d{9})()()(?= \d{10} )",
                read_epoch,
                signs=(b"0000000000 0000000000 ",),
            ),
        ),
        (
            Example(
                b"2 123456789010 eni-1a 10.0.0.1 10.0.0.2 1 2 6 20 4249 1772359200 1772359260 OK",
                "2026-03-01T10:00:00Z",
            ),
            Example(
                b"2 123456789010 eni-1a - - - - - - - 1772359200 1772359260 - NODATA",
                "2026-03-01T10:00:00Z",
            ),
            Example(b"2 123456789010 eni-1a 10.0.0.1 1772359200 1772359260 x", None),
        ),
        weak=True,
    ),
)
