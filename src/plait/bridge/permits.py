"""Permits that threads and tasks take, first come first served."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import repeat

from plait.bridge.line import Line, Waiter
from plait.errors import ChannelClosed


class Permits(Line):
    """Permits here for the taking, and those who wait for one.

    Giving and taking are one deque operation each, without the lock, while nobody waits:
    `here.popleft()` takes (`IndexError`: wait for a turn), `here.append(None)` gives, and
    whoever has given looks at `awaited` afterwards and calls `settle` where it is true.

    1. A permit is in `here` or somebody's; a waiter has its own from being admitted.
    2. At rest, permits are here only while nobody waits.
    3. `awaited` is true while somebody waits. A waiter makes it true before its last look at
       `here`, a giver appends before it looks at `awaited`: one of the two sees the other.
    4. Closed, it lets nobody wait. `awaited` stays true, so that who gives a permit to closed
       permits learns it, and can `revoke` it.
    """

    def __init__(self, count: int = 0) -> None:
        super().__init__()
        self.here: deque[None] = deque(repeat(None, count))
        self.awaited = False
        self.closed = False

    def take_nowait(self) -> None:
        """Take one; `IndexError` where none is here, `ChannelClosed` where none will be."""
        try:
            return self.here.popleft()
        except IndexError:
            if not self.closed:
                raise
        with self._lock:  # `revoke` may have it for a moment
            if self.here:
                return self.here.popleft()
        raise ChannelClosed("the channel is closed") from None

    def take_blocking(self, timeout: float | None = None) -> None:
        """Take one, waiting in line if need be; `TimeoutError`, or as `take_nowait`."""
        with suppress(IndexError):
            self.take_nowait()
            return
        if timeout is not None and timeout <= 0:
            raise TimeoutError
        waiter = self.wait_turn_blocking(timeout)
        if waiter is None:
            raise TimeoutError
        self._look_at(waiter)

    async def take(self) -> None:
        """Take one, waiting in line if need be; cancelled, none was taken."""
        with suppress(IndexError):
            self.take_nowait()
            return
        self._look_at(await self.wait_turn())

    def take_more(self, most: int) -> int:
        """Take what is here, at most so many, without waiting; says how many."""
        for taken in range(most):
            try:
                self.here.popleft()
            except IndexError:
                return taken
        return max(most, 0)

    def give(self, count: int = 1) -> None:
        """Give so many; the first in line have them."""
        self.here.extend(repeat(None, count))
        if self.awaited:
            self.settle()

    def revoke(self, undo: Callable[[], bool]) -> bool:
        """Take one back if one is here and `undo` agrees; meanwhile nobody is refused."""
        with self._lock, suppress(IndexError):
            self.here.popleft()
            if undo():
                return True
            self.here.append(None)
        return False

    def close(self, *, drop: bool = False) -> None:
        """Release all who wait and get none. With `drop` what is here, or given later, is gone."""
        with self._lock:
            self.awaited = True
            self.closed = True  # after `awaited`: who is refused by it must not be given one
            if drop:
                here, self.here = self.here, deque(maxlen=0)
                here.clear()
            woken = self._match()
        self._wake(woken)

    def _match(self) -> list[Waiter]:
        woken: list[Waiter] = []
        if self._waiters:
            self.awaited = True
        while self._waiters:
            try:
                self.here.popleft()
            except IndexError:
                break
            woken.append(self._admit())
        if self.closed:
            woken += self._refuse_all()
        self.awaited = bool(self._waiters) or self.closed
        return woken

    def _hand_back(self) -> None:
        self.here.append(None)

    def _look_at(self, waiter: Waiter) -> None:
        if not waiter.admitted:
            raise ChannelClosed("the channel is closed") from None

    def check(self) -> None:
        """The invariants that can be seen at rest: 2 and 3."""
        assert not (self.here and self._waiters), "permits are here and somebody waits"
        assert self.awaited == (bool(self._waiters) or self.closed), "awaited is wrong"
