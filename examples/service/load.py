"""Many requests at once for the service, and its /health asked meanwhile.

    python examples/service/load.py --port 8000 /bridge /def

One row a path: how many requests were answered, how long they took (median, slowest), and how often
and how slowly /health answered while they were open. Numbers are seconds.
"""

import argparse
import asyncio
import statistics
import sys
from contextlib import suppress
from time import perf_counter

import aiohttp

from plait.bridge import loop_factory

ROW = "{:<12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}"
# Often enough to see a loop that stands still for as long as one call, and no load by itself.
BETWEEN_HEALTH = 0.01


async def timed(session: aiohttp.ClientSession, path: str) -> float | None:
    """Seconds until the answer has come; None where there is none, or an error's."""
    start = perf_counter()
    try:
        async with session.get(path) as response:
            await response.read()
            return perf_counter() - start if response.ok else None
    except aiohttp.ClientError:
        return None


async def ask_health(session: aiohttp.ClientSession, ended: asyncio.Event) -> list[float]:
    """Ask again and again; how long each answer took. The last one may come after the end."""
    took = []
    while not ended.is_set():
        seconds = await timed(session, "/health")
        if seconds is not None:
            took.append(seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), BETWEEN_HEALTH)
    return took


async def load(session: aiohttp.ClientSession, path: str, requests: int) -> str:
    """Send all requests at once; the row of the table."""
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        health = tasks.create_task(ask_health(session, ended))
        answers = await asyncio.gather(
            *(timed(session, f"{path}/key-{number}") for number in range(requests))
        )
        ended.set()
    took = [seconds for seconds in answers if seconds is not None]
    return ROW.format(
        path,
        requests,
        requests - len(took),
        f"{statistics.median(took):.3f}" if took else "-",
        f"{max(took):.3f}" if took else "-",
        len(health.result()),
        f"{max(health.result()):.3f}" if health.result() else "-",
    )


async def main(options: argparse.Namespace) -> None:
    print(ROW.format("path", "requests", "failed", "median", "slowest", "health", "slowest"))
    # No limit: each request has a connection of its own, /health one that is always free.
    async with (
        asyncio.timeout(options.seconds),
        aiohttp.ClientSession(
            f"http://127.0.0.1:{options.port}", connector=aiohttp.TCPConnector(limit=0)
        ) as session,
    ):
        for path in options.paths:
            print(await load(session, path, options.requests), flush=True)


def requests(text: str) -> int:
    """A number of requests that one process can have open."""
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("between 1 and 1000")
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Many requests at once for the service.")
    parser.add_argument("paths", nargs="*", default=["/bridge"], help="/bridge, /def, /naive")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--requests", type=requests, default=200, help="at once (200)")
    parser.add_argument("--seconds", type=float, default=60, help="then it gives up (60)")
    options = parser.parse_args()
    try:
        with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
            runner.run(main(options))
    except TimeoutError:
        sys.exit(f"not ended in {options.seconds} s")
    except KeyboardInterrupt:
        pass
