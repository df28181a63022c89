"""Calls between coroutines and threads, as ratios to asyncio's own.

`python benchmarks/bridge/calls.py` prints one table: a row a kind of call, pinned to one core
and free, on asyncio and (where installed) uvloop; each figure is the median of the rounds, peer
and plait by turns in one process. Below it the physical limits of this machine, and the system
calls a call, if strace is installed.
"""

import argparse
import asyncio
import functools
import importlib.util
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable
from statistics import median
from time import perf_counter
from typing import Any

from plait.bridge import LoopThread, run_in_thread

HOME = os.path.abspath(__file__)

# What is compared, microseconds of the peer's and of ours, the ratio, the ratio wanted.
Row = tuple[str, float, float, float, float]

Caller = Callable[[Callable[[], None]], Awaitable[None]]


def nothing() -> None:
    pass


async def nothing_async() -> None:
    pass


def factory(loop: str) -> Callable[[], asyncio.AbstractEventLoop]:
    if loop == "uvloop":
        import uvloop

        return uvloop.new_event_loop  # type: ignore[no-any-return]  # untyped where not installed
    return asyncio.new_event_loop


# coroutine -> thread


async def per_call(call: Caller, callers: int, calls: int) -> float:
    async def one() -> None:
        for _ in range(calls // callers):
            await call(nothing)

    begin = perf_counter()
    await asyncio.gather(*(one() for _ in range(callers)))
    return (perf_counter() - begin) / (calls // callers * callers)


async def into_threads(rounds: int, calls: int) -> list[Row]:
    peers: dict[str, Caller] = {"asyncio.to_thread": asyncio.to_thread}
    if importlib.util.find_spec("anyio"):
        import anyio.to_thread

        limiter = anyio.CapacityLimiter(64)
        peers["anyio.to_thread.run_sync"] = functools.partial(
            anyio.to_thread.run_sync, limiter=limiter
        )
    rows = []
    for name, peer in peers.items():
        for callers, goal in (1, 0.25), (64, 0.13):
            pairs = [
                (
                    await per_call(peer, callers, calls),
                    await per_call(run_in_thread, callers, calls),
                )
                for _ in range(rounds)
            ]
            rows.append(row(f"coroutine -> thread, {callers} callers / {name}", pairs, goal))
    return rows


# thread -> loop


def from_threads(call: Callable[[], object], threads: int, calls: int) -> float:
    start = threading.Barrier(threads + 1)

    def work() -> None:
        start.wait()
        for _ in range(calls // threads):
            call()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = perf_counter()
    for worker in workers:
        worker.join()
    return (perf_counter() - begin) / (calls // threads * threads)


def into_loop(loop: str, rounds: int, calls: int) -> list[Row]:
    rows = []
    with LoopThread(loop_factory=factory(loop)) as ours:
        target = ours.portal.loop
        portal = ours.portal

        def native() -> None:
            asyncio.run_coroutine_threadsafe(nothing_async(), target).result()

        kinds: list[tuple[str, float, Callable[[], object]]] = [
            ("coroutine", 0.35, lambda: portal.call(nothing_async)),
            ("plain function", 0.22, lambda: portal.call_function(nothing)),
        ]
        for kind, goal, call in kinds:
            for threads in 1, 8:
                pairs = [
                    (from_threads(native, threads, calls), from_threads(call, threads, calls))
                    for _ in range(rounds)
                ]
                name = f"thread -> loop, {kind}, {threads} threads / run_coroutine_threadsafe"
                rows.append(row(name, pairs, goal))
    return rows


def row(name: str, pairs: list[tuple[float, float]], goal: float) -> Row:
    peer = median(peer for peer, _ in pairs) * 1e6
    ours = median(ours for _, ours in pairs) * 1e6
    return name, peer, ours, median(ours / peer for peer, ours in pairs), goal


# what the machine and the language allow


def limits(calls: int) -> list[tuple[str, float]]:
    left, right = threading.Lock(), threading.Lock()
    left.acquire()
    right.acquire()

    def answer() -> None:
        for _ in range(calls):
            left.acquire()
            right.release()

    def ask() -> None:
        for _ in range(calls):
            left.release()
            right.acquire()

    one, two = os.eventfd(0), os.eventfd(0)
    poll = select.epoll()
    poll.register(two, select.EPOLLIN)

    def answer_event() -> None:
        for _ in range(calls):
            os.eventfd_read(one)
            os.eventfd_write(two, 1)

    def ask_event() -> None:
        for _ in range(calls):
            os.eventfd_write(one, 1)
            poll.poll()
            os.eventfd_read(two)

    return [
        ("lock hand-off, there and back", ping_pong(answer, ask, calls)),
        ("eventfd and epoll, there and back", ping_pong(answer_event, ask_event, calls)),
        ("one turn of the loop, eventfd in add_reader", turn_of_loop(calls)),
    ]


def ping_pong(answer: Callable[[], None], ask: Callable[[], None], calls: int) -> float:
    other = threading.Thread(target=answer)
    other.start()
    begin = perf_counter()
    ask()
    other.join()
    return (perf_counter() - begin) / calls * 1e6


def turn_of_loop(calls: int) -> float:
    async def main() -> float:
        loop, event, left = asyncio.get_running_loop(), os.eventfd(0), calls
        done = loop.create_future()

        def on_readable() -> None:
            nonlocal left
            os.eventfd_read(event)
            left -= 1
            if left:
                os.eventfd_write(event, 1)
            else:
                done.set_result(None)

        loop.add_reader(event, on_readable)
        begin = perf_counter()
        os.eventfd_write(event, 1)
        await done
        return (perf_counter() - begin) / calls * 1e6

    return asyncio.run(main())


# system calls


async def many(call: Caller, calls: int) -> None:
    for _ in range(calls):
        await call(nothing)


def system_calls(name: str) -> float:
    """Per call: the difference of a long run and a short one, the median of three."""
    return median((_strace(name, 6000) - _strace(name, 1000)) / 5000 for _ in range(3))


def _strace(name: str, calls: int) -> int:
    with tempfile.NamedTemporaryFile() as out:
        command = ["strace", "-f", "-c", "-o", out.name, sys.executable, HOME]
        subprocess.run([*command, "--trace", name, "--calls", str(calls)], check=True)
        total = re.search(r"^100\.00.*?(\d+)\s+(?:\d+\s+)?total", out.read().decode(), re.M)
    assert total is not None
    return int(total[1])


# the table


def measure(loop: str, rounds: int, calls: int) -> dict[str, Any]:  # as JSON
    with asyncio.Runner(loop_factory=factory(loop)) as runner:
        rows = runner.run(into_threads(rounds, calls))
    return {"rows": rows + into_loop(loop, rounds, calls), "limits": limits(calls)}


def table(rounds: int, calls: int) -> None:
    loops = ["asyncio"] + ["uvloop"] * bool(importlib.util.find_spec("uvloop"))
    cores = sorted(os.sched_getaffinity(0))
    print(f"Python {sys.version.split()[0]}, {len(cores)} cores; microseconds a call, medians of")
    print(f"{rounds} rounds of {calls}; goals are design 9's for one core\n")
    for loop in loops:
        for where in cores[:1], cores:
            command = [sys.executable, HOME, "--measure", loop, "--cores", json.dumps(where)]
            command += ["--rounds", str(rounds), "--calls", str(calls)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            print(f"{loop}, {len(where)} core{'s' * (len(where) > 1)}"
                  f"{'':<62}{'peer':>8}{'plait':>8}{'ratio':>8}{'goal':>7}")  # fmt: skip
            for name, peer, ours, ratio, goal in result["rows"]:
                print(f"  {name:<72}{peer:8.1f}{ours:8.1f}{ratio:8.2f}{goal:7.2f}")
            for name, value in result["limits"]:
                print(f"  {name:<80}{value:8.1f}")
            print()
    if shutil.which("strace"):
        print("system calls a coroutine -> thread call, one caller, one core (goal 8)")
        os.sched_setaffinity(0, cores[:1])
        for name in "to_thread", "run_in_thread":
            print(f"  {name:<80}{system_calls(name):8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=6400)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=json.loads, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--trace", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.trace:
        call = run_in_thread if options.trace == "run_in_thread" else asyncio.to_thread
        asyncio.run(many(call, options.calls))
    elif options.measure:
        os.sched_setaffinity(0, options.cores)
        json.dump(measure(options.measure, options.rounds, options.calls), sys.stdout)
    else:
        table(options.rounds, options.calls)


if __name__ == "__main__":
    main()
