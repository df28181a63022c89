"""An event loop in a daemon thread, for code that has none."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from plait.errors import BridgeError, LoopClosed, WouldDeadlock

P = ParamSpec("P")
T = TypeVar("T")


class LoopThread:
    """A loop in a daemon thread while a `with` block lasts.

    Leaving the block cancels what still runs on the loop, waits for its cleanup and ends the
    thread; if that takes longer than `patience` seconds, the thread is left behind and
    `BridgeError` names what was stuck.
    """

    def __init__(self, name: str = "plait loop", *, patience: float = 5.0) -> None:
        self._name = name
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live(ready)), name=self._name, daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._thread is not None
        assert self._stop is not None
        self._refuse_own_thread("end")
        try:
            self._loop.call_soon_threadsafe(self._stop.set)
        except RuntimeError:
            return  # the loop is closed already
        self._thread.join(self._patience)
        if self._thread.is_alive() and error is None:
            stuck = ", ".join(sorted(map(_where, asyncio.all_tasks(self._loop)))) or "a callback"
            raise BridgeError(f"{self._name}: did not end in {self._patience} s; stuck in {stuck}")

    def call(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a coroutine function on the loop, wait, and give what it returns or raises.

        Ctrl-C while waiting cancels the coroutine. `WouldDeadlock` on the loop's own thread,
        `LoopClosed` where the loop has ended.
        """
        self._refuse_own_thread("call")
        if self._loop is None or self._loop.is_closed():
            raise LoopClosed(f"{self._name}: the loop is not running")

        async def run() -> T:
            return await function(*args, **kwargs)

        run.__qualname__ = getattr(function, "__qualname__", run.__qualname__)
        coroutine = run()
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError as error:
            coroutine.close()
            raise LoopClosed(f"{self._name}: the loop has closed") from error
        try:
            return future.result()
        except CancelledError:
            raise LoopClosed(f"{self._name}: the loop ended before the call did") from None
        except BaseException:
            future.cancel()
            raise

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """The items of an async iterator, for blocking code; closed there when left early."""

        async def take() -> tuple[T] | None:
            try:
                return (await anext(items),)
            except StopAsyncIteration:
                return None

        async def close() -> None:
            aclose = getattr(items, "aclose", None)
            if aclose is not None:
                await aclose()

        try:
            while (item := self.call(take)) is not None:
                yield item[0]
        finally:
            self.call(close)

    async def _live(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        ready.set()
        await self._stop.wait()

    def _refuse_own_thread(self, verb: str) -> None:
        if self._thread is threading.current_thread():
            raise WouldDeadlock(f"{self._name}: its own thread cannot wait for it to {verb}")


def _where(task: "asyncio.Task[object]") -> str:
    """The coroutine of a task and the line at which it is."""
    coroutine = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    name = getattr(coroutine, "__qualname__", repr(coroutine))
    return name if frame is None else f"{name} ({frame.f_code.co_filename}:{frame.f_lineno})"
