"""A follower of many quiet files in; what it takes while nothing happens out."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.follow.followers import Follower, Running, make_files


@dataclass(frozen=True)
class Quiet:
    """What a follower of quiet files takes."""

    files: int
    ready: float  # seconds from its start to the first line that passes
    share: float  # of one core
    memory: int  # bytes
    base: int  # bytes, with one file

    @property
    def each(self) -> float:
        """Bytes a file."""
        return (self.memory - self.base) / max(1, self.files - 1)


def measure(follower: Follower, files: int, seconds: float, scratch: Path) -> Quiet | None:
    """Have it follow so many files for so long; None where it is not installed."""
    if not follower.is_there:
        return None
    _, base, _ = _take(follower, 1, 0.5, scratch)
    ready, memory, share = _take(follower, files, seconds, scratch)
    return Quiet(files, ready, share, memory, base)


def _take(
    follower: Follower, files: int, seconds: float, scratch: Path
) -> tuple[float, int, float]:
    paths = make_files(scratch / "quiet", files)
    with Running(follower, [str(path) for path in paths], scratch / "follower") as process:
        ready = process.until_ready(paths[0])
        time.sleep(min(1.0, seconds))  # what it does at first is start-up
        cpu, begun = process.cpu(), time.perf_counter()
        time.sleep(seconds)
        share = (process.cpu() - cpu) / (time.perf_counter() - begun)
        return ready, process.memory(), share
