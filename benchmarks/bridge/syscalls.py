"""A call from a coroutine into a thread in, the system calls that strace counts out."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bridge.comparison import Effort
from benchmarks.bridge.threads import nothing
from plait.bridge import loop_factory, run_in_thread

ROOT: Final = Path(__file__).parents[2]
GOAL: Final = 8.0
NAME: Final = "system calls, coroutine to thread, 1 caller / asyncio.to_thread"

CALLS: dict[str, Callable[[], Awaitable[None]]] = {
    "to_thread": lambda: asyncio.to_thread(nothing),
    "run_in_thread": lambda: run_in_thread(nothing),
}


@dataclass(frozen=True)
class SystemCalls:
    """System calls a call, one caller, pinned to one core."""

    loop: str
    peer: float
    ours: float

    @property
    def verdict(self) -> str:
        """`holds`, or by how much the goal is missed."""
        return "holds" if self.ours <= GOAL else f"{self.ours / GOAL:.2f} times the goal"


def available() -> bool:
    """Whether strace is there and may trace."""
    if shutil.which("strace") is None:
        return False
    return not subprocess.run(["strace", "true"], capture_output=True, check=False).returncode


def system_calls(loop: str, effort: Effort) -> SystemCalls:
    """Both, each the median of some measurements."""
    # strace costs some 20 microseconds a system call, and there are about ten a call.
    calls = int(effort.seconds * 40_000)
    peer, ours = (
        median(_a_call(name, loop, calls) for _ in range(effort.rounds // 2))
        for name in ("to_thread", "run_in_thread")
    )
    return SystemCalls(loop, peer, ours)


def _a_call(name: str, loop: str, calls: int) -> float:
    # The difference leaves start and end out.
    few = calls // 6
    return (_traced(name, loop, calls) - _traced(name, loop, few)) / (calls - few)


def _traced(name: str, loop: str, calls: int) -> int:
    with tempfile.NamedTemporaryFile() as out:
        command = ["strace", "-f", "-c", "-o", out.name, sys.executable, "-m", __spec__.name]
        subprocess.run([*command, name, loop, str(calls)], check=True, cwd=ROOT)
        total = re.search(r"^100\.00.*?(\d+)\s+(?:\d+\s+)?total", out.read().decode(), re.M)
    assert total is not None, "strace counted nothing"
    return int(total[1])


async def many(call: Callable[[], Awaitable[None]], calls: int) -> None:
    for _ in range(calls):
        await call()


def main() -> None:
    name, loop, calls = sys.argv[1:]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(many(CALLS[name], int(calls)))


if __name__ == "__main__":
    main()
