"""A path, a stamp format and a rate in; out comes a log that grows and is rotated on the way.

The program that `plait demo` starts several times, as a file: it imports nothing of plait and
little else, so that many of them start at once. It ends when its standard input does.
"""

# ruff: noqa: S311  # dice, not keys

import os
import random
import select
import sys
import time
from collections.abc import Callable

_LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "INFO", "WARNING", "ERROR")
_EVENTS = ("order paid", "cache miss", "mail sent", "user signed in", "job done",
           "connection closed", "slow query", "index rebuilt", "token refreshed")  # fmt: skip
_PATHS = ("/", "/login", "/cart", "/api/orders", "/img/logo.png", "/search?q=plait")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# One record in so many goes on over several lines.
_RARE = 40
# A rotation comes after a share of its interval in these bounds, so that no two coincide.
_EARLY, _LATE = 0.7, 1.2

#: What a record is made of: its number, ns since 1970 UTC, and the clock's seconds east of UTC.
Line = Callable[[int, int, int], str]


def iso(number: int, ns: int, east: int) -> str:
    """`2026-03-01T10:00:00.123456+01:00 INFO ...`."""
    zone = f"{'-' if east < 0 else '+'}{abs(east) // 3600:02}:{abs(east) // 60 % 60:02}"
    return f"{_clock(ns, east, 'T')}.{_micros(ns)}{zone} {_level()} #{number} {_event()}"


def syslog(number: int, ns: int, east: int) -> str:
    """`Mar  1 10:00:00 host app[7]: ...`."""
    t = time.gmtime(ns // 10**9 + east)
    stamp = f"{_MONTHS[t.tm_mon - 1]} {t.tm_mday:2} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{stamp} alpha daemon[{os.getpid()}]: {_level().lower()}: #{number} {_event()}"


def python(number: int, ns: int, east: int) -> str:
    """`2026-03-01 10:00:00,123 INFO ...`, at times with a traceback."""
    line = f"{_clock(ns, east, ' ')},{_millis(ns)} {{}} worker.tasks: #{number} {_event()}"
    if random.randrange(_RARE):
        return line.format(_level())
    return (
        line.format("ERROR") + "\nTraceback (most recent call last):\n"
        f'  File "/srv/worker/tasks.py", line {random.randint(10, 400)}, in run\n'
        f"    handler(job)\nTimeoutError: no answer to job {number}"
    )


def clf(number: int, ns: int, east: int) -> str:
    """`10.0.0.7 - - [01/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 512`."""
    t = time.gmtime(ns // 10**9 + east)
    zone = f"{'-' if east < 0 else '+'}{abs(east) // 3600:02}{abs(east) // 60 % 60:02}"
    day = f"{t.tm_mday:02}/{_MONTHS[t.tm_mon - 1]}/{t.tm_year}"
    stamp = f"{day}:{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} {zone}"
    status = random.choice((200, 200, 200, 304, 404, 500))
    request = f'"GET {random.choice(_PATHS)} HTTP/1.1" {status}'
    return f'10.0.0.{random.randint(2, 9)} - - [{stamp}] {request} {number} "-" "demo"'


def epoch(number: int, ns: int, east: int) -> str:
    """`1772359200.123456 temperature=21.5`."""
    return f"{ns // 10**9}.{_micros(ns)} #{number} temperature={random.gauss(21, 2):.2f}"


def json(number: int, ns: int, east: int) -> str:
    """`{"time":"2026-03-01T10:00:00.123456Z","level":"info",...}`."""
    level, event = _level().lower(), _event()
    return (
        f'{{"time":"{_clock(ns, 0, "T")}.{_micros(ns)}Z","level":"{level}",'
        f'"number":{number},"msg":"{event}"}}'
    )


def glog(number: int, ns: int, east: int) -> str:
    """`I0301 10:00:00.123456    7 node.go:42] ...`."""
    t = time.gmtime(ns // 10**9 + east)
    stamp = f"{t.tm_mon:02}{t.tm_mday:02} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{_level()[0]}{stamp}.{_micros(ns)} {os.getpid():7} node.go:42] #{number} {_event()}"


def log4j(number: int, ns: int, east: int) -> str:
    """`2026-03-01 10:00:00.123 [main] INFO  ...`, at times with a stack trace."""
    line = f"{_clock(ns, east, ' ')}.{_millis(ns)} [main] {{:5}} shop.Orders - #{number} {_event()}"
    if random.randrange(_RARE):
        return line.format(_level())
    return (
        line.format("ERROR") + f"\njava.lang.IllegalStateException: order {number} has no owner\n"
        "\tat shop.Orders.pay(Orders.java:118)\n\tat shop.Main.main(Main.java:12)"
    )


#: What `plait demo` lets its writers write, in turn.
LINES: dict[str, Line] = {
    line.__name__: line for line in (iso, syslog, python, clf, epoch, json, glog, log4j)
}


def main(path: str, kind: str, rate: float, interval: float, east: int) -> None:
    """Write about `rate` records a second and rotate about every `interval` seconds."""
    line = LINES[kind]
    number, stamp = 0, 0
    file = _opened(path)
    due = time.monotonic()
    rotation = due + interval * random.uniform(_EARLY, _LATE)
    while not _told_to_stop(due - time.monotonic()):
        number += 1
        # A clock that is set back must not disorder the log: that is not what is shown here.
        stamp = max(stamp, time.time_ns())
        os.write(file, f"{line(number, stamp, east)}\n".encode())
        due = max(due, time.monotonic() - 1) + random.expovariate(rate)
        if time.monotonic() >= rotation:
            file = _rotated(path, file)
            rotation = time.monotonic() + interval * random.uniform(_EARLY, _LATE)


def _told_to_stop(pause: float) -> bool:
    """Wait for the next record's moment; True at once when standard input ends."""
    return bool(select.select([0], [], [], max(0.0, pause))[0])


def _opened(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)


def _rotated(path: str, file: int) -> int:
    """Move the log and its older ones on by one number, as logrotate does; open a new one."""
    last = 1
    while os.path.exists(f"{path}.{last}"):
        last += 1
    for old in range(last, 1, -1):
        os.rename(f"{path}.{old - 1}", f"{path}.{old}")
    os.rename(path, f"{path}.1")
    os.close(file)
    return _opened(path)


def _clock(ns: int, east: int, between: str) -> str:
    t = time.gmtime(ns // 10**9 + east)
    date = f"{t.tm_year}-{t.tm_mon:02}-{t.tm_mday:02}"
    return f"{date}{between}{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"


def _micros(ns: int) -> str:
    return f"{ns // 1_000 % 1_000_000:06}"


def _millis(ns: int) -> str:
    return f"{ns // 1_000_000 % 1_000:03}"


def _level() -> str:
    return random.choice(_LEVELS)


def _event() -> str:
    return random.choice(_EVENTS)


if __name__ == "__main__":
    where, what, *numbers = sys.argv[1:]
    main(where, what, float(numbers[0]), float(numbers[1]), int(numbers[2]))
