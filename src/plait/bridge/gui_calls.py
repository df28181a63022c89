"""Functions that wait to run in a GUI's thread: posted, called by a thread, awaited by a task."""

import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from plait.bridge.call import Call
from plait.bridge.here import here
from plait.bridge.job import Job
from plait.bridge.wakeup import Wakeup
from plait.errors import BridgeError, LoopClosed

T = TypeVar("T")

Report = Callable[[BaseException], object]


class GuiCall(Protocol):
    """What the inbox of a GUI's thread holds; it is run or refused, once."""

    def run(self) -> None:
        """Call the function; in the GUI's thread. Raises only what ends that thread's loop."""

    def refuse(self, error: LoopClosed) -> None:
        """Tell who waits that it will never begin. Any thread; never waits."""


class Posted:
    """Nobody waits for it."""

    def __init__(
        self,
        report: Report,
        function: Callable[..., object],
        args: tuple[Any, ...],  # the function's own
        kwargs: dict[str, Any],
    ) -> None:
        self._report = report
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._context = contextvars.copy_context()

    def run(self) -> None:
        """Call the function; what it raises goes to the reporter."""
        outer, here.job = here.job, None
        try:
            self._context.run(self._function, *self._args, **self._kwargs)
        except Exception as error:  # noqa: BLE001  # it is the reporter's
            trace = error.__traceback__
            self._report(error.with_traceback(trace and trace.tb_next))  # without our frame
        finally:
            here.job = outer

    def refuse(self, error: LoopClosed) -> None:
        """Nobody is there to be told."""


class _Side:
    """The GUI's side of a call: what a wait asks of a loop and its door, to prove that it ends."""

    closing = False

    def __init__(self, gui: threading.Thread) -> None:
        self._gui = gui
        self.thread = 0  # the GUI's, once the call has begun there

    def is_closed(self) -> bool:
        """Never: a GUI that closes refuses its calls, and so ends them."""
        return False

    def is_running(self) -> bool:
        """Whether the main loop may come to the call."""
        return self._gui.is_alive()


class Called(Call[T]):
    """A thread waits for it."""

    def __init__(
        self,
        gui: threading.Thread,
        function: Callable[..., T],
        args: tuple[Any, ...],  # the function's own
        kwargs: dict[str, Any],
    ) -> None:
        self._side = _Side(gui)
        self._guarded = _Guarded(function)
        place: Any = self._side  # of a loop and of its door
        super().__init__(place, place, set(), self._guarded, args, kwargs)

    def run(self) -> None:
        """Call the function, unless the thread has given up; unpark the thread."""
        if self.withdrawn:
            return
        outer, here.job = here.job, None
        self._side.thread = threading.get_ident()
        self.begin_function()
        here.job = outer
        self._guarded.go_on()

    def refuse(self, error: LoopClosed) -> None:
        """Have the waiting thread raise this."""
        self._end(None, error)

    def cancel(self) -> None:
        """It never begins, if it has not."""
        self.withdrawn = True


class Awaited(Job[T]):
    """A task waits for it."""

    def __init__(
        self,
        loop: Any,  # as the job's
        wakeup: Wakeup,
        function: Callable[..., T],
        args: tuple[Any, ...],  # the function's own
        kwargs: dict[str, Any],
    ) -> None:
        self._guarded = _Guarded(function)
        super().__init__(loop, wakeup, self._guarded, args, kwargs, None)
        self.context = contextvars.copy_context()

    def run(self) -> None:
        """Call the function, unless its task was cancelled; resume the task."""
        super().run()
        self._guarded.go_on()

    def refuse(self, error: LoopClosed) -> None:
        """Have the task raise this."""
        with suppress(LoopClosed):  # nobody waits any more
            self._wakeup.post(self.fail, error)


class _Guarded:
    """A function whose Ctrl-C and exit stay with the thread that they struck.

    In the thread or task that waits they would end the wrong one: an event loop, say.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._exit: BaseException | None = None
        self.__qualname__ = getattr(function, "__qualname__", repr(function))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the function's own
        try:
            return self._function(*args, **kwargs)
        except (KeyboardInterrupt, SystemExit) as error:
            self._exit = error
            text = f"{self.__qualname__}: ended by {type(error).__name__} in the GUI's thread"
            raise BridgeError(text) from error

    def go_on(self) -> None:
        """Raise what ends the thread's loop, if the function did."""
        if self._exit is not None:
            error, self._exit = self._exit, None
            raise error


__all__ = ["Awaited", "Called", "GuiCall", "Posted", "Report"]
