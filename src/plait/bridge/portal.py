"""A loop in, calls into it from threads out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, ParamSpec, TypeVar, TypeVarTuple, overload

from plait.bridge.call import Call
from plait.bridge.here import here
from plait.bridge.limiter import lent
from plait.bridge.waits import refuse_own_loop, wait_for
from plait.bridge.wakeup import wakeup_of
from plait.errors import BridgeError

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Portal:
    """The way into a loop for threads that do not run it. Any thread may use it at any time.

    What is called sees a copy of the calling thread's context variables. Waits that can never
    end are errors: `WouldDeadlock` on the loop's own thread and in a circle of waits,
    `LoopClosed` where the loop has closed or stopped.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop: Final = loop
        self._wakeup: Final = wakeup_of(loop)
        self._running: Final[set[Call[Any]]] = set()  # of anything; also keeps them alive

    def statistics(self) -> dict[str, int]:
        """How many calls that were started have not ended."""
        return {"running": len(self._running)}

    @overload
    def call(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    @overload
    def call(
        self, function: Callable[[*Ts], Awaitable[T]], /, *args: *Ts, timeout: float | None = ...
    ) -> T: ...

    def call(  # type: ignore[misc]  # mypy: a function may take an argument called timeout
        self,
        function: Callable[..., Awaitable[T]],
        /,
        *args: Any,  # the function's own
        timeout: float | None = None,
        **kwargs: Any,  # the function's own
    ) -> T:
        """Call a coroutine function on the loop, wait, and give what it returns or raises.

        After `timeout` seconds the coroutine is cancelled, and once its cleanup has ended,
        `TimeoutError` raised (unless it had something to return or raise itself). Ctrl-C while
        waiting does the same; a second one does not wait for the cleanup. `CallCancelled` where
        somebody on the loop cancelled it.
        """
        refuse_own_loop(self.loop, function)
        call: Call[T] = Call(self.loop, self._wakeup, self._running, function, args, kwargs)
        job = here.job
        if job is not None and job.limiter is not None:
            with lent(job.limiter, call.context):
                return self._wait(call, timeout)
        return self._wait(call, timeout)

    def _wait(self, call: Call[T], timeout: float | None) -> T:
        try:
            self._wakeup.post(Call.begin_coroutine, call)
            in_time = wait_for(call, timeout)
            if not in_time:
                call.cancel()
                wait_for(call)
        except BridgeError:
            raise
        except BaseException:
            call.cancel()
            wait_for(call)
            raise
        if not in_time and call.was_cancelled():
            raise TimeoutError(f"{call.name} did not end in {timeout} s and was cancelled")
        return call.take()

    def call_function(self, function: Callable[[*Ts], T], /, *args: *Ts) -> T:
        """Call a plain function on the loop, wait, and give what it returns or raises."""
        refuse_own_loop(self.loop, function)
        call: Call[T] = Call(self.loop, self._wakeup, self._running, function, args, {})
        try:
            self._wakeup.post(Call.begin_function, call)
            wait_for(call)
        except BaseException:
            call.withdrawn = True
            raise
        return call.take()

    def start(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Call[T]:
        """Start a coroutine function on the loop and give its handle; never waits.

        An error that nobody asks the handle for is lost with it.
        """
        call: Call[T] = Call(self.loop, self._wakeup, self._running, function, args, kwargs)
        self._running.add(call)
        try:
            self._wakeup.post(Call.begin_coroutine, call)
        except BaseException:
            self._running.discard(call)
            raise
        return call


__all__ = ["Portal"]
