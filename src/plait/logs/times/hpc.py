"""Hadoop's file system and supercomputers, whose lines begin with numbers."""

import re
from typing import Final

from plait.logs.times import epoch
from plait.logs.times.format import Civil, Example, Text, TimeFormat

_SIX: Final = rb"(\d\d)(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)"


def read_six(head: bytes, tail: bytes) -> Civil | None:
    """Read `260301 100000`."""
    fields = re.fullmatch(_SIX, head)
    if fields is None:
        return None
    year, month, day, hour, minute, second = map(int, fields.groups())
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Civil(2000 + year, month, day, hour * 3600 + minute * 60 + second, b"")


# An alert's label or a dash; seconds since 1970; the date and who it is about.
_LABEL: Final = rb"(?:(?:-|[A-Z][A-Z0-9_]{1,20}) )?"
_ABOUT: Final = rb"(?= \d{4}\.\d\d\.\d\d \S)"
_ABOUT_SIGN: Final = b"0000000000 0000.00.00 "

FORMATS: Final = (
    TimeFormat(
        "hdfs",
        "Hadoop's HDFS: 260301 100000 148 INFO dfs.DataNode: x",
        b"",
        (
            Text(
                "six",
                rb"(\d{6} \d{6})()()(?= )",
                read_six,
                signs=(b"000000 000000 ",),
                shown=rb" \d+ (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) ",
            ),
        ),
        (
            Example(b"260301 100000 148 INFO dfs.DataNode$X: y", "2026-03-01T10:00:00Z"),
            Example(b"251231 235959 1 WARN dfs.FSDataset: y", "2025-12-31T23:59:59Z"),
            Example(b"260301 100000, rows", None),
            Example(b"261301 100000 148 INFO no such month", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "bgl",
        "Blue Gene/L: - 1772359200 2026.03.01 R02-M1 2026-03-01-10.00.00.363779 R02-M1 RAS x",
        _LABEL,
        (
            # The seconds of the number, which needs no zone; the fraction of the date.
            Text(
                "bgl",
                rb"([1-3]\d{9}) \d{4}\.\d\d\.\d\d \S+ "
                rb"\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.(\d{1,9})()(?!\S)",
                epoch.read,
                signs=(_ABOUT_SIGN,),
            ),
        ),
        (
            Example(
                b"- 1772359200 2026.03.01 R0-M1 2026-03-01-02.00.00.363779 R0-M1 RAS x",
                "2026-03-01T10:00:00.363779Z",
            ),
            Example(
                b"APPREAD 1772359200 2026.03.01 R0 2026-03-01-02.00.00.5 R0 RAS x",
                "2026-03-01T10:00:00.5Z",
            ),
            Example(b"- 1772359200 2026.03 R0-M1 x", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "thunderbird",
        "Thunderbird, Spirit, Liberty: - 1772359200 2026.03.01 dn7 Mar 1 10:00:00 dn7/dn7 x",
        _LABEL,
        (Text("hpc-syslog", rb"([1-3]\d{9})()()%s" % _ABOUT, epoch.read, signs=(_ABOUT_SIGN,)),),
        (
            Example(
                b"- 1772359200 2026.03.01 dn7 Mar 1 02:00:00 dn7/dn7 crond[7]: x",
                "2026-03-01T10:00:00Z",
            ),
            Example(
                b"R_HDA_NR 1772359200 2026.03.01 n1 Mar 1 02:00:00 n1/n1 kernel: x",
                "2026-03-01T10:00:00Z",
            ),
            Example(b"- 17723592000 2026.03.01 dn7 Mar 1 02:00:00 dn7/dn7 x", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "hpc",
        "HPC cluster: 7 node-7 net port.up 1772359200 1 x",
        rb"\d{1,9} \S{1,40} \S{1,40} \S{1,60} ",
        (epoch.SECONDS,),
        (
            Example(b"460 node-7 net port.up 1772359200 1 x", "2026-03-01T10:00:00Z"),
            Example(b"9 node-D1 a b 1772359200 1 x", "2026-03-01T10:00:00Z"),
            Example(b"9 node-D1 a 1772359200 1 x", None),
        ),
        weak=True,
        needs=3,
    ),
)
