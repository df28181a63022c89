"""A loop in, a report of each line that held it too long out."""

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from types import FrameType
from typing import Final, Self

from plait.bridge.places import is_standard
from plait.bridge.wakeup import wakeup_of
from plait.errors import LoopClosed, UsageError

_HANDLES: Final = os.path.join("asyncio", "events.py")

# So long an exit waits for a report that is being made.
_LAST_REPORT = 1.0


@dataclass(frozen=True)
class Stall:
    """A loop that was held: by which line, and for how many seconds at least.

    The line is the innermost one outside the standard library; `stack` leads there and on, from
    the loop's callback inwards.
    """

    file: str
    line: int
    function: str
    seconds: float
    stack: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}, in {self.function}"
        return f"the event loop was held for {self.seconds:.3f} s at {where}\n{self.stack}"


def log_stall(stall: Stall) -> None:
    """Log it as a warning of `plait.bridge`."""
    logging.getLogger("plait.bridge").warning("%s", stall)


class StallWatchdog:
    """Says, while a `with` or `async with` block lasts, what holds a loop and for how long.

    Of a loop that has not come to its callbacks for `threshold` seconds `on_stall` is told once,
    while it is still held, and `on_end` when it is free again, with the whole length. Both are
    called on the watchdog's own thread; what they raise goes to `threading.excepthook`. Nothing
    shorter than the threshold is reported; everything longer than one and a half of it is. A
    loop that waits for events, rests between two runs or is not given the processor is not held.

    It costs the loop two timers a threshold and a thread fewer than one wake-up. Without a loop
    it watches the running one. Entering and leaving may be done on any thread.

    1. `_due` is when the next beat is planned; the beat sets it before it looks at `_held`.
    2. `_held` is what the thread found, set before it looks whether `_due` is still the same.
       So the beat that ends a reported stall sees it, and leaves the time in `_freed`.
    3. `_beat` and the handle belong to the loop's thread, reports and counts to the watchdog's.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        threshold: float = 0.1,
        on_stall: Callable[[Stall], object] = log_stall,
        on_end: Callable[[Stall], object] | None = None,
    ) -> None:
        if not threshold > 0:
            raise UsageError(f"a threshold is more than 0 seconds, not {threshold}")
        self._given: Final = loop
        self._threshold: Final = threshold
        self._on_stall: Final = on_stall
        self._on_end: Final = on_end
        self._pause: Final = threshold / 2
        self._handle: asyncio.TimerHandle | None = None
        self._loop_thread = 0
        self._due = 0.0
        self._held: Stall | None = None
        self._freed = 0.0
        self._stopped = False
        self._wake: Final = threading.Event()  # that the thread should look again
        self._stalls = 0
        self._seconds = self._longest = 0.0

    def __enter__(self) -> Self:
        self._loop = self._given or asyncio.get_running_loop()
        self._stopped = False
        self._due = 0.0
        self._wake.clear()
        self._thread = threading.Thread(target=self._watch, name="plait watchdog", daemon=True)
        self._on_loop(StallWatchdog._beat)
        return self

    def __exit__(self, *ending: object) -> None:
        self._stopped = True
        with suppress(LoopClosed):
            self._on_loop(StallWatchdog._last_beat)
        self._wake.set()
        if self._thread.ident not in (None, threading.get_ident()):
            self._thread.join(_LAST_REPORT)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *ending: object) -> None:
        self.__exit__(*ending)

    def statistics(self) -> dict[str, float]:
        """Stalls so far, their seconds in all, the longest, and whether one lasts."""
        return {
            "stalls": self._stalls,
            "seconds": self._seconds,
            "longest": self._longest,
            "held": int(self._held is not None),
        }

    def _on_loop(self, step: "Callable[[StallWatchdog], None]") -> None:
        if asyncio._get_running_loop() is self._loop:  # noqa: SLF001  # documented; None, no error
            step(self)
        else:
            wakeup_of(self._loop).post(step, self)

    def _beat(self) -> None:
        now = monotonic()
        first = not self._due
        self._due = now + self._pause
        if self._held is not None:
            self._freed = now
            self._wake.set()
        if self._stopped:
            return
        if first:
            self._loop_thread = threading.get_ident()
            self._thread.start()
        self._handle = self._loop.call_later(self._pause, self._beat)

    def _last_beat(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._beat()

    def _watch(self) -> None:
        while not self._stopped:
            due = self._due
            left = due + self._threshold - monotonic()
            if left > 0:
                self._sleep(left)
            elif not self._loop.is_running():
                if self._loop.is_closed():
                    return
                self._due = monotonic() + self._pause
            elif (stall := self._look(due)) is not None:
                self._report(stall, due)
            else:
                self._sleep(self._pause)

    def _look(self, due: float) -> Stall | None:
        """What holds the loop; None where nothing does, or not any more."""
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001  # documented
        if frame is None or _waits_for_events(frame):
            return None
        stack = _inside_the_loop(frame)
        ours = (entry for entry in reversed(stack) if not is_standard(entry.filename))
        at = next(ours, stack[-1])
        lines = "".join(stack.format()).rstrip()
        stall = Stall(at.filename, at.lineno or 0, at.name, monotonic() - due, lines)
        self._freed = 0.0
        self._held = stall
        if self._due != due:
            self._held = None
        return self._held

    def _report(self, stall: Stall, due: float) -> None:
        self._stalls += 1
        self._tell(self._on_stall, stall)
        while not self._freed and not self._stopped:
            self._sleep(None)
        self._held = None
        if self._freed:
            seconds = self._freed - due
            self._seconds += seconds
            self._longest = max(self._longest, seconds)
            if self._on_end is not None:
                self._tell(self._on_end, replace(stall, seconds=seconds))

    def _sleep(self, seconds: float | None) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _tell(self, callback: Callable[[Stall], object], stall: Stall) -> None:
        try:
            callback(stall)
        except Exception:  # noqa: BLE001  # it is the hook's
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self._thread)))


def _waits_for_events(frame: FrameType) -> bool:
    """Whether the loop of this thread is in its selector and nothing of ours runs."""
    at: FrameType | None = frame
    while at is not None and at.f_code.co_name == "select":
        at = at.f_back
    return at is not None and at.f_code.co_name == "_run_once"


def _inside_the_loop(frame: FrameType) -> traceback.StackSummary:
    """The stack from the callback that the loop called to its innermost line."""
    stack = traceback.extract_stack(frame)
    for i in reversed(range(len(stack))):
        if stack[i].name == "_run" and stack[i].filename.endswith(_HANDLES):
            # What is called may be written in C and have no frame of its own.
            return traceback.StackSummary.from_list(stack[i + 1 :] or stack[i:])
    return stack


__all__ = ["Stall", "StallWatchdog", "log_stall"]
