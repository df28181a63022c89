"""A FastAPI service that keeps hashes in a Redis, through a pool made at start-up.

    redis-server --port 6379 &
    python examples/redis_hashes/endpoint.py --port 8000 redis://127.0.0.1:6379
    curl -X PUT -H 'content-type: application/json' -d '{"kind": "green"}' \\
        http://127.0.0.1:8000/hashes/tea
    curl http://127.0.0.1:8000/hashes/tea

The service starts also where its Redis is down: each request then says so, until it is up.
Ctrl-C or SIGTERM answers the requests under way and closes the pool.
"""

import argparse
import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

import uvicorn
from fastapi import APIRouter, Body, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from redis.asyncio import BlockingConnectionPool, Redis
from servers import DEFAULT_URLS, Server, ServerProblem, named, servers_of

from plait.bridge import loop_factory


class Store:
    """Hashes by name, in one Redis."""

    def __init__(self, client: Redis, server: Server) -> None:
        self._client = client
        self._server = server

    async def put(self, name: str, fields: dict[str, str]) -> None:
        """Set these fields; others stay."""
        with named(self._server):
            # mypy: a dict[str, str] would do, but the keys of a mapping are invariant.
            await self._client.hset(f"hash:{name}", mapping=fields)  # type: ignore[arg-type]

    async def get(self, name: str) -> dict[str, str]:
        """All fields; none where there is no such hash."""
        with named(self._server):
            fields = await self._client.hgetall(f"hash:{name}")
        return {str(key): str(value) for key, value in fields.items()}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Store]]:
    """Make the pool, and close it when the last request has been answered."""
    server, connections = app.state.server, app.state.connections
    pool = BlockingConnectionPool.from_url(
        server.url, max_connections=connections, timeout=None, decode_responses=True
    )
    # Connections are made on use, by the loop that serves; the client closes the pool.
    async with Redis.from_pool(pool) as client:
        yield {"store": Store(client, server)}


routes = APIRouter()


@routes.put("/hashes/{name}")
async def put(
    name: str, fields: Annotated[dict[str, str], Body(min_length=1)], request: Request
) -> dict[str, str]:
    store: Store = request.state.store
    await store.put(name, fields)
    return await store.get(name)


@routes.get("/hashes/{name}")
async def get(name: str, request: Request) -> dict[str, str]:
    store: Store = request.state.store
    fields = await store.get(name)
    if not fields:
        raise HTTPException(404, f"there is no hash {name}")
    return fields


async def tell_problem(request: Request, problem: Exception) -> JSONResponse:
    """Tell the client; the password is not in there."""
    return JSONResponse({"detail": str(problem)}, status_code=503)


class Announcing(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens, once it does and a signal ends it as it should."""
        await super().startup(sockets)
        for listener in sockets or []:
            print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep hashes in a Redis.")
    parser.add_argument("urls", nargs="*", metavar="URL", help=f"or REDIS_URLS ({DEFAULT_URLS})")
    parser.add_argument("--port", type=int, default=8000, help="0: any free one (8000)")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--connections", type=int, default=10, help="to Redis (10)")
    options = parser.parse_args()

    app = FastAPI(lifespan=lifespan, exception_handlers={ServerProblem: tell_problem})
    app.state.server = servers_of(parser, options.urls)[0]
    app.state.connections = options.connections
    app.include_router(routes)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    # uvicorn raises the signals that it caught once more when it has ended; like this, both
    # come out as KeyboardInterrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner,
        socket.create_server(("127.0.0.1", options.port)) as listener,
    ):
        runner.run(Announcing(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
