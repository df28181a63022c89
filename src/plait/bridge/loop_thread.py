"""An event loop in a daemon thread, for code that has none."""

import asyncio
import os
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from inspect import CO_COROUTINE
from types import FrameType, TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, TypeVarTuple, overload

from plait.bridge.call import Call
from plait.bridge.iteration import iterate_async
from plait.bridge.places import is_bridge, is_standard
from plait.bridge.portal import Portal
from plait.bridge.waits import frames, refuse_own_loop
from plait.bridge.wakeup import wakeup_of
from plait.errors import BridgeError, LoopClosed

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class LoopThread:
    """A loop in a daemon thread while a `with` block lasts; a `Portal` into it.

    Leaving the block cancels what still runs on the loop, waits for its cleanup and ends the
    thread; if that takes longer than `patience` seconds, the thread is left behind and
    `BridgeError` names what was stuck. `loop_factory` is asyncio's (uvloop's `new_event_loop`).

    In a process forked inside the block every call raises `LoopClosed` and leaving does
    nothing: the thread is the parent's. The child can begin a `LoopThread` of its own.
    """

    def __init__(
        self,
        name: str = "plait loop",
        *,
        patience: float = 5.0,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        self._name: Final = name
        self._patience: Final = patience
        self._factory: Final = loop_factory
        self._portal: Portal | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._error: BaseException | None = None
        self._process = 0

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name=self._name, daemon=True
        )
        self._thread.start()
        ready.wait()
        if self._error is not None:
            raise BridgeError(f"{self._name}: the loop did not start") from self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process != os.getpid():
            return
        assert self._thread is not None
        portal = self.portal
        refuse_own_loop(portal.loop, f"the end of {self._name}")
        assert self._stop is not None
        wakeup = wakeup_of(portal.loop)
        wakeup.closing = True
        try:
            wakeup.post(_set, self._stop)
        except LoopClosed:
            return
        self._thread.join(self._patience)
        if self._thread.is_alive() and error is None:
            stuck = ", ".join(_whereabouts(portal.loop, self._thread)) or "a callback"
            raise BridgeError(f"{self._name}: did not end in {self._patience} s; stuck in {stuck}")

    @property
    def portal(self) -> Portal:
        """The way into the loop; `LoopClosed` before the block."""
        if self._portal is None:
            raise LoopClosed(f"{self._name}: the loop is not running")
        return self._portal

    @overload
    def call(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    @overload
    def call(
        self, function: Callable[[*Ts], Awaitable[T]], /, *args: *Ts, timeout: float | None = ...
    ) -> T: ...

    def call(  # type: ignore[misc]  # mypy does not match *Ts with Any
        self, function: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Call a coroutine function on the loop and wait: `Portal.call`."""
        return self.portal.call(function, *args, **kwargs)

    def call_function(self, function: Callable[[*Ts], T], /, *args: *Ts) -> T:
        """Call a plain function on the loop and wait: `Portal.call_function`."""
        return self.portal.call_function(function, *args)

    def start(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Call[T]:
        """Start a coroutine function on the loop: `Portal.start`."""
        return self.portal.start(function, *args, **kwargs)

    def statistics(self) -> dict[str, int]:
        """How many calls that were started have not ended: `Portal.statistics`."""
        return self.portal.statistics()

    def iterate(self, items: AsyncIterable[T], *, prefetch: int = 4) -> Iterator[T]:
        """The items of an async iterable, for blocking code: `iterate_async`."""
        return iterate_async(self.portal, items, prefetch=prefetch)

    def _run(self, ready: threading.Event) -> None:
        try:
            with asyncio.Runner(loop_factory=self._factory) as runner:
                runner.run(self._live(ready))
        except BaseException as error:
            if ready.is_set():
                raise
            self._error = error
            ready.set()

    async def _live(self, ready: threading.Event) -> None:
        self._portal = Portal(asyncio.get_running_loop())
        self._stop = asyncio.Event()
        ready.set()
        await self._stop.wait()


def _set(event: asyncio.Event) -> None:
    event.set()


def _whereabouts(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> list[str]:
    """The innermost coroutine of each task of a loop, and the line at which it is.

    That is the user's, where the user's is one; where `asyncio.sleep` stands says nothing.
    """
    places = []
    for task in asyncio.all_tasks(loop):
        coroutine: Any = task.get_coro()  # whatever can be awaited
        if getattr(coroutine, "cr_running", False):
            frame = _innermost_coroutine(frames().get(thread.ident or 0))
        else:
            inwards = [*_frames_inwards(coroutine)]
            own = [frame for frame in inwards if not _is_library(frame.f_code.co_filename)]
            frame = next(reversed(own or inwards), None)
        places.append(_place(frame) if frame is not None else repr(coroutine))
    return sorted(places)


def _frames_inwards(coroutine: Any) -> Iterator[FrameType]:  # whatever can be awaited
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        yield frame
        coroutine = coroutine.cr_await


def _is_library(file: str) -> bool:
    return is_standard(file) or is_bridge(file)


def _innermost_coroutine(frame: FrameType | None) -> FrameType | None:
    while frame is not None and not frame.f_code.co_flags & CO_COROUTINE:
        frame = frame.f_back
    return frame


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_qualname} ({frame.f_code.co_filename}:{frame.f_lineno})"
