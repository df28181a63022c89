"""Streams that go on where another one was: file by file, form by form."""

import bz2
import gzip
import json
import lzma
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plait.blocking import merge, run_at_once
from plait.driver import Stream
from plait.errors import SourceError, UsageError
from plait.events import Ended, Event, Failed, Lost, Truncated
from plait.ledger import Book
from plait.logs.steps import grep
from plait.settings import Options

DAY = "2026-03-01T"


def lines(name: str, count: int, first: int = 0) -> str:
    """Records of a second each, every third with a second line."""
    out = []
    for n in range(first, first + count):
        stamp = f"{DAY}{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"
        out.append(f"{stamp} {name} #{n} é\n" + ("  at f\n" if n % 3 == 0 else ""))
    return "".join(out)


class Run:
    """One stream to the end of what is there, or to the first bookmark behind so many records."""

    def __init__(self, sources: list[str], book: Book, stop: int | None = None, **options: Any):
        self.raws: list[bytes] = []
        self.events: list[Event] = []
        bookmarks = json.loads(json.dumps(book.as_json()))
        self.stream = Stream(
            sources, Options(resume=bookmarks, on_event=self.events.append, **options)
        )
        run_at_once(self._run(book, stop))

    async def _run(self, book: Book, stop: int | None) -> None:
        async with self.stream:
            async for batch in self.stream.batches():
                self.raws += batch.raws()
                if stop is not None and len(self.raws) >= stop:
                    marks = self.stream.bookmarks()
                    if marks is not None:
                        book.add(marks)
                        return
            marks = self.stream.bookmarks()
            assert marks is not None
            book.add(marks)


def utf16(text: str) -> bytes:
    return text.encode("utf-16")


def marked(text: str) -> bytes:
    return text.encode("utf-8-sig")


def packed(compress: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    return lambda text: compress(text.encode())


FORMS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-8 with a mark": marked,
    "utf-16": utf16,
    "utf-16 without a mark": lambda text: text.encode("utf-16-be"),
    "gz": packed(gzip.compress),
    "bz2": packed(bz2.compress),
    "xz": packed(lzma.compress),
    "gz of utf-16": lambda text: gzip.compress(utf16(text)),
}


@pytest.mark.parametrize("order", ["time", "arrival"])
@pytest.mark.parametrize("form", FORMS)
def test_in_any_form_the_rest_is_as_without_a_break(tmp_path: Path, form: str, order: str) -> None:
    sources = [str(tmp_path / "a.log"), str(tmp_path / "b.log")]
    for source, name in zip(sources, "ab", strict=True):
        Path(source).write_bytes(FORMS[form](lines(name, 12_000)))
    options: dict[str, Any] = {"order": order, "memory": 0, "limit": 3000}
    whole = Run(sources, Book({}), **options).raws
    assert len(whole) == 24_000
    book, raws, breaks = Book({}), list[bytes](), 0
    while len(raws) < len(whole):
        raws += Run(sources, book, stop=1_500, **options).raws
        breaks += 1
    assert breaks > 1
    if order == "time":
        assert raws == whole
    else:
        assert sorted(raws) == sorted(whole)
        assert [raw for raw in raws if b" a " in raw] == [raw for raw in whole if b" a " in raw]
    assert Run(sources, book, **options).raws == []


def test_records_that_a_step_takes_out_do_not_come_again(tmp_path: Path) -> None:
    source = tmp_path / "a.log"
    source.write_text(lines("a", 5_000))
    options: dict[str, Any] = {"memory": 0, "steps": [grep(["#4[0-9]*00 "])]}
    whole = Run([str(source)], Book({}), **options).raws
    book, raws = Book({}), list[bytes]()
    while len(raws) < len(whole):
        raws += Run([str(source)], book, stop=1, **options).raws
    assert raws == whole


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_text(lines("a", 10))
    return path


@pytest.fixture
def book(log: Path) -> Book:
    """After a first run has read ten records."""
    book = Book({})
    assert len(Run([str(log)], book).raws) == 10
    return book


def text(run: Run) -> str:
    return b"".join(run.raws).decode()


def grow(path: Path, count: int, first: int) -> None:
    with path.open("a") as file:
        file.write(lines("a", count, first))


def test_what_was_added_is_read(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    assert text(Run([str(log)], book)) == lines("a", 3, 10)


def test_the_rest_of_a_rotated_file_comes_before_the_new_ones(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    log.rename(f"{log}.2")
    Path(f"{log}.1").write_text(lines("a", 3, 13))
    log.write_text(lines("a", 3, 16))
    assert text(Run([str(log)], book)) == lines("a", 9, 10)
    assert text(Run([str(log)], book)) == ""


def test_a_file_renamed_to_any_name_in_its_folder_is_found(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    log.rename(log.with_name("old"))
    log.write_text(lines("a", 3, 13))
    assert text(Run([str(log)], book)) == lines("a", 6, 10)


def test_compressed_meanwhile_it_is_found_by_what_it_holds(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    Path(f"{log}.2.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    Path(f"{log}.1").write_text(lines("a", 3, 13))
    log.write_text(lines("a", 3, 16))
    assert text(Run([str(log)], book)) == lines("a", 9, 10)
    assert text(Run([str(log)], book)) == ""


def test_dated_names_are_found_too(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    Path(f"{log}-20260301.xz").write_bytes(lzma.compress(log.read_bytes()))
    log.unlink()
    Path(f"{log}-20260302").write_text(lines("a", 3, 13))
    log.write_text(lines("a", 3, 16))
    assert text(Run([str(log)], book)) == lines("a", 9, 10)
    assert text(Run([str(log)], book)) == ""


def test_the_numbers_of_disks_may_change(log: Path, book: Book) -> None:
    """As they do when a machine starts again: everything is one further."""
    grow(log, 3, 10)
    log.rename(f"{log}.1")
    log.write_text(lines("a", 3, 13))
    Run([str(log)], book)
    device = log.stat().st_dev
    before = json.dumps(book.as_json()).replace(f"{device},", f"{device + 1},")
    assert text(Run([str(log)], Book(json.loads(before)))) == ""
    assert text(Run([f"{log}*"], Book(json.loads(before)))) == ""


def test_what_was_read_and_is_compressed_later_is_not_read_again(log: Path, book: Book) -> None:
    log.rename(f"{log}.1")
    log.write_text(lines("a", 3, 10))
    assert text(Run([str(log)], book)) == lines("a", 3, 10)
    Path(f"{log}.1.gz").write_bytes(gzip.compress(Path(f"{log}.1").read_bytes()))
    Path(f"{log}.1").unlink()
    assert text(Run([str(log)], book)) == ""
    assert text(Run([f"{log}*"], book)) == ""


def test_copied_and_truncated_meanwhile_the_copy_has_the_rest(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    Path(f"{log}.1").write_bytes(log.read_bytes())
    log.write_text(lines("a", 3, 13))
    assert text(Run([str(log)], book)) == lines("a", 6, 10)
    assert text(Run([str(log)], book)) == ""


def test_truncated_meanwhile_it_is_read_from_its_start_and_counted(log: Path, book: Book) -> None:
    log.write_text(lines("a", 2, 20))
    run = Run([str(log)], book)
    assert text(run) == lines("a", 2, 20)
    assert any(isinstance(event, Truncated) for event in run.events)
    assert run.stream.stats.sources[0].truncations == 1


def test_one_that_was_over_and_is_gone_is_nothing_to_tell(log: Path, book: Book) -> None:
    log.rename(f"{log}.1")
    log.touch()
    Run([str(log)], book)
    log.unlink()
    Path(f"{log}.1").unlink()
    log.write_text(lines("a", 2, 20))
    run = Run([str(log)], book)
    assert text(run) == lines("a", 2, 20)
    assert not any(isinstance(event, Lost | Truncated) for event in run.events)


def test_a_file_that_is_gone_is_told_and_a_failure(log: Path, book: Book) -> None:
    keep = log.with_name("keeps the inode")
    log.rename(keep)
    other = log.with_name("other")
    other.write_text(lines("a", 2, 20))
    keep.unlink()
    other.rename(log)
    run = Run([str(log)], book)
    assert text(run) == lines("a", 2, 20)
    lost = [event for event in run.events if isinstance(event, Lost)]
    assert [event.at for event in lost] == [len(lines("a", 10).encode())]
    assert "will be missing in the output" in str(lost[0])
    assert run.stream.stats.failed == [str(log)]


def test_a_file_that_is_gone_is_told_once(log: Path, book: Book) -> None:
    log.unlink()
    assert any(isinstance(event, Lost) for event in Run([str(log)], book).events)
    assert not any(isinstance(event, Lost) for event in Run([str(log)], book).events)


def test_bookmarks_of_other_sources_are_refused(log: Path) -> None:
    book = Book({})
    Run([str(log), str(log.with_name("*.log"))], book)
    log.with_name("b.log").write_text(lines("b", 1))
    Run([str(log), str(log.with_name("*.log"))], book)
    with pytest.raises(UsageError, match="no source has the place 1"):
        Run([str(log)], book)


def test_a_file_of_before_the_first_run_stays_unread(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    Path(f"{log}.1").write_text(lines("a", 3))
    log.write_text(lines("a", 3, 3))
    book = Book({})
    assert text(Run([str(log)], book)) == lines("a", 3, 3)
    Path(f"{log}.1").rename(f"{log}.2")
    log.rename(f"{log}.1")
    log.write_text(lines("a", 3, 6))
    assert text(Run([str(log)], book)) == lines("a", 3, 6)


@pytest.mark.parametrize("seconds", [False, True])
def test_a_file_of_before_the_first_run_stays_unread_compressed(
    tmp_path: Path, seconds: bool
) -> None:
    log = tmp_path / "a.log"
    old = Path(f"{log}.1")
    old.write_text(lines("a", 3))
    hour_ago = old.stat().st_mtime_ns - 3600 * 10**9
    os.utime(old, ns=(hour_ago, hour_ago))
    log.write_text(lines("a", 3, 3))
    book = Book({})
    Run([str(log)], book)
    gz = Path(f"{log}.2.gz")
    gz.write_bytes(gzip.compress(old.read_bytes()))
    kept = hour_ago // 10**9 * 10**9 if seconds else hour_ago
    os.utime(gz, ns=(kept, kept))
    old.unlink()
    log.rename(f"{log}.1")
    log.write_text(lines("a", 3, 6))
    assert text(Run([str(log)], book)) == lines("a", 3, 6)


def test_a_file_that_came_meanwhile_joins(log: Path) -> None:
    pattern = [str(log.with_name("*.log"))]
    book = Book({})
    Run(pattern, book)
    log.with_name("b.log").write_text(lines("b", 2, 20))
    assert text(Run(pattern, book)) == lines("b", 2, 20)
    assert text(Run(pattern, book)) == ""


def test_a_file_of_a_pattern_that_is_gone_and_was_over_is_forgotten(log: Path) -> None:
    pattern = [str(log.with_name("*.log*"))]
    book = Book({})
    Run(pattern, book)
    log.rename(f"{log}.1")
    log.write_text(lines("a", 3, 10))
    assert text(Run(pattern, book)) == lines("a", 3, 10)
    assert text(Run(pattern, book)) == ""


def test_what_comes_too_late_for_its_place_is_late_after_a_restart_too(
    log: Path, book: Book
) -> None:
    log.with_name("b.log").write_text(lines("b", 1, 5))
    run = Run([str(log.with_name("*.log"))], book)
    assert run.stream.stats.late == 1


def test_a_last_line_without_newline_that_goes_on_is_not_lost(log: Path) -> None:
    log.write_text(lines("a", 2) + f"{DAY}00:00:02Z half")
    book = Book({})
    first = Run([str(log)], book)
    with log.open("a") as file:
        file.write(" a line\n")
    second = Run([str(log)], book)
    assert text(first) + text(second) == lines("a", 2) + f"{DAY}00:00:02Z half\n a line\n"


def test_the_same_bookmarks_may_be_taken_up_twice(log: Path, book: Book) -> None:
    grow(log, 3, 10)
    before = book.as_json()
    assert text(Run([str(log)], Book(before))) == text(Run([str(log)], Book(before)))


def test_a_file_that_cannot_be_opened_fails_the_start_and_keeps_its_place(
    log: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "denied")

    with monkeypatch.context() as patch:
        patch.setattr("plait.sources.incarnation.os.open", refuse)
        with pytest.raises(SourceError, match="no permission"):
            Run([str(log)], Book(book.as_json()))
    grow(log, 1, 10)
    assert text(Run([str(log)], book)) == lines("a", 1, 10)


def test_a_missing_file_fails_as_without_resuming(tmp_path: Path) -> None:
    run = Run([str(tmp_path / "none.log")], Book({}))
    assert [type(event) for event in run.events] == [Failed, Ended]
    assert run.stream.stats.failed


@pytest.mark.parametrize("source", ["-", "cmd:true", [b"line\n"]])
def test_what_cannot_be_read_again_is_refused(source: object) -> None:
    with pytest.raises(UsageError, match="cannot be read again from where a run stopped"):
        list(merge(source, resume={}))


def test_only_a_stream_with_the_option_has_bookmarks(log: Path) -> None:
    with pytest.raises(UsageError, match="with the option resume"):
        Stream([str(log)], Options()).bookmarks()
