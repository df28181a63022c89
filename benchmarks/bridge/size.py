"""Source files in, their lines of code out: `plait.bridge` beside its peers.

Counted by `tokenize`: lines with code, so
no blank lines, comments and docstrings. Of peers that do more, the files that do what the bridge
does; asyncio's own part is spread over files that do other things, and is not counted.
"""

import importlib.util
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import plait.bridge

#: The modules of `plait.bridge` by what they are for; what is in no group here is the rest.
GROUPS: Final = {
    "what all stand on": ("wakeup", "parking", "waits", "here", "loops", "leftover"),
    "coroutine to thread": ("threads", "job", "pool", "limiter", "affine"),
    "thread to loop": ("portal", "call", "loop_thread"),
    "iterators, context managers": ("iteration", "contexts"),
    "channel, locks": ("channel", "store", "line", "permits", "sync"),
    "timers, watchdog": ("timers", "watchdog"),
    "processes": ("processes", "worker_process"),
    "greenlets": ("greenlets",),
}

#: What is counted of each peer: packages without their tests, or files of them.
PEERS: Final = {
    "anyio: `to_thread`, `from_thread` and the whole asyncio backend": (
        "anyio/to_thread.py",
        "anyio/from_thread.py",
        "anyio/_backends/_asyncio.py",
    ),
    "asgiref: `sync` and what it stands on": (
        "asgiref/sync.py",
        "asgiref/current_thread_executor.py",
        "asgiref/local.py",
    ),
    "aiomisc: thread pool, with aiothreads": (
        "aiomisc/thread_pool.py",
        "aiomisc/iterator_wrapper.py",
        "aiothreads",
    ),
    "janus": ("janus",),
    "culsans, with aiologic": ("culsans", "aiologic"),
    "greenback": ("greenback",),
}

_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Size:
    """How much code there is."""

    what: str
    modules: int
    lines: int


def code_lines(source: str) -> int:
    """Its lines with code."""
    return len({line for statement in _statements(source) for line in _lines(statement)})


def _statements(source: str) -> Iterator[list[tokenize.TokenInfo]]:
    statement: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NEWLINE:
            yield statement
            statement = []
        elif token.type not in _LAYOUT:
            statement.append(token)


def _lines(statement: list[tokenize.TokenInfo]) -> Iterator[int]:
    if [token.type for token in statement] == [tokenize.STRING]:
        return  # a docstring: a statement that is nothing but a string
    for token in statement:
        yield from range(token.start[0], token.end[0] + 1)


def size(what: str, files: Iterable[Path]) -> Size:
    """The size of these files; empty ones are no modules."""
    lines = [code_lines(file.read_text("utf-8")) for file in files]
    return Size(what, sum(map(bool, lines)), sum(lines))


def sizes() -> list[Size]:
    """plait's groups, plait whole, then the peers that are installed."""
    home = Path(plait.bridge.__file__).parent
    modules = {file.stem: file for file in sorted(home.glob("*.py"))}
    grouped = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, "the rest": tuple(name for name in modules if name not in grouped)}
    ours = [
        size(f"plait: {group}", [modules[name] for name in names if name in modules])
        for group, names in groups.items()
    ]
    whole = size("plait.bridge", modules.values())
    theirs = [
        size(what, files)
        for what, parts in PEERS.items()
        if (files := [file for part in parts for file in _files(part)])
    ]
    return [*(each for each in ours if each.modules), whole, *theirs]


def _files(part: str) -> list[Path]:
    package, _, file = part.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return []
    home = Path(spec.submodule_search_locations[0])
    if file:
        return [home / file]
    return [path for path in sorted(home.rglob("*.py")) if "/_test" not in str(path)]
