"""One format with one of its texts (a variant), and variants compiled to search whole blocks.

All patterns here begin with a newline, search a block that has one put before it, and end with
the line they are in: a match begins where its line begins, and ends where the next line begins.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Text, TimeFormat
from plait.values import frozen

_REST: Final = rb"[^\n]*"
_SHAPE: Final = bytes.maketrans(
    b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz", b"0" * 9 + b"a" * 51
)
# A stamp has a year or the time of day, and a number of seconds is longer than a year; what is
# written in Chinese, Japanese or Korean has a word for year, or digits or colons of full width.
_ANY_STAMP: Final = (b":0", b"0000", "年".encode(), "년".encode(), b"\xef\xbc")
# Lines that go on with the record above, and empty ones, cost one look.
_OUTER: Final = rb"(?![ \t\r\n])"


@frozen
class Variant:
    """A text in its place; `lead` may be narrower or wider than the format's own."""

    format: TimeFormat
    text: Text
    lead: bytes

    @property
    def inner(self) -> bool:
        """Whether it looks into lines that start with a space."""
        return self.lead in (leads.LOOSE, leads.ANYWHERE)

    def may_be_in(self, shape: bytes) -> bool:
        """Whether it could read anything in a block of this shape; compiles nothing."""
        return self.most_in(shape, 1) > 0

    def most_in(self, shape: bytes, lines: int) -> int:
        """At most how many of so many lines of this shape it reads; compiles nothing."""
        return self.most_by(shape.count, lines)

    def most_by(self, count: Callable[[bytes], int], lines: int) -> int:
        """The same, by what tells how often something is in the shape."""
        own = self.lead == self.format.lead and self.format.signs
        for signs in (own, self.text.signs):
            if signs and lines:
                lines = min(lines, sum(map(count, signs)))
        return lines


def shape_of(block: bytes) -> bytes:
    """What lines look like: every digit as 0 and every letter as a."""
    return block.translate(_SHAPE)


def may_be_stamped(shape: bytes) -> bool:
    """Whether any of the table's strong variants could be there; asks for none of them."""
    return any(sign in shape for sign in _ANY_STAMP)


def variants_of(formats: tuple[TimeFormat, ...]) -> tuple[Variant, ...]:
    """The variants of these formats at their own leads, in order."""
    return tuple(Variant(form, text, form.lead) for form in formats for text in form.texts)


@lru_cache(maxsize=128)
def pattern_of(variant: Variant) -> re.Pattern[bytes]:
    """One variant alone; its groups are those of the text."""
    start = b"" if variant.inner else _OUTER
    return re.compile(rb"\n%s%s%s%s" % (start, variant.lead, variant.text.pattern, _REST))


@lru_cache(maxsize=32)
def shown_pattern_of(variant: Variant) -> re.Pattern[bytes]:
    """The same, for a sample: what the text says of it must follow too."""
    text = variant.text
    if not text.shown:
        return pattern_of(variant)
    start = b"" if variant.inner else _OUTER
    shown = text.pattern + b"(?=%s)" % text.shown
    return re.compile(rb"\n%s%s%s%s" % (start, variant.lead, shown, _REST))


@lru_cache(maxsize=128)
def anywhere(text: Text) -> re.Pattern[bytes]:
    """A text wherever it stands; without a lead it compiles in a quarter of the time."""
    return re.compile(text.pattern)


class AnyOf:
    """Many variants in one pattern: each line gives the first that matches it."""

    def __init__(self, variants: tuple[Variant, ...]) -> None:
        self.variants = variants
        self._by_group: dict[int, Variant] = {}
        parts = []
        group = 1
        for lead, same in groupby(variants, key=lambda variant: variant.lead):
            texts = []
            for variant in same:
                # The group around a text closes last, so `lastindex` names it.
                self._by_group[group] = variant
                group += 4
                texts.append(b"(%s)" % variant.text.pattern)
            parts.append(rb"%s(?:%s)" % (lead, b"|".join(texts)))
        start = b"" if any(variant.inner for variant in variants) else _OUTER
        self.pattern = re.compile(rb"\n%s(?:%s)%s" % (start, b"|".join(parts), _REST))

    def variant(self, match: re.Match[bytes]) -> Variant:
        """The variant that matched."""
        return self._by_group[match.lastindex or 0]

    def found(self, match: re.Match[bytes]) -> tuple[Text, bytes, bytes | None, bytes]:
        """The text that matched; head, fraction and tail of the stamp."""
        group = match.lastindex or 0
        head, fraction, tail = match.group(group + 1, group + 2, group + 3)
        return self._by_group[group].text, head, fraction, tail


@lru_cache(maxsize=32)
def any_of(variants: tuple[Variant, ...]) -> AnyOf:
    """The compiled alternation of these variants, shared by all logs that accept them."""
    return AnyOf(variants)


def bare(variant: Variant) -> Variant:
    """The same text at the very start of the line."""
    return Variant(variant.format, variant.text, leads.NONE)


def loose(variant: Variant) -> Variant:
    """The same text anywhere near the start of the line."""
    return Variant(variant.format, variant.text, leads.LOOSE)
