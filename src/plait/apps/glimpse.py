"""Batches of a fast stream in; for a terminal, as many of its records out as eyes can follow."""

import time
from collections.abc import Callable
from typing import Final

from plait.logs.batch import Batch
from plait.logs.render import Renderer

# Records a second: more is a blur. So many at once when nothing came for a while.
_PACE: Final = 20.0
_BURST: Final = 8.0
# Seconds between two looks at the status line when no record is shown.
_PAUSE: Final = 0.1
# Lines are cut at the right border instead of wrapped, so that a line stays a line.
_CUT: Final = b"\x1b[?7l"
_WRAP: Final = b"\x1b[?7h"
_WIPE: Final = b"\r\x1b[K"
_DIM: Final = b"\x1b[2m"
_PLAIN: Final = b"\x1b[0m"


class Glimpse:
    """A renderer that lets through what it can show and keeps a status line below it."""

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
        self._shown = 0.0

    def __call__(self, batch: Batch) -> bytes:
        """What to write now; often nothing."""
        now = self._clock()
        self._allowed = min(_BURST, self._allowed + (now - self._last) * _PACE)
        self._last = now
        count = min(len(batch), int(self._allowed))
        if not count and now < self._shown + _PAUSE:
            return b""
        self._allowed -= count
        self._shown = now
        lines = self._render(batch.take(range(count))) if count else b""
        status = _DIM + self._status().encode() + _PLAIN
        return b"".join([_WIPE, _CUT, lines, status, _WRAP])

    def end(self) -> bytes:
        """Take the status line away."""
        return _WIPE
