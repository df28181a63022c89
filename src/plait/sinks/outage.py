"""Faults of a target that may pass in, when to try again out."""

import errno
import time
from collections.abc import Callable
from typing import Final

from plait.errors import SinkError
from plait.events import Event, Resumed, Stalled

#: What somebody can mend while we wait: room, rights, a folder or a disk that comes back.
_PASSING: Final = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.ENOENT, errno.ENOTDIR,
    errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE,
    errno.ETIMEDOUT, errno.ENODEV, errno.ENXIO,
}  # fmt: skip
#: Pauses (s) between two tries: the first, and the longest, which a stop may have to wait for.
_FIRST, _LONGEST = 0.1, 1.0
#: A fault that comes again so soon (s) is tried and told as slowly as before it went.
_SOON = 10.0


class Outage:
    """The times in which a target cannot be written; each is told at its begin and its end.

    `hurry` ends the patience: from then on such a fault is an error.
    """

    def __init__(self, name: str, tell: Callable[[Event], None]) -> None:
        self.name: Final = name
        self.tell: Final = tell
        self._begun = self._hurried = False
        self._pause = 0.0
        self._ended = 0.0

    def begin(self, error: OSError) -> None:
        """Take note of a fault; `SinkError` for one that will not pass, or in a hurry."""
        problem = error.strerror or str(error)
        if error.errno not in _PASSING:
            raise SinkError(self.name, problem) from error
        if self._hurried:
            raise SinkError(self.name, problem, "stopped before all was written") from error
        if not self._begun:
            self._begun = True
            if time.monotonic() - self._ended > _SOON:
                self._pause = 0.0
            self.tell(Stalled(self.name, problem))

    def over(self) -> None:
        """All went well: the fault is gone, if there was one."""
        if self._begun:
            self._begun = False
            self._ended = time.monotonic()
            self.tell(Resumed(self.name))

    async def pause(self) -> None:
        """Let some time pass before the next try."""
        from asyncio import sleep  # only here: most writing needs no loop

        self._pause = min(_LONGEST, self._pause * 2 or _FIRST)
        await sleep(self._pause)

    def hurry(self) -> None:
        """Wait for the end of no fault any more."""
        self._hurried = True
