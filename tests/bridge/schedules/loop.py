"""An asyncio loop that waits when the scheduler says so, by its clock."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

from tests.bridge.schedules.scheduler import Scheduler, active

_SELECT = "a descriptor"  # who waits in a selector waits for this


class Selector(selectors.DefaultSelector):
    """Asks the real one without waiting; waits by the scheduler."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        scheduler = active()
        if scheduler is None:
            return super().select(0)
        scheduler.switch("select")
        deadline = None if timeout is None else scheduler.now + max(timeout, 0)
        while True:
            events = super().select(0)
            if events or (deadline is not None and deadline <= scheduler.now):
                return events
            scheduler.wait(_SELECT, deadline)


class Loop(asyncio.SelectorEventLoop):
    """One loop of a run."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        super().__init__(Selector())

    def time(self) -> float:
        return self._scheduler.now

    def close(self) -> None:
        _switch("close")
        super().close()
        _switch("closed")

    def stop(self) -> None:
        super().stop()
        _switch("stop")

    def create_task(self, coro: Any, **options: Any) -> Any:  # asyncio's own
        return Task(coro, loop=self, **options)

    def _write_to_self(self) -> None:
        super()._write_to_self()  # type: ignore[misc]  # asyncio's own, of old
        descriptor_written()


class Task(asyncio.Task[Any]):
    """A task whose place in a set is the same in each run."""

    def __init__(self, coro: Coroutine[Any, Any, Any], **options: Any) -> None:
        scheduler = active()
        if scheduler is not None:
            scheduler.tasks += 1
        self.number = scheduler.tasks if scheduler else 0
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self.number


def all_tasks(loop: asyncio.AbstractEventLoop | None = None) -> Any:
    """As asyncio's, in the order in which they were made."""
    return sorted(_all_tasks(loop), key=lambda task: getattr(task, "number", 0))


_all_tasks = asyncio.all_tasks


def descriptor_written() -> None:
    """Who waits in a selector looks again."""
    if (scheduler := active()) is not None:
        scheduler.wake(_SELECT)
        scheduler.switch("write")


def _switch(what: str) -> None:
    if (scheduler := active()) is not None:
        scheduler.switch(what)
