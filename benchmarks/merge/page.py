"""What was measured in, the tables of `docs/benchmarks.md` out; a line of the terminal too."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from benchmarks.merge.race import Effort, Row, Taken
from benchmarks.merge.ways import Way
from benchmarks.tables import between, escaped, machine, part, versions_of

BEGIN: Final = "<!-- begin: `python -m benchmarks.merge --write docs/benchmarks.md` -->"
END: Final = "<!-- end: `python -m benchmarks.merge --write docs/benchmarks.md` -->"

#: Bytes that a merge of eight files may take.
MEMORY: Final = 150_000_000
#: Whose version matters, where installed.
PROGRAMS: Final = ("sort", "cat", "gzip", "lnav")


@dataclass(frozen=True)
class Cell:
    """What a row gave."""

    row: Row
    ours: Taken
    peer: Taken

    @property
    def ratios(self) -> list[float]:
        """Of plait to the peer, round by round, sorted: what disturbs a round disturbs both."""
        pairs = zip(self.ours.usages, self.peer.usages, strict=False)  # slow ways have fewer
        times = [ours.seconds / peer.seconds for ours, peer in pairs]
        if self.row.is_of_times:
            return sorted(times)
        bytes_ratio = self.row.ours.data.total / self.row.peer.data.total
        return sorted(bytes_ratio / ratio for ratio in times)

    @property
    def is_whole(self) -> bool:
        """Whether both sides gave something."""
        return not (self.ours.failure or self.peer.failure)

    @property
    def verdict(self) -> str:
        """Whether the goal is reached; nothing where there is no goal, or no ratio."""
        if self.row.goal is None or not self.is_whole:
            return ""
        return self.row.goal.verdict(median(self.ratios))

    @property
    def failures(self) -> list[str]:
        """What went wrong; a peer that is not there has not."""
        sides = ((self.row.ours, self.ours), (self.row.peer, self.peer))
        return [f"{way.name}: {taken.failure}" for way, taken in sides if _failed(way, taken)]


@dataclass
class Report:
    """All that was measured."""

    about: str
    cells: list[Cell] = field(default_factory=list)
    floor: int = 0  # bytes; less memory than this cannot be told from it


def about(effort: Effort) -> str:
    """Where and how it was measured."""
    return (
        f"{machine(_versions())} Files of {effort.size:g} MB, 8 of them where nothing else is "
        f"said. Medians of {effort.rounds} rounds; of {effort.slow} for pure Python, heapq, lnav "
        f"and logmerger, and of {effort.small} for start-up."
    )


def _versions() -> Iterator[str]:
    plait = subprocess.run(
        [sys.executable, "-m", "plait", "--version"], capture_output=True, text=True, check=True
    )
    yield plait.stdout.strip()
    for program in filter(shutil.which, PROGRAMS):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        yield f"{program} {next(word for word in said.stdout.split() if word[0].isdigit())}"
    yield from versions_of(["logmerger"])


def line(cell: Cell) -> str:
    """A row of the terminal."""
    head = f"{cell.row.name:72}"
    if not cell.is_whole:
        return f"{head} {' / '.join(filter(None, (cell.ours.failure, cell.peer.failure)))}"
    times = f"{time(cell.peer):>24}{time(cell.ours):>24}"
    memory = f"{cell.ours.memory / 1e6:6.0f} MB"
    goal = f"  {cell.row.goal}: {cell.verdict}" if cell.row.goal else ""
    return f"{head}{times}{memory}  {ratio(cell)}{goal}"


def markdown(report: Report) -> str:
    """The tables, each under its heading."""
    budgets = [cell for cell in report.cells if cell.row.goal]
    others = [cell for cell in report.cells if not cell.row.goal]
    hold = sum(cell.verdict == "holds" for cell in budgets)
    parts = [
        report.about,
        part("Goals of the merge", _goals(budgets), f"{hold} of {len(budgets)} hold."),
        part("The merge, without a goal", _rows(others)),
        part("Memory of the merge", _memory(report)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def write(page: str, tables: str) -> str:
    """The page with these tables between its two marks."""
    return between(page, BEGIN, END, tables)


def _goals(cells: Sequence[Cell]) -> list[list[str]]:
    head, *body = _rows(cells)
    goals = [[str(cell.row.goal), cell.verdict] for cell in cells]
    return [[*head, "goal", "verdict"], *map(list.__add__, body, goals)]


def _rows(cells: Sequence[Cell]) -> list[list[str]]:
    rows = [["what", "plait", "peer", "plait, s", "peer, s", "plait, MB/s", "peer, MB/s", "ratio"]]
    for cell in cells:
        row = cell.row
        rows.append(
            [
                row.what,
                f"`{row.ours.name}`",
                f"`{row.peer.name}`",
                time(cell.ours),
                time(cell.peer),
                "" if row.is_of_times else speed(row.ours, cell.ours),
                "" if row.is_of_times else speed(row.peer, cell.peer),
                ratio(cell) if cell.is_whole else "",
            ]
        )
    return rows


def _memory(report: Report) -> list[list[str]]:
    """A line a way: plait's, then the peers'."""
    rows = [["what", "command", "files", "read, MB", "peak, MB", "goal", "verdict"]]
    sides = [(cell.row.what, cell.row.ours, cell.ours) for cell in report.cells]
    sides += [(cell.row.what, cell.row.peer, cell.peer) for cell in report.cells]
    seen: set[Way] = set()
    for what, way, taken in sides:
        if way not in seen and not taken.failure:
            seen.add(way)
            read = [str(way.data.count), number(way.data.total / 1e6)] if way.reads else ["", ""]
            goal = [f"{MEMORY / 1e6:.0f}", _memory_verdict(taken)] if _has_goal(way) else ["", ""]
            rows.append([what, f"`{way.name}`", *read, memory(taken, report.floor), *goal])
    return rows


def _has_goal(way: Way) -> bool:
    return way.name.startswith("plait merge") and way.data.count <= 8


def _memory_verdict(taken: Taken) -> str:
    return "holds" if taken.memory <= MEMORY else "missed"


def memory(taken: Taken, floor: int) -> str:
    """The peak, in megabytes."""
    if taken.memory <= floor:
        return f"up to {floor / 1e6:.0f}"
    return f"{taken.memory / 1e6:.0f}"


def time(taken: Taken) -> str:
    """Seconds and their spread, or why there are none."""
    if taken.failure:
        return escaped(taken.failure)
    least, most = taken.spread
    return f"{number(taken.seconds)} ({number(least)} to {number(most)})"


def speed(way: Way, taken: Taken) -> str:
    """Megabytes a second."""
    return "" if taken.failure else number(way.data.total / 1e6 / taken.seconds)


def ratio(cell: Cell) -> str:
    """The ratio and its spread."""
    ratios = cell.ratios
    return f"{number(median(ratios))} ({number(ratios[0])} to {number(ratios[-1])})"


def number(value: float) -> str:
    """About three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _failed(way: Way, taken: Taken) -> bool:
    return bool(taken.failure) and way.is_there
