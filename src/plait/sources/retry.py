"""A source that fails in, what to say of it and when to try again out."""

from typing import Final

#: Pauses (s) before a source that failed is tried again: the first, and the longest.
_FIRST: Final = 1.0
_LONGEST: Final = 30.0


class Retry:
    """What a source has told last, so that each fault is told once, and the pause that grows."""

    __slots__ = ("_pause", "_told")

    def __init__(self) -> None:
        self._told: str | None = None
        self._pause = 0.0

    @property
    def told(self) -> bool:
        """Whether something is wrong and was told."""
        return self._told is not None

    @property
    def troubled(self) -> bool:
        """Whether something is or was wrong since it last worked."""
        return self.told or self._pause > 0

    def is_new(self, what: str) -> bool:
        """Whether `what` was not the last that was told; it is now."""
        before, self._told = self._told, what
        return before != what

    def pause(self) -> float:
        """How long (s) to wait before the next try: longer each time."""
        self._pause = min(_LONGEST, self._pause * 2 or _FIRST)
        return self._pause

    def works(self) -> None:
        """All is well: what fails next is told, and tried again soon."""
        self._told, self._pause = None, 0.0
