"""The same hashes through the blocking client, whose calls run in threads.

    redis-server --port 6379 &  redis-server --port 6380 &
    python examples/redis_hashes/blocking.py redis://127.0.0.1:6379 redis://127.0.0.1:6380

What crosses into a thread is a whole piece of blocking code, not each of its commands.
"""

import argparse
import asyncio

from hashes import run, user
from redis import BlockingConnectionPool, Redis
from servers import Server, ServerProblem, named

from plait.bridge import check_cancelled, run_in_thread

# Seconds that a function whose caller was cancelled has to see it: many commands.
GRACE = 1.0


def write_and_read(client: Redis, server: Server, numbers: range) -> None:
    """Blocking code that knows nothing of coroutines, but that it may be asked to stop."""
    for number in numbers:
        check_cancelled()
        with named(server):
            client.hset(f"user:{number}", mapping=user(number))  # type: ignore[arg-type]  # as there
            if client.hgetall(f"user:{number}") != user(number):
                raise ServerProblem(
                    server, f"user:{number} has changed", "is somebody else writing?"
                )


async def fill(server: Server, options: argparse.Namespace) -> None:
    """Write and read so many hashes; each thread has its part of them."""
    # Threads may share a client: each command takes a connection from the pool.
    pool = BlockingConnectionPool.from_url(
        server.url,
        max_connections=options.connections,
        timeout=None,
        socket_timeout=options.patience,
        decode_responses=True,
    )
    with Redis.from_pool(pool) as client:
        async with asyncio.TaskGroup() as tasks:
            for part in range(options.connections):
                numbers = range(part, options.hashes, options.connections)
                tasks.create_task(
                    run_in_thread(write_and_read, client, server, numbers, on_cancel=GRACE)
                )
    print(f"{server}: {options.hashes} hashes written and read", flush=True)


if __name__ == "__main__":
    run(fill)
