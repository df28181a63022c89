"""A number of tokens, for calls from coroutines of any loop; given back by the threads."""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Final

from plait.bridge.here import here
from plait.bridge.parking import TaskWaiter, parker
from plait.bridge.wakeup import wakeup_of
from plait.errors import LoopClosed


class Limiter:
    """At most `tokens` calls at once; further callers wait in the order in which they came.

    A call holds its token until its thread function has really ended, also when its caller was
    cancelled and has gone on. A function that waits for a coroutine (`Portal.call`) lends its
    token meanwhile to what that coroutine calls, and goes on when it has it back.

    1. `_free` counts the tokens nobody has; it is 0 while anybody waits.
    2. A token given back goes to the first who waits, never past them.
    3. A loan is a limiter of one token; once `_ended` it admits nobody new.
    4. A token that its waiter cannot use is passed on once: by who finds the waiter's loop
       closed, or by the waiter, which may go away at the same time.
    """

    def __init__(self, tokens: int) -> None:
        if tokens < 1:
            raise ValueError("a limiter has at least one token")
        self._total: Final = tokens
        self._free = tokens
        self._ended = False
        self._waiters: Final[deque[_Waiter]] = deque()
        # May be entered again by its own thread: the collector closes a waiting coroutine anywhere.
        self._lock: Final = threading.RLock()

    async def acquire(self) -> "Limiter":
        """Wait for a token; it is given back to the limiter returned (maybe a loan)."""
        loan = _loans.get().get(self)
        if loan is not None and await loan.take():
            return loan
        await self.take()
        return self

    def release(self) -> None:
        """Give a token back. Any thread; never waits."""
        while True:
            with self._lock:
                if not self._waiters:
                    self._free += 1
                    return
                waiter = self._waiters.popleft()
            try:
                waiter.give()
                return
            except LoopClosed:
                if not self._passes_on(waiter):
                    return
                # the next one's turn

    def statistics(self) -> dict[str, int]:
        """Tokens in all, how many are held, and how many callers wait."""
        with self._lock:
            held = self._total - self._free
            return {"tokens": self._total, "held": held, "waiting": len(self._waiters)}

    async def take(self) -> bool:
        """Wait for a token of this very limiter; False where it is a loan that has ended."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._ended:
                return False
            if self._free:
                self._free -= 1
                return True
            turn: TaskWaiter[None] = TaskWaiter(loop)
            waiter = _Waiter(partial(wakeup_of(loop).post, turn.finish, None))
            self._waiters.append(waiter)
            if self._free:  # given by one that the collector closed on the way here
                self._waiters.remove(waiter)
                self._free -= 1
                return True
        try:
            await turn
        except BaseException:
            self._give_up(waiter)
            raise
        return True

    def _give_up(self, waiter: "_Waiter") -> None:
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                return
        # The token was on its way to us; pass it on.
        if self._passes_on(waiter):
            self.release()

    def _passes_on(self, waiter: "_Waiter") -> bool:
        """Whether it is the caller who passes this waiter's token on."""
        with self._lock:
            first = not waiter.passed_on
            waiter.passed_on = True
        return first

    def end_loan(self) -> None:
        """Admit nobody new, and wait in this thread until the token is back."""
        me, given = parker(), threading.Event()

        def give() -> None:
            given.set()
            me.unpark()

        with self._lock:
            self._ended = True
            waiter = _Waiter(give)
            self._waiters.append(waiter)
            if self._free:
                self._waiters.remove(waiter)
                return
        # What has the token may be a job that only another worker of the pool can begin or drop.
        pool = here.pool
        if pool is not None:
            pool.worker_waits()
        try:
            while not given.is_set():
                me.park()
        finally:
            if pool is not None:
                pool.worker_goes_on()


class _Waiter:
    """Who waits for a token, and how it is handed over."""

    __slots__ = ("give", "passed_on")

    def __init__(self, give: Callable[[], None]) -> None:
        self.give: Final = give
        self.passed_on = False


# What the calls around this coroutine lend.
_loans: contextvars.ContextVar[Mapping[Limiter, Limiter]] = contextvars.ContextVar(
    "plait loans", default=MappingProxyType({})
)


@contextmanager
def lent(limiter: Limiter, context: contextvars.Context) -> Iterator[None]:
    """Lend a token of the limiter, held by this thread, to what runs in the context."""
    loan = Limiter(1)
    context.run(lambda: _loans.set({**_loans.get(), limiter: loan}))
    try:
        yield
    finally:
        loan.end_loan()


__all__ = ["Limiter", "lent"]
