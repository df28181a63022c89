"""Seconds, milli-, micro- or nanoseconds since 1970, told apart by their number of digits."""

from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Example, Text, TimeFormat


def read(head: bytes, tail: bytes) -> int:
    """Read ten digits: seconds. What follows them is the fraction."""
    return int(head)


def read_power(head: bytes, tail: bytes) -> int:
    """Read `1.772359200`, the head of a number with an exponent of 9."""
    return int(head.replace(b".", b""))


# From 2001 to 2096: ten digits, and 3, 6 or 9 more in finer units, or a fraction.
_SECONDS: Final = rb"([1-3]\d{9})"
_FINER: Final = rb"(\d{3}|\d{6}|\d{9})(?!\d)(?:\.\d+)?"
_END: Final = rb"(?![\w.])"

SECONDS: Final = Text(
    "s", rb"%s(?:\.(\d{1,9})\d*)?()%s" % (_SECONDS, _END), read, signs=(b"0000000000",)
)
FINER: Final = Text(
    "finer", rb"%s%s()%s" % (_SECONDS, _FINER, _END), read, signs=(b"0000000000000",)
)
POWER: Final = Text(
    "power", rb"([1-3]\.\d{9})(\d{0,9})\d*(e\+?0?9)%s" % _END, read_power, signs=(b"0.000000000",)
)

FORMATS: Final = (
    TimeFormat(
        "journal-export",
        "systemd's journal, exported; a block is a record: __REALTIME_TIMESTAMP=1772359200123456",
        rb"__REALTIME_TIMESTAMP=",
        (FINER,),
        (
            Example(b"__REALTIME_TIMESTAMP=1772359200123456", "2026-03-01T10:00:00.123456Z"),
            Example(b"__REALTIME_TIMESTAMP=1772359200000001", "2026-03-01T10:00:00.000001Z"),
            Example(b"_SOURCE_REALTIME_TIMESTAMP=1772359200123456", None),
        ),
        signs=(b"_aaaaaaaaa=0",),
    ),
    TimeFormat(
        "audit",
        "Linux audit: type=SYSCALL msg=audit(1772359200.123:42):",
        rb"(?:node=\S{1,64} )?type=\w{1,40} msg=audit\(",
        (SECONDS,),
        (
            Example(b"type=LOGIN msg=audit(1772359200.123:42): x", "2026-03-01T10:00:00.123Z"),
            Example(b"type=LOGIN msg=audit(1772359200:42): x", "2026-03-01T10:00:00Z"),
            Example(b"type=LOGIN msg=audit(17:42): x", None),
        ),
        signs=(b"=aaaaa(0",),
    ),
    TimeFormat(
        "epoch",
        "seconds since 1970: 1772359200.123",
        rb"(?>%s(?:\[pid +\d{1,8}\] |\d{1,8} +)?[\[(]?)" % leads.CONTAINER,
        (SECONDS,),
        (
            Example(b"1772359200 x", "2026-03-01T10:00:00Z"),
            Example(b"1772359200.123456 x", "2026-03-01T10:00:00.123456Z"),
            Example(b"[1772359200.5] x", "2026-03-01T10:00:00.5Z"),
            Example(b"(1772359200.5) can0 123#00", "2026-03-01T10:00:00.5Z"),
            Example(b"4711 1772359200.5 read(3) = 0", "2026-03-01T10:00:00.5Z"),
            Example(b"1772359200abc x", None),
            Example(b"177235920 x", None),
        ),
        weak=True,
        needs=3,
    ),
    TimeFormat(
        "epoch-fine",
        "milli-, micro- or nanoseconds since 1970: 1772359200123",
        rb"(?>%s\[?)" % leads.CONTAINER,
        (FINER,),
        (
            Example(b"1772359200123 x", "2026-03-01T10:00:00.123Z"),
            Example(b"1772359200123456 x", "2026-03-01T10:00:00.123456Z"),
            Example(b"[1772359200123456789] x", "2026-03-01T10:00:00.123456789Z"),
            Example(b"17723592001234 x", None),
            Example(b"1772359200123.4.5 x", None),
        ),
        weak=True,
        needs=2,
    ),
)
