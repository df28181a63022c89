"""What was measured in, the tables of `docs/benchmarks.md` out."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from benchmarks.follow.backlog import Backlog
from benchmarks.follow.followers import which
from benchmarks.follow.latency import Latencies
from benchmarks.follow.quiet import Quiet
from benchmarks.follow.writing import Pace
from benchmarks.merge.page import number
from benchmarks.tables import between, machine, part

BEGIN: Final = "<!-- begin: `python -m benchmarks.follow --write docs/benchmarks.md` -->"
END: Final = "<!-- end: `python -m benchmarks.follow --write docs/benchmarks.md` -->"

ABSENT: Final = "not installed"
#: The goals: times the peer's latency, of a core, bytes a file, seconds, seconds, times as fast.
LATENCY: Final = 1.2
SHARE: Final = 0.001
EACH: Final = 1024
READY: Final = 0.5
LAG: Final = 1.0
SPEED: Final = 2.0


@dataclass
class Report:
    """All that was measured, in the order of the tables; None where a peer is not installed."""

    about: str
    #: Files, follower, its latencies and those of the peer.
    latencies: list[tuple[int, str, Latencies, Latencies | None]] = field(default_factory=list)
    quiet: list[tuple[str, bool, Quiet | None]] = field(default_factory=list)
    #: Writer, follower, whether it is plait.
    paces: list[tuple[str, str, bool, Pace | None]] = field(default_factory=list)
    backlogs: list[tuple[str, bool, list[Backlog | None]]] = field(default_factory=list)


def about() -> str:
    """Where it was measured, and with what."""
    return machine(_versions())


def _versions() -> Iterator[str]:
    plait = [sys.executable, "-m", "plait", "--version"]
    yield subprocess.run(plait, capture_output=True, text=True, check=True).stdout.strip()
    for program, option in (("tail", "--version"), ("rsyslogd", "-v")):
        if (path := which(program)) is not None:
            said = subprocess.run([path, option], capture_output=True, text=True, check=True)
            version = next(word for word in said.stdout.split() if word[0].isdigit())
            yield f"{program} {version}"


def markdown(report: Report) -> str:
    """The tables, each under its heading."""
    parts = [
        report.about,
        part("From a write to the output", latencies(report)),
        part("Many quiet files", quiet(report)),
        part("Writers at full speed", paces(report)),
        part("A backlog, followed", backlogs(report)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def write(page: str, tables: str) -> str:
    """The page with these tables between its two marks."""
    return between(page, BEGIN, END, tables)


def latencies(report: Report) -> list[list[str]]:
    """A row a follower and number of files."""
    head = "files|follower|p50, ms|p99, ms|`tail -F`, p50, ms|p99, ms|ratio, p50|p99|goal|verdict"
    rows = [head.split("|")]
    for files, name, ours, peer in report.latencies:
        cells = [f"{files:,}", f"`{name}`", *_quantiles(ours)]
        if peer is None:
            rows.append([*cells, ABSENT, "", "", "", f"at most {LATENCY:g}", ""])
            continue
        ratios = [ours.quantile(part) / peer.quantile(part) for part in (0.5, 0.99)]
        verdict = "holds" if max(ratios) <= LATENCY else "missed"
        told = [number(ratio) for ratio in ratios]
        rows.append([*cells, *_quantiles(peer), *told, f"at most {LATENCY:g}", verdict])
    return rows


def quiet(report: Report) -> list[list[str]]:
    """A row a follower; plait's has the goals."""
    rows = [["follower", "files", "ready, s", "of a core", "memory, MB", "bytes a file", "verdict"]]
    for name, is_goal, taken in report.quiet:
        if taken is None:
            rows.append([f"`{name}`", ABSENT, "", "", "", "", ""])
            continue
        missed = [
            what
            for what, is_over in (
                ("ready", taken.ready >= READY),
                ("core", taken.share >= SHARE),
                ("memory", taken.each >= EACH),
            )
            if is_over
        ]
        verdict = f"missed: {', '.join(missed)}" if missed else "holds"
        memory = number(taken.memory / 1e6)
        each = f"{taken.each:,.0f}"
        cells = [f"{taken.files:,}", number(taken.ready), f"{taken.share:.3%}", memory, each]
        rows.append([f"`{name}`", *cells, verdict if is_goal else ""])
    return rows


def paces(report: Report) -> list[list[str]]:
    """A row a writer and follower."""
    head = "writers|follower|written, MB/s|most behind, MB|in seconds|at the end, MB|caught up, s"
    rows = [[*head.split("|"), "verdict"]]
    for writer, name, is_goal, pace in report.paces:
        if pace is None:
            rows.append([writer, f"`{name}`", ABSENT, "", "", "", "", ""])
            continue
        verdict = "holds" if pace.lag <= LAG else "falls behind"
        sizes = [pace.written / pace.seconds, pace.most]
        cells = [*(number(size / 1e6) for size in sizes), number(pace.lag)]
        cells += [number(pace.behind / 1e6), number(pace.catch_up)]
        rows.append([writer, f"`{name}`", *cells, verdict if is_goal else ""])
    return rows


def backlogs(report: Report) -> list[list[str]]:
    """A row a follower, beside the first of them that is the peer."""
    rows = [["follower", "s", "MB/s", "times the peer's speed", "goal", "verdict"]]
    peer = next((taken for _, is_goal, taken in report.backlogs if not is_goal), [])
    for name, is_goal, taken in report.backlogs:
        there = [each for each in taken if each is not None]
        if not there:
            rows.append([f"`{name}`", ABSENT, "", "", "", ""])
            continue
        cells = [number(median(each.seconds for each in there))]
        cells.append(number(median(each.speed for each in there)))
        if not is_goal:
            rows.append([f"`{name}`", *cells, "", "", ""])
            continue
        pairs = zip(there, peer, strict=False)
        ratios = [ours.speed / theirs.speed for ours, theirs in pairs if theirs is not None]
        told = ["", "at least 2", ""]
        if ratios:
            verdict = "holds" if median(ratios) >= SPEED else "missed"
            told = [number(median(ratios)), f"at least {SPEED:g}", verdict]
        rows.append([f"`{name}`", *cells, *told])
    return rows


def text(rows: Sequence[Sequence[str]]) -> str:
    """The last of these rows for a terminal, each cell under its name."""
    named = zip(rows[0], rows[-1], strict=True)
    return "; ".join(f"{name} {cell}".strip() for name, cell in named if cell)


def _quantiles(taken: Latencies) -> list[str]:
    return [number(taken.quantile(part) * 1e3) for part in (0.5, 0.99)]
