"""What people type for durations and times in, seconds and nanoseconds out."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from plait.errors import UsageError

_SECONDS: Final = {
    "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0,
}  # fmt: skip
_NUMBER: Final = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_PART: Final = re.compile(rf"\s*({_NUMBER})\s*(us|µs|ms|s|m|h|d)", re.IGNORECASE)
_DURATION: Final = re.compile(rf"(?:{_PART.pattern})+\s*", re.IGNORECASE)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_EPOCH: Final = re.compile(r"@(-?)([0-9]{1,12})(?:\.([0-9]*))?")
_TIME: Final = re.compile(
    r"""(?P<day>\d{4}-\d\d-\d\d|today|yesterday)?
        (?:(?(day)(?:T|[ ]+))
           (?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?
        (?:[ ]*(?P<zone>Z|UTC|[+-]\d\d(?::?\d\d)?))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def parse_duration(text: str) -> float:
    """Give the seconds of `500ms`, `2s`, `1.5m`, `2h`, `1d`, `1h30m`; a bare number is seconds."""
    if re.fullmatch(_NUMBER, text.strip()):
        return float(text)
    if _DURATION.fullmatch(text):
        return sum(float(n) * _SECONDS[unit.lower()] for n, unit in _PART.findall(text))
    raise UsageError(f"{text!r} is no duration; write for example 500ms, 2s, 1.5s, 5m, 2h or 1d")


def parse_time(text: str, *, now: int, zone: tzinfo) -> int:
    """Give the nanoseconds since 1970 UTC of a time as people write it.

    `2026-03-01`, `2026-03-01 10:30`, `2026-03-01T10:30:15.123456789+08:00`; `10:30` is today's,
    even where that is still to come; `now`, `today` and `yesterday` (midnight), `yesterday 10:30`;
    `-15m` and `+15m` from `now` (nanoseconds); `@1700000000.5` seconds since 1970. `zone` holds
    where the text names none. Digits beyond the ninth of a second are cut off.
    """
    typed = text.strip()
    try:
        if typed.lower() == "now":
            return now
        if typed[:1] in {"-", "+"}:
            away = round(parse_duration(typed[1:]) * 1e9)
            return now + away if typed[0] == "+" else now - away
        if epoch := _SINCE_EPOCH.fullmatch(typed):
            return _since_epoch(epoch)
        if (found := _TIME.fullmatch(typed)) and (found["day"] or found["hour"]):
            return _time(found, now, zone)
    except (ValueError, OverflowError) as error:
        raise _no_time(text, "" if isinstance(error, UsageError) else str(error)) from error
    raise _no_time(text)


def _no_time(text: str, reason: str = "") -> UsageError:
    why = f" ({reason})" if reason else ""
    return UsageError(
        f"{text!r} is no time{why}; write for example 2026-03-01T10:30:00, 10:30, "
        "yesterday 10:30, -15m, now or @1700000000"
    )


def _since_epoch(found: re.Match[str]) -> int:
    ns = int(found[2]) * 1_000_000_000 + _nanoseconds(found[3])
    return -ns if found[1] else ns


def _time(found: re.Match[str], now: int, zone: tzinfo) -> int:
    zone = _zone(found["zone"]) or zone
    day = _day(found["day"], now, zone)
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    seconds = (local.astimezone(UTC) - _EPOCH) // timedelta(seconds=1)
    return seconds * 1_000_000_000 + _nanoseconds(found["fraction"])


def _day(named: str | None, now: int, zone: tzinfo) -> date:
    today = (_EPOCH + timedelta(seconds=now // 1_000_000_000)).astimezone(zone).date()
    match (named or "today").lower():
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case written:
            return date.fromisoformat(written)


def _zone(named: str | None) -> tzinfo | None:
    if named is None or named.upper() in {"Z", "UTC"}:
        return None if named is None else UTC
    return datetime.fromisoformat(f"1970-01-01T00:00{named}").tzinfo


def _nanoseconds(digits: str | None) -> int:
    return int((digits or "")[:9].ljust(9, "0"))
