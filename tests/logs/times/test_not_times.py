"""Lines that look like times but are not; and files no line of which is one."""

import pytest

from tests.logs.times.stamps import scanned, shown, stamper

NOT_TIMES = [
    b"10.2.2026",
    b"version 10.2.2026 of 2026-03",
    b"192.168.10.12 connected",
    b"2026-03",
    b"2026-03-01",
    b"2026-03-01 was a Sunday",
    b"2026-03-01 12:30 is too short",
    b"12:30",
    b"12:30:45 no day",
    b"1700000000 bytes copied",
    b"1700000000123 ids",
    b"20260301 rows",
    b"20260301 123456 rows",
    b"2026-03-01 123456 items",
    b" 2026-03-01 10:00:00 after one space",
    b"20260301100000",
    b"id 17723592001234",
    b"4f8a2026-03-01T10:00:00Z",
    b"x2026-03-01 10:00:00",
    b"12026-03-01 10:00:00",
    b"2026-03-01 10:00:001",
    b"2026-13-01 10:00:00",
    b"2026-02-30 10:00:00",
    b"2026-03-01 25:00:00",
    b"2026-03-01 10:60:00",
    b"2026-03-01 10:00:61",
    b"0001-01-01T00:00:00Z",
    b"0000-00-00 00:00:00",
    b"9999-12-31 23:59:59",
    b"Marching 1 10:00:00",
    b"May 32 10:00:00",
    b"Sun Mar 2026",
    b"  2026-03-01 10:00:00 indented",
    b"\t2026-03-01 10:00:00 indented",
    b"Traceback (most recent call last):",
    b'  File "x.py", line 2026, in <module>',
    b"\tat com.example.A.b(A.java:123)",
    b"Caused by: java.lang.X: at 2026-03-01 10:00:00",
    b"INSERT INTO t VALUES (1,'2026-03-01 10:00:00');",
    b"('2026-03-01 10:00:00', 'x'),",
    b"-- Dump completed on 2026-03-01 10:00:00",
    b'  "time": "2026-03-01T10:00:00Z",',
    b'"time": "2026-03-01T10:00:00Z",',
    b'{"a": {"time": "2026-03-01T10:00:00Z"}}',
    b'{"a": [{"ts": 1700000000.5}], "b": 1}',
    b'{"msg": "\\"time\\": \\"2026-03-01T10:00:00Z\\""}',
    b'{"msg": "}, \\"ts\\": 1700000000"}',
    b'{"uptime": "2026-03-01T10:00:00Z"}',
    b'{"time": "12:30"}',
    b'{"time": 0.25}',
    b'{"time": null}',
    b'msg="time=2026-03-01T10:00:00Z"',
    b"time=250ms path=/",
    b"uptime=1700000000",
    b"<165>1 - host app",
    b"<html>",
    b"",
    b"\x00\xff\xfe",
]


@pytest.mark.parametrize("line", NOT_TIMES)
def test_it_only_looks_like_a_time(line: bytes) -> None:
    assert shown(stamper(), line) is None


@pytest.mark.parametrize("line", NOT_TIMES)
def test_it_is_none_in_a_log_of_stamped_lines_either(line: bytes) -> None:
    stamps = stamper(*[b"2026-03-01 10:00:00,123 INFO x"] * 9, line)
    assert scanned(stamps, b"2026-03-01 10:00:00,123 x", line)[1] is None


@pytest.mark.parametrize(
    "lines",
    [
        [b"1700000000 bytes copied"],
        [b"1700000000 bytes copied", b"done", b"ok"],
        [b"10.2.2026", b"10.2.2027", b"10.3.1"],
        [b"192.168.10.12", b"192.168.10.13"],
        [b"INSERT INTO t VALUES (1,'2026-03-01 10:00:00');"] * 9,
        [b"('2026-03-01 10:00:00', 'x'),"] * 9,
        [b'{"a"', b':1,"time":"2026-03-01T10:00:00Z"}'],
        [b"Traceback (most recent call last):", b'  File "x", line 1'],
        [b"0123456789 7", b"4123456789 7", b"9123456789 7"],
    ],
)
def test_a_sample_of_such_lines_confirms_nothing(lines: list[bytes]) -> None:
    assert scanned(stamper(*lines), *lines) == [None] * len(lines)
