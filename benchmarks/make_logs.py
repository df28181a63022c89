"""Make seeded logs to measure with: python benchmarks/make_logs.py FOLDER [--shape S] [--size MB]

Files that share one time line. Each next line goes to a random file, in runs of one to three; in
shape `runs` one file has all lines of some minutes, then another. Shape `mixed` writes a format
a file, the others one format everywhere; `traceback` has records of several lines.

A second is drawn from a few hundred kinds of second, each made once: the lines of every file
without their second, so that it only has to be put between them.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

WORDS = (
    "accepted", "cache", "client", "closed", "commit", "connection", "failed", "flush", "index",
    "job", "lease", "node", "open", "packet", "queue", "reader", "retry", "route", "session",
    "shard", "slow", "table", "timeout", "token", "upload", "user", "worker", "write",
)  # fmt: skip
LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "WARNING", "ERROR")
BEGIN: Final = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
#: Lines a second of all files, about; with fewer, minutes of one file are some megabytes.
RATE: Final = 2000
RATE_OF_RUNS: Final = 300
#: Enough that what a compressor sees at once holds no second twice.
KINDS: Final = 256


@dataclass(frozen=True)
class Format:
    """How lines are written: something, the second, something with the fraction, the message."""

    name: str
    second: str
    rest: Callable[[int, random.Random], str]  # of the microsecond
    lead: Callable[[random.Random], str] = lambda rng: ""
    end: str = ""

    def line(self, micro: int, message: str, rng: random.Random) -> tuple[str, str]:
        """What stands before its second, and what after it."""
        return self.lead(rng), f"{self.rest(micro, rng)}{message}{self.end}\n"

    def second_of(self, when: datetime) -> bytes:
        """What all lines of this second have in common."""
        # strftime's own %s reads the machine's time zone.
        text = self.second.replace("%s", str(int(when.timestamp())))
        return when.strftime(text).encode()


def _level(rng: random.Random) -> str:
    return rng.choice(LEVELS)


FORMATS: Final = (
    Format("iso", "%Y-%m-%dT%H:%M:%S", lambda micro, rng: f".{micro:06d}Z {_level(rng)} "),
    Format(
        "python",
        "%Y-%m-%d %H:%M:%S",
        lambda micro, rng: f",{micro // 1000:03d} - app.core - {_level(rng)} - ",
    ),
    Format(
        "syslog",
        "%b %e %H:%M:%S",
        lambda micro, rng: f" host{rng.randrange(9)} app[{rng.randrange(9999)}]: ",
    ),
    Format(
        "clf",
        "%d/%b/%Y:%H:%M:%S",
        lambda micro, rng: ' +0000] "GET /',
        lambda rng: f"10.0.{rng.randrange(256)}.{rng.randrange(256)} - - [",
        ' HTTP/1.1" 200 512',
    ),
    Format("epoch", "%s", lambda micro, rng: f".{micro:06d} {_level(rng)} "),
    Format(
        "json",
        "%Y-%m-%dT%H:%M:%S",
        lambda micro, rng: f'.{micro:06d}Z","level":"{_level(rng).lower()}","msg":"',
        lambda rng: '{"ts":"',
        '"}',
    ),
    Format(
        "glog",
        "%m%d %H:%M:%S",
        lambda micro, rng: f".{micro:06d} {rng.randrange(9999)} core.cc:71] ",
        lambda rng: rng.choice("IWE"),
    ),
    Format(
        "log4j",
        "%Y-%m-%d %H:%M:%S",
        lambda micro, rng: f",{micro // 1000:03d} [main] {_level(rng)} app.Core - ",
    ),
)
LATE_JSON: Final = Format(
    "json-late",
    "%Y-%m-%dT%H:%M:%S",
    lambda micro, rng: f'.{micro:06d}Z","msg":"',
    lambda rng: f'{{"level":"{_level(rng).lower()}","ts":"',
    '"}',
)
#: Every shape, and the formats that its files take in turn.
SHAPES: Final[dict[str, tuple[Format, ...]]] = {
    "mixed": FORMATS,
    "runs": FORMATS[:1],
    "traceback": FORMATS[1:2],
    **{each.name: (each,) for each in (*FORMATS, LATE_JSON)},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="mixed")
    parser.add_argument("--size", type=float, default=100, help="megabytes a file, about")
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    make(chosen.folder, chosen.shape, chosen.files, int(chosen.size * 1e6), chosen.seed)


def make(folder: Path, shape: str, count: int, size: int, seed: int) -> list[Path]:
    """Write the files and return their paths."""
    formats = [SHAPES[shape][i % len(SHAPES[shape])] for i in range(count)]
    width = len(str(count - 1))
    paths = [folder / f"{i:0{width}}-{each.name}.log" for i, each in enumerate(formats)]
    files = [path.open("wb", buffering=2**20) for path in paths]
    seconds = _runs if shape == "runs" else _interleaved
    try:
        _fill(files, formats, size, seconds(formats, shape == "traceback", seed))
    finally:
        for file in files:
            file.close()
    return paths


#: The lines of a second in one file: what stands around each place of the second.
Lines = list[bytes]


def _fill(files: list[BinaryIO], formats: list[Format], size: int, seconds: "Seconds") -> None:
    """Write second after second until every file is full."""
    left = [size] * len(files)
    when = BEGIN
    for second in seconds:
        for i, lines in second:
            if left[i] > 0 and lines:
                left[i] -= files[i].write(formats[i].second_of(when).join(lines))
        if max(left) <= 0:
            return
        when += timedelta(seconds=1)


#: For each second, the numbers of files and their lines in it.
Seconds = Iterator[Iterator[tuple[int, Lines]]]


def _interleaved(formats: list[Format], several: bool, seed: int) -> Seconds:
    kind = cache(lambda number: _kind(formats, several, RATE, random.Random(f"{seed} {number}")))
    rng = random.Random(seed)
    while True:
        yield iter(enumerate(kind(rng.randrange(KINDS))))


def _runs(formats: list[Format], several: bool, seed: int) -> Seconds:
    first = formats[:1]  # they are all the same
    kind = cache(
        lambda number: _kind(first, several, RATE_OF_RUNS, random.Random(f"{seed} {number}"))
    )
    rng = random.Random(seed)
    turn = list(range(len(formats)))
    while True:
        rng.shuffle(turn)
        for i in turn:
            for _ in range(rng.randint(60, 180)):
                yield iter([(i, kind(rng.randrange(KINDS))[0])])


def _kind(formats: list[Format], several: bool, rate: int, rng: random.Random) -> list[Lines]:
    """A kind of second: the lines of each file; no two lines have the same microsecond."""
    files = [[""] for _ in formats]
    i = run = 0
    for micro in sorted(rng.sample(range(10**6), rng.randint(rate * 9 // 10, rate * 11 // 10))):
        if not run:
            i, run = rng.randrange(len(files)), rng.randint(1, 3)
        run -= 1
        message = " ".join(rng.choices(WORDS, k=rng.randint(6, 12)))
        if several and rng.random() < 0.1:
            message += _traceback(rng)
        lead, rest = formats[i].line(micro, message, rng)
        files[i][-1] += lead
        files[i].append(rest)
    return [[part.encode() for part in file] if len(file) > 1 else [] for file in files]


def _traceback(rng: random.Random) -> str:
    frames = (
        f'\n  File "/srv/app/{rng.choice(WORDS)}.py", line {rng.randrange(900)}, in '
        f"{rng.choice(WORDS)}\n    {rng.choice(WORDS)}.{rng.choice(WORDS)}()"
        for _ in range(rng.randint(1, 8))
    )
    return f"\nTraceback (most recent call last):{''.join(frames)}\nTimeoutError: no answer"


if __name__ == "__main__":
    main()
