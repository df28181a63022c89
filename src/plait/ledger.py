"""What a former run has left in; out, after each round, what a later one needs to go on.

That is JSON-able and looks so:

    {"gone": place or None, "sources": {path: [argument, bookmark]}, "files": [entry, ...]}

`gone` is the largest place that has left the merge, `argument` the place of the source among the
arguments, a bookmark what `Bookmark.as_json` gives, and the entries are those of
`plait.sources.memory`.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from plait.errors import UsageError
from plait.logs.batch import Batch
from plait.logs.bookmark import Bookmark, Tracker
from plait.logs.merge import Merge
from plait.plugins import Opened
from plait.resumption import Resumption
from plait.sources.files import Files, FileSource
from plait.sources.memory import Former, Memory
from plait.sources.resumable import ResumableFile

#: What `Ledger` and `Book` take and give.
Bookmarks = Mapping[str, Any]

# So many bytes may have been given before trackers are told: until then they keep them.
_KEPT: Final = 4 * 2**20


class Book:
    """Bookmarks of all sources, brought up to date by what changes."""

    def __init__(self, bookmarks: Bookmarks) -> None:
        self._gone: int | None = None
        self._sources: dict[str, Any] = {}
        self._memory = Memory()
        self.add(bookmarks)

    def add(self, changes: Bookmarks) -> None:
        """Take what has changed; what it does not name stays as it is."""
        self._gone = changes.get("gone")
        self._sources.update(changes.get("sources", {}))
        for entry in changes.get("files", ()):
            self._memory.add(entry)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        sources, files = dict(self._sources), list(self._memory)
        return {"gone": self._gone, "sources": sources, "files": files}


class Ledger:
    """How far each source of a stream has left it.

    1. After `settle` the bookmarks stand exactly behind what the stream has given.
    """

    def __init__(self, former: Bookmarks) -> None:
        """`former` is what `bookmarks` gave in a former run; empty at the first."""
        self.gone: Final[int | None] = former.get("gone")
        sources = former.get("sources", {})
        self.former: Final = Former(
            {
                path: (argument, Bookmark.of_json(mark))
                for path, (argument, mark) in sources.items()
            },
            Memory(former.get("files", ())),
        )
        self._trackers: Final[dict[str, tuple[int, int, Tracker]]] = {}  # (rank, argument, it)
        self._given = 0

    @staticmethod
    def require(opened: Opened) -> None:
        """Raise `UsageError` for a source that cannot be read a second time."""
        if not isinstance(opened.source, FileSource):
            raise UsageError(
                f"{opened.name}: cannot be read again from where a run stopped, as files can; "
                "merge it without --resume, or have it written to a file and merge that"
            )

    def join(self, source: FileSource, rank: int) -> tuple[Resumption | None, Tracker | None]:
        """How a source is to be taken up, and what is to be told of all that it gives."""
        if not isinstance(source, ResumableFile):
            return None, None  # it stands for one that is not there
        bookmark = source.bookmark
        tracker = Tracker(bookmark, source.notes)
        self._trackers[source.path] = rank, source.spec.position, tracker
        if bookmark is None:
            return None, tracker
        if source.gone:
            tracker.begin_anew()
            bookmark = tracker.start
        return Resumption(bookmark, source.begin, whole=source.whole), tracker

    def give(self, batch: Batch) -> None:
        """Note that this batch is being given."""
        self._given += batch.bounds[-1] - batch.bounds[0]

    @property
    def due(self) -> bool:
        """Whether so much was given that it should be settled, since all of it is kept here."""
        return self._given > _KEPT

    def settle(self, merge: Merge) -> None:
        """All that has left the merge has been taken."""
        self._given = 0
        for rank, _, tracker in self._trackers.values():
            if tracker.pending:
                tracker.leave(merge.waiting(rank))

    def changes(self, merge: Merge, files: Files | None) -> dict[str, Any]:
        """What is different since the last call, or since the start."""
        self.settle(merge)
        entries: list[object] = [] if files is None else [*files.facts()]
        sources: dict[str, Any] = {}
        for path, (_, argument, tracker) in self._trackers.items():
            if tracker.moved:
                tracker.moved = False
                entries += tracker.take_notes()
                if (mark := tracker.bookmark) is not None:
                    sources[path] = [argument, mark.as_json()]
        gone = None if merge.gone == _NOTHING else merge.gone
        return {"gone": gone, "sources": sources, "files": entries}


class Keeper(Protocol):
    """Somebody who keeps what a stream has given, together with its bookmarks."""

    def round(self, *, given: bool) -> None:
        """All that was given so far has been taken; `given` says whether anything was."""

    def next(self) -> float | None:
        """When, on the stream's clock, `round` should be called next though nothing is given."""


_NOTHING: Final = Merge().gone
