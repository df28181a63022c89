"""Four forms give the same files, never ask for more at once than they may, and stop in order."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.examples.programs import EXAMPLES, PATIENCE, Process, free_port, run, started

FORMS = ["sequential", "threads", "executor", "aiohttp"]
LOOPS = ["asyncio", "uvloop"]
Words = list[str | Path]
#: Each form, those of coroutines on each loop.
ALL = [("sequential", "asyncio"), ("threads", "asyncio")] + [
    (form, loop) for form in FORMS[2:] for loop in LOOPS
]

pytestmark = pytest.mark.timeout(120)
each_form = pytest.mark.parametrize(("form", "loop"), ALL)
each_loop = pytest.mark.parametrize("loop", LOOPS)


class Site:
    """A site that serves, and what it has seen."""

    def __init__(self, start: str) -> None:
        self.start = start

    def urls(self, *names: str) -> list[str]:
        return [f"{self.start}{name}" for name in names]

    def images(self, number: int) -> list[str]:
        return self.urls(*(f"{each}.png" for each in range(number)))

    def seen(self) -> dict[str, Any]:  # counts, by word
        with urllib.request.urlopen(f"{self.start}statistics", timeout=PATIENCE) as answer:
            seen: dict[str, Any] = json.load(answer)
            return seen


@contextmanager
def serving(*words: str) -> Iterator[Site]:
    program = str(EXAMPLES / "downloads" / "server.py")
    with started(sys.executable, "-W", "error", program, *words, ready="http://") as process:
        yield Site(process.first_line.strip())  # type: ignore[attr-defined]  # set by `started`


@contextmanager
def begun(program: str, *words: str | Path) -> Iterator[Process]:
    path = EXAMPLES / "downloads" / program
    with started(sys.executable, "-W", "error", path, *words) as process:
        yield process


def download(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return run("downloads/download.py", *map(str, words))


def crawl(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return run("downloads/crawl.py", *map(str, words))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def wait_until(true: Callable[[], bool], process: Process) -> None:
    """Wait for something that a process does; it must not end before."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.01)


def plain(text: str) -> bool:
    """Whether there is nothing in it but lines of visible characters."""
    return all(line.isprintable() for line in text.split("\n"))


# -- downloads ---------------------------------------------------------------------------------


@each_loop
def test_all_forms_give_the_same_files(loop: str, tmp_path: Path) -> None:
    with serving("--delay", "0.01", "--loop", loop) as site:
        done = download("--folder", tmp_path, "--loop", loop, *site.images(12))
    assert (done.returncode, done.stderr) == (0, "")
    first, *others = (contents(tmp_path / form) for form in FORMS)
    assert set(first) == {f"{number}.png" for number in range(12)}
    assert all(image.startswith(b"\x89PNG") for image in first.values())
    assert all(other == first for other in others)


@each_form
def test_the_server_sees_no_more_at_once_than_allowed(form: str, loop: str, tmp_path: Path) -> None:
    with serving("--delay", "0.1") as site:
        words: Words = ["--form", form, "--loop", loop, "--at-once", "3", "--folder", tmp_path]
        done = download(*words, *site.images(12))
        seen = site.seen()
    assert (done.returncode, done.stderr) == (0, "")
    if form == "sequential":
        assert seen["most"] == 1
    else:
        assert 1 < seen["most"] <= 3
    assert seen["requests"] == {f"/{number}.png": 1 for number in range(12)}


@each_form
def test_what_fails_is_named_and_the_rest_comes(form: str, loop: str, tmp_path: Path) -> None:
    reasons = {
        "99.png": "404 Not Found",
        "astray.png": "",
        "broken.png": "the body broke off",
        "silent.png": "no answer in 2 s",
        "stalled.png": "no answer in 2 s",
    }
    nobody = f"http://127.0.0.1:{free_port()}/nobody.png"
    with serving("--delay", "0") as site:
        words: Words = ["--form", form, "--loop", loop, "--timeout", "2", "--folder", tmp_path]
        done = download(*words, *site.urls(*reasons), nobody, *site.images(3))
    assert done.returncode == 1
    failures = [f"{site.start}{name}: {reason}" for name, reason in reasons.items()]
    failures.append(f"{nobody}: the connection failed")
    for said, failure in zip(done.stderr.splitlines(), sorted(failures), strict=True):
        assert said.startswith(failure)
    assert set(contents(tmp_path)) == {"0.png", "1.png", "2.png"}


@each_form
def test_ctrl_c_leaves_whole_files_only_and_the_connections_closed(
    form: str, loop: str, tmp_path: Path
) -> None:
    at_once = 1 if form == "sequential" else 3

    def half_written() -> list[Path]:
        return [*tmp_path.glob(".endless-*.part")]

    with serving("--delay", "0") as site:
        words: Words = ["--form", form, "--loop", loop, "--at-once", "3", "--folder", tmp_path]
        endless = site.urls(*(f"endless-{number}.png" for number in range(5)))
        with begun("download.py", *words, *site.images(2), *endless) as process:
            wait_until(lambda: len(half_written()) == at_once, process)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (130, "")
        assert err == f"interrupted: {form}: 2 of 7 came\n"
        assert set(contents(tmp_path)) == {"0.png", "1.png"}
        while (seen := site.seen())["open"]:
            time.sleep(0.01)
        assert seen["left"] == at_once
        # Those whose turn had not come were never asked for.
        assert sum(seen["requests"].values()) == 2 + at_once


@each_form
def test_after_ctrl_c_there_are_as_many_files_as_it_says(
    form: str, loop: str, tmp_path: Path
) -> None:
    words: Words = ["--form", form, "--loop", loop, "--folder", tmp_path]
    with begun("download.py", *words, "--images", "5000", "--delay", "0.01") as process:
        wait_until(lambda: len([*tmp_path.glob("[0-9]*.png")]) > 20, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err == f"interrupted: {form}: {len(contents(tmp_path))} of 5000 came\n"


@each_loop
def test_aiohttp_need_not_hear_from_the_server_to_stop(loop: str, tmp_path: Path) -> None:
    with serving("--delay", "0") as site:
        words: Words = [
            "--form",
            "aiohttp",
            "--loop",
            loop,
            "--timeout",
            "10000",
            "--folder",
            tmp_path,
        ]
        with begun("download.py", *words, *site.urls("silent.png")) as process:
            wait_until(lambda: site.seen()["open"] == 1, process)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE)
    assert err == "interrupted: aiohttp: 0 of 1 came\n"


def test_the_second_ctrl_c_does_not_wait_for_the_server(tmp_path: Path) -> None:
    with serving("--delay", "0") as site:
        words: Words = ["--form", "sequential", "--timeout", "10000", "--folder", tmp_path]
        with begun("download.py", *words, *site.urls("silent.png")) as process:
            wait_until(lambda: site.seen()["open"] == 1, process)
            process.send_signal(signal.SIGINT)
            # Two at the same time would be one.
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE)
    assert err == "interrupted: sequential: 0 of 1 came\n"


@each_loop
def test_without_urls_it_measures_all_forms_on_a_site_of_its_own(loop: str, tmp_path: Path) -> None:
    words = ["--images", "4", "--delay", "0.01", "--loop", loop]
    done = download("--folder", tmp_path, *words)
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = (line.split() for line in done.stdout.splitlines())
    assert head == ["form", "loop", "came", "failed", "seconds"]
    loops = ["-", "-", loop, loop]
    assert [row[:4] for row in rows] == [
        [form, its_loop, "4", "0"] for form, its_loop in zip(FORMS, loops, strict=True)
    ]


def test_pipes_get_no_control_characters(tmp_path: Path) -> None:
    with serving("--delay", "0") as site:
        done = download("--folder", tmp_path, *site.images(2), *site.urls("99.png"))
        assert done.stdout and done.stderr
        crawled = crawl("--folder", tmp_path, site.start)
        assert crawled.stdout
    assert all(map(plain, [done.stdout, done.stderr, crawled.stdout, crawled.stderr]))


def test_a_terminal_gets_a_bar_and_a_drawn_table(tmp_path: Path) -> None:
    with serving("--delay", "0") as site:
        words: Words = ["--form", "threads", "--folder", tmp_path, *site.images(2)]
        screen = on_terminal("download.py", *words)
    assert "2/2" in screen
    assert "│ threads" in screen


def on_terminal(program: str, *words: str | Path) -> str:
    """All that a program writes to a terminal."""
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / "downloads" / program), *map(str, words)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        )
        os.close(theirs)
        shown = b""
        try:
            while select.select([ours], [], [], PATIENCE)[0]:
                try:
                    shown += screen.read(1 << 16)
                except OSError:  # it has ended
                    break
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait()
    return shown.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at-once", "0"], "--at-once: invalid count value: '0'"),
        (["--timeout", "0"], "--timeout: invalid seconds value: '0'"),
        (["nonsense"], "invalid address value: 'nonsense'"),
        (["http://127.0.0.1:x/"], "invalid address value"),
        (["http://a..b/"], "invalid address value"),
        (["http://127.0.0.1/a", "http://localhost/a"], "would be the same file"),
    ],
)
def test_words_that_make_no_sense_are_refused_before_anything_happens(
    words: list[str], said: str, tmp_path: Path
) -> None:
    done = download("--folder", tmp_path / "images", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "images").exists()


def test_no_url_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    names = ["..", "%2e%2e/x", "a/../../b", ".0.png.part", ""]
    with serving("--delay", "0") as site:
        download("--form", "threads", "--folder", folder, *site.urls(*names))
    assert {*tmp_path.iterdir()} == {folder}
    assert all(path.is_file() for path in folder.iterdir())


# -- the crawler -------------------------------------------------------------------------------


@each_loop
def test_the_crawler_visits_each_page_once_and_only_its_own_site(loop: str, tmp_path: Path) -> None:
    with serving("--delay", "0.02", "--pages", "7", "--images", "9") as site:
        done = crawl("--loop", loop, "--at-once", "3", "--folder", tmp_path, site.start)
        seen = site.seen()
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "11 pages and 9 images came\n"
        pages = ["/", "/?new", "/old.html", "/moved.html"]
        pages += [f"/pages/{number}.html" for number in range(1, 7)]
        images = [f"/{number}.png" for number in range(9)]
        # Links, redirects and images that leave are there, and lead to the same server.
        # /0.png is an image of each page, and a link of each: once a kind.
        assert seen["requests"] == {**dict.fromkeys([*pages, *images], 1), "/0.png": 2}
        assert 1 < seen["most"] <= 3
        with urllib.request.urlopen(f"{site.start}5.png", timeout=PATIENCE) as answer:
            assert contents(tmp_path)["5.png"] == answer.read()
    assert set(contents(tmp_path)) == {f"{number}.png" for number in range(9)}


@each_loop
def test_the_crawler_begins_with_the_nearest_pages_and_keeps_to_its_limit(
    loop: str, tmp_path: Path
) -> None:
    with serving("--delay", "0", "--pages", "31", "--images", "1") as site:
        done = crawl("--loop", loop, "--pages", "8", "--folder", tmp_path, site.start)
        requests = site.seen()["requests"]
    nearest = ["/", "/old.html", "/moved.html", "/pages/1.html", "/pages/2.html"]
    assert set(nearest) <= set(requests)
    assert sum(requests.values()) == 8 + 1 and "/pages/15.html" not in requests
    assert done.stdout == "8 pages and 1 images came\n"


@each_loop
@pytest.mark.parametrize(
    ("page", "reason"), [("none.html", "404 Not Found"), ("garbled.html", "HTML that cannot")]
)
def test_a_page_that_fails_is_named(loop: str, page: str, reason: str, tmp_path: Path) -> None:
    with serving("--delay", "0") as site:
        done = crawl("--loop", loop, "--folder", tmp_path, f"{site.start}{page}")
    assert (done.returncode, done.stdout) == (1, "0 pages and 0 images came\n")
    assert done.stderr.startswith(f"{site.start}{page}: {reason}")


@each_loop
def test_ctrl_c_ends_the_crawler_and_it_says_how_far_it_came(loop: str, tmp_path: Path) -> None:
    with serving("--delay", "10000") as site:
        with begun("crawl.py", "--loop", loop, "--folder", tmp_path, site.start) as process:
            wait_until(lambda: site.seen()["open"] == 1, process)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (130, "")
        assert err == "interrupted: 0 pages and 0 images came of 1 and 0 found so far\n"
        while (seen := site.seen())["open"]:
            time.sleep(0.01)
        assert seen["left"] == 1
    assert contents(tmp_path) == {}
