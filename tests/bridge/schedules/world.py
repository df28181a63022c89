"""The bridge, with the locks, threads and clock of a run in the place of the interpreter's."""

import _thread
import asyncio
import asyncio.tasks
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

from plait.bridge import parking, threads, waits, wakeup
from plait.bridge.pool import Pool
from tests.bridge.schedules import primitives
from tests.bridge.schedules.loop import Task, all_tasks, descriptor_written
from tests.bridge.schedules.scheduler import Scheduler, activate, active
from tests.bridge.schedules.tracing import bridge_modules


@contextmanager
def controlled() -> Iterator[None]:
    """While this lasts, the bridge's modules use what the scheduler owns.

    The interpreter's own modules keep what they have: only what the bridge's have bound is
    exchanged, be it a module, a class or a function.
    """
    changes = [
        (module, name, _INSTEAD[id(value)])
        for module in bridge_modules()
        for name, value in vars(module).items()
        if id(value) in _INSTEAD
    ]
    changes.append((asyncio.tasks, "all_tasks", all_tasks))
    before = [(module, name, getattr(module, name)) for module, name, _ in changes]
    try:
        for module, name, value in changes:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


@contextmanager
def fresh(scheduler: Scheduler) -> Iterator[None]:
    """One run: what the bridge's modules remember is as at the start of a program.

    What a thread remembers (`parking._local`, `here`) is fresh because each run has new threads.
    """
    changes: list[tuple[ModuleType, str, Any]] = [
        (wakeup, "_wakeups", {}),
        (waits, "_waiting", {}),
        (parking, "_prompt", [None] * 2),
        (threads, "_POOL", Pool(1000, name="plait worker")),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in changes]
    activate(scheduler)
    try:
        for module, name, value in changes:
            setattr(module, name, value)
        yield
    finally:
        activate(None)
        for module, name, value in before:
            setattr(module, name, value)


def _monotonic() -> float:
    scheduler = active()
    return time.monotonic() if scheduler is None else scheduler.now


def _eventfd_write(fd: int, value: int) -> None:
    os.eventfd_write(fd, value)
    descriptor_written()


class _PromptParker(parking.Parker):
    """Which of the two ways wakes sooner is the scheduler's choice anyway."""


def _but(module: ModuleType, **changes: object) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(module), **changes})


def _instead() -> dict[int, object]:
    """For what the bridge may have bound, by identity, what it gets."""
    own: dict[str, Callable[..., object]] = {
        name: getattr(primitives, name)
        for name in ("Event", "Lock", "RLock", "Thread", "get_ident")
    }
    pairs: list[tuple[object, object]] = [
        *((getattr(threading, name), value) for name, value in own.items()),
        (_thread.allocate_lock, primitives.Lock),
        (threading, _but(threading, **own)),
        (time.monotonic, _monotonic),
        (time, _but(time, monotonic=_monotonic)),
        (asyncio, _but(asyncio, Task=Task)),
        (waits.frames, primitives.frames),
        (parking.PromptParker, _PromptParker),
    ]
    if hasattr(os, "eventfd"):
        pairs += [
            (os.eventfd_write, _eventfd_write),
            (os, _but(os, eventfd_write=_eventfd_write)),
        ]
    return {id(value): replacement for value, replacement in pairs}


_INSTEAD = _instead()
