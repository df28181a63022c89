"""Histories of shells: seconds since 1970 in a line of their own, or before the command."""

from typing import Final

from plait.logs.times import epoch
from plait.logs.times.format import Example, Text, TimeFormat

FORMATS: Final = (
    TimeFormat(
        "shell-history",
        "history of bash and tcsh: #1772359200, #+1772359200",
        rb"#\+?",
        (Text("comment", rb"([1-3]\d{9})()()(?![^\r\n])", epoch.read, signs=(b"0000000000",)),),
        (
            Example(b"#1772359200", "2026-03-01T10:00:00Z"),
            Example(b"#+1772359200", "2026-03-01T10:00:00Z"),
            Example(b"#1772359200 is a ticket", None),
            Example(b"# 1772359200", None),
        ),
        signs=(b"#0", b"#+0"),
    ),
    TimeFormat(
        "zsh-history",
        "history of zsh: : 1772359200:0;ls",
        rb": ",
        (Text("zsh", rb"([1-3]\d{9})()()(?=:\d+;)", epoch.read, signs=(b"0000000000:0",)),),
        (
            Example(b": 1772359200:0;ls -l", "2026-03-01T10:00:00Z"),
            Example(b": 1772359200:12;make", "2026-03-01T10:00:00Z"),
            Example(b": 1772359200 ls", None),
        ),
        weak=True,
    ),
)
