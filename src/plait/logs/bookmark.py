"""What one source sends to the merge and what still waits there in, where to go on with it out."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from plait.logs.batch import ADDED, PIECE, STAMPED, Batch

_STAMPED: Final = 1
_INSIDE: Final = 2
_ENDED: Final = 4


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where in a source the first record lies that has not left, and what its reading rests on.

    That is `at` bytes (in UTF-8) after the start of the chunk of the token `first`; `latest` is
    the token of the last chunk that was read of the same incarnation. `time` and `place` are
    those of the last record that left. `stamped` says that a stamp was seen in this incarnation,
    `inside` that a record over the limit goes on, `ended` that the incarnation is over and that
    all of it has left.
    """

    first: object
    latest: object
    at: int = 0
    time: int | None = None
    place: int | None = None
    stamped: bool = False
    inside: bool = False
    ended: bool = False

    def as_json(self) -> list[object]:
        """The same in plain values."""
        bits = _STAMPED * self.stamped | _INSIDE * self.inside | _ENDED * self.ended
        return [self.first, self.latest, self.at, self.time, self.place, bits]

    @classmethod
    def of_json(cls, values: list[object]) -> "Bookmark":
        """The bookmark that `as_json` made these of."""
        first, latest, at, time, place, bits = values
        assert isinstance(at, int) and isinstance(bits, int)
        assert isinstance(time, int | None) and isinstance(place, int | None)
        stamped, inside, ended = (bool(bits & bit) for bit in (_STAMPED, _INSIDE, _ENDED))
        return cls(first, latest, at, time, place, stamped, inside, ended)


@dataclass(slots=True)
class _Incarnation:
    """What is read of one, from the token of its first chunk to that of its latest."""

    first: object = None
    latest: object = None


@dataclass(frozen=True, slots=True)
class _Border:
    """Where an incarnation ends and the next begins; `notes` hold once all before has left."""

    following: _Incarnation
    notes: tuple[object, ...] = ()


class Tracker:
    """How far one source has left.

    1. Everything up to `bookmark` has left, and nothing after it.
    2. Notes are given once the border that they belong to lies before the bookmark.
    """

    def __init__(
        self, bookmark: Bookmark | None = None, learned: Callable[[], Iterable[object]] = tuple
    ) -> None:
        """Begin at a bookmark of a former run, or where reading begins.

        `learned` is asked at each border for its notes.
        """
        self._learned = learned
        self._notes: list[object] = []
        self.moved = False  # since this was last cleared
        self._pending: deque[Batch | _Border] = deque()
        self._cursor = 0  # so many records of the first pending batch have left
        self._size = 0  # bytes that are pending
        self._before: Bookmark | None = None  # the end of the incarnation before, once it has left
        self._mark = Bookmark(None, None) if bookmark is None else bookmark
        self._current = self._fed = _Incarnation(self._mark.first, self._mark.latest)
        if self._mark.ended:
            self._mark = replace(self._mark, ended=False)

    def begin_anew(self) -> None:
        """What was read at the bookmark is gone: an incarnation begins, before anything is fed."""
        self._fed = _Incarnation()
        self._cross(_Border(self._fed))

    def feed(self, token: object) -> None:
        """A chunk with this token is being read."""
        if self._fed.first is None:
            self._fed.first = token
            self.moved |= self._fed is self._current
        self._fed.latest = token

    def put(self, batches: Iterable[Batch]) -> None:
        """These records come after all that were put."""
        for batch in batches:
            self._pending.append(batch)
            self._size += batch.bounds[-1] - batch.bounds[0]

    def end_incarnation(self) -> None:
        """All of the incarnation was put; what is fed from now on belongs to the next."""
        self._fed = _Incarnation()
        self._pending.append(_Border(self._fed, tuple(self._learned())))

    def leave(self, waiting: int) -> None:
        """All has left but the last so many bytes."""
        leaving = self._size - waiting
        self._size = waiting
        pending = self._pending
        while pending:
            item = pending[0]
            if isinstance(item, _Border):
                self._cross(item)
            else:
                begin = item.bounds[self._cursor]
                size = item.bounds[-1] - begin
                if leaving < size:
                    end = bisect_right(item.bounds, begin + leaving) - 1
                    self._pass(item, end)
                    self._cursor = end
                    return
                self._pass(item, len(item))
                self._cursor = 0
                leaving -= size
            pending.popleft()

    def take_notes(self) -> list[object]:
        """The notes that hold by now; they are the caller's to keep."""
        notes, self._notes = self._notes, []
        return notes

    @property
    def pending(self) -> bool:
        """Whether anything was put that is not known to have left."""
        return bool(self._pending)

    @property
    def bookmark(self) -> Bookmark | None:
        """Where to go on; None when nothing was ever read."""
        return self._before if self._current.first is None else self.start

    @property
    def start(self) -> Bookmark:
        """The same where an incarnation begins of which nothing has been read."""
        return self._of(self._current)

    def _of(self, incarnation: _Incarnation) -> Bookmark:
        return replace(self._mark, first=incarnation.first, latest=incarnation.latest)

    def _pass(self, batch: Batch, end: int) -> None:
        """The records from the cursor to `end` have left."""
        begin, mark = self._cursor, self._mark
        if end == begin:
            return
        flags = batch.flags
        last = flags[end - 1]
        self.moved = True
        self._mark = replace(
            mark,
            # Only the last record of a batch may end in a newline that is not in the source.
            at=mark.at + batch.bounds[end] - batch.bounds[begin] - bool(last & ADDED),
            time=batch.times[end - 1],
            place=batch.places[end - 1],
            stamped=mark.stamped or any(flag & STAMPED for flag in flags[begin:end]),
            inside=last & (PIECE | ADDED) == PIECE | ADDED,
        )

    def _cross(self, border: _Border) -> None:
        self.moved = True
        self._notes += border.notes
        if self._current.first is not None:
            self._before = replace(self._of(self._current), ended=True)
        self._mark = Bookmark(None, None, time=self._mark.time, place=self._mark.place)
        self._current = border.following
