"""A sample of a log in, what to accept in it out.

Compiling all formats takes longer than merging small files. So a pattern is compiled only where
the signs of its format are; what is chosen is the same as if all were tried.
"""

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Final

from plait.logs.times import iso, leads
from plait.logs.times.calendar import DAY, Calendar
from plait.logs.times.format import Civil, Clock, Text
from plait.logs.times.variants import (
    AnyOf,
    Variant,
    any_of,
    anywhere,
    bare,
    loose,
    may_be_stamped,
    shape_of,
    shown_pattern_of,
    variants_of,
)
from plait.values import frozen

_ISO: Final = next(v for v in variants_of(iso.FORMATS) if v.format.name == "iso")
# A format that covers this share of a sample needs no rival.
_PLAIN: Final = 0.9
# Weak formats and loose places must be shown by this share of the lines.
_MOST: Final = 0.6
# Weak stamps are believed within this many years before the reference.
_SPAN: Final = 30 * 366 * DAY
# A number that happens to lie so near before the reference is one in a hundred.
_NEAR: Final = 2 * 366 * DAY
# To look for signs at so many places takes as long as to compile all formats.
_LOOKS: Final = 1000
# A log that goes on to show other formats after so many shows more; compile them all at once.
_GROWTHS: Final = 3


@cache
def strong() -> tuple[Variant, ...]:
    """What every log is tried with; imported for who asks."""
    from plait.logs.times.strong import STRONG

    return variants_of(STRONG)


@cache
def _weak() -> tuple[Variant, ...]:
    from plait.logs.times.table import FORMATS

    return variants_of(tuple(form for form in FORMATS if form.weak))


@frozen
class Learned:
    """The variant tried first, and what is accepted beside it.

    `forced` alone is accepted where it is given, else `first`, all strong variants, and `also`.
    """

    primary: Variant | None
    forced: tuple[Variant, ...] | None = None
    also: Variant | None = None
    share: float = 0.0
    zoned: bool = False
    first: tuple[Variant, ...] = ()

    def beside(self, other: "Learned") -> "Learned":
        """The same, and what the other accepts is accepted as well, after its own."""
        first = (*self.accepted, *other.first)
        return Learned(self.primary, other.forced, other.also, self.share, self.zoned, first)

    @property
    def accepted(self) -> tuple[Variant, ...]:
        """All that are accepted, in order."""
        return (*self.first, *(self.forced or strong()), *((self.also,) if self.also else ()))

    @property
    def inner(self) -> bool:
        """Whether any of them looks into lines that start with a space."""
        return any(variant.inner for variant in (*self.first, *(self.forced or ())))


class Others:
    """The accepted variants as one pattern, compiled as far as lines have asked for.

    1. What `of` gives finds in its block what all accepted variants together would find.
    """

    __slots__ = ("_found", "_grown", "_learned", "_looks", "_missing")

    def __init__(self, learned: Learned) -> None:
        self._learned = learned
        self._found: AnyOf | None = None
        self._missing: list[Variant] | None = None  # accepted and not in `_found`
        self._looks = self._grown = 0

    def of(self, block: bytes, begin: int, end: int) -> AnyOf | None:
        """What finds the stamps of these whole lines; None where there can be none."""
        if self._missing is None or self._missing:
            self._look(shape_of(block[begin:end]))
        return self._found

    def _look(self, shape: bytes) -> None:
        """Add the variants whose signs are here."""
        learned = self._learned
        if self._missing is None:
            own = learned.forced or learned.also or learned.first
            if not own and not may_be_stamped(shape):
                return
            self._missing = list(learned.accepted)
        self._looks += 1
        fresh = self._missing
        if self._looks <= _LOOKS and self._grown < _GROWTHS:
            fresh = [variant for variant in fresh if variant.may_be_in(shape)]
        if fresh:
            self._grown += 1
            missing = [variant for variant in self._missing if variant not in fresh]
            self._missing = missing
            self._found = any_of(tuple(v for v in learned.accepted if v not in missing))

    def each_in(self, line: bytes) -> Iterable[Variant]:
        """The accepted variants that could read this line, in order."""
        shape = shape_of(line)
        return (variant for variant in self._learned.accepted if variant.may_be_in(shape))


@frozen
class _Hits:
    """The lines of the sample that a variant reads."""

    lines: int = 0
    bare: int = 0  # of these, how many have nothing before the stamp
    zoned: int = 0
    plausible: int = 0
    near: int = 0  # how many lie within the two years before the reference
    fine: int = 0  # how many have a fraction


class _Sample:
    """Whole lines from the start of a log, and what variants read of them."""

    def __init__(self, sample: bytes, calendar: Calendar) -> None:
        lines = [line for line in sample.split(b"\n") if line.strip()]
        self.lines = len(lines)
        self.heads = sum(1 for line in lines if line[:1] not in b" \t") or 1
        self._padded = b"\n" + sample
        self._calendar = calendar
        self._counts: dict[bytes, int] = {}

    @cached_property
    def _shape(self) -> bytes:
        return shape_of(self._padded)

    def most(self, variant: Variant) -> int:
        """At most how many lines a variant reads."""
        return variant.most_by(self._count, self.lines if variant.inner else self.heads)

    def _count(self, sign: bytes) -> int:
        """How often a sign is in the shape: variants share many of them."""
        count = self._counts.get(sign)
        if count is None:
            count = self._counts[sign] = self._shape.count(sign)
        return count

    def hits(self, variant: Variant) -> _Hits:
        """What a variant reads; compiles its lead, the longest part, only where that matters."""
        if variant.lead == leads.SHORT:
            hits = self._hits(bare(variant))
            if hits.lines == self.heads:
                return hits
            if anywhere(variant.text).search(self._padded) is None:
                return _Hits()
        return self._hits(variant)

    def _hits(self, variant: Variant) -> _Hits:
        calendar = self._calendar
        lines = bare = zoned = plausible = near = fine = 0
        seen: dict[tuple[bytes, bytes], tuple[int, bool] | None] = {}
        for match in shown_pattern_of(variant).finditer(self._padded):
            key = match[1], match[3]
            if key not in seen:
                seen[key] = _read(variant.text, *key, calendar)
            read = seen[key]
            if read is not None:
                lines += 1
                bare += match.start(1) == match.start() + 1
                zoned += read[1]
                span = calendar.reference - _SPAN, calendar.reference + DAY
                plausible += variant.text.uptime or span[0] < read[0] < span[1]
                near += calendar.reference - _NEAR < read[0] < calendar.reference + DAY
                fine += match[2] is not None
        return _Hits(lines, bare, zoned, plausible, near, fine)


def study(text: bytes, calendar: Calendar, forced: tuple[Variant, ...] | None) -> Learned:
    """Choose the primary variant and what else is accepted."""
    sample = _Sample(text, calendar)
    best, hits = _primary(forced, sample)
    also = None
    if forced is None and hits.lines < _MOST * sample.heads:
        other = _best_weak(sample)
        if other is not None and other[1].lines > hits.lines:
            best, hits = other
            also = best
    if hits.lines < _MOST * sample.heads:
        other = _loose((forced or strong()) + ((also,) if also else ()), sample)
        if other is not None and other[1].lines > hits.lines:
            # As the primary it has seen every line; among the others it would look again.
            best, hits = other
    if best is None:
        return Learned(None, forced, also)
    share = hits.lines / max(sample.lines, 1)
    primary = bare(best) if hits.bare >= _PLAIN * hits.lines else best
    return Learned(primary, forced, also, share, hits.zoned == hits.lines)


def _primary(forced: tuple[Variant, ...] | None, sample: _Sample) -> tuple[Variant | None, _Hits]:
    """The variant that reads the most lines, of equal ones the first."""
    if (forced is None or _ISO in forced) and sample.most(_ISO) >= _PLAIN * sample.heads:
        hits = sample.hits(_ISO)
        if hits.lines >= _PLAIN * sample.heads:
            return _ISO, hits
    best: Variant | None = None
    most, place = _Hits(), 0
    promising = enumerate(forced or strong())
    for bound, negative, variant in sorted(
        ((sample.most(variant), -place, variant) for place, variant in promising),
        key=lambda each: each[:2],
        reverse=True,
    ):
        if bound < most.lines or not bound:
            break
        if bound == most.lines and -negative > place:
            continue  # at best it reads as many, and comes later
        hits = sample.hits(variant)
        if hits.lines > most.lines or (hits.lines == most.lines > 0 and -negative < place):
            best, most, place = variant, hits, -negative
    return best, most


def _best_weak(sample: _Sample) -> tuple[Variant, _Hits] | None:
    """The weak variant that the sample confirms best."""
    best = None
    for variant in _weak():
        if sample.most(variant) < max(_MOST * sample.heads, best[1].plausible if best else 0):
            continue
        hits = sample.hits(variant)
        if hits.plausible < max(_MOST * sample.heads, _needed(variant, hits)):
            continue
        # Of two readings of a short date, the one near the reference is likelier.
        if best is None or (hits.plausible, hits.near) > (best[1].plausible, best[1].near):
            best = variant, hits
    return best


def _needed(variant: Variant, hits: _Hits) -> int:
    """How many lines must confirm a weak variant: fewer where they look the more like times."""
    return variant.format.needs - (hits.near == hits.lines) - (hits.fine == hits.lines)


def _loose(variants: tuple[Variant, ...], sample: _Sample) -> tuple[Variant, _Hits] | None:
    """The strong variant that most lines have somewhere near their start."""
    best = None
    for variant in [loose(variant) for variant in variants if variant.lead == leads.SHORT]:
        if sample.most(variant) < _MOST * sample.lines:
            continue
        hits = sample.hits(variant)
        if hits.lines >= _MOST * sample.lines and (best is None or hits.lines > best[1].lines):
            best = variant, hits
    return best


def _read(text: Text, head: bytes, tail: bytes, calendar: Calendar) -> tuple[int, bool] | None:
    """The time of a stamp, and whether it names its zone; None when it is no time."""
    said = text.read(head, tail)
    time = None if said is None else calendar.time(said, None)
    if said is None or time is None:
        return None
    return time, not isinstance(said, Civil | Clock) or bool(said.zone)
