"""How many programs in; programs that write and rotate logs, while a block lasts, out."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from plait.apps import writer
from plait.errors import SourceError

# Name of the log and what `plait.apps.writer` calls its lines.
_KINDS: Final = (
    ("api", "iso"),
    ("system", "syslog"),
    ("worker", "python"),
    ("web", "clf"),
    ("sensor", "epoch"),
    ("events", "json"),
    ("node", "glog"),
    ("orders", "log4j"),
)
# A writer that was told to stop needs milliseconds; one that hangs is killed after so long.
_PATIENCE: Final = 5.0


class Writers:
    """Programs that each write a log into `folder` until the block is left.

    1. Every program that was started is waited for when the block is left, whatever happened.
    2. If this process is killed, they end by themselves: their standard input does.
    """

    def __init__(self, folder: Path, count: int, *, rate: int, interval: float, east: int) -> None:
        """`rate` is in records a second each; `interval` is what lies between two rotations."""
        self.problems: list[str] = []
        self._logs = [(_log(folder, number), _kind(number)) for number in range(count)]
        self._numbers = [str(rate), f"{interval:.3f}", str(east)]
        self._errors = folder / ".errors"  # hidden, so that no glob takes it for a log
        self._running: list[tuple[Path, subprocess.Popen[bytes]]] = []
        self._pipe: tuple[int, ...] = ()
        self._stopping = threading.Lock()  # a cancelled stop goes on in its thread

    @property
    def sources(self) -> list[str]:
        """The logs as sources, each named for its file."""
        return [f"{path}{settings(kind, path.name)}" for path, kind in self._logs]

    def files(self) -> list[str]:
        """All files there are, rotated ones too, as sources."""
        return [
            f"{file}{settings(kind)}"
            for path, kind in self._logs
            for file in sorted(path.parent.glob(f"{path.name}*"), key=_age)
        ]

    def patterns(self) -> list[str]:
        """The same as patterns, for people to type; the last alone stands for all of them."""
        folder = self._logs[0][0].parent
        special = {
            f"{folder}/{name}*.log*{settings(kind)}"
            for name, kind in _KINDS[: len(self._logs)]
            if settings(kind)
        }
        return [*sorted(special), f"{folder}/*.log*"]

    def __enter__(self) -> Self:
        # One pipe for all: closing our end, the only one that writes, stops them.
        self._pipe = os.pipe()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Iterator[None]:
        """Start one program a step, so that others have their turn in between."""
        try:
            with self._errors.open("ab") as errors:
                for path, kind in self._logs:
                    self._running.append((path, self._started(path, kind, errors.fileno())))
                    yield
        except OSError as error:
            raise SourceError("a program", f"cannot be started: {error.strerror}") from error

    def stop(self) -> None:
        """Tell all to stop and wait until they have; may be called again, and blocks."""
        with self._stopping:
            while self._pipe:
                os.close(self._pipe[-1])
                self._pipe = self._pipe[:-1]
            while self._running:
                path, process = self._running[-1]
                _wait(process)
                self._running.pop()
                if process.returncode:
                    self.problems.append(f"the writer of {path.name} {self._why(process)}")

    def _started(self, path: Path, kind: str, errors: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", writer.__file__, str(path), kind, *self._numbers],
            stdin=self._pipe[0],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            process_group=0,  # the Ctrl-C at the terminal is for us
        )

    def _why(self, process: "subprocess.Popen[bytes]") -> str:
        said: list[str] = []
        with suppress(OSError):
            said = self._errors.read_text("utf-8", "replace").splitlines()
        last = f": {said[-1]}" if said else ""
        return f"ended with exit status {process.returncode}{last}"


def settings(kind: str, label: str | None = None) -> str:
    """What a log of this kind needs to be told about it, as a source's query."""
    query = [f"label={label}"] if label else []
    if kind == "epoch":
        query.append("time-format=epoch")  # from a first line alone it is not to be guessed
    return f"?{'&'.join(query)}" if query else ""


def _kind(number: int) -> str:
    return _KINDS[number % len(_KINDS)][1]


def _log(folder: Path, number: int) -> Path:
    turn, kind = divmod(number, len(_KINDS))
    name = _KINDS[kind][0]
    return folder / (f"{name}-{turn + 1}.log" if turn else f"{name}.log")


def _age(path: Path) -> int:
    """The oldest first: the one with the largest number."""
    number = path.suffix[1:]
    return -int(number) if number.isdecimal() else 0


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
