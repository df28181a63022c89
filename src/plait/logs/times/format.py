"""What a time format is: where a stamp stands in a line, how it is written, how it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, NamedTuple


class Civil(NamedTuple):
    """What a stamp says, to the second, before zone and year are settled."""

    year: int | None  # None where the stamp names none
    month: int
    day: int
    second: int  # of the day, 0 to 86400 (a leap second reads as the next one)
    zone: bytes  # as written: b"Z", b"+02:00", b"CEST"; b"" where the stamp names none


#: Head and tail of a stamp in; what it says out: a Civil, or whole seconds since 1970 UTC, or
#: None when it cannot be a time (month 13).
Reader = Callable[[bytes, bytes], "Civil | int | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """One way to write a time.

    `pattern` has exactly three groups: the head down to the second, the digits of the fraction,
    and the tail (zone, or year and zone). Stamps with equal head and tail share their second, so
    the reader runs once for all of them. The pattern never crosses a line end.
    """

    name: str
    pattern: bytes
    read: Reader
    yearless: bool = False


#: The reference of the examples: 2026-03-10 00:00:00 UTC.
REFERENCE: Final = 1_773_100_800 * 10**9


@dataclass(frozen=True, slots=True)
class Example:
    """A line and the ISO 8601 time in UTC it must give, or None for a line that must not match."""

    line: bytes
    time: str | None
    zone: tzinfo = UTC
    reference: int = REFERENCE


@dataclass(frozen=True, slots=True, eq=False)
class TimeFormat:
    """An entry of the table: the texts accepted after one lead.

    `lead` is what stands between the start of the line and the stamp, a pattern without groups.
    A weak format is used only where a sample confirms it, with at least `needs` lines;
    one fewer where all lie shortly before the reference, and one fewer where all have a fraction.
    An entry without texts, but with `named` ones, is there for those who look for their system
    or name it: another entry reads its lines as well.
    """

    name: str
    title: str
    lead: bytes
    texts: tuple[Text, ...]
    examples: tuple[Example, ...]
    weak: bool = False
    needs: int = 1
    named: tuple[Text, ...] = ()

    @property
    def yearless(self) -> bool:
        """Whether its stamps name no year."""
        return all(text.yearless for text in (*self.texts, *self.named))
