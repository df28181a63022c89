"""What to measure in, the tables out: `python -m benchmarks.follow`, from the source tree.

Prints a line a row as soon as it is measured. `--only` takes some of latency, quiet, writers and
backlog. Exit status 1: a follower ended, hung, or gave something else than was written.
"""

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.follow import backlog, latency, page, quiet, writing
from benchmarks.follow.followers import RSYSLOG, FollowerFailed, plait, tail
from benchmarks.follow.page import Report
from benchmarks.merge.data import Data

PARTS: Final = ("latency", "quiet", "writers", "backlog")
Show = Callable[[Sequence[Sequence[str]]], None]


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    files: tuple[int, ...]  # followed, a row each
    lines: int  # of one row, in rounds
    rounds: int
    quiet: float  # seconds
    writing: float  # seconds
    most: int  # bytes that a writer writes
    size: int  # bytes of a file of the backlog


FULL: Final = Effort((1, 1_000, 10_000), 3_000, 10, 30, 5, writing.MOST, 100_000_000)
QUICK: Final = Effort((1, 1_000, 10_000), 1_000, 5, 10, 2, 20_000_000, 15_000_000)


def report(effort: Effort, only: Sequence[str], folder: Path, show: Show) -> Report:
    """Measure it all, and show each row as it comes."""
    made = Report(page.about())
    show([[""], [made.about]])
    if "latency" in only:
        _latency(effort, folder, made, show)
    if "quiet" in only:
        _quiet(effort, folder, made, show)
    if "writers" in only:
        _writers(effort, folder, made, show)
    if "backlog" in only:
        _backlog(effort, folder, made, show)
    return made


def _latency(effort: Effort, folder: Path, made: Report, show: Show) -> None:
    ours = [
        plait("--since", "now", "--order", "arrival"),
        plait("--since", "now", "--lateness", "0s"),
    ]
    for files in effort.files:
        taken = latency.measure(
            [*ours, tail("0")], files, effort.lines, effort.rounds, folder / "latency"
        )
        for follower, times in zip(ours, taken, strict=False):
            assert times is not None, "plait is there"
            made.latencies.append((files, follower.name, times, taken[-1]))
            show(page.latencies(made))


def _quiet(effort: Effort, folder: Path, made: Report, show: Show) -> None:
    files = effort.files[-1]
    for follower, is_goal in (
        (plait("--since", "now", "--order", "arrival"), True),
        (plait("--order", "arrival"), False),
        (tail("0"), False),
    ):
        taken = quiet.measure(follower, files, effort.quiet, folder / "quiet")
        made.quiet.append((follower.name, is_goal, taken))
        show(page.quiet(made))


def _writers(effort: Effort, folder: Path, made: Report, show: Show) -> None:
    followers = [plait("--order", "arrival"), plait(), tail("+1")]
    for writer in (writing.PYTHON, writing.SHELL, writing.BLOCKS):
        for follower in followers:
            pace = writing.measure(
                follower, writer, effort.writing, effort.most, folder / "writers"
            )
            is_goal = follower is not followers[-1] and writer is not writing.BLOCKS
            made.paces.append((writer.name, follower.name, is_goal, pace))
            show(page.paces(made))


def _backlog(effort: Effort, folder: Path, made: Report, show: Show) -> None:
    data = Data(folder, "iso", effort.size)
    followers = [(plait(), True), (RSYSLOG, False), (tail("+1"), False)]
    taken: list[list[backlog.Backlog | None]] = [[] for _ in followers]
    for _ in range(3):
        for (follower, ordered), times in zip(followers, taken, strict=True):
            times.append(backlog.measure(follower, data, folder / "backlog", ordered=ordered))
    for (follower, is_goal), times in zip(followers, taken, strict=True):
        made.backlogs.append((follower.name, is_goal, times))
    for at in range(1, len(followers) + 1):
        show(page.backlogs(made)[: at + 1])


def raise_limit() -> None:
    """Let this process, and those that it starts, open as many files as are allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    description, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.follow",
        description=description,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument("--quick", action="store_true", help="smaller files, fewer lines")
    parser.add_argument("--files", type=int, nargs="+", metavar="N", help="are followed")
    parser.add_argument("--lines", type=int, metavar="N", help="of each row of latencies")
    parser.add_argument("--seconds", type=float, metavar="S", help="of quiet and of writing")
    parser.add_argument("--size", type=float, metavar="MB", help="of a file, about")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir(), "plait-benchmarks"),
        help="where the logs are made (default: %(default)s)",
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables in the end")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="put the tables between the marks of a page"
    )
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    if options.files:
        effort = replace(effort, files=tuple(options.files))
    if options.lines:
        effort = replace(effort, lines=options.lines, rounds=min(options.lines, effort.rounds))
    if options.seconds:
        effort = replace(effort, quiet=options.seconds, writing=options.seconds)
    if options.size:
        size = int(options.size * 1e6)
        effort = replace(effort, size=size, most=size)
    options.folder.mkdir(parents=True, exist_ok=True)
    raise_limit()
    out = sys.stderr if options.markdown else sys.stdout
    try:
        made = report(
            effort,
            options.only,
            options.folder,
            lambda rows: print(page.text(rows), file=out, flush=True),
        )
    except FollowerFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    if options.markdown:
        print(page.markdown(made), end="")
    if options.write:
        text = options.write.read_text("utf-8")
        options.write.write_text(page.write(text, page.markdown(made)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
