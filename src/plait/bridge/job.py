"""One call of a blocking function, from the coroutine that awaits it to the thread that runs it."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from plait.bridge.here import here
from plait.bridge.limiter import Limiter
from plait.bridge.parking import TaskWaiter
from plait.bridge.wakeup import Wakeup
from plait.errors import LoopClosed

T = TypeVar("T")


class Job(TaskWaiter[T]):
    """A function, its arguments, and the task that waits for it.

    1. `begun` is set before `cancel_requested` is read, on the thread, and the other way round
       on the loop: a call cancelled before it began never begins.
    2. The token goes back on the thread, once the function has ended or will not begin.
    3. `patience` is how long a cancelled caller waits for the function: `None` to its end.
    """

    alone = False  # the only call of its loop that was under way when it was made
    begun = False
    cancel_requested = False
    thread = 0  # on which the function runs; 0 when it does not
    limiter: Limiter | None = None  # asked for a token
    token: Limiter | None = None  # that gave it, maybe as a loan
    context: contextvars.Context | None = None
    _cancel_message: object = None

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        wakeup: Wakeup,
        function: Callable[..., T],
        args: tuple[Any, ...],  # the function's own
        kwargs: dict[str, Any],
        patience: float | None,
    ) -> None:
        self._loop = loop
        self._callbacks = []
        self._wakeup = wakeup
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self.patience = patience

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self._function, "__qualname__", repr(self._function))

    def give_back(self) -> None:
        """Return the token, if there is one."""
        if self.token is not None:
            self.token.release()

    def run(self) -> None:
        """Call the function and give the result to the loop; on the worker's thread."""
        outer = here.job
        here.job = self  # type: ignore[assignment]  # a job of something
        self.thread = threading.get_ident()
        self.begun = True
        try:
            if self.cancel_requested:
                raise asyncio.CancelledError(self._cancel_message)
            assert self.context is not None
            value = self.context.run(self._function, *self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001  # it is raised again at the caller's
            # Without this frame, which would hold the job that will hold the error.
            outcome: Any = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
            end: Callable[[Any], object] = self.fail
        else:
            outcome, end = value, self.finish
        here.job = outer
        self.thread = 0
        if self.token is not None:
            self.token.release()
        try:
            self._wakeup.post(end, outcome)
        except LoopClosed:
            pass  # nobody waits any more
        finally:
            del outcome  # an error, whose frames hold this one

    def finish(self, value: T) -> bool:
        """End with a value; or, the caller having been cancelled meanwhile, with that."""
        if self._ended:
            return False
        if self.cancel_requested:
            return super().cancel(self._cancel_message)
        self._value = value
        self._end()
        return True

    def result(self) -> T:
        """As a future's, for the one task that awaits this: the error is then forgotten.

        Its frames hold this job, so both would stay until the garbage collector comes.
        """
        try:
            return super().result()
        finally:
            self._error = self._trace = None
            self = None  # type: ignore[assignment]

    def cancel(self, msg: object = None) -> bool:
        """Tell the function, and resume the caller after its patience."""
        if self._ended:
            return False
        first = not self.cancel_requested
        self.cancel_requested = True
        self._cancel_message = msg
        if self.patience == 0 or not self.begun:
            return super().cancel(msg)
        if first and self.patience is not None:
            self._loop.call_later(self.patience, super().cancel, msg)
        return True


class SharedJob(Job[T]):
    """A job whose function runs in the very context of the task that awaits it.

    Only when that task is suspended can another thread enter its context, so the job is
    submitted then; and the task cannot go on before the function has ended.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        wakeup: Wakeup,
        function: Callable[..., T],
        args: tuple[Any, ...],  # the function's own
        kwargs: dict[str, Any],
        submit: Callable[[Job[T]], None],
    ) -> None:
        super().__init__(loop, wakeup, function, args, kwargs, None)
        self._submit = submit

    def add_done_callback(
        self, callback: Callable[[Any], object], *, context: contextvars.Context | None = None
    ) -> None:
        """As a future's; the task that awaits it comes by here and brings its context."""
        super().add_done_callback(callback, context=context)
        if self.context is None:
            self.context = context
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        try:
            self._submit(self)
        except BaseException as error:  # noqa: BLE001  # its task waits for it
            self.give_back()
            self.fail(error)


__all__ = ["Job", "SharedJob"]
