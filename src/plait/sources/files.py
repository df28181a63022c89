"""What a user named in, one source for each file out; while following, also for those to come."""

import contextlib
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.errors import SourceError, UsageError
from plait.events import Event, Failed, Noted, Waiting
from plait.sources.descriptors import raise_limit
from plait.sources.faults import in_words, is_missing
from plait.sources.file import FileSource
from plait.sources.folders import Folder, Folders, Touched
from plait.sources.joining import Gate
from plait.sources.known import Known
from plait.sources.missing import MissingSource
from plait.sources.patterns import FileSpec, Pattern, is_glob, natural
from plait.sources.rotated import rotations

if TYPE_CHECKING:
    from plait.logs.bookmark import Bookmark
    from plait.sources.memory import Entry, Former

__all__ = ["Changes", "FileSource", "FileSpec", "Files"]


class Changes(NamedTuple):
    """What a look has found: new sources, sources that may have something, and events."""

    opened: list[FileSource]
    due: list[FileSource]
    events: list[Event]


class _Interest:
    """Why we look at a folder: the sources in it by name, and the patterns that lead through."""

    __slots__ = ("names", "rotated", "steps")

    def __init__(self) -> None:
        self.names: dict[str, FileSource] = {}
        self.rotated: set[str] = set()  # of them, those that read as names of rotated files
        self.steps: list[tuple[Pattern, int]] = []

    def add(self, name: str, source: FileSource) -> None:
        """There is a source with this name."""
        self.names[name] = source
        if any(rotations(name)):
            self.rotated.add(name)


_Folder = Folder[_Interest]


class Files:
    """The files of one driver: patterns in, sources out, and word of which may have more.

    Nothing here waits. Following, call `poll` when `fileno()` is readable, and at least every
    `interval` seconds; take the time before you call it and read the sources after.

    1. A folder is looked at before it is scanned, and a source before it is first read.
    2. A file is read by one source, whatever names it has or gets.
    """

    def __init__(
        self,
        patterns: Sequence[str | FileSpec],
        *,
        follow: bool,
        exclude: Collection[str | tuple[int, int]] = (),
        start: Literal["begin", "end"] = "begin",
        watch: Literal["auto", "inotify", "poll"] = "auto",
        interval: float = 0.25,
        rescan: float = 1.0,
        block: int | None = None,
        grace: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        former: "Former | None" = None,
        once: bool = False,
    ) -> None:
        """Open nothing yet; `exclude` names plait's own outputs by path or (device, inode).

        With `former` sources are `ResumableFile`s that go on where those of a former run were.
        `once` is for following only to the end of what is there: nothing is waited for.
        """
        self._specs = [
            FileSpec(named, position) if isinstance(named, str) else named
            for position, named in enumerate(patterns)
        ]
        again = bool(former)  # a former run has left out what was there when it began
        self._follow, self._start, self._clock = follow, "begin" if again else start, clock
        self._block, self._grace = block, 0.0 if once else grace
        self._poll_every, self._rescan_every = interval, rescan
        self._former, self._once = former, once
        self._remembering = None if former is None else former.registry()
        self._known = self._remembering or Known()
        self._gate = Gate(self._known, exclude)
        self._folders: Folders[_Interest] = Folders(
            _Interest, watch if follow and not once else "poll"
        )
        self._starting = not again
        self._found: list[tuple[str, Pattern]] = []
        self._due: dict[FileSource, None] = {}
        self._events: list[Event] = []
        self._next_poll = self._next_rescan = self._looked = 0.0

    def start(self) -> list[FileSource]:
        """The sources there are now, as the arguments name them, naturally sorted in each."""
        sources = self._reopened()
        for spec in self._specs:
            sources += self._expand(spec)
        if not self._starting:
            sources.sort(key=lambda it: (it.spec.position, natural(it.path)))
        self._starting = False
        now = self._clock()
        self._next_poll, self._next_rescan = now + self._poll_every, now + self._rescan_every
        return sources

    def events(self) -> list[Event]:
        """What was to be told since the last call or the last `poll`."""
        descriptors = self._known.descriptors
        told = self._events + self._folders.events + self._gate.events + descriptors.events
        self._events, self._folders.events, self._gate.events = [], [], []
        descriptors.events = []
        return told

    def fileno(self) -> int | None:
        """Readable when `poll` would find something; None when only polling tells."""
        return self._folders.fileno() if self._follow else None

    @property
    def interval(self) -> float:
        """Seconds until `poll` should be called again even if nothing is readable."""
        now = self._clock()
        times = [self._next_rescan, *self._known.wakes.values()]
        if self._folders.is_polling:
            times.append(self._next_poll)
        return max(0.0, min(times) - now)

    @property
    def looked(self) -> float | None:
        """When all files were last looked at, where they are polled; None when we are told."""
        return self._looked if self._folders.is_polling else None

    def poll(self) -> Changes:
        """What has changed since the last call."""
        if not self._follow:
            return Changes([], [], self.events())
        now = self._clock()
        self._known.renew()
        self._take(self._folders.drain())
        if now >= self._next_poll:
            self._next_poll = now + self._poll_every
            self._looked = now
            self._scan_polled()
        if now >= self._next_rescan:
            self._next_rescan = now + self._rescan_every
            self._take(self._folders.check())
            self._found += self._gate.undecided()
        self._wake(now)
        opened = self._join()
        self._due.update(dict.fromkeys(self._gate.due))
        self._gate.due = []
        due = [source for source in self._due if not source.closed]
        self._due = {}
        return Changes(opened, due, self.events())

    def close(self) -> None:
        """Close the notifications and every source; may be called again."""
        self._folders.close()
        for source in list(self._known.paths.values()):
            if isinstance(source, FileSource):
                source.close()

    def facts(self) -> "list[Entry]":
        """What a later run must know from now on, whatever has been read."""
        return [] if self._remembering is None else self._remembering.take_facts()

    # At the start.

    def _reopened(self) -> list[FileSource]:
        """The sources of a former run, before any file could be taken for a new one."""
        former, known = self._former, self._remembering
        if not former or known is None:
            return []
        from plait.sources.resumable import ResumableFile

        known.recall_folders(former.memory)
        specs = {spec.position: spec for spec in self._specs}
        for path, (position, bookmark) in former.bookmarks.items():
            if position not in specs:
                raise UsageError(f"{path} has a bookmark, and no source has the place {position}")
            self._open(path, specs[position], "begin", bookmark)
        known.recall_files(former.memory)
        sources: list[FileSource] = []
        for path, source in [(path, known.paths[path]) for path in former.bookmarks]:
            assert isinstance(source, ResumableFile)
            source.reopen()
            if source.over and path != source.spec.pattern:
                del known.paths[path]  # one of many that a pattern fitted, deleted long ago
                source.close()
            else:
                sources.append(source)
        return sources

    def _expand(self, spec: FileSpec) -> list[FileSource]:
        try:
            status = os.stat(spec.pattern)
        except (OSError, ValueError):
            status = None
        folder = spec.pattern.endswith(os.sep) or (status and stat.S_ISDIR(status.st_mode))
        if not folder and not is_glob(spec.pattern):
            return self._expand_path(spec, status)
        pattern = Pattern(spec, is_folder=bool(folder))
        self._descend(pattern.root, pattern, 0)
        found = list(self._found)
        sources = self._join()
        known = self._known.paths
        if not sources and not any(path in known or self._reader(path) for path, _ in found):
            self._nothing(pattern, sources)
        return sources

    def _expand_path(self, spec: FileSpec, status: os.stat_result | None) -> list[FileSource]:
        if not self._starting and spec.pattern in self._known.paths:
            return []
        if status is not None:
            same = self._gate.same_as(spec.pattern, status)
            if same is None and spec.pattern in self._known.paths:
                same = Noted(spec.label or spec.pattern, "is named twice; read once")
            if same is not None:
                self._events.append(same)
                return []
        return [self._open(spec.pattern, spec, self._start)]

    def _nothing(self, pattern: Pattern, sources: list[FileSource]) -> None:
        what = "holds no logs" if pattern.is_folder else "no file matches"
        name = pattern.spec.label or pattern.spec.pattern
        if self._follow and not self._once:
            self._events.append(Waiting(name, f"{what} yet"))
        elif not any(event.source == name for event in self._events):
            hint = "check the path" if pattern.is_folder else "check it, and quote it in a shell"
            sources.append(MissingSource(pattern.spec, SourceError(name, what, hint)))

    def _open(
        self,
        path: str,
        spec: FileSpec,
        start: Literal["begin", "end"],
        bookmark: "Bookmark | None" = None,
    ) -> FileSource:
        if self._follow:
            folder, name = os.path.split(path)
            place = self._look_at(folder)
            raise_limit(len(self._known.paths))
        make: Callable[..., FileSource] = FileSource
        if self._former is not None:
            from plait.sources.resumable import ResumableFile

            make = partial(ResumableFile, bookmark=bookmark)
        source = make(
            path, name=spec.label, follow=self._follow, start=start, block=self._block,
            grace=self._grace, clock=self._clock, known=self._known, spec=spec,
        )  # fmt: skip
        self._known.paths.setdefault(path, source)
        if self._follow:
            place.content.add(name, source)
            if os.path.islink(path):
                self._aim(source)
        else:
            with contextlib.suppress(OSError):
                status = os.stat(path)
                self._known.claim(status.st_dev, status.st_ino, source)
        return source

    def _aim(self, source: FileSource) -> None:
        """Look also at the folder in which the file really is that a link leads to."""
        folder, name = os.path.split(os.path.realpath(source.path))
        content = self._look_at(folder).content
        if name not in content.names:
            content.add(name, source)

    def _look_at(self, path: str) -> _Folder:
        """The folder, with its rotated files noted when it is met: of a new one, none is old."""
        self._known.begin(self._known.real(path), empty=not self._starting)
        return self._folders.get(path)

    # While following.

    def _take(self, touched: Iterable[Touched[_Interest]]) -> None:
        for folder, name, renamed in touched:
            if name:
                self._touch(folder, name, renamed=renamed)
            else:
                self._touch_all(folder)

    def _touch_all(self, folder: _Folder) -> None:
        self._due.update(dict.fromkeys(folder.content.names.values()))
        self._rescan(folder)

    def _rescan(self, folder: _Folder) -> None:
        for pattern, step in folder.content.steps:
            self._scan(folder, pattern, step)

    def _touch(self, folder: _Folder, name: str, *, renamed: bool) -> None:
        interest = folder.content
        source = interest.names.get(name)
        old = list(rotations(name)) if source is None or name in interest.rotated else []
        if source is not None:
            self._due[source] = None
            if renamed and os.path.islink(source.path):
                self._aim(source)
        if source is None or old:
            # The name may be that of an old file which a source under another name still reads.
            path = os.path.join(folder.path, name)
            readers = [self._reader(path), *(interest.names.get(it.base) for it in old)]
            self._due.update((reader, None) for reader in readers if reader is not None)
        if source is None:
            for pattern, step in interest.steps:
                self._consider(folder, name, pattern, step, renamed=renamed)

    def _reader(self, path: str) -> FileSource | None:
        """Who reads the file that is at `path` now."""
        try:
            status = os.stat(path)
        except OSError:
            return None
        owner = self._known.owner(status.st_dev, status.st_ino)
        return owner if isinstance(owner, FileSource) else None

    def _scan_polled(self) -> None:
        changed = set(self._folders.scan_polled())
        for folder in changed:
            self._rescan(folder)
        for folder in self._folders.polled:
            for source in folder.content.names.values():
                if not source.closed and source.glance(renamed=folder in changed):
                    self._due[source] = None

    def _wake(self, now: float) -> None:
        for source, when in list(self._known.wakes.items()):
            if when <= now and isinstance(source, FileSource):
                del self._known.wakes[source]
                self._due[source] = None

    # Patterns.

    def _descend(self, path: str, pattern: Pattern, step: int) -> None:
        folder = self._look_at(path) if self._follow else Folder(path, _Interest())
        if (pattern, step) not in folder.content.steps:
            folder.content.steps.append((pattern, step))
            self._scan(folder, pattern, step)

    def _scan(self, folder: _Folder, pattern: Pattern, step: int) -> None:
        try:
            names = os.listdir(folder.path or ".")
        except OSError as error:
            if not is_missing(error):
                fault = in_words(folder.path, error)
                self._events.append(Failed(folder.path, fault.problem, fault.hint))
            return
        for name in names:
            self._consider(folder, name, pattern, step, renamed=True)

    def _consider(
        self, folder: _Folder, name: str, pattern: Pattern, step: int, *, renamed: bool
    ) -> None:
        path = os.path.join(folder.path, name)
        for fits in pattern.steps(step):
            if not pattern.matches(fits, name):
                continue
            if pattern.is_last(fits):
                self._found.append((path, pattern))
            elif renamed and os.path.isdir(path):
                if pattern.segments[fits] != "**":
                    self._descend(path, pattern, fits + 1)
                elif not os.path.islink(path):
                    self._descend(path, pattern, fits)

    def _join(self) -> list[FileSource]:
        """Make sources of the paths found, as far as they are new."""
        if not self._found:
            return []
        found, self._found = self._found, []
        sources = []
        for path, pattern in sorted(found, key=lambda it: (it[1].spec.position, natural(it[0]))):
            if self._gate.admits(path, pattern, starting=self._starting):
                start = self._start if self._starting else "begin"
                sources.append(self._open(path, pattern.spec, start))
        return sources
