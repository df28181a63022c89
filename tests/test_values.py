"""Frozen values: what dataclasses would make, in what matters here."""

import copy
import pickle
import subprocess
import sys

import pytest

from plait.values import frozen


@frozen
class Point:
    x: int
    y: int = 7

    def moved(self, by: int) -> "Point":
        return Point(self.x + by, self.y)


@frozen
class Named(Point):
    name: str = "here"


@frozen
class Other(Point):
    pass


@frozen(eq=False)
class Thing:
    x: int


@frozen(kw_only=True)
class Positive:
    x: int = 1

    def __post_init__(self) -> None:
        if self.x <= 0:
            raise ValueError(f"{self.x} is not positive")


def test_fields_are_given_in_order_or_by_name_and_may_have_defaults() -> None:
    assert [(it.x, it.y) for it in (Point(1), Point(1, 2), Point(y=3, x=4))] == [
        (1, 7), (1, 2), (4, 3),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [(), (1, 2, 3)])
def test_too_few_and_too_many_are_type_errors(wrong: tuple[int, ...]) -> None:
    with pytest.raises(TypeError):
        Point(*wrong)


def test_the_fields_of_the_base_come_first() -> None:
    named = Named(1, 2, "there")
    assert (named.x, named.y, named.name) == (1, 2, "there")
    assert named.moved(1) == Point(2, 2)


def test_equal_fields_of_one_class_are_equal_and_hash_alike() -> None:
    assert Point(1) == Point(1, 7) != Point(2)
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_values_of_two_classes_are_never_equal() -> None:
    assert Point(1) != Other(1)


def test_without_eq_a_value_equals_itself_alone() -> None:
    thing = Thing(1)
    assert thing == thing != Thing(1)
    assert len({thing, Thing(1)}) == 2


@pytest.mark.parametrize("name", ["x", "fresh"])
def test_nothing_of_a_value_can_be_set(name: str) -> None:
    with pytest.raises(AttributeError, match="frozen"):
        setattr(Point(1), name, 2)


def test_nothing_of_a_value_can_be_deleted() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        del Point(1).x


def test_a_value_has_no_dict() -> None:
    assert not hasattr(Named(1), "__dict__")


def test_what_must_hold_is_tested_as_a_value_is_made() -> None:
    assert Positive(x=2).x == 2
    with pytest.raises(ValueError, match="not positive"):
        Positive(x=0)


def test_keyword_only_fields_are_not_taken_by_place() -> None:
    with pytest.raises(TypeError):
        Positive(2)  # type: ignore[call-arg]  # what must not be


def test_a_value_shows_its_fields() -> None:
    assert repr(Named(1)) == "Named(x=1, y=7, name='here')"


def test_a_value_can_be_copied_and_pickled() -> None:
    named = Named(1, 2, "there")
    assert copy.deepcopy(named) == named == pickle.loads(pickle.dumps(named))


def test_a_value_can_be_matched() -> None:
    match Named(1, 2, "there"):
        case Named(x, _, name):
            assert (x, name) == (1, "there")


def test_it_does_without_dataclasses() -> None:
    code = "import sys, plait.values; print('dataclasses' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
