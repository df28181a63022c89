"""Hashes written to two servers at once, and read back: redis-py's asyncio client.

    redis-server --port 6379 &  redis-server --port 6380 &
    python examples/redis_hashes/hashes.py redis://127.0.0.1:6379 redis://127.0.0.1:6380

Each server has a pool of connections and a coroutine a hash; all wait at the same time, in one
thread.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine

from redis.asyncio import BlockingConnectionPool, Redis
from servers import DEFAULT_URLS, Server, ServerProblem, named, servers_of, texts

from plait.bridge import loop_factory


def user(number: int) -> dict[str, str]:
    """What a hash holds."""
    return {"name": f"user {number}", "visits": str(number * number)}


async def write_and_read(client: Redis, server: Server, number: int) -> None:
    with named(server):
        # mypy: a dict[str, str] would do, but the keys of a mapping are invariant.
        await client.hset(f"user:{number}", mapping=user(number))  # type: ignore[arg-type]
        if await client.hgetall(f"user:{number}") != user(number):
            raise ServerProblem(server, f"user:{number} has changed", "is somebody else writing?")


async def fill(server: Server, options: argparse.Namespace) -> None:
    """Write and read so many hashes, in any order, through at most so many connections."""
    # It lets wait who finds no connection free; the plain ConnectionPool raises.
    pool = BlockingConnectionPool.from_url(
        server.url,
        max_connections=options.connections,
        timeout=None,
        socket_timeout=options.patience,
        decode_responses=True,
    )
    # The client owns the pool and closes it.
    async with Redis.from_pool(pool) as client, asyncio.TaskGroup() as tasks:
        for number in range(options.hashes):
            tasks.create_task(write_and_read(client, server, number))
    print(f"{server}: {options.hashes} hashes written and read", flush=True)


Fill = Callable[[Server, argparse.Namespace], Coroutine[None, None, None]]


async def fill_all(fill: Fill, servers: list[Server], options: argparse.Namespace) -> None:
    """All servers at once; where one fails, the others are left half done."""
    async with asyncio.TaskGroup() as tasks:
        for server in servers:
            tasks.create_task(fill(server, options))


def run(fill: Fill) -> None:
    """The program around it: choices in, an exit code or an error of one line a problem out."""
    parser = argparse.ArgumentParser(description="Write hashes to each Redis and read them back.")
    parser.add_argument("urls", nargs="*", metavar="URL", help=f"or REDIS_URLS ({DEFAULT_URLS})")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--hashes", type=int, default=1000, help="for each server (1000)")
    parser.add_argument("--connections", type=int, default=10, help="to each server (10)")
    parser.add_argument("--patience", type=float, default=5, help="seconds for an answer (5)")
    options = parser.parse_args()
    servers = servers_of(parser, options.urls)
    problems: list[str] = []
    try:
        with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
            runner.run(fill_all(fill, servers, options))
    except* ServerProblem as group:
        # What is raised in here would become part of a group again.
        problems = texts(group)
    except* KeyboardInterrupt:
        pass
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    run(fill)
