"""Batches of one source in, its records one after the other out, with a look ahead."""

from collections.abc import Callable, Iterable
from typing import Final

from plait.logs.batch import Batch
from plait.logs.proof.form import Form, Tail

#: A run of equal records is looked through so far; a longer one is taken as several.
RUN: Final = 2**18


class Lane:
    """The records of one source, of which a window is in memory.

    1. `keys`, `tails` and `orders` are the first line, the further lines and the place in the
       order of the records of the window; its first is record number `gone` of the source.
    2. `at` is the index in the window of the next record that has no place in the output yet;
       it is below 0 while a search has gone far beyond that record, whose line is then `head`.
    """

    __slots__ = (
        "_batches", "_form", "_orders", "_render", "_run", "at", "gone", "gone_lines", "head",
        "keys", "name", "orders", "rank", "tails",
    )  # fmt: skip

    def __init__(
        self,
        rank: int,
        name: str,
        batches: Iterable[Batch],
        form: Form,
        orders: Callable[[int, Batch], list[int]],
    ) -> None:
        self.rank: Final = rank
        self.name: Final = name
        self.keys: list[bytes] = []
        self.tails: list[Tail] = []
        self.orders: list[int] = []
        self.at = 0
        self.head = b""
        self.gone = 0
        self.gone_lines = 0
        self._batches = iter(batches)
        self._form = form
        self._render = form.renderer()
        self._orders = orders
        self._run = (0, 0)

    def load(self) -> bool:
        """Replace the window, which is used up, by the next one; false at the end."""
        kept = len(self.keys)
        if not self.extend():
            return False
        self._drop(kept)
        return True

    def extend(self) -> bool:
        """Make the window larger by a batch; false when there is none."""
        batch = next(filter(len, self._batches), None)
        if batch is None:
            return False
        keys, tails = self._form.records(batch, self._render)
        self.keys += keys
        self.tails += tails
        self.orders += self._orders(self.rank, batch)
        return True

    def forget(self, cursor: int) -> None:
        """Let go of the records before number `cursor`, but only when that is worth it."""
        if cursor - self.gone >= 4096:
            if 0 <= self.at < cursor - self.gone:
                self.head = self.keys[self.at]
            self._drop(cursor - self.gone)

    def _drop(self, count: int) -> None:
        self.gone_lines += count + sum(map(len, self.tails[:count]))
        self.gone += count
        self.at -= count
        del self.keys[:count], self.tails[:count], self.orders[:count]

    @property
    def base(self) -> int:
        """The number of the next record that has no place in the output yet."""
        return self.gone + self.at

    @property
    def base_key(self) -> bytes:
        """Its first line; there must be one."""
        return self.keys[self.at] if self.at >= 0 else self.head

    def has(self, cursor: int) -> bool:
        """Whether there is a record of this number; it is then in the window."""
        while cursor - self.gone >= len(self.keys):
            if not self.extend():
                return False
        return True

    def key(self, cursor: int) -> bytes | None:
        """The first line of a record; None after the last record."""
        return self.keys[cursor - self.gone] if self.has(cursor) else None

    def run(self, cursor: int) -> int:
        """How many equal records of equal place follow each other from this one on."""
        begin, end = self._run
        if not begin <= cursor < end:
            end = self._run_end(cursor)
            self._run = (cursor, end)
        return end - cursor

    def _run_end(self, cursor: int) -> int:
        index = cursor - self.gone
        same = key, tail, order = self.keys[index], self.tails[index], self.orders[index]
        end = cursor + 1
        while end < cursor + RUN and self.has(end):
            index = end - self.gone
            if (self.keys[index], self.tails[index], self.orders[index]) != same:
                break
            # One object for all of them: a long run then takes little memory.
            self.keys[index], self.tails[index], self.orders[index] = key, tail, order
            end += 1
        return end

    def line(self, cursor: int) -> int:
        """The number, from 1, of the line of the source with which a record begins."""
        count = cursor - self.gone
        return self.gone_lines + count + sum(map(len, self.tails[:count])) + 1
