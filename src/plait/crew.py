"""Calls in, the same calls made by another thread out: two cores for one merge.

What is worth it lets go of the interpreter: reading, writing, and the compiled kernel.
"""

import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

R = TypeVar("R")


class Errand(Generic[R]):
    """A call that is made by whoever has time; `wait` gives what it gave.

    A helper may come to it long after it was waited for: it holds nothing any more by then.
    """

    __slots__ = ("_call", "_claim", "_crew", "_done", "_error", "_result")

    def __init__(self, call: Callable[[], R], crew: "Crew") -> None:
        self._crew = crew
        self._call: Callable[[], R] | None = call
        self._claim = iter((None,))  # whoever takes this makes the call
        self._done = threading.Lock()
        self._done.acquire()
        self._error: BaseException | None = None

    def run(self) -> None:
        """Make the call, unless somebody does already."""
        for _ in self._claim:
            call, self._call = self._call, None
            assert call is not None, "claimed once"
            try:
                self._result = call()
            except BaseException as error:  # noqa: BLE001  # it is raised by `wait`
                self._error = error
            self._done.release()

    def wait(self) -> R:
        """What the call gave or raised; made here if nobody has begun it. Once.

        While a helper makes it, others that nobody has begun are made here.
        """
        self.run()
        while self._done.locked() and self._crew.lend_a_hand():
            pass
        self._done.acquire()
        if self._error is not None:
            raise self._error
        result = self._result
        del self._result
        return result


class Crew:
    """A few threads that help the one that asks; a context manager that ends them.

    Every call is made once, by a helper or by the thread that waits for it: nothing ever waits
    for a helper to be free.
    """

    def __init__(self, helpers: int | None = None) -> None:
        """By default a helper for each core beside the caller's, at most three."""
        self._errands: Final[SimpleQueue[Errand[Any] | None]] = SimpleQueue()  # of any outcome
        if helpers is None:
            helpers = min(3, len(os.sched_getaffinity(0)) - 1)
        self._threads: Final = [
            threading.Thread(target=self._help, name=f"plait crew {i}", daemon=True)
            for i in range(helpers)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, call: Callable[[], R]) -> Errand[R]:
        """Have a call made while the caller goes on."""
        errand = Errand(call, self)
        if self._threads:
            self._errands.put(errand)
        return errand

    def lend_a_hand(self) -> bool:
        """Make a call that nobody has begun; False where there is none."""
        try:
            errand = self._errands.get_nowait()
        except Empty:
            return False
        if errand is None:  # that a helper is to end
            self._errands.put(None)
            return False
        errand.run()
        return True

    def close(self) -> None:
        """Let the helpers go, and wait until they have gone. May be called again."""
        for _ in self._threads:
            self._errands.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _help(self) -> None:
        while (errand := self._errands.get()) is not None:
            errand.run()
