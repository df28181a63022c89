"""Every line of the bridge, or every instruction, is a place where another thread may go on."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import plait.bridge
from tests.bridge.schedules.scheduler import Scheduler

HOME = os.path.dirname(plait.bridge.__file__) + os.sep

# Before 3.12 there is only `settrace`. From then on it is no good: whether an instruction is
# told depends on what ran before its frame began, so two runs of a seed would differ.
_monitoring: Any = getattr(sys, "monitoring", None)
_TOOL = 4  # no debugger, coverage or profiler


def told() -> AbstractContextManager[object]:
    """While this lasts, the lines of the bridge can be told to `points`."""
    return _instrumented() if _monitoring else nullcontext()


def points(scheduler: Scheduler, *, instructions: bool) -> AbstractContextManager[object]:
    """One run: threads stop at each line, or instruction, of the bridge."""
    return (_monitored if _monitoring else _traced)(scheduler, instructions)


# From 3.12.


@contextmanager
def _instrumented() -> Iterator[None]:
    codes = [code for module in bridge_modules() for code in _codes(module)]
    events = _monitoring.events
    _monitoring.use_tool_id(_TOOL, "plait's schedules")
    try:
        for code in codes:
            _monitoring.set_local_events(_TOOL, code, events.LINE | events.INSTRUCTION)
        yield
    finally:
        for code in codes:
            _monitoring.set_local_events(_TOOL, code, events.NO_EVENTS)
        _monitoring.free_tool_id(_TOOL)


@contextmanager
def _monitored(scheduler: Scheduler, instructions: bool) -> Iterator[None]:
    events = _monitoring.events
    event = events.INSTRUCTION if instructions else events.LINE
    _monitoring.register_callback(_TOOL, event, scheduler.point)
    try:
        yield
    finally:
        _monitoring.register_callback(_TOOL, event, None)


def bridge_modules() -> list[ModuleType]:
    """Those that are loaded."""
    return [module for name, module in sys.modules.items() if name.startswith("plait.bridge.")]


def _codes(module: ModuleType) -> Iterator[CodeType]:
    """The code of all functions and methods of a module, and of those within."""
    todo: list[object] = list(vars(module).values())
    while todo:
        thing = todo.pop()
        if isinstance(thing, CodeType):
            yield thing
            todo += thing.co_consts
        elif isinstance(thing, FunctionType):
            if thing.__module__ == module.__name__:
                todo.append(getattr(thing, "__wrapped__", thing).__code__)
        elif isinstance(thing, type):
            if thing.__module__ == module.__name__:
                todo += vars(thing).values()
        elif isinstance(thing, property):
            todo.append(thing.fget)
        elif isinstance(thing, classmethod | staticmethod):
            todo.append(thing.__func__)


# In 3.11.


class _Files(dict[str, bool]):
    """Which files are the bridge's, by name."""

    def __missing__(self, name: str) -> bool:
        ours = self[name] = name.startswith(HOME)
        return ours


_files = _Files()


@contextmanager
def _traced(scheduler: Scheduler, instructions: bool) -> Iterator[None]:
    wanted = "opcode" if instructions else "line"
    point = scheduler.point

    def within(frame: FrameType, event: str, arg: object) -> Any:  # itself
        if event == wanted:
            point(frame.f_code, frame.f_lasti if instructions else frame.f_lineno)
        return within

    def enter(frame: FrameType, event: str, arg: object) -> Any:  # what is told of the frame
        if not _files[frame.f_code.co_filename]:
            return None
        frame.f_trace_opcodes = instructions
        frame.f_trace_lines = not instructions
        return within

    before = threading.gettrace()
    threading.settrace(enter)
    try:
        yield
    finally:
        threading.settrace(before)
