"""Rows and a place in, an outcome a row out: starts the processes that measure, and ends them."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.bridge.comparison import BUSY, Effort, Failure, Place, Row, Times
from benchmarks.bridge.worker import command

ROOT: Final = Path(__file__).parents[2]
#: Seconds after which a row counts as hanging. The slowest take some seconds.
LIMIT: Final = 30.0

Outcome = Times | Failure
Process = subprocess.Popen[str]
#: Starts a process that measures these rows.
Start = Callable[[Sequence[Row]], Process]


def start_at(place: Place, effort: Effort) -> Start:
    """What starts the processes of a place."""
    cores = sorted(os.sched_getaffinity(0))[: place.cores]
    effort = BUSY if place.busy else effort

    def start(rows: Sequence[Row]) -> Process:
        return subprocess.Popen(
            command(place, cores, effort, rows), stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    return start


def outcomes(
    rows: Sequence[Row], start: Start, limit: float = LIMIT
) -> Iterator[tuple[Row, Outcome]]:
    """Measure these rows; after one that fails the rest goes on in another process."""
    left = list(rows)
    while left:
        with ended(start(left)) as process:
            while left:
                outcome = next_outcome(process, limit)
                yield left.pop(0), outcome
                if isinstance(outcome, Failure):
                    break


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """A process that has ended when the block is left."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def next_outcome(process: Process, limit: float) -> Outcome:
    """What it says next; killed when it has said nothing for too long."""
    assert process.stdout is not None
    at = "start"
    timer = threading.Timer(limit, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            match json.loads(line):
                case {"at": name}:
                    at = name
                case {"times": rounds}:
                    return Times(tuple(tuple(each) for each in rounds))
                case {"error": error}:
                    return Failure(f"{at}: {error}")
    finally:
        timer.cancel()
    status = process.wait()
    if status == -signal.SIGKILL:
        return Failure(f"{at}: no end in {limit:g} s")
    return Failure(f"{at}: the process ended with {status}")
