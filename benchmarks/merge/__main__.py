"""What to measure in, the whole table out: `python -m benchmarks.merge`, from the source tree.

Prints a line a row as soon as it is measured: seconds of the peer and of plait with the least and
the greatest, plait's peak memory, the ratio, the goal and whether it holds. `--only` takes
patterns of the shell: `"CLF"`, `"*--grep"`, `"*lnav"`, `"start"`. Exit status 1: an output was
not what it had to be.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.merge import page
from benchmarks.merge.page import Cell, Report
from benchmarks.merge.process import own_memory
from benchmarks.merge.race import FULL, QUICK, Effort, Judge, Race, run
from benchmarks.merge.rows import races


def chosen(all_races: Sequence[Race], patterns: Sequence[str]) -> Iterator[Race]:
    """The races, with only these rows."""
    for race in all_races:
        rows = [
            row
            for row in race.rows
            if any(fnmatchcase(row.name, f"*{pattern}*") for pattern in patterns)
        ]
        if rows:
            yield replace(race, rows=rows)


def report(
    effort: Effort, only: Sequence[str], folder: Path, show: Callable[[str], None]
) -> Report:
    """Measure it all, and show each line as it comes."""
    made = Report(page.about(effort))
    show(made.about)
    judge = Judge()
    for race in chosen(races(folder, int(effort.size * 1e6)), only):
        taken = run(race, effort, folder, judge)
        for row in race.rows:
            made.cells.append(Cell(row, taken[row.ours], taken[row.peer]))
            show(page.line(made.cells[-1]))
    made.floor = own_memory()
    return made


def main() -> int:
    description, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.merge",
        description=description,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="ROWS", default=["*"], help="these rows")
    parser.add_argument("--quick", action="store_true", help="smaller files, fewer rounds")
    parser.add_argument("--size", type=float, metavar="MB", help="of a file, about")
    parser.add_argument("--rounds", type=int, metavar="N", help="of everything")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir(), "plait-benchmarks"),
        help="where the logs are made, or have been made before (default: %(default)s)",
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables in the end")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="put the tables between the marks of a page"
    )
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    if options.size:
        effort = replace(effort, size=options.size)
    if options.rounds:
        effort = replace(effort, rounds=options.rounds, slow=options.rounds, small=options.rounds)
    options.folder.mkdir(parents=True, exist_ok=True)
    made = report(
        effort,
        options.only,
        options.folder,
        lambda line: print(line, file=sys.stderr if options.markdown else None, flush=True),
    )
    if options.markdown:
        print(page.markdown(made), end="")
    if options.write:
        text = options.write.read_text("utf-8")
        options.write.write_text(page.write(text, page.markdown(made)), "utf-8")
    failures = [failure for cell in made.cells for failure in cell.failures]
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
