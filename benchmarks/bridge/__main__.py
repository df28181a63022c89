"""What to measure in, the whole table out: `python -m benchmarks.bridge`, from the source tree.

Prints a line a row as it is measured: the place, the row, microseconds of the peer and of plait,
the ratio with its least and greatest value, the goal and whether it holds. `--only` takes
patterns of the shell: `"janus"`, `"uvloop, 1 core*to_thread"`, `"limit"`, `"size"`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.bridge import page, syscalls
from benchmarks.bridge.comparison import FULL, QUICK, Effort, Place
from benchmarks.bridge.page import Cell, Report
from benchmarks.bridge.rows import ROWS
from benchmarks.bridge.run import outcomes, start_at
from benchmarks.bridge.size import sizes
from plait.bridge import loop_factory
from plait.errors import MissingExtra


def loops() -> Iterator[str]:
    for name in "asyncio", "uvloop":
        try:
            loop_factory(name)
        except MissingExtra:
            continue
        yield name


def places(*, busy: bool) -> list[Place]:
    """Where to measure; with only one core there is no place with two."""
    cores = [1, 2][: len(os.sched_getaffinity(0))]
    return [
        Place(loop, count, is_busy)
        for is_busy in (False, True)[: 1 + busy]
        for loop in loops()
        for count in cores
    ]


def chosen(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, f"*{pattern}*") for pattern in patterns)


def cells(effort: Effort, only: Sequence[str], *, busy: bool) -> Iterator[Cell]:
    """Each as soon as it is measured."""
    for place in places(busy=busy):
        rows = [
            row
            for row in ROWS
            if row.cores in (0, place.cores)
            and not row.missing()
            and not (place.busy and not row.peer)  # no limit of anything
            and chosen(f"{place}: {row.name}", only)
        ]
        for row, outcome in outcomes(rows, start_at(place, effort)):
            yield Cell(place, row, outcome)


def report(
    effort: Effort, only: Sequence[str], *, busy: bool, strace: bool, show: Callable[[str], None]
) -> Report:
    """Measure it all, and show each line as it comes."""
    left_out = sorted({name for row in ROWS for name in row.missing()})
    made = Report(page.about(effort, left_out))
    show(made.about)
    for cell in cells(effort, only, busy=busy):
        made.cells.append(cell)
        show(page.line(cell))
    if chosen(syscalls.NAME, only) and strace:
        for loop in loops():
            made.system_calls.append(syscalls.system_calls(loop, effort))
            show(page.line_of_calls(made.system_calls[-1]))
    if chosen("size", only):
        made.sizes = sizes()
        for size in made.sizes:
            show(page.line_of_size(size))
    return made


def main() -> None:
    description, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bridge",
        description=description,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="ROWS", default=["*"], help="these rows")
    parser.add_argument("--quick", action="store_true", help="short rounds, no busy thread")
    parser.add_argument("--markdown", action="store_true", help="print the tables in the end")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="put the tables between the marks of a page"
    )
    options = parser.parse_args()
    made = report(
        QUICK if options.quick else FULL,
        options.only,
        busy=not options.quick,
        strace=syscalls.available(),
        show=lambda line: print(line, file=sys.stderr if options.markdown else None, flush=True),
    )
    if options.markdown:
        print(page.markdown(made), end="")
    if options.write:
        text = options.write.read_text("utf-8")
        options.write.write_text(page.write(text, page.markdown(made)), "utf-8")


if __name__ == "__main__":
    main()
