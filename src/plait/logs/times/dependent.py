"""Logs whose lines depend on one another: a sample in, what scans them out, if it is one."""

from typing import Final, Protocol

from plait.logs.times.calendar import Calendar


class Dependent(Protocol):
    """Scans such a log in place of the general reader.

    Neither block borders nor calls change what it finds, as long as it is given what `whole`
    left out again, before the block that follows.
    """

    format: str
    zoned: bool  # whether its stamps name their zone, or it is known otherwise

    def whole(self, block: bytes) -> int:
        """How much of a block to scan now: the rest begins a record that needs more lines."""

    def scan(self, block: bytes) -> tuple[list[int], list[int]]:
        """Starts (offsets in the block) and times of the records of a block of lines."""

    def where(self, line: bytes) -> tuple[int, int] | None:
        """Begin and end of the stamp within a line."""


#: Formats that are read so.
NAMES: Final = frozenset(
    {"w3c", "journal-export", "windows-event", "windows-event-text", "cmtrace", "jul-xml",
     "mysql-slow"}
)  # fmt: skip
# Without one of these it is no such log; most others are done with at this look.
_SIGNS: Final = (
    b"ields:", b"__CURSOR=", b"__REALTIME_TIMESTAMP=", b"<Event", b"Event[", b"# Query_time: ",
    b"<![LOG[", b"<record>",
)  # fmt: skip


def dependent_for(sample: bytes, name: str | None, calendar: Calendar) -> Dependent | None:
    """What scans a log that begins with this sample; `name` is the format's, where it is given."""
    if name is None and not any(sign in sample for sign in _SIGNS):
        return None
    # On use: few logs need them.
    from plait.logs.times.blocks import KINDS
    from plait.logs.times.directives import W3c

    for kind in (W3c, *KINDS):
        if kind.format == name or (name is None and kind.recognise(sample)):
            return kind(calendar, sample)
    return None
