"""Waits of threads for loops, and the proof that a wait can never end."""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any

from plait.bridge.here import here
from plait.bridge.job import Job
from plait.bridge.parking import Parker, borrow_prompt, give_back_prompt, parker
from plait.errors import LoopClosed, WouldDeadlock

if TYPE_CHECKING:
    from plait.bridge.call import Call

# A wait that lasts is looked at first after so many seconds, then in such intervals: long
# against a call, short against a second, and cheap for a thousand waiting threads.
_FIRST_LOOK = 0.05
_NEXT_LOOKS = 0.25

# A loop between two `run_until_complete` is not gone; one that rests so long is.
_REST = 0.4

# Stacks in messages show so many of their innermost lines, without the bridge's own.
_LINES = 8
_HOME = os.path.dirname(__file__)

# For what each thread waits without a limit in its innermost wait (where a waiting thread runs
# a job there may be several); nothing where that has a timeout, since it ends by itself.
_waiting: dict[int, "Call[Any] | None"] = {}  # of anything


def refuse_own_loop(loop: asyncio.AbstractEventLoop, function: object) -> None:
    """`WouldDeadlock` if the calling thread is the one that runs this loop."""
    if asyncio._get_running_loop() is loop:  # noqa: SLF001  # documented; None, not an error
        name = getattr(function, "__qualname__", function)
        raise WouldDeadlock(
            f"the event loop's own thread cannot wait for {name}; await it instead"
            + _thread_stack("the waiting thread", threading.get_ident())
            + _task_stack("inside the task", asyncio.current_task(loop))
        )


def wait_for(call: "Call[Any]", timeout: float | None = None) -> bool:  # of anything
    """Wait until the call has ended; False where `timeout` seconds have passed before.

    `WouldDeadlock` where it can never end, `LoopClosed` where its loop is gone; the call then
    never begins if it had not. A thread that alone may run certain jobs runs them meanwhile.
    """
    pool = here.pool
    if timeout is None and pool is None and here.inbox is None and _wait_briefly(call):
        return True  # nearly always
    me = parker()
    call.add_waiter(me)
    if call.ended:
        return True
    ident = threading.get_ident()
    nested, outer = ident in _waiting, _waiting.get(ident)
    _waiting[ident] = call if timeout is None else None
    if pool is not None:
        pool.worker_waits()
    try:
        return _park(call, me, timeout)
    finally:
        if pool is not None:
            pool.worker_goes_on()
        if nested:
            _waiting[ident] = outer
        else:
            del _waiting[ident]


def _wait_briefly(call: "Call[Any]") -> bool:  # of anything
    """Wait for a moment, promptly where that can be had; whether the call has ended."""
    prompt = borrow_prompt()
    if prompt is None:
        me = parker()
        call.add_waiter(me)
        if not call.ended:
            me.park(_FIRST_LOOK)
        return call.ended
    try:
        call.add_waiter(prompt)
        if not call.ended:
            prompt.park(_FIRST_LOOK)
        return call.ended
    finally:
        give_back_prompt(prompt)


def _park(call: "Call[Any]", me: Parker, timeout: float | None) -> bool:  # of anything
    inbox = here.inbox
    end = None if timeout is None else monotonic() + timeout
    pause = _FIRST_LOOK
    look = _Look(call)
    while not call.ended:
        if inbox:
            inbox.popleft().run()
            continue
        left = pause if end is None else min(end - monotonic(), pause)
        if left <= 0:
            return False
        if not me.park(left):
            look(forever=end is None)
            pause = _NEXT_LOOKS
    return True


class _Look:
    """Looks at a wait that lasts, and raises where it can never end."""

    def __init__(self, call: "Call[Any]") -> None:
        self._call = call
        self._resting_since: float | None = None

    def __call__(self, *, forever: bool) -> None:
        call = self._call
        problem = self._loop_problem()
        if problem and not call.ended:
            call.withdrawn = True
            raise LoopClosed(f"{call.name}: {problem}")
        if forever and (stacks := _circle(call)) and not call.ended:
            call.cancel()
            raise WouldDeadlock(f"{call.name} waits, in a circle, for this thread{stacks}")

    def _loop_problem(self) -> str:
        loop = self._call.loop
        if loop.is_closed():
            return "the event loop has closed"
        if loop.is_running():
            self._resting_since = None
            return ""
        now = monotonic()
        if self._resting_since is None:
            self._resting_since = now
        return "the event loop does not run any more" if now - self._resting_since >= _REST else ""


def _circle(call: "Call[Any]") -> str:  # of anything
    """The stacks of a circle of waits that leads from this call back to the calling thread."""
    own = threading.get_ident()
    seen: set[int] = set()
    todo = [(thread, text) for thread, text in _threads_behind(call)]
    while todo:
        thread, texts = todo.pop()
        if thread == own:
            return _thread_stack("the waiting thread", own) + texts
        waits_for = _waiting.get(thread)
        if waits_for is not None and thread not in seen:
            seen.add(thread)
            texts += _thread_stack("which waits for the thread", thread)
            todo.extend((then, texts + text) for then, text in _threads_behind(waits_for))
    return ""


def _threads_behind(call: "Call[Any]") -> Iterator[tuple[int, str]]:  # of anything
    """The threads that must go on before this call can end, and the coroutine between."""
    if call.ended:
        return
    thread = call.wakeup.thread
    if _waiting.get(thread) is not None:
        yield thread, ""  # the loop itself stands still
        return
    todo: list[object] = [call.task]
    seen: set[int] = set()
    while todo:
        awaited = todo.pop()
        if awaited is None or id(awaited) in seen:
            continue
        seen.add(id(awaited))
        if isinstance(awaited, Job):
            if awaited.thread:
                yield awaited.thread, _task_stack("which waits for the coroutine", call.task)
        elif isinstance(awaited, asyncio.Task):
            todo.append(getattr(awaited, "_fut_waiter", None))
            todo += _tasks_of(awaited)
        else:
            todo.extend(getattr(awaited, "_children", ()))  # of gather


def _tasks_of(task: "asyncio.Task[Any]") -> list[object]:  # of anything
    """What a task waits for together, in a task group or in `asyncio.wait`.

    Neither is known to the future that the task awaits, only to the frame that does.
    """
    coroutine: object = task.get_coro()
    found: list[object] = []
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        if not frame.f_globals.get("__name__", "").startswith("asyncio."):
            pass
        elif isinstance(group := frame.f_locals.get("self"), asyncio.TaskGroup):
            found += list(getattr(group, "_tasks", ()))
        elif frame.f_code.co_name == "_wait":
            found += list(frame.f_locals.get("fs", ()))
        coroutine = getattr(coroutine, "cr_await", None)
    return found


def _thread_stack(title: str, thread: int) -> str:
    """Where a thread waits, outside of the bridge."""
    stack = traceback.extract_stack(frames().get(thread))
    # What the bridge itself calls, to look at a wait, is of no interest either.
    while stack and not _is_ours(stack[-1].filename):
        stack.pop()
    stack[:] = [entry for entry in stack if not _is_ours(entry.filename)][-_LINES:]
    return f"\n{title}:\n" + "".join(traceback.format_list(stack)).rstrip()


def _task_stack(title: str, task: "asyncio.Task[Any] | None") -> str:  # of anything
    """Where a task is, outside of the bridge."""
    lines = []
    coroutine = task and task.get_coro()
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        code = frame.f_code
        if not _is_ours(code.co_filename):
            lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}')
        coroutine = getattr(coroutine, "cr_await", None)
    return "\n".join([f"\n{title}:", *lines]) if lines else ""


def _is_ours(filename: str) -> bool:
    return filename.startswith(_HOME)


def frames() -> dict[int, FrameType]:
    """Where each thread is."""
    return sys._current_frames()  # noqa: SLF001  # the documented way to see them


__all__ = ["frames", "refuse_own_loop", "wait_for"]
