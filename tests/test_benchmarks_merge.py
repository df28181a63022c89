"""The benchmarks of the merge run: each row on as little as it can, no time asserted."""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

import plait
from benchmarks import make_logs
from benchmarks.merge import checks, page, ways
from benchmarks.merge.checks import Check, Output, WrongOutput
from benchmarks.merge.data import Data
from benchmarks.merge.page import Cell, Report
from benchmarks.merge.process import CommandFailed, Usage, run
from benchmarks.merge.race import Effort, Goal, Judge, Race, Row, Taken
from benchmarks.merge.race import run as run_race
from benchmarks.merge.rows import races
from benchmarks.merge.ways import Way

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="the peers and pidfd are Linux's"),
]

ROOT = Path(__file__).parent.parent
TINY = Effort(rounds=2, slow=1, small=2, size=0.02)


@pytest.fixture
def iso(tmp_path: Path) -> Data:
    return Data(tmp_path, "iso", 20_000, count=3)


def words_of(data: Data, own: Path) -> list[str]:
    return ["cat", *map(str, data.paths)]


# The logs


def test_a_seed_makes_the_same_bytes_again(tmp_path: Path) -> None:
    made = []
    for name, seed in ("one", 1), ("again", 1), ("other", 2):
        (tmp_path / name).mkdir()
        paths = make_logs.make(tmp_path / name, "mixed", 8, 2000, seed)
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("shape", make_logs.SHAPES)
def test_plait_reads_a_time_in_every_record_that_is_made(shape: str, tmp_path: Path) -> None:
    data = Data(tmp_path, shape, 3000)
    records = list(plait.merge(*data.paths, tz="UTC"))
    assert all(record.stamped for record in records)
    begin = make_logs.BEGIN.timestamp() * 1e9
    # syslog and glog name no year: it is then that of the file, or the one before.
    assert shape == "syslog" or shape in ("glog", "mixed") or records[0].time >= begin
    several = sum(record.text.count("\n") for record in records)
    assert (several > 0) == (shape == "traceback")


def test_no_two_lines_of_iso_logs_have_one_time(iso: Data) -> None:
    stamps = [line[:27] for line in iso.lines()]
    assert len(set(stamps)) == len(stamps) > 600


def test_interleaved_lines_come_in_runs_of_few(iso: Data) -> None:
    owners = {line: number for number, path in enumerate(iso.paths) for line in lines_of(path)}
    runs = [len(list(run)) for _, run in groupby(checks.in_order(iso), owners.__getitem__)]
    assert len(runs) > len(owners) / 6


def test_in_long_runs_a_file_has_minutes_for_itself(tmp_path: Path) -> None:
    data = Data(tmp_path, "runs", 10_000_000, count=2)
    owners = {line: number for number, path in enumerate(data.paths) for line in lines_of(path)}
    runs = [list(run) for _, run in groupby(checks.in_order(data), owners.__getitem__)]
    assert len(runs) >= 4
    assert all(minute(run[-1]) > minute(run[0]) for run in runs[:-1])


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def minute(line: bytes) -> bytes:
    return line[:16]


def test_logs_are_made_once(iso: Data) -> None:
    before = [path.stat() for path in iso.paths]
    again = Data(iso.home, "iso", 20_000, count=3)
    assert [path.stat() for path in again.paths] == before
    assert Data(iso.home, "iso", 20_001, count=3).folder != iso.folder


def test_logs_that_were_left_unfinished_are_made_anew(iso: Data) -> None:
    unfinished = iso.folder.with_suffix(".unfinished")
    unfinished.mkdir()
    (unfinished / "half").write_text("half a li")
    assert len(iso.paths) == 3
    assert not unfinished.exists()


# Running


def test_a_command_writes_over_the_last_output_in_place(tmp_path: Path) -> None:
    output = tmp_path / "output"
    first = run(["printf", "longer"], output, os.environ)
    inode = output.stat().st_ino
    second = run(["printf", "new"], output, os.environ)
    assert (first.written, second.written) == (6, 3)
    assert (output.read_bytes(), output.stat().st_ino) == (b"newger", inode)
    assert b"".join(Output(output, second.written).blocks()) == b"new"
    assert list(Output(output, second.written).lines()) == [b"new"]


def test_the_peak_memory_is_that_of_the_command(tmp_path: Path) -> None:
    program = "data = b'x' * 100_000_000"
    usage = run([sys.executable, "-c", program], tmp_path / "output", os.environ)
    assert usage.memory > 100_000_000


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="ended with 3: no"):
        run(["sh", "-c", "echo no >&2; exit 3"], tmp_path / "output", os.environ)


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"no end in 0\.1 s"):
        run(["sleep", "3600"], tmp_path / "output", os.environ, limit=0.1)


# Checking


Spoil = Callable[[list[bytes]], list[bytes]]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def without_one(lines: list[bytes]) -> list[bytes]:
    return lines[:5] + lines[6:]


def one_twice(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], lines[4], *lines[6:]]


def torn(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], lines[5][:-9] + b"\n", *lines[6:]]


def relabelled(lines: list[bytes]) -> list[bytes]:
    other = next(line for line in lines if line.split()[0] != lines[0].split()[0])
    return [other.split(b" | ")[0] + b" | " + lines[0].split(b" | ", 1)[1], *lines[1:]]


def mistimed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"time":"2026', b'"time":"2025'), *lines[1:]]


def more_than_was_asked_for(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(ways.WORDS.encode(), b""), *lines]


@pytest.mark.parametrize(
    ("options", "check", "spoil"),
    [
        ([], checks.merged, swapped),
        ([], checks.merged, without_one),
        ([], checks.merged, torn),
        (["--order", "arrival"], checks.any_order, without_one),
        (["--order", "arrival"], checks.any_order, one_twice),
        (["--since", "2026-03-01T07:00:00Z"], checks.last_minute, swapped),
        (["--grep", ways.WORDS], checks.matching(ways.WORDS.encode()), more_than_was_asked_for),
        (["--label"], checks.labelled, swapped),
        (["--label"], checks.labelled, relabelled),
        (["--output-format", "json"], checks.json_lines, without_one),
        (["--output-format", "json"], checks.json_lines, mistimed),
    ],
)
def test_a_right_output_passes_and_a_spoilt_one_does_not(
    iso: Data, tmp_path: Path, options: list[str], check: Check, spoil: Spoil
) -> None:
    _, right = ways.plait(iso, *options).run(tmp_path)
    check(right, iso)
    lines = list(right.lines())
    assert spoil(lines) != lines
    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(b"".join(spoil(lines)))
    with pytest.raises(WrongOutput):
        check(Output(spoilt, spoilt.stat().st_size), iso)


def test_what_does_not_sort_as_bytes_is_proved_by_plait_verify(tmp_path: Path) -> None:
    data = Data(tmp_path, "clf", 5000, count=2)
    _, output = ways.plait(data).run(tmp_path)
    checks.merged(output, data)
    output.path.write_bytes(b"".join(swapped(list(output.lines()))))
    with pytest.raises(WrongOutput, match="plait verify"):
        checks.merged(output, data)


def test_merges_of_the_same_logs_must_agree_byte_for_byte(tmp_path: Path) -> None:
    data = Data(tmp_path, "clf", 5000, count=2)
    judge = Judge()
    _, output = ways.plait(data).run(tmp_path)
    judge.check(ways.plait(data), output)
    judge.check(ways.plait_pure(data), output)
    output.path.write_bytes(output.path.read_bytes().replace(b"GET", b"PUT", 1))
    with pytest.raises(WrongOutput, match="not what the others wrote"):
        judge.check(ways.plait_pure(data), output)


# The race


def test_a_wrong_output_and_a_missing_peer_give_no_number(iso: Data, tmp_path: Path) -> None:
    wrong = Way("wrong", iso, words_of, checks.merged)
    missing = Way("missing", iso, words_of, checks.merged, needs="no-such-program")
    row = Row("what", wrong, missing)
    taken = run_race(Race([row]), TINY, tmp_path, Judge())
    cell = Cell(row, taken[wrong], taken[missing])
    assert cell.failures == ["wrong: it is not what `sort -m` gives"]
    assert "| it is not what `sort -m` gives | not installed |" in page.markdown(
        Report("About.", [cell])
    )


def test_the_first_round_does_not_count_and_slow_ways_run_fewer(iso: Data, tmp_path: Path) -> None:
    runs = tmp_path / "runs"

    def counted(name: str) -> Callable[[Data, Path], list[str]]:
        return lambda data, _: ["sh", "-c", f"echo {name} >> {runs}"]

    quick = Way("quick", iso, counted("quick"), checks.nothing)
    slow = Way("slow", iso, counted("slow"), checks.nothing, slow=True)
    taken = run_race(Race([Row("what", quick, slow)]), TINY, tmp_path, Judge())
    assert runs.read_text().split() == ["quick", "slow", "slow", "quick", "quick"]
    assert (len(taken[quick].usages), len(taken[slow].usages)) == (2, 1)


def test_a_way_runs_in_a_plain_environment_and_its_own(
    iso: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIT_KERNEL", "python")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    way = Way("way", iso, lambda data, _: ["env"], checks.nothing, environment={"LC_ALL": "C"})
    _, output = way.run(tmp_path)
    variables = {line.split(b"=")[0] for line in output.lines()}
    assert not variables & {b"PLAIT_KERNEL", b"PYTHONDONTWRITEBYTECODE"}
    assert variables >= {b"LC_ALL", b"PATH"}


def test_no_two_rows_have_the_same_name(tmp_path: Path) -> None:
    names = [row.name for race in races(tmp_path, 1000) for row in race.rows]
    assert sorted(set(names)) == sorted(names)


# The tables


def taken(*seconds: float, memory: int = 160_000_000) -> Taken:
    return Taken([Usage(each, memory, 0) for each in seconds])


def test_speeds_are_compared_by_byte_and_round_by_round(iso: Data) -> None:
    few = Data(iso.home, "iso", 10_000, count=3)
    row = Row("what", ways.plait(iso), ways.lnav(few), Goal(50))
    cell = Cell(row, taken(1, 2, 9), taken(2, 8))
    each = iso.total / few.total
    assert cell.ratios == pytest.approx([2 * each, 4 * each])


@pytest.mark.parametrize(
    ("goal", "ratio", "verdict"),
    [
        (Goal(3), 3.0, "holds"),
        (Goal(3), 1.5, "0.50 of the goal"),
        (Goal(4, "time"), 4.0, "holds"),
        (Goal(4, "time"), 5.0, "1.25 times the goal"),
    ],
)
def test_a_goal_holds_or_says_how_far_it_is(goal: Goal, ratio: float, verdict: str) -> None:
    assert goal.verdict(ratio) == verdict


def test_the_tables_show_what_was_measured(tmp_path: Path) -> None:
    iso = Data(tmp_path, "iso", 1, count=8)
    iso.__dict__["total"] = 800_000_000  # not made
    rows = [
        Row("ISO", ways.plait(iso), ways.sort(iso), Goal(3)),
        Row("start", ways.plait_version(iso), ways.python(iso), Goal(4, "time")),
        Row("labelled", ways.plait(iso, "--label"), ways.sort(iso)),
    ]
    sort = taken(2, 2, memory=0)
    cells = [
        Cell(rows[0], taken(0.5, 0.5), sort),
        Cell(rows[1], taken(0.05, 0.05), taken(0.01, 0.01)),
        Cell(rows[2], taken(1, 1, memory=90_000_000), sort),
    ]
    assert page.markdown(Report("About.", cells, floor=25_000_000)) == EXPECTED


EXPECTED = """\
About.

### Goals of the merge

1 of 2 hold.

| what | plait | peer | plait, s | peer, s | plait, MB/s | peer, MB/s | ratio | goal | verdict |
|---|---|---|---|---|---|---|---|---|---|
| ISO | `plait merge` | `sort -m` | 0.500 (0.500 to 0.500) | 2.00 (2.00 to 2.00) | 1,600 | 400 \
| 4.00 (4.00 to 4.00) | at least 3 | holds |
| start | `plait --version` | `python -c pass` | 0.050 (0.050 to 0.050) | 0.010 (0.010 to 0.010) \
|  |  | 5.00 (5.00 to 5.00) | at most 4 | 1.25 times the goal |

### The merge, without a goal

| what | plait | peer | plait, s | peer, s | plait, MB/s | peer, MB/s | ratio |
|---|---|---|---|---|---|---|---|
| labelled | `plait merge --label` | `sort -m` | 1.00 (1.00 to 1.00) | 2.00 (2.00 to 2.00) | 800 \
| 400 | 2.00 (2.00 to 2.00) |

### Memory of the merge

| what | command | files | read, MB | peak, MB | goal | verdict |
|---|---|---|---|---|---|---|
| ISO | `plait merge` | 8 | 800 | 160 | 150 | missed |
| start | `plait --version` |  |  | 160 |  |  |
| labelled | `plait merge --label` | 8 | 800 | 90 | 150 | holds |
| ISO | `sort -m` | 8 | 800 | up to 25 |  |  |
| start | `python -c pass` |  |  | 160 |  |  |
"""


def test_the_tables_replace_what_stands_between_the_marks() -> None:
    written = page.write(f"above\n{page.BEGIN}\nold\n{page.END}\nbelow\n", "new\n")
    assert written == f"above\n{page.BEGIN}\n\nnew\n\n{page.END}\nbelow\n"


def test_the_page_of_the_docs_has_the_marks() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert page.write(text, "new\n") != text


@pytest.mark.timeout(240)
def test_one_command_measures_every_row_and_all_outputs_are_right(tmp_path: Path) -> None:
    written = tmp_path / "page.md"
    written.write_text(f"{page.BEGIN}\n{page.END}\n")
    options = ["--size", "0.03", "--rounds", "1", "--folder", str(tmp_path / "scratch")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.merge", "--markdown", "--write", str(written), *options],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout in written.read_text()
    rows = [row for race in races(tmp_path, 1000) for row in race.rows]
    for row in rows:
        start = f"| {row.what} | `{row.ours.name}` | `{row.peer.name}` | "
        (line,) = (line for line in done.stdout.splitlines() if line.startswith(start))
        assert ("not installed" in line) != row.peer.is_there
