"""The benchmarks of following run: each part as small as it can be, no time asserted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.follow import backlog, latency, page, quiet, writing
from benchmarks.follow.backlog import Backlog
from benchmarks.follow.followers import Follower, FollowerFailed, Running, make_files, plait, tail
from benchmarks.follow.latency import Latencies
from benchmarks.follow.page import Report
from benchmarks.follow.quiet import Quiet
from benchmarks.follow.writing import PYTHON, WRITERS, Pace
from benchmarks.merge.data import Data

ROOT = Path(__file__).parents[1]
ABSENT = Follower("absent", lambda paths, _: ["no-such-program"], "no-such-program")
DUMB = Follower("dumb", lambda paths, _: [sys.executable, "-c", "pass"])


def test_every_line_is_timed_and_an_absent_peer_has_no_times(tmp_path: Path) -> None:
    ours = plait("--order", "arrival", "--since", "now")
    taken, nothing = latency.measure([ours, ABSENT], files=3, lines=6, rounds=2, scratch=tmp_path)
    assert nothing is None
    assert taken is not None
    assert len(taken.all) == 6
    assert min(taken.all) > 0


def test_a_follower_that_ends_is_a_failure_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FollowerFailed, match="dumb: ended"):
        latency.measure([DUMB], files=1, lines=1, rounds=1, scratch=tmp_path)


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    (path,) = make_files(tmp_path / "files", 1)
    with Running(plait(), [str(path)], tmp_path / "scratch") as process:
        process.until_ready(path)
        pid = process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_follower_of_quiet_files_has_memory_and_a_share_of_a_core(tmp_path: Path) -> None:
    taken = quiet.measure(plait("--since", "now"), files=3, seconds=0.01, scratch=tmp_path)
    assert taken is not None
    assert taken.files == 3
    assert taken.memory > 0
    assert taken.base > 0
    assert taken.ready > 0
    assert quiet.measure(ABSENT, files=3, seconds=0.01, scratch=tmp_path) is None


def test_a_follower_of_fast_writers_has_all_that_they_wrote_in_the_end(tmp_path: Path) -> None:
    ours = plait("--order", "arrival")
    pace = writing.measure(ours, PYTHON, seconds=60, most=2000, scratch=tmp_path)
    assert pace is not None
    assert pace.written > WRITERS * 2000
    output = (tmp_path / "output").read_bytes()
    files = sorted((tmp_path / "written").iterdir())
    assert sorted(output.splitlines()) == sorted(b"".join(map(Path.read_bytes, files)).splitlines())


def test_a_backlog_is_checked_line_by_line(tmp_path: Path) -> None:
    data = Data(tmp_path, "iso", 2000, count=2)
    taken = backlog.measure(plait(), data, tmp_path / "scratch", ordered=True)
    assert taken is not None
    assert taken.bytes == data.total
    with pytest.raises(FollowerFailed, match="something else"):
        backlog.measure(tail("+1"), data, tmp_path / "scratch", ordered=True)
    assert backlog.measure(ABSENT, data, tmp_path, ordered=False) is None


def test_quantiles_are_of_the_sorted_times() -> None:
    times = Latencies(tuple(range(100, 0, -1)))
    assert times.quantile(0.5) == 51
    assert times.quantile(0.99) == 100
    assert Latencies((7.0,)).quantile(0.99) == 7.0


def test_the_tables_show_what_was_measured() -> None:
    made = Report("About.")
    ours, peer = Latencies((0.003,)), Latencies((0.002,))
    made.latencies = [(1, "plait", ours, peer), (1000, "plait", ours, ours), (9, "x", ours, None)]
    made.quiet = [
        ("plait", True, Quiet(10_001, 0.4, 0.0005, 70_000_000, 20_000_000)),
        ("tail", False, Quiet(10_001, 0.1, 0.0, 3_000_000, 2_000_000)),
        ("absent", False, None),
    ]
    made.paces = [
        ("print", "plait", True, Pace(2.0, 8_000_000, 1_000_000, 500_000, 0.01)),
        ("print", "slow", True, Pace(2.0, 8_000_000, 5_000_000, 5_000_000, 3.0)),
        ("print", "absent", False, None),
    ]
    made.backlogs = [
        ("plait", True, [Backlog(1, 150_000_000)]),
        ("rsyslog", False, [Backlog(2, 150_000_000)]),
        ("absent", False, [None]),
    ]
    assert page.markdown(made) == EXPECTED


EXPECTED = """\
About.

### From a write to the output

| files | follower | p50, ms | p99, ms | `tail -F`, p50, ms | p99, ms | ratio, p50 | p99 | goal \
| verdict |
|---|---|---|---|---|---|---|---|---|---|
| 1 | `plait` | 3.00 | 3.00 | 2.00 | 2.00 | 1.50 | 1.50 | at most 1.2 | missed |
| 1,000 | `plait` | 3.00 | 3.00 | 3.00 | 3.00 | 1.00 | 1.00 | at most 1.2 | holds |
| 9 | `x` | 3.00 | 3.00 | not installed |  |  |  | at most 1.2 |  |

### Many quiet files

| follower | files | ready, s | of a core | memory, MB | bytes a file | verdict |
|---|---|---|---|---|---|---|
| `plait` | 10,001 | 0.400 | 0.050% | 70.0 | 5,000 | missed: memory |
| `tail` | 10,001 | 0.100 | 0.000% | 3.00 | 100 |  |
| `absent` | not installed |  |  |  |  |  |

### Writers at full speed

| writers | follower | written, MB/s | most behind, MB | in seconds | at the end, MB \
| caught up, s | verdict |
|---|---|---|---|---|---|---|---|
| print | `plait` | 4.00 | 1.00 | 0.250 | 0.500 | 0.010 | holds |
| print | `slow` | 4.00 | 5.00 | 1.25 | 5.00 | 3.00 | falls behind |
| print | `absent` | not installed |  |  |  |  |  |

### A backlog, followed

| follower | s | MB/s | times the peer's speed | goal | verdict |
|---|---|---|---|---|---|
| `plait` | 1.00 | 150 | 2.00 | at least 2 | holds |
| `rsyslog` | 2.00 | 75.0 |  |  |  |
| `absent` | not installed |  |  |  |  |
"""


def test_the_tables_replace_what_stands_between_the_marks() -> None:
    written = page.write(f"above\n{page.BEGIN}\nold\n{page.END}\nbelow\n", "new\n")
    assert written == f"above\n{page.BEGIN}\n\nnew\n\n{page.END}\nbelow\n"


def test_the_page_of_the_docs_has_the_marks() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert page.write(text, "new\n") != text


@pytest.mark.timeout(240)
def test_one_command_measures_every_part(tmp_path: Path) -> None:
    written = tmp_path / "page.md"
    written.write_text(f"{page.BEGIN}\n{page.END}\n")
    options = ["--files", "1", "3", "--lines", "4", "--seconds", "0.05", "--size", "0.01"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.follow", "--quick", "--markdown", *options,
         "--write", str(written), "--folder", str(tmp_path / "scratch")],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout in written.read_text()
    for heading in ("From a write", "Many quiet", "Writers at", "A backlog"):
        assert f"### {heading}" in done.stdout
