"""A FastAPI service whose handlers call a blocking service, in three ways.

    python examples/service/service.py --port 8000
    curl http://127.0.0.1:8000/bridge/tea      # a coroutine that calls through the bridge
    curl http://127.0.0.1:8000/def/tea         # a plain function: Starlette calls it in a thread
    curl http://127.0.0.1:8000/naive/tea       # a coroutine that blocks the loop
    curl http://127.0.0.1:8000/statistics

The bridge's pool of threads and its limiter are made at start-up. Ctrl-C or SIGTERM: no further
requests are taken; calls under way have `--grace` seconds to end, then they are told (a second
Ctrl-C tells them at once); the pool is closed last.
"""

import argparse
import asyncio
import logging
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Annotated

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

from plait.bridge import Limiter, Pool, cancelled, loop_factory, run_in_thread

# Seconds at the end for calls that have been told; some pages.
LAST_WORDS = 5.0


class Backend:
    """A blocking service, called from many threads: think of a database driver.

    A call takes `seconds`, in `pages` parts. Between two parts it looks whether its caller has
    gone; one of a single part cannot.
    """

    def __init__(self, seconds: float, pages: int) -> None:
        self._pages = pages
        self._pause = seconds / pages
        self._lock = threading.Lock()
        self._counts = Counter(open=0, most_open=0, ended=0, cancelled=0)

    def look_up(self, key: str) -> str:
        """What there is to say about the key."""
        with self._lock:
            self._counts["open"] += 1
            self._counts["most_open"] = max(self._counts["most_open"], self._counts["open"])
        try:
            for _ in range(self._pages):
                if cancelled():
                    self._count("cancelled")
                    return ""
                time.sleep(self._pause)
            return f"{key} is known"
        finally:
            self._count("ended")

    def statistics(self) -> dict[str, int]:
        """Calls open now and at most; how many have ended, how many saw their caller go."""
        with self._lock:
            return dict(self._counts)

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1
            if what == "ended":
                self._counts["open"] -= 1


@dataclass(frozen=True)
class Service:
    """What the handlers share; made at start-up."""

    backend: Backend
    pool: Pool
    limiter: Limiter
    timeout: float  # seconds
    health: Counter[str] = field(default_factory=lambda: Counter(answers=0, during_calls=0))

    async def look_up(self, key: str) -> str:
        """As the backend's, from a coroutine. A cancelled caller goes on at once."""
        return await run_in_thread(self.backend.look_up, key, pool=self.pool, limiter=self.limiter)

    async def calls_ended(self) -> None:
        """Return when no call is left: who has all the tokens knows that nobody else has one."""
        for _ in range(self.limiter.statistics()["tokens"]):
            await self.limiter.acquire()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Service]]:
    """Make the pool and the limiter; close the pool when the last request has been answered."""
    options = app.state.options
    with Pool(options.threads, name="backend") as pool:
        backend = Backend(options.seconds, options.pages)
        service = Service(backend, pool, Limiter(options.limit), options.timeout)
        yield {"service": service}
        # Calls whose callers have gone on without them may still run.
        try:
            async with asyncio.timeout(LAST_WORDS):
                await service.calls_ended()
        except TimeoutError:
            sys.stderr.write(f"not ended: {backend.statistics()['open']} calls\n")


async def shared(request: Request) -> Service:
    """What the lifespan has made. As a plain `def` it would cost each request a thread."""
    service: Service = request.state.service
    return service


@asynccontextmanager
async def time_limit(request: Request, seconds: float) -> AsyncIterator[None]:
    """Cancel the block when the time is over, or when the client has gone."""
    try:
        async with asyncio.timeout(seconds) as limit:
            watch = asyncio.create_task(end_when_gone(request, limit))
            try:
                yield
            finally:
                watch.cancel()
    except TimeoutError:
        if limit.expired():
            raise HTTPException(504, f"no answer in {seconds} s") from None
        raise


async def end_when_gone(request: Request, limit: asyncio.Timeout) -> None:
    """Let the time be over now if the client goes; the server does not cancel by itself."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    limit.reschedule(asyncio.get_running_loop().time())


Shared = Annotated[Service, Depends(shared)]
routes = APIRouter()


@routes.get("/bridge/{key}")
async def bridge(key: str, request: Request, service: Shared) -> dict[str, str]:
    """The loop goes on meanwhile; as many calls at once as the limiter lets."""
    async with time_limit(request, service.timeout):
        return {"value": await service.look_up(key)}


@routes.get("/def/{key}")
def in_starlettes_threads(key: str, service: Shared) -> dict[str, str]:
    """The loop goes on; 40 threads for all such handlers together, and nobody is ever told."""
    return {"value": service.backend.look_up(key)}


@routes.get("/naive/{key}")
async def naive(key: str, service: Shared) -> dict[str, str]:
    """Nothing else happens meanwhile: one request after the other, and no /health."""
    return {"value": service.backend.look_up(key)}


@routes.get("/health")
async def health(service: Shared) -> dict[str, str]:
    service.health["answers"] += 1
    if service.backend.statistics()["open"]:
        service.health["during_calls"] += 1
    return {"status": "ok"}


@routes.get("/statistics")
async def statistics(service: Shared) -> dict[str, dict[str, int]]:
    return {
        "backend": service.backend.statistics(),
        "pool": service.pool.statistics(),
        "limiter": service.limiter.statistics(),
        "health": dict(service.health),
    }


def is_no_cancellation(record: logging.LogRecord) -> bool:
    """Whether to log this.

    When the grace is over uvicorn says how many calls it cancels. That each of them ended with a
    `CancelledError`, and its whole stack, says nothing more.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class Server(uvicorn.Server):
    """Ends at the first Ctrl-C or SIGTERM, with the grace; at the second one without."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens, once it does and a signal ends it as it should."""
        await super().startup(sockets)
        for listener in sockets or []:
            print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """In a signal handler, where a thread-safe call is all that may be done to the loop."""
        if self.should_exit:
            asyncio.get_running_loop().call_soon_threadsafe(self._cancel_calls)
        else:
            super().handle_exit(sig, frame)

    def _cancel_calls(self) -> None:
        for task in self.server_state.tasks:
            task.cancel()


async def serve(app: FastAPI, listener: socket.socket, grace: int) -> None:
    """Answer requests until Ctrl-C or SIGTERM."""
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=grace)
    logging.getLogger("uvicorn.error").addFilter(is_no_cancellation)
    await Server(config).serve(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser(description="A web service that calls a blocking service.")
    parser.add_argument("--port", type=int, default=8000, help="0: any free one (8000)")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--threads", type=int, default=120, help="of the pool (120)")
    parser.add_argument("--limit", type=int, default=100, help="calls at once (100)")
    parser.add_argument("--timeout", type=float, default=30, help="seconds a request has (30)")
    parser.add_argument("--grace", type=int, default=5, help="seconds calls have at the end (5)")
    parser.add_argument("--seconds", type=float, default=0.1, help="a call takes (0.1)")
    parser.add_argument("--pages", type=int, default=4, help="parts of a call (4)")
    options = parser.parse_args()

    app = FastAPI(lifespan=lifespan)
    app.state.options = options
    app.include_router(routes)
    # uvicorn raises the signals that it caught once more when it has ended; like this, both
    # come out as KeyboardInterrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner,
        socket.create_server(("127.0.0.1", options.port)) as listener,
    ):
        runner.run(serve(app, listener, options.grace))


if __name__ == "__main__":
    main()
