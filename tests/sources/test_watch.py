"""What the system tells of a folder comes out once, and draining it ends."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plait.sources import watch
from plait.sources.watch import Inotify, Notice


@pytest.fixture
def inotify() -> Iterator[Inotify]:
    made = Inotify()
    yield made
    made.close()


def test_a_drain_tells_equal_notices_once(inotify: Inotify, tmp_path: Path) -> None:
    number = inotify.add(str(tmp_path), watch.MODIFY)
    with (tmp_path / "a").open("ab", 0) as a, (tmp_path / "b").open("ab", 0) as b:
        for _ in range(10):
            a.write(b"x")
            b.write(b"x")
    told = list(inotify.drain())
    assert told == [Notice(number, watch.MODIFY, "a"), Notice(number, watch.MODIFY, "b")]


def test_what_happens_again_is_told_by_the_next_drain(inotify: Inotify, tmp_path: Path) -> None:
    inotify.add(str(tmp_path), watch.MODIFY)
    path = tmp_path / "a"
    for _ in range(2):
        path.write_bytes(b"x")
        assert [notice.name for notice in inotify.drain()] == ["a"]


def test_a_drain_that_takes_several_reads_tells_all_of_them(
    inotify: Inotify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_BUFFER", 64)
    inotify.add(str(tmp_path), watch.CREATE)
    names = [f"file-{number}" for number in range(50)]
    for name in names:
        (tmp_path / name).touch()
    assert [notice.name for notice in inotify.drain()] == names


def test_a_drain_ends_though_more_happens_all_the_time(
    inotify: Inotify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_BUFFER", 64)
    inotify.add(str(tmp_path), watch.CREATE)
    count = 0

    def create() -> None:
        nonlocal count
        (tmp_path / f"file-{count}").touch()
        count += 1

    read = os.read

    def read_and_create(fd: int, size: int) -> bytes:
        create()
        create()
        assert count < 1000, "it never ends"
        return read(fd, size)

    for _ in range(20):
        create()
    monkeypatch.setattr(os, "read", read_and_create)
    told = [notice.name for notice in inotify.drain()]
    assert told[:20] == [f"file-{number}" for number in range(20)]
