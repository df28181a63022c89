"""A small crawler on the same client: follows the links of one site and downloads its images.

    pip install 'plait[examples]'
    python examples/downloads/server.py
    python examples/downloads/crawl.py http://127.0.0.1:PORT/ --folder images

Breadth first; each page once; never to another host or port, neither by links nor redirects.
What fails is named and the rest goes on; the exit status is then 1. Ctrl-C stops it, 130.
"""

import argparse
import asyncio
import sys
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import options
from forms import Terms, async_session, attempt_async, failures_translated
from saving import DownloadFailed, download_of
from showing import Tally, bars, say, show_failures
from yarl import URL

from plait.bridge import loop_factory


class Links(HTMLParser):
    """What a page links to, and which images it shows, as they are written there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.images: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and (page := found.get("href")):
            self.pages.append(page)
        elif tag == "img" and (image := found.get("src")):
            self.images.append(image)


class Crawl:
    """A site, from one page.

    1. A URL is put into the queue once as a page and once as an image at most, and only one of
       the start's own site, where path and query tell them apart; at most `limit` are pages.
    2. Pages wait in the order in which they were found, so those near the start come first.
    3. There are `at_once` workers, for pages and images alike: never more requests are open.
    """

    def __init__(
        self, start: URL, folder: Path, terms: Terms, limit: int, pages: Tally, images: Tally
    ) -> None:
        self._site = start.origin()
        self._folder = folder
        self._terms = terms
        self._limit = limit
        self._pages = pages
        self._images = images
        self._seen: set[tuple[bool, str]] = set()
        # Whether it is a page, and where. Without a bound: those who take are those who put,
        # and would all wait for room that only they can make.
        self._queue: asyncio.Queue[tuple[bool, URL]] = asyncio.Queue()
        self._put(start, str(start), page=True)

    async def run(self) -> None:
        """To the end: everything that was put has been attended to."""
        async with async_session(self._terms) as session, asyncio.TaskGroup() as tasks:
            workers = [tasks.create_task(self._work(session)) for _ in range(self._terms.at_once)]
            await self._queue.join()
            for worker in workers:
                worker.cancel()

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            is_page, url = await self._queue.get()
            if is_page:
                await self._visit(session, url)
            else:
                download = download_of(str(url), self._folder)
                await attempt_async(session, download, self._images, redirects=False)
            self._queue.task_done()

    async def _visit(self, session: aiohttp.ClientSession, url: URL) -> None:
        try:
            with failures_translated(session):
                links = await self._links(session, url)
        except DownloadFailed as error:
            self._pages.fail(str(url), error)
            return
        for link in links.pages:
            self._put(url, link, page=True)
        for link in links.images:
            self._put(url, link, page=False)
        self._pages.come(str(url))

    async def _links(self, session: aiohttp.ClientSession, url: URL) -> Links:
        # Followed by the client, a redirect could lead anywhere; here it is a link like others.
        async with session.get(url, allow_redirects=False) as response:
            if 300 <= response.status < 400 and "Location" in response.headers:
                links = Links("")
                links.pages.append(response.headers["Location"])
                return links
            if response.status != 200:
                raise DownloadFailed(f"{response.status} {response.reason}")
            if response.content_type != "text/html":
                return Links("")
            try:
                return Links(await response.text(errors="replace"))
            except AssertionError:  # how html.parser gives up
                raise DownloadFailed("HTML that cannot be read") from None

    def _put(self, page_of: URL, link: str, *, page: bool) -> None:
        try:
            url = page_of.join(URL(link)).with_fragment(None)
            if url.origin() != self._site:
                return
        except ValueError:  # no URL, or none of a host, as mailto: is
            return
        tally = self._pages if page else self._images
        known = (page, url.raw_path_qs)
        if known in self._seen or (page and tally.expected == self._limit):
            return
        self._seen.add(known)
        tally.expect(1)
        self._queue.put_nowait((page, url))


def parse() -> argparse.Namespace:
    parser = options.parser("Download the images of a site.")
    parser.add_argument("start", type=options.address, metavar="URL", help="the page to begin with")
    parser.add_argument("--pages", type=options.count, default=100, help="ask for so many at most")
    return parser.parse_args()


def main() -> int:
    given = parse()
    given.folder.mkdir(parents=True, exist_ok=True)
    interrupted = False
    with bars() as shown:
        pages, images = Tally("pages", shown), Tally("images", shown)
        terms = Terms(given.at_once, given.timeout)
        try:
            with asyncio.Runner(loop_factory=loop_factory(given.loop)) as runner:
                crawl = Crawl(URL(given.start), given.folder, terms, given.pages, pages, images)
                runner.run(crawl.run())
        except KeyboardInterrupt:
            interrupted = True
    show_failures(pages.failed + images.failed)
    came = f"{len(pages.came)} pages and {len(images.came)} images came"
    if interrupted:
        found = f"of {pages.expected} and {images.expected} found so far"
        say(f"interrupted: {came} {found}", sys.stderr)
        return 130
    print(came)
    return 1 if pages.failed or images.failed else 0


if __name__ == "__main__":
    sys.exit(main())
