"""Downloads in, files out, in four forms: sequential, threads, executor, aiohttp.

The first three share a blocking client, `requests`. All give the same files, and the same words
for the usual reasons why one cannot be had.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass

import aiohttp
import requests
from saving import PIECE, Download, DownloadFailed, whole_file
from showing import Tally
from urllib3.exceptions import ReadTimeoutError

from plait.bridge import Limiter, check_cancelled, run_in_thread

#: Raises what ends a download where it should stop.
Check = Callable[[], None]


@dataclass(frozen=True)
class Terms:
    """How much is asked of a server."""

    #: Downloads at once.
    at_once: int
    #: Seconds without a byte after which a download has failed.
    timeout: float


# -- the blocking client -----------------------------------------------------------------------


class Client:
    """`requests` for any number of threads.

    1. A session serves one thread at a time: it is not made for more. Its connection is kept
       for whoever takes it next.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._idle: deque[requests.Session] = deque()

    def fetch(self, download: Download, check: Check) -> None:
        """Download one file; `check` is called between two pieces and may raise."""
        with self._session() as session:
            try:
                _fetch(session, download, check, self._timeout)
            except requests.exceptions.ChunkedEncodingError:
                raise DownloadFailed("the body broke off") from None
            except requests.Timeout:
                raise DownloadFailed(f"no answer in {self._timeout:g} s") from None
            except requests.ConnectionError as error:
                # It has no class of its own for a body that stops coming.
                if error.args and isinstance(error.args[0], ReadTimeoutError):
                    raise DownloadFailed(f"no answer in {self._timeout:g} s") from None
                raise DownloadFailed("the connection failed") from error
            # Also those of the disk, and of a redirect to what cannot be a host.
            except (OSError, ValueError) as error:
                raise DownloadFailed(error) from error

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
            session.trust_env = False  # no proxies but those one names: as aiohttp does
        try:
            yield session
        finally:
            self._idle.append(session)

    def close(self) -> None:
        """Close the connections; when nothing is being fetched any more."""
        for session in self._idle:
            session.close()


def _fetch(session: requests.Session, download: Download, check: Check, timeout: float) -> None:
    with session.get(download.url, stream=True, timeout=timeout) as response:
        if response.status_code != 200:
            raise DownloadFailed(f"{response.status_code} {response.reason}")
        with whole_file(download.path) as file:
            for piece in response.iter_content(PIECE):
                check()
                file.write(piece)


def attempt(client: Client, download: Download, tally: Tally, check: Check) -> None:
    """Download one file with the blocking client and tell the tally; the job of forms 1 to 3."""
    check()
    try:
        client.fetch(download, check)
    except DownloadFailed as error:
        tally.fail(download.url, error)
    else:
        tally.come(download.url)


class Stopped(Exception):
    """Ctrl-C was pressed."""


@contextmanager
def stopped_by_ctrl_c() -> Iterator[Check]:
    """A check that raises `Stopped` once Ctrl-C was pressed; the second one interrupts.

    As an exception Ctrl-C can arise between any two lines of the main thread, also between a
    file's getting its name and its being counted, and in no other thread at all.
    """
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def check() -> None:
        if stopped:
            raise Stopped

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield check
        check()
    except Stopped:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)


# -- the four forms ----------------------------------------------------------------------------


def sequential(downloads: Sequence[Download], terms: Terms, tally: Tally) -> None:
    """Form 1: one after the other."""
    with closing(Client(terms.timeout)) as client, stopped_by_ctrl_c() as check:
        for download in downloads:
            attempt(client, download, tally, check)


def threads(downloads: Sequence[Download], terms: Terms, tally: Tally) -> None:
    """Form 2: a pool of threads."""
    with (
        closing(Client(terms.timeout)) as client,
        stopped_by_ctrl_c() as check,
        ThreadPoolExecutor(terms.at_once) as pool,
    ):
        calls = [pool.submit(attempt, client, each, tally, check) for each in downloads]
        for call in calls:
            call.result()


async def executor(downloads: Sequence[Download], terms: Terms, tally: Tally) -> None:
    """Form 3: the blocking client in a program of coroutines."""
    limiter = Limiter(terms.at_once)

    async def one(download: Download) -> None:
        await run_in_thread(
            attempt,
            *(client, download, tally, check_cancelled),
            limiter=limiter,
            on_cancel="wait",
        )

    # The group ends first, and with it the last function that has the client.
    with closing(Client(terms.timeout)) as client:
        async with asyncio.TaskGroup() as tasks:
            for download in downloads:
                tasks.create_task(one(download))


async def with_aiohttp(downloads: Sequence[Download], terms: Terms, tally: Tally) -> None:
    """Form 4: a client that waits without threads."""
    turns = asyncio.Semaphore(terms.at_once)

    async def one(download: Download) -> None:
        async with turns:
            await attempt_async(session, download, tally)

    async with async_session(terms) as session, asyncio.TaskGroup() as tasks:
        for download in downloads:
            tasks.create_task(one(download))


# -- the client without threads ----------------------------------------------------------------


def async_session(terms: Terms) -> aiohttp.ClientSession:
    """An aiohttp client on these terms; to be made on the loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=terms.at_once),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=terms.timeout, sock_read=terms.timeout
        ),
    )


async def attempt_async(
    session: aiohttp.ClientSession, download: Download, tally: Tally, *, redirects: bool = True
) -> None:
    """Download one file with aiohttp and tell the tally."""
    try:
        with failures_translated(session):
            await _fetch_async(session, download, redirects)
    except DownloadFailed as error:
        tally.fail(download.url, error)
    else:
        tally.come(download.url)


@contextmanager
def failures_translated(session: aiohttp.ClientSession) -> Iterator[None]:
    """What aiohttp raises for the world's faults, as `DownloadFailed`."""
    try:
        yield
    except aiohttp.ClientPayloadError:
        raise DownloadFailed("the body broke off") from None
    except TimeoutError:
        raise DownloadFailed(f"no answer in {session.timeout.sock_read:g} s") from None
    except aiohttp.ClientConnectionError as error:
        raise DownloadFailed("the connection failed") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise DownloadFailed(error) from error


async def _fetch_async(session: aiohttp.ClientSession, download: Download, redirects: bool) -> None:
    async with session.get(download.url, allow_redirects=redirects) as response:
        if response.status != 200:
            raise DownloadFailed(f"{response.status} {response.reason}")
        # The disk holds up the loop, for less than a millisecond a file. One that is slow, over a
        # network perhaps, would be written to in a thread.
        with whole_file(download.path) as file:
            async for piece in response.content.iter_chunked(PIECE):
                file.write(piece)
