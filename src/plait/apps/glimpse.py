"""Batches of a fast stream in; for a terminal, as many of its records out as eyes can follow."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Final

from plait.logs.batch import Batch
from plait.logs.render import Renderer

# Records a second: more is a blur. So many at once when nothing came for a while, because
# whole-second stamps make the records of a second come together.
_PACE: Final = 20.0
_BURST: Final = 12.0
# Seconds between two looks at the status line when no record is shown.
_PAUSE: Final = 0.1
_COLOR: Final = re.compile(rb"(\x1b\[[0-9;]*m)")
_WIPE: Final = b"\r\x1b[K"
_DIM: Final = b"\x1b[2m"
_PLAIN: Final = b"\x1b[0m"


class Glimpse:
    """A renderer that lets through what it can show and keeps a status line below it.

    Lines are cut at the right border, a byte taken for a column: that is what the demo's have.
    """

    def __init__(
        self,
        render: Renderer,
        status: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._render = render
        self._status = status
        self._clock = clock
        self._allowed = _BURST
        self._last = clock()
        self._next = self._last

    def __call__(self, batch: Batch) -> bytes:
        """What to write now; often nothing."""
        now = self._clock()
        self._allowed = min(_BURST, self._allowed + (now - self._last) * _PACE)
        self._last = now
        # Half of what is allowed, so that something is left for the next batch.
        count = min(len(batch), int(self._allowed + 1) // 2)
        if not count and now < self._next:
            return b""
        self._allowed -= count
        self._next = now + _PAUSE
        return b"".join([_WIPE, *self._lines(batch, count)])

    def end(self) -> bytes:
        """Take the status line away."""
        return _WIPE

    def _lines(self, batch: Batch, count: int) -> Iterator[bytes]:
        columns = shutil.get_terminal_size().columns
        if count:
            # Those of one instant come together: take some from all over the batch.
            shown = [at * len(batch) // count for at in range(count)]
            for line in self._render(batch.take(shown)).splitlines():
                yield _cut(line, columns) + b"\n"
        yield _cut(_DIM + self._status().encode() + _PLAIN, columns)


def _cut(line: bytes, columns: int) -> bytes:
    """So much of a line; colours begun in it still end."""
    out = []
    # One column stays free: at the very last, terminals differ.
    left = columns - 1
    for number, part in enumerate(_COLOR.split(line)):
        if number % 2 == 0:
            part = part[: max(0, left)]
            left -= len(part)
        out.append(part)
    return b"".join(out)
