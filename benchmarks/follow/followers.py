"""A follower's name and files in, the words that start it out; and the running process."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

ROOT: Final = Path(__file__).parents[2]
#: A follower that gives nothing for so long (s) will not go on.
LIMIT: Final = 60.0
_MS: Final = 1e-3
_BLOCK: Final = 2**16

Build = Callable[[Sequence[str], Path], list[str]]


class FollowerFailed(Exception):
    """It ended, or gave nothing where it had to give something."""


@dataclass(frozen=True)
class Follower:
    """A program that follows files: paths and a scratch folder in, its words out."""

    name: str
    build: Build
    program: str = sys.executable

    @property
    def is_there(self) -> bool:
        """Whether it can be started."""
        return which(self.program) is not None


def which(program: str) -> str | None:
    """Where a program is; daemons are where users have no business."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def plait(*options: str) -> Follower:
    """plait, with these options."""
    words = [sys.executable, "-m", "plait", "merge", "-f", *options]
    return Follower(" ".join(["plait merge -f", *options]), lambda paths, _: [*words, *paths])


def tail(lines: str) -> Follower:
    """`tail -F`, which begins with so many lines (`+1`: all)."""
    name = f"tail -q -n {lines} -F"
    return Follower(name, lambda paths, _: [*name.split(), *paths], "tail")


def _rsyslog(paths: Sequence[str], scratch: Path) -> list[str]:
    output = scratch / "output"
    state = scratch / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    config = scratch / "rsyslog.conf"
    config.write_text(
        f'global(workDirectory="{state}" maxMessageSize="64k")\n'
        'module(load="imfile" mode="inotify")\n'
        'template(name="raw" type="string" string="%msg%\\n")\n'
        + "".join(f'input(type="imfile" File="{path}" Tag="t")\n' for path in paths)
        + f'action(type="omfile" file="{output}" template="raw")\n'
    )
    program = which("rsyslogd") or "rsyslogd"
    return [program, "-n", "-f", str(config), "-i", str(scratch / "pid")]


#: It writes to `output` in its scratch folder by itself.
RSYSLOG: Final = Follower("rsyslog imfile", _rsyslog, "rsyslogd")


class Running:
    """A follower that runs; a context manager that ends it."""

    def __init__(
        self, follower: Follower, paths: Sequence[str], scratch: Path, output: Path | None = None
    ) -> None:
        """Start it; without an `output` it writes into a pipe that `line` reads."""
        self.name = follower.name
        scratch.mkdir(parents=True, exist_ok=True)
        self._errors = scratch / "errors"
        words = follower.build(paths, scratch)
        with contextlib.ExitStack() as stack:
            stdout: int | IO[bytes] = subprocess.PIPE
            if output is not None:
                stdout = stack.enter_context(output.open("wb"))
            errors = stack.enter_context(self._errors.open("wb"))
            self.begun = time.perf_counter()
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=errors, cwd=ROOT
            )
        self.pid = self._process.pid
        self._proc = Path("/proc", str(self.pid))
        self._out = -1 if self._process.stdout is None else self._process.stdout.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def line(self) -> bytes:
        """What it gives next: at least one line; waits for it."""
        data = b""
        while not data.endswith(b"\n"):
            if not select.select([self._out], [], [], LIMIT)[0]:
                raise FollowerFailed(f"{self.name}: nothing in {LIMIT:g} s")
            if not (piece := os.read(self._out, _BLOCK)):
                raise self.failure()
            data += piece
        return data

    def has_line(self, seconds: float) -> bool:
        """Whether it gives anything within this time."""
        return bool(select.select([self._out], [], [], seconds)[0])

    def until_ready(self, probe: Path) -> float:
        """Append lines to a file it follows until they come out; seconds from its start."""
        deadline = self.begun + LIMIT
        with probe.open("ab", buffering=0) as file:
            while not self.has_line(5 * _MS):
                self.require_running()
                if time.perf_counter() > deadline:
                    raise FollowerFailed(f"{self.name}: not ready in {LIMIT:g} s")
                file.write(b"2026-01-02T03:04:05.678Z probe\n")
        ready = time.perf_counter() - self.begun
        while self.has_line(100 * _MS):
            self.line()
        return ready

    def require_running(self) -> None:
        """Raise if it has ended."""
        if self._process.poll() is not None:
            raise self.failure()

    def failure(self) -> FollowerFailed:
        """What it said in the end."""
        self.end()
        said = self._errors.read_text("utf-8", "replace").strip().splitlines()
        return FollowerFailed(f"{self.name}: ended; {said[-1] if said else 'it said nothing'}")

    def cpu(self) -> float:
        """Seconds of processor time so far, all threads."""
        files = self._proc.glob("task/*/schedstat")
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9

    def memory(self) -> int:
        """Bytes in memory now, without what it shares with other programs."""
        fields = (self._proc / "smaps_rollup").read_text().splitlines()[1:]
        sizes = {name: int(size) for name, size, _ in (field.split() for field in fields)}
        return 1024 * (sizes["Private_Dirty:"] + sizes["Private_Clean:"])

    def end(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextlib.contextmanager
def running(
    followers: Sequence[tuple[Follower, Sequence[str]]], scratch: Path
) -> Iterator[list[Running]]:
    """All of these at once, each with its files, into pipes."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Running(follower, paths, scratch / f"follower-{at}"))
            for at, (follower, paths) in enumerate(followers)
        ]


def make_files(folder: Path, count: int, lines: int = 1) -> list[Path]:
    """So many logs, each with so many lines, anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = [folder / f"service-{number:05}.log" for number in range(count)]
    for path in paths:
        path.write_bytes(b"2026-01-02T03:04:05.000Z INFO quiet here\n" * lines)
    return paths
