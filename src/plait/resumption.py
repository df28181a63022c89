"""A bookmark and how its file begins in, a source that goes on there out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plait.logs.assemble import Assembler
from plait.logs.bookmark import Bookmark
from plait.logs.decode import Decoder
from plait.logs.times import Stamper

_HELD: Final = 96


class Skipper:
    """The bytes of an incarnation from its start in, its text after a bookmark out, in UTF-8."""

    def __init__(self, skip: int) -> None:
        self._decoder: Final = Decoder()
        self._skip = skip
        # What is held for a decision was decided by less before: so much text of 64 bytes.
        self._early = skip < _HELD

    def feed(self, data: bytes) -> bytes:
        """What of this comes after the bookmark."""
        text = self._decoder.feed(data)
        if self._decoder.held and self._early:
            text += self._decoder.settle()
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        return text[skipped:]


@dataclass(frozen=True, slots=True)
class Resumption:
    """How reading goes on at `bookmark`.

    `begin` gives how the content of its incarnation begins, once the first chunk was read; b""
    where that is gone, so that another one is read from its start. `whole` says that the
    incarnation comes from its start again.
    """

    bookmark: Bookmark
    begin: Callable[[], bytes] = bytes
    whole: bool = False

    @property
    def skipper(self) -> Skipper | None:
        """What takes out that which has left already, where it comes again."""
        return Skipper(self.bookmark.at) if self.whole and self.bookmark.at else None

    def apply(self, stamper: Stamper, assembler: Assembler) -> None:
        """Bring what finds times and records to where they were."""
        if self.bookmark.time is not None:
            stamper.resume(self.bookmark.time)
        sample = b""
        if self.bookmark.at:
            decoder = Decoder()
            sample = decoder.feed(self.begin()) + decoder.end()
        assembler.resume(self.bookmark, sample)
