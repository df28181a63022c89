import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from plait.errors import MissingExtra, SourceError
from plait.events import CaughtUp, Failed
from plait.logs.chunk import Chunk
from plait.sources.compressed import kind_of
from plait.sources.file import FileSource

TEXT = b"".join(b"2024-01-31 10:00:00 line %d\n" % number for number in range(20_000))

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "zst unsized": zstandard.ZstdCompressor(write_content_size=False).compress,
}


def content(source: FileSource) -> bytes:
    return b"".join(item.data for item in source if isinstance(item, Chunk))


def content_and_error(source: FileSource) -> tuple[bytes, SourceError]:
    data = b""
    try:
        for item in source:
            data += item.data if isinstance(item, Chunk) else b""
    except SourceError as error:
        return data, error
    raise AssertionError("no error")


@pytest.fixture(params=sorted(PACK))
def pack(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    return PACK[str(request.param)]


def test_a_compressed_file_is_read_as_what_it_holds_whatever_its_name(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(pack(TEXT))
    assert content(FileSource(str(path), block=1000)) == TEXT


def test_members_one_after_another_and_zeros_behind_them_are_read_as_one(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(pack(TEXT) + pack(b"") + pack(b"more\n") + b"\0" * 512)
    assert content(FileSource(str(path))) == TEXT + b"more\n"


def test_what_can_be_decoded_of_a_cut_file_comes_before_the_error(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "app.log"
    whole = pack(b"first\n") + pack(TEXT)
    path.write_bytes(whole[:-5])
    data, error = content_and_error(FileSource(str(path), block=500))
    assert (b"first\n" + TEXT).startswith(data)
    assert data.startswith(b"first\n")
    assert error.problem.startswith("ends early")


def test_what_can_be_decoded_of_a_corrupt_file_comes_before_the_error(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(pack(b"first\n") + b"this is not compressed" * 9)
    data, error = content_and_error(FileSource(str(path)))
    assert data == b"first\n"
    assert "compressed data" in error.problem


def test_a_bomb_is_given_in_pieces(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "app.log"
    size = 32 * 1024 * 1024
    path.write_bytes(pack(b"\0" * size))
    pieces = [len(item.data) for item in FileSource(str(path)) if isinstance(item, Chunk)]
    assert sum(pieces) == size
    assert max(pieces) <= 512 * 1024 + 128 * 1024


def test_tokens_count_the_bytes_given_and_read_bytes_those_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(gzip.compress(TEXT))
    source = FileSource(str(path), block=1000)
    offsets = []
    for item in source:
        if isinstance(item, Chunk) and isinstance(item.token, tuple):
            offsets.append(item.token[2])
            assert 0 < source.read_bytes <= path.stat().st_size
    assert offsets == list(range(0, len(TEXT), 1000))


def test_a_frame_that_holds_nothing_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    skippable = b"\x50\x2a\x4d\x18" + (7).to_bytes(4, "little") + b"\xff" * 7
    path.write_bytes(PACK["zst"](TEXT) + skippable + PACK["zst"](b"end\n"))
    assert content(FileSource(str(path))) == TEXT + b"end\n"


def test_without_the_package_zst_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "app.log.zst"
    path.write_bytes(PACK["zst"](TEXT))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtra, match=r"app\.log\.zst needs zstandard.*plait\[zstd\]"):
        list(FileSource(str(path)))


def test_followed_a_compressed_file_is_read_once_and_then_caught_up(tmp_path: Path) -> None:
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(b"one\n"))
    source = FileSource(str(path), follow=True)
    items = [next(source) for _ in range(5)]
    source.close()
    assert [item.data for item in items if isinstance(item, Chunk)] == [b"one\n"]
    assert all(isinstance(item, CaughtUp) for item in items[2:])


def test_followed_a_compressed_file_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "app.log.gz"
    packed = gzip.compress(TEXT)
    now = 0.0
    source = FileSource(str(path), follow=True, clock=lambda: now)
    with path.open("wb", buffering=0) as writer:
        writer.write(packed[:-20])
        data = b""
        while not isinstance(item := next(source), CaughtUp):
            assert not isinstance(item, Failed)
            data += item.data if isinstance(item, Chunk) else b""
        writer.write(packed[-20:])
    while not isinstance(item := next(source), CaughtUp):
        data += item.data if isinstance(item, Chunk) else b""
    source.close()
    assert data == TEXT


def test_text_that_only_begins_like_bz2_is_text() -> None:
    assert kind_of(b"BZh is how this line begins\n") is None
