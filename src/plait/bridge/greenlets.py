"""A blocking-style function in, an awaitable out: it waits on the loop's own thread.

The function runs on a stack of its own (a greenlet). Where it waits, that stack is left as it is
and the task awaits in its place, so the loop goes on.
"""

import asyncio
import sys
import threading
from asyncio import current_task
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from functools import partial
from importlib import import_module
from types import CodeType, CoroutineType, TracebackType, coroutine
from typing import Any, ParamSpec, Protocol, TypeVar

from plait.errors import MissingExtra, PlaitError, UsageError, WouldDeadlock

P = ParamSpec("P")
T = TypeVar("T")

# A stack that rests holds 16 KB, and a new one costs six times what using it again does.
_KEPT = 64


async def run_in_greenlet(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call blocking-style code on the loop's thread and give what it returns or raises.

    The function, and plain functions that it calls, wait with `await_here`; meanwhile the loop
    does other things. Whatever else takes long in it holds the loop, as in a coroutine.

    It is part of the task that awaits this: the same `asyncio.current_task()`, the same context
    variables, and a cancellation arrives in the innermost `await_here`. A `StopIteration`
    arrives as `RuntimeError`, everything else as it is. It ends on the thread on which it began.
    """
    loop = asyncio.get_running_loop()
    stack = _idle.stacks.pop() if _idle.stacks else _new_stack()
    here = stack.parent = _current()
    stack.gr_context = here.gr_context
    stack.loop = loop
    stack.task = current_task(loop)
    stack.call = partial(function, *args, **kwargs)
    result: T = await _drive(stack)
    return result


def await_here(awaitable: Awaitable[T]) -> T:
    """Wait for an awaitable in code that `run_in_greenlet` calls; as `await`, in a `def`.

    All the way from there must be plain functions. Below another coroutine of the same task, in
    a callback or in another task it is `WouldDeadlock`, in a thread without a loop `UsageError`.
    """
    stack = _current()
    if type(stack) is not _Stack:
        raise _refusal(awaitable)
    task = stack.task
    # Another task can be here where it takes its first step as soon as it is made.
    if task is None or current_task(stack.loop) is not task:
        raise _refusal(awaitable)
    if type(awaitable) is CoroutineType and awaitable.cr_await is None:
        awaited: Coroutine[Any, Any, T] = awaitable
    else:
        awaited = _awaiting(awaitable)
    stack.task = None
    # Most coroutines end without waiting, and then no stack need be left.
    try:
        first = awaited.send(None)
    except StopIteration as stop:
        stack.task = task
        result: T = stop.value
        return result
    except BaseException:
        stack.task = task
        raise
    parent = stack.parent
    stack.wait = (awaited, first)
    # The garbage collector cannot look into a stack that is left: nothing must be held in it.
    del awaitable, awaited, first, stack, task
    result = parent.switch()
    return result  # noqa: RET504  # it has its type now


class _StackLike(Protocol):
    """A greenlet that runs one function after the other.

    1. It switches to nothing but its parent, which is always who switched to it: with `wait`
       set, a coroutine that has been started and what it yielded first; or, its function
       having ended, with `result` set. The parent takes them away.
    2. `task` is the task that its function belongs to; `None` while a coroutine runs on it and
       while its parent waits.
    3. It is not held by itself, nor, while its parent waits, the task by it: the garbage
       collector does not see what a stack holds.
    """

    call: Callable[[], Any] | None  # the function, with its arguments
    wait: tuple[Coroutine[Any, Any, Any], Any] | None
    result: Any
    loop: asyncio.AbstractEventLoop | None
    task: "asyncio.Task[Any] | None"
    dead: bool
    parent: Any  # a greenlet
    gr_context: Context | None

    def switch(self, value: Any = ..., /) -> Any: ...

    def throw(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None, /
    ) -> Any: ...


def _run() -> None:
    while True:
        _current().result = _current().call()
        _current().parent.switch()


@coroutine
def _drive(stack: _StackLike) -> Generator[Any, Any, Any]:  # what futures yield; any result
    """Await in the stack's place until its function has ended."""
    home = stack.parent
    task = stack.task
    answer = stack.switch()
    while wait := stack.wait:
        stack.wait = None
        awaited: Generator[Any, Any, Any]
        awaited, first = wait  # type: ignore[assignment]  # types.coroutine awaits either
        try:
            try:
                yield first
            except BaseException as error:  # noqa: BLE001  # it belongs to the coroutine
                awaited = _throw(awaited, error)
            value = yield from awaited
        except BaseException as error:
            if sys.is_finalizing():
                raise  # greenlets switch no more; the stack is let go
            home = stack.parent = _current()
            stack.task = task
            answer = stack.throw(type(error), error, _outside(error.__traceback__))
        else:
            # The first step may have been taken on a stack: below an `await_here`, or eagerly.
            if (here := _current()) is not home:
                home = stack.parent = here
            stack.task = task
            answer = stack.switch(value)
            del value
    if stack.dead:
        raise answer  # greenlet gives a GreenletExit as if it had been returned
    result = stack.result
    stack.call = stack.result = stack.loop = stack.task = stack.gr_context = None
    if len(_idle.stacks) < _KEPT:
        _idle.stacks.append(stack)
    return result


@coroutine
def _throw(awaited: Generator[Any, Any, T], thrown: BaseException | None) -> Generator[Any, Any, T]:
    """The rest of a coroutine whose first wait ended with an error."""
    while thrown is not None:
        try:
            first = awaited.throw(thrown.with_traceback(_outside(thrown.__traceback__)))
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            thrown = None  # whose frames hold this one
        try:
            yield first
        except BaseException as error:  # noqa: BLE001  # it belongs to the coroutine
            thrown = error
    return (yield from awaited)


async def _awaiting(awaitable: Awaitable[T]) -> T:
    return await awaitable


_OURS: frozenset[CodeType] = frozenset(
    function.__code__ for function in (_drive, _throw, _awaiting)
)


def _outside(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without our frames at its begin."""
    while trace is not None and trace.tb_frame.f_code in _OURS:
        trace = trace.tb_next
    return trace


def _refusal(awaitable: object) -> PlaitError:
    """Why this cannot be awaited here; a coroutine is closed, since nobody will await it."""
    if type(awaitable) is CoroutineType and awaitable.cr_await is None:
        awaitable.close()
    name = getattr(awaitable, "__qualname__", type(awaitable).__name__)
    if asyncio._get_running_loop() is None:  # noqa: SLF001  # documented; None, not an error
        return UsageError(
            f"await_here({name}) is for a loop's own thread; elsewhere write Portal(loop).call(...)"
        )
    return WouldDeadlock(
        f"await_here({name}) would hold the loop: no run_in_greenlet called this function,"
        " or there is a coroutine between. In a coroutine, await; what is a plain function, call"
        " with `await run_in_greenlet(function)`"
    )


class _Idle(threading.local):
    """The stacks of one thread that can be used again."""

    def __init__(self) -> None:
        self.stacks: list[_StackLike] = []


_idle = _Idle()
_loading = threading.Lock()

# Until greenlet is loaded nobody is in one.
_Stack: Any = None
_current: Callable[[], Any] = object


def _new_stack() -> _StackLike:
    global _Stack, _current
    if _Stack is None:
        with _loading:
            try:
                greenlet = import_module("greenlet")
            except ModuleNotFoundError:
                raise MissingExtra("run_in_greenlet", "greenlet", "greenlet") from None
            if _Stack is None:
                slots = ("call", "wait", "result", "loop", "task")
                _current = greenlet.getcurrent
                _Stack = type(
                    "Stack", (greenlet.greenlet,), {"__slots__": slots, "run": staticmethod(_run)}
                )
    stack: _StackLike = _Stack()
    stack.wait = None
    return stack


__all__ = ["await_here", "run_in_greenlet"]
