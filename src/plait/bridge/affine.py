"""One thread for a library that demands it."""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

from plait.bridge.here import here
from plait.bridge.job import Job
from plait.bridge.leftover import watch_current_thread
from plait.bridge.parking import Parker, parker
from plait.bridge.wakeup import wakeup_of
from plait.errors import BridgeError

P = ParamSpec("P")
T = TypeVar("T")


class AffineThread:
    """A thread that runs every function given to it, one after the other, until the block ends.

    While a function waits in it for a coroutine (`Portal.call`), the thread runs what else it
    was given, nested, like a GUI's loop inside a dialogue: so a function may wait for a later
    one, or for a coroutine that calls another on the same thread. Two that wait for each other
    are `WouldDeadlock`.

    1. Jobs begin in the order in which they came, all on the one thread.
    2. After `_closed` is set no job is taken; the thread ends when `_jobs` is empty.
    """

    def __init__(self, name: str = "plait thread", *, patience: float = 5.0) -> None:
        self._name: Final = name
        self._patience: Final = patience
        self._jobs: Final[deque[Job[Any]]] = deque()  # of anything
        self._parker: Parker | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock: Final = threading.Lock()
        self._process = os.getpid()

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in the thread and give what it returns or raises.

        A cancelled caller waits for a function that has begun to end (it can ask `cancelled()`);
        one that has not begun never does. It sees a copy of the caller's context variables.
        """
        loop = asyncio.get_running_loop()
        job: Job[T] = Job(loop, wakeup_of(loop), function, args, kwargs, None)
        job.context = copy_context()
        self._submit(job)
        return await job

    def statistics(self) -> dict[str, int]:
        """How many calls wait to begin."""
        return {"queued": len(self._jobs)}

    def close(self) -> None:
        """Refuse further calls, and wait until the thread has run those that it has.

        `BridgeError` where that takes longer than the patience.
        """
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is None or self._process != os.getpid():
            return
        if thread is threading.current_thread():
            raise BridgeError(f"{self._name}: it cannot wait for its own end")
        assert self._parker is not None
        self._parker.unpark()
        thread.join(self._patience)
        if thread.is_alive():
            raise BridgeError(f"{self._name}: did not end in {self._patience} s")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _submit(self, job: Job[Any]) -> None:  # of anything
        with self._lock:
            if self._closed or self._process != os.getpid():
                raise BridgeError(f"{self._name}: it has been closed")
            if self._thread is None:
                self._begin()
            self._jobs.append(job)
        assert self._parker is not None
        self._parker.unpark()

    def _begin(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(ready,), name=self._name, daemon=True
        )
        self._thread.start()
        ready.wait()

    def _work(self, ready: threading.Event) -> None:
        watch_current_thread()
        me = self._parker = parker()
        here.inbox = self._jobs
        ready.set()
        while not self._closed or self._jobs:
            if self._jobs:
                self._jobs.popleft().run()
            else:
                me.park()


__all__ = ["AffineThread"]
