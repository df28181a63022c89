"""Calls in other processes: cancelled half way, replaced, and a loop that goes on meanwhile."""

import os
import re
import signal
import sys

import pytest

from plait.bridge.loops import LOOPS
from tests.examples.programs import EXAMPLES, PATIENCE, run, started

PRIMES = "process_pool/primes.py"
SUMMARY = re.compile(r"(\d+) calls, (\d+) workers killed; meanwhile the loop ticked (\d+) times")

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.parametrize("loop", LOOPS),
]


def test_every_limit_is_counted_chunk_by_chunk(loop: str) -> None:
    done = run(PRIMES, "100", "1000", "--chunk", "50", "--loop", loop)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("100:")] == [
        "100: 15 primes below 50",
        "100: 25 primes below 100",
        "100: done",
    ]
    assert "1000: 168 primes below 1000" in lines
    assert SUMMARY.fullmatch(lines[-1])


def test_a_call_cancelled_half_way_leaves_its_worker_to_nobody_and_the_rest_is_counted(
    loop: str,
) -> None:
    endless, chunk = f"{10**12}@3", str(10**12)
    done = run(PRIMES, endless, "100", "1000", "--chunk", chunk, "--workers", "1", "--loop", loop)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, summary = done.stdout.splitlines()
    # There is one worker: the others were counted by the one that replaced it.
    assert lines[0] == f"{10**12}: given up at 0"
    assert sorted(lines[1:]) == [
        "1000: 168 primes below 1000",
        "1000: done",
        "100: 25 primes below 100",
        "100: done",
    ]
    facts = SUMMARY.fullmatch(summary)
    assert facts is not None
    calls, killed, ticks = map(int, facts.groups())
    assert (calls, killed) == (3, 1)
    assert ticks > 10  # of about 300


def test_ctrl_c_kills_what_counts(loop: str) -> None:
    program = (sys.executable, "-W", "error", EXAMPLES / PRIMES)
    words = (f"{10**12}", f"{10**12 + 1}", "--chunk", "1000", "--loop", loop)
    with started(*program, *words, ready="100000000000") as process:
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        # The workers have the same standard output, so its end is also theirs.
        out, err = process.communicate(timeout=PATIENCE)
    assert SUMMARY.fullmatch(out.splitlines()[-1])
    assert (process.returncode, err) == (130, "")
