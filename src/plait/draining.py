"""Files at the moment of a stop in, how far each is still to be read out."""

from collections.abc import Iterator, Mapping
from typing import Final

from plait.events import Noted
from plait.intake import Intake
from plait.sources.file import FileSource

# A stop while following reads what is there; a backlog that takes longer is left.
_PATIENCE: Final = 60.0


class Drain:
    """The last reading of a live stream: what its files hold when it begins, and no more."""

    def __init__(self, clock: float, files: Mapping[FileSource, Intake]) -> None:
        """Make every file due for the last time."""
        self.until: Final = clock + _PATIENCE
        self._sizes: Final[dict[Intake, tuple[FileSource, int]]] = {}
        for file, intake in files.items():
            if not intake.done:
                file.hurry()
                self._sizes[intake] = file, file.size or 0
                intake.due = True

    def __contains__(self, intake: Intake) -> bool:
        return intake in self._sizes

    def enough(self, intake: Intake) -> bool:
        """Whether all that was there has been read of a file whose writer goes on."""
        if intake not in self._sizes:
            return False
        file, size = self._sizes[intake]
        return file.read_bytes >= size and file.size != file.read_bytes

    def leave(self) -> Iterator[Noted]:
        """Say what is left unread."""
        for intake, (file, _) in self._sizes.items():
            if not intake.done:
                intake.stats.unread = max(0, (file.size or 0) - file.read_bytes)
                yield Noted(intake.name, f"stopped with {intake.stats.unread} bytes unread")
