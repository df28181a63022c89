"""Threads and tasks wait in one line, first come first served; their turn wakes them."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from plait.bridge.parking import TaskWaiter, parker
from plait.bridge.wakeup import wakeup_of
from plait.errors import LoopClosed, WouldDeadlock

_WAITING: Final = "waiting"
_ADMITTED: Final = "admitted"
_REFUSED: Final = "refused"
_GONE: Final = "gone"


class Waiter:
    """One who waits; `state` changes once, under the lock of its line."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = _WAITING

    @property
    def admitted(self) -> bool:
        """Whether it was given its turn."""
        return self.state is _ADMITTED

    def wake(self) -> bool:
        """Tell it that its state has changed; False where nobody can be told any more."""
        raise NotImplementedError


class _WaitingThread(Waiter):
    __slots__ = ("_parker",)

    def __init__(self) -> None:
        super().__init__()
        self._parker = parker()

    def wake(self) -> bool:
        self._parker.unpark()
        return True

    def sleep(self, timeout: float | None) -> None:
        """Until the state has changed or the time is over."""
        deadline = None if timeout is None else monotonic() + timeout
        while self.state is _WAITING:
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                break
            self._parker.park(left)


class _WaitingTask(Waiter):
    __slots__ = ("_door", "_loop", "turn")

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        # Opened here, on the loop's own thread: a door made elsewhere begins slower.
        self._door = wakeup_of(self._loop)
        self.turn: TaskWaiter[None] = TaskWaiter(self._loop)

    def wake(self) -> bool:
        if asyncio._get_running_loop() is self._loop:  # noqa: SLF001  # documented; None, no error
            self.turn.finish(None)
            return True
        try:
            self._door.post(self.turn.finish, None)
        except LoopClosed:
            return False
        return True


class Line:
    """Who waits, in order. Subclasses say in `_match` whose turn it is.

    1. A waiter stands in `_waiters` exactly while its state is waiting; it leaves the line by
       being admitted or refused, or by going away (timeout, cancellation, a dead loop).
    2. Who was admitted and goes away without using its turn passes it on, in `_hand_back`.
    3. `_lock` is held for every change of the line and never while somebody is woken.

    The lock may be entered again by its own thread, because a coroutine that the collector
    closes in the middle of a change leaves its line then.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiters: deque[Waiter] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._waiters)

    def wait_turn_blocking(
        self, timeout: float | None = None, in_line: Callable[[], object] | None = None
    ) -> Waiter | None:
        """Block until the turn comes, or a refusal; None where the time is over first.

        `in_line` is called once the caller stands in line.
        """
        refuse_on_loop()
        waiter = _WaitingThread()
        try:
            self._enter(waiter)
            if in_line is not None:
                in_line()
            waiter.sleep(timeout)
        except BaseException:
            self._abandon(waiter)
            raise
        return None if self._leave(waiter) else waiter

    async def wait_turn(self, in_line: Callable[[], object] | None = None) -> Waiter:
        """Wait until the turn comes, or a refusal. Cancelled, the turn is the next one's."""
        waiter = _WaitingTask()
        try:
            self._enter(waiter)
            if in_line is not None:
                in_line()
            await waiter.turn
        except BaseException:
            self._abandon(waiter)
            raise
        return waiter

    def _match(self) -> list[Waiter]:
        """Admit or refuse whoever's turn it is; the lock is held. Gives those to be woken."""
        raise NotImplementedError

    def _hand_back(self) -> None:
        """Take back what an admitted waiter did not use; the lock is held."""

    def _admit(self) -> Waiter:
        waiter = self._waiters.popleft()
        waiter.state = _ADMITTED
        return waiter

    def _refuse_all(self) -> list[Waiter]:
        refused = list(self._waiters)
        self._waiters.clear()
        for waiter in refused:
            waiter.state = _REFUSED
        return refused

    def settle(self) -> None:
        """Match what is here with those who wait, and wake them."""
        with self._lock:
            woken = self._match()
        self._wake(woken)

    def _enter(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.append(waiter)
            woken = self._match()
        self._wake(woken)

    def _leave(self, waiter: Waiter) -> bool:
        """Whether it had to leave, because its turn had not come."""
        with self._lock:
            if waiter.state is not _WAITING:
                return False
            self._waiters.remove(waiter)
            waiter.state = _GONE
            woken = self._match()
        self._wake(woken)
        return True

    def _abandon(self, waiter: Waiter) -> None:
        with self._lock:
            if waiter.state is _WAITING:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                waiter.state = _GONE
            elif waiter.state is _ADMITTED:
                waiter.state = _GONE
                self._hand_back()
            woken = self._match()
        self._wake(woken)

    def _wake(self, woken: list[Waiter]) -> None:
        for waiter in woken:  # grows: the turn of a waiter on a dead loop is the next one's
            if not waiter.wake() and waiter.admitted:
                with self._lock:
                    waiter.state = _GONE
                    self._hand_back()
                    woken += self._match()


def refuse_on_loop() -> None:
    """`WouldDeadlock` on a thread that runs a loop: the wait would stop all its tasks."""
    if asyncio._get_running_loop() is not None:  # noqa: SLF001  # documented; None, no error
        raise WouldDeadlock(
            "a blocking wait on an event loop's own thread stops the loop; await it instead"
        ) from None
