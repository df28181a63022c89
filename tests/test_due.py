"""Which sources a round reads out, and in which order."""

import pytest

from plait.due import Due
from plait.intake import Intake, QueueFeed
from plait.settings import Options


@pytest.fixture
def intakes() -> list[Intake]:
    reading = Options().reading({})
    return [Intake(f"source {rank}", rank, QueueFeed(), reading) for rank in range(3)]


def test_due_sources_are_taken_in_the_order_of_their_ranks(intakes: list[Intake]) -> None:
    due = Due()
    for intake in reversed(intakes):
        due.add(intake)
    assert due.take(one=False) == intakes
    assert due.take(one=False) == []


def test_one_is_taken_at_a_time_and_the_others_stay_due(intakes: list[Intake]) -> None:
    due = Due()
    for intake in reversed(intakes):
        due.add(intake)
    assert [due.take(one=True) for _ in range(4)] == [*([each] for each in intakes), []]


def test_a_source_that_has_ended_is_not_due_again(intakes: list[Intake]) -> None:
    due = Due()
    due.add(intakes[0])
    intakes[0].done = True
    due.discard(intakes[0])
    due.add(intakes[0])
    assert not due
    assert not intakes[0].due
