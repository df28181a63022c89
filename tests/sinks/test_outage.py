"""Which faults of an output are waited for, and what is told of them."""

import asyncio
import errno
import os
from types import SimpleNamespace

import pytest

from plait.errors import SinkError
from plait.events import Event, Resumed, Stalled
from plait.sinks import outage
from plait.sinks.outage import Outage


def fault(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def made(told: list[Event]) -> Outage:
    return Outage("out", told.append)


def test_a_fault_is_told_once_at_its_begin_and_once_at_its_end(
    made: Outage, told: list[Event]
) -> None:
    made.over()
    for _ in range(3):
        made.begin(fault(errno.ENOSPC))
    made.over()
    made.over()
    assert told == [Stalled("out", "No space left on device"), Resumed("out")]


def test_a_fault_that_nobody_can_mend_is_an_error(made: Outage, told: list[Event]) -> None:
    with pytest.raises(SinkError, match="Bad file descriptor"):
        made.begin(fault(errno.EBADF))
    assert told == []


def test_in_a_hurry_every_fault_is_an_error(made: Outage) -> None:
    made.begin(fault(errno.ENOSPC))
    made.hurry()
    with pytest.raises(SinkError, match="stopped before all was written"):
        made.begin(fault(errno.ENOSPC))


def test_the_pauses_grow_and_stay_long_where_a_fault_comes_and_goes(
    made: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    now = 0.0

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(outage, "time", SimpleNamespace(monotonic=lambda: now))
    for times, later in (5, 1.0), (1, 60.0), (1, 0.0):
        made.begin(fault(errno.ENOSPC))
        for _ in range(times):
            asyncio.run(made.pause())
        made.over()
        now += later
    assert slept == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.1]
