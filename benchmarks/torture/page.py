"""Outcomes in, what people read out: a line in a terminal, a table on a page."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from benchmarks.torture.followers import Follower
from benchmarks.torture.lines import Tally
from benchmarks.torture.run import Outcome
from benchmarks.torture.scenarios import SCENARIOS

_COMMAND: Final = "`python -m benchmarks.torture --follower all --write docs/torture.md`"
BEGIN: Final = f"<!-- begin: {_COMMAND} -->"
END: Final = f"<!-- end: {_COMMAND} -->"


def line(outcome: Outcome) -> str:
    """One run."""
    if outcome.trouble == "cannot":
        return "cannot do this"
    tally = outcome.tally
    faults = f"{outcome.faults:5} faults, {tally.written:9,} lines"
    if outcome.trouble:
        return f"{faults}: {outcome.trouble}"
    verdict = "holds" if tally.holds else "FAILS"
    gone = f", {tally.gone:,} in no file" if tally.gone else ""
    return (
        f"{faults}: {verdict}: {tally.lost:,} lost, {tally.repeated:,} repeated, "
        f"{tally.torn:,} torn, {tally.disordered:,} out of order{gone}"
    )


def survived(outcomes: Iterable[Outcome]) -> str:
    """The faults of each kind that each follower came through, and the lines."""
    counts: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.trouble != "cannot":
            counts.setdefault((outcome.follower, outcome.scenario), []).append(outcome)
    lines = []
    for (follower, scenario), runs in counts.items():
        good = [run for run in runs if run.holds]
        lines.append(
            f"{follower:<10} {scenario:<13} {len(good)} of {len(runs)} runs hold: "
            f"{sum(run.faults for run in good):,} faults survived, "
            f"{sum(run.tally.written for run in good):,} lines whole"
        )
    return "\n".join(lines)


def about(followers: Sequence[Follower], seed: int, length: float) -> str:
    """Where and how it was run."""
    versions = ", ".join(it.version for it in followers if it.version)
    return (
        f"{date.today():%B %Y}, {platform.system()} on {len(os.sched_getaffinity(0))} cores, "
        f"load {os.getloadavg()[0]:.1f} at the start. Python {platform.python_version()}, "
        f"seed {seed}, {length:g} s a scenario. {versions or 'No peer is installed'}."
    )


def markdown(outcomes: Sequence[Outcome], about: str) -> str:
    """One table: a row a scenario, a column a follower."""
    names = list(dict.fromkeys(it.follower for it in outcomes))
    head = ["scenario", "lines", "faults", *names]
    rows = [head, ["---"] * len(head)]
    for scenario in dict.fromkeys(it.scenario for it in outcomes):
        runs = [it for it in outcomes if it.scenario == scenario]
        first = next((it for it in runs if it.tally.written), runs[0])
        cells = [_cell([it for it in runs if it.follower == name]) for name in names]
        rows.append([scenario, f"{first.tally.written:,}", str(first.faults), *cells])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    happenings = "\n".join(
        f"- *{name}*: {SCENARIOS[name].what}"
        for name in dict.fromkeys(it.scenario for it in outcomes)
    )
    return f"{about}\n\n{table}\n\n{happenings}\n"


def _cell(runs: Sequence[Outcome]) -> str:
    if any(run.trouble for run in runs):
        return next("–" if run.trouble == "cannot" else run.trouble for run in runs if run.trouble)
    tally = sum((run.tally for run in runs), Tally())
    gone = f" ({tally.gone:,} in no file)" if tally.gone else ""
    cell = f"{tally.lost:,} / {tally.repeated:,} / {tally.torn:,}"
    return f"{cell}{gone}" if not tally.holds else f"**{cell}**{gone}"


def write(text: str, tables: str) -> str:
    """The page with these tables between its marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no marks {BEGIN} and {END}")
    return f"{before}{begin}\n\n{tables}\n{end}{after}"
