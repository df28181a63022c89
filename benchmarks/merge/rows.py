"""A folder and a size in, all rows out, in the order of the tables."""

from pathlib import Path
from typing import Final

from benchmarks.merge import checks, ways
from benchmarks.merge.data import Data
from benchmarks.merge.race import Goal, Race, Row

#: The shapes that have a goal beside `sort -m`, which reads ISO stamps all the same.
FORMATS: Final = {
    "syslog": "syslog",
    "Python logging": "python",
    "CLF": "clf",
    "epoch": "epoch",
    "JSON, stamp first": "json",
    "JSON, stamp after level": "json-late",
    "mixed, a format a file": "mixed",
}
AT_LEAST_INFO: Final = rb"^\S+ (?:INFO|WARNING|ERROR) "


def races(home: Path, size: int) -> list[Race]:
    """Everything that is measured, with files of about this size."""
    iso = Data(home, "iso", size)
    return [
        _orders(iso),
        *(_format(what, shape, iso) for what, shape in FORMATS.items()),
        _format_without_goal("records of several lines", "traceback", iso),
        _same_stamps("long runs", Data(home, "runs", size)),
        _same_stamps("64 files", Data(home, "iso", size // 8, count=64)),
        _options(iso),
        _compressed(Data(home, "iso", size, compressed=True)),
        _others(iso, Data(home, "iso", max(size // 50, 1))),
        _start(Data(home, "iso", 1, count=2)),
    ]


def _orders(iso: Data) -> Race:
    plain = ways.plait(iso)
    return Race(
        [
            Row("ISO, finely interleaved", plain, ways.sort(iso), Goal(3)),
            Row("ISO, into a file", ways.plait_to_file(iso), ways.sort_to_file(iso)),
            Row("ISO, pure Python", ways.plait_pure(iso), ways.sort(iso)),
            Row(
                "arrival order",
                ways.plait(iso, "--order", "arrival", check=checks.any_order),
                ways.cat(iso),
                Goal(0.9),
            ),
        ]
    )


def _format(what: str, shape: str, iso: Data) -> Race:
    data = Data(iso.home, shape, iso.size)
    rows = [Row(what, ways.plait(data), ways.sort(iso), Goal(2))]
    if shape == "mixed":
        rows.append(Row(f"{what}, pure Python", ways.plait_pure(data), ways.sort(iso)))
    return Race(rows)


def _format_without_goal(what: str, shape: str, iso: Data) -> Race:
    return Race([Row(what, ways.plait(Data(iso.home, shape, iso.size)), ways.sort(iso))])


def _same_stamps(what: str, data: Data) -> Race:
    return Race([Row(what, ways.plait(data), ways.sort(data))])


def _options(iso: Data) -> Race:
    sort = ways.sort(iso)
    level = checks.matching(AT_LEAST_INFO)
    found = checks.matching(ways.WORDS.encode())
    return Race(
        [
            Row(
                "one line of a hundred",
                ways.plait(iso, "--grep", ways.WORDS, check=found),
                ways.sort_and_grep(iso),
            ),
            Row("five lines of six", ways.plait(iso, "--level", "info", check=level), sort),
            Row("labelled", ways.plait(iso, "--label", check=checks.labelled), sort),
            Row(
                "JSON lines",
                ways.plait(iso, "--output-format", "json", check=checks.json_lines),
                sort,
            ),
            Row("the last minute", ways.plait_last_minute(iso), sort),
            Row("the proof of a merge", ways.plait_verify(iso), sort),
        ]
    )


def _compressed(iso: Data) -> Race:
    return Race([Row("compressed", ways.plait(iso), ways.zcat(iso))])


def _others(iso: Data, few: Data) -> Race:
    plait = ways.plait(iso)
    return Race(
        [
            Row("the same work", plait, ways.lnav(iso), Goal(50)),
            Row("the same work", plait, ways.heapq(iso)),
            Row("the same work, by megabyte", plait, ways.logmerger(few)),
        ]
    )


def _start(few: Data) -> Race:
    python = ways.python(few)
    goal = Goal(4, "time")
    return Race(
        [
            Row("start", ways.plait_version(few), python, goal),
            Row("start and two small files", ways.plait(few), python, goal),
        ],
        small=True,
    )
