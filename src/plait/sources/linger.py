"""When another file was seen in the place of one in, until when the old one is read on out."""

from typing import Final

#: While an old file may still be written, look at it so often (s): short beside the grace.
_PAUSE: Final = 0.1
STILL_WRITTEN: Final = (
    "the old file is still open for writing; what is written to it from now on is not read"
)


class Linger:
    """How long an old file is read on, for writers that have not let go of it.

    `grace` is in seconds; 0 means that nobody is waited for.
    """

    __slots__ = ("_grace", "_since", "free")

    def __init__(self, now: float, grace: float) -> None:
        self._since, self._grace = now, grace
        self.free = False  # nobody writes it any more, and it was read after that

    def over(self, now: float) -> bool:
        """Whether the grace has passed."""
        return now >= self._since + self._grace

    def next_look(self, now: float) -> float:
        """When to look again."""
        soon = now + _PAUSE
        return soon if self.over(now) else min(soon, self._since + self._grace)

    def goes_on(self, now: float, *, writer: bool | None, new: int | None, at_once: bool) -> bool:
        """Whether to stay with the old file, at whose end we are.

        `writer` is whether it is still open for writing (None: unknown), `new` the size of the
        file in its place if there is one; `at_once` says that another file waits to be read.
        """
        # While nobody writes the new file, the writer of the old one may not know of it.
        if writer and self._grace > 0 and new == 0:
            return True
        return not self.over(now) and not (self.free and at_once)
