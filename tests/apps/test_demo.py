"""`plait demo`: real writers, a live merge, the proof, and nothing left behind."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from plait.apps import demo, writer
from plait.apps.glimpse import Glimpse
from plait.apps.verify import Settings, verify
from plait.apps.writers import settings
from plait.driver import Stream, follow
from plait.errors import UsageError
from plait.logs.batch import STAMPED, Batch
from plait.logs.render import text
from plait.logs.times import Stamper
from plait.plugins import parse_spec
from plait.settings import Options

NOON = 1_772_366_400 * 10**9  # 2026-03-01 12:00:00 UTC


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "plait", "demo", *options]


def start(folder: Path, *options: str, **more: Any) -> "subprocess.Popen[bytes]":
    """A demo whose scratch folder lies in `folder`."""
    env = os.environ | {"TMPDIR": str(folder), "TERM": "xterm"}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command(*options), env=env, **(pipes | more))


def finished(process: "subprocess.Popen[bytes]") -> tuple[int, str, str]:
    """Exit status and output, after the end."""
    with process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


def processes_of(folder: Path) -> list[int]:
    """The processes whose command line names something in `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(f"{folder}/") in words:
                found.append(int(entry.name))
    return found


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


def merged_something(folder: Path) -> bool:
    return any(file.stat().st_size for file in folder.glob("*/merged.log"))


def values(**given: object) -> dict[str, Any]:
    return {"writers": 2, "seconds": 1, "rate": 100, "keep": False} | given


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a demo run in this process makes its folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


class TestTheShow:
    def test_it_proves_its_merge_and_leaves_no_folder_or_process(self, tmp_path: Path) -> None:
        status, out, err = finished(start(tmp_path, "--seconds", "1", "--writers", "3"))
        assert (status, err) == (0, "")
        said = out.splitlines()
        assert said[0].startswith("plait demo: 3 programs write a log each into a scratch folder")
        assert re.match(
            r"Merged live: [\d,]+ records of 3 sources, through \d+ rotations?", said[1]
        )
        assert "every record is in the merged file exactly once, whole" in said[2]
        assert said[3:] == ["The scratch folder is removed (keep it with --keep)."]
        assert list(tmp_path.iterdir()) == []
        assert processes_of(tmp_path) == []

    def test_off_a_terminal_it_writes_no_control_character(self, tmp_path: Path) -> None:
        _, out, _ = finished(start(tmp_path, "--seconds", "1", "--writers", "1"))
        assert not re.search("[^\n -~]", out)

    def test_its_writers_rotate_while_it_merges(self, tmp_path: Path) -> None:
        _, out, _ = finished(start(tmp_path, "--seconds", "1", "--writers", "3", "--rate", "500"))
        found = re.search(r"through (\d+) rotations", out)
        assert found is not None
        assert int(found[1]) >= 3

    def test_kept_files_are_named_and_can_be_verified_as_it_says(self, tmp_path: Path) -> None:
        status, out, _ = finished(start(tmp_path, "--seconds", "1", "--keep"))
        assert status == 0
        (folder,) = tmp_path.iterdir()
        assert f"Kept in {folder}:" in out
        line = next(line for line in out.splitlines() if "plait verify" in line)
        words, _, late = line.partition("plait verify ")[2].partition(" --late ")
        merged, *sources = shlex.split(words)
        assert verify(merged, sources, Settings(late=int(late or 0))).holds

    def test_the_kept_merge_holds_every_line_of_every_file(self, tmp_path: Path) -> None:
        finished(start(tmp_path, "--seconds", "1", "--keep"))
        (folder,) = tmp_path.iterdir()
        lines = [
            line
            for log in (folder / "logs").glob("*.log*")
            for line in log.read_bytes().splitlines()
        ]
        assert len(lines) > 100
        assert sorted(lines) == sorted((folder / "merged.log").read_bytes().splitlines())

    def test_every_number_must_make_a_show(self) -> None:
        for wrong in ({"writers": 0}, {"writers": 101}, {"seconds": 0}, {"rate": 0}):
            with pytest.raises(UsageError, match="write a number from 1 to"):
                demo.run(values(**wrong))


class TestOnATerminal:
    @pytest.fixture
    def screen(self, tmp_path: Path) -> str:
        """What a terminal was sent by a demo of a second."""
        ours, theirs = pty.openpty()
        with start(tmp_path, "--seconds", "1", stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            parts = []
            try:
                while part := os.read(ours, 65536):
                    parts.append(part)
            except OSError:  # how Linux says that the other side is closed
                pass
            finally:
                os.close(ours)
            process.wait(30)
        return b"".join(parts).decode()

    def test_merged_lines_flow_by_with_coloured_labels(self, screen: str) -> None:
        assert len(re.findall(r"\x1b\[\d+m\w+\.log *\x1b\[0m \| ", screen)) >= 5

    def test_the_status_line_is_taken_away_before_the_summary(self, screen: str) -> None:
        assert "\r\x1b[KMerged live: " in screen


class TestStopping:
    def test_ctrl_c_ends_it_early_with_the_proof_of_what_was_merged(self, tmp_path: Path) -> None:
        process = start(tmp_path, "--seconds", "60")
        wait_until(lambda: merged_something(tmp_path))
        process.send_signal(signal.SIGINT)
        status, out, err = finished(process)
        assert (status, err) == (0, "")
        assert "Stopped early. Merged live: " in out
        assert "Verified against" in out
        assert list(tmp_path.iterdir()) == []
        assert processes_of(tmp_path) == []

    def test_writers_of_a_killed_demo_end_by_themselves(self, tmp_path: Path) -> None:
        process = start(tmp_path, "--seconds", "60")
        wait_until(lambda: merged_something(tmp_path))
        assert processes_of(tmp_path)
        process.kill()
        finished(process)
        wait_until(lambda: not processes_of(tmp_path))

    def test_a_reader_that_goes_away_leaves_nothing_behind(self, tmp_path: Path) -> None:
        process = start(tmp_path, "--seconds", "1", "--writers", "1")
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        with process:
            assert process.wait(60) == 0
        assert list(tmp_path.iterdir()) == []


class TestWhenSomethingIsWrong:
    def test_a_lost_record_breaks_the_proof_and_keeps_the_folder(
        self, scratch: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        lost: list[bytes] = []

        def lose(batch: Batch) -> Batch:
            if lost:
                return batch
            lost.append(batch[0].raw)
            return batch.take(range(1, len(batch)))

        def tampered(*sources: str, **options: Any) -> Stream:
            return follow(*sources, steps=[lose], **options)

        monkeypatch.setattr(demo, "follow", tampered)
        assert demo.run(values()) == 1
        out, err = capfd.readouterr()
        (folder,) = scratch.iterdir()
        assert "the proof does not hold" in err
        assert lost[0].decode().split("\n")[0] in err
        assert f"Kept in {folder}:" in out
        assert "Verified" not in out
        assert processes_of(scratch) == []

    def test_a_writer_that_fails_is_told_and_keeps_the_folder(
        self,
        scratch: Path,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        broken = tmp_path_factory.mktemp("broken") / "writer.py"
        broken.write_text("import sys\nsys.exit('no ink')\n")
        monkeypatch.setattr(writer, "__file__", str(broken))
        assert demo.run(values()) == 1
        assert "the writer of api.log ended with exit status 1: no ink" in capfd.readouterr().err
        assert len(list(scratch.iterdir())) == 1

    def test_a_writer_that_cannot_be_started_ends_it(
        self, scratch: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        assert demo.run(values()) == 1
        assert "a program: cannot be started: No such file or directory" in capfd.readouterr().err


class TestWriters:
    @pytest.mark.parametrize("kind", writer.LINES)
    @pytest.mark.parametrize("east", [0, 8 * 3600, -(3 * 3600 + 1800)])
    def test_the_time_of_every_line_is_read_back_to_its_resolution(
        self, kind: str, east: int
    ) -> None:
        steps = {"syslog": 10**9, "clf": 10**9, "python": 10**6, "log4j": 10**6}
        moments = [NOON + number * 123_456_789_000 for number in range(200)]
        lines = [writer.LINES[kind](i, ns, east) for i, ns in enumerate(moments)]
        block = "".join(f"{line}\n" for line in lines).encode()
        stamper = Stamper(zone=timezone(timedelta(seconds=east)), reference=moments[-1])
        stamper.learn(block)
        step = steps.get(kind, 10**3)
        assert list(stamper.scan(block)[1]) == [ns // step * step for ns in moments]

    def test_some_of_their_records_have_several_lines(self) -> None:
        for kind in ("python", "log4j"):
            assert any("\n" in writer.LINES[kind](i, NOON, 0) for i in range(2000))

    def test_the_log_is_moved_on_by_one_number_as_logrotate_does(self, tmp_path: Path) -> None:
        path = str(tmp_path / "a.log")
        file = writer._opened(path)
        for round_ in range(3):
            os.write(file, b"%d\n" % round_)
            file = writer._rotated(path, file)
        os.close(file)
        assert [Path(f"{path}{end}").read_text() for end in ("", ".1", ".2", ".3")] == [
            "",
            "2\n",
            "1\n",
            "0\n",
        ]

    def test_an_epoch_log_says_its_format_because_one_line_cannot(self) -> None:
        spec = parse_spec(f"/x/sensor.log{settings('epoch', 'sensor.log')}")
        assert Options().reading(spec.settings).time_format == "epoch"


class TestGlimpse:
    @staticmethod
    def batch(*lines: bytes) -> Batch:
        bounds = array("q", [0])
        for line in lines:
            bounds.append(bounds[-1] + len(line))
        times = array("q", range(len(lines)))
        return Batch(b"".join(lines), bounds, times, times, bytes([STAMPED]) * len(lines), ("a",))

    def test_it_shows_no_more_than_eyes_can_follow(self) -> None:
        now = [0.0]
        glimpse = Glimpse(text, lambda: "", clock=lambda: now[0])
        shown = b""
        for tick in range(1000):  # ten seconds
            now[0] = tick / 100
            shown += glimpse(self.batch(*[b"x\n"] * 50))
        assert 150 <= shown.count(b"x\n") <= 250

    def test_what_comes_slowly_is_shown_whole(self) -> None:
        now = [0.0]
        glimpse = Glimpse(text, lambda: "", clock=lambda: now[0])
        shown = b""
        for tick in range(50):
            now[0] = float(tick)
            shown += glimpse(self.batch(b"%d\n" % tick, b"and\n"))
        assert shown.count(b"and\n") == 50

    def test_a_long_line_is_cut_and_its_colour_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "11")
        glimpse = Glimpse(lambda batch: b"\x1b[31m%s\x1b[0m\n" % (b"x" * 99), lambda: "")
        assert b"\x1b[31mxxxxxxxxxx\x1b[0m\n" in glimpse(self.batch(b"x\n"))
