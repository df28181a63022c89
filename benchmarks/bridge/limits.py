"""What the machine and the language allow, with nothing around it: no peer, no plait."""

import asyncio
import os
import select
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from benchmarks.bridge.comparison import Row, Side


def ping_pong(answer: Callable[[], None], ask: Callable[[], None], calls: int) -> float:
    other = threading.Thread(target=answer)
    other.start()
    begun = perf_counter()
    ask()
    other.join()
    return (perf_counter() - begun) / calls


async def lock(calls: int) -> float:
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

    return ping_pong(answer, ask, calls)


async def event(calls: int) -> float:
    one, two, poll = os.eventfd(0), os.eventfd(0), select.epoll()
    poll.register(two, select.EPOLLIN)

    def answer() -> None:
        for _ in range(calls):
            os.eventfd_read(one)
            os.eventfd_write(two, 1)

    def ask() -> None:
        for _ in range(calls):
            os.eventfd_write(one, 1)
            poll.poll()
            os.eventfd_read(two)

    try:
        return ping_pong(answer, ask, calls)
    finally:
        poll.close()
        os.close(one)
        os.close(two)


async def turn(calls: int) -> float:
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
    begun = perf_counter()
    os.eventfd_write(event, 1)
    await done
    taken = perf_counter() - begun
    loop.remove_reader(event)
    os.close(event)
    return taken / calls


async def items(calls: int) -> float:
    """A thread appends them all, then this one takes them: nobody waits for an item."""
    passed: deque[int] = deque()

    def produce() -> None:
        for number in range(calls):
            passed.append(number)

    producer = threading.Thread(target=produce)
    begun = perf_counter()
    producer.start()
    producer.join()
    for _ in range(calls):
        passed.popleft()
    return (perf_counter() - begun) / calls


def row(what: str, side: Side) -> Row:
    @asynccontextmanager
    async def sides() -> AsyncIterator[tuple[Side]]:
        yield (side,)

    return Row("limit", what, "", sides, least=16)


ROWS = [
    row("two locks, there and back", lock),
    row("eventfd and epoll, there and back", event),
    row("a turn of the loop by eventfd", turn),
    row("an item through a deque", items),
]
