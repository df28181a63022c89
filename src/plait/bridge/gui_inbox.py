"""Calls from any thread in, the same calls run in the thread of a GUI's main loop out."""

import os
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final

from plait.bridge.bell import Bell, Watch
from plait.bridge.gui_calls import GuiCall
from plait.bridge.here import here
from plait.bridge.parking import parker
from plait.errors import BridgeError, LoopClosed

# So many functions are called before the GUI has its turn again: a few milliseconds of what
# usually is done to widgets, well below what a hand or an eye notices.
_BATCH = 64


class GuiInbox:
    """What waits to run in a GUI's thread; made there.

    1. What was taken runs once, in the GUI's thread, and begins in the order of coming; or it
       is refused, once.
    2. At most one ring is in flight, and then `_ringing` is true. While a function runs and
       others wait, one is: a dialogue with a main loop of its own does not keep them waiting.
    3. Who submits appends before it looks at `_ringing` and at `closed`; hearing and closing
       change these before they look at `_calls`. So one of the two sees the other.
    4. Once closed it holds nothing of the toolkit: the last to hold it may be another thread.
    """

    def __init__(self, watch: Watch) -> None:
        if here.inbox is not None:
            raise BridgeError("this thread is an AffineThread's, or has a GuiThread already")
        self._calls: Final[deque[GuiCall]] = deque()
        self._ringing = False
        self.closed = False
        self._woken = 0
        self._parker: Final = parker()
        self._bell: Final = Bell()
        self._ring: Final = self._bell.ring
        #: Called in between where the calls do not end: the toolkit's own work that is due.
        self.give_way: Callable[[], object] = _do_nothing
        self._unwatch = watch(self._bell.fd, self._heard)
        here.inbox = self._calls  # type: ignore[assignment]  # all that waits do with it is run
        _all.add(self)

    def submit(self, call: GuiCall) -> None:
        """Have this run soon. Any thread; never waits. `LoopClosed` where it cannot any more."""
        self.refuse_if_closed()
        self._calls.append(call)
        self._ring_once()
        self._parker.unpark()  # it may wait for a coroutine, and not hear the bell
        if self.closed:
            self._refuse_all()

    def is_here(self) -> bool:
        """Whether the calling thread is the GUI's; False once closed."""
        return here.inbox is self._calls  # type: ignore[comparison-overlap]  # as above

    def refuse_if_closed(self) -> None:
        """`LoopClosed` where nothing is taken any more."""
        if self.closed:
            raise LoopClosed("the GUI has been closed")

    def statistics(self) -> dict[str, int]:
        """How many functions wait to begin, and how often the GUI was woken for some."""
        return {"queued": len(self._calls), "woken": self._woken}

    def close(self) -> None:
        """Refuse calls from now on, and those that have not begun; in the GUI's thread."""
        self.closed = True
        here.inbox = None
        self._unwatch()
        self._unwatch = self.give_way = _do_nothing
        self._refuse_all()

    def leave_behind(self) -> None:
        """Refuse calls: this process is a child, the window is its parent's."""
        self.closed = True
        if self.is_here():
            here.inbox = None

    def _ring_once(self) -> None:
        if not self._ringing:
            # CPython notices Ctrl-C after a call, so never between these two lines.
            self._ringing = True
            self._ring()

    def _hush(self) -> None:
        # In this order: who finds the flag down rings after it, and that ring must stay.
        self._bell.hush()
        self._ringing = False

    def _heard(self, *toolkits_own: object) -> bool:
        self._woken += 1
        self._hush()
        try:
            for _ in range(_BATCH):
                if not self._calls:
                    break
                call = self._calls.popleft()
                if self._calls:
                    self._ring_once()  # for the main loop of a dialogue that the function opens
                call.run()
        finally:
            if not self._calls:
                self._hush()
            if self._calls:
                self._ring_once()
        if self._calls:
            self.give_way()
        return True

    def _refuse_all(self) -> None:
        while self._calls:
            try:
                call = self._calls.popleft()
            except IndexError:
                return  # another thread, which closed or came late, took the last
            call.refuse(LoopClosed("the GUI was closed before the call began"))


def _do_nothing() -> None:
    pass


_all: "weakref.WeakSet[GuiInbox]" = weakref.WeakSet()


def _forget_in_child() -> None:
    for inbox in list(_all):
        inbox.leave_behind()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)

__all__ = ["GuiInbox"]
