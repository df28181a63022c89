"""How sources are read and merged, as plain values; nothing is opened by them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from plait.errors import UsageError
from plait.events import Event
from plait.logs.assemble import LIMIT
from plait.logs.batch import Step
from plait.logs.times import Stamper, TimeFormat, added_formats
from plait.plugins import time_formats
from plait.values import frozen
from plait.zones import local_zone, zone_of

if TYPE_CHECKING:
    from plait.ledger import Ledger
    from plait.logs.seek import Seek

#: Below so many bytes in all a second thread is not worth its start.
WORTH_A_THREAD: Final = 16 * 2**20
#: How many bytes of records may wait for others, over all sources.
MEMORY: Final = 32 * 2**20
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What one source may have waiting: enough for a merge in long stretches, and little enough
# that a thousand sources fit.
_SHARE_MOST: Final = 2**20
_SHARE_LEAST: Final = 64 * 2**10


@frozen(kw_only=True)
class Options:
    """What a stream does with its sources.

    `live` goes on as they grow. `order` is "time", or "arrival" for records as they come.
    `lateness` is how long, in seconds, a live record waits for earlier ones of other sources,
    at most; None stands for half a second, and a second more while sources with stamps of whole
    seconds are merged with finer ones. `skip_backlog` leaves out what files hold at the start.
    `since` and `until` keep the records from one time on and before another: nanoseconds since
    1970 UTC, or a datetime, which is in `tz` where it names no zone. Files are read only where
    they can hold such records, if they are in order; `read_all` does not rely on that.
    `tz` is the zone of stamps that name none, `time_format` the name or pattern of a format.
    `time_formats` are further formats, by name: each a pattern or a `TimeFormat`.
    `steps` work on every batch. `memory` bounds the bytes that wait, `limit` those of a record.
    `exclude` names files that no glob or folder may bring in. `on_event` is called with each
    event, on the stream's thread. With `resume` the stream goes on where a former one was when it
    gave these `Stream.bookmarks`; {} at the first time. Its sources must be files. With `raw`
    and order "arrival" the bytes of files at rest pass one file after the other, and nobody looks
    for records in them: a batch is a piece of bytes without a time, and records are not counted.
    """

    live: bool = False
    order: Literal["time", "arrival"] = "time"
    lateness: float | None = None
    skip_backlog: bool = False
    since: int | datetime | None = None
    until: int | datetime | None = None
    read_all: bool = False
    tz: str | tzinfo | None = None
    time_format: str | None = None
    time_formats: Mapping[str, str | TimeFormat] = MappingProxyType({})
    steps: Sequence[Step] = ()
    memory: int = MEMORY
    limit: int = LIMIT
    exclude: Sequence[str] = ()
    on_event: Callable[[Event], None] | None = None
    resume: Mapping[str, Any] | None = None
    raw: bool = False

    def __post_init__(self) -> None:
        if self.order not in {"time", "arrival"}:
            raise UsageError(f"order {self.order!r} is not known; write time or arrival")
        if self.raw and (self.live or self.order != "arrival" or self.resume is not None):
            raise UsageError("raw is for files at rest in order arrival, and not to be resumed")
        if self.lateness is not None and not self.lateness >= 0:
            raise UsageError(f"lateness {self.lateness!r} is negative")
        for name, moment in (("since", self.since), ("until", self.until)):
            if not isinstance(moment, int | datetime | None) or isinstance(moment, bool):
                raise UsageError(f"{name} {moment!r} is no time; give a datetime or nanoseconds")

    def instant(self, moment: int | datetime) -> int:
        """The nanoseconds since 1970 UTC of a `since` or `until`."""
        if isinstance(moment, int):
            return moment
        zone = self.reading({}).zone
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return (aware - _EPOCH) // timedelta(microseconds=1) * 1000

    def skipping(self, now: int) -> tuple[int | None, int | None]:
        """The `since` and `until` outside which files need not be read (ns), None for either.

        Live, a file is not left before it ends, and stamps from the future are not believed, so
        that they say nothing about the order. What is resumed is read on from its place.
        """
        if self.read_all or self.resume is not None:
            return None, None
        since = None if self.since is None else self.instant(self.since)
        until = None if self.until is None else self.instant(self.until)
        if not self.live:
            return since, until
        return (None if since is None or since > now else since), None

    def pipe(self) -> list[Step]:
        """All that works on the batches: the range of times, then `steps`."""
        pipe: list[Step] = []
        if self.since is None and self.until is None:
            return list(self.steps)
        from plait.logs import steps as filters

        if self.since is not None:
            pipe.append(filters.since(self.instant(self.since)))
        if self.until is not None:
            pipe.append(filters.until(self.instant(self.until)))
        return [*pipe, *self.steps]

    def ledger(self) -> "Ledger | None":
        """What keeps account of what a stream gives, if it is to be resumed."""
        if self.resume is None:
            return None
        from plait.ledger import Ledger  # with what it stands on, more than a small merge

        return Ledger(self.resume)

    def share(self, sources: int) -> int:
        """How many bytes one of so many sources may have waiting."""
        return min(_SHARE_MOST, max(_SHARE_LEAST, self.memory // max(1, sources)))

    def reading(self, settings: Mapping[str, str]) -> "Reading":
        """How one source is to be read, by its own settings before these."""
        tz = settings.get("tz", self.tz)
        time_format = settings.get("time-format", self.time_format)
        added = _added(tuple(self.time_formats.items()))
        if time_format is not None:
            _check(time_format, added)
        zone = local_zone() if tz is None else zone_of(tz) if isinstance(tz, str) else tz
        boot = settings.get("boot")
        return Reading(
            zone,
            "local" if tz is None else "given",
            time_format,
            self.limit,
            None if boot is None else _boot(boot, zone),
            added,
        )


class Given(TypedDict, total=False):
    """The fields of `Options`, as keywords for those who call `plait.follow` and `plait.merge`."""

    order: Literal["time", "arrival"]
    lateness: float | None
    skip_backlog: bool
    since: int | datetime | None
    until: int | datetime | None
    read_all: bool
    tz: str | tzinfo | None
    time_format: str | None
    time_formats: Mapping[str, str | TimeFormat]
    steps: Sequence[Step]
    memory: int
    limit: int
    exclude: Sequence[str]
    on_event: Callable[[Event], None] | None
    resume: Mapping[str, Any] | None
    raw: bool


@frozen
class Reading:
    """How the bytes of one source are to be understood."""

    zone: tzinfo
    zone_from: str = "local"
    time_format: str | None = None
    limit: int = LIMIT
    boot: int | None = None  # nanoseconds since 1970 UTC
    time_formats: tuple[TimeFormat, ...] = ()

    def stamper(self, reference: int) -> Stamper:
        """What finds the stamps; `reference` (ns) is about when the source ends."""
        return Stamper(
            zone=self.zone,
            reference=reference,
            format=self.time_format,
            zone_from=self.zone_from,
            boot=self.boot,
            added=self.time_formats,
            installed=time_formats,
        )

    def seek(self, since: int | None, until: int | None) -> "Seek":
        """What finds the records of this range of times in a file."""
        from plait.logs.seek import Seek

        return Seek(since, until, self.zone, self.stamper, self.limit)


def _boot(text: str, zone: tzinfo) -> int:
    """The time at which a machine started, written as in any log."""
    line = text.removeprefix("@").encode() + b"\n"
    for name in ("iso", "ctime", "rfc2822", "epoch", "iso-minute"):
        time = Stamper(zone=zone, reference=0, format=name).stamp(line)
        if time is not None:
            return time
    raise UsageError(
        f"boot {text!r} is no time; write for example 2026-03-01T09:58:12 or 1772359092.5"
    )


@lru_cache
def _added(given: tuple[tuple[str, str | TimeFormat], ...]) -> tuple[TimeFormat, ...]:
    return added_formats(dict(given))


@lru_cache
def _check(time_format: str, added: tuple[TimeFormat, ...]) -> None:
    """Raise `UsageError` for a format that is neither known nor a pattern."""
    Reading(UTC, time_format=time_format, time_formats=added).stamper(0)
