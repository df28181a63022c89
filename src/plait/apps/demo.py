"""The values of `plait demo` in; writers, a live merge and its proof out."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, Self

from plait.apps.cli import complain
from plait.apps.glimpse import Glimpse
from plait.apps.writers import Writers
from plait.bridge import run_in_thread
from plait.driver import Stream, follow
from plait.errors import PlaitError, UsageError
from plait.events import Event, Failed
from plait.logs.render import renderer, text
from plait.sinks import Sink
from plait.sinks.descriptor import DescriptorSink, FileSink
from plait.stats import Stats

# Most: what one machine and one pair of eyes have use for.
_BOUNDS = {"writers": (1, 100), "seconds": (1, 3600), "rate": (1, 10_000)}
# Each log is rotated about so often during the run, and once a minute in a long one.
_ROTATIONS = 4
_LONGEST = 60.0
# Some of the logs stamp whole seconds: what they write at 0.9 s comes that long after its stamp.
_LATENESS = 1.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What was chosen, and the clock's seconds east of UTC, the same for all who take part."""

    writers: int
    seconds: int
    rate: int
    keep: bool
    east: int

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """`UsageError` for what makes no show."""
        for name, (least, most) in _BOUNDS.items():
            if not least <= values[name] <= most:
                raise UsageError(
                    f"--{name} is {values[name]}; write a number from {least:,} to {most:,}"
                )
        east = time.localtime().tm_gmtoff
        numbers = {name: values[name] for name in _BOUNDS}
        return cls(**numbers, keep=values["keep"], east=east)

    @property
    def zone(self) -> timezone:
        """The zone of the stamps that name none; fixed, so that no hour comes twice."""
        return timezone(timedelta(seconds=self.east))

    @property
    def interval(self) -> float:
        """Seconds between two rotations of a log, about."""
        return min(_LONGEST, self.seconds / _ROTATIONS)


def run(values: dict[str, Any]) -> int:
    """Show it; 1 when the proof does not hold or something failed, and the folder is kept then."""
    plan = Plan.of(values)
    folder = Path(tempfile.mkdtemp(prefix="plait-demo-"))
    keep = True
    try:
        writers = _writers(plan, folder)
        outcome = _tried(plan, folder, writers)
        keep = plan.keep or not outcome.holds
    except (KeyboardInterrupt, BrokenPipeError):
        keep = plan.keep
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if keep:
        _say_where(folder, writers, outcome.late)
    else:
        _tell("The scratch folder is removed (keep it with --keep).")
    return 0 if outcome.holds else 1


@dataclass(slots=True)
class Outcome:
    """How it went."""

    holds: bool = False
    late: int = 0


def _writers(plan: Plan, folder: Path) -> Writers:
    logs = folder / "logs"
    logs.mkdir()
    return Writers(logs, plan.writers, rate=plan.rate, interval=plan.interval, east=plan.east)


def _tried(plan: Plan, folder: Path, writers: Writers) -> Outcome:
    """Merge and prove; says what went wrong where something did."""
    output = str(folder / "merged.log")
    outcome = Outcome()
    try:
        stats = _merged(plan, writers, output)
        outcome.late = stats.late
        outcome.holds = _proved(plan, writers, output, stats)
    except PlaitError as error:
        complain(str(error))
    return outcome


# -- the merge -------------------------------------------------------------------------------


def _merged(plan: Plan, writers: Writers, output: str) -> Stats:
    """Merge the logs while they are written; what happened, in numbers."""
    _tell(_intro(plan.writers))
    show = Show(plan)
    try:
        stats = asyncio.run(show.run(writers, output))
    except asyncio.CancelledError:  # Ctrl-C, and again
        raise KeyboardInterrupt from None
    finally:
        show.close()
    _tell(_merged_live(stats, early=show.stopped_early))
    return stats


class Show:
    """The live part: a stream of the writers' logs into a file, and a glimpse of it."""

    def __init__(self, plan: Plan) -> None:
        self.stopped_early = False
        self._plan = plan
        self._stop = asyncio.Event()
        self._glimpse: Glimpse | None = None

    async def run(self, writers: Writers, output: str) -> Stats:
        """Merge until the time is up or somebody stops it, then what is there."""
        self._on_signals()
        stream = follow(
            *writers.sources,
            tz=self._plan.zone,
            lateness=_LATENESS,
            on_event=_report_failure,
        )
        file = FileSink(output, text)
        try:
            # The stream is there first: what was rotated before would be none of its business.
            async with stream:
                with writers:
                    await self._deliver(stream, [file, *self._view(stream)], writers)
        finally:
            file.close()
        return stream.stats

    def close(self) -> None:
        """Take from the terminal what belongs to the live part."""
        if self._glimpse is not None:
            with suppress(OSError):
                os.write(1, self._glimpse.end())

    async def _deliver(self, stream: Stream, sinks: Sequence[Sink], writers: Writers) -> None:
        delivering = asyncio.create_task(stream.write_to(*sinks))
        # A full disk, say, ends the show.
        delivering.add_done_callback(lambda _: self._stop.set())
        try:
            for _ in writers.start():
                await asyncio.sleep(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._plan.seconds):
                    await self._stop.wait()
            await run_in_thread(writers.stop)
            stream.stop()
            await delivering
        finally:
            delivering.cancel()
            await asyncio.wait([delivering])

    def _on_signals(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop() -> None:
            if self.stopped_early:
                task.cancel()  # the second time it is meant
            self.stopped_early = True
            self._stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)

    def _view(self, stream: Stream) -> list[Sink]:
        """Something to look at, where somebody looks."""
        if not os.isatty(1) or os.environ.get("TERM", "dumb") == "dumb":
            return []
        color = "NO_COLOR" not in os.environ
        began = time.monotonic()

        def status() -> str:
            return _status(time.monotonic() - began, stream.stats)

        render = renderer("text", labels=True, color=color, terminal=True)
        self._glimpse = Glimpse(render, status)
        return [DescriptorSink(1, self._glimpse, name="standard output", patient=True)]


def _report_failure(event: Event) -> None:
    if isinstance(event, Failed):
        complain(str(event))


# -- the proof -------------------------------------------------------------------------------


def _proved(plan: Plan, writers: Writers, output: str, stats: Stats) -> bool:
    """Verify the merged file against all files there are; says how it went."""
    from plait.apps.verify import Settings, verify

    for problem in writers.problems:
        complain(problem)
    files = writers.files()
    if not files:
        _tell("Nothing was written, so there is nothing to prove.")
        return not writers.problems and not stats.failed
    verdict = verify(output, files, Settings(tz=plan.zone, late=stats.late))
    if not verdict.holds:
        complain(f"the proof does not hold: {verdict.fault}")
        return False
    _tell(_verified(stats.late, len(files)))
    return not writers.problems and not stats.failed


# -- words -----------------------------------------------------------------------------------


def _intro(writers: int) -> str:
    who = "1 program writes a log" if writers == 1 else f"{writers} programs write a log each"
    rotate = "rotates" if writers == 1 else "rotate"
    return f"plait demo: {who} into a scratch folder, and {rotate} it on the way."


def _status(seconds: float, stats: Stats) -> str:
    return (
        f"{seconds:4.1f} s: {_count(stats.records, 'record')} merged, "
        f"{_count(stats.rotations, 'rotation')}, {stats.late:,} late (a few of them are shown)"
    )


def _merged_live(stats: Stats, *, early: bool) -> str:
    return (
        f"{'Stopped early. ' if early else ''}Merged live: {_count(stats.written, 'record')} of "
        f"{_count(len(stats.sources), 'source')}, through {_count(stats.rotations, 'rotation')}, "
        f"into one file in time order; {stats.late:,} came late."
    )


def _verified(late: int, files: int) -> str:
    order = f" but for the {late:,} that came late" if late else ""
    return (
        f"Verified against {_count(files, 'file')}: every record is in the merged file exactly "
        f"once, whole, in its source's order and in time order{order}."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _say_where(folder: Path, writers: Writers, late: int) -> None:
    """Name what is kept, and what to type to look at it."""
    patterns = list(map(shlex.quote, writers.patterns()))
    merged = shlex.quote(f"{folder}/merged.log")
    _say(f"Kept in {folder}:")
    _say(f"  look at it     plait merge --label --level warning {patterns[-1]}")
    allowed = f" --late {late}" if late else ""
    _say(f"  verify again   plait verify {merged} {' '.join(patterns)}{allowed}")
    _say(f"  remove it      rm -r {shlex.quote(str(folder))}")


def _tell(sentence: str) -> None:
    """A sentence for people; on a terminal it is wrapped between words."""
    if os.isatty(1):
        sentence = textwrap.fill(sentence, max(20, shutil.get_terminal_size().columns - 1))
    _say(sentence)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
