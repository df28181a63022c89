"""A blocking call in, an awaitable out."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call blocking code in a thread of its own and give what it returns or raises.

    The thread sees the caller's context variables. It is a daemon and no pool's, so a call that
    never returns holds up nobody else and not the end of the program; when the waiting task is
    cancelled, the thread is left to end by itself.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]  # T itself where there is no error
        elif isinstance(error, StopIteration):
            # A future refuses it; what a coroutine raises instead is this (PEP 479).
            wrapped = RuntimeError("the function raised StopIteration")
            wrapped.__cause__ = error
            done.set_exception(wrapped)
        else:
            done.set_exception(error)

    def work() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = context.run(function, *args, **kwargs)
        except BaseException as raised:  # noqa: BLE001  # it is raised again at the caller's
            error = raised
        tell(loop, deliver, result, error)

    threading.Thread(target=work, name=f"plait {function!r:.60}", daemon=True).start()
    return await done


def tell(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *args: object) -> bool:
    """Have the loop call this soon; False where the loop is closed and nobody waits any more."""
    try:
        loop.call_soon_threadsafe(callback, *args)
    except RuntimeError:
        if loop.is_closed():
            return False
        raise
    return True
