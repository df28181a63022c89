"""Paths in, descriptors out, by turns where a process may not have enough of them."""

import contextlib
import errno
import os
from typing import Final, Protocol

from plait.events import Event, Noted

#: Flags that never wait, even should a pipe have taken the file's place since it was looked at.
FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
#: Descriptors that the rest of the program may need beside one for each file.
_BESIDE: Final = 256
#: Descriptors left for listings, short looks and the rest of the program, once they are scarce.
_SPARE: Final = 16


class Lender(Protocol):
    """A file that can close its descriptor and open it again."""

    def lend(self) -> None:
        """Close the descriptor until it is needed."""


class Descriptors:
    """The descriptors of the files of one driver.

    When the system gives no more, the files opened longest ago lend theirs: each opens its file
    again when it is next read. That is told once.

    1. Once they are scarce, `_SPARE` fewer files are open than could be.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._holders: dict[Lender, None] = {}
        self._most: int | None = None

    def open(self, path: str, holder: Lender) -> int:
        """A descriptor of the file at `path` for `holder`; raises `OSError`."""
        if self._most is not None:
            self._make_room(self._most)
        try:
            descriptor = os.open(path, FLAGS)
        except OSError as error:
            if error.errno not in {errno.EMFILE, errno.ENFILE} or not self._holders:
                raise
            self._become_scarce()
            descriptor = os.open(path, FLAGS)
        self._holders[holder] = None
        return descriptor

    def closed(self, holder: Lender) -> None:
        """`holder` has closed its own."""
        self._holders.pop(holder, None)

    def _become_scarce(self) -> None:
        if self._most is None:
            note = (
                f"no more than about {len(self._holders)} can be open at once; they are opened by "
                "turns, and one deleted meanwhile is lost; raise the limit with ulimit -n"
            )
            self.events.append(Noted("files", note))
        self._most = max(1, len(self._holders) - _SPARE)
        self._make_room(self._most)

    def _make_room(self, most: int) -> None:
        """Have one file less open than `most`."""
        while len(self._holders) >= most:
            holder = next(iter(self._holders))
            del self._holders[holder]
            holder.lend()


def raise_limit(files: int) -> None:
    """Let this process open more files if the system allows it: each stays open."""
    if files % _BESIDE:
        return
    try:
        import resource
    except ImportError:  # pragma: no cover - not on this system
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < files + 2 * _BESIDE and soft != hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
