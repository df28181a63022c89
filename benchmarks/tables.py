"""Cells in, a part of `docs/benchmarks.md` out; where it was measured, in a sentence."""

import contextlib
import importlib.metadata
import os
import platform
from collections.abc import Iterable, Iterator
from datetime import date


def machine(versions: Iterable[str]) -> str:
    """Where it is measured: interpreter, cores, load, and what of others."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    cores = len(os.sched_getaffinity(0))
    return (
        f"{python}, {date.today():%B %Y}, {platform.system()} on {cores} cores, "
        f"load {os.getloadavg()[0]:.1f} at the start. "
        f"{', '.join(versions) or 'No peer is installed'}."
    )


def versions_of(packages: Iterable[str]) -> Iterator[str]:
    """Names and versions of those that are installed."""
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield f"{package} {importlib.metadata.version(package)}"


def part(heading: str, rows: list[list[str]], above: str = "") -> str:
    """A table under its heading, nothing where it has no rows but its head."""
    if len(rows) < 2:
        return ""
    head, *body = (f"| {' | '.join(cells)} |" for cells in rows)
    top = [f"### {heading}", "", *([above, ""] if above else [])]
    return "\n".join([*top, head, "|---" * len(rows[0]) + "|", *body])


def between(page: str, begin: str, end: str, tables: str) -> str:
    """The page with these tables between its two marks."""
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"the page has no lines {begin!r} and {end!r}")
    return f"{before}{begin}\n\n{tables}\n{end}{after}"


def escaped(text: str) -> str:
    """Fit for a cell: one line, no bar."""
    return " ".join(text.split()).replace("|", "/")[:120]
