"""What was measured in, the tables of `docs/benchmarks.md` out; a line of the terminal too."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.bridge.comparison import Effort, Failure, Goal, Place, Row, Times, share
from benchmarks.bridge.rows import ROWS
from benchmarks.bridge.run import Outcome
from benchmarks.bridge.size import Size
from benchmarks.bridge.syscalls import GOAL, NAME, SystemCalls
from benchmarks.tables import between, escaped, machine, part, versions_of

BEGIN: Final = "<!-- begin: `python -m benchmarks.bridge --write docs/benchmarks.md` -->"
END: Final = "<!-- end: `python -m benchmarks.bridge --write docs/benchmarks.md` -->"

#: Whose version matters, where installed.
PACKAGES: Final = (
    "uvloop",
    "anyio",
    "asgiref",
    "aiomisc",
    "janus",
    "culsans",
    "aiologic",
    "greenlet",
    "greenback",
)
ORDER: Final = {row.name: number for number, row in enumerate(ROWS)}


@dataclass(frozen=True)
class Cell:
    """What a row gave in a place."""

    place: Place
    row: Row
    outcome: Outcome

    @property
    def goal(self) -> Goal | None:
        """What plait should reach."""
        return self.row.goal(self.place)

    @property
    def verdict(self) -> str:
        """Whether the goal is reached; nothing where there is no goal, or no ratio."""
        if self.goal is None or isinstance(self.outcome, Failure):
            return ""
        return self.goal.verdict(self.outcome.ratio)


@dataclass
class Report:
    """All that was measured."""

    about: str
    cells: list[Cell] = field(default_factory=list)
    system_calls: list[SystemCalls] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)


def about(effort: Effort, left_out: Sequence[str]) -> str:
    """Where and how it was measured."""
    text = f"{machine(versions_of(PACKAGES))} Medians of {effort.rounds} rounds."
    if left_out:
        text += f" Left out, since not installed: {', '.join(left_out)}."
    return text


def line(cell: Cell) -> str:
    """A row of the terminal."""
    head = f"{cell.place!s:24}{cell.row.name:76}"
    if isinstance(cell.outcome, Failure):
        return f"{head} {cell.outcome.reason}"
    if not cell.row.peer:
        return f"{head}{number(cell.outcome.ours):>9}"
    times = f"{number(cell.outcome.peer):>9}{number(cell.outcome.ours):>9}"
    goal = f"  {cell.goal}: {cell.verdict}" if cell.goal else ""
    return f"{head}{times}  {ratio(cell.outcome)}{goal}"


def line_of_calls(counted: SystemCalls) -> str:
    """The same for system calls."""
    times = f"{counted.peer:9.1f}{counted.ours:9.1f}  {GOAL:.0f}: {counted.verdict}"
    return f"{counted.loop + ', 1 core':24}{NAME:76}{times}"


def line_of_size(size: Size) -> str:
    """The same for the size of some modules."""
    return f"{'size':24}{size.what:76}{size.modules:9}{size.lines:9,}"


def markdown(report: Report) -> str:
    """The tables, each under its heading."""
    compared = [cell for cell in report.cells if cell.row.peer]
    alone = [cell for cell in compared if not cell.place.busy]
    budgets = [cell for cell in alone if cell.goal]
    hold = sum(cell.verdict.startswith("holds") for cell in budgets)
    parts = [
        report.about,
        part("Goals", _goals(budgets), f"{hold} of {len(budgets)} hold."),
        part("Without a goal", _matrix([cell for cell in alone if not cell.goal])),
        part("Beside a busy thread", _matrix([cell for cell in compared if cell.place.busy])),
        part("System calls", _system_calls(report.system_calls)),
        part("Limits", _matrix([c for c in report.cells if not c.row.peer and not c.place.busy])),
        part("Size", _sizes(report.sizes)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def write(page: str, tables: str) -> str:
    """The page with these tables between its two marks."""
    return between(page, BEGIN, END, tables)


def _goals(cells: list[Cell]) -> list[list[str]]:
    rows = [["what", "peer", "where", "peer, µs", "plait, µs", "ratio", "goal", "verdict"]]
    for cell in sorted(cells, key=lambda cell: ORDER[cell.row.name]):
        head = [_what(cell.row), f"`{cell.row.peer}`", str(cell.place)]
        tail = [str(cell.goal), cell.verdict]
        if isinstance(cell.outcome, Failure):
            rows.append([*head, "", "", escaped(cell.outcome.reason), *tail])
        else:
            times = [number(cell.outcome.peer), number(cell.outcome.ours)]
            rows.append([*head, *times, ratio(cell.outcome), *tail])
    return rows


def _matrix(cells: list[Cell]) -> list[list[str]]:
    """A line a row, a column a place."""
    places = list(dict.fromkeys(cell.place for cell in cells))
    rows = {cell.row.name: cell.row for cell in cells}
    names = sorted(rows, key=lambda name: ORDER[name])
    outcomes = {(cell.row.name, cell.place): cell.outcome for cell in cells}
    peers = any(row.peer for row in rows.values())
    table = [["what", *["peer"] * peers, *map(str, places)]]
    for name in names:
        row = rows[name]
        head = [_what(row), f"`{row.peer}`"] if peers else [row.what]
        table.append([*head, *(_outcome(outcomes.get((name, place))) for place in places)])
    return table


def _what(row: Row) -> str:
    return f"{row.group}, {row.what}"


def _outcome(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    if isinstance(outcome, Failure):
        return escaped(outcome.reason)
    if len(outcome.rounds[0]) == 1:
        return number(outcome.ours)
    return f"{number(outcome.peer)}, {number(outcome.ours)}: {ratio(outcome)}"


def _system_calls(counted: list[SystemCalls]) -> list[list[str]]:
    return [
        ["loop", "`asyncio.to_thread`", "plait", "goal", "verdict"],
        *(
            [each.loop, f"{each.peer:.1f}", f"{each.ours:.1f}", f"{GOAL:.0f}", each.verdict]
            for each in counted
        ),
    ]


def _sizes(sizes: list[Size]) -> list[list[str]]:
    return [
        ["what", "modules", "lines of code"],
        *([each.what, str(each.modules), f"{each.lines:,}"] for each in sizes),
    ]


def ratio(times: Times) -> str:
    """The ratio and its spread."""
    ratios = times.ratios
    return f"{share(times.ratio)} ({share(ratios[0])} to {share(ratios[-1])})"


def number(value: float) -> str:
    """Microseconds, three digits of them."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
