"""The channel beside janus and culsans: items across, both ways, and an echo on one core.

Every round measures all of them, one after another; the table shows medians, and how many times
as fast the channel is. `pip install janus culsans` (and uvloop) for the peers.
"""

import argparse
import asyncio
import importlib
import importlib.util
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

from plait.bridge.channel import Channel


class Faces:
    """One queue with its blocking and its asynchronous methods."""

    put: Callable[[int], object]
    get: Callable[[], int]
    aput: Callable[[int], Awaitable[object]]
    aget: Callable[[], Awaitable[int]]


class OfChannel(Faces):
    def __init__(self, capacity: int) -> None:
        channel: Channel[int] = Channel(capacity)
        self.put, self.get = channel.blocking.put, channel.blocking.get
        self.aput, self.aget = channel.asynchronous.put, channel.asynchronous.get


class OfPeer(Faces):
    """janus and culsans have the same methods; neither is typed for us."""

    def __init__(self, package: str, capacity: int) -> None:
        queue: Any = importlib.import_module(package).Queue(maxsize=capacity)
        self.put, self.get = queue.sync_q.put, queue.sync_q.get
        self.aput, self.aget = queue.async_q.put, queue.async_q.get


async def to_loop(queue: Faces, count: int) -> float:
    """Seconds an item, from a thread to a task."""

    def produce() -> None:
        put = queue.put
        for number in range(count):
            put(number)

    get = queue.aget
    with thread(produce):
        begun = perf_counter()
        for _ in range(count):
            await get()
        return (perf_counter() - begun) / count


async def to_thread(queue: Faces, count: int) -> float:
    """Seconds an item, from a task to a thread."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def consume() -> None:
        get = queue.get
        for _ in range(count):
            get()
        loop.call_soon_threadsafe(done.set)

    put = queue.aput
    with thread(consume):
        begun = perf_counter()
        for number in range(count):
            await put(number)
        await done.wait()
        return (perf_counter() - begun) / count


async def echo(there: Faces, back: Faces, count: int) -> float:
    """Seconds a round trip: a thread sends one item and waits for its echo."""
    loop, done, taken = asyncio.get_running_loop(), asyncio.Event(), 0.0

    def ask() -> None:
        nonlocal taken
        begun = perf_counter()
        for number in range(count):
            there.put(number)
            back.get()
        taken = (perf_counter() - begun) / count
        loop.call_soon_threadsafe(done.set)

    with thread(ask):
        for _ in range(count):
            await back.aput(await there.aget())
        await done.wait()
    return taken


@contextmanager
def thread(work: Callable[[], None]) -> Iterator[None]:
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        yield
    finally:
        worker.join()


@contextmanager
def one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def make(name: str, capacity: int) -> Callable[[], Faces]:
    return lambda: OfChannel(capacity) if name == "plait" else OfPeer(name, capacity)


def measure(what: str, name: str, capacity: int, count: int, run: Callable[..., float]) -> float:
    new = make(name, capacity)

    async def once() -> float:
        if what == "echo":
            return await echo(new(), new(), count // 20)
        return await (to_loop if what == "to loop" else to_thread)(new(), count)

    if what != "echo":
        return run(once())
    with one_core():
        return run(once())


def installed(names: Iterable[str]) -> list[str]:
    return [name for name in names if importlib.util.find_spec(name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--capacity", type=int, nargs="+", default=[16, 128, 1024])
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    run = importlib.import_module("uvloop").run if options.uvloop else asyncio.run
    names = ["plait", *installed(["janus", "culsans"])]
    rows = [(what, size) for size in options.capacity for what in ("to loop", "to thread")]
    print(f"us an item; {options.items} items, median of {options.rounds} rounds")
    for what, size in [*rows, ("echo", 16)]:
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                times[name].append(measure(what, name, size, options.items, run))
        medians = {name: median(taken) for name, taken in times.items()}
        cells = [
            f"{name} {taken * 1e6:.2f} ({taken / medians['plait']:.1f})"
            for name, taken in medians.items()
        ]
        print(f"{what:10} capacity {size:5}  " + "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
