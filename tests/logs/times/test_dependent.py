"""Which logs are scanned by a scanner of their own."""

from datetime import UTC

from plait.logs.times.blocks import KINDS
from plait.logs.times.calendar import Calendar
from plait.logs.times.dependent import NAMES, dependent_for
from plait.logs.times.directives import W3c
from plait.logs.times.format import REFERENCE
from plait.logs.times.table import FORMATS


def test_the_names_are_those_of_the_scanners_and_stand_in_the_table() -> None:
    assert sorted(NAMES) == sorted(kind.format for kind in (W3c, *KINDS))
    assert {form.name for form in FORMATS} >= NAMES


def test_each_is_there_by_its_name() -> None:
    for name in NAMES:
        scanner = dependent_for(b"", name, Calendar(UTC, REFERENCE))
        assert scanner is not None
        assert scanner.format == name


def test_other_logs_have_none() -> None:
    calendar = Calendar(UTC, REFERENCE)
    for form in FORMATS:
        if form.name not in NAMES:
            assert dependent_for(form.examples[0].line, None, calendar) is None
