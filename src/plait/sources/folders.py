"""Folders to look at in, names in them that may have changed out: watched, or else polled."""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

from plait.errors import UsageError
from plait.events import Event, Noted

if TYPE_CHECKING:
    from plait.sources.watch import Inotify

#: A folder's time stands still for up to a clock tick (4 ms, 2 s on FAT) while it changes.
_COARSE = 2 * 10**9
#: So many folders are looked at in one round to see whether another stands in their place:
#: 10,000 folders in 200 rounds, at about 2 µs each.
_CHECKED_AT_ONCE = 50

#: The identity of a folder that is not there.
_NOWHERE = (0, 0)

Content = TypeVar("Content")


class Folder(Generic[Content]):
    """One folder by its path; `content` is the caller's."""

    __slots__ = ("content", "identity", "modified", "number", "path")

    def __init__(self, path: str, content: Content) -> None:
        self.path = path
        self.content = content
        #: Its watch; -1 if it is polled, None if it is not there.
        self.number: int | None = None
        self.identity = _NOWHERE
        self.modified = 0


class Touched(NamedTuple, Generic[Content]):
    """`name` in `folder` may have changed: any of them if it is empty.

    `renamed` says that the name may stand for another file than before.
    """

    folder: Folder[Content]
    name: str
    renamed: bool


class Folders(Generic[Content]):
    """The folders that are looked at; never waits.

    1. A folder is watched before `get` returns, so a scan after that misses nothing.
    2. A folder is in exactly one of: watched, polled, absent.
    3. Where the way to a folder has a link or an end, the folder above is watched: its anchor.
    """

    def __init__(
        self, make: Callable[[], Content], mode: Literal["auto", "inotify", "poll"]
    ) -> None:
        self.events: list[Event] = []
        self._make = make
        self._mode = mode
        self._inotify: Inotify | None = None
        self._folders: dict[str, Folder[Content]] = {}
        self._watches: dict[int, list[Folder[Content]]] = {}
        self._anchored: dict[int, dict[Folder[Content], None]] = {}
        self._straight: set[str] = set()  # folders above ours that are there and no links
        self._polled: dict[str, Folder[Content]] = {}
        self._absent: dict[str, Folder[Content]] = {}
        self._queue: list[Folder[Content]] = []
        self._said = self._overflowed = False
        if mode != "poll":
            self._begin_watching()

    def _begin_watching(self) -> None:
        from plait.sources.watch import Inotify  # files at rest are not watched

        try:
            self._inotify = Inotify()
        except OSError as error:
            if self._mode == "inotify":
                raise UsageError(f"inotify cannot be used here: {error.strerror}") from error
            self._say_polling("", error)

    def __iter__(self) -> Iterator[Folder[Content]]:
        return iter(self._folders.values())

    @property
    def polled(self) -> list[Folder[Content]]:
        """Those whose files must be looked at one by one: of absent ones, what is still open."""
        return [*self._polled.values(), *self._absent.values()]

    @property
    def is_polling(self) -> bool:
        """Whether any folder is polled."""
        return bool(self._polled)

    def fileno(self) -> int | None:
        """Readable when `drain` would give something; None if all is polled."""
        return None if self._inotify is None else self._inotify.fileno()

    def get(self, path: str) -> Folder[Content]:
        """The folder at `path`, looked at from now on (even if it is not there yet)."""
        folder = self._folders.get(path)
        if folder is None:
            folder = self._folders[path] = Folder(path, self._make())
            self._attach(folder)
        return folder

    def drain(self) -> Iterator[Touched[Content]]:
        """What the system has told since the last call."""
        if self._inotify is None:
            return
        from plait.sources import watch

        for notice in self._inotify.drain():
            if notice.mask & watch.OVERFLOW:
                # What happened is not known: anything may have.
                self._say_overflow()
                for folder in list(self._folders.values()):
                    yield Touched(folder, "", True)
                continue
            for folder in tuple(self._watches.get(notice.watch, ())):
                if notice.mask & watch.GONE and not notice.name:
                    self._detach(folder)
                    self._attach(folder)
                    yield Touched(folder, "", True)
                elif notice.name:
                    yield Touched(folder, notice.name, bool(notice.mask & watch.NAMES))
            if notice.mask & watch.NAMES:
                yield from self._replaced(list(self._anchored.get(notice.watch, ())))

    def scan_polled(self) -> Iterator[Folder[Content]]:
        """The polled folders in which names have come or gone."""
        for folder in list(self._polled.values()):
            try:
                status = os.stat(folder.path or ".")
            except OSError:
                self._detach(folder)
                continue
            young = time.time_ns() - status.st_mtime_ns < _COARSE
            if status.st_mtime_ns != folder.modified or young:
                folder.modified = status.st_mtime_ns
                yield folder

    def check(self) -> Iterator[Touched[Content]]:
        """Folders that have come, or that were replaced by others; a few each time."""
        yield from self._replaced(list(self._absent.values()))
        self._queue = self._queue or list(self._folders.values())
        yield from self._replaced(self._queue[-_CHECKED_AT_ONCE:])
        del self._queue[-_CHECKED_AT_ONCE:]

    def _replaced(self, folders: list[Folder[Content]]) -> Iterator[Touched[Content]]:
        """Those in whose place another folder stands, or none, or one at last."""
        for folder in folders:
            if folder.number is None:
                self._anchor(folder)  # the way to it may end somewhere else by now
            if (_identity(folder.path) or _NOWHERE) != folder.identity:
                self._detach(folder)
                self._attach(folder)
                yield Touched(folder, "", True)

    def close(self) -> None:
        """Stop looking; may be called again."""
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None

    def _attach(self, folder: Folder[Content]) -> None:
        self._absent.pop(folder.path, None)
        self._anchor(folder)  # before we look: what changes after that is told
        identity = _identity(folder.path)
        if identity is None:
            self._absent[folder.path] = folder
            return
        folder.identity = identity
        folder.number = self._watch(folder.path)
        if folder.number < 0:
            self._polled[folder.path] = folder
        else:
            self._watches.setdefault(folder.number, []).append(folder)

    def _anchor(self, folder: Folder[Content]) -> None:
        if self._inotify is None:
            return
        for above in self._bends(folder.path):
            with contextlib.suppress(OSError):  # then `check` finds it, later
                self._anchored.setdefault(self._inotify.add(above), {})[folder] = None

    def _bends(self, path: str) -> Iterator[str]:
        """The folders in which the way to `path` may come to lead elsewhere."""
        at = os.path.abspath(path)
        if not os.path.exists(at):
            self._straight.clear()  # what was above it may have gone too
        while at not in self._straight and (above := os.path.dirname(at)) != at:
            if os.path.islink(at) or not os.path.exists(at):
                if os.path.isdir(above):
                    yield above
            elif at != path:
                self._straight.add(at)
            at = above

    def _let_go(self, number: int) -> None:
        """End a watch that nobody needs any more."""
        if not self._watches.get(number) and not self._anchored.get(number):
            self._watches.pop(number, None)
            self._anchored.pop(number, None)
            if self._inotify is not None:
                self._inotify.remove(number)

    def _watch(self, path: str) -> int:
        if self._inotify is None:
            return -1
        from plait.sources.watch import is_remote

        if self._mode == "auto" and is_remote(path):
            return -1
        try:
            return self._inotify.add(path)
        except OSError as error:
            self._say_polling(path, error)
            return -1

    def _detach(self, folder: Folder[Content]) -> None:
        for number, anchored in list(self._anchored.items()):
            if folder in anchored:
                del anchored[folder]
                self._let_go(number)
        if folder.number is None:
            return
        self._polled.pop(folder.path, None)
        sharing = self._watches.get(folder.number, [])
        if folder in sharing:
            sharing.remove(folder)
            self._let_go(folder.number)
        folder.number = None
        folder.identity = _NOWHERE
        self._absent[folder.path] = folder

    def _say_overflow(self) -> None:
        if not self._overflowed:
            self._overflowed = True
            note = "more changed than the system could tell at once; looking at all files instead"
            self.events.append(Noted("inotify", note))

    def _say_polling(self, path: str, error: OSError) -> None:
        if not self._said:
            self._said = True
            unknown = (error.strerror or "unknown error").lower()
            why = _EXHAUSTED.get(error.errno, unknown)
            note = f"cannot be watched ({why}); looking at its files again and again instead"
            self.events.append(Noted(path or "inotify", note))


#: What errors mean here, and what to do about it.
_EXHAUSTED: dict[int | None, str] = {
    errno.ENOSPC: "no watches are left: raise fs.inotify.max_user_watches",
    errno.EMFILE: "no watchers are left: raise fs.inotify.max_user_instances",
}


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path or ".")
    except OSError:
        return None
    return status.st_dev, status.st_ino
