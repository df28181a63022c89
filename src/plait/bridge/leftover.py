"""At the end of the program: which threads of ours still run, and where."""

import atexit
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from plait.bridge.job import Job
from plait.bridge.waits import frames

# Methods in which a thread of ours runs somebody's code; their objects have `name` and `thread`.
_RUNS: set[CodeType] = {Job.run.__code__}

_threads: "weakref.WeakSet[threading.Thread]" = weakref.WeakSet()


def watch_current_thread() -> None:
    """Name what this thread runs if it still does when the program ends."""
    _threads.add(threading.current_thread())


def name_at_exit(method: Callable[[Any], None]) -> None:
    """Name what runs in this method; its object says `name`, and `thread` while it runs."""
    _RUNS.add(method.__code__)


def running() -> Iterator[str]:
    """Thread, function and line of each function that runs in a watched thread."""
    now = frames()
    for thread in sorted(_threads, key=lambda thread: thread.name):
        frame = now.get(thread.ident or 0)
        if frame is not None and (place := _place(frame)):
            yield f"{thread.name}: {place}"


def _place(frame: FrameType) -> str:
    """What the innermost job of a stack runs; nothing where there is no job in it."""
    above = None
    outward: FrameType | None = frame
    while outward is not None:
        if outward.f_code in _RUNS:
            job, where = outward.f_locals["self"], above or outward
            if not job.thread:
                return ""  # its function has ended, it is telling the loop
            return f"{job.name} ({where.f_code.co_filename}:{where.f_lineno})"
        above, outward = outward, outward.f_back
    return ""


def _report() -> None:
    for line in running():
        sys.stderr.write(f"plait: still running at exit, left behind: {line}\n")


atexit.register(_report)

__all__ = ["name_at_exit", "running", "watch_current_thread"]
