"""Logs that are there already and a follower in; how fast it has given them all out."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.follow.followers import LIMIT, RSYSLOG, Follower, FollowerFailed, Running
from benchmarks.merge.checks import Output, in_order
from benchmarks.merge.data import Data


@dataclass(frozen=True)
class Backlog:
    """Seconds from its start until all was there."""

    seconds: float
    bytes: int

    @property
    def speed(self) -> float:
        """Megabytes a second."""
        return self.bytes / 1e6 / self.seconds


def measure(follower: Follower, data: Data, scratch: Path, *, ordered: bool) -> Backlog | None:
    """Have it read all of it; what is `ordered` has to be so. None where it is not installed."""
    if not follower.is_there:
        return None
    scratch.mkdir(parents=True, exist_ok=True)
    output = scratch / "output"
    output.unlink(missing_ok=True)
    leading = output if follower is not RSYSLOG else None
    with Running(follower, [str(path) for path in data.paths], scratch, leading) as process:
        while not output.exists() or output.stat().st_size < data.total:
            process.require_running()
            if time.perf_counter() > process.begun + 10 * LIMIT:
                raise FollowerFailed(f"{follower.name}: not all of it came in {10 * LIMIT:g} s")
            time.sleep(0.001)
        taken = Backlog(time.perf_counter() - process.begun, data.total)
    _check(follower, Output(output, data.total), data, ordered=ordered)
    output.unlink()
    return taken


def _check(follower: Follower, output: Output, data: Data, *, ordered: bool) -> None:
    if ordered:
        right = all(a == b for a, b in zip(output.lines(), in_order(data), strict=True))
    else:
        right = sum(map(hash, output.lines())) == sum(map(hash, data.lines()))
    if not right:
        raise FollowerFailed(f"{follower.name}: gave something else than the logs")
