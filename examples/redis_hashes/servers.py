"""The URL of a Redis in; out a name that may be shown, and errors that say what to do.

    python examples/redis_hashes/servers.py redis://127.0.0.1:6379 redis://127.0.0.1:6380

asks each server whether it answers. Everybody on a machine can read its command lines, so a URL
with a password belongs in the environment: all programs here take REDIS_URLS if no URL is given.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from redis import AuthenticationError, Redis, RedisError, exceptions
from redis.connection import parse_url

DEFAULT_URLS = "redis://127.0.0.1:6379"


@dataclass(frozen=True)
class Server:
    """Where a Redis is. Its text is host and port; only `url` has the password."""

    name: str
    url: str = field(repr=False)

    def __str__(self) -> str:
        return self.name


class ServerProblem(Exception):
    """Which server, what happened, and what to do; never with the password."""

    def __init__(self, server: Server, problem: str, hint: str) -> None:
        super().__init__(f"{server}: {problem}; {hint}")


def server_of(url: str) -> Server:
    """The server of this URL, or a `ValueError` that shows nothing of it."""
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        name = place if parts.port else f"{place}:6379"
        parse_url(url)  # type: ignore[no-untyped-call]  # redis must be able to read it, too
        readable = parts.scheme in ("redis", "rediss") and parts.hostname
    except ValueError:
        readable = None
    # Where a password has a "/", "?" or "#" of its own, the rest of it stands behind the host.
    if not readable or "@" in parts.path + parts.query + parts.fragment:
        # Not `from` the error above: its text quotes what could not be read.
        raise ValueError(
            "a URL cannot be read; write redis://USER:PASSWORD@HOST:PORT/DATABASE,"
            " in the password %2F for /, %3F for ?, %23 for # and %40 for @"
        )
    return Server(name, url)


def servers_of(parser: argparse.ArgumentParser, urls: list[str]) -> list[Server]:
    """The servers of the command line or else of the environment."""
    try:
        return [
            server_of(url) for url in urls or os.environ.get("REDIS_URLS", DEFAULT_URLS).split()
        ]
    except ValueError as error:
        parser.error(str(error))


@contextmanager
def named(server: Server) -> Iterator[None]:
    """Errors of Redis inside are raised as a `ServerProblem`; also around an `await`.

    Without their cause (`from None`): its text may quote what was sent.
    """
    try:
        yield
    except AuthenticationError:
        raise ServerProblem(
            server, "refuses the user or the password", "put the right ones into its URL"
        ) from None
    except (exceptions.ConnectionError, exceptions.TimeoutError):
        port = server.name.rpartition(":")[2]
        raise ServerProblem(
            server, "no Redis answers", f"start it (redis-server --port {port}) or give another URL"
        ) from None
    except RedisError as error:
        password = unquote(urlsplit(server.url).password or "")
        text = str(error).replace(password, "***") if password else str(error)
        raise ServerProblem(server, text, "look into the server's log") from None


def texts(group: BaseExceptionGroup[BaseException]) -> list[str]:
    """What the errors in a group say, each once."""
    found: dict[str, None] = {}
    for error in group.exceptions:
        inner = texts(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
        found.update(dict.fromkeys(inner))
    return [*found]


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask each Redis whether it answers.")
    parser.add_argument("urls", nargs="*", metavar="URL", help=f"or REDIS_URLS ({DEFAULT_URLS})")
    for server in servers_of(parser, parser.parse_args().urls):
        with named(server), Redis.from_url(server.url) as client:
            client.ping()
            print(f"{server}: answers")


if __name__ == "__main__":
    try:
        main()
    except ServerProblem as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        pass
