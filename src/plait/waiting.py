"""When the driver has something to do: the clock, deadlines it knows, the wait for the rest."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import asyncio

_NEVER: Final = -(2**63)


class Handle(Protocol):
    """Something that will be called, unless it is cancelled."""

    def cancel(self) -> None:
        """Do not call."""


class Clock:
    """The system's clock; tests have their own (`plait.testing.ManualClock`)."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def time_ns(self) -> int:
        """The time of day, in nanoseconds since 1970 UTC."""
        return time.time_ns()

    def call_later(
        self, loop: "asyncio.AbstractEventLoop", seconds: float, callback: Callable[[], None]
    ) -> Handle:
        """Have the loop call this in so many seconds."""
        return loop.call_later(seconds, callback)


class Expiry:
    """Which places have been held for the lateness, in seconds, and when the next ones will."""

    def __init__(self, lateness: float) -> None:
        self.lateness = lateness  # may change at any time
        self._arrivals: deque[tuple[float, int]] = deque()
        self._place = _NEVER

    def arrived(self, clock: float, place: int) -> None:
        """Records up to this place came at this time."""
        arrivals = self._arrivals
        if arrivals and arrivals[-1][0] == clock:
            place = max(place, arrivals.pop()[1])
        arrivals.append((clock, place))

    def overdue(self, place: int) -> None:
        """Records up to this place were held for the lateness before they came here."""
        self._place = max(self._place, place)

    def expired(self, clock: float) -> int:
        """The largest place that has been held for the lateness."""
        while self._arrivals and self._arrivals[0][0] + self.lateness <= clock:
            self._place = max(self._place, self._arrivals.popleft()[1])
        return self._place

    def next(self) -> float | None:
        """When the next places will have been held for the lateness."""
        return self._arrivals[0][0] + self.lateness if self._arrivals else None

    def clear(self) -> None:
        """Nothing is held any more."""
        self._arrivals.clear()


def until_first(clock: float, moments: Iterable[float | None]) -> float:
    """Seconds from `clock` to the first of these moments, an hour where there is none."""
    known = [moment for moment in moments if moment is not None]
    return max(0.0, min(known, default=clock + 3600.0) - clock)


class Waker:
    """Ends a wait when a descriptor is readable, a pump has something, or time is up."""

    def __init__(self, clock: Clock, descriptor: int | None) -> None:
        import asyncio  # only here: a merge of files alone runs without a loop

        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._sleep = asyncio.sleep
        self._descriptor = descriptor
        if descriptor is not None:
            self._loop.add_reader(descriptor, self._event.set)

    def wake(self) -> None:
        """End the wait; on the loop's thread."""
        self._event.set()

    def wake_from_anywhere(self) -> None:
        """The same from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> None:
        """Wait until woken, at most so long; 0 lets others run once."""
        if not seconds:
            await self._sleep(0)
            return
        timer = self._clock.call_later(self._loop, seconds, self._event.set)
        try:
            await self._event.wait()
        finally:
            timer.cancel()
            self._event.clear()

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._descriptor is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._descriptor)
            self._descriptor = None
