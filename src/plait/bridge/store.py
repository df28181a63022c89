"""Items in order, room for more, and who waits for either: what a channel's faces stand on."""

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import repeat
from typing import Final, Generic, TypeVar

from plait.bridge.permits import Permits
from plait.bridge.sync import Event
from plait.errors import ChannelClosed

T = TypeVar("T")

_MANY = 2**62


class Store(Generic[T]):
    """What the faces of a channel share.

    1. Putting: take one of `room`, append to `items`, give one of `ready`. Getting: take one of
       `ready`, take the first of `items`, give one of `room`. So items leave in the order in
       which they came, whoever is cancelled, and there are never more than `capacity`.
    2. At rest, `ready` has as many as there are items, `room` the rest of `capacity`.
    3. Closed, `room` is empty and stays so; an item put at that very moment is taken back by who
       put it, or somebody has it.
    4. An item is counted before it can be seen, so the count is never behind what was got or done.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity: Final = capacity
        self.items: Final[deque[T]] = deque()
        self.ready: Final = Permits()
        self.room: Final = Permits(capacity)
        # Counts down: `next` of it is one step of the interpreter, where += would be three.
        self.tally: Final = repeat(None, _MANY)
        self.dropped = 0
        self._dropping = False
        self._lock: Final = threading.Lock()
        self._retracted = 0
        self._done = 0
        self._idle: Final = Event()

    def count(self) -> int:
        """How many items have been put."""
        return _MANY - self.tally.__length_hint__() - self._retracted

    def settle(self, items: Sequence[T]) -> int:
        """Somebody waits for what was just put, or the channel has been closed meanwhile.

        Says how many stay put; `ChannelClosed` if none does.
        """
        if not self.ready.closed:
            self.ready.settle()
            return len(items)
        if self._dropping:
            self._drop()
        late = [item for item in reversed(items) if self.ready.revoke(partial(self._retract, item))]
        self._look()
        if len(late) == len(items):
            raise ChannelClosed("the channel is closed")
        return len(items) - len(late)

    def rescue(self) -> T:
        """An item for a permit that found none: one is being taken back, or all were dropped."""
        with self._lock:
            try:
                return self.items.popleft()
            except IndexError:
                raise ChannelClosed("the channel is closed") from None

    def close(self, *, drop: bool) -> None:
        """Refuse items and places; wake everybody who gets none any more."""
        self.room.close(drop=True)
        self._dropping |= drop
        self.ready.close(drop=drop)
        if drop:
            self._drop()
        self._look()

    def task_done(self) -> None:
        """One item less for `join` to wait for."""
        with self._lock:
            if self._unfinished() <= 0:
                raise ValueError("task_done() called too many times")
            self._done += 1
        self._look()

    def join_blocking(self) -> None:
        """Block until every item is done."""
        while self._busy():
            self._idle.wait_blocking()

    async def join(self) -> None:
        """Wait until every item is done."""
        while self._busy():
            await self._idle.wait()

    def check(self) -> None:
        """The invariants that can be seen at rest: 2 and 3."""
        self.ready.check()
        self.room.check()
        ready, room, items = len(self.ready.here), len(self.room.here), len(self.items)
        assert ready == items, f"{ready} ready of {items} items"
        assert room == (0 if self.room.closed else self.capacity - items), f"{room} places"

    def _retract(self, item: T) -> bool:
        """Take an item back that was put too late; False where somebody has it."""
        later: list[T] = []
        found = False
        with self._lock:
            # From the right: others take from the left, and find themselves in `rescue` if this
            # holds all there is.
            with suppress(IndexError):
                while (last := self.items.pop()) is not item:
                    later.append(last)
                self._retracted += 1
                found = True
            self.items.extend(reversed(later))
        return found

    def _drop(self) -> None:
        with self._lock, suppress(IndexError):
            while True:
                self.items.popleft()
                self.dropped += 1

    def _unfinished(self) -> int:
        return self.count() - self.dropped - self._done

    def _look(self) -> None:
        if self._unfinished() <= 0:
            self._idle.set()

    def _busy(self) -> bool:
        if self._unfinished() <= 0:
            return False
        self._idle.clear()
        # The last one may have been done between the two, when others waited already. Whether
        # it is set does not count: who was last some time ago may set it as late as now.
        self._look()
        return self._unfinished() > 0
