"""Errands are run once each, whoever has time."""

import threading
import weakref
from functools import partial

import pytest

from plait.crew import Crew


def test_an_errand_gives_what_its_call_gave() -> None:
    with Crew(1) as crew:
        errands = [crew.start(lambda i=i: i * i) for i in range(100)]  # type: ignore[misc]
        assert [errand.wait() for errand in errands] == [i * i for i in range(100)]


def test_an_errand_raises_what_its_call_raised() -> None:
    with Crew(1) as crew:
        errand = crew.start(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            errand.wait()
        assert crew.start(lambda: 1).wait() == 1


def test_a_helper_makes_calls_while_the_caller_goes_on() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def call() -> str:
        begun.set()
        assert go_on.wait(10)
        return threading.current_thread().name

    with Crew(1) as crew:
        errand = crew.start(call)
        assert begun.wait(10)
        go_on.set()
        assert errand.wait() == "plait crew 0"


def test_who_waits_makes_a_call_that_nobody_has_begun() -> None:
    go_on = threading.Event()
    with Crew(1) as crew:
        busy = crew.start(lambda: go_on.wait(10))
        ours = crew.start(threading.get_ident)
        assert ours.wait() == threading.get_ident()
        go_on.set()
        busy.wait()


class _Payload:
    """Something that one can see go."""


def test_an_errand_that_was_waited_for_holds_nothing() -> None:
    go_on = threading.Event()
    with Crew(1) as crew:
        busy = crew.start(lambda: go_on.wait(10))  # the next one stays in the helper's queue
        taken, given = _Payload(), _Payload()
        seen = weakref.ref(taken), weakref.ref(given)
        assert crew.start(partial(lambda _, given: given, taken, given)).wait() is given
        del taken, given
        assert [ref() for ref in seen] == [None, None]
        go_on.set()
        busy.wait()


def test_every_call_is_made_once() -> None:
    calls: list[int] = []
    with Crew(3) as crew:
        for errand in [crew.start(lambda i=i: calls.append(i)) for i in range(500)]:  # type: ignore[misc]
            errand.wait()
    assert sorted(calls) == list(range(500))


def test_the_end_of_the_block_ends_the_threads() -> None:
    with Crew(2):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("plait crew")]


def test_without_helpers_the_caller_does_it_all() -> None:
    with Crew(0) as crew:
        assert crew.start(threading.get_ident).wait() == threading.get_ident()
