"""A scenario in, many seeds of it run; the first that fails is told so that it can be replayed."""

import asyncio
import gc
import os
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar

from tests.bridge.schedules.loop import Loop
from tests.bridge.schedules.primitives import Thread
from tests.bridge.schedules.scheduler import Abandoned, Scheduler, Step, in_short
from tests.bridge.schedules.strategies import Priorities, Strategy
from tests.bridge.schedules.tracing import points, told
from tests.bridge.schedules.world import controlled, fresh

T = TypeVar("T")

Scenario = Callable[["Run"], object]

# A run takes some milliseconds. One that takes so many seconds will not end: the fault is in the
# harness, or something waits where the scheduler does not know.
_PATIENCE = 60.0

# After so many runs what they left behind is collected; a collection takes about as long as a run.
_COLLECTED = 32

# So many of the last steps are told.
_LAST = 30


class Failure(AssertionError):
    """A seed under which a scenario fails; `problem` says how, in one line."""

    def __init__(self, run: "Run", told: str) -> None:
        super().__init__(told)
        self.seed = run.seed
        self.problem = run.scheduler.problem
        self.history = run.history()


class Run:
    """One seed of a scenario: what the scenario makes threads and loops with."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.seed = seed
        #: For the scenario, which may look different in each run.
        self.random = Random(f"the scenario of {seed}")
        choices = Random(f"the schedule of {seed}")
        strategy = (Strategy if choices.random() < 0.5 else Priorities)(choices)
        self._instructions = choices.random() < 0.15
        self.scheduler = Scheduler(strategy)
        self._scenario = scenario
        self._checks: list[Callable[[], None]] = []
        self._loops: list[asyncio.AbstractEventLoop] = []

    # What a scenario uses.

    def thread(self, function: Callable[..., object], *args: object) -> Thread:
        """A thread, started; the run is not over before it has ended."""
        thread = Thread(target=function, args=args, name=function.__qualname__, daemon=True)
        thread.start()
        return thread

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """A loop, for `asyncio.Runner` and `LoopThread`."""
        loop = Loop(self.scheduler)
        loop.set_exception_handler(self._loop_failed)
        self._loops.append(loop)
        return loop

    def on_loop(self, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run this on a loop of its own in the calling thread, as `asyncio.run` does."""
        with asyncio.Runner(loop_factory=self.new_loop) as runner:
            return runner.run(main())

    def pause(self) -> None:
        """Here others may go on; lines of the scenario are no such place."""
        self.scheduler.switch("pause")

    def sleep(self, seconds: float) -> None:
        """Let time pass, and others go on."""
        until = self.scheduler.now + seconds
        while self.scheduler.now < until:
            self.scheduler.wait("time", until)

    def at_rest(self, check: Callable[[], None]) -> None:
        """Check this when all threads have ended."""
        self._checks.append(check)

    # What explore uses.

    def run(self) -> Failure | None:
        """Run it; the failure, if it fails."""
        scheduler = self.scheduler
        thread = Thread(target=self._scenario, args=(self,), name="scenario", daemon=True)
        with (
            fresh(scheduler),
            points(scheduler, instructions=self._instructions),
            _unseen_errors(self._unseen),
        ):
            thread.begin(scheduler)
            if scheduler.run(_PATIENCE):
                thread.join()
                self._look()
                self._close()
        return Failure(self, self._told()) if scheduler.problem else None

    def history(self, last: int = 0) -> list[str]:
        """All steps, or the last so many, one a line."""
        return [self._step(step) for step in self.scheduler.steps[-last:]]

    def _step(self, step: Step) -> str:
        number, what, place = step
        if isinstance(what, str):
            return f"  {number} {what}"
        line = place
        if self._instructions:
            spans = what.co_lines()
            line = next((line or 0 for start, end, line in spans if start <= place < end), 0)
        return f"  {number} {what.co_qualname} ({os.path.basename(what.co_filename)}:{line})"

    def _look(self) -> None:
        try:
            for check in self._checks:
                if not self.scheduler.problem:
                    check()
        except Exception as error:  # noqa: BLE001  # it is the run's
            self.scheduler.note(f"at rest: {in_short(error)}", error)

    def _close(self) -> None:
        for loop in self._loops:
            if not loop.is_closed():
                self.scheduler.note("a loop was not closed")  # if nothing happened before
                loop.close()

    def _loop_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Abandoned):
            self.scheduler.note(f"on a loop: {context['message']}", context.get("exception"))

    def _unseen(self, what: "sys.UnraisableHookArgs") -> None:
        if what.exc_value is not None and not isinstance(what.exc_value, Abandoned):
            self.scheduler.note(f"unseen: {in_short(what.exc_value)}", what.exc_value)

    def _told(self) -> str:
        scheduler = self.scheduler
        parts = [f"seed {self.seed}: {scheduler.problem}", _replay(self.seed)]
        if scheduler.cause is not None:
            parts.append("".join(traceback.format_exception(scheduler.cause)).rstrip())
        parts += scheduler.stacks
        parts.append(f"the last of {len(scheduler.steps)} steps:")
        parts += self.history(_LAST)
        return "\n".join(parts)


def explore(scenario: Scenario, seeds: int) -> None:
    """Run a scenario under so many seeds; raises the `Failure` of the first that fails.

    `PLAIT_SEEDS` says how many instead, `PLAIT_SEED` which is the first (and, alone, the only).
    """
    first, count = _asked_for(seeds)
    failure = find(scenario, range(first, first + count))
    if failure is not None:
        raise failure


def find(scenario: Scenario, seeds: Iterable[int]) -> Failure | None:
    """The failure of the first of these seeds that fails."""
    with controlled(), told(), _no_collector():
        for number, seed in enumerate(seeds, 1):
            if failure := Run(scenario, seed).run():
                return failure
            if number % _COLLECTED == 0:
                _collect()
    return None


def history(scenario: Scenario, seed: int) -> list[str]:
    """What the threads do under this seed, in order: one line a step."""
    with controlled(), told(), _no_collector():
        run = Run(scenario, seed)
        run.run()
        return run.history()


@contextmanager
def _unseen_errors(note: Callable[["sys.UnraisableHookArgs"], None]) -> Iterator[None]:
    """What is raised where nobody can catch it, and each warning, is told to `note`."""
    before = sys.unraisablehook
    sys.unraisablehook = note
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        sys.unraisablehook = before


@contextmanager
def _no_collector() -> Iterator[None]:
    """It would come at other moments in each run. What is here already is spared its rounds."""
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        _collect()
        gc.unfreeze()
        gc.enable()


def _collect() -> None:
    # What was abandoned, or pending on a loop that was closed, complains only now.
    with _unseen_errors(lambda what: None):
        gc.collect()


def _asked_for(seeds: int) -> tuple[int, int]:
    first, count = os.environ.get("PLAIT_SEED"), os.environ.get("PLAIT_SEEDS")
    return int(first or 0), int(count or (1 if first else seeds))


def _replay(seed: int) -> str:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
    return f"replay with: PLAIT_SEED={seed} pytest {shlex.quote(test)}"
