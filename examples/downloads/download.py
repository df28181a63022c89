"""An image downloader in four forms: one after the other, threads, an executor, aiohttp.

    pip install 'plait[examples]'
    python examples/downloads/download.py --form all
    python examples/downloads/download.py --form threads --folder images URL...

Without URLs it starts a site of its own, whose answers are late, and shows how long each form
takes. A download that fails is named and the others go on; the exit status is then 1. Ctrl-C
stops it, 130; every file that is there is whole.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import options
from forms import Terms, executor, sequential, threads, with_aiohttp
from saving import Download, download_of
from server import Site, serving
from showing import Tally, bars, say, show_failures, show_table

from plait.bridge import LoopThread, enter_async, loop_factory

Blocking = Callable[[Sequence[Download], Terms, Tally], None]
Async = Callable[[Sequence[Download], Terms, Tally], Coroutine[Any, Any, None]]

BLOCKING: dict[str, Blocking] = {"sequential": sequential, "threads": threads}
ASYNC: dict[str, Async] = {"executor": executor, "aiohttp": with_aiohttp}
FORMS = [*BLOCKING, *ASYNC]


@dataclass
class Run:
    """What became of one form; `seconds` is None while it goes on, and after Ctrl-C."""

    form: str
    tally: Tally
    seconds: float | None = None


def parse() -> argparse.Namespace:
    parser = options.parser("An image downloader in four forms.")
    urls = "none: those of a site of its own"
    parser.add_argument("urls", nargs="*", type=options.address, metavar="URL", help=urls)
    parser.add_argument("--form", choices=[*FORMS, "all"], default="all")
    parser.add_argument("--images", type=options.count, default=40, help="of its own site")
    parser.add_argument("--delay", type=float, default=0.1, help="seconds before its answers")
    given = parser.parse_args()
    given.urls = list(dict.fromkeys(given.urls))
    names = [download_of(url, given.folder).path for url in given.urls]
    for url, name in zip(given.urls, names, strict=True):
        if names.count(name) > 1:
            parser.error(f"{url}: another URL would be the same file, {name}")
    return given


@contextmanager
def addresses(given: argparse.Namespace) -> Iterator[list[str]]:
    """The URLs given; or those of a site that serves while the block lasts."""
    if given.urls:
        yield given.urls
        return
    site = Site(images=given.images, delay=given.delay)
    with LoopThread("site") as loop, enter_async(loop, serving(site)) as start:
        yield [f"{start}{number}.png" for number in range(given.images)]


def download(form: str, urls: list[str], given: argparse.Namespace, runs: list[Run]) -> None:
    """One form. All of them, one after the other, have a folder each."""
    folder = given.folder / form if given.form == "all" else given.folder
    folder.mkdir(parents=True, exist_ok=True)
    downloads = [download_of(url, folder) for url in urls]
    terms = Terms(given.at_once, given.timeout)
    with bars() as shown:
        run = Run(form, Tally(form, shown, len(downloads)))
        runs.append(run)
        began = time.perf_counter()
        if form in BLOCKING:
            BLOCKING[form](downloads, terms, run.tally)
        else:
            with asyncio.Runner(loop_factory=loop_factory(given.loop)) as runner:
                runner.run(ASYNC[form](downloads, terms, run.tally))
        run.seconds = time.perf_counter() - began


def show_times(runs: list[Run], loop: str) -> None:
    rows = []
    for run in runs:
        if run.seconds is not None:
            words = [run.form, loop if run.form in ASYNC else "-"]
            numbers = [str(len(run.tally.came)), str(len(run.tally.failed)), f"{run.seconds:.2f}"]
            rows.append(words + numbers)
    if rows:
        show_table(["form", "loop", "came", "failed", "seconds"], rows)


def main() -> int:
    given = parse()
    runs: list[Run] = []
    interrupted = False
    try:
        with addresses(given) as urls:
            for form in FORMS if given.form == "all" else [given.form]:
                download(form, urls, given, runs)
    except KeyboardInterrupt:
        interrupted = True
    for run in runs:
        show_failures(run.tally.failed)
    show_times(runs, given.loop)
    if interrupted:
        if runs:
            form, tally = runs[-1].form, runs[-1].tally
            say(f"interrupted: {form}: {len(tally.came)} of {tally.expected} came", sys.stderr)
        return 130
    return 1 if any(run.tally.failed for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
