"""Programs and servers that the tests of the examples start, wait for, and end by their id."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LEFTOVERS = Path(__file__).parent / "leftovers.py"
#: Seconds in which anything that is waited for must happen.
PATIENCE = 30.0

Process = subprocess.Popen[str]


def needs(*commands: str) -> None:
    """Skip the test where one of these is not installed; in CI that is a failure."""
    for command in commands:
        if shutil.which(command) is None:
            if os.environ.get("PLAIT_TEST_ALL"):
                pytest.fail(f"{command} is not installed")
            pytest.skip(f"{command} is not installed")


def run(program: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """A program of the examples (`chat/client.py`), to its end."""
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / program), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def started(*words: str | Path, ready: str = "") -> Iterator[Process]:
    """A process while the block lasts; with `ready`, its first line must begin so."""
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        if ready:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith(ready), first + process.communicate()[1]
            process.first_line = first  # type: ignore[attr-defined]  # for who wants the port
        yield process
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
