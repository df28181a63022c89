"""A web service whose handlers call blocking code: what it answers meanwhile, and how it ends."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import aiohttp
import pytest

from tests.examples.programs import EXAMPLES, LEFTOVERS, PATIENCE, Process, run, started

SERVICE = EXAMPLES / "service" / "service.py"
# Calls that end only when they are told; they look every tenth of a second.
ENDLESS = ("--seconds", "3600", "--pages", "36000")
# Calls that cannot be told.
DEAF = ("--seconds", "3600", "--pages", "1")

pytestmark = pytest.mark.timeout(120)
on_both_loops = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
by_both_signals = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@contextmanager
def service(loop: str, *words: str, through: tuple[Any, ...] = ()) -> Iterator[Process]:
    command = (sys.executable, "-W", "error", *through, SERVICE, "--port", "0", "--loop", loop)
    with started(*command, *words, ready="listening on http://") as process:
        yield process


def port_of(process: Process) -> str:
    line: str = process.first_line  # type: ignore[attr-defined]  # set by `started`
    return line.strip().rpartition(":")[2]


class Client:
    """Requests to the service, and those that stay open."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.open: list[asyncio.Task[int]] = []

    async def get(self, path: str) -> Any:  # what JSON holds
        async with self._session.get(path) as response:
            assert response.status == 200
            return await response.json()

    async def status(self, path: str) -> int:
        async with self._session.get(path) as response:
            await response.read()
            return response.status

    def begin(self, path: str, number: int) -> None:
        """Send so many requests without waiting for an answer."""
        self.open += [asyncio.create_task(self.status(path)) for _ in range(number)]

    async def hang_up(self) -> None:
        """Leave those that are open."""
        for task in self.open:
            task.cancel()
        await asyncio.gather(*self.open, return_exceptions=True)
        self.open.clear()

    async def until(self, holds: Callable[[Any], bool]) -> Any:
        """The statistics, as soon as this holds for them."""
        async with asyncio.timeout(PATIENCE):
            while True:
                statistics = await self.get("/statistics")
                if holds(statistics):
                    return statistics
                await asyncio.sleep(0.02)


@asynccontextmanager
async def client_of(process: Process) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port_of(process)}", connector=aiohttp.TCPConnector(limit=0)
    ) as session:
        client = Client(session)
        try:
            yield client
        finally:
            await client.hang_up()


async def nobody_listens(port: str) -> None:
    """Return when a connection is refused."""
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            while True:
                _, writer = await asyncio.open_connection("127.0.0.1", int(port))
                writer.close()
                await writer.wait_closed()


def end(process: Process, number: int) -> tuple[int, list[str]]:
    """Send the signal; the exit code, and what the program wrote as its last words."""
    process.send_signal(number)
    errors = process.communicate(timeout=PATIENCE)[1]
    return process.returncode, errors.splitlines()


@on_both_loops
def test_two_hundred_requests_at_once_are_answered_and_health_beside_them(loop: str) -> None:
    with service(loop) as process:
        done = run("service/load.py", "--port", port_of(process), "--loop", loop, "/bridge", "/def")
        assert (done.returncode, done.stderr) == (0, "")

        async def look() -> Any:  # what JSON holds
            async with client_of(process) as client:
                return await client.get("/statistics")

        statistics = asyncio.run(look())
    rows = [re.split(r" +", line) for line in done.stdout.splitlines()]
    assert [row[:3] for row in rows[1:]] == [["/bridge", "200", "0"], ["/def", "200", "0"]]
    assert all(int(row[5]) > 0 for row in rows[1:])
    assert statistics["backend"]["ended"] == 400
    assert statistics["backend"]["most_open"] <= 100
    assert statistics["health"]["during_calls"] > 0


@on_both_loops
def test_health_answers_every_time_while_two_hundred_calls_are_open(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 200)
            statistics = await client.until(lambda now: now["backend"]["open"] == 200)
            assert statistics["limiter"] == {"tokens": 200, "held": 200, "waiting": 0}
            for _ in range(50):
                await client.get("/health")
            assert (await client.get("/statistics"))["health"]["during_calls"] == 50

    with service(loop, "--threads", "200", "--limit", "200", *ENDLESS) as process:
        asyncio.run(main(process))


@on_both_loops
def test_calls_whose_clients_hang_up_are_told_and_give_their_tokens_back(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 20)
            await client.until(lambda now: now["backend"]["open"] == 20)
            await client.hang_up()
            statistics = await client.until(lambda now: now["limiter"]["held"] == 0)
            assert statistics["backend"]["cancelled"] == statistics["backend"]["ended"] == 20

    with service(loop, *ENDLESS) as process:
        asyncio.run(main(process))


@on_both_loops
def test_more_requests_than_the_limit_wait_for_a_token_and_take_no_thread(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 10)
            await client.until(lambda now: now["backend"]["open"] == 3)
            statistics = await client.until(lambda now: now["limiter"]["waiting"] == 7)
            assert (statistics["pool"]["threads"], statistics["pool"]["queued"]) == (3, 0)

    with service(loop, "--limit", "3", *ENDLESS) as process:
        asyncio.run(main(process))


@on_both_loops
def test_a_call_that_cannot_be_told_keeps_its_token_after_the_request_timed_out(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            assert await client.status("/bridge/tea") == 504
            statistics = await client.get("/statistics")
            assert statistics["limiter"]["held"] == statistics["backend"]["open"] == 1

    with service(loop, "--timeout", "0.5", *DEAF) as process:
        asyncio.run(main(process))


@on_both_loops
def test_a_call_that_looks_ends_after_the_request_timed_out(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            assert await client.status("/bridge/tea") == 504
            statistics = await client.until(lambda now: now["limiter"]["held"] == 0)
            assert statistics["backend"]["cancelled"] == 1

    with service(loop, "--timeout", "0.5", *ENDLESS) as process:
        asyncio.run(main(process))


@on_both_loops
def test_nothing_answers_health_while_a_naive_call_blocks(loop: str) -> None:
    async def main(process: Process) -> Any:  # what JSON holds
        async with client_of(process) as client:
            return await client.get("/statistics")

    words = ("--requests", "20", "--loop", loop, "/naive")
    with service(loop, "--seconds", "0.05") as process:
        done = run("service/load.py", "--port", port_of(process), *words)
        assert (done.returncode, done.stderr) == (0, "")
        statistics = asyncio.run(main(process))
    assert statistics["backend"]["ended"] == 20
    assert statistics["backend"]["most_open"] == 1
    assert statistics["health"]["during_calls"] == 0


@on_both_loops
def test_starlette_calls_forty_plain_handlers_at_once_and_never_tells_them(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            client.begin("/def/tea", 60)
            await client.until(lambda now: now["backend"]["open"] == 40)
            await client.hang_up()
            for _ in range(20):
                await client.get("/health")
            backend = (await client.get("/statistics"))["backend"]
            assert backend == {"open": 40, "most_open": 40, "ended": 0, "cancelled": 0}

    with service(loop, *ENDLESS) as process:
        asyncio.run(main(process))


@on_both_loops
@by_both_signals
def test_calls_under_way_are_answered_before_the_service_ends(loop: str, number: int) -> None:
    async def main(process: Process) -> list[int]:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 5)
            await client.until(lambda now: now["backend"]["open"] == 5)
            process.send_signal(number)
            return await asyncio.gather(*client.open)

    with service(loop, "--seconds", "3", "--grace", "60", through=(LEFTOVERS,)) as process:
        assert asyncio.run(main(process)) == [200] * 5
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (0, "left: []\n", "")


@on_both_loops
@by_both_signals
def test_calls_that_outlast_the_grace_are_told(loop: str, number: int) -> None:
    async def main(process: Process) -> list[int]:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 5)
            await client.until(lambda now: now["backend"]["open"] == 5)
            process.send_signal(number)
            return await asyncio.gather(*client.open)

    with service(loop, "--grace", "1", *ENDLESS) as process:
        assert asyncio.run(main(process)) == [500] * 5
        errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0
    assert re.fullmatch(r"ERROR: +Cancel 5 running task.*\n", errors)


@on_both_loops
def test_a_second_interrupt_tells_calls_at_once(loop: str) -> None:
    async def main(process: Process) -> list[int]:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 5)
            await client.until(lambda now: now["backend"]["open"] == 5)
            process.send_signal(signal.SIGINT)
            await nobody_listens(port_of(process))
            process.send_signal(signal.SIGINT)
            return await asyncio.gather(*client.open)

    with service(loop, "--grace", "3600", *ENDLESS) as process:
        assert asyncio.run(main(process)) == [500] * 5
        errors = process.communicate(timeout=PATIENCE)[1]
    assert (process.returncode, errors) == (0, "")


@on_both_loops
def test_a_call_that_cannot_be_told_is_named_and_holds_up_nobody(loop: str) -> None:
    async def main(process: Process) -> None:
        async with client_of(process) as client:
            client.begin("/bridge/tea", 1)
            await client.until(lambda now: now["backend"]["open"] == 1)

    with service(loop, "--grace", "1", *DEAF) as process:
        asyncio.run(main(process))
        code, errors = end(process, signal.SIGTERM)
    assert code == 0
    assert errors[-2] == "not ended: 1 calls"
    assert "left behind: backend 1: Backend.look_up" in errors[-1]


@on_both_loops
def test_an_idle_service_ends_without_a_word(loop: str) -> None:
    with service(loop) as process:
        assert end(process, signal.SIGINT) == (0, [])
