"""Ends of processes, forks, and loops that wait for each other: whole programs."""

import os
import re
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.timeout(60)


def program(text: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(text)],
        capture_output=True, text=True, timeout=20, check=False, env={**os.environ, **env},
    )  # fmt: skip


# 9: the end of the process


def test_a_thread_that_never_returns_is_named_and_does_not_hold_up_the_end() -> None:
    done = program(
        """
        import asyncio, threading
        from plait.bridge import run_in_thread

        def never_returns():
            began.set()
            threading.Event().wait()

        async def main():
            task = asyncio.create_task(run_in_thread(never_returns))
            await run_in_thread(began.wait)

        began = threading.Event()
        asyncio.run(main())
        print("ended")
        """
    )
    assert done.returncode == 0
    assert done.stdout == "ended\n"
    assert re.fullmatch(
        r"plait: .* left behind: plait worker \d: never_returns \(<string>:7\)\n", done.stderr
    )


def test_a_quiet_end_says_nothing() -> None:
    done = program(
        """
        import asyncio
        from plait.bridge import LoopThread, run_in_thread

        async def main():
            return await run_in_thread(len, "x")

        with LoopThread() as loop:
            print(loop.call(main))
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


# 9: fork


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_is_refused_the_parents_loop_and_starts_its_own() -> None:
    done = program(
        """
        import asyncio, os, sys, warnings
        from plait.bridge import LoopThread, Portal, run_in_thread
        from plait.errors import LoopClosed
        warnings.simplefilter("ignore", DeprecationWarning)

        def say(*words):
            os.write(1, (" ".join(map(str, words)) + "\\n").encode())

        async def main():
            return await run_in_thread(len, "x")

        with LoopThread() as loop:
            loop.call(main)
            child = os.fork()
            try:
                loop.call(main)
                say("the parent's loop works")
            except LoopClosed:
                say("refused")
            if child == 0:
                with LoopThread() as own:
                    say("the child's own:", own.call(main))
                say("and asyncio:", asyncio.run(main()))
            else:
                say("child ended with", os.waitpid(child, 0)[1])
        """
    )
    assert done.stderr == ""
    assert sorted(done.stdout.splitlines()) == [
        "and asyncio: 1",
        "child ended with 0",
        "refused",
        "the child's own: 1",
        "the parent's loop works",
    ]
    assert done.returncode == 0


# a circle of loops


def test_two_loops_whose_threads_wait_for_each_other_are_an_error() -> None:
    done = program(
        """
        import threading
        from plait.bridge import LoopThread
        from plait.errors import WouldDeadlock

        both = threading.Barrier(2)

        async def nothing():
            pass

        async def wait_for(other):
            both.wait()
            other.call(nothing)

        with LoopThread("one") as one, LoopThread("two") as two:
            calls = [one.start(wait_for, two), two.start(wait_for, one)]
            for call in calls:
                try:
                    call.result()
                    print("went on")
                except WouldDeadlock as error:
                    print("refused")
                    assert str(error).count("in wait_for") == 2, str(error)
        """
    )
    assert done.stderr == ""
    assert "refused" in done.stdout
    assert done.returncode == 0
