"""Every entry of the table proves itself by its examples."""

import re

import pytest

from plait.logs.times import Example, Stamper, TimeFormat
from plait.logs.times.calendar import iso
from plait.logs.times.table import FORMATS
from tests.logs.times.stamps import joined

EXAMPLES = [(form, example) for form in FORMATS for example in form.examples]


def _time(example: Example, format_: str | None) -> str | None:
    stamps = Stamper(zone=example.zone, reference=example.reference, format=format_)
    time = stamps.stamp(joined(example.line))
    return None if time is None else iso(time)


@pytest.mark.parametrize(("form", "example"), EXAMPLES)
def test_a_format_reads_its_examples_and_refuses_its_counter_examples(
    form: TimeFormat, example: Example
) -> None:
    assert _time(example, form.name) == example.time


@pytest.mark.parametrize(("form", "example"), [pair for pair in EXAMPLES if not pair[0].weak])
def test_a_strong_format_is_found_without_being_named(form: TimeFormat, example: Example) -> None:
    assert _time(example, None) == example.time


@pytest.mark.parametrize(("form", "example"), [pair for pair in EXAMPLES if pair[0].weak])
def test_a_weak_format_is_not_used_unless_confirmed(form: TimeFormat, example: Example) -> None:
    assert _time(example, None) is None


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_an_entry_is_whole(form: TimeFormat) -> None:
    assert sum(example.time is not None for example in form.examples) >= 2
    assert sum(example.time is None for example in form.examples) >= 1
    assert re.compile(form.lead).groups == 0
    assert form.texts or form.named
    assert all(re.compile(text.pattern).groups == 3 for text in (*form.texts, *form.named))


@pytest.mark.parametrize(
    ("form", "example"), [pair for pair in EXAMPLES if pair[0].named and pair[1].time]
)
def test_an_entry_without_texts_of_its_own_is_read_all_the_same(
    form: TimeFormat, example: Example
) -> None:
    stamps = Stamper(zone=example.zone, reference=example.reference)
    stamps.learn(joined(example.line))
    time = stamps.stamp(joined(example.line))
    assert (None if time is None else iso(time)) == example.time


def test_names_are_unique() -> None:
    assert len({form.name for form in FORMATS}) == len(FORMATS)
