"""Which file is which: real files that are rotated, replaced and packed between two looks."""

import errno
import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from plait.events import Failed, Noted, Opened, Rotated, Truncated
from plait.sources.folders import Folder, Folders
from plait.sources.incarnation import Incarnation
from tests.sources.test_file import Follower, append
from tests.sources.test_files import Group

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def follower(path: Path) -> Iterator[Follower]:
    path.write_bytes(b"one\n")
    made = Follower(path)
    yield made
    made.source.close()


def rotated(path: Path, number: int = 1) -> Path:
    return path.with_name(f"{path.name}.{number}")


# The fingerprint.


def test_a_file_of_one_byte_is_read_and_told_from_another(path: Path) -> None:
    path.write_bytes(b"a")
    follower = Follower(path)
    assert follower.look() == [Opened, b"a"]
    append(path, b"b")
    assert follower.look() == [b"b"]
    path.write_bytes(b"X")
    assert follower.look() == [Truncated, b"X"]
    path.write_bytes(b"Y")  # as long as before
    assert follower.look() == [Truncated, b"Y"]
    follower.source.close()


def test_a_file_written_anew_to_the_same_size_or_more_is_told_while_it_grows(path: Path) -> None:
    path.write_bytes(b"0\n")
    follower = Follower(path)
    follower.look()
    for size in 1, 10, 500, 1023, 1024, 5000:
        whole = b"%d\n" % size * size
        path.write_bytes(whole)
        assert follower.look() == [Truncated, whole]
        append(path, b"more\n")
        assert follower.look() == [b"more\n"]
        path.write_bytes(b"!" + whole[1:] + b"more\n")
        assert follower.look() == [Truncated, b"!" + whole[1:] + b"more\n"]
    follower.source.close()


def test_an_inode_given_to_another_file_is_not_taken_for_the_old_one(
    path: Path, follower: Follower
) -> None:
    follower.look()
    old = path.stat().st_ino
    path.rename(rotated(path))
    path.write_bytes(b"two\n")
    follower.look()  # lets go of the first file
    rotated(path).unlink()
    path.rename(rotated(path))
    spare: list[Path] = []
    while not path.exists() or path.stat().st_ino != old:  # the system gives it out again, mostly
        if len(spare) == 200:
            pytest.skip("this file system does not use inodes again")
        if path.exists():
            spare.append(path.rename(path.with_name(f"spare{len(spare)}")))
        path.write_bytes(b"three\n")
    assert follower.look() == [Rotated, b"three\n"]


# Rotated more than once, and packed.


def test_a_cascade_between_two_looks_is_read_in_its_order(path: Path, follower: Follower) -> None:
    follower.look()
    for turn in range(1, 6):
        append(path, b"last of %d\n" % turn)
        for number in range(turn, 1, -1):
            rotated(path, number - 1).rename(rotated(path, number))
        path.rename(rotated(path))
        path.write_bytes(b"first of %d\n" % (turn + 1))
    assert [item for item in follower.look() if isinstance(item, bytes)] == [
        b"last of 1\n",
        *(b"first of %d\nlast of %d\n" % (turn, turn) for turn in range(2, 6)),
        b"first of 6\n",
    ]


@pytest.mark.parametrize("kind", PACK)
def test_what_was_unread_before_a_file_was_packed_is_read_and_nothing_twice(
    path: Path, follower: Follower, kind: str
) -> None:
    follower.look()
    append(path, b"unread\n")
    packed = path.with_name(f"app.log.1.{kind}")
    packed.write_bytes(PACK[kind](path.read_bytes()))
    path.unlink()
    path.write_bytes(b"two\n")
    assert follower.look() == [b"unread\n", Rotated, b"two\n"]
    packed.rename(path.with_name(f"app.log.2.{kind}"))
    path.rename(rotated(path))
    path.write_bytes(b"three\n")
    assert follower.look() == [Rotated, b"three\n"]


# Between two steps of ours.


def test_what_is_appended_between_the_opening_and_the_first_read_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"one\n")
    opened = Incarnation.__init__

    def and_then(self: Incarnation, *words: object) -> None:
        opened(self, *words)  # type: ignore[arg-type]  # as they came
        if self.inode == path.stat().st_ino:
            append(path, b"more\n")

    monkeypatch.setattr(Incarnation, "__init__", and_then)
    made = Group(path)
    assert made.read == {"app.log": b"one\nmore\n"}
    made.files.close()


@pytest.mark.parametrize("gap", ["before the watch", "after the watch", "after the opening"])
def test_a_file_replaced_while_we_begin_is_read_and_so_is_the_new_one(
    path: Path, gap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"one\n")

    def replace() -> None:
        if not rotated(path).exists():
            path.rename(rotated(path))
            path.write_bytes(b"two\n")

    opened, attach = Incarnation.__init__, Folders._attach

    def and_then(self: Incarnation, *words: object) -> None:
        opened(self, *words)  # type: ignore[arg-type]  # as they came
        if gap == "after the opening":
            replace()

    def around(self: Folders[object], folder: Folder[object]) -> None:
        if gap == "before the watch":
            replace()
        attach(self, folder)
        if gap == "after the watch":
            replace()

    monkeypatch.setattr(Incarnation, "__init__", and_then)
    monkeypatch.setattr(Folders, "_attach", around)
    made = Group(path)
    made.look()
    assert made.read == {"app.log": b"one\ntwo\n"}
    append(path, b"more\n")
    made.look()
    assert made.read == {"app.log": b"one\ntwo\nmore\n"}
    made.files.close()


def test_files_that_come_and_go_before_they_are_looked_at_are_no_fault(tmp_path: Path) -> None:
    made = Group(tmp_path / "*.log")
    told = len(made.told)
    for number in range(100):
        brief = tmp_path / f"{number}.log"
        brief.write_bytes(b"gone\n")
        brief.unlink()
    (tmp_path / "stays.log").write_bytes(b"here\n")
    made.look()
    assert made.read == {"stays.log": b"here\n"}
    assert made.told[told:] == []
    made.files.close()


def test_a_file_that_goes_between_being_found_and_opened_is_waited_for(
    path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.look()
    path.rename(rotated(path))
    path.write_bytes(b"brief\n")
    opened = Incarnation.__init__

    def gone(self: Incarnation, *words: object) -> None:
        path.unlink(missing_ok=True)
        opened(self, *words)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Incarnation, "__init__", gone)
    assert Failed not in follower.look()
    monkeypatch.setattr(Incarnation, "__init__", opened)
    path.write_bytes(b"two\n")
    follower.now += 60
    assert b"two\n" in follower.look()


# Faults of reading.


def test_a_read_error_is_told_once_and_what_follows_it_is_read_when_it_is_gone(
    path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.look()
    append(path, b"two\n")
    read = os.pread

    def broken(fd: int, size: int, at: int) -> bytes:
        if at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(fd, size, at)

    monkeypatch.setattr(os, "pread", broken)
    assert follower.look() == [Failed]
    assert follower.look() == []
    monkeypatch.setattr(os, "pread", read)
    assert follower.look() == [b"two\n"]


def test_without_descriptors_left_files_are_opened_by_turns_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (tmp_path / f"{number}.log").write_bytes(b"%d\n" % number)
    really, before = os.open, len(os.listdir("/proc/self/fd"))

    def few(path: str, flags: int, mode: int = 0o777) -> int:
        if len(os.listdir("/proc/self/fd")) > before + 30:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return really(path, flags, mode)

    monkeypatch.setattr(os, "open", few)
    made = Group(tmp_path / "*.log")
    for number in range(40):
        append(tmp_path / f"{number}.log", b"more\n")
    made.look()
    assert made.read == {f"{number}.log": b"%d\nmore\n" % number for number in range(40)}
    assert [type(event) for event in made.told] == [Noted]
    made.files.close()
