"""Blocks made ahead by a crew of threads, and the invariants of `Ahead`."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

import plait
from plait.errors import SourceError
from plait.logs.chunk import Chunk
from plait.sources import ahead, incarnation
from plait.sources.ahead import Ahead
from plait.sources.file import FileSource


def crew() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "plait decoder"]


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    yield
    assert crew() == []


class Blocks:
    """Makes numbered blocks, and knows who made how many; stops after `free` until let on."""

    def __init__(self, count: int, free: int = 1000) -> None:
        self.made = 0
        self.threads: set[int] = set()
        self.stopped = threading.Event()
        self.gate = threading.Event()
        self._free = free
        self._left = count
        self._turn = threading.Lock()

    def __call__(self) -> bytes:
        assert self._turn.acquire(blocking=False), "two at once"
        try:
            self.threads.add(threading.get_ident())
            if self.made >= self._free:
                self.stopped.set()
                self.gate.wait()
            if not self._left:
                return b""
            self._left -= 1
            self.made += 1
            return b"%d" % self.made
        finally:
            self._turn.release()


def rested(blocks: Ahead) -> None:
    """Wait until nobody makes more of them."""
    changed = blocks._crew.changed
    with changed:
        assert changed.wait_for(lambda: blocks._state is ahead._State.RESTING, 60)


def test_the_blocks_come_in_order_and_then_nothing() -> None:
    with closing(Ahead(Blocks(100))) as blocks:
        assert [blocks.take(9) for _ in range(102)] == [
            *(b"%d" % number for number in range(1, 101)), b"", b"",
        ]  # fmt: skip


def test_a_block_goes_out_in_parts_within_the_limit() -> None:
    left = [b"", b"six", b"four five", b"one two three"]
    with closing(Ahead(left.pop)) as blocks:
        parts = [blocks.take(4) for _ in range(9)]
    assert parts == [b"one ", b"two ", b"thre", b"e", b"four", b" fiv", b"e", b"six", b""]


def test_they_are_made_by_another_thread() -> None:
    make = Blocks(100)
    with closing(Ahead(make)) as blocks:
        while blocks.take(9):
            rested(blocks)
    assert len(make.threads - {threading.get_ident()}) >= 1


def test_a_file_that_is_only_opened_makes_nothing_ahead() -> None:
    make = Blocks(100)
    with closing(Ahead(make)) as blocks:
        blocks.take(9)
        assert (make.made, crew()) == (1, [])


def test_no_more_wait_than_the_depth() -> None:
    make = Blocks(100)
    with closing(Ahead(make)) as blocks:
        for taken in range(2, 20):
            while make.made < taken or len(blocks._made) < ahead._DEPTH:
                blocks.take(9)
                rested(blocks)
            assert len(blocks._made) <= ahead._DEPTH


def test_many_files_have_no_more_threads_than_cores_and_wait_within_the_stock() -> None:
    makes = [Blocks(20) for _ in range(50)]
    files = [Ahead(make) for make in makes]
    try:
        for number in range(1, 21):
            assert [file.take(9) for file in files] == [b"%d" % number] * 50
            assert len(crew()) <= (os.cpu_count() or 1)
            # Each that is at work may add one more.
            assert files[0]._crew.stock <= ahead._STOCK + (os.cpu_count() or 1)
        assert [file.take(9) for file in files] == [b""] * 50
    finally:
        for file in files:
            file.close()
    assert files[0]._crew.stock == 0


def test_a_reader_makes_its_blocks_itself_where_all_threads_are_busy() -> None:
    busy = [Blocks(9, free=2) for _ in range(os.cpu_count() or 1)]
    files = [Ahead(make) for make in busy]
    make = Blocks(9)
    mine = Ahead(make)
    try:
        for each, its in zip(files, busy, strict=True):
            each.take(9)
            each.take(9)
            assert its.stopped.wait(60)
        assert [mine.take(9) for _ in range(9)] == [b"%d" % number for number in range(1, 10)]
        assert make.threads == {threading.get_ident()}
    finally:
        for its in busy:
            its.gate.set()
        for each in (*files, mine):
            each.close()


def test_an_error_comes_in_its_place_and_again() -> None:
    def make() -> bytes:
        if len(given) == 5:
            raise OSError("broken")
        given.append(0)
        return b"block"

    given: list[int] = []
    with closing(Ahead(make)) as blocks:
        assert [blocks.take(9) for _ in range(5)] == [b"block"] * 5
        for _ in range(2):
            with pytest.raises(OSError, match="broken"):
                blocks.take(9)


def test_closing_waits_for_the_block_that_is_being_made() -> None:
    make = Blocks(9, free=2)
    blocks = Ahead(make)
    blocks.take(9)
    blocks.take(9)
    assert make.stopped.wait(60)
    closer = threading.Thread(target=blocks.close)
    closer.start()
    assert closer.is_alive()
    make.gate.set()
    closer.join()
    assert (make.made, crew()) == (3, [])


# Files.


@pytest.fixture
def text() -> bytes:
    random = Random(1)
    return b"".join(
        b"2026-03-01T10:00:00Z line %x\n" % random.getrandbits(200) for _ in range(100_000)
    )


@pytest.fixture
def packed(tmp_path: Path, text: bytes) -> Path:
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(text, 1))
    assert path.stat().st_size > 4 * incarnation._WORTH_A_THREAD
    return path


def pieces(source: FileSource, each: Callable[[], object] = lambda: None) -> Iterator[bytes]:
    for item in source:
        if isinstance(item, Chunk):
            each()
            yield item.data


def test_a_compressed_file_is_decoded_by_a_thread(packed: Path, text: bytes) -> None:
    seen: list[int] = []
    read = b"".join(pieces(FileSource(str(packed)), lambda: seen.append(len(crew()))))
    assert read == text
    assert max(seen) == 1


def test_a_small_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(b"line\n" * 1_000_000))
    seen: list[int] = []
    assert b"".join(pieces(FileSource(str(path)), lambda: seen.append(len(crew())))) == (
        b"line\n" * 1_000_000
    )
    assert set(seen) == {0}


@pytest.mark.parametrize(("at", "problem"), [(-4000, "ends early"), (2_000_000, "not readable")])
def test_what_is_damaged_is_told_after_what_could_be_decoded(
    packed: Path, text: bytes, at: int, problem: str
) -> None:
    data = bytearray(packed.read_bytes())
    packed.write_bytes(data[:at] if at < 0 else data[:at] + b"\xff" * 1000 + data[at + 1000 :])
    read: list[bytes] = []
    with pytest.raises(SourceError, match=problem):
        read.extend(pieces(FileSource(str(packed))))
    assert len(b"".join(read)) > 1_000_000
    assert text.startswith(b"".join(read)[:1_000_000])


def test_a_merge_that_is_left_early_leaves_no_thread(packed: Path) -> None:
    for count, _ in enumerate(plait.merge(packed, packed.parent / "app.log.gz")):
        if count == 70_000:
            break
    assert crew() == []


def test_a_child_process_decodes_with_threads_of_its_own(packed: Path) -> None:
    program = f"""
import os, warnings
from plait.logs.chunk import Chunk
from plait.sources.file import FileSource
warnings.simplefilter("ignore")  # of forking with threads: that is what is tried
def rest(source): return sum(len(item.data) for item in source if isinstance(item, Chunk))
ours = FileSource({str(packed)!r})
for _ in range(4): next(ours)
child = os.fork()
if not child:
    os._exit(0 if rest(FileSource({str(packed)!r})) > 6_000_000 else 1)
assert os.waitpid(child, 0)[1] == 0
assert rest(ours) > 0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_asyncio_is_not_imported_for_it(packed: Path) -> None:
    program = f"""
import sys, plait
for _ in plait.merge({str(packed)!r}).batches(): pass
assert "plait.sources.ahead" in sys.modules
assert "asyncio" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
