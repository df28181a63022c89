"""Faults put into the bridge are found by the scenarios, and fail again when replayed.

Each is the order of two steps, or one look too few: what a test without a scheduler would see
once in a million runs. That all are found is what makes the other tests here worth their time.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from plait.bridge import Condition, Limiter, Lock, Pool, Portal
from plait.bridge.call import Call
from plait.bridge.channel import BlockingFace
from plait.bridge.job import Job
from plait.bridge.line import Line
from plait.bridge.parking import Parker
from plait.bridge.permits import Permits
from plait.bridge.store import Store
from plait.bridge.wakeup import Wakeup
from tests.bridge.schedules import test_channel, test_limiter, test_portal, test_sync
from tests.bridge.schedules.explore import Scenario, find
from tests.bridge.schedules.mutations import mutated

pytestmark = pytest.mark.timeout(0)


@dataclass(frozen=True)
class Fault:
    """In this method, the text to exchange; where it shows, and under how many seeds at most."""

    claim: str
    home: type[Any]
    name: str
    old: str
    new: str
    scenario: Scenario
    seeds: int = 2000


FAULTS = [
    Fault(
        "a giver looks for waiters before it gives",
        BlockingFace,
        "put",
        """\
    self._ready.here.append(None)
    if self._ready.awaited:""",
        """\
    awaited = self._ready.awaited
    self._ready.here.append(None)
    if awaited:""",
        test_channel.echo,
    ),
    Fault(
        "a waiter is announced after its last look",
        Permits,
        "_match",
        """\
    if self._waiters:
        self.awaited = True
""",
        "",
        test_channel.echo,
    ),
    Fault(
        "a turn that is not used is lost",
        Permits,
        "_hand_back",
        "self.here.append(None)",
        "pass",
        test_channel.traffic,
    ),
    Fault(
        "an item that came too late is left in",
        Store,
        "settle",
        "self.ready.revoke(partial(self._retract, item))",
        "False",
        test_channel.put_and_close,
    ),
    Fault(
        "who goes away wakes nobody",
        Line,
        "_abandon",
        "woken = self._match()",
        "woken = []",
        test_channel.one_gives_up,
    ),
    Fault(
        "a parker forgets a permit that came early",
        Parker,
        "park",
        "    if timeout is None or",
        """\
    self._lock.acquire(False)
    if timeout is None or""",
        test_channel.traffic,
    ),
    Fault(
        "join trusts an event that may be set late",
        Store,
        "_busy",
        "return self._unfinished() > 0",
        "return not self._idle.is_set()",
        test_channel.join_after_two,
    ),
    Fault(
        "a waiter that is cancelled keeps a token that is on its way",
        Limiter,
        "_give_up",
        "if self._passes_on(waiter):",
        "if False:",
        test_limiter.calls,
    ),
    Fault(
        "a token for a waiter that is gone is passed on twice",
        Limiter,
        "_passes_on",
        "return first",
        "return True",
        test_limiter.token_for_a_loop_that_ends,
    ),
    Fault(
        "a job looks whether it was cancelled before it has begun",
        Job,
        "run",
        """\
    self.begun = True
    try:
        if self.cancel_requested:
            raise asyncio.CancelledError(self._cancel_message)
""",
        """\
    try:
        if self.cancel_requested:
            raise asyncio.CancelledError(self._cancel_message)
        self.begun = True
""",
        test_limiter.cancelled_as_it_begins,
    ),
    Fault(
        "a worker rests without a second look at the jobs",
        Pool,
        "_rest",
        "if self._jobs and self._take_back(me):",
        "if False:",
        test_limiter.one_by_one,
    ),
    Fault(
        "a worker that begins to wait is not seen to make room",
        Pool,
        "_wake_one",
        "(self._idle or room)",
        "self._idle",
        test_limiter.call_from_the_only_worker,
    ),
    Fault(
        "a poster looks whether a wake-up is under way before it posts",
        Wakeup,
        "post",
        """\
    self._posts.append((callback, arg))
    if not self._flying:""",
        """\
    flying = self._flying
    self._posts.append((callback, arg))
    if not flying:""",
        test_portal.functions,
    ),
    Fault(
        "a call that was refused begins later",
        Call,
        "begin_function",
        """\
    if self.withdrawn:
        return
""",
        "",
        test_portal.calls,
    ),
    Fault(
        "a call that took too long is not waited for",
        Portal,
        "_wait",
        """\
            call.cancel()
            wait_for(call)
    except BridgeError:""",
        """\
            call.cancel()
    except BridgeError:""",
        test_portal.calls,
    ),
    Fault(
        "a lock forgets its owner after the next one has it",
        Lock,
        "release",
        """\
    self._owner = None
    self._permit.give()""",
        """\
    self._permit.give()
    self._owner = None""",
        test_sync.lock,
    ),
    Fault(
        "a condition releases its lock before it stands in line",
        Condition,
        "wait_blocking",
        "return self._line.wait_turn_blocking(timeout, self._own.release) is not None",
        """\
self._own.release()
        return self._line.wait_turn_blocking(timeout) is not None""",
        test_sync.notification,
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.claim)
def test_a_fault_is_found_and_fails_again_in_the_same_way(fault: Fault) -> None:
    with mutated(fault.home, fault.name, fault.old, fault.new):
        found = find(fault.scenario, range(fault.seeds))
        assert found is not None, f"{fault.seeds} seeds have not found it"
        again = find(fault.scenario, [found.seed])
    assert again is not None
    assert (again.problem, again.history) == (found.problem, found.history)
    assert find(fault.scenario, [found.seed]) is None, "it fails without the fault too"
