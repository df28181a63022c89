"""Seconds since the machine or program started: the kernel's ring, X.org, the JVM."""

from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Example, Text, TimeFormat, Uptime


def read(head: bytes, tail: bytes) -> Uptime:
    """Read whole seconds."""
    return Uptime(int(head))


def _text(name: str, pattern: bytes, *signs: bytes) -> Text:
    return Text(name, pattern, read, uptime=True, signs=signs)


# `dmesg -r` and `dmesg -x` put the level in front.
_LEAD: Final = rb"(?>%s%s(?:<\d{1,3}>|[a-z0-9]{3,8} *:[a-z]{3,7} *: )?)" % (
    leads.COLOUR, leads.CONTAINER
)  # fmt: skip

FORMATS: Final = (
    TimeFormat(
        "dmesg",
        "kernel, journalctl -o short-monotonic, X.org: [   12.345678] (seconds since boot)",
        _LEAD + rb"\[(?=[ \d]{4,9}\d\.)[ ]*",
        (_text("boot", rb"(\d{1,9})\.(\d{3}|\d{6})()\]", b"0.000"),),
        (
            Example(b"[    1.234567] usb 1-1: x", "1970-01-01T00:00:01.234567Z"),
            Example(b"[86400.000001] host app[7]: x", "1970-01-02T00:00:00.000001Z"),
            Example(b"<6>[    1.234567] x", "1970-01-01T00:00:01.234567Z"),
            Example(b"kern  :info  : [    1.234567] x", "1970-01-01T00:00:01.234567Z"),
            Example(b"[    1.234567][    T0] x", "1970-01-01T00:00:01.234567Z"),
            Example(b"[    12.345] (II) x", "1970-01-01T00:00:12.345Z"),
            Example(b"[1.234567] x", None),
            Example(b"[    1.23] x", None),
        ),
        weak=True,
        needs=2,
    ),
    TimeFormat(
        "jvm-uptime",
        "JVM: [12.345s][info][gc] (seconds since start)",
        rb"\[",
        (_text("jvm", rb"(\d{1,9})[.,](\d{3})()s\](?=\[)", b"0.000a]", b"0,000a]"),),
        (
            Example(b"[0.012s][info][gc] Using G1", "1970-01-01T00:00:00.012Z"),
            Example(b"[12,345s][info][gc] x", "1970-01-01T00:00:12.345Z"),
            Example(b"[12.345s] x", None),
        ),
        weak=True,
        needs=2,
    ),
)
