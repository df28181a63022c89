"""A virtual screen for tests that show windows."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.examples.programs import needs


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """An X server of our own while the block lasts; the environment for programs shown on it."""
    needs("Xvfb")
    reads, writes = os.pipe()
    words = ["Xvfb", "-displayfd", str(writes), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, pass_fds=[writes], stderr=subprocess.DEVNULL)
    try:
        os.close(writes)
        with open(reads, encoding="ascii") as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield {**os.environ, "DISPLAY": f":{number}"}
    finally:
        server.kill()
        server.wait()
