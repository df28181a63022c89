"""Lock, semaphores, event and condition that threads and tasks of several loops share.

Each has the words of asyncio for tasks (`await lock.acquire()`, `async with`), and the same with
`_blocking` for threads (`lock.acquire_blocking(timeout)`, `with`). Turns come in the order of
asking; a wait that is cancelled or times out leaves its turn to the next one. Having to wait with
the blocking words on a thread that runs a loop is `WouldDeadlock` at once.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from plait.bridge.line import Line, Waiter, refuse_on_loop
from plait.bridge.permits import Permits
from plait.errors import UsageError, WouldDeadlock

T = TypeVar("T")
_Kind = type[BaseException] | None


class _Acquirable:
    """`with` for threads and `async with` for tasks."""

    async def acquire(self) -> bool:
        raise NotImplementedError

    def acquire_blocking(self, timeout: float | None = None) -> bool:
        raise NotImplementedError

    def release(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self.acquire_blocking()

    def __exit__(
        self, kind: _Kind, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self, kind: _Kind, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Semaphore(_Acquirable):
    """So many may have it at once.

    1. A permit is in `_permits` or with who acquired it and has not released it.
    """

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise UsageError(f"a semaphore begins with 0 permits or more, not {value}")
        self._permits = Permits(value)

    async def acquire(self) -> bool:
        """Take a permit, waiting for one; cancelled, it has taken none."""
        await self._permits.take()
        return True

    def acquire_blocking(self, timeout: float | None = None) -> bool:
        """Take a permit; False where none comes in time. A timeout of 0 does not wait."""
        try:
            self._permits.take_blocking(timeout)
        except TimeoutError:
            return False
        return True

    def release(self) -> None:
        """Give a permit back; the first in line has it. Any thread; never waits."""
        self._permits.give()

    def locked(self) -> bool:
        """Whether acquiring would wait."""
        return not self._permits.here

    def statistics(self) -> dict[str, int]:
        """How many permits are free, and how many wait for one."""
        return {"free": len(self._permits.here), "waiting": self._permits.waiting}


class BoundedSemaphore(Semaphore):
    """A semaphore that refuses, with `ValueError`, more releases than acquisitions.

    2. `_taken` permits are with those who acquired them; taken back before they are given.
    """

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._taken: deque[None] = deque()

    async def acquire(self) -> bool:
        """Take a permit, waiting for one; cancelled, it has taken none."""
        await super().acquire()
        self._taken.append(None)
        return True

    def acquire_blocking(self, timeout: float | None = None) -> bool:
        """Take a permit; False where none comes in time. A timeout of 0 does not wait."""
        taken = super().acquire_blocking(timeout)
        if taken:
            self._taken.append(None)
        return taken

    def release(self) -> None:
        """Give a permit back; `ValueError` where none was taken."""
        try:
            self._taken.pop()
        except IndexError:
            raise ValueError("released more often than acquired") from None
        super().release()


class Lock(_Acquirable):
    """One may have it at once: a task, or a thread outside of tasks.

    To acquire it again while having it is `WouldDeadlock` at once. Anybody may release it, as
    with the locks of `threading` and `asyncio`; `RuntimeError` where nobody has it.

    1. `_owner` is who has it, None while nobody has; only who took the permit sets it, only who
       gives the permit back clears it, before.
    """

    def __init__(self) -> None:
        self._permit = Permits(1)
        self._owner: object = None

    async def acquire(self) -> bool:
        """Take it, waiting until it is free; cancelled, it is not taken."""
        me = _caller()
        self._refuse_again(me)
        await self._permit.take()
        self._owner = me
        return True

    def acquire_blocking(self, timeout: float | None = None) -> bool:
        """Take it; False where it does not become free in time. A timeout of 0 does not wait."""
        me = _caller()
        if timeout is None or timeout > 0:
            self._refuse_again(me)
        try:
            self._permit.take_blocking(timeout)
        except TimeoutError:
            return False
        self._owner = me
        return True

    def release(self) -> None:
        """Give it back; the first in line has it. Any thread; never waits."""
        if self._owner is None:
            raise RuntimeError("the lock is not held")
        self._owner = None
        self._permit.give()

    def locked(self) -> bool:
        """Whether somebody has it."""
        return not self._permit.here

    def statistics(self) -> dict[str, int]:
        """Whether somebody has it, and how many wait for it."""
        return {"held": int(self.locked()), "waiting": self._permit.waiting}

    def owned(self) -> bool:
        """Whether the calling task or thread has it."""
        return self._owner is not None and self._owner == _caller()

    def _refuse_again(self, me: object) -> None:
        # A thread that has the lock and then runs a loop has it below each task of that loop.
        owner = self._owner
        if owner is not None and (owner == me or owner == threading.get_ident()):
            raise WouldDeadlock("it waits for a lock that it has itself")


class Event(Line):
    """A flag to wait for.

    1. While it is set nobody stands in line.
    """

    def __init__(self) -> None:
        super().__init__()
        self._set = False

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._set

    def set(self) -> None:
        """Set it and release all who wait; they are released even if it is cleared at once."""
        with self._lock:
            self._set = True
            woken = self._match()
        self._wake(woken)

    def statistics(self) -> dict[str, int]:
        """Whether it is set, and how many wait for that."""
        return {"set": int(self._set), "waiting": self.waiting}

    def clear(self) -> None:
        """From now on, wait again."""
        with self._lock:
            self._set = False

    async def wait(self) -> bool:
        """Wait until it is set; always True, as asyncio's."""
        if not self._set:
            await self.wait_turn()
        return True

    def wait_blocking(self, timeout: float | None = None) -> bool:
        """Block until it is set; False where that takes too long."""
        return self._set or self.wait_turn_blocking(timeout) is not None

    def _match(self) -> list[Waiter]:
        return [self._admit() for _ in range(len(self._waiters))] if self._set else []


class Condition(_Acquirable):
    """A lock, and a line of those who gave it up until they are notified.

    1. Who waits stands in line before it releases the lock, so it misses no notification.
    2. Who comes back from waiting, in whichever way, has the lock.
    """

    def __init__(self, lock: Lock | None = None) -> None:
        self._own = Lock() if lock is None else lock
        self._line = _Notified()

    async def acquire(self) -> bool:
        """Take the lock, as `Lock.acquire`."""
        return await self._own.acquire()

    def acquire_blocking(self, timeout: float | None = None) -> bool:
        """Take the lock, as `Lock.acquire_blocking`."""
        return self._own.acquire_blocking(timeout)

    def release(self) -> None:
        """Release the lock."""
        self._own.release()

    async def wait(self) -> bool:
        """Give up the lock until notified, and take it again. Cancelled, it is taken first."""
        self._refuse_stranger()
        try:
            await self._line.wait_turn(self._own.release)
        except asyncio.CancelledError:
            await self._reacquire()
            raise
        if cancelled := await self._reacquire():
            self.notify()
            raise cancelled
        return True

    def wait_blocking(self, timeout: float | None = None) -> bool:
        """Give up the lock until notified, and take it again; False if that came too late."""
        self._refuse_stranger()
        refuse_on_loop()
        try:
            return self._line.wait_turn_blocking(timeout, self._own.release) is not None
        finally:
            self._own.acquire_blocking()

    async def wait_for(self, predicate: Callable[[], T]) -> T:
        """Wait, as often as needed, until the predicate holds; gives what it says."""
        while not (result := predicate()):
            await self.wait()
        return result

    def notify(self, n: int = 1) -> None:
        """Wake the first `n` in line; they go on when they have the lock."""
        self._refuse_stranger()
        self._line.notify(n)

    def notify_all(self) -> None:
        """Wake all who wait; they go on, one after another, as they have the lock."""
        self.notify(self._line.waiting)

    def statistics(self) -> dict[str, int]:
        """Whether somebody has the lock, how many wait for it, and for a notification."""
        return {**self._own.statistics(), "to be notified": self._line.waiting}

    async def _reacquire(self) -> asyncio.CancelledError | None:
        cancelled = None
        while True:
            try:
                await self._own.acquire()
                return cancelled
            except asyncio.CancelledError as error:
                cancelled = error

    def _refuse_stranger(self) -> None:
        if not self._own.owned():
            raise RuntimeError("the condition's lock is not held by this task or thread")


class _Notified(Line):
    """Those who wait for a condition.

    1. `_calls` notifications have found nobody yet; none outlives the line.
    """

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0

    def notify(self, n: int) -> None:
        with self._lock:
            self._calls += n
            woken = self._match()
        self._wake(woken)

    def _match(self) -> list[Waiter]:
        woken = [self._admit() for _ in range(min(self._calls, len(self._waiters)))]
        self._calls = self._calls - len(woken) if self._waiters else 0
        return woken

    def _hand_back(self) -> None:
        self._calls += 1


def _caller() -> object:
    """The task that calls; or the thread, by its number, where it runs no loop."""
    loop = asyncio._get_running_loop()  # noqa: SLF001  # documented; None, not an error
    return threading.get_ident() if loop is None else asyncio.current_task(loop) or loop
