"""One call of a coroutine or plain function on a loop, as the thread that made it sees it."""

import asyncio
import contextvars
import sys
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, TypeVar

from plait.bridge.parking import Parker, PromptParker
from plait.bridge.waits import refuse_own_loop, wait_for
from plait.bridge.wakeup import Wakeup
from plait.errors import CallCancelled, LoopClosed

T = TypeVar("T")

# Since 3.12 a task can take its first step at once instead of a turn of the loop later.
_EAGER: dict[str, Any] | None = {"eager_start": True} if sys.version_info >= (3, 12) else None


class Call(Generic[T]):
    """The handle of a call that `Portal.start` gives; `Portal.call` waits for one.

    1. It ends once, on the loop, after the coroutine's cleanup; `ended` is set last, before
       anybody is unparked. A waiter enters `_waiters` before it looks at `ended`, a callback
       `_callbacks`; whoever takes a callback out calls it.
    2. Withdrawn before it began, it never begins.
    """

    task: "asyncio.Task[None] | None" = None
    ended = False
    withdrawn = False
    _value: T | None = None
    _error: BaseException | None = None
    _trace: TracebackType | None = None

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        wakeup: Wakeup,
        running: "set[Call[Any]]",  # of anything
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.loop = loop
        self.wakeup = wakeup
        self._running = running
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self.context = contextvars.copy_context()
        self._waiters: list[Parker | PromptParker] = []
        self._callbacks: deque[Callable[[Call[T]], object]] = deque()

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self._function, "__qualname__", repr(self._function))

    def result(self, timeout: float | None = None) -> T:
        """Wait, and give what the function returned or raise what it raised.

        `TimeoutError` after so many seconds; the call goes on (`cancel` ends it). Errors of
        the wait itself are those of `Portal.call`.
        """
        if not self.ended:
            refuse_own_loop(self.loop, self.name)
            if not wait_for(self, timeout):
                raise TimeoutError(f"{self.name} has not ended in {timeout} s")
        return self.outcome()

    def take(self) -> T:
        """As `result` once ended, for the only reader: the error is then forgotten.

        Its frames hold this call, so both would stay until the garbage collector comes.
        """
        try:
            return self.outcome()
        finally:
            self._error = self._trace = None
            self = None  # type: ignore[assignment]

    def done(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self.ended

    def add_done_callback(self, callback: "Callable[[Call[T]], object]") -> None:
        """Have this called once with the call when it has ended: on the loop, or else here now.

        It must not wait. What it raises goes to the loop's exception handler. A call whose loop
        is closed before it began does not end.
        """
        self._callbacks.append(callback)
        if self.ended:
            self._call_back()

    def cancel(self) -> None:
        """Cancel the coroutine; it has ended when its cleanup has. Any thread; never waits."""
        try:
            self.wakeup.post(Call._cancel, self)
        except LoopClosed:
            self.withdrawn = True

    def begin_coroutine(self) -> None:
        """Start the coroutine's task; on the loop."""
        if self.withdrawn:
            return
        coroutine = self._run()
        if _EAGER is not None and self.loop.get_task_factory() is None:
            self.task = asyncio.Task(coroutine, loop=self.loop, context=self.context, **_EAGER)
        else:
            self.task = self.loop.create_task(coroutine, context=self.context)
            # Cancelled before its first step it would end without `_run` having begun.
            self.task.add_done_callback(self._task_ended)

    def begin_function(self) -> None:
        """Call the plain function; on the loop."""
        if self.withdrawn:
            return
        try:
            value = self.context.run(self._function, *self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001  # it is raised again at the caller's
            self._end(None, error)
        else:
            self._end(value, None)

    async def _run(self) -> None:
        if self.withdrawn:  # after its task was made, before its first step
            self._end(None, asyncio.CancelledError())
            return
        try:
            value: T = await self._function(*self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001  # it is raised again at the caller's
            self._end(None, error)
        else:
            self._end(value, None)

    def _end(self, value: T | None, error: BaseException | None) -> None:
        self._value = value
        if error is not None:
            trace = error.__traceback__
            # Without our frame, which would hold the call that holds the error.
            self._trace = trace and trace.tb_next
            self._error = error.with_traceback(self._trace)
        self.ended = True
        self._running.discard(self)
        for waiter in self._waiters:
            waiter.unpark()
        if self._callbacks:
            self._call_back()

    def _call_back(self) -> None:
        while self._callbacks:
            try:
                callback = self._callbacks.popleft()
            except IndexError:
                return  # the other thread took the last
            try:
                callback(self)
            except Exception as problem:  # noqa: BLE001  # it is the handler's
                message = f"what was to be called at the end of {self.name} failed"
                self.loop.call_exception_handler({"message": message, "exception": problem})

    def _task_ended(self, task: "asyncio.Task[None]") -> None:
        if not self.ended:
            self._end(None, asyncio.CancelledError())

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
        elif not self.ended:
            self.withdrawn = True
            self._end(None, asyncio.CancelledError())

    def was_cancelled(self) -> bool:
        """Whether it ended with a cancellation."""
        return isinstance(self._error, asyncio.CancelledError)

    def add_waiter(self, waiter: Parker | PromptParker) -> None:
        """Unpark this when the call has ended; look at `ended` afterwards."""
        self._waiters.append(waiter)

    def outcome(self) -> T:
        """What the function returned or raised, with the frames it came with; once ended."""
        if self._error is None:
            return self._value  # type: ignore[return-value]  # it ended with a value of type T
        try:
            if isinstance(self._error, asyncio.CancelledError):
                if self.wakeup.closing or self.loop.is_closed():
                    raise LoopClosed(f"{self.name}: the loop ended before the call did")
                raise CallCancelled(f"{self.name} was cancelled on its loop") from self._error
            raise self._error.with_traceback(self._trace)
        finally:
            self = None  # type: ignore[assignment]  # the error's frames must not hold the error
