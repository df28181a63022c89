"""`plait merge --resume` as a user runs it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.apps.test_merge import PLAIT, plait

DAY = "2026-03-01T10:00"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "a.log").write_text(f"{DAY}:00Z INFO a one\n{DAY}:02Z INFO a two\n")
    (tmp_path / "b.log").write_text(f"{DAY}:01Z INFO b one\n")
    return tmp_path


def resume(logs: Path, *words: str, sources: str = "*.log") -> tuple[int, str, str]:
    """A run to the end of what is there: exit status, the output by now, and what was said."""
    status, _, said = plait("merge", "--resume", "-o", "out", *words, sources, cwd=logs)
    out = logs / "out"
    return status, out.read_text() if out.exists() else "", said


@contextmanager
def following(logs: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A live run that has caught up with `a.log`; killed at the end where it has not ended."""
    command = [*PLAIT, "merge", "-f", "--resume", "-v", "-o", "out", *words]
    with subprocess.Popen(command, cwd=logs, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if b"a.log: caught up" in line:
                    break
            yield process
        finally:
            process.kill()


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


def add(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def until_written(out: Path, text: str) -> None:
    """Wait until the output ends so."""
    import time

    while not out.read_text().endswith(text):
        time.sleep(0.01)


def test_each_run_adds_what_is_new(logs: Path) -> None:
    status, out, said = resume(logs)
    assert (status, said) == (0, "")
    assert out.splitlines() == [
        f"{DAY}:0{n}Z INFO {t}" for n, t in enumerate(["a one", "b one", "a two"])
    ]
    add(logs / "b.log", f"{DAY}:03Z INFO b two\n")
    assert resume(logs) == (0, out + f"{DAY}:03Z INFO b two\n", "")


def test_a_follower_that_is_killed_is_gone_on_from(logs: Path) -> None:
    with following(logs, "a.log") as first:
        add(logs / "a.log", f"{DAY}:05Z INFO a three\n")
        until_written(logs / "out", "a three\n")
        first.kill()
        first.communicate()
    add(logs / "a.log", f"{DAY}:06Z INFO a four\n")
    with following(logs, "a.log") as second:
        stop(second)
    assert (logs / "out").read_text() == (logs / "a.log").read_text()


def test_it_commits_while_nothing_more_comes(logs: Path) -> None:
    with following(logs, "a.log"):
        state = logs / "out.plait-state"
        until_written(logs / "out", "a two\n")
        length = (logs / "out").stat().st_size
        while f'"length":{length}' not in state.read_text():
            pass


def test_a_stop_leaves_a_line_that_has_not_ended_to_the_next_run(logs: Path) -> None:
    add(logs / "a.log", f"{DAY}:03Z INFO half")
    with following(logs, "a.log") as first:
        stop(first)
    assert (logs / "out").read_text().endswith("INFO a two\n")
    add(logs / "a.log", " a line\n")
    with following(logs, "a.log") as second:
        stop(second)
    assert (logs / "out").read_text() == (logs / "a.log").read_text()


def test_since_now_leaves_out_what_was_there_at_the_first_start_only(logs: Path) -> None:
    with following(logs, "--since", "now", "a.log") as first:
        stop(first)
    add(logs / "a.log", f"{DAY}:05Z INFO a three\n")
    with following(logs, "--since", "now", "a.log") as second:
        stop(second)
    assert (logs / "out").read_text() == f"{DAY}:05Z INFO a three\n"


def test_relative_times_relate_to_the_first_start(logs: Path) -> None:
    assert resume(logs, "--since", "-15m")[0] == 0
    header = json.loads((logs / "out.plait-state").read_text().splitlines()[0][9:])
    assert resume(logs, "--since", "-15m")[0] == 0
    again = json.loads((logs / "out.plait-state").read_text().splitlines()[0][9:])
    assert again["began"] == header["began"]


def test_a_second_plait_on_the_same_output_is_refused(logs: Path) -> None:
    with following(logs, "a.log") as first:
        status, _, said = resume(logs, sources="a.log")
        assert status == 1
        assert said == (
            "plait: out: another plait is writing it; stop that one or choose another output\n"
        )
        stop(first)


@pytest.mark.parametrize(
    ("words", "difference"),
    [
        (("--level", "info"), "no level, now there is level info"),
        (("--label",), "no label, now there is label"),
        (("--order", "arrival"), "order time, now there is order arrival"),
        (("--output-format", "json"), "output_format text, now there is output_format json"),
        (("b.log",), "*.log'], now there is sources ['"),
    ],
)
def test_other_words_are_refused_and_nothing_is_touched(
    logs: Path, words: tuple[str, ...], difference: str
) -> None:
    _, out, _ = resume(logs)
    state = (logs / "out.plait-state").read_bytes()
    status, now, said = resume(logs, *words)
    assert (status, now) == (2, out)
    assert difference in said
    assert "remove out and out.plait-state to begin anew" in said
    assert (logs / "out.plait-state").read_bytes() == state


def test_wrong_words_at_the_first_run_leave_nothing_to_go_on_from(logs: Path) -> None:
    assert resume(logs, "--level", "loud")[0] == 2
    assert resume(logs, "cmd:true")[0] == 2
    assert resume(logs)[0] == 0


def test_the_same_sources_in_other_words_are_the_same(logs: Path) -> None:
    _, out, _ = resume(logs)
    assert resume(logs, sources=f"{logs}/*.log")[:2] == (0, out)


@pytest.mark.parametrize("words", [(), ("-o", "-"), ("-o", "x", "-o", "y")])
def test_it_needs_one_file_to_write_to(logs: Path, words: tuple[str, ...]) -> None:
    status, _, said = plait("merge", "--resume", *words, "a.log", cwd=logs)
    assert (status, said) == (2, "plait: --resume needs one file to write to; write -o FILE\n")


def test_a_command_is_refused_with_what_to_do(logs: Path) -> None:
    status, _, said = resume(logs, "cmd:true")
    assert status == 2
    assert said.startswith("plait: cmd:true: cannot be read again from where a run stopped")


def test_output_and_state_are_never_sources(logs: Path) -> None:
    _, out, _ = resume(logs, sources=".")
    assert resume(logs, sources=".")[:2] == (0, out)


def test_a_file_that_is_gone_makes_status_one(logs: Path) -> None:
    resume(logs)
    os.link(logs / "a.log", logs / "holds the inode")
    (logs / "holds the inode").rename(logs.parent / f"{logs.name} a.log")
    (logs / "a.log").unlink()
    status, _, said = resume(logs)
    assert status == 1
    assert "a.log: the file that was read up to byte 64 is not found any more" in said


def test_its_module_is_not_imported_without_it(logs: Path) -> None:
    program = (
        "import sys; from plait.apps.cli import main; main(sys.argv[1:]); "
        "sys.exit('plait.keeping' in sys.modules)"
    )
    words = ["merge", str(logs / "a.log")]
    assert (
        subprocess.run([sys.executable, "-c", program, *words], capture_output=True).returncode == 0
    )
