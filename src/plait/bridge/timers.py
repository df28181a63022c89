"""A loop, a time and a function in, calls on that loop out; any thread starts and cancels them."""

import asyncio
import contextvars
import inspect
import math
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final, TypeVarTuple

from plait.bridge.wakeup import wakeup_of
from plait.errors import LoopClosed, UsageError

Ts = TypeVarTuple("Ts")


def call_later(
    loop: asyncio.AbstractEventLoop,
    seconds: float,
    function: Callable[[*Ts], object],
    *args: *Ts,
    on_error: Callable[[Exception], object] | None = None,
) -> "Timer":
    """Call the function on the loop, once, in so many seconds. Any thread; never waits.

    What it gives, if awaitable, is awaited on the loop, so a coroutine function does as well.
    An exception goes to `on_error`, called on the loop, or else to the loop's exception handler.
    `LoopClosed` where the loop is closed.
    """
    return Timer(loop, max(seconds, 0.0), function, args, repeat=False, on_error=on_error)


def call_every(
    loop: asyncio.AbstractEventLoop,
    seconds: float,
    function: Callable[[*Ts], object],
    *args: *Ts,
    on_error: Callable[[Exception], object] | None = None,
) -> "Timer":
    """Call the function on the loop every so many seconds, first after as many. Any thread.

    The times are multiples of `seconds` after the start, however long a call takes; those that
    pass while a call runs or the loop is held are skipped and counted as missed. An exception
    goes to `on_error` and the timer goes on; without one it goes to the loop's exception handler
    and ends the timer. For the rest, as `call_later`.
    """
    if not seconds > 0:
        raise UsageError(f"a period is more than 0 seconds, not {seconds}")
    return Timer(loop, seconds, function, args, repeat=True, on_error=on_error)


class Timer:
    """The handle that `call_later` and `call_every` give. Any thread may use it.

    1. Call number n begins on the loop, not before `_start + n * _seconds` and not while
       another one runs.
    2. `_running` is set before `_cancelled` is read, on the loop, and the other way round in
       `cancel`: where that gave True, no call runs and none begins.
    3. `_ended` is set on the loop, once no call runs and none will begin.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        function: Callable[..., object],
        args: tuple[Any, ...],  # the function's own
        *,
        repeat: bool,
        on_error: Callable[[Exception], object] | None,
    ) -> None:
        self._loop: Final = loop
        # Not the loop's clock: some loops' stands still while they sleep.
        self._start: Final = monotonic()
        self._seconds: Final = seconds
        self._repeat: Final = repeat
        self._function: Final = function
        self._args: Final = args
        self._on_error: Final = on_error
        self._ended: Final = asyncio.Event()
        self._handle: asyncio.TimerHandle | None = None
        self._number = 1
        self._running = False
        self._cancelled = False
        self._calls = self._missed = self._errors = 0
        self._context: Final = contextvars.copy_context()
        self._on_loop(Timer._arm)

    def cancel(self) -> bool:
        """Let no further call begin. Any thread; never waits.

        True where none runs either. False where one has begun before: it is left to go on to
        its end, for which `wait` waits. Cancelled twice is as cancelled once.
        """
        self._cancelled = True
        idle = not self._running
        with suppress(LoopClosed):  # it calls nothing any more
            self._on_loop(Timer._disarm)
        return idle

    async def wait(self) -> None:
        """Wait, on the timer's loop, until no call runs and none will begin.

        It gives nothing and raises nothing of the function's. A thread waits with
        `Portal(loop).call(timer.wait)`.
        """
        await self._ended.wait()

    def statistics(self) -> dict[str, int]:
        """Calls begun, times missed, exceptions; whether a call runs, whether all has ended."""
        return {
            "calls": self._calls,
            "missed": self._missed,
            "errors": self._errors,
            "running": int(self._running),
            "ended": int(self._ended.is_set()),
        }

    def _on_loop(self, step: "Callable[[Timer], None]") -> None:
        if asyncio._get_running_loop() is self._loop:  # noqa: SLF001  # documented; None, no error
            step(self)
        else:
            wakeup_of(self._loop).post(step, self)

    def _arm(self) -> None:
        if self._cancelled:
            self._ended.set()
            return
        left = self._start + self._number * self._seconds - monotonic()
        self._handle = self._loop.call_later(max(left, 0.0), self._due, context=self._context)

    def _disarm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        if not self._running:
            self._ended.set()

    def _due(self) -> None:
        if monotonic() < self._start + self._number * self._seconds:
            self._arm()  # loops round, some to a millisecond
            return
        self._running = True
        if self._cancelled:
            self._running = False
            self._ended.set()
            return
        self._calls += 1
        try:
            result = self._function(*self._args)
        except Exception as error:  # noqa: BLE001  # it is the handler's
            self._called(self._go_on_after(error))
        except BaseException:
            self._called(go_on=False)
            raise
        else:
            if inspect.isawaitable(result):
                task = asyncio.ensure_future(result)
                _tasks.add(task)
                task.add_done_callback(self._task_ended)
            else:
                self._called(go_on=True)

    def _task_ended(self, task: "asyncio.Future[Any]") -> None:
        _tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._called(self._go_on_after(error))
        else:
            # Cancelled by somebody else than `cancel`, most likely the end of the loop.
            self._called(go_on=error is None and not task.cancelled())

    def _called(self, go_on: bool) -> None:
        self._running = False
        if self._cancelled or not (go_on and self._repeat):
            self._ended.set()
            return
        following = next_number(self._number, (monotonic() - self._start) / self._seconds)
        self._missed += following - self._number - 1
        self._number = following
        self._arm()

    def _go_on_after(self, error: Exception) -> bool:
        self._errors += 1
        unhandled = error
        if self._on_error is not None:
            try:
                self._on_error(error)
                return True
            except Exception as another:  # noqa: BLE001  # it is the loop's
                unhandled = another
        message = f"the timer's function failed: {self._function!r}"
        self._loop.call_exception_handler({"message": message, "exception": unhandled})
        return False


# A loop alone does not keep its tasks alive.
_tasks: set["asyncio.Future[Any]"] = set()  # of anything


def next_number(last: int, periods: float) -> int:
    """The number of the next call, after so many periods; one that is due right now counts."""
    return max(last + 1, math.ceil(periods))


__all__ = ["Timer", "call_every", "call_later"]
