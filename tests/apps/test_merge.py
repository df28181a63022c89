"""`plait merge` as a user runs it: a process of its own, real files, pipes and signals."""

import ctypes
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLAIT = [sys.executable, "-m", "plait"]


def plait(
    *words: str | Path, stdin: bytes = b"", cwd: Path | None = None
) -> tuple[int, bytes, str]:
    """The exit status, standard output and standard error of a run."""
    ran = subprocess.run(
        [*PLAIT, *map(str, words)], input=stdin, capture_output=True, cwd=cwd, timeout=60
    )
    return ran.returncode, ran.stdout, ran.stderr.decode()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "a.log").write_bytes(
        b"2026-03-01T10:00:00Z INFO a one\n2026-03-01T10:00:02Z ERROR a two\n  at f\n"
    )
    (tmp_path / "b.log").write_bytes(b"2026-03-01T10:00:01Z DEBUG b one\n")
    return tmp_path


WHOLE = (
    b"2026-03-01T10:00:00Z INFO a one\n"
    b"2026-03-01T10:00:01Z DEBUG b one\n"
    b"2026-03-01T10:00:02Z ERROR a two\n  at f\n"
)


def test_two_files_become_one_in_time_order(logs: Path) -> None:
    assert plait("merge", logs / "a.log", logs / "b.log") == (0, WHOLE, "")


def test_a_glob_and_a_folder_are_as_good_as_their_files(logs: Path) -> None:
    assert plait("merge", logs / "*.log")[:2] == (0, WHOLE)
    assert plait("merge", logs)[:2] == (0, WHOLE)


def test_standard_input_a_command_and_a_compressed_file_are_sources(logs: Path) -> None:
    (logs / "c.gz").write_bytes(gzip.compress(b"2026-03-01T10:00:00.5Z c\n"))
    words = ("-", f"cmd:cat {logs / 'b.log'}", logs / "c.gz")
    status, out, _ = plait("merge", *words, stdin=(logs / "a.log").read_bytes())
    assert status == 0
    assert [line[-6:] for line in out.splitlines()] == [
        b"/a one"[1:].rjust(6),
        b"0.5Z c",
        b" b one",
        b" a two",
        b"  at f",
    ]


def test_a_named_pipe_is_read_to_its_end(logs: Path) -> None:
    pipe = logs / "pipe"
    os.mkfifo(pipe)
    running = subprocess.Popen(
        [*PLAIT, "merge", str(pipe), str(logs / "b.log")], stdout=subprocess.PIPE
    )
    pipe.write_bytes((logs / "a.log").read_bytes())
    assert running.communicate(timeout=30)[0] == WHOLE


def test_output_goes_to_every_sink(logs: Path) -> None:
    first, second = logs / "first.out", logs / "second.out"
    words = ("merge", logs / "a.log", logs / "b.log", "-o", first, "-o", second)
    assert plait(*words) == (0, b"", "")
    assert first.read_bytes() == second.read_bytes() == WHOLE


def test_filters_work_on_whole_records(logs: Path) -> None:
    a_two = WHOLE[-40:]
    assert plait("merge", logs, "--grep", "at f")[1] == a_two
    assert plait("merge", logs, "--level", "warning")[1] == a_two
    assert plait("merge", logs, "--since", "2026-03-01T10:00:02Z")[1] == a_two
    assert plait("merge", logs, "--exclude", "ONE|debug", "-i")[1] == a_two
    assert plait("merge", logs, "--until", "@1772359202")[1] == WHOLE[:-40]


def test_what_lies_outside_a_range_of_a_long_file_is_skipped_unless_all_is_to_be_read(
    tmp_path: Path,
) -> None:
    path, out = tmp_path / "long.log", tmp_path / "out"
    lines = [b"%d.5 a line of a long log\n" % second for second in range(1772359200, 1772459200)]
    path.write_bytes(b"".join(lines))
    times = ("--since", "@1772409200", "--until", "@1772409300")
    status, _, err = plait("merge", path, *times, "-o", out, "--stats", "-v")
    assert (status, out.read_bytes()) == (0, b"".join(lines[50_000:50_100]))
    assert err.count(": skipped ") == 2
    assert json.loads(err.splitlines()[-1])["skipped"] > 1_500_000
    assert plait("verify", out, path, *times)[0] == 0
    _, whole, err = plait("merge", path, *times, "--read-all", "--stats")
    assert whole == out.read_bytes()
    assert json.loads(err)["skipped"] == 0


def test_since_takes_a_time_before_now(logs: Path) -> None:
    assert plait("merge", logs, "--since", "-15m") == (0, b"", "")


def test_json_lines_say_time_source_level_stamped_late_and_text(logs: Path) -> None:
    _, out, _ = plait("merge", "a.log", "b.log", "--output-format", "json", cwd=logs)
    first, *_, last = map(json.loads, out.splitlines())
    assert first == {
        "time": "2026-03-01T10:00:00Z", "source": "a.log", "level": "info", "stamped": True,
        "late": False, "text": "2026-03-01T10:00:00Z INFO a one",
    }  # fmt: skip
    assert last["text"] == "2026-03-01T10:00:02Z ERROR a two\n  at f"


def test_labels_stand_before_every_line(logs: Path) -> None:
    _, out, _ = plait("merge", "a.log", "b.log", "--label", cwd=logs)
    assert [line[:8] for line in out.splitlines()] == [
        b"a.log | ",
        b"b.log | ",
        b"a.log | ",
        b"a.log | ",
    ]


def test_a_source_can_be_given_a_label_and_a_zone(logs: Path) -> None:
    (logs / "c.log").write_text("2026-03-01 18:00:01.5 c\n")
    words = (logs / "a.log", logs / "b.log", f"{logs}/c.log?tz=Asia/Shanghai&label=see", "--label")
    out = plait("merge", *words)[1].splitlines()
    assert out[2].startswith(b"see ")


def test_stats_are_one_json_object_on_standard_error(logs: Path) -> None:
    _, _, err = plait("merge", logs / "a.log", logs / "b.log", "--stats")
    stats = json.loads(err)
    assert (stats["records"], stats["written"], stats["late"]) == (3, 3, 0)
    assert [source["format"] for source in stats["sources"]] == ["iso", "iso"]


def test_the_statistics_are_the_last_line_of_standard_error(logs: Path) -> None:
    _, _, err = plait("merge", logs / "a.log", logs / "none.log", "--stats", "-v")
    stats = json.loads(err.splitlines()[-1])
    assert (stats["failed"], stats["records"]) == (1, 2)
    assert "does not exist" in stats["sources"][1]["failed"]


def test_options_may_come_from_a_file_and_the_command_line_goes_first(logs: Path) -> None:
    config = logs / "plait.toml"
    config.write_text(f'level = "error"\nsource = ["{logs}/a.log"]\nlabel = true\n')
    assert plait("merge", "--config", config, "--no-label")[1] == WHOLE[-40:]


def test_time_formats_of_a_file_are_found_by_themselves_and_by_name(tmp_path: Path) -> None:
    pump, valve = tmp_path / "pump.log", tmp_path / "valve.log"
    pump.write_text("01~03~2026 10h00m01 on\n  more\n01~03~2026 10h00m03 off\n")
    valve.write_text("2026-03-01T10:00:02Z and 01~03~2026 10h00m00\n")
    config = tmp_path / "plait.toml"
    config.write_text('tz = "UTC"\nlabel = false\n[time-formats]\npump = "%d~%m~%Y %Hh%Mm%S"\n')
    status, out, _ = plait("merge", pump, valve, "--config", config, "--time-format", "iso")
    assert (status, out.splitlines()[0]) == (0, valve.read_bytes().rstrip())
    status, out, _ = plait("merge", pump, f"{valve}?time-format=iso", "--config", config)
    assert [line[:2] for line in out.splitlines()] == [b"01", b"  ", b"20", b"01"]
    status, out, _ = plait("merge", pump, f"{valve}?time-format=pump", "--config", config)
    assert [line[:2] for line in out.splitlines()] == [b"20", b"01", b"  ", b"01"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lvl = 'error'", "'lvl' is not known"),
        ("follow = 'yes'", "follow is 'yes'; write true or false"),
        ("order = 'size'", "write one of time, arrival"),
        ("= 1", "this is no TOML"),
        ("time-formats = 'x'", "time-formats is 'x'; write a table of patterns"),
        ("[time-formats]\niso = '%Y-%m-%d %H'", "'iso' cannot be added: the name is taken"),
        ("[time-formats]\npump = '%H'", "names no time of a day"),
    ],
)
def test_a_wrong_configuration_is_explained(logs: Path, text: str, says: str) -> None:
    config = logs / "plait.toml"
    config.write_text(text)
    status, _, err = plait("merge", logs, "--config", config)
    assert status == 2
    assert says in err


# -- bad input ---------------------------------------------------------------------------


def test_a_path_that_does_not_exist_is_named_and_the_others_go_on(logs: Path) -> None:
    status, out, err = plait("merge", logs / "a.log", logs / "none.log", logs / "b.log")
    assert (status, out) == (1, WHOLE)
    assert f"{logs}/none.log: does not exist" in err


def test_a_folder_without_logs_is_named(tmp_path: Path) -> None:
    status, _, err = plait("merge", tmp_path)
    assert status == 1
    assert "holds no logs" in err


def _no_longer_almighty() -> None:
    """Take from root what lets it read files of mode 0: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH."""
    libc, pr_capbset_drop = ctypes.CDLL(None), 24
    for capability in (1, 2):
        libc.prctl(pr_capbset_drop, capability, 0, 0, 0)


def test_a_file_without_read_permission_fails_alone(logs: Path) -> None:
    secret = logs / "secret.log"
    secret.write_text("x\n")
    secret.chmod(0)
    words = [*PLAIT, "merge", str(logs / "a.log"), str(logs / "b.log"), str(secret)]
    root = os.geteuid() == 0
    ran = subprocess.run(
        words,
        capture_output=True,
        timeout=30,
        preexec_fn=_no_longer_almighty if root else None,
    )
    assert (ran.returncode, ran.stdout) == (1, WHOLE)
    assert b"secret.log: no permission" in ran.stderr


def test_an_empty_file_adds_nothing(logs: Path) -> None:
    (logs / "empty.log").touch()
    assert plait("merge", logs / "*.log") == (0, WHOLE, "")


def test_binary_bytes_crlf_nul_and_invalid_utf8_come_through_unchanged(tmp_path: Path) -> None:
    data = b"2026-03-01T10:00:00Z \x00\xff\xfe\x80 caf\xe9\r\n\r\n\x1b[31mred\n\x00\n"
    (tmp_path / "odd.log").write_bytes(data)
    assert plait("merge", tmp_path / "odd.log") == (0, data, "")


def test_a_line_of_100_megabytes_is_cut_and_its_pieces_are_all_there(tmp_path: Path) -> None:
    line = b"2026-03-01T10:00:00Z " + b"x" * 100_000_000
    (tmp_path / "long.log").write_bytes(line + b"\n2026-03-01T10:00:01Z next\n")
    status, out, err = plait("merge", tmp_path / "long.log")
    *pieces, last = out.splitlines()
    assert (status, last) == (0, b"2026-03-01T10:00:01Z next")
    assert b"".join(pieces) == line
    assert max(map(len, pieces)) == 16 * 2**20
    assert "longer than 16777216 bytes and is cut into pieces" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--grep", "a("), "a("),
        (("--since", "soon"), "'soon'"),
        (("--lateness", "fast"), "'fast'"),
        (("--level", "loud"), "'loud'"),
        (("--tz", "Mars/Olympus"), "'Mars/Olympus'"),
        (("--time-format", "nonsense"), "'nonsense'"),
        (("--order", "size"), "'size'"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_wrong_usage_exits_2_and_shows_the_text(
    logs: Path, words: tuple[str, ...], says: str
) -> None:
    status, out, err = plait("merge", logs / "a.log", *words)
    assert (status, out) == (2, b"")
    assert says in err
    assert err.count("\n") == 1


def test_no_source_and_no_command_exit_2() -> None:
    assert plait("merge")[0] == 2
    assert plait()[0] == 2


def test_an_output_that_is_also_a_source_is_refused(logs: Path) -> None:
    (logs / "link.log").symlink_to(logs / "a.log")
    for output in ("a.log", "link.log", "./a.log"):
        status, _, err = plait("merge", "a.log", "b.log", "-o", output, cwd=logs)
        assert status == 2
        assert "both a source and the output" in err
    assert (logs / "a.log").stat().st_size


def test_an_output_that_a_glob_also_matches_is_left_out(logs: Path) -> None:
    for _ in range(2):
        status, _, err = plait("merge", logs / "*.log", "-o", logs / "all.log")
        assert status == 0
        assert (logs / "all.log").read_bytes() == WHOLE
    assert "all.log" in err


def test_rotated_files_can_be_merged_into_one_of_their_base_name(logs: Path) -> None:
    for number, name in enumerate(("a.log", "b.log"), 1):
        (logs / name).rename(logs / f"app.log.{number}")
    assert plait("merge", logs / "app.log.*", "-o", logs / "app.log") == (0, b"", "")
    assert (logs / "app.log").read_bytes() == WHOLE


def test_standard_output_into_a_file_that_a_folder_holds_is_left_out(logs: Path) -> None:
    with (logs / "all.log").open("wb") as out:
        subprocess.run([*PLAIT, "merge", str(logs)], stdout=out, check=True, timeout=30)
    assert (logs / "all.log").read_bytes() == WHOLE


def test_a_closed_pipe_is_a_normal_end(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"2026-03-01T10:00:00Z line\n" * 200_000)
    for follow in ("", "-f"):
        merge = f"{' '.join(PLAIT)} merge {follow} {tmp_path}/a.log"
        command = f"{merge} | head -n 1; echo ${{PIPESTATUS[0]}}"
        ran = subprocess.run(["bash", "-c", command], capture_output=True, timeout=30)
        assert (ran.stdout, ran.stderr) == (b"2026-03-01T10:00:00Z line\n0\n", b"")


def test_a_full_disk_is_a_named_error(logs: Path) -> None:
    status, _, err = plait("merge", logs, "-o", "/dev/full")
    assert status == 1
    assert "/dev/full: No space left on device" in err


@pytest.mark.parametrize("follow", ["", "-f"])
def test_a_closed_standard_output_is_a_named_error(logs: Path, follow: str) -> None:
    command = f"{' '.join(PLAIT)} merge {follow} {logs}/a.log >&-"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
    assert (ran.returncode, ran.stderr) == (1, "plait: standard output: is closed\n")


def test_a_command_that_fails_is_a_failed_source(logs: Path) -> None:
    status, out, err = plait("merge", logs / "b.log", "cmd:echo 2026-03-01T10:00:00Z x; exit 3")
    assert (status, len(out.splitlines())) == (1, 2)
    assert "exit status 3" in err


# -- following ---------------------------------------------------------------------------


@pytest.fixture
def following(logs: Path) -> Iterator["Following"]:
    with Following(logs / "a.log", logs / "b.log", logs / "later.log") as running:
        yield running


class Following:
    """A `plait merge -f` that runs, its output read line by line."""

    def __init__(self, *words: str | Path) -> None:
        self.process = subprocess.Popen(
            [*PLAIT, "merge", "-f", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> "Following":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, bytes, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err.decode()


def test_what_is_written_while_following_comes_through(following: Following, logs: Path) -> None:
    assert [following.line() for _ in range(4)] == WHOLE.splitlines(keepends=True)
    with (logs / "b.log").open("ab") as file:
        file.write(b"2026-03-01T10:00:03Z b three\n")
    assert following.line() == b"2026-03-01T10:00:03Z b three\n"
    (logs / "later.log").write_bytes(b"2026-03-01T10:00:04Z at last\n")
    assert following.line() == b"2026-03-01T10:00:04Z at last\n"
    status, _, err = following.end()
    assert status == 0
    assert "later.log: does not exist yet; waiting for it" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_what_is_there(
    following: Following, logs: Path, number: signal.Signals
) -> None:
    following.line()
    with (logs / "a.log").open("ab") as file:
        file.write(b"2026-03-01T10:00:09Z a\n2026-03-01T10:00:10Z last words")
    status, out, _ = following.end(number)
    assert status == 0
    assert out.endswith(b"2026-03-01T10:00:10Z last words\n")


def test_since_now_skips_the_backlog(logs: Path) -> None:
    with Following(logs / "*.log", "--since", "now", "-v") as running:
        assert running.process.stderr is not None
        for line in running.process.stderr:
            if b"caught up" in line:
                break
        (logs / "c.log").write_bytes(b"2026-03-01T10:00:04Z new\n")
        assert running.line() == b"2026-03-01T10:00:04Z new\n"
        assert running.end()[0] == 0


def test_a_command_that_is_followed_is_ended_with_us(logs: Path) -> None:
    with Following("cmd:echo 2026-03-01T10:00:04Z $$; exec sleep 1000") as running:
        child = int(running.line().split()[1])
        assert running.end()[0] == 0
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_bytes_pass_as_they_are_where_nothing_asks_for_records(tmp_path: Path) -> None:
    whole = b"2026-03-01T10:00:01Z one\n  more\r\n\x00\xff\n\n2026-03-01T10:00:00Z end"
    (tmp_path / "a.log").write_bytes(whole)
    (tmp_path / "b.log").write_bytes("2026-03-01T09:00:00Z zwei\n".encode("utf-16"))
    both = whole + b"\n2026-03-01T09:00:00Z zwei\n"
    assert plait("merge", tmp_path / "a.log") == (0, whole + b"\n", "")
    arrival: list[str | Path] = [
        "merge",
        tmp_path / "a.log",
        tmp_path / "b.log",
        "--order",
        "arrival",
    ]
    assert plait(*arrival) == (0, both, "")
    # With statistics records are looked for, and the bytes are the same.
    status, out, err = plait(*arrival, "--stats")
    assert (status, out) == (0, both)
    assert json.loads(err.splitlines()[-1])["records"] == 3
