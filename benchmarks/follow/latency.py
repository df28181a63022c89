"""Followers of many files in; how long a line takes from its write to their output out."""

import contextlib
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.follow.followers import Follower, FollowerFailed, Running, make_files, running

SEED: Final = 1
#: Seconds between two lines, about: the one before is forgotten, and the processor may rest.
_PAUSE: Final = 0.5e-3


@dataclass(frozen=True)
class Latencies:
    """Seconds, a line each."""

    all: tuple[float, ...]

    def quantile(self, part: float) -> float:
        """The time within which this part of the lines came."""
        times = sorted(self.all)
        return times[min(len(times) - 1, int(part * len(times)))]


class _Lane:
    """One follower with its own files, measured in turns with others."""

    def __init__(self, process: Running, paths: Sequence[Path]) -> None:
        self._process, self._paths = process, paths
        self._random = random.Random(SEED)
        self._open: dict[Path, int] = {}
        self._count = 0
        self.times: list[float] = []

    def warm_up(self) -> None:
        """Wait until it follows; the files that are measured may not have been touched yet."""
        self._process.until_ready(self._paths[0])

    def measure(self, lines: int) -> None:
        """So many lines, one after the other has come out, each into any of the files."""
        for _ in range(lines):
            time.sleep(self._random.uniform(0, 2 * _PAUSE))
            file = self._file(self._random.choice(self._paths))
            self._count += 1
            line = b"%s INFO request %d done\n" % (_stamp(), self._count)
            begun = time.perf_counter()
            os.write(file, line)
            came = self._process.line()
            self.times.append(time.perf_counter() - begun)
            if came != line:
                raise FollowerFailed(f"{self._process.name}: gave {came!r}, not {line!r}")

    def close(self) -> None:
        """Close the files, as a writer does in the end."""
        for file in self._open.values():
            os.close(file)

    def _file(self, path: Path) -> int:
        # It stays open, as loggers have it: a close is an event too.
        file = self._open.get(path)
        if file is None:
            file = self._open[path] = os.open(path, os.O_WRONLY | os.O_APPEND)
        return file


def measure(
    followers: Sequence[Follower], files: int, lines: int, rounds: int, scratch: Path
) -> list[Latencies | None]:
    """The latencies of each, None where it is not installed; `lines` in all, a part a round."""
    there = [follower for follower in followers if follower.is_there]
    folders = [make_files(scratch / f"files-{at}", files) for at in range(len(there))]
    commands = [
        (follower, [str(path) for path in paths])
        for follower, paths in zip(there, folders, strict=True)
    ]
    with running(commands, scratch) as processes, contextlib.ExitStack() as stack:
        lanes = [_Lane(*each) for each in zip(processes, folders, strict=True)]
        for lane in lanes:
            stack.callback(lane.close)
            lane.warm_up()
        for number in range(rounds):
            turn = number % len(lanes)
            for lane in [*lanes[turn:], *lanes[:turn]]:
                lane.measure(lines // rounds)
    taken = {
        follower: Latencies(tuple(lane.times)) for follower, lane in zip(there, lanes, strict=True)
    }
    return [taken.get(follower) for follower in followers]


def _stamp() -> bytes:
    now = time.time_ns()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
    return f"{whole}.{now % 10**9 // 1000:06}Z".encode()
