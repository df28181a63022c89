"""Main loops that calls are made into: one of our own, tkinter's in two ways, Qt's."""

import selectors
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from plait.bridge import GuiThread


class Plain:
    """The least that is a GUI: waits for descriptors, and calls what belongs to them."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._soon: deque[Callable[[], object]] = deque()
        self._open = 0
        self.turns = 0

    def gui(self) -> GuiThread:
        """Its thread."""
        return GuiThread(self.watch)

    def watch(self, fd: int, callback: Callable[..., bool]) -> Callable[[], object]:
        key = self._selector.register(fd, selectors.EVENT_READ, callback)
        return lambda: self._selector.unregister(key.fileobj)

    def soon(self, function: Callable[[], object]) -> None:
        """Call this in the main loop, as the toolkit itself does; in its thread."""
        self._soon.append(function)

    def show(self) -> None:
        """Run the main loop until `end`; also inside of itself."""
        depth = self._open = self._open + 1
        while self._open >= depth:
            self.turns += 1
            while self._soon:
                self._soon.popleft()()
                if self._open < depth:
                    return
            for key, _ in self._selector.select():
                key.data(key.fd, "readable")

    def end(self) -> None:
        """End the innermost main loop."""
        self._open -= 1

    def close(self) -> None:
        """Let go of what it holds."""
        self._selector.close()

    def report_to(self, told: Callable[[BaseException], object]) -> None:
        """Tell what handlers raise."""
        sys.excepthook = lambda kind, error, trace: told(error)

    def destroy(self) -> None:
        """Away with the window, without another word; nothing where it has gone."""


class Tk(Plain):
    """A tkinter window."""

    def __init__(self) -> None:
        import tkinter

        self.root = tkinter.Tk()
        self.root.update_idletasks()  # or else Tk speaks of it on stderr, once it is gone
        self._inner: list[Any] = []  # of tkinter's variables

    def gui(self) -> GuiThread:
        return GuiThread.of_tk(self.root)

    def soon(self, function: Callable[[], object]) -> None:
        # A timer first: what is idle does not come before what is urgent.
        self.root.after(1, lambda: self.root.after_idle(function))

    def show(self) -> None:
        import tkinter

        if not self._inner:
            self._inner.append(None)
            self.root.mainloop()
        else:
            self._inner.append(tkinter.BooleanVar(self.root))
            self.root.wait_variable(self._inner[-1])

    def end(self) -> None:
        inner = self._inner.pop()
        if inner is None:
            self.root.quit()
        else:
            inner.set(True)

    def report_to(self, told: Callable[[BaseException], object]) -> None:
        hook: Any = lambda kind, error, trace: told(error)  # noqa: E731  # set as a method
        self.root.report_callback_exception = hook

    def destroy(self) -> None:
        with suppress(Exception):  # tkinter's, where it has gone
            self.root.destroy()


class _NoFileHandlers:
    """The Tcl interpreter of a tkinter without file handlers."""

    def __init__(self, tk: Any) -> None:  # a private type of tkinter's
        self._tk = tk

    def __getattr__(self, name: str) -> Any:  # whatever the interpreter has
        if name == "createfilehandler":
            raise AttributeError(name)
        return getattr(self._tk, name)


class TkWithoutFileHandlers(Tk):
    """The same, as Windows has it."""

    def __init__(self) -> None:
        super().__init__()
        root: Any = self.root  # tkinter says it never changes
        root.tk = _NoFileHandlers(self.root.tk)


class Qt(Plain):
    """A Qt application without a window."""

    _application: Any = None  # one a process

    def __init__(self) -> None:
        from PySide6 import QtCore

        self._core = QtCore
        Qt._application = Qt._application or QtCore.QCoreApplication([])
        self._inner: list[Any] = []  # of Qt's event loops

    def gui(self) -> GuiThread:
        return GuiThread.of_qt(self._application)

    def soon(self, function: Callable[[], object]) -> None:
        self._core.QTimer.singleShot(0, function)

    def show(self) -> None:
        loop = self._core.QEventLoop() if self._inner else self._application
        self._inner.append(loop)
        loop.exec()

    def end(self) -> None:
        self._inner.pop().quit()

    def destroy(self) -> None:
        self._application.quit()


WINDOWS: dict[str, type[Plain]] = {
    "plain": Plain,
    "tk": Tk,
    "tk without file handlers": TkWithoutFileHandlers,
    "qt": Qt,
}
