"""Paths that fit a pattern in, those to be read as sources of their own out."""

import os
import stat
from collections.abc import Collection

from plait.events import Event, Noted
from plait.sources.file import FileSource
from plait.sources.incarnation import open_quietly
from plait.sources.known import Known, is_in_making, is_marked
from plait.sources.patterns import Pattern, is_text
from plait.sources.rotated import rotations


class Gate:
    """Decides for each path whether it becomes a source; says once why not.

    A path is left out when it is the output, no regular file, binary (in a folder), or a file
    that is read under another name. While following, a rotated file belongs to the source it
    was rotated from: that one knows whether it has read it.
    """

    def __init__(self, known: Known, exclude: Collection[str | tuple[int, int]]) -> None:
        self.events: list[Event] = []
        #: Sources that must look because a file they may have missed has been found.
        self.due: list[FileSource] = []
        self._known = known
        self._exclude = exclude
        self._refused: dict[str, tuple[int, int]] = {}
        self._undecided: dict[str, Pattern] = {}

    def undecided(self) -> list[tuple[str, Pattern]]:
        """Paths that must be asked about again, since another source has to look first."""
        again = list(self._undecided.items())
        self._undecided = {}
        return again

    def admits(self, path: str, pattern: Pattern, *, starting: bool) -> bool:
        """Whether the file is to be a new source."""
        if path in self._known.paths:
            return False
        try:
            status = os.stat(path)
        except OSError:
            return False
        identity = status.st_dev, status.st_ino
        if self._refused.get(path) == identity:
            return False
        reason = self._reason(path, status, starting=starting)
        if reason is None and pattern.is_folder:
            reason = _unfit(path)
        if reason == _AGAIN:
            self._undecided[path] = pattern
        elif reason is not None and reason != _LATER:
            self._refused[path] = identity
        if reason not in {None, _AGAIN, _LATER, _SILENT}:
            self.events.append(Noted(path, str(reason)))
        return reason is None

    def same_as(self, path: str, status: os.stat_result) -> Event | None:
        """Word that another source reads this very file, if one does."""
        owner = self._known.owner(status.st_dev, status.st_ino)
        if owner is None or owner.path == path:
            return None
        return Noted(path, f"is the same file as {owner.path}; read once")

    def is_output(self, status: os.stat_result) -> bool:
        """Whether this file is one that plait writes to."""
        for output in self._exclude:
            try:
                where = os.stat(output) if isinstance(output, str) else None
            except OSError:
                continue
            if where is None:
                if output == (status.st_dev, status.st_ino):
                    return True
            elif os.path.samestat(where, status):
                return True
        return False

    def was_output(self, path: str) -> bool:
        """Whether this is the name of an output that was rotated."""
        folder, name = os.path.split(path)
        olds = {rotation.base for rotation in rotations(name)}
        return any(
            os.path.basename(output) in olds
            and os.path.realpath(os.path.dirname(output)) == os.path.realpath(folder)
            for output in self._exclude
            if isinstance(output, str)
        )

    def _reason(self, path: str, status: os.stat_result, *, starting: bool) -> str | None:
        if not stat.S_ISREG(status.st_mode):
            return _SILENT
        if self.is_output(status) or (not starting and self.was_output(path)):
            return "left out: it is the output"
        if starting:
            same = self.same_as(path, status)
            return None if same is None else same.what()
        base = self._known.base(path)
        identity = status.st_dev, status.st_ino
        if self._known.owner(*identity) is not None:
            return _LATER
        mark = self._known.mark(*identity)
        if mark is not None and is_marked(path, mark):
            return _LATER if base is not None or status.st_size <= mark.offset else None
        return self._of_base(path, status, base) if isinstance(base, FileSource) else None

    def _of_base(self, path: str, status: os.stat_result, base: FileSource) -> str | None:
        """A file whose name is that of a rotated one: missed, a copy, or one of its own."""
        try:
            current = base.has_open(os.stat(base.path))
        except OSError:
            current = False
        if not current:
            return self._ask(base)
        if not status.st_size:
            return _LATER
        if is_in_making(path):
            return _AGAIN
        with open_quietly(path) as fd:
            copy = self._known.is_copy(base, fd) or base.begins_as(fd)
        return _SILENT if copy else None

    def _ask(self, source: FileSource) -> str:
        self.due.append(source)
        return _AGAIN


#: Asked about again at the next round.
_AGAIN = "again"
#: Asked about again when it has changed.
_LATER = "later"
#: Never, and nobody needs to be told.
_SILENT = "silent"


def _unfit(path: str) -> str | None:
    try:
        return None if is_text(path) else "left out: it is not text"
    except OSError:
        return None  # becomes a source, which says what is wrong
