"""Real plaits killed at random moments, under load, with rotations going on: nothing is lost.

30 kills here; `PLAIT_KILLS=500` asks for more, `PLAIT_SEED` for other moments.
"""

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plait.apps.verify import Settings, verify

KILLS = int(os.environ.get("PLAIT_KILLS", "30"))
SEED = int(os.environ.get("PLAIT_SEED", "1"))
# The real command; it commits more often, so that more is to be hit.
PROGRAM = """
import os, sys
from plait import keeping
from plait.apps.cli import main
keeping._PAUSE, keeping._GROWN = float(sys.argv[1]), int(sys.argv[2])
os.write(2, b"begun\\n")
sys.exit(main(sys.argv[3:]))
"""


class Log:
    """A log that a thread writes to and rotates as logrotate does, the older ones compressed."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.path = path
        self.dice = dice
        self.number = 0
        self.rotations = 0
        self.file = self._open()

    def write(self) -> None:
        lines = []
        for _ in range(self.dice.randrange(1, 30)):
            self.number += 1
            now = time.time_ns()
            clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
            text = f"{clock}.{now % 10**9 // 1000:06}Z {self.path.stem} #{self.number} "
            text += "x" * self.dice.randrange(60)
            if not self.dice.randrange(20):
                text += "\nTraceback:\n  in main\nError"
            lines.append(f"{text}\n")
        os.write(self.file, "".join(lines).encode())

    def rotate(self) -> None:
        self.rotations += 1
        oldest = 1
        while self._old(oldest):
            oldest += 1
        for number in range(oldest - 1, 0, -1):
            old = self._old(number)
            assert old is not None
            old.rename(
                self.path.with_name(old.name.replace(f".log.{number}", f".log.{number + 1}"))
            )
        self.path.rename(f"{self.path}.1")
        os.close(self.file)
        self.file = self._open()
        if (second := Path(f"{self.path}.2")).exists() and self.dice.randrange(3):
            self._compress(second)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def _old(self, number: int) -> Path | None:
        names = (Path(f"{self.path}.{number}{end}") for end in ("", ".gz"))
        return next((path for path in names if path.exists()), None)

    @staticmethod
    def _compress(path: Path) -> None:
        """As gzip does: beside it, with its time, and then without it."""
        status = path.stat()
        with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", 6) as packed:
            shutil.copyfileobj(plain, packed)
        os.utime(f"{path}.gz", ns=(status.st_atime_ns, status.st_mtime_ns))
        path.unlink()


@contextmanager
def written(logs: list[Log], dice: random.Random) -> Iterator[None]:
    """While the block lasts, threads write the logs and rotate them."""
    over = threading.Event()

    def work(log: Log, mine: random.Random) -> None:
        rotation = time.monotonic() + mine.uniform(0.1, 0.5)
        while not over.wait(mine.expovariate(300)):
            log.write()
            if time.monotonic() >= rotation:
                log.rotate()
                rotation = time.monotonic() + mine.uniform(0.1, 1.0)

    threads = [
        threading.Thread(target=work, args=(log, random.Random(dice.random()))) for log in logs
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def start(output: Path, sources: list[str], dice: random.Random) -> "subprocess.Popen[bytes]":
    """A plait past its imports."""
    pause, grown = dice.choice(("0.005", "0.03", "0.2")), dice.choice(("3000", "1000000"))
    words = ["merge", "-f", "--resume", "-v", "-o", str(output), *sources]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, pause, grown, *words], stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"begun\n"
    return process


def kill(process: "subprocess.Popen[bytes]", after: float) -> str:
    """Kill it after so many seconds; what it said."""
    with process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()
    return said.decode()


def heard(process: "subprocess.Popen[bytes]", what: str, logs: list[Log]) -> str:
    """All that it says until it has said this of every log."""
    assert process.stderr is not None
    said = ""
    missing = {f"{log.path}: {what}" for log in logs}
    while missing:
        line = process.stderr.readline().decode()
        assert line, said
        said += line
        missing = {each for each in missing if each not in line}
    return said


def finish(process: "subprocess.Popen[bytes]", logs: list[Log]) -> str:
    """Stop it when it has caught up with all logs; what it said."""
    with process:
        said = heard(process, "caught up", logs)
        process.send_signal(signal.SIGTERM)
        said += process.communicate()[1].decode()
    assert process.returncode == 0, said
    return said


@pytest.mark.timeout(60 + 5 * KILLS)
@pytest.mark.parametrize("pattern", ["*.log", "*.log*"])
def test_after_any_number_of_kills_each_record_is_there_once(tmp_path: Path, pattern: str) -> None:
    dice = random.Random(SEED)
    folder = tmp_path / "logs"
    folder.mkdir()
    logs = [Log(folder / f"{name}.log", dice) for name in ("api", "worker", "web")]
    output, sources = tmp_path / "out.log", [str(folder / pattern)]
    # What is rotated away before the first plait has looked is none of its business.
    first = start(output, sources, dice)
    said = [heard(first, "caught up", logs)]
    with written(logs, dice):
        said.append(kill(first, 0.3))
        said += [
            kill(start(output, sources, dice), dice.expovariate(4)) for _ in range(KILLS // 2 - 1)
        ]
    said.append(finish(start(output, sources, dice), logs))
    files = sorted(str(path) for path in folder.iterdir())
    verdict = verify(str(output), files, Settings(late=None))
    assert verdict.holds, f"{verdict.fault}\n{''.join(said)}"
    assert sum(log.rotations for log in logs) > 3
    assert any(path.endswith(".gz") for path in files)
