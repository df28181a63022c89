"""Hashes in real Redis servers: two at once, through pools, from coroutines and from threads."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aiohttp
import pytest

from tests.examples.programs import (
    EXAMPLES,
    LEFTOVERS,
    PATIENCE,
    Process,
    free_port,
    needs,
    run,
    started,
)

redis = pytest.importorskip("redis")

SECRET = "s3cr3t"
ENDPOINT = EXAMPLES / "redis_hashes" / "endpoint.py"

pytestmark = pytest.mark.timeout(120)
on_both_loops = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
with_both_clients = pytest.mark.parametrize("program", ["hashes", "blocking"])
by_both_signals = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@dataclass(frozen=True)
class Server:
    process: Process
    port: int
    client: Any  # redis-py's, with an open connection

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, password: str = "") -> str:
        return f"redis://:{password}@{self.name}" if password else f"redis://{self.name}"

    def connections(self) -> int:
        """How many it has accepted so far."""
        return int(self.client.info("stats")["total_connections_received"])


@contextmanager
def redis_server(folder: Path, *, port: int = 0, password: str = "") -> Iterator[Server]:
    needs("redis-server")
    port = port or free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    words += ["--logfile", "redis.log"]
    words += ["--requirepass", password] if password else []
    with (
        started("redis-server", *words) as process,
        redis.Redis(port=port, password=password or None, decode_responses=True) as client,
    ):
        until_it_answers(process, client)
        yield Server(process, port, client)


def until_it_answers(process: Process, client: Any) -> None:  # redis-py's
    end = monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "redis-server has ended"
        try:
            client.ping()
        except redis.ConnectionError:
            assert monotonic() < end
            sleep(0.02)
        else:
            return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        yield [stack.enter_context(redis_server(tmp_path)) for _ in range(2)]


@contextmanager
def endpoint(loop: str, url: str, *words: str) -> Iterator[tuple[Process, str]]:
    """The service and its address."""
    command = (sys.executable, "-W", "error", LEFTOVERS, ENDPOINT, "--port", "0", "--loop", loop)
    with started(*command, *words, url, ready="listening on http://") as process:
        line: str = process.first_line  # type: ignore[attr-defined]  # set by `started`
        yield process, line.removeprefix("listening on ").strip()


def ask(address: str, fields: object = None) -> tuple[int, Any]:  # what JSON holds
    """Get, or put these fields; the status and what was answered."""
    request = Request(address)
    if fields is not None:
        request = Request(address, json.dumps(fields).encode(), method="PUT")
        request.add_header("content-type", "application/json")
    try:
        with urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@on_both_loops
@with_both_clients
def test_both_servers_hold_all_hashes_afterwards(
    two: list[Server], program: str, loop: str
) -> None:
    urls = [server.url() for server in two]
    done = run(f"redis_hashes/{program}.py", "--loop", loop, "--hashes", "300", *urls)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == sorted(
        f"{server.name}: 300 hashes written and read" for server in two
    )
    for server in two:
        assert server.client.dbsize() == 300
        assert server.client.hgetall("user:17") == {"name": "user 17", "visits": "289"}


@on_both_loops
@with_both_clients
def test_as_many_connections_as_the_pool_may_have_and_no_more(
    server: Server, program: str, loop: str
) -> None:
    before = server.connections()
    words = ("--loop", loop, "--hashes", "300", "--connections", "4", server.url())
    done = run(f"redis_hashes/{program}.py", *words)
    assert (done.returncode, done.stderr) == (0, "")
    # The threads of the other client may get along with fewer.
    assert 1 <= server.connections() - before <= 4


@on_both_loops
@with_both_clients
def test_one_server_is_filled_while_the_other_stands_still(
    two: list[Server], program: str, loop: str
) -> None:
    still, other = two
    path = EXAMPLES / "redis_hashes" / f"{program}.py"
    command = (sys.executable, "-W", "error", path, "--loop", loop, "--patience", "60")
    still.process.send_signal(signal.SIGSTOP)
    ready = f"{other.name}: 1000 hashes"
    with started(*command, still.url(), other.url(), ready=ready) as process:
        still.process.send_signal(signal.SIGCONT)
        output, errors = process.communicate(timeout=PATIENCE)
    assert output == f"{still.name}: 1000 hashes written and read\n"
    assert (process.returncode, errors) == (0, "")


@on_both_loops
@with_both_clients
def test_an_interrupt_ends_the_program_while_a_server_stands_still(
    two: list[Server], program: str, loop: str
) -> None:
    still, other = two
    path = EXAMPLES / "redis_hashes" / f"{program}.py"
    command = (sys.executable, "-W", "error", path, "--loop", loop, "--patience", "3600")
    still.process.send_signal(signal.SIGSTOP)
    with started(*command, still.url(), other.url(), ready=other.name) as process:
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0
    # A thread whose connection has just been closed may be about to end.
    named = [line for line in errors.splitlines() if "left behind" in line]
    assert named == errors.splitlines()
    assert not named or program == "blocking"


@on_both_loops
@with_both_clients
def test_a_server_that_is_down_is_named_with_what_to_do(
    server: Server, program: str, loop: str
) -> None:
    port = free_port()
    urls = (server.url(), f"redis://:{SECRET}@127.0.0.1:{port}/0")
    done = run(f"redis_hashes/{program}.py", "--loop", loop, *urls)
    assert done.returncode == 1
    assert done.stderr == (
        f"127.0.0.1:{port}: no Redis answers;"
        f" start it (redis-server --port {port}) or give another URL\n"
    )


@pytest.mark.parametrize("program", ["servers", "hashes", "blocking"])
def test_the_password_opens_and_is_never_shown(tmp_path: Path, program: str) -> None:
    with redis_server(tmp_path, password=SECRET) as server:
        right, wrong = (run(f"redis_hashes/{program}.py", server.url(p)) for p in (SECRET, "wr0ng"))
        none = run(f"redis_hashes/{program}.py", server.url())
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.startswith(f"{server.name}: ")
    assert SECRET not in right.stdout
    for refused in (wrong, none):
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == (
            f"{server.name}: refuses the user or the password; put the right ones into its URL\n"
        )


@pytest.mark.parametrize(
    "url",
    [
        "redis://:s3c/r3t@127.0.0.1:6379",
        "redis://:s3c?r3t@127.0.0.1:6379",
        "redis://:s3c#r3t@127.0.0.1:6379",
        "redis://s3c/r3t@127.0.0.1:6379",
        "redis://:s3cr3t@127.0.0.1:r3t",
        "redis://:s3cr3t@127.0.0.1:6379/?db=s3c",
        "http://:s3cr3t@127.0.0.1:6379",
        ":s3cr3t@127.0.0.1:6379",
    ],
)
@pytest.mark.parametrize("program", ["servers", "hashes", "blocking", "endpoint"])
def test_a_url_that_cannot_be_read_is_an_error_that_does_not_show_it(
    program: str, url: str
) -> None:
    done = run(f"redis_hashes/{program}.py", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: a URL cannot be read; write redis://" in done.stderr
    assert "s3c" not in done.stderr and "r3t" not in done.stderr


def test_urls_come_from_the_environment_where_none_is_given(two: list[Server]) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "redis_hashes" / "servers.py")],
        env={**os.environ, "REDIS_URLS": " ".join(server.url() for server in two)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{server.name}: answers" for server in two]


@on_both_loops
@by_both_signals
def test_the_endpoint_writes_and_reads_hashes_and_closes_its_pool(
    server: Server, loop: str, number: int
) -> None:
    with endpoint(loop, server.url()) as (process, address):
        assert ask(f"{address}/hashes/tea") == (404, {"detail": "there is no hash tea"})
        assert ask(f"{address}/hashes/tea", {})[0] == 422
        assert ask(f"{address}/hashes/tea", {"kind": "green"}) == (200, {"kind": "green"})
        both = {"kind": "green", "from": "Uji"}
        assert ask(f"{address}/hashes/tea", {"from": "Uji"}) == (200, both)
        assert ask(f"{address}/hashes/tea") == (200, both)
        assert server.client.hgetall("hash:tea") == both
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (0, "left: []\n", "")


@on_both_loops
def test_requests_at_once_share_the_connections_of_the_endpoint(server: Server, loop: str) -> None:
    async def get_many(address: str) -> list[int]:
        async def get(session: aiohttp.ClientSession) -> int:
            async with session.get(f"{address}/hashes/tea") as response:
                await response.read()
                return response.status

        async with aiohttp.ClientSession() as session:
            return await asyncio.gather(*(get(session) for _ in range(100)))

    server.client.hset("hash:tea", "kind", "green")
    before = server.connections()
    with endpoint(loop, server.url(), "--connections", "3") as (_, address):
        assert asyncio.run(get_many(address)) == [200] * 100
    assert server.connections() - before <= 3


@on_both_loops
def test_while_redis_is_down_requests_say_so_and_afterwards_they_are_answered(
    tmp_path: Path, loop: str
) -> None:
    port = free_port()
    with endpoint(loop, f"redis://:{SECRET}@127.0.0.1:{port}") as (process, address):
        problem = (
            f"127.0.0.1:{port}: no Redis answers;"
            f" start it (redis-server --port {port}) or give another URL"
        )
        assert ask(f"{address}/hashes/tea") == (503, {"detail": problem})
        with redis_server(tmp_path, port=port, password=SECRET):
            assert ask(f"{address}/hashes/tea", {"kind": "green"}) == (200, {"kind": "green"})
        assert ask(f"{address}/hashes/tea") == (503, {"detail": problem})
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE) == ("left: []\n", "")


def test_every_program_is_run() -> None:
    run_here = {"servers", "hashes", "blocking", "endpoint"}
    assert {path.stem for path in ENDPOINT.parent.glob("*.py")} == run_here
