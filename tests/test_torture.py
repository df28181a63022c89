"""The torture test: plait holds in every scenario, and a follower that does not is found out."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.torture import page
from benchmarks.torture.__main__ import main
from benchmarks.torture.followers import followers, from_template
from benchmarks.torture.lines import Ledger, Tally, make, parse
from benchmarks.torture.run import Outcome, play
from benchmarks.torture.scenarios import SCENARIOS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and paths are Linux's")

ROOT = Path(__file__).parent.parent
#: Seconds of writing: each scenario's fault comes a few times.
SECONDS = 1.0


def line(number: int, stream: int = 0) -> bytes:
    return make("2026-03-01T10:00:00.000000Z", stream, number, "some text here")


def judged(*lines: bytes, last: int = 3, held: Ledger | None = None, joined: bool = False) -> Tally:
    ledger = Ledger()
    for each in lines:
        ledger.feed(each)
    ledger.end()
    return ledger.tally({0: last}, held, joined=joined)


@pytest.mark.parametrize("scenario", [name for name, it in SCENARIOS.items() if not it.kills])
def test_plait_loses_repeats_and_tears_nothing_when(scenario: str) -> None:
    outcome = play(SCENARIOS[scenario], followers()["plait"], seed=1, seconds=SECONDS)
    assert outcome.holds, page.line(outcome)
    assert outcome.faults or scenario in {"appended", "full speed"}


def test_a_follower_that_stays_with_the_old_file_is_found_out() -> None:
    stays = from_template("stays", "tail -q -n +1 -f {files}")
    outcome = play(SCENARIOS["deleted"], stays, seed=1, seconds=SECONDS)
    assert outcome.tally.lost > 0
    assert not outcome.holds


def test_a_follower_that_never_begins_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.torture.stage._BEGIN", 0.1)
    outcome = play(SCENARIOS["appended"], from_template("no", "sleep 60"), seed=1, seconds=0.1)
    assert outcome.trouble == "never began"


def test_what_a_follower_cannot_do_is_not_held_against_it() -> None:
    tail = followers()["tail -F"]
    for scenario in "glob", "killed":
        assert play(SCENARIOS[scenario], tail, seed=1, seconds=0.1).trouble == "cannot"


def test_a_line_reads_back_and_a_changed_one_does_not() -> None:
    whole = line(7, stream=3).rstrip(b"\n")
    assert parse(whole) == (3, 7)
    assert parse(whole[:-1]) is None
    assert parse(whole[30:]) is None
    assert parse(whole + whole) is None


def test_lost_repeated_torn_and_disordered_lines_are_counted() -> None:
    assert judged(line(1), line(2), line(3)) == Tally(written=3)
    assert judged(line(1), line(3)) == Tally(written=3, lost=1)
    assert judged(line(1), line(2)) == Tally(written=3, lost=1)
    assert judged(line(1), line(2), line(2), line(3)) == Tally(written=3, repeated=1)
    assert judged(line(1), line(3), line(2)) == Tally(written=3, disordered=1)
    assert judged(line(1), line(2), line(3)[:9]) == Tally(written=3, lost=1, torn=1)
    assert judged(line(1), line(2)[:9], line(3)) == Tally(written=3, lost=2, torn=1)


def test_lines_that_no_file_holds_are_counted_apart() -> None:
    held = Ledger()
    held.feed(line(1) + line(2))
    assert judged(line(1), held=held) == Tally(written=3, lost=1, gone=1)


def test_who_joins_late_owes_what_came_after_its_first_line() -> None:
    assert judged(line(2), line(4), last=5, joined=True) == Tally(written=5, lost=2)


def test_the_table_has_a_row_a_scenario_and_a_column_a_follower() -> None:
    good, bad = Tally(written=1000), Tally(written=900, lost=12, torn=3, gone=4)
    outcomes = [
        Outcome("renamed", "one", 1, faults=5, tally=good),
        Outcome("renamed", "two", 1, faults=5, tally=bad),
        Outcome("glob", "one", 1, faults=2, tally=good),
        Outcome("glob", "two", 1, trouble="cannot"),
    ]
    table = page.markdown(outcomes, "Here.")
    assert "| renamed | 1,000 | 5 | **0 / 0 / 0** | 12 / 0 / 3 (4 in no file) |" in table
    assert "| glob | 1,000 | 2 | **0 / 0 / 0** | – |" in table
    written = page.write(f"a\n{page.BEGIN}\nbefore\n{page.END}\nb", table)
    assert table in written
    assert "before" not in written


def test_told_to_end_it_ends_what_it_started_and_leaves_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks.torture", "--scenario", "appended", "--length", "99"]
    running = subprocess.Popen(
        words, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL
    )
    while not any(it.stat().st_size for it in tmp_path.glob("*/output")):
        assert running.poll() is None
        time.sleep(0.01)
    running.terminate()
    assert running.wait() == 0
    assert list(tmp_path.iterdir()) == []


def test_the_command_fails_when_who_should_hold_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--length", "0.5", "--scenario", "deleted"]
    assert main(words) == 0
    assert "1 of 1 runs hold" in capsys.readouterr().out
    assert main([*words, "--name", "stays", "--command", "tail -q -n +1 -f {files}"]) == 1
    assert "FAILS" in capsys.readouterr().out
