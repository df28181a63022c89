"""What a time format is: where a stamp stands in a line, how it is written, how it is read."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final, NamedTuple

from plait.logs.kernel.layout import Anchor
from plait.values import frozen


class Civil(NamedTuple):
    """What a stamp says, to the second in general, before zone and year are settled."""

    year: int | None  # None where the stamp names none
    month: int
    day: int
    second: int  # of the day, 0 to 86400 (a leap second reads as the next one)
    zone: bytes  # as written: b"Z", b"+02:00", b"CEST"; b"" where the stamp names none
    ns: int = 0  # of the second, where the fraction is not written in decimal places


class Clock(NamedTuple):
    """What a stamp says that names no date."""

    second: int  # of the day; or of what else comes again
    zone: bytes
    every: int = 86_400  # after so many seconds


class Uptime(NamedTuple):
    """What a stamp says that counts from the start of its machine."""

    second: int


class Moment(NamedTuple):
    """An instant whose fraction is not written in decimal places."""

    ns: int  # since 1970 UTC


#: What a stamp says; a mere int stands for whole seconds since 1970 UTC.
Said = Civil | Clock | Uptime | Moment | int
#: Head and tail of a stamp in; what it says out, or None when it cannot be a time (month 13).
Reader = Callable[[bytes, bytes], Said | None]

_HOUR: Final = 3600 * 10**9
#: Within this distance of a stamp without a year no other year comes nearer.
HALF_YEAR: Final = 182 * 24 * _HOUR


@frozen(eq=False)
class Text:
    """One way to write a time.

    `pattern` has exactly three groups: the head down to the second, the digits of the fraction,
    and the tail (zone, or year and zone). Stamps with equal head and tail share their second, so
    the reader runs once for all of them. The pattern never crosses a line end.

    A `yearless` text names no year, and perhaps no date: the stamp before it settles which. What
    was read once holds again for the same text within `span` (ns, back and ahead) of the stamp
    before. An `uptime` text counts from the start of the machine.

    `shown` is what must follow in the lines of a sample that shows the format, but not later.

    `signs` spare the compiling of a pattern where it cannot match: one of them is in the shape
    (`variants.shape_of`) of whatever it matches. Without any, it is always tried.
    """

    name: str
    pattern: bytes
    read: Reader
    yearless: bool = False
    span: tuple[int, int] = (-HALF_YEAR, HALF_YEAR)
    uptime: bool = False
    signs: tuple[bytes, ...] = ()
    shown: bytes = b""


#: The reference of the examples: 2026-03-10 00:00:00 UTC.
REFERENCE: Final = 1_773_100_800 * 10**9


class Example(NamedTuple):
    """A line and the ISO 8601 time in UTC it must give, or None for a line that must not match."""

    line: bytes
    time: str | None
    zone: tzinfo = UTC
    reference: int = REFERENCE


@frozen(eq=False)
class TimeFormat:
    """An entry of the table: the texts accepted after one lead.

    `lead` is what stands between the start of the line and the stamp, a pattern without groups.
    A weak format is used only where a sample confirms it, with at least `needs` lines;
    one fewer where all lie shortly before the reference, and one fewer where all have a fraction.
    An entry without texts, but with `named` ones, is there for those who look for their system
    or name it: another entry reads its lines as well.
    `signs` are those of what stands before the stamp, as far as the stamp's first character.
    `anchor` is for the compiled kernel: a lead without bounds needs one, or is left to the
    general reader.
    """

    name: str
    title: str
    lead: bytes
    texts: tuple[Text, ...]
    examples: tuple[Example, ...]
    weak: bool = False
    needs: int = 1
    named: tuple[Text, ...] = ()
    signs: tuple[bytes, ...] = ()
    anchor: Anchor = Anchor.FIXED

    def renamed(self, name: str) -> "TimeFormat":
        """The same format by another name."""
        return TimeFormat(
            name, self.title, self.lead, self.texts, self.examples, self.weak, self.needs,
            self.named, self.signs, self.anchor,
        )  # fmt: skip

    @property
    def yearless(self) -> bool:
        """Whether its stamps name no year."""
        return all(text.yearless for text in (*self.texts, *self.named))
