"""The root object of a GUI toolkit in, a way to watch a descriptor in its main loop out."""

import select
import socket
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plait.bridge.bell import Watch
from plait.errors import BridgeError

if TYPE_CHECKING:
    import tkinter

_TAG = "PlaitGuiThread"
_COMMAND = "plait_gui_thread"


def tk_watch(root: "tkinter.Tk") -> Watch:
    """Tcl's own file handlers; where there are none, as on Windows, a thread that waits."""
    if _TAG not in root.bindtags():
        root.bindtags((*root.bindtags(), _TAG))
    if not hasattr(root.tk, "createfilehandler"):
        return _tk_watch_by_thread(root)

    def watch(fd: int, callback: Callable[..., bool]) -> Callable[[], object]:
        from tkinter import READABLE

        root.tk.createfilehandler(fd, READABLE, callback)
        return lambda: root.tk.deletefilehandler(fd)

    return watch


def when_tk_ends(root: "tkinter.Tk", callback: Callable[[], object]) -> None:
    """Have this called in the GUI's thread when the window is destroyed.

    By a tag of the window's own: a binding of the window itself is its children's too, and
    gives way to the program's next one.
    """

    def gone(event: object) -> None:
        callback()

    root.bind_class(_TAG, "<Destroy>", gone)


def _tk_watch_by_thread(root: "tkinter.Tk") -> Watch:
    from _tkinter import DONT_WAIT, FILE_EVENTS

    def watch(fd: int, callback: Callable[..., bool]) -> Callable[[], object]:
        heard = threading.Semaphore(0)
        inside, outside = socket.socketpair()

        def hear() -> None:
            # Before the calls, one of which may open a dialogue with a main loop of its own.
            heard.release()
            callback()

        def wait() -> None:
            from tkinter import TclError

            end = inside.fileno()
            with inside:
                while end not in select.select([fd, end], [], [])[0]:
                    try:
                        root.tk.call("after", 0, _COMMAND)  # waits for the main loop
                    except RuntimeError:
                        continue  # there is none yet; tkinter has waited a second for it
                    except TclError:
                        return  # the window is gone
                    heard.acquire()

        def unwatch() -> None:
            outside.close()
            heard.release()
            # Not left behind: whoever holds a window last must be the window's own thread. It
            # may just wait for a main loop that has ended; then this is the main loop.
            while thread.is_alive():
                root.tk.dooneevent(FILE_EVENTS | DONT_WAIT)
                thread.join(0.001)

        root.tk.createcommand(_COMMAND, hear)
        thread = threading.Thread(target=wait, name="plait bell", daemon=True)
        thread.start()
        return unwatch

    return watch


def qt_watch(application: Any) -> Watch:  # a QCoreApplication of any binding
    """A `QSocketNotifier` of the binding that the application is of."""
    core = _qt_core(application)
    if core.QThread.currentThread() != application.thread():
        raise BridgeError("a GuiThread is made in the GUI's own thread")

    def watch(fd: int, callback: Callable[..., bool]) -> Callable[[], object]:
        notifier = core.QSocketNotifier(fd, core.QSocketNotifier.Type.Read)
        notifier.activated.connect(lambda *facts: callback())
        return lambda: notifier.setEnabled(False)

    return watch


def _qt_core(application: Any) -> Any:  # modules of whichever binding
    """The module `QtCore` that the application's class comes from."""
    for kind in type(application).__mro__:
        if kind.__name__ == "QCoreApplication":
            return sys.modules[kind.__module__]
    raise TypeError(f"a QCoreApplication is needed, not {type(application).__name__}")


__all__ = ["qt_watch", "tk_watch", "when_tk_ends"]
