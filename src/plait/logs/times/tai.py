"""TAI64N labels, as multilog, svlogd and s6-log write them: atomic seconds in hexadecimal."""

from bisect import bisect_right
from typing import Final

from plait.logs.times.format import Example, Moment, Text, TimeFormat

# TAI less UTC was 10 seconds in 1972, and one more from each of these moments (the first second
# of the day after a leap second, as seconds since 1970 in UTC): the list of the IERS in its
# Bulletin C, which ends with 2017-01-01; a further one would be announced half a year before.
_FIRST: Final = 10
_LEAPS: Final = (
    78_796_800, 94_694_400, 126_230_400, 157_766_400, 189_302_400, 220_924_800, 252_460_800,
    283_996_800, 315_532_800, 362_793_600, 394_329_600, 425_865_600, 489_024_000, 567_993_600,
    631_152_000, 662_688_000, 709_948_800, 741_484_800, 773_020_800, 820_454_400, 867_715_200,
    915_148_800, 1_136_073_600, 1_230_768_000, 1_341_100_800, 1_435_708_800, 1_483_228_800,
)  # fmt: skip
_IN_TAI: Final = tuple(leap + _FIRST + count for count, leap in enumerate(_LEAPS, 1))
_EPOCH: Final = 1 << 62


def _split(head: bytes) -> tuple[int, int]:
    """Seconds of the label, and nanoseconds."""
    return int(head[:16], 16) - _EPOCH, int(head[16:24] or b"0", 16)


def read(head: bytes, tail: bytes) -> Moment | None:
    """Read a label as TAI is defined; a leap second reads as the next one."""
    second, ns = _split(head)
    if ns >= 10**9:
        return None
    return Moment((second - _FIRST - bisect_right(_IN_TAI, second)) * 10**9 + ns)


def read_daemontools(head: bytes, tail: bytes) -> Moment | None:
    """Read a label of a program that puts ten seconds on the clock's, whatever the year."""
    second, ns = _split(head)
    return None if ns >= 10**9 else Moment((second - _FIRST) * 10**9 + ns)


_PATTERN: Final = rb"(4[0-9a-f]{15}(?:[0-9a-f]{8}){0,2})()()(?![0-9A-Za-z])"

FORMATS: Final = (
    TimeFormat(
        "tai64n",
        "TAI64N, leap seconds counted: @4000000069a40e451d6f3a00",
        rb"@",
        (Text("tai64n", _PATTERN, read, signs=(b"0",)),),
        (
            Example(b"@4000000069a40e451d6f3a00 x", "2026-03-01T10:00:00.493828608Z"),
            Example(b"@400000005ab0000a00000000 x", "2018-03-19T18:22:29Z"),
            Example(b"@4000000069a40e45 x", "2026-03-01T10:00:00Z"),
            Example(b"@4000000069a40e45ffffffff no such nanosecond", None),
            Example(b"@4000000069a40e451d6f3 x", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "daemontools",
        "TAI64N, ten seconds ahead of the clock: @4000000069a40e2a1d6f3a00 (only when named)",
        rb"@",
        (Text("daemontools", _PATTERN, read_daemontools, signs=(b"0",)),),
        (
            Example(b"@4000000069a40e2a1d6f3a00 x", "2026-03-01T10:00:00.493828608Z"),
            Example(b"@4000000069a40e2a x", "2026-03-01T10:00:00Z"),
            Example(b"@4000000069a40e45ffffffff no such nanosecond", None),
        ),
        weak=True,
    ),
)
