"""The benchmarks of the bridge run: each row with as few calls as it can, no time asserted."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.bridge import page, syscalls
from benchmarks.bridge.comparison import Effort, Failure, Goal, Place, Row, Times
from benchmarks.bridge.page import Cell, Report
from benchmarks.bridge.rows import ROWS
from benchmarks.bridge.run import Process, next_outcome, outcomes, start_at
from benchmarks.bridge.size import Size, code_lines, sizes
from benchmarks.bridge.syscalls import SystemCalls
from benchmarks.bridge.worker import measured
from plait.bridge import loop_factory

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="cores, eventfd and strace are Linux's"),
]

ROOT = Path(__file__).parent.parent
TINY = Effort(rounds=2, seconds=0.0)
HERE = Place("asyncio", 1)


def test_no_two_rows_have_the_same_name() -> None:
    names = [row.name for row in ROWS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_gives_a_time_of_each_side_each_round(row: Row, loop: str) -> None:
    if row.missing():
        pytest.skip(f"not installed: {', '.join(row.missing())}")
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        rounds = runner.run(measured(row, TINY, lambda word, value: None))
    assert [len(taken) for taken in rounds] == [len(row.who)] * 2
    assert all(seconds > 0 for taken in rounds for seconds in taken)


def test_a_peer_that_is_not_installed_is_named() -> None:
    row = Row("group", "what", "peer", ROWS[0].sides, needs=("asyncio.tasks", "no_such.module"))
    assert row.missing() == ["no_such.module"]


def printing(program: str) -> Process:
    """A process that says what the one that measures would say, then goes on forever."""
    forever = "; import time; time.sleep(3600)"
    command = [sys.executable, "-c", program + forever]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


SAY = "import sys; say = lambda line: print(line, flush=True)"


def test_a_row_that_hangs_is_told_and_the_rest_goes_on() -> None:
    asked: list[list[str]] = []

    def start(rows: Sequence[Row]) -> Process:
        asked.append([row.name for row in rows])
        if len(rows) == 3:
            return printing(f"""{SAY}; say('{{"times": [[2, 1]]}}'); say('{{"at": "it"}}')""")
        return printing(f"""{SAY}; say('{{"times": [[3, 1]]}}')""")

    first, second, third = ROWS[:3]
    assert list(outcomes([first, second, third], start, limit=4.0)) == [
        (first, Times(((2, 1),))),
        (second, Failure("it: no end in 4 s")),
        (third, Times(((3, 1),))),
    ]
    assert asked == [[first.name, second.name, third.name], [third.name]]


def test_a_row_that_raises_says_at_which_side() -> None:
    with printing(f"""{SAY}; say('{{"at": "it"}}'); say('{{"error": "no"}}')""") as process:
        assert next_outcome(process, 30.0) == Failure("it: no")
        process.kill()


def test_a_process_that_ends_too_early_is_a_failure() -> None:
    with printing("import sys; sys.exit(3)") as process:
        assert next_outcome(process, 30.0) == Failure("start: the process ended with 3")


def test_a_process_of_its_own_measures_a_busy_place() -> None:
    row = next(row for row in ROWS if row.peer == "asyncio.to_thread")
    place = Place("asyncio", 1, busy=True)
    ((_, outcome),) = outcomes([row], start_at(place, TINY))
    assert isinstance(outcome, Times), outcome


def test_what_is_not_a_row_is_said_by_the_process_that_measures() -> None:
    row = Row("no", "such", "row", ROWS[0].sides)
    ((_, outcome),) = outcomes([row], start_at(HERE, TINY))
    assert outcome == Failure("start: KeyError: 'no, such / row'")


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(0.05, "holds"), (0.1, "holds in brackets"), (0.25, "2.00 times the goal")],
)
def test_a_goal_holds_or_says_by_how_much_it_is_missed(ratio: float, verdict: str) -> None:
    assert Goal(0.05, worst=0.125).verdict(ratio) == verdict


def test_goals_are_not_for_a_busy_process() -> None:
    goal = Goal(0.3, loop="uvloop", cores=1)
    assert goal.applies(Place("uvloop", 1))
    assert not goal.applies(Place("uvloop", 1, busy=True))
    assert not goal.applies(Place("uvloop", 2))
    assert not goal.applies(HERE)


def test_the_ratio_is_taken_round_by_round() -> None:
    times = Times(((1e-6, 0.5e-6), (8e-6, 2e-6), (2e-6, 0.2e-6)))
    assert (times.peer, times.ours) == (2.0, 0.5)
    assert times.ratio == 0.25
    assert times.ratios == [0.1, 0.25, 0.5]


def test_blank_lines_comments_and_docstrings_are_no_code() -> None:
    source = (
        '"""What\nit is."""\n\n# why\nx = """two\nlines"""\n\ndef f():\n    "It."\n    return (\n'
    )
    assert code_lines(source + "        1  # one\n    )\n") == 2 + 1 + 3


def test_the_groups_of_modules_are_the_whole_bridge() -> None:
    counted = {each.what: each for each in sizes()}
    groups = [each for each in counted.values() if each.what.startswith("plait: ")]
    assert sum(each.lines for each in groups) == counted["plait.bridge"].lines
    assert sum(each.modules for each in groups) == counted["plait.bridge"].modules


def test_system_calls_are_counted() -> None:
    if not syscalls.available():
        pytest.skip("strace is not there, or may not trace")
    counted = syscalls.system_calls("asyncio", Effort(rounds=2, seconds=0.005))
    assert counted.peer > 1 and counted.ours > 1


def test_the_tables_show_what_was_measured() -> None:
    row = next(row for row in ROWS if row.peer == "asyncio.to_thread")
    other = next(row for row in ROWS if row.peer == "loop.run_in_executor")
    limit = next(row for row in ROWS if not row.peer)
    times = Times(((40e-6, 8e-6),))
    report = Report(
        "About.",
        [
            Cell(HERE, row, times),
            Cell(HERE, other, Failure("plait: no end in 30 s")),
            Cell(Place("asyncio", 1, busy=True), row, times),
            Cell(HERE, limit, Times(((10e-6,),))),
        ],
        [SystemCalls("asyncio", 10.0, 9.0)],
        [Size("plait.bridge", 3, 2000)],
    )
    assert page.markdown(report) == EXPECTED


EXPECTED = """\
About.

### Goals

1 of 1 hold.

| what | peer | where | peer, µs | plait, µs | ratio | goal | verdict |
|---|---|---|---|---|---|---|---|
| coroutine to thread, 1 caller | `asyncio.to_thread` | asyncio, 1 core | 40.0 | 8.00 \
| 0.20 (0.20 to 0.20) | 0.25 | holds |

### Without a goal

| what | peer | asyncio, 1 core |
|---|---|---|
| coroutine to thread, 1 caller | `loop.run_in_executor` | plait: no end in 30 s |

### Beside a busy thread

| what | peer | asyncio, 1 core, busy |
|---|---|---|
| coroutine to thread, 1 caller | `asyncio.to_thread` | 40.0, 8.00: 0.20 (0.20 to 0.20) |

### System calls

| loop | `asyncio.to_thread` | plait | goal | verdict |
|---|---|---|---|---|
| asyncio | 10.0 | 9.0 | 8 | 1.12 times the goal |

### Limits

| what | asyncio, 1 core |
|---|---|
| two locks, there and back | 10.0 |

### Size

| what | modules | lines of code |
|---|---|---|
| plait.bridge | 3 | 2,000 |
"""


def test_the_tables_replace_what_stands_between_the_marks() -> None:
    text = f"above\n{page.BEGIN}\nold\n{page.END}\nbelow\n"
    written = page.write(text, "new\n")
    assert written == f"above\n{page.BEGIN}\n\nnew\n\n{page.END}\nbelow\n"
    assert page.write(written, "new\n") == written
    with pytest.raises(ValueError, match="has no lines"):
        page.write("above\nbelow\n", "new\n")


def test_the_page_of_the_docs_has_the_marks() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert page.write(text, "new\n") != text


def test_one_command_measures_and_writes_the_page(tmp_path: Path) -> None:
    written = tmp_path / "page.md"
    written.write_text(f"{page.BEGIN}\n{page.END}\n")
    only = ["asyncio, 1 core: coroutine to thread, 1 caller / asyncio*", "size"]
    options = ["--quick", "--markdown", "--write", str(written), "--only", *only]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bridge", *options],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "### Goals" in done.stdout and "### Size" in done.stdout
    assert "### Limits" not in done.stdout
    assert done.stdout in written.read_text()
