"""A folder, writers in it and a follower of what they write: where a scenario takes place."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from benchmarks.torture.followers import Follower
from benchmarks.torture.lines import Ledger

_ROOT = Path(__file__).parents[2]
#: A follower that has said nothing for so long (s) will not say more.
_PATIENCE = 4.0
#: From the start to the first line: rsyslog and syslog-ng take a second, a busy machine more.
_BEGIN = 20.0
_BLOCK = 2**20
_SOON = 0.01


class Writer:
    """A process that writes to files; every command returns when it is obeyed."""

    def __init__(
        self, seed: int, rate: float, files: Sequence[tuple[int, Path]], *, shared: bool = False
    ) -> None:
        words = [str(seed), str(rate), "shared" if shared else "alone"]
        words += [f"{stream}:{path}" for stream, path in files]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.torture.writer", *words],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.files = [path for _, path in files]
        self.numbers: dict[int, int] = {}

    def tell(self, command: str) -> None:
        """Have it obey."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(command.encode() + b"\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise RuntimeError(f"a writer ended at {command!r}, exit {self._process.wait()}")
        self.numbers = {int(stream): number for stream, number in json.loads(answer).items()}

    def end(self) -> None:
        """End the process, however it is."""
        self._process.kill()
        self._process.communicate()


class Running:
    """A follower's process, which may be stopped, killed and started again."""

    def __init__(self, follower: Follower, words: list[str], output: Path, scratch: Path) -> None:
        self._follower, self._words = follower, words
        self._output, self._scratch = output, scratch
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = (scratch / "follower.err").open("ab")

    def start(self) -> None:
        """Start it, or start it again."""
        with contextlib.ExitStack() as stack:
            stdout: int | IO[bytes] = subprocess.DEVNULL
            if self._follower.to_stdout:
                stdout = stack.enter_context(self._output.open("ab"))
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=self._log
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it and wait for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def ended(self) -> int | None:
        """The exit status, if it has ended."""
        return None if self._process is None else self._process.poll()

    def end(self) -> None:
        """Let it end by itself, or else kill it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()


class Stage:
    """What a scenario acts on."""

    def __init__(
        self, folder: Path, rng: random.Random, show: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.output = folder / "output"
        self.rng = rng
        self.writers: list[Writer] = []
        self.ledger = Ledger()
        self.running: Running | None = None
        self.kept: list[int] = []  # descriptors of files that were deleted
        self._show = show
        self._read = 0

    def add_writer(
        self, rate: float, files: Sequence[tuple[int, Path]], *, shared: bool = False
    ) -> None:
        """Start a writer, which does not write yet; `shared` if others write these files too."""
        seed = self.rng.randrange(2**32)
        self.writers.append(Writer(seed, rate, files, shared=shared))

    def tell(self, command: str) -> None:
        """Tell all writers."""
        for writer in self.writers:
            writer.tell(command)

    @property
    def written(self) -> dict[int, int]:
        """The last number of each stream, as of the last command."""
        return {stream: n for writer in self.writers for stream, n in writer.numbers.items()}

    def start(self, follower: Follower, patterns: list[str], *, resume: bool) -> None:
        """Start the follower."""
        scratch = self.folder / "scratch"
        scratch.mkdir()
        words = follower.words(patterns, self.output, scratch, resume=resume)
        self.running = Running(follower, words, self.output, scratch)
        self.running.start()

    def settle(self, patience: float = _PATIENCE) -> bool:
        """Wait until the follower has all that was written; False if it goes no further."""
        deadline = time.monotonic() + patience
        wanted = sum(self.written.values())
        while self.ledger.distinct < wanted:
            if self.take():
                deadline = time.monotonic() + patience
            elif time.monotonic() > deadline:
                return False
            else:
                time.sleep(_SOON)
        return True

    def begin(self) -> bool:
        """Wait until the follower has what was written before it began."""
        return self.settle(_BEGIN)

    def take(self) -> bool:
        """Count what the follower has written; whether it was anything."""
        with contextlib.suppress(FileNotFoundError), self.output.open("rb") as file:
            file.seek(self._read)
            data = file.read(_BLOCK)
            self._read += len(data)
            self.ledger.feed(data)
            return bool(data)
        return False

    def take_rest(self) -> None:
        """The same to the end."""
        while self.take():
            pass
        self.ledger.end()

    def rest(self, least: float, most: float) -> None:
        """Let so many seconds pass."""
        time.sleep(self.rng.uniform(least, most))

    def held(self) -> Ledger:
        """The lines that are in files."""
        ledger = Ledger()
        for path in sorted(self.logs.rglob("*")):
            if path.is_file() and not path.is_symlink():
                ledger.feed(path.read_bytes())
                ledger.end()
        return ledger

    def close(self) -> None:
        """End all processes."""
        for writer in self.writers:
            writer.end()
        if self.running is not None:
            self.running.end()
        for fd in self.kept:
            os.close(fd)
