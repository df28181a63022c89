"""The zone after a time of day."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.logs.times.pieces import one_of
from plait.logs.times.zones import ZONE, offset_of, zone_of


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        (b"Z", 0), (b"z", 0), (b"UTC", 0), (b"gmt", 0), (b"[UTC]", 0), (b"+01:00", 1),
        (b"-0730", -7.5), (b"+09", 9), (b"\xe2\x88\x9201:30", -1.5), (b"UTC+2", 2),
        (b"GMT+0530", 5.5), (b"PST", -8), (b"CEST", 2), (b"pst", -8), (b"INFO", None),
        (b"GET", None), (b"+99", None), (b"+0160", None), (b"", None), (b"\xff", None),
    ],
)  # fmt: skip
def test_a_zone_is_an_offset_in_hours(zone: bytes, hours: float | None) -> None:
    assert offset_of(zone) == (None if hours is None else hours * 3600)


@pytest.mark.parametrize(
    "tail", [b"", b" +01:00", b"Z", b" CEST", b" -0730", b" \xe2\x88\x9201:30"]
)
def test_the_pattern_takes_the_whole_zone(tail: bytes) -> None:
    found = re.compile(ZONE).match(tail + b" x")
    assert found is not None
    assert found[0] == tail
    assert zone_of(tail) == tail.strip()


@given(st.lists(st.binary(min_size=1, max_size=4).map(bytes.hex).map(str.encode), min_size=1))
def test_one_of_matches_its_words_and_the_longest_first(words: list[bytes]) -> None:
    pattern = re.compile(b"(?:%s)" % one_of(words))
    for word in words:
        found = pattern.match(word)
        assert found is not None
        assert found[0] == word
    assert pattern.fullmatch(words[0] + b"-") is None
