"""How far a program came, as bars and tables for people and as plain lines for pipes."""

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


class Tally:
    """What has come and what has failed, told from any thread and shown by a bar.

    1. Each URL expected is told at most once, after its file has its name or has been removed.
    """

    def __init__(self, name: str, bars: Progress, expected: int = 0) -> None:
        # Appending is atomic; counting up would need a lock.
        self.came: list[str] = []
        self.failed: list[tuple[str, str]] = []
        self.expected = expected
        self._bars = bars
        self._bar = bars.add_task(name, total=expected)

    def expect(self, number: int) -> None:
        """So many more. Always from the same thread."""
        self.expected += number
        self._bars.update(self._bar, total=self.expected)

    def come(self, url: str) -> None:
        self.came.append(url)
        self._bars.advance(self._bar)

    def fail(self, url: str, reason: object) -> None:
        self.failed.append((url, str(reason)))
        self._bars.advance(self._bar)


def bars() -> Progress:
    """Bars on standard error while a block lasts; silent where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def show_failures(failures: Iterable[tuple[str, str]]) -> None:
    """One line each on standard error, in the order of the URLs."""
    for url, reason in sorted(failures):
        say(f"{url}: {reason}", sys.stderr)


def say(text: str, out: TextIO) -> None:
    """One line, in which nothing that a server sent can move the cursor."""
    print("".join(c if c.isprintable() else "?" for c in text), file=out, flush=True)


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Drawn on a terminal, aligned with spaces elsewhere; the first two columns are words."""
    if sys.stdout.isatty():
        table = Table()
        for number, head in enumerate(heads):
            table.add_column(head, justify="left" if number < 2 else "right")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [
            cell.ljust(width) if number < 2 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
