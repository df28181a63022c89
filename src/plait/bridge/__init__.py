"""Threads and coroutines in one program; standard library only, knows nothing of logs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.bridge.affine import AffineThread
    from plait.bridge.call import Call
    from plait.bridge.channel import Channel, ChannelStatistics
    from plait.bridge.contexts import enter_async, enter_blocking
    from plait.bridge.greenlets import await_here, run_in_greenlet
    from plait.bridge.gui import GuiThread
    from plait.bridge.iteration import iterate_async, iterate_blocking
    from plait.bridge.limiter import Limiter
    from plait.bridge.loop_thread import LoopThread
    from plait.bridge.loops import loop_factory
    from plait.bridge.pool import Pool
    from plait.bridge.portal import Portal
    from plait.bridge.processes import ProcessPool, run_in_process
    from plait.bridge.sync import BoundedSemaphore, Condition, Event, Lock, Semaphore
    from plait.bridge.threads import cancelled, check_cancelled, run_in_thread
    from plait.bridge.timers import Timer, call_every, call_later
    from plait.bridge.watchdog import Stall, StallWatchdog

# Where each name lives; imported on first use, so that a program pays for what it uses.
_HOMES = {
    "AffineThread": "affine",
    "BoundedSemaphore": "sync",
    "Call": "call",
    "Channel": "channel",
    "ChannelStatistics": "channel",
    "Condition": "sync",
    "Event": "sync",
    "GuiThread": "gui",
    "Limiter": "limiter",
    "Lock": "sync",
    "LoopThread": "loop_thread",
    "Pool": "pool",
    "Portal": "portal",
    "ProcessPool": "processes",
    "Semaphore": "sync",
    "Stall": "watchdog",
    "StallWatchdog": "watchdog",
    "Timer": "timers",
    "await_here": "greenlets",
    "call_every": "timers",
    "call_later": "timers",
    "cancelled": "threads",
    "check_cancelled": "threads",
    "enter_async": "contexts",
    "enter_blocking": "contexts",
    "iterate_async": "iteration",
    "iterate_blocking": "iteration",
    "loop_factory": "loops",
    "run_in_greenlet": "greenlets",
    "run_in_process": "processes",
    "run_in_thread": "threads",
}
__all__ = [
    "AffineThread",
    "BoundedSemaphore",
    "Call",
    "Channel",
    "ChannelStatistics",
    "Condition",
    "Event",
    "GuiThread",
    "Limiter",
    "Lock",
    "LoopThread",
    "Pool",
    "Portal",
    "ProcessPool",
    "Semaphore",
    "Stall",
    "StallWatchdog",
    "Timer",
    "await_here",
    "call_every",
    "call_later",
    "cancelled",
    "check_cancelled",
    "enter_async",
    "enter_blocking",
    "iterate_async",
    "iterate_blocking",
    "loop_factory",
    "run_in_greenlet",
    "run_in_process",
    "run_in_thread",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'plait.bridge' has no attribute {name!r}")
    home = import_module(f"plait.bridge.{_HOMES[name]}")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
