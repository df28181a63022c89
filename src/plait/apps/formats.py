"""The values of `plait formats` in; what is known, or was found in files, written out."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any, Final

from plait.apps.cli import complain
from plait.apps.findings import Findings, examine
from plait.events import Failed
from plait.logs.render import format_time, visible
from plait.logs.times import TimeFormat, added_formats
from plait.logs.times.table import FORMATS
from plait.plugins import OpenedSources, open_sources, time_formats
from plait.settings import Options

# Lines are cut to what a terminal has; elsewhere to this many columns.
_COLUMNS: Final = 120
_INDENT: Final = 4
_ALWAYS: Final = "always"
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def run(values: dict[str, Any]) -> int:
    """Show the known formats, or what is in the files; 1 when one of them cannot be read."""
    terminal = os.isatty(1)
    if not values["file"]:
        known = (*FORMATS, *added_formats(values["time_formats"]), *time_formats())
        _show_known(known, as_json=values["json"], terminal=terminal)
        return 0
    options = Options(
        tz=values["tz"], time_format=values["time_format"], time_formats=values["time_formats"]
    )
    opened = open_sources(values["file"])
    try:
        return _show_files(opened, options, as_json=values["json"], terminal=terminal)
    finally:
        if opened.files is not None:
            opened.files.close()


def _show_files(opened: OpenedSources, options: Options, *, as_json: bool, terminal: bool) -> int:
    status = 0
    for event in opened.files.events() if opened.files is not None else ():
        complain(str(event))
        if isinstance(event, Failed):
            status = 1
    for source in opened.sources:
        found = examine(source, options.reading(source.settings))
        if as_json:
            _write([json.dumps(_as_dict(found)).replace("\x7f", "\\u007f")])
        elif found.records or found.error is None:
            _show(found, terminal=terminal)
        if found.error is not None:
            complain(f"{found.source}: {found.error}")
            status = 1
    return status


def _write(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


# -- the known formats -----------------------------------------------------------------------


def _show_known(known: Sequence[TimeFormat], *, as_json: bool, terminal: bool) -> None:
    if as_json:
        _write([json.dumps(_known_as_dict(form)) for form in known])
    elif terminal:
        _print_known(known)
    else:
        rows = [(form.name, form.title, _example(form), _recognised(form)) for form in known]
        _write(aligned([("name", "what it is", "example", "recognised"), *rows]))


def _known_as_dict(form: TimeFormat) -> dict[str, object]:
    return {
        "name": form.name,
        "title": form.title,
        "example": _example(form),
        "weak": form.weak,
        "yearless": form.yearless,
    }


def _example(form: TimeFormat) -> str:
    return next((_safe(each.line) for each in form.examples if each.time is not None), "")


def _recognised(form: TimeFormat) -> str:
    """When a line in this format is taken for one, and what is then assumed."""
    words = _ALWAYS
    if form.weak:
        words = "only when most lines confirm it"
        if form.needs > 1:
            words += f", at least {form.needs}"
    if form.yearless:
        words += "; year inferred"
    elif any(text.yearless for text in form.texts):
        words += "; year inferred where it is missing"
    return words


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, each column as wide as its longest entry."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _print_known(known: Sequence[TimeFormat]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    for form in known:
        what = Text.assemble(form.title, "\n", (_example(form), "cyan"))
        if (recognised := _recognised(form)) != _ALWAYS:
            what.append(f"\n{recognised.removeprefix(f'{_ALWAYS}; ')}", "dim")
        table.add_row(form.name, what)
    console = Console(highlight=False)
    console.print(table)
    console.print(
        Text(
            "\nEach with an example. A format is found by itself, unless a line here says when. "
            "--time-format takes a name, or a pattern such as '%d/%m/%Y %H:%M:%S'."
        )
    )


# -- what is in a file -----------------------------------------------------------------------


def _show(found: Findings, *, terminal: bool) -> None:
    name = _safe(os.fsencode(found.source))
    rows = _facts(found)
    missed = [(f"{number:,}", _safe(line)) for number, line in found.examples]
    if terminal:
        _print(name, rows, missed)
        return
    columns = shutil.get_terminal_size((_COLUMNS, 0)).columns
    width = max((len(number) for number, _ in missed), default=0)
    lines = [f"{'':{_INDENT}}{number:>{width}}: {line}" for number, line in missed]
    cut = [line if len(line) <= columns else f"{line[: columns - 1]}…" for line in lines]
    _write([name, *(f"  {line}" for line in aligned(rows)), *cut, ""])


def _print(name: str, rows: Sequence[tuple[str, str]], missed: Sequence[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, "bold"), soft_wrap=True)
    facts = Table.grid(padding=(0, 2, 0, 0))
    for key, value in rows:
        facts.add_row(Text(key, "dim"), Text(value))
    console.print(Padding(facts, (0, 0, 0, 2)))
    lines = Table.grid(padding=(0, 1, 0, 0))
    width = max((len(number) + 1 for number, _ in missed), default=0)
    lines.add_column(justify="right", no_wrap=True, min_width=width)
    lines.add_column(no_wrap=True)
    for number, line in missed:
        shown = Text(line, "yellow")
        shown.truncate(max(1, console.width - width - _INDENT - 1), overflow="ellipsis")
        lines.add_row(Text(f"{number}:", "dim"), shown)
    console.print(Padding(lines, (0, 0, 1, _INDENT)))


def _facts(found: Findings) -> list[tuple[str, str]]:
    """What there is to say, in the words that people read."""
    if not found.records:
        return [("format", "unknown: there is nothing in it")]
    rows = [("format", "unknown: no time was found; --time-format can say how stamps look")]
    if found.format is not None:
        rows = [
            ("format", f"{found.format} ({found.title})"),
            ("zone", found.zone),
            ("year", _year(found.year)),
        ]
    rows.append(("records", _records(found)))
    if found.first is not None and found.last is not None:
        span = _duration(found.last - found.first)
        rows.append(("span", f"{format_time(found.first)} to {format_time(found.last)} ({span})"))
        rows.append(("order", _order(found)))
    if found.suspect:
        rows.append(("suspect", f"{_count(found.suspect, 'stamp')} leapt ahead, not believed"))
    rows.append(("not understood", _missed(found)))
    return rows


def _year(year: str) -> str:
    return f"{year}, when it was last written" if year.startswith("inferred") else year


def _records(found: Findings) -> str:
    share = "all" if found.stamped == found.records else _percent(found.stamped, found.records)
    with_time = f"{share} with a time" if found.stamped else "none with a time"
    return f"{found.records:,} in {_count(found.lines, 'line')}, {with_time}"


def _percent(part: int, whole: int) -> str:
    # Never 100 % for less than all.
    return f"{int(1000 * part / whole) / 10:.1f} %"


def _order(found: Findings) -> str:
    if not found.back:
        return "stamps never go back"
    go = "goes" if found.back == 1 else "go"
    return f"{_count(found.back, 'stamp')} {go} back, by up to {_duration(found.furthest)}"


def _missed(found: Findings) -> str:
    if not found.missed:
        return "no line"
    some = ", such as" if found.missed > len(found.examples) else ""
    return f"{_count(found.missed, 'line')}{some}:"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _duration(ns: int) -> str:
    """`3 d 4 h`, `5 min 3 s`, `0.25 s`: the two largest units."""
    seconds = ns // 10**9
    for at, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            smaller, name = _UNITS[at + 1] if at + 1 < len(_UNITS) else (1, "s")
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {name}" if rest else "")
    return f"{ns / 1e9:.6f}".rstrip("0").rstrip(".") + " s"


def _safe(data: bytes) -> str:
    """Text for one line of a terminal, whatever is in it."""
    return visible(data).decode().replace("\n", "^J").expandtabs()


def _as_dict(found: Findings) -> dict[str, object]:
    return {
        "file": os.fsencode(found.source).decode("utf-8", "backslashreplace"),
        "error": found.error,
        "format": found.format,
        "title": found.title or None,
        "zone": found.zone or None,
        "year": found.year or None,
        "records": found.records,
        "lines": found.lines,
        "stamped": found.stamped,
        "first": None if found.first is None else format_time(found.first),
        "last": None if found.last is None else format_time(found.last),
        "back": found.back,
        "furthest_back": found.furthest / 1e9,
        "suspect": found.suspect,
        "not_understood": found.missed,
        "examples": [
            {"line": number, "text": line.decode("utf-8", "backslashreplace")}
            for number, line in found.examples
        ],
    }
