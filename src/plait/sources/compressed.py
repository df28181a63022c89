"""Compressed bytes in (gz, bz2, xz, zst), what they hold out, in bounded memory."""

import contextlib
import os
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from plait.errors import MissingExtra

if TYPE_CHECKING:
    import bz2
    import lzma

#: Compressed bytes are taken in portions of this size, or a quarter of what is asked for: small
#: beside what they may become.
PORTION = 64 * 1024
#: More than `xz -9` needs (65 MB); a file that demands more would not leave memory for others.
_XZ_MEMORY = 256 * 1024 * 1024


CUT_SHORT = ("ends early: the compressed data is not complete", "is it damaged, or still written?")


class CorruptDataError(Exception):
    """The compressed bytes do not follow their format; the text says how."""


class _Member(Protocol):
    """One member or frame; `give` returns at most `limit` bytes where its format allows that."""

    ended: bool
    rest: bytes

    def give(self, data: bytes, limit: int) -> bytes: ...


def kind_of(head: bytes) -> str | None:
    """Which compression the first bytes of a file speak of: "gz", "bz2", "xz", "zst" or None."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bz2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zst"
    return None


class Expander:
    """What a compressed file holds, piece by piece.

    1. No piece is longer than `limit` (a zst block may add up to 128 KiB).
    2. `between` is true exactly when the bytes taken so far are whole members.
    """

    __slots__ = ("_input", "_make", "_member", "_read")

    def __init__(self, name: str, kind: str, read: Callable[[int], bytes]) -> None:
        self._make = _maker(name, kind)
        self._read = read
        self._input = b""
        self._member: _Member | None = None

    @property
    def between(self) -> bool:
        """Whether the compressed bytes may end here."""
        return self._member is None and not self._input

    def piece(self, limit: int) -> bytes:
        """The next bytes, or b"" when `read` has nothing (now); raises `CorruptDataError`."""
        while True:
            if self._member is None and not self._begin():
                return b""
            if data := self._step(limit):
                return data
            if self._member is not None and not self._input:
                self._input = self._read(max(PORTION, limit // 4))
                if not self._input:
                    return b""

    def _begin(self) -> bool:
        # Members may be followed by zeros (xz pads streams, tapes pad files); no member begins so.
        while not (data := self._input.lstrip(b"\0")) and (data := self._read(PORTION)):
            self._input = data
        self._input = data
        if data:
            self._member = self._make()
        return bool(data)

    def _step(self, limit: int) -> bytes:
        member = self._member
        assert member is not None
        try:
            data = member.give(self._input, limit)
        except (zlib.error, OSError, _lzma_error(), EOFError, ValueError) as error:
            raise CorruptDataError(f"not readable as compressed data: {error}") from error
        self._input = b""
        if member.ended:
            self._input, self._member = member.rest, None
        return data


def begin_of(fd: int, kind: str, length: int) -> bytes:
    """How the content of an open compressed file begins, as far as that can be told."""
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        data = os.pread(fd, size, at)
        at += len(data)
        return data

    begin = b""
    with contextlib.suppress(CorruptDataError, MissingExtra):
        expander = Expander("", kind, read)
        while len(begin) < length and (piece := expander.piece(length)):
            begin += piece
    return begin


class _Gzip:
    """One gzip member; its decoder hands back what it did not take when the limit is reached."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self._kept = b""
        self.ended = False
        self.rest = b""

    def give(self, data: bytes, limit: int) -> bytes:
        out = self._decoder.decompress(self._kept + data, limit)
        self._kept = self._decoder.unconsumed_tail
        self.ended, self.rest = self._decoder.eof, self._decoder.unused_data
        return out


class _Buffered:
    """One bz2 stream or xz stream; its decoder keeps what it did not take."""

    def __init__(self, decoder: "bz2.BZ2Decompressor | lzma.LZMADecompressor") -> None:
        self._decoder = decoder
        self.ended = False
        self.rest = b""

    def give(self, data: bytes, limit: int) -> bytes:
        out = self._decoder.decompress(data, limit)
        self.ended = self._decoder.eof
        self.rest = self._decoder.unused_data if self.ended else b""
        return out


class _Zstd:
    """One zstd frame, given to its decoder block by block: a block holds at most 128 KiB.

    The package's decoder has no limit of its own on what one call returns.
    """

    def __init__(self, package: Any) -> None:  # an optional package without types of its own
        self._error = package.ZstdError
        self._decoder = package.ZstdDecompressor().decompressobj()
        self._kept = bytearray()
        self._begun = False
        self._checked = False
        self.ended = False
        self.rest = b""

    def give(self, data: bytes, limit: int) -> bytes:
        self._kept += data
        if not self._begun and self._kept[1:4] == b"\x2a\x4d\x18":
            return self._skip()
        out: list[bytes] = []
        while limit > 0 and not self.ended and (length := self._length()) is not None:
            if len(self._kept) < length:
                break
            out.append(self._decode(length))
            limit -= len(out[-1])
        return b"".join(out)

    def _skip(self) -> bytes:
        """A frame that holds no data, only something for other programs (pzstd writes them)."""
        end = 8 + int.from_bytes(self._kept[4:8], "little")
        if len(self._kept) >= max(end, 8):
            self.ended, self.rest = True, bytes(self._kept[end:])
        return b""

    def _decode(self, length: int) -> bytes:
        part = bytes(self._kept[:length])
        del self._kept[:length]
        try:
            data: bytes = self._decoder.decompress(part)
        except self._error as error:
            raise CorruptDataError(f"not readable as compressed data: {error}") from error
        if self._decoder.eof:
            self.ended, self.rest = True, bytes(self._kept)
        return data

    def _length(self) -> int | None:
        """How many bytes the next part has: the header, or one block; None if not yet known."""
        kept = self._kept
        if not self._begun:
            if len(kept) < 5:
                return None
            self._begun, self._checked = True, bool(kept[4] & 4)
            single = kept[4] >> 5 & 1
            fields = (single, 2, 4, 8)[kept[4] >> 6] + (0, 1, 2, 4)[kept[4] & 3]
            return 5 + (1 - single) + fields
        if len(kept) < 3:
            return None
        header = int.from_bytes(kept[:3], "little")
        body = 1 if header >> 1 & 3 == 1 else header >> 3
        return 3 + body + (4 if header & 1 and self._checked else 0)


def _lzma_error() -> type[Exception]:
    from lzma import LZMAError

    return LZMAError


def _maker(name: str, kind: str) -> Callable[[], _Member]:
    if kind == "gz":
        return _Gzip
    if kind == "bz2":
        import bz2

        return lambda: _Buffered(bz2.BZ2Decompressor())
    if kind == "xz":
        import lzma

        return lambda: _Buffered(lzma.LZMADecompressor(memlimit=_XZ_MEMORY))
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtra(name, "zstandard", "zstd") from error
    return lambda: _Zstd(zstandard)
