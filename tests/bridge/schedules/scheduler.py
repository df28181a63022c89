"""Threads in, one of them at a time out: who goes on is decided by a strategy alone."""

import os
import sys
import threading
import traceback
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from types import CodeType

from tests.bridge.schedules.strategies import Strategy

#: A thread's number, what it was about to do, and for code of the bridge the line or instruction.
Step = tuple[int, "str | CodeType", int]

# A run of a scenario has some thousand steps; this many are a thread that never gets anywhere.
_MOST_STEPS = 100_000

# A thread that could go on may be held up, on a busy machine, for so many seconds.
_HURRY = 60.0

# What stacks in messages need not show: how threads begin, and how they wait here.
_HOME = os.path.dirname(__file__)
_UNTOLD = {threading.__file__, __file__}
_UNTOLD |= {os.path.join(_HOME, name) for name in ("primitives.py", "loop.py")}


class Abandoned(SystemExit):
    """The run has failed, this thread is to end; asyncio lets no other error out of a loop."""


class Actor:
    """One thread of a run, as its scheduler sees it."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.ident = 0  # the interpreter's, once it runs
        self.baton = allocate_lock()
        self.baton.acquire()
        self.waits_for: object = None  # nothing: it can go on
        self.deadline: float | None = None
        self.late = False  # its deadline has passed
        self.ended = False
        self.priority = 0.0


class Scheduler:
    """Lets one thread of a run go on at a time, and owns the clock.

    1. One actor runs, `running`; every other waits for its baton.
    2. Nothing but `strategy` chooses, so the same choices give the same `steps`.
    3. After `problem` is set nobody waits any more: the threads end, one after another.
    """

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.now = 1000.0
        self.steps: list[Step] = []
        self.actors: list[Actor] = []  # that have not ended
        self.problem = ""
        self.stacks: list[str] = []  # where each thread was then
        self.cause: BaseException | None = None
        self.tasks = 0  # made so far
        self._enlisted = 0
        self._left = strategy.gap()
        self._over = allocate_lock()
        self._over.acquire()
        self.running = Actor(-1, "nobody")

    # What the one outside does.

    def run(self, patience: float) -> bool:
        """Let the enlisted actors go on until all have ended; False where that takes too long."""
        self.running = self.actors[0]
        self.running.baton.release()
        if self._over.acquire(timeout=patience):
            return True
        self.note("the harness itself stands still")
        return False

    # What a thread does with itself.

    def enlist(self, name: str) -> Actor:
        """A new actor, that waits for its baton."""
        actor = Actor(self._enlisted, name)
        self._enlisted += 1
        self.actors.append(actor)
        self.strategy.meet(actor)
        return actor

    def live(self, actor: Actor, work: Callable[[], object]) -> None:
        """Do an actor's work, from its first baton to its end; on its own thread."""
        actor.ident = get_ident()
        actor.baton.acquire()
        try:
            if not self.problem:
                work()
        except Abandoned:
            pass
        except BaseException as error:  # noqa: BLE001  # it is the run's
            self.note(f"{actor.name} raised {in_short(error)}", error)
        finally:
            sys.settrace(None)  # what its end lets go of is nobody's turn
            self._end(actor)

    def _end(self, actor: Actor) -> None:
        actor.ended = True
        self.actors.remove(actor)
        self.wake(actor)
        following = self._next()
        if following is not None:
            self.running = following
            following.baton.release()
        else:
            self.running = Actor(-1, "nobody")
            self._over.release()

    # Where others may go on.

    def point(self, code: CodeType, place: int) -> None:
        """A line or instruction of the bridge: mostly the same thread goes on."""
        if self.running.ident != get_ident():
            return  # an actor that has ended, and lets go of what it had
        self.steps.append((self.running.number, code, place))
        self._left -= 1
        if self._left <= 0:
            self.strategy.interrupt(self.running)
            self._left = self.strategy.gap()
            self._go_on()

    def switch(self, what: str) -> None:
        """A lock, a wake-up, a start: anybody may go on."""
        self.steps.append((self.running.number, what, 0))
        self._go_on()

    def wait(self, what: object, deadline: float | None = None) -> bool:
        """Wait for somebody to `wake` this; False where the deadline has passed."""
        me = self.running
        self.steps.append((me.number, "wait", 0))
        me.waits_for, me.deadline, me.late = what, deadline, False
        self._go_on()
        return not me.late

    def wake(self, what: object) -> None:
        """Those who wait for this can go on; whoever needs it looks again whether it is there."""
        for actor in self.actors:
            if actor.waits_for is what:
                actor.waits_for = actor.deadline = None

    def note(self, problem: str, cause: BaseException | None = None) -> None:
        """The run fails; whoever goes on next is the first to end."""
        if self.problem:
            return
        self.problem, self.cause = problem, cause
        frames = sys._current_frames()
        for actor in self.actors:
            if actor.ident in frames:
                stack = traceback.extract_stack(frames[actor.ident])
                where = [entry for entry in stack if entry.filename not in _UNTOLD]
                text = "".join(traceback.format_list(where)).rstrip()
                self.stacks.append(f"thread {actor.number}, {actor.name}:\n{text}")

    def _go_on(self) -> None:
        me = self.running
        if self.problem:
            raise Abandoned
        if len(self.steps) > _MOST_STEPS:
            self.note(f"no end after {_MOST_STEPS} steps")
            raise Abandoned
        following = self._next()
        if following is not None and following is not me:
            self.running = following
            following.baton.release()
            me.baton.acquire()
        if self.problem:
            raise Abandoned

    def _next(self) -> Actor | None:
        """Who goes on; nobody once all have ended."""
        if self.problem or not self.actors:
            return self.actors[0] if self.actors else None
        ready = [actor for actor in self.actors if actor.waits_for is None]
        if not ready:
            self._pass_time(at_most=float("inf"))
        elif self.strategy.hurries():
            self._pass_time(at_most=_HURRY)
        else:
            return self.strategy.pick(ready)
        ready = [actor for actor in self.actors if actor.waits_for is None]
        if not ready:
            self.note("deadlock: every thread waits, and none for a time")
            return self.actors[0]
        return self.strategy.pick(ready)

    def _pass_time(self, *, at_most: float) -> None:
        deadlines = [actor.deadline for actor in self.actors if actor.deadline is not None]
        if not deadlines or min(deadlines) > self.now + at_most:
            return
        self.now = max(self.now, min(deadlines))
        for actor in self.actors:
            if actor.deadline is not None and actor.deadline <= self.now:
                actor.waits_for = actor.deadline = None
                actor.late = True


def in_short(error: BaseException) -> str:
    """What it is, in one line that is the same in each run."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


class _Active:
    scheduler: Scheduler | None = None


_active = _Active()


def active() -> Scheduler | None:
    """The scheduler that runs the calling thread, if one does."""
    scheduler = _active.scheduler
    if scheduler is None or scheduler.running.ident != get_ident():
        return None
    return scheduler


def activate(scheduler: Scheduler | None) -> None:
    """From now on (no) threads are run by this one."""
    _active.scheduler = scheduler
