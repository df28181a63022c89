"""Jobs in, threads that run them: the workers behind `run_in_thread`."""

import os
import threading
import weakref
from collections import deque
from types import TracebackType
from typing import Final, Protocol, Self

from plait.bridge.here import here
from plait.bridge.leftover import watch_current_thread
from plait.bridge.parking import Parker, PromptParker, parker, prompt_parker
from plait.errors import BridgeError


class Runnable(Protocol):
    """What a pool takes.

    `alone` says that its caller had no other call under way: a sign that there is one caller.
    """

    alone: bool

    def run(self) -> None:
        """Do the work; must not raise."""


class Pool:
    """At most `size` threads, made when needed; one that is idle for `idle` seconds ends.

    They are daemons: a job that never returns holds up neither the others (while there is room)
    nor the end of the program. A worker that waits for a coroutine does not count, so a job may
    call a coroutine that calls a job, however small the pool. As a `with` block it is closed at
    the end.

    1. Jobs begin in the order in which they came.
    2. A worker is in `_idle` only while it is parked or about to look at `_jobs` once more;
       who takes it out of there unparks it.
    3. `_waking` is true from the moment a worker is chosen until it looks at `_jobs`; meanwhile
       nobody else pays for a wake-up. A worker that leaves work behind wakes the next one
       before it runs its job, so a job that blocks holds up nobody.
    4. `_count` is the number of workers, `_waiting` how many of them wait for a coroutine;
       both change under `_lock`.
    5. After `_closed` is set no worker stays idle: `close` wakes those in `_idle`, and who enters
       it looks at `_closed` afterwards.
    6. One worker at most sleeps at the prompt place, the last of `_idle`; it is in `_prompt`
       while none does, and gone where the system has none to give.
    """

    def __init__(self, size: int, *, name: str = "plait worker", idle: float = 10.0) -> None:
        if size < 1:
            raise ValueError("a pool has at least one thread")
        self._name: Final = name
        self._size: Final = size
        self._patience: Final = idle
        self._closed = False
        self._reset()
        _pools.add(self)

    def _reset(self) -> None:
        self._jobs: deque[Runnable] = deque()
        self._idle: list[Parker | PromptParker] = []
        self._prompt: list[PromptParker | None] = [None]  # not made yet
        self._alone = False  # whether the last job was
        self._waking = False
        self._lock = threading.Lock()
        self._count = 0
        self._waiting = 0
        self._started = 0
        self._done = 0

    def submit(self, job: Runnable) -> None:
        """Have a worker run this. Any thread; never waits; `BridgeError` once closed."""
        if self._closed:
            raise BridgeError(f"{self._name}: the pool is closed and takes no further jobs")
        self._jobs.append(job)
        if not self._waking:
            self._wake_one()

    def close(self) -> None:
        """Refuse further jobs, and let the threads end. Any thread; never waits.

        An idle one ends at once, the others when no job is left: those queued still run.
        """
        self._closed = True
        while True:
            try:
                self._idle.pop().unpark()
            except IndexError:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def statistics(self) -> dict[str, int]:
        """Threads, those idle, those waiting for a coroutine, jobs queued and begun so far."""
        return {
            "size": self._size,
            "threads": self._count,
            "idle": len(self._idle),
            "waiting": self._waiting,
            "queued": len(self._jobs),
        }

    def _wake_one(self) -> None:
        while True:
            self._waking = True
            try:
                self._idle.pop().unpark()
                return
            except IndexError:
                pass
            except BaseException:  # Ctrl-C: others must be able to wake
                self._waking = False
                raise
            spawned = self._count < self._size + self._waiting and self._spawn()
            if spawned:
                return
            self._waking = False
            # While this said that one is on its way, a worker may have gone idle and a job have
            # come, or a worker have begun to wait for a coroutine and so made room.
            room = spawned is False and self._count < self._size + self._waiting
            if not (self._jobs and (self._idle or room)):
                return

    def _spawn(self) -> bool | None:
        """Whether there is one more; None where the system gave no thread, and others work."""
        with self._lock:
            if self._count >= self._size + self._waiting:
                return False
            self._count += 1
            self._started += 1
            number = self._started
        try:
            threading.Thread(target=self._work, name=f"{self._name} {number}", daemon=True).start()
        except BaseException:
            with self._lock:
                self._count -= 1
                alone = self._count == 0
            self._waking = False
            if alone:
                raise
            return None
        return True

    def _work(self) -> None:
        watch_current_thread()
        here.pool = self
        me = parker()
        while ran := self._drain():
            # With more than one caller a prompt wake-up would have the worker interrupt them one
            # by one; it is better that it finds all their jobs.
            alone = ran == 1 and self._alone
            prompt = self._take_prompt() if alone else None
            if prompt is None:
                goes_on = self._rest(me)
            else:
                goes_on = self._rest(prompt)
                self._prompt.append(prompt)
            if not goes_on:
                return

    def _take_prompt(self) -> PromptParker | None:
        """The pool's one prompt place to sleep, for the worker that is to be woken first."""
        try:
            return self._prompt.pop() or prompt_parker()
        except IndexError:
            return None

    def _drain(self) -> int:
        """Run jobs until there are none, and say how many; 0 where this worker is one too many."""
        jobs = self._jobs
        self._waking = False
        ran = 0
        while True:
            if self._count > self._size + self._waiting and self._leave():
                if jobs:
                    self._wake_one()
                return 0
            try:
                job = jobs.popleft()
            except IndexError:
                return ran or 1  # 0: woken for a job that another one took
            if jobs and not self._waking:
                self._wake_one()
            self._alone = job.alone
            job.run()
            del job
            ran += 1

    def _rest(self, me: Parker | PromptParker) -> bool:
        """Be idle until woken; False where it is time to end."""
        idle = self._idle
        if isinstance(me, Parker) and any(isinstance(last, PromptParker) for last in idle[-1:]):
            idle.insert(-1, me)  # who sleeps promptly is woken first
        else:
            idle.append(me)
        # Something may have come between the last look and the line above.
        if self._jobs and self._take_back(me):
            return True
        if self._closed and self._take_back(me):
            return self._end()
        while True:
            if me.park(self._patience):
                # The permit may be left over from a wait inside a job: chosen only if taken out.
                if me not in idle:
                    return True
            elif self._take_back(me):
                return self._end()

    def _end(self) -> bool:
        """One worker less, which rests no more; a job that came meanwhile gets another."""
        with self._lock:
            self._count -= 1
        if self._jobs:
            self._wake_one()
        return False

    def _take_back(self, me: Parker | PromptParker) -> bool:
        try:
            self._idle.remove(me)
        except ValueError:
            return False  # chosen already: the permit is on its way
        return True

    def _leave(self) -> bool:
        with self._lock:
            if self._count <= self._size + self._waiting:
                return False
            self._count -= 1
            return True

    def worker_waits(self) -> None:
        """Say, in a worker, that it begins to wait for a coroutine: another may work."""
        with self._lock:
            self._waiting += 1
        if self._jobs and not self._waking:
            self._wake_one()

    def worker_goes_on(self) -> None:
        """Say that the wait is over."""
        with self._lock:
            self._waiting -= 1


_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()


def _forget_in_child() -> None:
    here.pool = None
    for pool in list(_pools):
        pool._reset()  # noqa: SLF001  # its threads are the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)

__all__ = ["Pool", "Runnable"]
