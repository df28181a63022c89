"""The same query on several MySQL servers at once, with an async or with a blocking driver.

    read -rs MYSQL_PWD; export MYSQL_PWD
    python examples/mysql_twice/ask.py 127.0.0.1:3307 127.0.0.1:3308
    python examples/mysql_twice/ask.py --driver blocking 127.0.0.1:3307 127.0.0.1:3308

One line in `main` chooses the driver, everything else is the same. The password comes from the
environment, as for the `mariadb` command, so that no list of processes shows it. `servers.py`
beside this starts two servers to try it on. Exit status 1 where a server did not answer.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import aiomysql  # type: ignore[import-untyped]
import pymysql

from plait.bridge import loop_factory, run_in_thread

SQL = "SELECT item, pieces FROM shop.stock ORDER BY item"
# A blocking call that nobody waits for any more ends after so many seconds without an answer.
LONGEST_ANSWER = 60

Row = Sequence[object]


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @property
    def login(self) -> dict[str, Any]:  # the drivers' arguments, of several types
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
        }

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


Query = Callable[[Server, str], Awaitable[Sequence[Row]]]


# -- three ways to ask one server ------------------------------------------------------------


async def query_async(server: Server, sql: str) -> Sequence[Row]:
    """aiomysql waits with `await`; cancelled, it closes its connection at once."""
    async with aiomysql.connect(**server.login) as connection, connection.cursor() as cursor:
        await cursor.execute(sql)
        rows: Sequence[Row] = await cursor.fetchall()
    return rows


def rows_of(server: Server, sql: str) -> Sequence[Row]:
    """PyMySQL waits with the whole thread. The connection is made and used by this one alone."""
    opened = closing(pymysql.connect(**server.login, read_timeout=LONGEST_ANSWER))
    with opened as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows: Sequence[Row] = cursor.fetchall()
    return rows


async def query_blocking(server: Server, sql: str) -> Sequence[Row]:
    """Cancelled, the caller goes on at once; the thread closes its connection when it ends."""
    return await run_in_thread(rows_of, server, sql)


async def query_naive(server: Server, sql: str) -> Sequence[Row]:
    """What not to do: while it waits for one server the loop stands still."""
    return rows_of(server, sql)


DRIVERS: dict[str, Query] = {
    "async": query_async,
    "blocking": query_blocking,
    "naive": query_naive,
}


# -- the program, which knows of no driver ---------------------------------------------------


@dataclass(frozen=True)
class Failed:
    problem: str


async def answer(query: Query, server: Server, sql: str, seconds: float) -> Sequence[Row] | Failed:
    """What the server says, or why it says nothing; the others are not disturbed."""
    try:
        async with asyncio.timeout(seconds):
            return await query(server, sql)
    except TimeoutError:
        return Failed(f"no answer in {seconds:g} s")
    except pymysql.MySQLError as error:  # aiomysql raises these as well
        return Failed(str(error.args[-1]))


async def ask(query: Query, servers: Sequence[Server], sql: str, seconds: float) -> bool:
    """Ask all at once, print what they say in their order; whether all have answered."""
    asked = [answer(query, server, sql, seconds) for server in servers]
    answers = await asyncio.gather(*asked)
    for server, said in zip(servers, answers, strict=True):
        if isinstance(said, Failed):
            print(f"{server}: {said.problem}", file=sys.stderr)
        else:
            for row in said:
                print(server, *row, sep="\t")
    return not any(isinstance(said, Failed) for said in answers)


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The same query on several MySQL servers.")
    parser.add_argument("servers", nargs="+", type=address, metavar="HOST:PORT")
    parser.add_argument("--driver", choices=[*DRIVERS], default="async")
    parser.add_argument("--loop", default="asyncio", help="asyncio or uvloop")
    parser.add_argument("--user", default="shop")
    parser.add_argument("--sql", default=SQL)
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    return parser.parse_args()


def main() -> int:
    options = parse()
    password = os.environ.get("MYSQL_PWD", "")
    if not password.isascii():
        # The drivers would fail to encode it, with an error that shows a letter of it.
        sys.exit("MYSQL_PWD: the drivers cannot send letters outside ASCII")
    servers = [Server(host, port, options.user, password) for host, port in options.servers]
    query = DRIVERS[options.driver]  # the one line: or query_async, or query_blocking
    with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
        try:
            return 0 if runner.run(ask(query, servers, options.sql, options.timeout)) else 1
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
