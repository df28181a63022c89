"""Formats that a user or a package adds: by name and pattern in, what is learned with them out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from plait.errors import UsageError
from plait.logs.times.calendar import Calendar
from plait.logs.times.format import TimeFormat
from plait.logs.times.learn import Learned, study
from plait.logs.times.variants import Variant, variants_of

# As many lines of the sample as confirm a weak format of our own; and where one reads as many,
# the formats of packages, which take a while to find, are not asked for.
_MOST: Final = 0.6


def added_formats(given: Mapping[str, str | TimeFormat]) -> tuple[TimeFormat, ...]:
    """The formats of names with a pattern or a format each; `UsageError` where one is wrong."""
    if not given:
        return ()
    from plait.logs.times.pattern import format_of
    from plait.logs.times.table import FORMATS

    known = {form.name for form in FORMATS}
    for name in given:
        if name in known or "%" in name or not name:
            raise UsageError(
                f"time format {name!r} cannot be added: the name is taken, empty or a pattern; "
                "choose another"
            )
    return tuple(
        (format_of(form) if isinstance(form, str) else form).renamed(name)
        for name, form in given.items()
    )


class Added:
    """What is added to the table for one log: `given` by its user, `installed` by packages."""

    def __init__(
        self, given: Sequence[TimeFormat], installed: Callable[[], Sequence[TimeFormat]]
    ) -> None:
        self._given = given
        self._installed = installed

    def forced(self, text: str) -> tuple[Variant, ...]:
        """The variants of the one format that was asked for, of the table or one of these."""
        from plait.logs.times.pattern import format_of
        from plait.logs.times.table import FORMATS

        for form in FORMATS:
            if form.name == text:
                return variants_of((form,)) or tuple(
                    Variant(form, text, form.lead) for text in form.named
                )
        own = self._named(text)
        if own is not None:
            return variants_of((own,))
        if "%" in text:
            return variants_of((format_of(text),))
        names = ", ".join(form.name for form in (*FORMATS, *self._given, *self._installed()))
        raise UsageError(
            f"unknown time format {text!r}; write one of {names}, "
            "or a pattern such as '%Y-%m-%d %H:%M:%S.%f'"
        )

    def learned(self, sample: bytes, calendar: Calendar, learned: Learned) -> Learned:
        """What was learned, or one of these where it reads as many lines of the sample."""
        learned = _best(self._given, sample, calendar, learned)
        if learned.share < _MOST:
            learned = _best(self._installed(), sample, calendar, learned)
        return learned

    def _named(self, name: str) -> TimeFormat | None:
        """The format of this name, if it is one of these."""
        given = next((form for form in self._given if form.name == name), None)
        if given is None and "%" not in name:
            return next((form for form in self._installed() if form.name == name), None)
        return given


def _best(
    forms: Iterable[TimeFormat], sample: bytes, calendar: Calendar, learned: Learned
) -> Learned:
    for form in forms:
        own = study(sample, calendar, variants_of((form,)))
        if own.primary is None or own.share < max(learned.share, _MOST if form.weak else 0.0):
            continue
        learned = own.beside(learned)
    return learned
