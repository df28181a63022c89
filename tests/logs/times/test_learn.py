"""What a sample teaches, and that patterns are compiled for it only where they could match."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from plait.logs.times.calendar import Calendar
from plait.logs.times.format import REFERENCE, Text
from plait.logs.times.learn import Learned, Others, strong, study
from plait.logs.times.table import FORMATS
from plait.logs.times.variants import (
    Variant,
    any_of,
    anywhere,
    bare,
    loose,
    may_be_stamped,
    pattern_of,
    shape_of,
    variants_of,
)
from tests.logs.times.stamps import joined, shown, stamper

CALENDAR = Calendar(UTC, REFERENCE)
VARIANTS = variants_of(FORMATS)
STAMPED = [example.line for form in FORMATS for example in form.examples if example.time]
UNSTAMPED = [example.line for form in FORMATS for example in form.examples if not example.time]
TEXT = [b"Traceback (most recent call last):", b"  File x", b"", b"\tat a.B(C.java:10)", b"1", b"x"]

# Logs of one, two or many formats, with lines of other kinds between them.
stamped = st.lists(st.sampled_from(STAMPED), min_size=1, max_size=4).flatmap(
    lambda few: st.lists(st.sampled_from([*few, *few, *few, *TEXT, *UNSTAMPED]), max_size=30)
)
moved = st.sampled_from([b"", b"", b"", b"app: ", b"WARN ", b"  "])
logs = st.tuples(moved, stamped).map(lambda log: joined(*(log[0] + line for line in log[1])))


@contextmanager
def every_variant_is_tried() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Variant, "most_by", lambda self, count, lines: lines)
        yield


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(logs)
def test_the_choice_is_the_same_as_if_every_variant_were_tried(log: bytes) -> None:
    chosen = study(log, CALENDAR, None)
    with every_variant_is_tried():
        assert chosen == study(log, CALENDAR, None)


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(logs, st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=8, unique=True))
def test_so_it_is_among_forced_ones(log: bytes, forced: list[Variant]) -> None:
    chosen = study(log, CALENDAR, tuple(forced))
    with every_variant_is_tried():
        assert chosen == study(log, CALENDAR, tuple(forced))


@settings(deadline=None)  # patterns are compiled as lines ask for them
@given(st.lists(logs, min_size=1, max_size=6))
def test_others_find_what_all_accepted_variants_together_find(blocks: list[bytes]) -> None:
    together = any_of(strong())
    others = Others(Learned(None))
    for block in blocks:
        padded = b"\n" + block
        some = others.of(padded, 0, len(padded))
        found = [] if some is None else [some.found(it) for it in some.pattern.finditer(padded)]
        assert found == [together.found(it) for it in together.pattern.finditer(padded)]


def test_after_many_looks_others_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.logs.times.learn._LOOKS", 2)
    line = b"\n2026-03-01T10:00:00Z x\n"
    others = Others(Learned(None))
    first, _, third = (others.of(line, 0, len(line)) for _ in range(3))
    assert first is not None and third is not None
    assert len(first.variants) < len(third.variants) == len(strong())


@pytest.mark.parametrize("text", {variant.text for variant in VARIANTS}, ids=lambda it: it.name)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_one_of_the_signs_is_in_all_that_a_text_matches(text: Text, data: st.DataObject) -> None:
    stamp = data.draw(st.from_regex(text.pattern))
    found = re.search(text.pattern, stamp)
    assume(found is not None and b"\n" not in stamp)
    assert not text.signs or any(sign in shape_of(stamp) for sign in text.signs)


@pytest.mark.parametrize("variant", strong(), ids=lambda it: f"{it.format.name} {it.text.name}")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_a_strong_text_matches_looks_as_if_it_may_be_stamped(
    variant: Variant, data: st.DataObject
) -> None:
    stamp = data.draw(st.from_regex(variant.text.pattern))
    assert may_be_stamped(shape_of(stamp))


@pytest.mark.parametrize("line", STAMPED)
def test_the_signs_of_what_stands_before_a_stamp_are_there_in_the_examples(line: bytes) -> None:
    for variant in (*VARIANTS, *map(bare, VARIANTS), *map(loose, VARIANTS)):
        if pattern_of(variant).match(b"\n" + line):
            assert variant.may_be_in(shape_of(line))


def test_every_text_and_every_lead_but_the_usual_ones_has_signs() -> None:
    assert [v.text.name for v in VARIANTS if not v.text.signs] == []
    usual = {v.lead for v in VARIANTS if v.format.weak or v.format.name == "iso"}
    assert [v.format.name for v in VARIANTS if v.lead not in usual and not v.format.signs] == []


@pytest.mark.parametrize(
    ("most", "line"),
    [
        (0, b"a log of nothing but words"),
        (1, b"2026-03-01T10:00:00.123Z INFO hello"),
        (3, b"Mar  1 10:00:00 host app[7]: hello"),
        (4, b'1.2.3.4 - - [01/Mar/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12'),
        (6, b'{"level":"info","time":"2026-03-01T10:00:00Z","msg":"x"}'),
        (6, b'level=info ts="2026-03-01T10:00:00Z" msg=x'),
        (1, b"[Sun Mar 01 10:00:00.123456 2026] [core:error] x"),
        (5, b"type=LOGIN msg=audit(1772359200.123:42): x"),
    ],
)
def test_few_patterns_are_compiled_for_a_usual_log(most: int, line: bytes) -> None:
    pattern_of.cache_clear()
    anywhere.cache_clear()
    study(joined(line) * 20, CALENDAR, None)
    assert pattern_of.cache_info().misses + anywhere.cache_info().misses <= most


def test_lines_of_a_traceback_compile_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.logs.times.learn.any_of", lambda variants: pytest.fail("compiled"))
    lines = joined(b"Traceback (most recent call last):", b"  File x.py, line 12", b"ValueError: 7")
    assert Others(Learned(None)).of(b"\n" + lines, 0, len(lines) + 1) is None


def test_what_must_follow_a_stamp_is_asked_of_the_sample_alone() -> None:
    logcat = b"03-01 10:00:00.123  1234  5678 I tag: x"
    other = b"03-01 10:00:00.123 items"
    assert stamper(*[other] * 20).detected.format == "md"
    stamps = stamper(*[logcat] * 20)
    assert stamps.detected.format == "android"
    assert shown(stamps, other) == "2026-03-01T10:00:00.123Z"
