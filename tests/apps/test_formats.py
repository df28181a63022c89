"""`plait formats`: the table of known formats, and what is found in files."""

import gzip
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.apps.cli import main
from plait.apps.findings import examine
from plait.apps.formats import aligned
from plait.logs.times.table import FORMATS
from plait.plugins import open_sources
from plait.settings import Options

Formats = Callable[..., tuple[int, str, str]]
ISO = "2026-03-01T10:00:{:02}Z {}\n"


@pytest.fixture
def formats(capfd: pytest.CaptureFixture[str]) -> Formats:
    """Run the command; exit status, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        status = main(["formats", *map(str, words)])
        return (status, *capfd.readouterr())

    return run


@pytest.fixture
def facts(formats: Formats) -> Callable[..., dict[str, Any]]:
    """The facts about one file, as JSON has them."""

    def run(*words: object) -> dict[str, Any]:
        status, out, err = formats("--json", *words)
        assert (status, err) == (0, "")
        one: dict[str, Any] = json.loads(out)
        return one

    return run


Facts = Callable[..., dict[str, Any]]


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """Write a log."""

    def write(text: str | bytes, name: str = "a.log") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


Log = Callable[..., Path]


class TestTheKnownFormats:
    def test_every_one_is_listed_with_title_and_example(self, formats: Formats) -> None:
        status, out, _ = formats()
        assert status == 0
        lines = {line.split()[0]: line for line in out.splitlines()}
        for form in FORMATS:
            example = next(each.line for each in form.examples if each.time is not None)
            assert form.title in lines[form.name]
            assert example.decode().replace("\n", "^J").expandtabs() in lines[form.name]

    def test_weak_ones_are_said_to_need_confirmation(self, formats: Formats) -> None:
        lines = {line.split()[0]: line for line in formats()[1].splitlines()}
        for form in FORMATS:
            assert ("only when most lines confirm it" in lines[form.name]) == form.weak

    def test_yearless_ones_are_said_to_get_their_year_inferred(self, formats: Formats) -> None:
        lines = {line.split()[0]: line for line in formats()[1].splitlines()}
        assert lines["syslog"].endswith("year inferred")
        assert "year" not in lines["iso"].rpartition("  ")[2]

    def test_as_json_there_is_an_object_a_line(self, formats: Formats) -> None:
        known = [json.loads(line) for line in formats("--json")[1].splitlines()]
        assert [one["name"] for one in known] == [form.name for form in FORMATS]


class TestWhatIsFound:
    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("iso", "2026-03-01T10:00:00Z started"),
            ("syslog", "Mar  1 10:00:00 host app[7]: x"),
            ("clf", '1.2.3.4 - - [01/Mar/2026:10:00:00 +0000] "GET /" 200 1'),
            ("epoch", "1772359200.5 x"),
            ("json", '{"time":"2026-03-01T10:00:00Z","m":1}'),
            ("glog", "I0301 10:00:00.123456    7 main.go:7] x"),
        ],
    )
    def test_the_format_is_named_for_files_of_each_kind(
        self, facts: Facts, log: Log, name: str, line: str
    ) -> None:
        assert facts(log(f"{line}\n" * 3))["format"] == name

    def test_records_lines_share_and_span_are_counted(self, facts: Facts, log: Log) -> None:
        found = facts(log("before\n" + ISO.format(1, "a") + " more\n" + ISO.format(5, "b")))
        assert (found["records"], found["lines"], found["stamped"]) == (3, 4, 2)
        assert (found["first"], found["last"]) == ("2026-03-01T10:00:01Z", "2026-03-01T10:00:05Z")

    def test_a_zone_that_was_given_is_said_to_be_given(self, facts: Facts, log: Log) -> None:
        path = log("2026-03-01 10:00:00 a\n")
        assert facts(path, "--tz", "Asia/Shanghai")["zone"] == "Asia/Shanghai, as given"
        assert facts(f"{path}?tz=Asia/Tokyo")["first"] == "2026-03-01T01:00:00Z"

    def test_a_zone_that_was_assumed_is_said_to_be_the_machines(
        self, facts: Facts, log: Log
    ) -> None:
        assert "this machine's" in facts(log("2026-03-01 10:00:00 a\n"))["zone"]
        assert facts(log(ISO.format(0, "a")))["zone"] == "in the stamp"

    def test_a_year_that_was_inferred_names_when_the_file_was_written(
        self, formats: Formats, facts: Facts, log: Log
    ) -> None:
        path = log("Mar  1 10:00:00 host x\n")
        written = datetime(2024, 5, 6, tzinfo=UTC).timestamp()
        os.utime(path, (written, written))
        assert "inferred from 2024-05-06, when it was last written" in formats(path)[1]
        assert facts(path)["first"].startswith("2024-03-01")

    def test_stamps_that_go_back_are_counted_and_the_furthest_told(
        self, formats: Formats, facts: Facts, log: Log
    ) -> None:
        path = log("".join(ISO.format(second, "x") for second in (5, 3, 4, 1, 9)))
        found = facts(path)
        assert (found["back"], found["furthest_back"]) == (2, 3.0)
        assert "2 stamps go back, by up to 3 s" in formats(path)[1]

    def test_a_stamp_that_leaps_ahead_alone_is_suspect(self, formats: Formats, log: Log) -> None:
        path = log(ISO.format(1, "a") + "2031-01-01T00:00:00Z leap\n" + ISO.format(2, "b"))
        out = formats(path)[1]
        assert "1 stamp leapt ahead, not believed" in out
        assert "to 2026-03-01T10:00:02Z (1 s)" in out

    def test_a_compressed_file_is_read_as_what_it_holds(self, facts: Facts, tmp_path: Path) -> None:
        path = tmp_path / "a.log.gz"
        path.write_bytes(gzip.compress(ISO.format(0, "a").encode()))
        assert facts(path)["records"] == 1

    def test_a_glob_and_a_folder_give_an_entry_a_file(
        self, formats: Formats, log: Log, tmp_path: Path
    ) -> None:
        for name in ("a.log", "b.log"):
            log(ISO.format(0, "a"), name)
        for what in (tmp_path / "*.log", tmp_path):
            out = formats("--json", what)[1]
            assert [Path(json.loads(line)["file"]).name for line in out.splitlines()] == [
                "a.log",
                "b.log",
            ]

    def test_the_output_of_a_command_is_looked_at_as_well(self, facts: Facts) -> None:
        assert facts("cmd:echo 2026-03-01T10:00:00Z x")["format"] == "iso"

    def test_a_file_without_times_says_what_to_do(self, formats: Formats, log: Log) -> None:
        status, out, _ = formats(log("hello\nworld\n"))
        assert status == 0
        assert "no time was found; --time-format can say how stamps look" in out

    def test_an_empty_file_is_no_fault(self, formats: Formats, log: Log) -> None:
        status, out, err = formats(log(""))
        assert (status, err) == (0, "")
        assert "there is nothing in it" in out

    @given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.booleans())
    def test_disorder_is_what_a_naive_look_at_neighbours_finds(
        self, seconds: list[int], torn: bool
    ) -> None:
        # Lines without a stamp make it take another way through the batch.
        end = "\nmore\n" if torn else "\n"
        data = "".join(f"2026-03-01T10:00:{second:02}Z x{end}" for second in seconds).encode()
        (opened,) = open_sources([[data[:50], data[50:]]]).sources
        found = examine(opened, Options().reading({}))
        backs = [a - b for a, b in pairwise(seconds) if b < a]
        assert (found.back, found.furthest) == (len(backs), max(backs, default=0) * 10**9)
        assert found.first is not None
        assert found.last is not None
        assert found.last - found.first == (max(seconds) - min(seconds)) * 10**9


class TestLinesNotUnderstood:
    def test_they_are_shown_with_their_numbers(self, facts: Facts, log: Log) -> None:
        found = facts(log("one\n" + ISO.format(0, "a") + "three\n" + ISO.format(1, "b") + "five\n"))
        assert found["not_understood"] == 3
        assert found["examples"] == [
            {"line": 1, "text": "one"},
            {"line": 3, "text": "three"},
            {"line": 5, "text": "five"},
        ]

    def test_their_numbers_stay_right_over_many_blocks(self, facts: Facts, log: Log) -> None:
        many = ISO.format(0, "x" * 100) * 20_000
        assert facts(log(f"{many}strange\n{many}"))["examples"] == [
            {"line": 20_001, "text": "strange"}
        ]

    def test_a_traceback_is_understood_from_its_first_line_to_its_last(
        self, facts: Facts, log: Log
    ) -> None:
        trace = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: y\n\n'
        assert facts(log(ISO.format(0, "a") + trace + ISO.format(1, "b")))["not_understood"] == 0

    def test_no_more_than_five_are_shown(self, formats: Formats, log: Log) -> None:
        out = formats(log(ISO.format(0, "a") + "?\n" * 9))[1]
        assert out.count(": ?\n") == 5
        assert "9 lines, such as:" in out

    def test_a_long_one_is_cut_to_the_width(
        self, formats: Formats, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "40")
        out = formats(log("x" * 5_000 + "\n"))[1]
        (line,) = [line for line in out.splitlines() if "xxx" in line]
        assert len(line) == 40
        assert line.endswith("…")


class TestFaults:
    def test_one_that_is_missing_is_told_and_the_others_go_on(
        self, formats: Formats, log: Log, tmp_path: Path
    ) -> None:
        status, out, err = formats(tmp_path / "gone.log", log(ISO.format(0, "a")))
        assert status == 1
        assert err == f"plait: {tmp_path}/gone.log: does not exist; check the path\n"
        assert "iso (ISO 8601" in out

    def test_a_damaged_file_is_told_with_what_was_found_before(
        self, formats: Formats, log: Log
    ) -> None:
        whole = gzip.compress(os.urandom(100_000).hex().encode() + b"\n")
        status, _, err = formats(log(whole[: len(whole) // 2], "a.log.gz"))
        assert status == 1
        assert "a.log.gz: " in err

    def test_as_json_the_fault_is_among_the_facts(self, formats: Formats, tmp_path: Path) -> None:
        status, out, err = formats("--json", tmp_path / "gone.log")
        assert status == 1
        assert json.loads(out)["error"] == "does not exist; check the path"
        assert "does not exist" in err

    def test_an_unknown_time_format_is_wrong_usage(self, formats: Formats, log: Log) -> None:
        status, _, err = formats(log("x\n"), "--time-format", "nonsense")
        assert status == 2
        assert "unknown time format" in err


NASTY = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\x7f"


class TestUntrustedText:
    @pytest.mark.parametrize("as_json", [(), ("--json",)])
    def test_neither_names_nor_lines_reach_the_output_raw(
        self, formats: Formats, log: Log, as_json: Sequence[str]
    ) -> None:
        path = log(ISO.format(0, "a") + f"evil {NASTY}\n", f"evil\n{NASTY.replace('/', '')}.log")
        status, out, err = formats(*as_json, path)
        assert (status, err) == (0, "")
        assert not set(NASTY) - set("[]0;owned2J31m") & set(out)

    def test_a_binary_file_shows_nothing_raw(self, formats: Formats, log: Log) -> None:
        status, out, _ = formats(log(bytes(range(256)) * 20))
        assert status == 0
        assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in out)

    def test_nor_do_they_reach_a_terminal(self, log: Log) -> None:
        path = log(f"[red]evil[/] {NASTY} " + "x" * 200 + "\n", "[bold]a.log")
        out = on_terminal("formats", str(path))
        assert "[red]evil[/] ^[]0;owned^G^[[2J" in out
        assert "[bold]a.log" in out
        assert not set("\x07\x9b\u202e\x7f") & set(out)
        assert "\x1b]" not in out


class TestOnATerminal:
    def test_the_known_formats_fit_its_width(self) -> None:
        out = on_terminal("formats")
        assert "only when most lines confirm it" in out
        for form in FORMATS:
            assert form.name in out

    def test_the_number_of_a_long_line_is_shown(self, log: Log) -> None:
        assert "1:" in on_terminal("formats", str(log("x" * 500 + "\n")))


def on_terminal(*words: str) -> str:
    """What plait sends to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": ""}
    command = [sys.executable, "-m", "plait", *words]
    parts = []
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:  # how Linux says that the other side is closed
            pass
        finally:
            os.close(ours)
        assert process.wait(30) == 0
    return b"".join(parts).decode()


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h")],
    )
    def test_a_span_is_told_in_its_two_largest_units(
        self, formats: Formats, log: Log, seconds: int, words: str
    ) -> None:
        first = datetime(2026, 3, 1, 10, tzinfo=UTC)
        last = first + timedelta(seconds=seconds)
        out = formats(log(f"{first:%FT%TZ} a\n{last:%FT%TZ} b\n"))[1]
        assert f"({words})" in out

    def test_columns_are_aligned(self) -> None:
        assert aligned([("a", "bb", "c"), ("aaa", "b", "")]) == ["a    bb  c", "aaa  b"]
