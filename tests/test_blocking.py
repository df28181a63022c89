"""`plait.merge` for blocking code."""

import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import plait
from plait.errors import LoopClosed, UsageError
from plait.logs.batch import Batch


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_text("2026-03-01T10:00:00Z one\n2026-03-01T10:00:02Z three\n")
    return path


def test_records_of_files_come_in_order(log: Path) -> None:
    assert [record.text[-5:] for record in plait.merge(log)] == ["Z one", "three"]


def test_any_iterable_of_bytes_of_either_colour_is_a_source(log: Path) -> None:
    def blocking() -> Iterator[bytes]:
        yield b"2026-03-01T10:00:0"
        yield b"1Z two\n"

    async def asynchronous() -> AsyncIterator[bytes]:
        yield b"2026-03-01T10:00:03Z four\n"

    merged = plait.merge(log, blocking(), asynchronous())
    found = [(record.source[:5], record.text.split()[1]) for record in merged]
    assert found == [
        (str(log)[:5], "one"), ("block", "two"), (str(log)[:5], "three"), ("async", "four"),
    ]  # fmt: skip
    assert merged.stats.records == 4


def test_functions_of_either_colour_are_sinks(log: Path) -> None:
    got: list[str] = []

    def plain(batch: Batch) -> None:
        got.extend(record.text[-5:] for record in batch)

    async def coroutine(batch: Batch) -> None:
        plain(batch)

    plait.merge(log).write_to(plain)
    plait.merge(log).write_to(coroutine)
    plait.merge(log, iter([b""])).write_to(plain, coroutine)
    assert got == ["Z one", "three"] * 2 + ["Z one", "three"] * 2


def test_a_merge_is_iterated_once(log: Path) -> None:
    merged = plait.merge(log)
    list(merged)
    with pytest.raises(UsageError, match="iterated once"):
        list(merged)


def test_leaving_early_closes_the_sources(log: Path) -> None:
    closed = threading.Event()

    def blocking() -> Iterator[bytes]:
        try:
            while True:
                yield b"2026-03-01T10:00:01Z two\n"
        finally:
            closed.set()

    for _ in plait.merge(log, blocking()):
        break
    assert closed.wait(10)


def test_stop_ends_a_live_merge_from_another_thread(log: Path) -> None:
    texts = []
    with plait.merge(log, live=True, lateness=0.05) as merged:
        for record in merged:
            texts.append(record.text)
            if len(texts) == 2:
                threading.Thread(target=merged.stop).start()
    assert len(texts) == 2


def test_a_loop_that_is_gone_is_a_named_error() -> None:
    from plait.bridge import LoopThread

    async def nothing() -> None: ...

    with LoopThread() as loop:
        pass
    with pytest.raises(LoopClosed):
        loop.call(nothing)
