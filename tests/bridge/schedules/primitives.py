"""Locks, events and threads as `threading` has them, whose every wait is the scheduler's."""

import sys
import threading
from types import TracebackType
from typing import Any

from tests.bridge.schedules.scheduler import Actor, Scheduler, active


class Lock:
    """As `threading.Lock`; outside of a run it works too, as long as nobody would wait."""

    def __init__(self) -> None:
        self._held = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, waiting for it if need be."""
        scheduler = active()
        if scheduler is None:
            assert not self._held, "this would wait, outside of a run"
        else:
            scheduler.switch("acquire")
            deadline = scheduler.now + timeout if timeout >= 0 else None
            while self._held:
                if not blocking or (not scheduler.wait(self, deadline) and self._held):
                    return False
        self._held = True
        return True

    def release(self) -> None:
        """Give it back; whoever comes first has it."""
        if not self._held:
            raise RuntimeError("release unlocked lock")
        self._held = False
        if (scheduler := active()) is not None:
            scheduler.wake(self)
            scheduler.switch("release")

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class RLock(Lock):
    """As `threading.RLock`."""

    def __init__(self) -> None:
        super().__init__()
        self._owner = 0
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, or take it once more."""
        me = get_ident()
        if self._owner != me and not super().acquire(blocking, timeout):
            return False
        self._owner = me
        self._depth += 1
        return True

    def release(self) -> None:
        """Give it back once."""
        if self._owner != get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            self._owner = 0
            super().release()


class Event:
    """As `threading.Event`."""

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._set

    def set(self) -> None:
        """Set it; who waits goes on."""
        self._set = True
        if (scheduler := active()) is not None:
            scheduler.wake(self)
            scheduler.switch("set")

    def clear(self) -> None:
        """From now on, wait again."""
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set; False where that takes too long."""
        scheduler = active()
        if scheduler is None:
            return self._set
        scheduler.switch("wait for event")
        deadline = None if timeout is None else scheduler.now + timeout
        while not self._set and scheduler.wait(self, deadline):
            pass
        return self._set


class Thread(threading.Thread):
    """As `threading.Thread`, of which it is one: the scheduler lets it go on."""

    _scheduler: Scheduler
    _actor: Actor | None = None

    def start(self) -> None:
        """Begin; it does nothing before its first turn."""
        scheduler = active()
        assert scheduler is not None, "a thread of a run is started in the run"
        self.begin(scheduler)
        scheduler.switch("start")

    def begin(self, scheduler: Scheduler) -> None:
        """As `start`, for who starts the first thread of a run."""
        self._scheduler = scheduler
        self._actor = scheduler.enlist(self.name)
        super().start()

    def run(self) -> None:
        """What the thread does."""
        assert self._actor is not None
        self._scheduler.live(self._actor, super().run)

    def is_alive(self) -> bool:
        """Whether it has begun and not ended."""
        return self._actor is not None and not self._actor.ended

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end; the interpreter's own wait once the run is over."""
        scheduler, actor = active(), self._actor
        if scheduler is None or actor is None:
            super().join(timeout)
            return
        scheduler.switch("join")
        deadline = None if timeout is None else scheduler.now + timeout
        while not actor.ended and scheduler.wait(actor, deadline):
            pass

    @property
    def ident(self) -> int | None:
        """As `get_ident` in that thread."""
        return None if self._actor is None else _number(self._actor)


def get_ident() -> int:
    """A number of the calling thread; the same in each run of a seed, never used again."""
    scheduler = active()
    return threading.get_ident() if scheduler is None else _number(scheduler.running)


def _number(actor: Actor) -> int:
    return actor.number + 1


def frames() -> dict[int, Any]:
    """Where each thread is, by `get_ident`."""
    scheduler = active()
    now = sys._current_frames()
    if scheduler is None:
        return dict(now)
    return {_number(actor): now[actor.ident] for actor in scheduler.actors if actor.ident in now}
