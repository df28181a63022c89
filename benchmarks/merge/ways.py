"""The ways to merge: a command each, and what its output must be."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.merge import checks, heap
from benchmarks.merge.checks import Check, Output
from benchmarks.merge.data import Data
from benchmarks.merge.process import Usage, run

# With the last, plait would be compiled to bytecode at each start; now the first round writes it.
_UNSET: Final = {"PLAIT_KERNEL", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
# The interpreter's own path: not a shim that looks for one first.
_PLAIT: Final = [sys.executable, "-m", "plait"]
#: What `--grep` looks for, in about one line of a hundred.
WORDS: Final = "token upload"


@dataclass(frozen=True)
class Way:
    """A way to do something with some logs.

    `words` gives the command, from the logs and a file that it may write instead of to
    standard output.
    """

    name: str
    data: Data
    words: Callable[[Data, Path], list[str]] = field(compare=False)
    check: Check
    writes_file: bool = False
    reads: bool = True
    slow: bool = False  # so that fewer rounds must do
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    needs: str = ""  # a program

    @property
    def is_there(self) -> bool:
        """Whether its program is installed."""
        return not self.needs or shutil.which(self.needs) is not None

    def run(self, folder: Path) -> tuple[Usage, Output]:
        """Do it once, with the output in this folder."""
        own = folder / "own-output"
        output = folder / "output"
        environment = {key: os.environ[key] for key in os.environ if key not in _UNSET}
        usage = run(self.words(self.data, own), output, environment | dict(self.environment))
        if self.writes_file:
            return usage, Output(own, own.stat().st_size)
        return usage, Output(output, usage.written)


def plait(data: Data, *options: str, check: Check = checks.merged) -> Way:
    """`plait merge` with these options."""
    shown = [f"'{option}'" if " " in option else option for option in options]
    return Way(
        " ".join(["plait merge", *shown]), data, lambda data, _: _merge(data, *options), check
    )


def plait_pure(data: Data) -> Way:
    """The same without the compiled kernel."""
    return Way(
        "plait merge, pure Python",
        data,
        lambda data, _: _merge(data),
        checks.merged,
        slow=True,
        environment={"PLAIT_KERNEL": "python"},
    )


def plait_to_file(data: Data) -> Way:
    """The same into a file that it opens itself."""
    return Way(
        "plait merge -o FILE",
        data,
        lambda data, own: _merge(data, "-o", str(own)),
        checks.merged,
        writes_file=True,
    )


def plait_last_minute(data: Data) -> Way:
    """The same from a minute before the end."""
    return Way(
        "plait merge --since T",
        data,
        lambda data, _: _merge(data, "--since", f"{data.minute_before_the_end}Z"),
        checks.last_minute,
    )


def plait_verify(data: Data) -> Way:
    """The proof of a merge."""
    return Way(
        "plait verify",
        data,
        lambda data, _: [*_PLAIT, "verify", str(data.merged), *_names(data)],
        checks.holds,
        slow=True,
    )


def plait_version(data: Data) -> Way:
    """The least that plait can do."""
    return Way(
        "plait --version",
        data,
        lambda data, _: [*_PLAIT, "--version"],
        checks.version,
        reads=False,
    )


def _merge(data: Data, *options: str) -> list[str]:
    return [*_PLAIT, "merge", "--tz", "UTC", *options, *_names(data)]


def _names(data: Data) -> list[str]:
    return [str(path) for path in data.paths]


def sort(data: Data) -> Way:
    """`sort -m` by bytes, in one pass."""
    return Way(
        "sort -m", data, lambda data, _: [*_SORT, *_names(data)], checks.merged, environment=_C
    )


def sort_to_file(data: Data) -> Way:
    """The same into a file that it opens itself."""
    return Way(
        "sort -m -o FILE",
        data,
        lambda data, own: [*_SORT, "-o", str(own), *_names(data)],
        checks.merged,
        writes_file=True,
        environment=_C,
    )


def sort_and_grep(data: Data) -> Way:
    """What one would do without plait."""
    return Way(
        "sort -m, grep",
        data,
        lambda data, _: ["sh", "-c", f'{" ".join(_SORT)} "$@" | grep "$0"', WORDS, *_names(data)],
        checks.matching(WORDS.encode()),
        environment=_C,
    )


_SORT: Final = ["sort", "-m", "--batch-size=128"]
_C: Final = {"LC_ALL": "C"}


def cat(data: Data) -> Way:
    """One file after the other."""
    return Way("cat", data, lambda data, _: ["cat", *_names(data)], checks.any_order)


def zcat(data: Data) -> Way:
    """The same, decompressed."""
    return Way("zcat", data, lambda data, _: ["zcat", *_names(data)], checks.any_order)


def heapq(data: Data) -> Way:
    """`heapq.merge` over lines and their times."""
    return Way(
        "heapq.merge",
        data,
        lambda data, _: [sys.executable, heap.__file__, *_names(data)],
        checks.merged,
        slow=True,
    )


def lnav(data: Data) -> Way:
    """lnav without its screen; lines of one millisecond may change places."""
    return Way(
        "lnav -n",
        data,
        lambda data, _: ["lnav", "-n", *_names(data)],
        checks.any_order,
        slow=True,
        environment={"HOME": str(data.home)},  # it keeps notes there
        needs="lnav",
    )


def logmerger(data: Data) -> Way:
    """logmerger without its screen, into a table with a column a file."""
    return Way(
        "logmerger --csv FILE",
        data,
        lambda data, own: ["logmerger", "--csv", str(own), *_names(data)],
        checks.table_of_messages,
        writes_file=True,
        slow=True,
        needs="logmerger",
    )


def python(data: Data) -> Way:
    """The interpreter alone."""
    return Way(
        "python -c pass",
        data,
        lambda data, _: [sys.executable, "-c", "pass"],
        checks.nothing,
        reads=False,
    )
