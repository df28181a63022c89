"""`plait verify`: files in, one line and an exit status out."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from plait.apps.options import parse
from plait.apps.verify import Settings, run, verify
from plait.blocking import merge
from plait.errors import SourceError, UsageError
from plait.logs.steps import grep, since

API = """\
2026-03-01T10:00:00Z api INFO up
2026-03-01T10:00:02Z api ERROR boom
Traceback (most recent call last):
  File "x.py", line 1
ValueError: no
2026-03-01T10:00:04Z api INFO on
"""
WORKER = """\
2026-03-01T10:00:01Z worker INFO up
2026-03-01T10:00:02Z worker INFO busy
2026-03-01T10:00:05Z worker INFO done"""


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("api.log").write_text(API)
    Path("worker.log").write_text(WORKER)
    write_merged("all.txt", "api.log", "worker.log")
    return tmp_path


def write_merged(output: str, *sources: str, **options: Any) -> None:
    data = b"".join(batch.data for batch in merge(*sources, **options).batches())
    Path(output).write_bytes(data)


def plait_verify(*words: str) -> int:
    command, values = parse(["verify", *words])
    assert command.name == "verify"
    return run(values)


@pytest.mark.usefixtures("logs")
def test_a_merge_of_files_holds_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert plait_verify("all.txt", "api.log", "worker.log") == 0
    assert capsys.readouterr().out == (
        "holds: 6 records of 2 sources, 0.0 MB, each exactly once, whole and in order; 0 late\n"
    )


@pytest.mark.usefixtures("logs")
def test_the_first_fault_is_named_with_file_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    whole = Path("all.txt").read_text()
    Path("all.txt").write_text(whole[whole.index("\n") + 1 :])
    assert plait_verify("all.txt", "api.log", "worker.log") == 1
    out = capsys.readouterr().out
    assert out.startswith("does not hold: all.txt line 2: the record of api.log line 1 is missing;")


@pytest.mark.usefixtures("logs")
def test_a_glob_leaves_the_output_out() -> None:
    write_merged("all.log", "api.log", "worker.log")
    assert plait_verify("all.log", "*.log", "--exact") == 0


@pytest.mark.usefixtures("logs")
def test_a_compressed_output_and_source_are_read_as_what_they_hold() -> None:
    Path("all.txt.gz").write_bytes(gzip.compress(Path("all.txt").read_bytes()))
    Path("api.log.gz").write_bytes(gzip.compress(API.encode()))
    assert plait_verify("all.txt.gz", "api.log.gz", "worker.log") == 0


@pytest.mark.usefixtures("logs")
def test_the_filters_of_the_merge_are_those_of_the_proof() -> None:
    steps = [since(1772359202 * 10**9), grep(["INFO"])]
    write_merged("some.txt", "api.log", "worker.log", steps=steps)
    assert Path("some.txt").read_text().count("\n") == 3
    filtered = ["--since", "2026-03-01T10:00:02Z", "--grep", "INFO"]
    assert plait_verify("some.txt", "api.log", "worker.log", *filtered) == 0
    assert plait_verify("some.txt", "api.log", "worker.log") == 1


@pytest.mark.usefixtures("logs")
def test_files_without_stamps_hold_as_the_merge_left_them() -> None:
    Path("notes").write_text("one\ntwo\n\n\nthree\n")
    write_merged("all.txt", "notes", "api.log")
    assert plait_verify("all.txt", "notes", "api.log", "--exact") == 0


@pytest.mark.usefixtures("logs")
def test_sources_may_have_grown_where_a_prefix_is_enough() -> None:
    with Path("api.log").open("a") as log:
        log.write("2026-03-01T10:00:09Z api INFO more\n")
    assert plait_verify("all.txt", "api.log", "worker.log") == 1
    assert plait_verify("all.txt", "api.log", "worker.log", "--prefix") == 0


@pytest.mark.usefixtures("logs")
def test_a_source_that_cannot_be_read_is_no_proof() -> None:
    for missing in ("gone.log", "gone-*.log"):
        with pytest.raises(SourceError, match="gone"):
            verify("all.txt", ["api.log", missing])
    with pytest.raises(SourceError, match="gone"):
        verify("gone.txt", ["api.log"])


@pytest.mark.usefixtures("logs")
def test_what_cannot_be_read_again_is_refused() -> None:
    for source in ("-", "cmd:cat api.log"):
        with pytest.raises(UsageError, match="save it in a file"):
            verify("all.txt", ["api.log", source])


@pytest.mark.usefixtures("logs")
def test_the_output_is_no_source_of_itself() -> None:
    with pytest.raises(UsageError, match="both the output and a source"):
        verify("all.txt", ["api.log", "./all.txt"])


def test_wishes_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="exact"):
        Settings(exact=True, order="arrival")
    with pytest.raises(UsageError, match="negative"):
        Settings(late=-1)


@pytest.mark.usefixtures("logs")
def test_progress_tells_how_much_of_the_output_is_read() -> None:
    told: list[tuple[int, int]] = []
    verify("all.txt", ["api.log", "worker.log"], on_progress=lambda *sizes: told.append(sizes))
    size = Path("all.txt").stat().st_size
    assert told == [(size, size)]
