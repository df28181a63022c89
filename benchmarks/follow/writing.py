"""Writers at full speed and a follower in; how far it is behind them out."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.follow.followers import LIMIT, ROOT, Follower, FollowerFailed, Running, make_files

WRITERS: Final = 8
#: No file grows beyond this, whatever the disk could take: bytes.
MOST: Final = 100_000_000
_PAUSE: Final = 0.05

_PYTHON: Final = """
import sys, time
most = int(sys.argv[2])
with open(sys.argv[1], "a", buffering=1) as file:
    while file.tell() < most:
        for number in range(1000):
            now = time.time_ns()
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
            print(f"{stamp}.{now // 1000 % 10**6:06}Z INFO request {number} done", file=file)
"""
_SHELL: Final = """
n=0
while [ $n -lt 1000000 ]; do
    echo "2026-01-02T03:04:05.678Z INFO request $n done" >> "$1"
    n=$((n + 1))
done
"""
_BLOCKS: Final = """
import os, sys
line = b"2026-01-02T03:04:05.678Z INFO request 12345 done\\n"
block = line * 20_000
file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
for _ in range(int(sys.argv[2]) // len(block)):
    os.write(file, block)
"""


@dataclass(frozen=True)
class Writer:
    """A program that appends to one file as fast as it can."""

    name: str
    words: Callable[[Path, int], list[str]]


PYTHON: Final = Writer(
    "print() in Python, a line a write",
    lambda path, most: [sys.executable, "-c", _PYTHON, str(path), str(most)],
)
SHELL: Final = Writer(
    "echo in a shell, an open a line",
    lambda path, most: ["sh", "-c", _SHELL, "sh", str(path)],
)
BLOCKS: Final = Writer(
    "writes of 1 MB",
    lambda path, most: [sys.executable, "-c", _BLOCKS, str(path), str(most)],
)


@dataclass(frozen=True)
class Pace:
    """How a follower kept up with writers."""

    seconds: float  # for which they wrote
    written: int  # bytes, by all of them
    most: int  # bytes that it was behind at the worst moment
    behind: int  # bytes when they stopped
    catch_up: float  # seconds from then until it had all

    @property
    def lag(self) -> float:
        """The worst moment in seconds of writing."""
        return self.most / (self.written / self.seconds) if self.written else 0.0


def measure(
    follower: Follower, writer: Writer, seconds: float, most: int, scratch: Path
) -> Pace | None:
    """Have it follow eight of them for so long, or until each has written `most` bytes."""
    if not follower.is_there:
        return None
    paths = make_files(scratch / "written", WRITERS, lines=0)
    output = scratch / "output"
    with Running(follower, [str(path) for path in paths], scratch / "follower", output) as process:
        _until_ready(process, paths[0], output)
        begun = time.perf_counter()
        worst = 0
        with writers(writer, paths, most) as started:
            while time.perf_counter() < begun + seconds and any(
                it.poll() is None for it in started
            ):
                time.sleep(_PAUSE)
                worst = max(worst, _behind(paths, output))
        stopped = time.perf_counter()
        behind = _behind(paths, output)
        while _behind(paths, output):
            process.require_running()
            if time.perf_counter() > stopped + LIMIT:
                raise FollowerFailed(f"{follower.name}: not all of it came in {LIMIT:g} s")
            time.sleep(0.002)
        catch_up = time.perf_counter() - stopped
        return Pace(stopped - begun, _size(paths), max(worst, behind), behind, catch_up)


@contextlib.contextmanager
def writers(
    writer: Writer, paths: Sequence[Path], most: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """One for each file; stopped at the end, and the last line of each ended."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        started += (subprocess.Popen(writer.words(path, most), cwd=ROOT) for path in paths)
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
        for path in paths:
            _end_line(path)


def _end_line(path: Path) -> None:
    """A killed writer may leave half a line, which a follower of records rightly holds back."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        if size and (file.seek(size - 1), file.read(1))[1] != b"\n":
            file.write(b"\n")


def _until_ready(process: Running, probe: Path, output: Path) -> None:
    with probe.open("ab", buffering=0) as file:
        file.write(b"2026-01-02T03:04:05.678Z probe\n")
    while _behind([probe], output):
        process.require_running()
        time.sleep(0.01)


def _behind(paths: Sequence[Path], output: Path) -> int:
    written = output.stat().st_size  # first: it may only seem further behind than it is
    return _size(paths) - written


def _size(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)
