"""The name of a time zone in, a `tzinfo` out; the one place that asks the system for its own."""

import os
import re
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from plait.errors import UsageError

_OFFSET: Final = r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?"


def zone_of(name: str) -> tzinfo:
    """The zone of this name: `Asia/Shanghai`, `UTC`, `+08:00`, `UTC+8`, `local`."""
    if name in {"UTC", "utc", "Z", "GMT"}:
        return UTC
    if name == "local":
        return local_zone()
    if (offset := re.fullmatch(_OFFSET, name)) is not None:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours < 24 and minutes < 60:
            span = timedelta(hours=hours, minutes=minutes)
            return timezone(-span if offset[1] == "-" else span)
    from zoneinfo import ZoneInfo  # only now: most merges need no table of zones

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise UsageError(
            f"time zone {name!r} is not known; write a name such as Asia/Shanghai, "
            "an offset such as +08:00, UTC or local"
        ) from None


def local_zone() -> tzinfo:
    """The zone of this machine, as the C library sees it."""
    key = os.environ.get("TZ", "").removeprefix(":")
    if key in {"UTC", "UTC0"} or (not key and time.tzname == ("UTC", "UTC")):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        if key:
            return ZoneInfo(key)
        with open("/etc/localtime", "rb") as file:
            return ZoneInfo.from_file(file, key="local")
    except (OSError, ValueError, KeyError):
        return _SystemZone()


class _SystemZone(tzinfo):
    """Local time by way of the C library, where there is no file that describes it."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        if when is None:
            return timedelta(seconds=-time.timezone)
        seconds = time.mktime(when.replace(tzinfo=None).timetuple())
        return when.replace(tzinfo=None, microsecond=0) - datetime.fromtimestamp(
            seconds, UTC
        ).replace(tzinfo=None)

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str:
        return "local"
