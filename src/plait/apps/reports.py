"""Events and statistics in, what people read on standard error out."""

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from plait.apps.cli import complain
from plait.events import (
    Cut,
    Disordered,
    Event,
    Failed,
    Late,
    Noted,
    Reopened,
    Resumed,
    Stalled,
    Suspect,
    Waiting,
)

if TYPE_CHECKING:
    from plait.driver import Stream
    from plait.stats import Stats

# Said without being asked; of the others only -v speaks.
_NEWS: Final = (Failed, Noted, Waiting, Stalled, Resumed, Reopened)
# Of these the first of each source is said, and the rest only counted.
_ONCE: Final = (Cut, Disordered, Late, Suspect)


class Reporter:
    """Writes events to standard error as one line each, as much as was asked for."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._said: set[tuple[type[Event], str]] = set()

    def __call__(self, event: Event) -> None:
        """Say what happened, unless it is not to be said."""
        if (
            isinstance(event, Failed)
            or self._verbose
            or (not self._quiet and isinstance(event, _NEWS))
        ):
            complain(str(event))
        elif not self._quiet and isinstance(event, _ONCE):
            key = (type(event), event.source)
            if key not in self._said:
                self._said.add(key)
                complain(f"{event} (further ones are only counted: --stats)")

    def summarise(self, stats: "Stats") -> None:
        """Say at the end what nobody should miss."""
        if stats.late and not self._quiet:
            records = "1 record" if stats.late == 1 else f"{stats.late:,} records"
            complain(f"{records} came too late for their place; see --lateness")


def write_stats(stats: "Stats") -> None:
    """One JSON object on one line of standard error."""
    import json  # a third of a millisecond for who asks for it

    sys.stderr.flush()
    os.write(2, json.dumps(stats.as_dict()).encode() + b"\n")


class Progress:
    """A bar on standard error while a long backlog is read."""

    # Below this a merge is over before anybody looks.
    _LONG: Final = 64 * 2**20
    _PAUSE: Final = 0.1  # seconds between two looks

    def __init__(self, stream: "Stream", *, wanted: bool | None, to_terminal: bool) -> None:
        self._stream = stream
        self._bar: Any = None  # rich is imported only where it is shown
        self._next = 0.0
        self._off = wanted is False or (
            wanted is None and (to_terminal or not os.isatty(2) or stream.options.live)
        )
        self._least = 0 if wanted else self._LONG

    def tick(self) -> None:
        """Move the bar, at most ten times a second."""
        if self._off or (now := time.monotonic()) < self._next:
            return
        self._next = now + self._PAUSE
        if self._bar is None:
            total = self._stream.total()
            if total < self._least:
                self._off = True
                return
            self._bar = _bar(total)
        done = self._stream.stats.bytes + self._stream.stats.skipped
        self._bar.update(self._bar.task_ids[0], completed=done)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def _bar(total: int) -> Any:  # a rich.progress.Progress
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        "merging",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.add_task("merging", total=total)
    bar.start()
    return bar
