"""What the pages say is so: their programs run, their commands show what the page shows.

Python blocks run in the order of their page, in one namespace; console blocks run through `sh`
on a pseudo-terminal, and what stands below a command must be what it prints (`...` stands for
anything, on a line of its own for any lines). Both work in a folder of the page's own. Comments
above a block say what else it is: `not run: WHY`, `file: NAME` (written into the folder),
`prints` (the output of the Python block before), `live` (a command that goes on), `live shows`
(what it prints further). A comment `run: COMMANDS` runs them unseen. Blocks of other languages
are only to be read.
"""

import contextlib
import fcntl
import io
import os
import re
import select
import shlex
import struct
import subprocess
import sys
import termios
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import pytest

import plait
from plait import bridge, errors, events, plugins
from plait.apps.options import COMMANDS, Command, parse
from plait.logs.batch import Batch, Record
from plait.logs.times.table import FORMATS
from plait.settings import Given
from plait.stats import SourceStats, Stats

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
#: Its blocks are those of the English page, which are run.
TRANSLATION = ROOT / "README.zh-CN.md"
#: How long a live command may take to show what it should.
PATIENCE = 20.0
#: Columns of the terminal: no line that a page shows is wrapped.
WIDTH = 200


# -- the pages as they are written -----------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block, or a comment of its own (then without language)."""

    page: Path
    line: int
    language: str
    marker: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


_PARTS = re.compile(
    r"^<!-- (?P<marker>.*?) -->\n|^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.M
)


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks of a page in order; a comment directly above a block is its marker."""
    source = page.read_text("utf-8")
    marker = ""
    marked = -1
    for part in _PARTS.finditer(source):
        line = source.count("\n", 0, part.start()) + 1
        if part["marker"] is not None:
            if part["marker"].startswith("run: "):
                yield Block(page, line, "", "run", part["marker"].removeprefix("run: "))
            marker, marked = part["marker"], part.end()
        else:
            own = marker if marked == part.start() else ""
            yield Block(page, line, part["language"], own, part["text"])


def test_the_pages_are_found() -> None:
    assert {"README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= {
        page.name for page in PAGES
    }
    assert len(PAGES) > 15


# -- what they show --------------------------------------------------------------------------


def _pattern(expected: str) -> re.Pattern[str]:
    lines = []
    for line in expected.splitlines():
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(map(re.escape, line.rstrip().split("..."))) + r"[ ]*\n")
    return re.compile("".join(lines))


def _agree(shown: str, expected: str) -> bool:
    return _pattern(expected).fullmatch(shown) is not None


def _hold(where: str, shown: str, expected: str) -> None:
    if not _agree(shown, expected):
        pytest.fail(f"{where}\nshows:\n{shown}\nand not:\n{expected}", pytrace=False)


_WIPED = re.compile(r"[^\n]*\r\x1b\[K")
_CONTROLS = re.compile(r"\x1b\[[\d;?]*[A-Za-z]|\r")


class Terminal:
    """A command on a pseudo-terminal of its own; ended when the block is left."""

    def __init__(self, command: str, folder: Path) -> None:
        self._screen, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
        self._process = subprocess.Popen(
            ["sh", "-c", f"{command}\n"],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._bytes = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._screen)

    @property
    def text(self) -> str:
        """What is left to see of what it printed, without colours."""
        return _CONTROLS.sub("", _WIPED.sub("", self._bytes.decode()))

    def read(self, seconds: float) -> bool:
        """Take what it prints within this time; false at its end."""
        if not select.select([self._screen], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # Linux's word for the end of a terminal
            data = b""
        self._bytes += data
        return bool(data)

    def take(self, expected: str) -> str:
        """What it prints until that is what is expected, or for too long."""
        until = time.monotonic() + PATIENCE
        while not _agree(self.text, expected) and time.monotonic() < until:
            if not self.read(0.2):
                break
        text, self._bytes = self.text, b""
        return text

    def finish(self) -> int:
        """Its exit status, when it has printed everything."""
        while self.read(60.0):
            pass
        return self._process.wait()

    def interrupt(self) -> int:
        """Its exit status after Ctrl-C."""
        os.killpg(self._process.pid, 2)
        return self.finish()


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{folder}/.bin:{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "COLUMNS": str(WIDTH),
        "NO_COLOR": "1",
        "TERM": "xterm",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }


@dataclass
class Story:
    """One page, played from its start to its end in a folder."""

    folder: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: str = ""
    live: Terminal | None = None

    def play(self, block: Block) -> None:
        """Do what this block says, and hold it to what it shows."""
        marker = block.marker
        if marker.startswith("not run: "):
            return
        if marker == "run":
            self._command(block, block.text, None)
        elif marker.startswith("file: "):
            self._file(marker.removeprefix("file: "), block.text)
        elif marker == "prints":
            _hold(block.where, self.printed, block.text)
        elif marker == "live":
            self._begin(block)
        elif marker == "live shows":
            assert self.live is not None, f"{block.where}: nothing is live"
            _hold(block.where, self.live.take(block.text), block.text)
        elif block.language == "python":
            self._python(block)
        elif block.language == "console":
            for command, expected in _commands(block):
                self._command(block, command, expected)

    def end(self) -> None:
        """End what is still live, as Ctrl-C does."""
        if self.live is not None:
            with self.live as live:
                assert live.interrupt() == 0, live.text

    def _begin(self, block: Block) -> None:
        ((command, expected),) = _commands(block)
        self.live = Terminal(f"exec {command}", self.folder)
        _hold(block.where, self.live.take(expected or ""), expected or "")

    def _command(self, block: Block, command: str, expected: str | None) -> None:
        with Terminal(command, self.folder) as terminal:
            status = terminal.finish()
            shown = terminal.text
        if expected is not None:
            _hold(f"{block.where}: {command}", shown, expected)
        elif status:
            pytest.fail(f"{block.where}: {command}\nended with {status}:\n{shown}", pytrace=False)

    def _file(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        if name == "pyproject.toml":
            _install(tomllib.loads(text)["project"], self.folder)

    def _python(self, block: Block) -> None:
        # So that a traceback names the line of the page.
        source = "\n" * block.line + block.text
        code = compile(source, str(block.page), "exec", dont_inherit=True)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, self.names)  # a block of our own docs
        self.printed = out.getvalue()


def _commands(block: Block) -> Iterator[tuple[str, str | None]]:
    """Each command of a console block, and what is shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        command, _, rest = part.partition("\n")
        while rest.startswith("> "):
            more, _, rest = rest[2:].partition("\n")
            command += f"\n{more}"
        yield command, rest or None


def _install(project: dict[str, Any], folder: Path) -> None:
    """What pip would do for the entry points of a project."""
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head)
    points = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points))


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """A folder with the command `plait` at hand, and the two logs that most pages begin with."""
    (tmp_path / ".bin").mkdir()
    for name, words in (("python", ""), ("plait", "-m plait")):
        command = tmp_path / ".bin" / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        command.chmod(0o755)
    (tmp_path / "api.log").write_text(API)
    (tmp_path / "worker.log").write_text(WORKER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield Story(tmp_path)
    monkeypatch.undo()
    time.tzset()


API = """\
2026-03-01T10:00:00.120Z INFO GET /orders 200
2026-03-01T10:00:02.480Z INFO GET /orders/7 200
2026-03-01T10:00:05.010Z ERROR POST /pay 502
"""
WORKER = """\
2026-03-01 10:00:01,350 INFO worker: job 7 begins
2026-03-01 10:00:04,900 ERROR worker: job 7 failed
Traceback (most recent call last):
  File "/srv/worker.py", line 40, in pay
TimeoutError: no answer from the bank
"""


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page != TRANSLATION and any(blocks_of(page))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_what_a_page_shows_is_so(page: Path, story: Story) -> None:
    try:
        for block in blocks_of(page):
            story.play(block)
    finally:
        story.end()


def test_a_page_that_shows_something_else_is_found_out(story: Story, tmp_path: Path) -> None:
    page = ROOT / "README.md"
    story.play(Block(page, 1, "console", "", "$ echo one two; echo three\none ...\n...\n"))
    with pytest.raises(pytest.fail.Exception, match=r"README\.md:1"):
        story.play(Block(page, 1, "console", "", "$ echo one\ntwo\n"))
    with pytest.raises(pytest.fail.Exception, match="ended with 3"):
        story.play(Block(page, 1, "console", "", "$ exit 3\n"))
    story.play(Block(page, 1, "python", "", "print(6 * 7)\n"))
    with pytest.raises(pytest.fail.Exception, match="42"):
        story.play(Block(page, 1, "text", "prints", "43\n"))


def test_the_commands_to_copy_are_valid() -> None:
    lines = [
        line
        for page in PAGES
        for block in blocks_of(page)
        if block.language == "sh"
        for line in block.text.replace("\\\n", "").splitlines()
        if line.startswith("plait ")
    ]
    assert len(lines) > 5
    for line in lines:
        words = shlex.split(line, comments=True)
        parse(words[1:])  # raises where one is not


# -- what they must name ---------------------------------------------------------------------


def _section(page: Path, heading: str) -> str:
    """The part of a page under a heading, up to the next one of its rank."""
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", page.read_text("utf-8"), re.S | re.M
    )
    assert found is not None, f"{page.name} has no heading {heading!r}"
    return found[2]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_is_in_the_reference_and_no_other(command: Command) -> None:
    section = _section(REFERENCE / "command-line.md", f"plait {command.name}")
    rows = re.findall(r"^\| (`-.*?) \|", section, re.M)
    listed = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(rows)))
    known = {f"--{option.name}" for option in command.options}
    known |= {f"-{option.short}" for option in command.options if option.short}
    known |= {f"--no-{option.name}" for option in command.options if option.kind == "switch"}
    assert listed == known


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_default_and_choice_is_in_the_reference(command: Command) -> None:
    section = _section(REFERENCE / "command-line.md", f"plait {command.name}")
    for option in command.options:
        row = re.search(rf"^\| `[^|]*--{option.name}\b.*$", section, re.M)
        assert row is not None
        wanted = [*option.choices, *([str(option.default)] if option.default else [])]
        shown = set(re.findall(r"[ `]([^ `]+)`", row[0]))
        assert shown >= set(wanted), f"{row[0]} lacks one of {wanted}"


def format_table() -> str:
    """The table of `docs/reference/time-formats.md`, as the code has it."""
    rows = ["| name | what it looks like | needs a sample |", "|---|---|---|"]
    for form in FORMATS:
        title, _, example = form.title.partition(": ")
        shown = f"{title}: `{example}`" if example else title
        sample = "yes" if form.weak else ""
        rows.append(f"| `{form.name}` | {shown.replace('|', '&#124;')} | {sample} |")
    return "\n".join(rows) + "\n"


def test_every_time_format_is_listed() -> None:
    assert format_table() in (REFERENCE / "time-formats.md").read_text("utf-8"), (
        f"the table must be:\n{format_table()}"
    )


def _names(page: str, heading: str) -> set[str]:
    """What the first column of the tables in a section lists."""
    section = _section(REFERENCE / page, heading)
    cells = re.findall(r"^\| (`.*?) \|", section, re.M)
    return set(re.findall(r"`([\w.]+)", " ".join(cells)))


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Public names", set(plait.__all__)),
        ("Options", set(Given.__annotations__) | {"live"}),
        ("Record", {n for n in vars(Record) if not n.startswith("_")}),
        ("Batch", {n for n in vars(Batch) if not n.startswith("_")}),
        ("Statistics", set(SourceStats.__slots__) | {"sources", "written"}),
        ("Errors", {n for n, v in vars(errors).items() if isinstance(v, type)}),
        (
            "Events",
            {
                n
                for n, v in vars(events).items()
                if isinstance(v, type) and v.__module__ == events.__name__
            },
        ),
    ],
)
def test_the_library_reference_lists_every(heading: str, names: set[str]) -> None:
    assert _names("library.md", heading) == names


def test_the_bridge_reference_lists_every_public_name() -> None:
    assert _names("bridge.md", "Public names") >= set(bridge.__all__)


def test_the_statistics_that_are_sums_are_told() -> None:
    section = _section(REFERENCE / "library.md", "Statistics")
    sums = {name for name, value in vars(Stats).items() if isinstance(value, property)}
    assert sums <= set(re.findall(r"`(\w+)`", section))


def test_every_source_and_setting_is_in_the_reference() -> None:
    page = (REFERENCE / "sources.md").read_text("utf-8")
    assert all(f"`{name}:" in page for name in plugins.SOURCES)
    assert all(f"`{name}`" in page for name in plugins.SETTINGS)


def test_the_picture_of_the_house_has_every_file() -> None:
    tree = _section(DOCS / "architecture.md", "The house")
    drawn = set(re.findall(r"^ *([\w/]+(?:\.py|/))(?= )", tree, re.M))
    source = ROOT / "src" / "plait"
    there = {p.name for p in source.rglob("*.py") if p.name not in {"__init__.py", "__main__.py"}}
    assert {name for name in drawn if name.endswith(".py")} - {"__init__.py"} == there
    assert {n for n in drawn if n.endswith("/")} >= {
        f"{p.parent.name}/" for p in source.rglob("*.py") if p.parent != source
    }


# -- how they hang together ------------------------------------------------------------------


def _slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.S | re.M)


def _headings(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^(#+) (.*)$", _prose(page), re.M)


def _links(page: Path) -> list[str]:
    found = re.findall(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)", _prose(page))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _links(page):
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in {_slug(text) for _, text in _headings(target)}, f"{page.name}: {link}"


def test_every_page_of_the_docs_can_be_reached_from_the_index() -> None:
    reached = {DOCS / "index.md"}
    todo = list(reached)
    while todo:
        page = todo.pop()
        linked = {(page.parent / link.partition("#")[0]).resolve() for link in _links(page)}
        fresh = {each for each in linked if each.suffix == ".md"} - reached
        reached |= fresh
        todo += fresh
    assert set(DOCS.rglob("*.md")) <= reached


def test_both_readmes_say_the_same() -> None:
    english, chinese = ROOT / "README.md", TRANSLATION
    assert [rank for rank, _ in _headings(english)] == [rank for rank, _ in _headings(chinese)]
    assert [(b.language, b.marker, b.text) for b in blocks_of(english)] == [
        (b.language, b.marker, b.text) for b in blocks_of(chinese)
    ]
    assert TRANSLATION.name in _links(english)
    assert "README.md" in _links(chinese)


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert ("##", "Unreleased") in _headings(ROOT / "CHANGELOG.md")
