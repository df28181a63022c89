"""Coroutines count primes in other processes; one takes too long and is cancelled half way.

    python examples/process_pool/primes.py 10000000@3 200000 300000 --loop uvloop

Each word is a limit, and after @ the seconds that it may take. Ctrl-C ends it.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from itertools import count
from math import isqrt
from typing import Self

from plait.bridge import ProcessPool, call_every, loop_factory, run_in_process


def count_primes(start: int, stop: int) -> int:
    """How many there are from `start` to before `stop`. Holds a processor all the while."""
    numbers = range(max(start, 2), stop)
    return sum(all(n % divisor for divisor in range(2, isqrt(n) + 1)) for n in numbers)


@dataclass
class Count:
    """The primes below a limit: how many are counted, and up to where."""

    limit: int
    #: How long it may take; None is as long as it takes.
    seconds: float | None
    reached: int = 0
    primes: int = 0

    @classmethod
    def parse(cls, word: str) -> Self:
        limit, at, seconds = word.partition("@")
        return cls(int(limit), float(seconds) if at else None)

    async def run(self, pool: ProcessPool, chunk: int) -> None:
        """Count chunk by chunk: what has been counted stays when a call is cancelled."""
        try:
            async with asyncio.timeout(self.seconds):
                while self.reached < self.limit:
                    stop = min(self.reached + chunk, self.limit)
                    more = await run_in_process(count_primes, self.reached, stop, pool=pool)
                    self.primes += more
                    self.reached = stop
                    print(f"{self.limit}: {self.primes} primes below {stop}", flush=True)
        except TimeoutError:
            print(f"{self.limit}: given up at {self.reached}", flush=True)
        else:
            print(f"{self.limit}: done", flush=True)


async def main(options: argparse.Namespace) -> None:
    ticks = count()
    ticker = call_every(asyncio.get_running_loop(), 0.01, next, ticks)
    pool = ProcessPool(options.workers)
    try:
        async with pool, asyncio.TaskGroup() as tasks:
            for each in options.counts:
                tasks.create_task(each.run(pool, options.chunk))
    finally:
        ticker.cancel()
        done = pool.statistics()
        print(f"{done['calls']} calls, {done['killed']} workers killed", end="; ")
        print(f"meanwhile the loop ticked {next(ticks)} times")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    default = [Count.parse(word) for word in ("10000000@3", "200000", "300000")]
    parser.add_argument(
        "counts", metavar="LIMIT[@SECONDS]", nargs="*", type=Count.parse, default=default
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that count")
    parser.add_argument("--chunk", type=int, default=50_000, help="numbers a call")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    return parser.parse_args()


if __name__ == "__main__":
    given = options()
    try:
        with asyncio.Runner(loop_factory=loop_factory(given.loop)) as runner:
            runner.run(main(given))
    except KeyboardInterrupt:
        sys.exit(130)
