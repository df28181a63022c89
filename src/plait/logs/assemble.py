"""Bytes of one source in, batches out."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from plait.logs.batch import ADDED, PIECE, Batch, Position
from plait.logs.belief import LEAP, Belief, Columns
from plait.logs.chunk import Chunk
from plait.logs.decode import Decoder

if TYPE_CHECKING:
    from plait.logs.bookmark import Bookmark
    from plait.logs.stamps import Stamps

#: A longer record is cut into pieces.
LIMIT: Final = 16 * 2**20
# The start of an incarnation from which its time format is learned. Lines without a time are
# held for so long in the hope of the first stamp.
_SAMPLE: Final = 64 * 2**10
# Up to this size a copy costs less than a batch of its own.
_SMALL: Final = 16 * 2**10
# Live, a shorter sample is looked at whenever it has doubled, up to this size.
_LIVE_SAMPLE: Final = 8 * 2**10


class Assembler:
    """Cut the bytes of one source into records and find each record's time.

    A record is a line with a stamp and the lines without one that follow it (a traceback);
    before the first stamp of an incarnation, every line is a record.

    1. Neither chunk borders nor `feed` calls change the records; only `flush` does, which ends
       a record before its time and makes the format be learned from a shorter sample.
    2. The places of all batches together never go back.
    3. The batches hold every byte of the source in its order (in UTF-8), and a newline more
       where a last line had none or where a record over `limit` bytes was cut.
    4. No more is held than one record of at most `limit` bytes, the begin of another, one
       partial line of as much, and the sample of 64 KiB.
    """

    def __init__(self, source: str, stamps: "Stamps", *, default: int, limit: int = LIMIT) -> None:
        """`default` is the time, in ns, of records of an incarnation in which no stamp is found."""
        self.default = default
        self.pieces = 0
        self._sources = (source,)
        self._stamps = stamps
        self._belief = Belief()
        self._limit = limit
        self._present: int | None = None
        self._begin(carried=False)

    def _begin(self, *, carried: bool) -> None:
        """Make ready for an incarnation."""
        self._decoder = Decoder()
        self._sample = b""  # what was learned from, while more may be learned
        self._learned = 0  # how much of it was
        self._learning = True
        self._carried = carried  # what was learned from the incarnation before may still do
        self._held: list[bytes] = []  # whole lines before anything is learned
        self._tail: list[bytes] = []  # the parts of a line that has not ended
        self._tail_size = 0
        self._inside = False  # the tail goes on a line whose begin was cut off
        self._begun = b""  # lines that begin a record which is not scanned before it is whole
        self._open: list[bytes] = []  # the lines of the record that may still grow
        self._open_size = 0
        self._open_time: int | None = None  # its stamp
        self._stamped = False  # a stamp has been seen, so lines without one belong above
        self._at = 0  # bytes of this incarnation that have left
        self._fed = 0  # and that have come
        self._chunks: list[tuple[int, object]] = []  # (bytes before it, token) of chunks held

    def feed(self, chunk: Chunk, present: int | None = None) -> list[Batch]:
        """The records that are whole now that this chunk is here.

        `present`, live, is the time of arrival in ns: no stamp over a minute beyond it is
        believed. One record is held back, because a later line may still belong to it.
        """
        self._present = present
        self._chunks.append((self._fed + self._decoder.held, chunk.token))
        return self._take(self._decoder.feed(chunk.data))

    def flush(self, present: int | None = None) -> list[Batch]:
        """The record that is held back; a line or a record that has not ended stays."""
        self._present = present
        out = self._take(self._decoder.settle()) if self._decoder.held else []
        if self._held:
            out += self._learn(final=True)
        return out + self._close()

    def end(self, present: int | None = None) -> list[Batch]:
        """All that is left, a last line without its newline too; then a new incarnation."""
        self._present = present
        out = self._take(self._decoder.end())
        unended = self._tail_size > 0
        if unended:
            out += self._lines(b"\n")
        if self._held:
            out += self._learn(final=True)
        if self._begun:
            out += self._scan(b"", 0, 0, ended=True)
        out += self._close()
        if unended:
            out[-1] = out[-1].last_marked(ADDED)
        self._begin(carried=self._stamped)
        return out

    def resume(self, bookmark: "Bookmark", sample: bytes) -> None:
        """Go on after `bookmark`, before anything is fed.

        `sample` is how the incarnation begins where it was begun (then that and all that is to
        come is in UTF-8); it is empty before a new incarnation.
        """
        self._belief.time, self._belief.place = bookmark.time, bookmark.place
        if not sample:
            return
        self._decoder.decide_plain()
        self._stamped = bookmark.stamped
        if bookmark.inside:
            self._inside = True
            self._tail = [b""]
        sample = sample[:_SAMPLE]
        cut = sample.rfind(b"\n") + 1
        self._stamps.learn(sample[:cut] if cut else sample + b"\n")
        self._learned = len(sample)
        self._learning = self._learned < _LIVE_SAMPLE
        self._sample = sample[: bookmark.at] if self._learning else b""

    @property
    def suspects(self) -> int:
        """How many stamps were not believed so far."""
        return self._belief.suspects

    @property
    def floor(self) -> int | None:
        """The place below which nothing more will come, if any is known.

        The stamp of the record that is held back counts as long as no other stamp is needed to
        believe it.
        """
        place, stamp, present = self._belief.place, self._open_time, self._present
        if stamp is None or (present is not None and stamp > present + LEAP):
            return place
        if place is None:
            return stamp
        return place if stamp > place + LEAP else max(place, stamp)

    @property
    def partial(self) -> int:
        """The bytes of a last line that has not ended."""
        return self._tail_size

    @property
    def pending(self) -> bool:
        """Whether `flush` would give something."""
        return bool(self._held or self._open or self._decoder.held)

    # -- lines ---------------------------------------------------------------------------

    def _take(self, data: bytes) -> list[Batch]:
        """Take decoded bytes in portions of at most the limit."""
        self._fed += len(data)
        out: list[Batch] = []
        for begin in range(0, len(data), self._limit):
            out += self._lines(data[begin : begin + self._limit])
        return out

    def _lines(self, data: bytes) -> list[Batch]:
        """Cut off the last line where it has not ended, and take the others."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            if data:
                self._tail.append(data)
                self._tail_size += len(data)
            return self._cut_tail() if self._tail_size > self._limit else []
        out: list[Batch] = []
        first = 0
        if self._tail and not self._inside and self._tail_size + cut <= min(_SMALL, self._limit):
            data = b"".join([*self._tail, data])
            cut += self._tail_size
        elif self._tail:
            # The line that was begun goes on its own way, so that the others need no copy.
            first = data.find(b"\n") + 1
            self._tail.append(data[: first - 1])
            self._tail_size += first - 1
            if self._inside or self._tail_size > self._limit:
                out = self._cut_tail()
                out += self._continue(b"".join([*self._tail, b"\n"]))
                self._inside = False
            else:
                out = self._block(b"".join([*self._tail, b"\n"]))
        self._tail = [data[cut:]] if cut < len(data) else []
        self._tail_size = len(data) - cut
        return out + self._block(data, first, cut) if first < cut else out

    def _cut_tail(self) -> list[Batch]:
        """Cut a line that is too long at multiples of the limit, so that it can go on its way."""
        line = b"".join(self._tail)
        out: list[Batch] = []
        begin = 0
        while len(line) - begin > self._limit:
            piece = line[begin : begin + self._limit] + b"\n"
            out += self._continue(piece) if self._inside else self._block(piece)
            if self._held:
                out += self._learn(final=False)
            out += self._close()
            out[-1] = out[-1].last_marked(PIECE | ADDED)
            self._at -= 1  # this newline was not in the source
            self.pieces += 1
            self._inside = True
            begin += self._limit
        self._tail = [line[begin:]]
        self._tail_size = len(line) - begin
        return out

    def _continue(self, piece: bytes) -> list[Batch]:
        """Take a further piece of a line that was cut; it is not looked at for a stamp."""
        self._open = [piece]
        self._open_size = len(piece)
        self._open_time = None
        return [] if self._stamped else self._close()

    # -- learning ------------------------------------------------------------------------

    def _block(self, block: bytes, begin: int = 0, end: int | None = None) -> list[Batch]:
        """Take whole lines, once there are enough of them to know their time format."""
        if not self._learning:
            return self._scan(block, begin, len(block) if end is None else end)
        block = block[begin:end]
        self._held.append(block)
        if self._carried and self._stamps.scan(block)[0]:
            self._learning = False
            return self._learn(final=False)
        if self._learned == 0:
            full = sum(map(len, self._held)) >= _SAMPLE
            return self._learn(final=False) if full else []
        return self._learn(final=True)

    def _learn(self, *, final: bool) -> list[Batch]:
        """Learn from what is held, then scan it; `final` when no more is to be waited for."""
        block = b"".join(self._held)
        self._held.clear()
        if self._learning:
            self._sample += block[: _SAMPLE - len(self._sample)]
            if len(self._sample) >= 2 * self._learned:
                cut = self._sample.rfind(b"\n") + 1
                self._stamps.learn(self._sample[:cut] if cut else self._sample + b"\n")
                self._learned = len(self._sample)
            if not final or self._learned >= _LIVE_SAMPLE:
                self._learning = False
                self._sample = b""
        return self._scan(block, 0, len(block))

    # -- records -------------------------------------------------------------------------

    def _scan(self, block: bytes, begin: int, end: int, *, ended: bool = False) -> list[Batch]:
        """The records that end in the whole lines of `block[begin:end]`; all when it is `ended`."""
        if self._begun:
            block = self._begun + block[begin:end]
            begin, end, self._begun = 0, len(block), b""
        cut = end if ended else self._stamps.whole(block, begin, end)
        if end - self._limit <= cut < end:
            self._begun = block[cut:end]
            if cut == begin:
                return []
            end = cut
        starts, times = self._stamps.scan(block, begin, end)
        if not starts:
            lines = block[begin:end]
            return self._grow(lines) if self._stamped else self._plain(lines)
        first, last = starts[0], starts[-1]
        out: list[Batch] = []
        if begin < first:
            above = block[begin:first]
            out = self._grow(above) if self._stamped else self._plain(above, times[0])
        if end - begin > self._limit:
            return out + self._singly(block, end, starts, times)
        out += self._whole(block, starts, times)
        self._restart(block[last:end], times[-1])
        return out

    def _restart(self, lines: bytes, time: int) -> None:
        """Hold these lines as the record that may still grow."""
        self._open = [lines]
        self._open_size = len(lines)
        self._open_time = time
        self._stamped = True

    def _whole(self, block: bytes, starts: "array[int]", times: "array[int]") -> list[Batch]:
        """The open record, and all that start in the block but the last."""
        first, last = starts[0], starts[-1]
        if self._open and last - first <= _SMALL:
            # One batch of few records is less work than two.
            head = self._open_size
            block = b"".join([*self._open, block[first:last]])
            bounds = array("q", [0, *[head + start - first for start in starts]])
            if self._open_time is None:
                columns = self._belief.judged([None, *times[:-1]], times[-1], self._present)
            else:
                stamps = array("q", [self._open_time, *times[:-1]])
                columns = self._belief.stamped(stamps, times[-1], self._present)
            return [self._batch(block, bounds, columns)]
        out = self._close(following=times[0])
        if len(starts) > 1:
            columns = self._belief.stamped(times[:-1], times[-1], self._present)
            # Each record ends where the next one starts, the last of them where the open one does.
            out.append(self._batch(block, starts, columns))
        return out

    def _singly(
        self, block: bytes, end: int, starts: "array[int]", times: "array[int]"
    ) -> list[Batch]:
        """The same a record at a time, where one of them may be longer than the limit."""
        out: list[Batch] = []
        for begin, after, time in zip(starts, [*starts[1:], end], times, strict=True):
            out += self._close(following=time)
            self._restart(block[begin:after], time)
            out += self._trimmed()
        return out

    def _grow(self, lines: bytes) -> list[Batch]:
        """Add lines without a stamp to the open record; cut it where it grows too long."""
        self._open.append(lines)
        self._open_size += len(lines)
        return self._trimmed()

    def _trimmed(self) -> list[Batch]:
        """Cut pieces off the open record, at line ends, until it is within the limit."""
        out: list[Batch] = []
        while self._open_size > self._limit + 1:
            lines = b"".join(self._open)
            cut = lines.rfind(b"\n", 0, self._limit + 1) + 1
            assert cut, "no line here is longer than the limit"
            self._open = [lines[:cut]]
            self._open_size = cut
            out += self._close(PIECE)
            self.pieces += 1
            self._open = [lines[cut:]]
            self._open_size = len(lines) - cut
        return out

    def _plain(self, lines: bytes, time: int | None = None) -> list[Batch]:
        """A record a line, all with the given time, else with the default."""
        if not lines:
            return []
        sizes = [len(line) + 1 for line in lines.split(b"\n")[:-1]]
        bounds = array("q", accumulate(sizes, initial=0))
        if time is None:
            time = self._default()
        return [self._batch(lines, bounds, self._belief.unstamped(len(sizes), time))]

    def _default(self) -> int:
        """The time of records of an incarnation without stamps: never before what has left."""
        above = self._belief.time
        return self.default if above is None else max(above, self.default)

    def _close(self, flag: int = 0, following: int | None = None) -> list[Batch]:
        """The open record as a batch of its own; `following` is the next stamp, if known."""
        if not self._open:
            return []
        data = b"".join(self._open)
        if self._open_time is not None:
            stamps = array("q", [self._open_time])
            columns = self._belief.stamped(stamps, following, self._present)
        elif self._stamped:
            columns = self._belief.judged([None], following, self._present)
        else:
            columns = self._belief.unstamped(1, self._default())
        self._open = []
        self._open_size = 0
        self._open_time = None
        batch = self._batch(data, array("q", [0, len(data)]), columns)
        return [batch.marked(flag) if flag else batch]

    def _batch(self, block: bytes, bounds: "array[int]", columns: Columns) -> Batch:
        begin = self._position(bounds[-1] - bounds[0])
        times, places, flags = columns
        return Batch(block, bounds, times, places, flags, self._sources, None, begin)

    def _position(self, size: int) -> Position | None:
        """Where the next batch begins; batches leave in order, so this moves on by its size."""
        chunks = self._chunks
        while len(chunks) > 1 and chunks[1][0] <= self._at:
            del chunks[0]
        begin = Position(chunks[0][1], self._at - chunks[0][0]) if chunks else None
        self._at += size
        return begin


def batches_of(assembler: Assembler, chunks: Iterable[bytes]) -> Iterator[Batch]:
    """All batches of one incarnation given as chunks of bytes."""
    for data in chunks:
        yield from assembler.feed(Chunk(data))
    yield from assembler.end()
