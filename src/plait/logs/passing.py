"""Bytes of one source in, the same out in batches, for output that nobody looks into."""

from array import array
from typing import Final

from plait.logs.batch import Batch
from plait.logs.chunk import Chunk
from plait.logs.decode import Decoder

_ONE: Final = array("q", [0])


class Passing:
    """What takes the place of an `Assembler` where bytes are to be written on as they are.

    A batch is a piece of the source, wherever a chunk was cut, and stands as one record without
    a time. So nothing of another source may come in between.

    1. The batches hold every byte of the source in its order (in UTF-8), and a newline more where
       the last line had none or where a line over `limit` bytes was cut.
    """

    floor: Final = None
    partial: Final = 0
    pending: Final = False
    suspects: Final = 0

    def __init__(self, source: str, *, limit: int) -> None:
        self.default = 0
        self.pieces = 0
        self._sources: Final = (source,)
        self._limit: Final = limit
        self._decoder = Decoder()
        self._run = 0  # bytes since the last newline

    def feed(self, chunk: Chunk, present: int | None = None) -> list[Batch]:
        """These bytes."""
        return self._pass(self._decoder.feed(chunk.data))

    def flush(self, present: int | None = None) -> list[Batch]:
        """Nothing: nothing is held back."""
        return []

    def end(self, present: int | None = None) -> list[Batch]:
        """What ends the last line, if it has no newline; then a new incarnation."""
        out = self._pass(self._decoder.end())
        if self._run:
            out += self._pass(b"\n")
        self._decoder = Decoder()
        return out

    def _pass(self, data: bytes) -> list[Batch]:
        """All of this, in portions of at most the limit."""
        if len(data) <= self._limit:
            return self._portion(data)
        portions = range(0, len(data), self._limit)
        return [batch for at in portions for batch in self._portion(data[at : at + self._limit])]

    def _portion(self, data: bytes) -> list[Batch]:
        """All of this, with a newline where the line that it goes on with grows too long."""
        out: list[Batch] = []
        while data:
            first = data.find(b"\n")
            room = self._limit - self._run
            if (len(data) if first < 0 else first) <= room:
                last = data.rfind(b"\n")
                self._run = len(data) - last - 1 if last >= 0 else self._run + len(data)
                out.append(self._batch(data))
                break
            out.append(self._batch(data[:room] + b"\n"))
            self.pieces += 1
            self._run = 0
            data = data[room:]
        return out

    def _batch(self, data: bytes) -> Batch:
        return Batch(data, array("q", [0, len(data)]), _ONE, _ONE, b"\0", self._sources)
