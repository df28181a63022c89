"""A sample of a log in, what to accept in it out."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from plait.logs.times import leads
from plait.logs.times.calendar import DAY, Calendar
from plait.logs.times.format import Civil, Clock, Text
from plait.logs.times.table import FORMATS
from plait.logs.times.variants import Variant, any_of, loose, pattern_of, variants_of

#: What every log is tried with.
STRONG: Final = variants_of(tuple(form for form in FORMATS if not form.weak))
_WEAK: Final = variants_of(tuple(form for form in FORMATS if form.weak))
_ISO: Final = next(variant for variant in STRONG if variant.format.name == "iso")
# A format that covers this share of a sample needs no rival.
_PLAIN: Final = 0.9
# Weak formats and loose places must be shown by this share of the lines.
_MOST: Final = 0.6
# Weak stamps are believed within this many years before the reference.
_SPAN: Final = 30 * 366 * DAY
# A number that happens to lie so near before the reference is one in a hundred.
_NEAR: Final = 2 * 366 * DAY


@dataclass(frozen=True, slots=True)
class Learned:
    """The variant tried first, and all that are accepted, in order."""

    primary: Variant | None
    accepted: tuple[Variant, ...]
    share: float = 0.0
    zoned: bool = False


@dataclass(frozen=True, slots=True)
class _Hits:
    """The lines of the sample that a variant reads."""

    lines: int = 0
    bare: int = 0  # of these, how many have nothing before the stamp
    zoned: int = 0
    plausible: int = 0
    near: int = 0  # how many lie within the two years before the reference
    fine: int = 0  # how many have a fraction


def study(sample: bytes, calendar: Calendar, forced: tuple[Variant, ...] | None) -> Learned:
    """Choose the primary variant and what else is accepted."""
    lines = [line for line in sample.split(b"\n") if line.strip()]
    heads = sum(1 for line in lines if line[:1] not in b" \t") or 1
    padded = b"\n" + sample
    strong = forced or STRONG
    best, hits = _primary(strong, padded, heads, calendar)
    if forced is None and hits.lines < _MOST * heads:
        other = _weak(padded, heads, calendar)
        if other is not None and other[1].lines > hits.lines:
            best, hits = other
            strong = (*strong, best)
    if hits.lines < _MOST * heads:
        other = _loose(strong, padded, len(lines), calendar)
        if other is not None and other[1].lines > hits.lines:
            # As the primary it has seen every line; among the others it would look again.
            best, hits = other
    if best is None:
        return Learned(None, strong)
    share = hits.lines / max(len(lines), 1)
    primary = replace(best, lead=leads.NONE) if hits.bare >= _PLAIN * hits.lines else best
    return Learned(primary, strong, share, hits.zoned == hits.lines)


def _primary(
    variants: tuple[Variant, ...], padded: bytes, heads: int, calendar: Calendar
) -> tuple[Variant | None, _Hits]:
    """The variant that reads the most lines."""
    if _ISO in variants:
        hits = _hits(_ISO, padded, calendar)
        if hits.lines >= _PLAIN * heads:
            return _ISO, hits
    found = any_of(variants)
    counts = Counter(found.variant(match) for match in found.pattern.finditer(padded))
    best: Variant | None = None
    most = _Hits()
    for variant, _ in counts.most_common(3):
        hits = _hits(variant, padded, calendar)
        if hits.lines > most.lines:
            best, most = variant, hits
    return best, most


def _weak(padded: bytes, heads: int, calendar: Calendar) -> tuple[Variant, _Hits] | None:
    """The weak variant that the sample confirms best."""
    best = None
    for variant in _WEAK:
        hits = _hits(variant, padded, calendar)
        enough = max(_MOST * heads, _needed(variant, hits))
        if hits.plausible < enough:
            continue
        # Of two readings of a short date, the one near the reference is likelier.
        if best is None or (hits.plausible, hits.near) > (best[1].plausible, best[1].near):
            best = variant, hits
    return best


def _needed(variant: Variant, hits: _Hits) -> int:
    """How many lines must confirm a weak variant: fewer where they look the more like times."""
    return variant.format.needs - (hits.near == hits.lines) - (hits.fine == hits.lines)


def _loose(
    variants: tuple[Variant, ...], padded: bytes, lines: int, calendar: Calendar
) -> tuple[Variant, _Hits] | None:
    """The strong variant that most lines have somewhere near their start."""
    best = None
    for variant in [loose(variant) for variant in variants if variant.lead == leads.SHORT]:
        hits = _hits(variant, padded, calendar)
        if hits.lines >= _MOST * lines and (best is None or hits.lines > best[1].lines):
            best = variant, hits
    return best


def _hits(variant: Variant, padded: bytes, calendar: Calendar) -> _Hits:
    lines = bare = zoned = plausible = near = fine = 0
    seen: dict[tuple[bytes, bytes], tuple[int, bool] | None] = {}
    for match in pattern_of(variant).finditer(padded):
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


def _read(text: Text, head: bytes, tail: bytes, calendar: Calendar) -> tuple[int, bool] | None:
    """The time of a stamp, and whether it names its zone; None when it is no time."""
    said = text.read(head, tail)
    time = None if said is None else calendar.time(said, None)
    if said is None or time is None:
        return None
    return time, not isinstance(said, Civil | Clock) or bool(said.zone)
