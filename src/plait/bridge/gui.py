"""Calls from threads and coroutines in, calls in the thread of a GUI's main loop out."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Self, TypeVar, TypeVarTuple, overload

from plait.bridge import toolkits
from plait.bridge.bell import Watch
from plait.bridge.call import Call
from plait.bridge.gui_calls import Awaited, Called, Posted, Report
from plait.bridge.gui_inbox import GuiInbox
from plait.bridge.here import here
from plait.bridge.limiter import lent
from plait.bridge.line import refuse_on_loop
from plait.bridge.waits import wait_for
from plait.bridge.wakeup import wakeup_of
from plait.errors import BridgeError, LoopClosed

if TYPE_CHECKING:
    import tkinter

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class GuiThread:
    """The thread that runs a GUI's main loop, as other threads and coroutines see it.

    Make it in that thread: `GuiThread.of_tk(root)`, `GuiThread.of_qt(application)`; for another
    toolkit `GuiThread(watch)`, where `watch(fd, callback)` has the main loop call `callback`
    while the descriptor can be read, and gives a function that ends this. Whatever arguments
    the toolkit passes are ignored, and `True` is returned. Nothing is polled: without calls the
    GUI is not woken.

    While the GUI's thread itself waits in `LoopThread.call`, the window stands still, but what
    is called into it runs meanwhile, nested. After `close` (the end of the block, the end of
    the tkinter window or of the Qt application) calls are `LoopClosed`, those that wait too.
    In a forked process every call is.
    """

    def __init__(self, watch: Watch, *, report: Report | None = None) -> None:
        self._report = report or _as_python_does
        self._thread: Final = threading.current_thread()
        self._inbox: Final = GuiInbox(watch)

    @classmethod
    def of_tk(cls, root: "tkinter.Tk") -> Self:
        """The thread of a tkinter window, until the window is destroyed.

        What a posted function raises goes to `root.report_callback_exception`. On Windows
        tkinter has no file handlers; there a small thread of ours stands between, which is
        tested on Linux only.
        """
        gui = cls(toolkits.tk_watch(root))
        gui._report = lambda error: root.report_callback_exception(
            type(error), error, error.__traceback__
        )
        gui._inbox.give_way = root.update_idletasks
        toolkits.when_tk_ends(root, gui.close)
        return gui

    @classmethod
    def of_qt(cls, application: Any) -> Self:  # a QCoreApplication of any binding
        """The thread of a Qt application (PySide or PyQt), until that is about to quit."""
        gui = cls(toolkits.qt_watch(application))
        application.aboutToQuit.connect(gui.close)
        return gui

    def post(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the function called in the GUI's thread soon. Any thread; never waits.

        What it raises goes to the toolkit's reporter, or else to `sys.excepthook`.
        """
        self._inbox.submit(Posted(self._tell, function, args, kwargs))

    @overload
    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...

    @overload
    def call(
        self, function: Callable[[*Ts], T], /, *args: *Ts, timeout: float | None = ...
    ) -> T: ...

    def call(  # type: ignore[misc]  # mypy: a function may take an argument called timeout
        self,
        function: Callable[..., T],
        /,
        *args: Any,  # the function's own
        timeout: float | None = None,
        **kwargs: Any,  # the function's own
    ) -> T:
        """Call the function in the GUI's thread, wait, and give what it returns or raises.

        In the GUI's thread it is simply called. After `timeout` seconds, and after Ctrl-C, a
        function that has not begun never does, one that has goes on. `WouldDeadlock` on the
        thread of an event loop (await `run` there) and in a circle of waits.
        """
        if self._is_here():
            return function(*args, **kwargs)
        refuse_on_loop()
        call = Called(self._thread, function, args, kwargs)
        job = here.job
        if job is not None and job.limiter is not None:
            with lent(job.limiter, call.context):
                return self._wait(call, timeout)
        return self._wait(call, timeout)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function in the GUI's thread and give what it returns or raises.

        A cancelled caller waits for a function that has begun to end; one that has not begun
        never does. In a coroutine on the GUI's own thread it is simply called.
        """
        if self._is_here():
            return function(*args, **kwargs)
        loop = asyncio.get_running_loop()
        job = Awaited(loop, wakeup_of(loop), function, args, kwargs)
        self._inbox.submit(job)
        return await job

    def when_done(self, call: Call[T], callback: Callable[[Call[T]], object]) -> None:
        """Have `callback(call)` posted to the GUI's thread once a call on a loop has ended.

        `call.result()` gives the value there at once, or raises; an error that nobody asks for
        is lost. If the GUI is closed by then, nothing is called.
        """
        self._inbox.refuse_if_closed()

        def tell(call: Call[T]) -> None:
            with suppress(LoopClosed):
                self.post(callback, call)

        call.add_done_callback(tell)

    def statistics(self) -> dict[str, int]:
        """How many functions wait to begin, and how often the GUI was woken for some."""
        return self._inbox.statistics()

    def close(self) -> None:
        """Refuse calls from now on, and those that have not begun. In the GUI's thread."""
        if self._inbox.closed:
            return
        if not self._inbox.is_here():
            raise BridgeError("close it in the GUI's own thread: post(gui.close)")
        self._report = _as_python_does  # whoever holds this later holds nothing of the toolkit
        self._inbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _is_here(self) -> bool:
        self._inbox.refuse_if_closed()
        return self._inbox.is_here()

    def _wait(self, call: Called[T], timeout: float | None) -> T:
        try:
            self._inbox.submit(call)
            in_time = wait_for(call, timeout)
        except BaseException:
            call.withdrawn = True
            raise
        if not in_time:
            call.withdrawn = True
            raise TimeoutError(f"{call.name} did not end in {timeout} s")
        return call.take()

    def _tell(self, error: BaseException) -> None:
        self._report(error)


def _as_python_does(error: BaseException) -> None:
    """As Python reports what ends a thread."""
    thread = threading.current_thread()
    if thread is threading.main_thread():
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        facts = (type(error), error, error.__traceback__, thread)
        threading.excepthook(threading.ExceptHookArgs(facts))


__all__ = ["GuiThread"]
