"""Callbacks from any thread in, calls on the loop's thread out: the one door into a loop."""

import asyncio
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from plait.errors import LoopClosed

A = TypeVar("A")

# So many callbacks are called before the loop has its turn again: about a millisecond of them.
_BATCH = 512


class Wakeup:
    """The door of one loop; `wakeup_of(loop)` gives it.

    1. What is posted is called once, on the loop's thread, in the order of posting; not at all
       where the loop never runs again.
    2. At most one wake-up is in flight: `_flying` is true from the first post until the loop
       has found `_posts` empty. Only who turns it true pays for a system call.
    3. A poster appends before it looks at `_flying`; the loop turns it false before it looks at
       `_posts` a last time. So one of the two sees the other.
    4. The descriptor is closed with this object, never before: a late poster cannot write into
       a file that has come to bear the same number.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Final = weakref.ref(loop)
        self._posts: Final[deque[tuple[Callable[[Any], object], Any]]] = deque()  # any callback
        self._flying = False
        self._left_behind = False
        self.closing = False  # whoever runs the loop says that it is about to end
        self.thread = 0  # on which the loop ran last
        self.calls = 0  # of threads, by its coroutines, under way; for the loop's thread only
        self._fd = -1
        # Until the loop watches the descriptor (some loops never do) its own way must serve.
        self._wake: Callable[[int, int], object] = self._call_soon
        if asyncio._get_running_loop() is loop:  # noqa: SLF001  # documented; None, not an error
            self.thread = threading.get_ident()
            self._attach(loop)

    def post(self, callback: Callable[[A], object], arg: A) -> None:
        """Have the loop call `callback(arg)` soon. Any thread; never waits.

        `LoopClosed` where the loop is closed or gone, or was left in a parent process. What the
        callback raises goes to the loop's exception handler.
        """
        loop = self._loop()
        if loop is None or loop.is_closed() or self._left_behind:
            raise LoopClosed("the event loop is closed")
        self._posts.append((callback, arg))
        if not self._flying:
            # CPython notices Ctrl-C after a call, so never between these two lines.
            self._flying = True
            self._wake(self._fd, 1)

    def leave_behind(self) -> None:
        """Refuse posts: this process is a child, the loop runs in its parent."""
        self._left_behind = True

    def _call_soon(self, fd: int, value: int) -> None:
        loop = self._loop()
        try:
            if loop is None:
                raise LoopClosed("the event loop is gone")
            loop.call_soon_threadsafe(self._arrive)
        except RuntimeError as error:
            self._flying = False
            raise LoopClosed("the event loop is closed") from error

    def _arrive(self) -> None:
        loop = self._loop()
        self.thread = threading.get_ident()
        if self._fd < 0 and loop is not None:
            self._attach(loop)
        self._drain()

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        if not hasattr(os, "eventfd"):
            return
        fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            loop.add_reader(fd, self._on_readable)
        except (NotImplementedError, RuntimeError, OSError):
            os.close(fd)
            return
        self._fd = fd
        self._wake = os.eventfd_write

    def _on_readable(self) -> None:
        try:
            os.eventfd_read(self._fd)
        except BlockingIOError:
            return
        self._drain()

    def _drain(self) -> None:
        posts = self._posts
        popleft = posts.popleft
        done = False
        try:
            for _ in range(_BATCH):
                if not posts:
                    self._flying = False
                    if not posts:
                        break
                    self._flying = True
                callback, arg = popleft()
                try:
                    callback(arg)
                except Exception as error:  # noqa: BLE001  # it is the handler's
                    self._report(error, callback)
            done = not posts and not self._flying
            arg = None  # an error, whose frames may hold this one
        finally:
            # Here with a full batch behind us, or with Ctrl-C or an exit on its way out.
            if not done and posts:
                self._flying = True
                self._wake(self._fd, 1)
            elif not done:
                self._flying = False
                if posts:
                    self._wake(self._fd, 1)

    def _report(self, error: Exception, callback: object) -> None:
        loop = self._loop()
        if loop is not None:
            message = f"what was posted from another thread failed: {callback!r}"
            loop.call_exception_handler({"message": message, "exception": error})

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)


_wakeups: dict[int, tuple["weakref.ref[asyncio.AbstractEventLoop]", Wakeup]] = {}


def wakeup_of(loop: asyncio.AbstractEventLoop) -> Wakeup:
    """The one door of this loop, made when first asked for; it goes when the loop does."""
    entry = _wakeups.get(id(loop))
    if entry is not None and entry[0]() is loop:
        return entry[1]
    return _make(loop)


def _make(loop: asyncio.AbstractEventLoop) -> Wakeup:
    for key, (other, _) in list(_wakeups.items()):
        if (known := other()) is None or known.is_closed():
            _wakeups.pop(key, None)
    wakeup = Wakeup(loop)
    entry = (weakref.ref(loop), wakeup)
    # Two threads may come here at once: the first entry stays.
    kept = _wakeups.setdefault(id(loop), entry)
    return kept[1] if kept[0]() is loop else wakeup


def _forget_in_child() -> None:
    for _, wakeup in _wakeups.values():
        wakeup.leave_behind()
    _wakeups.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)

__all__ = ["Wakeup", "wakeup_of"]
