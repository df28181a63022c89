"""A bounded queue with a thread at one end and a task at the other, one item at a time.

Of aiologic it is the queue that culsans stands on. aiomisc's channel goes one way only.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter

from benchmarks.bridge.comparison import Goal, Row, Side
from plait.bridge import Channel

CAPACITIES = (16, 128, 1024)


@dataclass(frozen=True)
class Queue:
    """What a thread calls and what a task awaits."""

    put: Callable[[int], object]
    get: Callable[[], int]
    aput: Callable[[int], Awaitable[object]]
    aget: Callable[[], Awaitable[int]]


Make = Callable[[int], Queue]


def of_plait(capacity: int) -> Queue:
    channel: Channel[int] = Channel(capacity)
    blocking, asynchronous = channel.blocking, channel.asynchronous
    return Queue(blocking.put, blocking.get, asynchronous.put, asynchronous.get)


def of_janus(capacity: int) -> Queue:
    queue = import_module("janus").Queue(capacity)
    return Queue(queue.sync_q.put, queue.sync_q.get, queue.async_q.put, queue.async_q.get)


def of_culsans(capacity: int) -> Queue:
    queue = import_module("culsans").Queue(capacity)
    return Queue(queue.sync_q.put, queue.sync_q.get, queue.async_q.put, queue.async_q.get)


def of_aiologic(capacity: int) -> Queue:
    queue = import_module("aiologic").Queue(capacity)
    return Queue(queue.green_put, queue.green_get, queue.async_put, queue.async_get)


@contextmanager
def thread(work: Callable[[], None]) -> Iterator[None]:
    """A thread that has ended, or is about to, when the block is left."""
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    yield
    worker.join()


def to_loop(make: Make, capacity: int) -> Side:
    async def side(count: int) -> float:
        queue = make(capacity)

        def produce() -> None:
            put = queue.put
            for number in range(count):
                put(number)

        get = queue.aget
        begun = perf_counter()
        with thread(produce):
            for _ in range(count):
                await get()
            return (perf_counter() - begun) / count

    return side


def to_thread(make: Make, capacity: int) -> Side:
    async def side(count: int) -> float:
        queue = make(capacity)
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def consume() -> None:
            get = queue.get
            for _ in range(count):
                get()
            loop.call_soon_threadsafe(done.set)

        put = queue.aput
        begun = perf_counter()
        with thread(consume):
            for number in range(count):
                await put(number)
            await done.wait()
            return (perf_counter() - begun) / count

    return side


def echo(make: Make, capacity: int) -> Side:
    """A thread sends one item and waits for its echo."""

    async def side(count: int) -> float:
        there, back = make(capacity), make(capacity)
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def ask() -> None:
            for number in range(count):
                there.put(number)
                back.get()
            loop.call_soon_threadsafe(done.set)

        begun = perf_counter()
        with thread(ask):
            for _ in range(count):
                await back.aput(await there.aget())
            await done.wait()
            return (perf_counter() - begun) / count

    return side


def row(
    group: str,
    capacity: int,
    way: Callable[[Make, int], Side],
    peer: str,
    make: Make,
    *,
    goals: tuple[Goal, ...] = (),
    cores: int = 0,
) -> Row:
    @asynccontextmanager
    async def sides() -> AsyncIterator[tuple[Side, Side]]:
        yield way(make, capacity), way(of_plait, capacity)

    what = f"capacity {capacity}"
    # At first the queue is empty, which is not how it is later.
    least = 1 if way is echo else 2 * capacity
    return Row(group, what, f"{peer}.Queue", sides, (peer,), goals, least=least, cores=cores)


JANUS = (Goal(1 / 20, worst=1 / 8, cores=2),)
CULSANS = (Goal(1 / 5, worst=1 / 4, cores=2),)
ECHO = (Goal(1 / 5),)
WAYS: list[tuple[str, Callable[[Make, int], Side]]] = [
    ("queue to the loop", to_loop),
    ("queue to a thread", to_thread),
]

ROWS = [
    made
    for group, way in WAYS
    for made in (
        *(row(group, size, way, "janus", of_janus, goals=JANUS) for size in CAPACITIES),
        *(row(group, size, way, "culsans", of_culsans, goals=CULSANS) for size in CAPACITIES),
        row(group, 128, way, "aiologic", of_aiologic),
    )
] + [
    row("queue echo", 16, echo, "janus", of_janus, goals=ECHO, cores=1),
    row("queue echo", 16, echo, "culsans", of_culsans, goals=ECHO, cores=1),
    row("queue echo", 16, echo, "aiologic", of_aiologic, cores=1),
]
