import multiprocessing
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from plait.errors import SourceError
from plait.events import CaughtUp, Event, Failed, Noted, Opened, Rotated, Truncated, Waiting
from plait.logs.chunk import Chunk
from plait.sources import listing
from plait.sources.file import FileSource


class Follower:
    """One followed file and its clock."""

    def __init__(self, path: Path, **settings: object) -> None:
        self.now = 0.0
        self.source = FileSource(
            str(path),
            follow=True,
            clock=lambda: self.now,
            **settings,  # type: ignore[arg-type]  # each test names the few it needs
        )

    def look(self) -> list[bytes | type[Event]]:
        """What it gives until it has caught up: bytes, and the types of the events."""
        items: list[bytes | type[Event]] = []
        while not isinstance(item := next(self.source), CaughtUp):
            items.append(item.data if isinstance(item, Chunk) else type(item))  # type: ignore[arg-type]
        return items


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def follower(path: Path) -> Iterator[Follower]:
    path.write_bytes(b"one\n")
    follower = Follower(path)
    yield follower
    follower.source.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


# Read once.


def test_a_file_is_read_in_blocks_to_its_end(path: Path) -> None:
    path.write_bytes(b"abcdefgh")
    source = FileSource(str(path), block=3)
    items = list(source)
    assert isinstance(items[0], Opened)
    assert [item.data for item in items if isinstance(item, Chunk)] == [b"abc", b"def", b"gh"]
    assert next(source, None) is None


def test_tokens_say_where_their_bytes_begin(path: Path) -> None:
    path.write_bytes(b"abcdefgh")
    tokens = [item.token for item in FileSource(str(path), block=3) if isinstance(item, Chunk)]
    status = path.stat()
    assert [token[:3] for token in tokens if isinstance(token, tuple)] == [
        (status.st_dev, status.st_ino, offset) for offset in (0, 3, 6)
    ]


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("missing", "does not exist"),
        ("folder", "is a directory"),
        ("fifo", "is not a regular file"),
        ("socket", "is not a regular file"),
        ("circle", "its symbolic links lead in a circle"),
        ("below", "does not exist: a part of its path is not a folder"),
    ],
)
def test_what_cannot_be_read_is_said_in_plain_words(path: Path, kind: str, problem: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        match kind:
            case "folder":
                path.mkdir()
            case "fifo":
                os.mkfifo(path)
            case "socket":
                listener.bind(str(path))
            case "circle":
                path.symlink_to(path)
            case "below":
                path.touch()
                path = path / "app.log"
        with pytest.raises(SourceError) as caught:
            next(FileSource(str(path), name="app"))
    assert (caught.value.source, caught.value.problem) == ("app", problem)


def read_as_nobody(path: str, found: "multiprocessing.SimpleQueue[str]") -> None:
    os.setresuid(65534, 65534, 65534)
    source = FileSource(path, follow=True)
    found.put(str(next(source)))
    found.put(type(next(source)).__name__)


def test_a_file_without_permission_is_reported_once_while_following(path: Path) -> None:
    path.write_bytes(b"secret\n")
    path.chmod(0)
    if os.getuid() != 0:
        follower = Follower(path)
        assert follower.look() == [Failed]
        assert follower.look() == []
        return
    found: multiprocessing.SimpleQueue[str] = multiprocessing.SimpleQueue()
    for folder in [path.parent, *path.parent.parents[:2]]:
        folder.chmod(0o755)
    process = multiprocessing.get_context("fork").Process(
        target=read_as_nobody, args=(str(path), found)
    )
    process.start()
    process.join()
    assert "no permission to read it" in found.get()
    assert found.get() == "CaughtUp"
    found.close()


# Followed.


def test_what_is_appended_is_given_and_then_it_has_caught_up(
    path: Path, follower: Follower
) -> None:
    assert follower.look() == [Opened, b"one\n"]
    append(path, b"two\n")
    assert follower.look() == [b"two\n"]
    assert follower.look() == []


def test_a_missing_file_is_waited_for_and_said_once(path: Path) -> None:
    follower = Follower(path)
    assert follower.look() == [Waiting]
    assert follower.look() == []
    path.write_bytes(b"one\n")
    assert follower.look() == [Opened, b"one\n"]
    follower.source.close()


def test_the_old_file_is_read_to_its_end_before_the_new_one(path: Path, follower: Follower) -> None:
    follower.look()
    append(path, b"last, without newline")
    path.rename(path.with_suffix(".log.1"))
    path.write_bytes(b"new\n")
    assert follower.look() == [b"last, without newline", Rotated, b"new\n"]


def test_the_new_file_waits_while_the_old_one_has_a_writer(path: Path, follower: Follower) -> None:
    follower.look()
    with path.open("ab", buffering=0) as writer:
        path.rename(path.with_suffix(".log.1"))
        path.write_bytes(b"new\n")
        assert follower.look() == []
        writer.write(b"old\n")
        assert follower.look() == [b"old\n"]
    assert follower.look() == [Rotated, b"new\n"]


def test_the_new_file_waits_no_longer_than_the_grace(path: Path, follower: Follower) -> None:
    follower.look()
    with path.open("ab"):
        path.rename(path.with_suffix(".log.1"))
        path.write_bytes(b"new\n")
        follower.look()
        follower.now = 1.9
        assert follower.look() == []
        follower.now = 2.0
        # What the writer of the old file writes from now on is lost, but not in silence.
        assert follower.look() == [Rotated, Noted, b"new\n"]


def test_while_the_new_file_is_empty_the_old_ones_writer_is_waited_for(
    path: Path, follower: Follower
) -> None:
    follower.look()
    with path.open("ab", buffering=0) as writer:
        path.rename(path.with_suffix(".log.1"))
        path.touch()
        follower.look()
        follower.now = 100.0
        assert follower.look() == []
        writer.write(b"old\n")
        assert follower.look() == [b"old\n"]
    path.write_bytes(b"new\n")
    assert follower.look() == [Rotated, b"new\n"]


def test_in_a_hurry_no_writer_is_waited_for(path: Path, follower: Follower) -> None:
    follower.look()
    with path.open("ab", buffering=0):
        path.rename(path.with_suffix(".log.1"))
        path.write_bytes(b"new\n")
        follower.source.hurry()
        assert follower.look() == [Rotated, b"new\n"]


def test_files_rotated_out_between_two_looks_are_found_in_their_order(
    path: Path, follower: Follower
) -> None:
    follower.look()
    for number in range(12):
        for old in range(number, 0, -1):
            path.with_name(f"app.log.{old}").rename(path.with_name(f"app.log.{old + 1}"))
        path.rename(path.with_name("app.log.1"))
        path.write_bytes(b"file %d\n" % number)
    expected: list[bytes | type[Event]] = []
    for number in range(12):
        expected += [Rotated, b"file %d\n" % number]
    assert follower.look() == expected


@pytest.mark.parametrize(
    "names", [["app.log-20240131", "app.log-20240201"], ["app.1.log", "app.2.log"]]
)
def test_other_ways_to_name_rotated_files_are_known(
    path: Path, follower: Follower, names: list[str]
) -> None:
    follower.look()
    path.rename(path.with_name(names[0]))
    path.write_bytes(b"missed\n")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**6))
    path.rename(path.with_name(names[1]))
    path.write_bytes(b"new\n")
    assert follower.look() == [Rotated, b"missed\n", Rotated, b"new\n"]


def test_files_that_were_rotated_before_we_began_are_not_read(path: Path) -> None:
    path.with_name("app.log.1").write_bytes(b"old\n")
    path.write_bytes(b"one\n")
    follower = Follower(path)
    follower.look()
    path.with_name("app.log.1").rename(path.with_name("app.log.2"))
    path.rename(path.with_name("app.log.1"))
    path.write_bytes(b"two\n")
    assert follower.look() == [Rotated, b"two\n"]
    follower.source.close()


def test_a_file_like_a_rotated_one_is_left_alone(path: Path, follower: Follower) -> None:
    follower.look()
    path.rename(path.with_name("app.log.1"))
    path.with_name("app.log.err").write_bytes(b"another program's\n")
    path.with_name("app.log.123456").write_bytes(b"a process's own\n")
    path.write_bytes(b"two\n")
    assert follower.look() == [Rotated, b"two\n"]


def test_deleted_and_made_again_it_is_a_new_file(path: Path, follower: Follower) -> None:
    follower.look()
    append(path, b"two\n")
    path.unlink()
    assert follower.look() == [b"two\n"]
    path.write_bytes(b"three\n")
    assert follower.look() == [Rotated, b"three\n"]


def test_a_deleted_file_is_let_go_after_the_grace_and_waited_for(
    path: Path, follower: Follower
) -> None:
    follower.look()
    path.unlink()
    assert follower.look() == []
    follower.now = 2.0
    assert follower.look() == [Waiting]
    path.write_bytes(b"two\n")
    assert follower.look() == [Rotated, b"two\n"]


def test_truncated_it_is_read_from_its_start(path: Path, follower: Follower) -> None:
    follower.look()
    path.write_bytes(b"x\n")
    assert follower.look() == [Truncated, b"x\n"]


def test_truncated_and_grown_beyond_it_is_told_by_its_beginning(
    path: Path, follower: Follower
) -> None:
    follower.look()
    path.write_bytes(b"three and four\n")
    assert follower.look() == [Truncated, b"three and four\n"]


def test_the_copy_of_copytruncate_is_not_read_again(path: Path, follower: Follower) -> None:
    follower.look()
    path.with_name("app.log.1").write_bytes(path.read_bytes())
    path.write_bytes(b"x\n")
    follower.look()
    path.with_name("app.log.1").rename(path.with_name("app.log.2"))
    path.rename(path.with_name("app.log.1"))
    path.write_bytes(b"y\n")
    assert follower.look() == [Rotated, b"y\n"]


def test_what_was_not_read_before_copytruncate_is_read_from_the_copy(
    path: Path, follower: Follower
) -> None:
    follower.look()
    append(path, b"two\nhalf a l")
    path.with_name("app.log.1").write_bytes(path.read_bytes())
    path.write_bytes(b"x\n")
    assert follower.look() == [b"two\nhalf a l", Truncated, b"x\n"]
    assert follower.look() == []
    path.write_bytes(b"")
    assert follower.look() == [Truncated]


def test_a_file_copied_and_truncated_twice_between_two_looks_is_read_from_both_copies(
    path: Path, follower: Follower
) -> None:
    follower.look()
    append(path, b"two\n")
    path.with_name("app.log.2").write_bytes(path.read_bytes())
    os.truncate(path, 0)
    append(path, b"three\n")
    path.with_name("app.log.1").write_bytes(path.read_bytes())
    os.truncate(path, 0)
    append(path, b"4\n")
    assert follower.look() == [b"two\n", Truncated, b"three\n", Rotated, b"4\n"]
    assert follower.look() == []


def test_old_files_renamed_while_they_are_first_listed_are_not_taken_for_new_ones(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"now\n")
    for number in range(1, 6):
        path.with_name(f"app.log.{number}").write_bytes(b"%d\n" % number)
    listed, listings = listing._entries, iter([1])

    def entries(folder: str) -> Iterator[tuple[str, int]]:
        yield from list(listed(folder))
        for _ in listings:  # once, logrotate moves all on before we look at each
            for number in range(5, 0, -1):
                path.with_name(f"app.log.{number}").rename(path.with_name(f"app.log.{number + 1}"))
            path.rename(path.with_name("app.log.1"))
            path.write_bytes(b"new\n")

    monkeypatch.setattr(listing, "_entries", entries)
    follower = Follower(path)
    assert follower.look() == [Opened, b"now\n", Rotated, b"new\n"]
    follower.source.close()


def test_a_link_that_is_led_elsewhere_is_a_rotation(path: Path) -> None:
    for name in ("first", "second"):
        path.with_name(name).write_bytes(name.encode())
    path.symlink_to("first")
    follower = Follower(path)
    follower.look()
    path.with_name("link").symlink_to("second")
    path.with_name("link").replace(path)
    assert follower.look() == [Rotated, b"second"]
    follower.source.close()


def test_from_the_end_the_backlog_is_skipped_up_to_the_last_newline(path: Path) -> None:
    path.write_bytes(b"a\nb\npart")
    follower = Follower(path, start="end")
    append(path, b"ial\n")
    assert follower.look() == [Opened, b"partial\n"]
    follower.source.close()


def test_from_the_end_a_last_line_that_is_not_ended_is_given_whole(path: Path) -> None:
    path.write_bytes(b"a\nb\npart")
    follower = Follower(path, start="end")
    assert follower.look() == [Opened, b"part"]
    follower.source.close()


def test_from_the_end_files_that_come_later_are_read_from_their_start(path: Path) -> None:
    path.write_bytes(b"a\n")
    follower = Follower(path, start="end")
    path.rename(path.with_name("app.log.1"))
    path.write_bytes(b"b\n")
    assert follower.look() == [Opened, Rotated, b"b\n"]
    follower.source.close()


def test_a_fault_is_told_once_and_reading_goes_on_when_it_is_gone(
    path: Path, follower: Follower
) -> None:
    follower.look()
    path.rename(path.with_name("app.log.1"))
    path.mkdir()
    assert follower.look() == [Failed]
    assert follower.look() == []
    path.rmdir()
    path.write_bytes(b"two\n")
    assert follower.look() == [Rotated, b"two\n"]


def test_closed_twice_it_ends(follower: Follower) -> None:
    follower.look()
    follower.source.close()
    follower.source.close()
    assert list(follower.source) == []


def test_the_progress_can_be_told(path: Path, follower: Follower) -> None:
    follower.look()
    append(path, b"two\n")
    assert (follower.source.size, follower.source.read_bytes) == (8, 4)
    assert follower.source.modified is not None


def test_before_it_is_open_nothing_is_known_of_a_file(path: Path) -> None:
    source = FileSource(str(path), follow=True)
    assert (source.size, source.read_bytes, source.modified) == (None, 0, None)
