"""Bytes of one source in whatever Unicode form in, the same text in UTF-8 out.

UTF-8, and anything that is not Unicode at all, passes unchanged but for a byte order mark.
UTF-16 and UTF-32 are known by their byte order mark; UTF-16 without one by its zero bytes.
"""

import codecs
from typing import Final

# Enough of the start to tell UTF-16 without a mark from text that happens to hold a NUL.
_HEAD: Final = 64
_MARKS: Final = (
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Decoder:
    """Turn one incarnation of a source into UTF-8, whatever its read sizes.

    The first 64 bytes are held until they are all here (or `settle` is called), because they
    decide; from then on nothing is held but an incomplete UTF-16 unit.
    """

    __slots__ = ("_decode", "_head", "encoding")

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self._decode: codecs.IncrementalDecoder | None = None
        #: What the source is written in, or None for bytes that pass unchanged.
        self.encoding: str | None = None

    def feed(self, data: bytes) -> bytes:
        """The UTF-8 for as much as can be told so far."""
        if self._head is None:
            return data if self._decode is None else self._to_utf8(data, final=False)
        self._head += data
        return self.settle() if len(self._head) >= _HEAD else b""

    def decide_plain(self) -> None:
        """Take what comes for UTF-8, as it is in the middle of an incarnation."""
        self._head = None

    @property
    def held(self) -> int:
        """The bytes that wait for the decision."""
        return len(self._head) if self._head else 0

    def settle(self) -> bytes:
        """Decide by what is here, and give what was held."""
        head, self._head = self._head, None
        if not head:
            self._head = head  # nothing seen: nothing to decide by
            return b""
        mark, self.encoding = recognise(head)
        if self.encoding is None:
            return head[mark:]
        self._decode = codecs.getincrementaldecoder(self.encoding)("replace")
        return self._to_utf8(head[mark:], final=False)

    def end(self) -> bytes:
        """What is left at the end; an incomplete unit becomes U+FFFD."""
        rest = self.settle() if self._head else b""
        return rest if self._decode is None else rest + self._to_utf8(b"", final=True)

    def _to_utf8(self, data: bytes, *, final: bool) -> bytes:
        assert self._decode is not None
        return self._decode.decode(data, final).encode("utf-8", "surrogatepass")


def recognise(head: bytes) -> tuple[int, str | None]:
    """The length of the byte order mark, and the encoding unless it is UTF-8 or unknown."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return len(mark), encoding
    # Text of any alphabet in UTF-16 has ASCII spaces, digits and line ends; a log starts with
    # a stamp. So nearly all units of the head have one zero byte, always on the same side.
    even, odd = head[0:_HEAD:2], head[1:_HEAD:2]
    if len(odd) >= 8 and odd.count(0) * 4 >= len(odd) * 3 and not even.count(0):
        return 0, "utf-16-le"
    if len(odd) >= 8 and even.count(0) * 4 >= len(even) * 3 and not odd.count(0):
        return 0, "utf-16-be"
    return 0, None
