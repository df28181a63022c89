"""Make seeded logs to measure with: python benchmarks/make_logs.py FOLDER [--shape S] [--size MB]

Eight files that share one time line, finely interleaved: each next line goes to a random file,
in runs of one to three. Shape `iso` writes ISO stamps everywhere, `mixed` a format a file.
"""

import argparse
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

WORDS = (
    "accepted", "cache", "client", "closed", "commit", "connection", "failed", "flush", "index",
    "job", "lease", "node", "open", "packet", "queue", "reader", "retry", "route", "session",
    "shard", "slow", "table", "timeout", "token", "upload", "user", "worker", "write",
)  # fmt: skip
LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "WARNING", "ERROR")
Stamp = Callable[[datetime, random.Random], str]


def _json(when: datetime, rng: random.Random) -> str:
    return '{"ts":"%sZ","level":"%s","msg":"' % (
        when.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        rng.choice(LEVELS).lower(),
    )


FORMATS: dict[str, Stamp] = {
    "iso": lambda w, r: w.strftime("%Y-%m-%dT%H:%M:%S.%fZ ") + r.choice(LEVELS) + " ",
    "python": lambda w, r: (
        w.strftime("%Y-%m-%d %H:%M:%S,")
        + f"{w.microsecond // 1000:03d} - app.core - {r.choice(LEVELS)} - "
    ),
    "syslog": lambda w, r: (
        w.strftime("%b %e %H:%M:%S ") + f"host{r.randrange(9)} app[{r.randrange(9999)}]: "
    ),
    "clf": lambda w, r: (
        f"10.0.{r.randrange(256)}.{r.randrange(256)} - - "
        + w.strftime('[%d/%b/%Y:%H:%M:%S +0000] "GET /')
    ),
    "epoch": lambda w, r: f"{w.timestamp():.6f} {r.choice(LEVELS)} ",
    "json": _json,
    "glog": lambda w, r: (
        r.choice("IWE") + w.strftime("%m%d %H:%M:%S.%f") + f" {r.randrange(9999)} core.cc:71] "
    ),
    "log4j": lambda w, r: (
        w.strftime("%Y-%m-%d %H:%M:%S,")
        + f"{w.microsecond // 1000:03d} [main] {r.choice(LEVELS)} app.Core - "
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=("iso", "mixed"), default="mixed")
    parser.add_argument("--size", type=float, default=100, help="megabytes a file, about")
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    make(chosen.folder, chosen.shape, chosen.files, int(chosen.size * 1e6), chosen.seed)


def make(folder: Path, shape: str, count: int, size: int, seed: int) -> list[Path]:
    """Write the files and return their paths."""
    rng = random.Random(seed)
    names = list(FORMATS) if shape == "mixed" else ["iso"]
    kinds = [names[i % len(names)] for i in range(count)]
    paths = [folder / f"{i}-{kind}.log" for i, kind in enumerate(kinds)]
    files = [path.open("w", buffering=2**20) for path in paths]
    left = [size] * count
    now = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC).timestamp()
    tails = [" ".join(rng.choices(WORDS, k=rng.randint(6, 12))) for _ in range(5000)]
    while any(left):
        i = rng.choice([i for i in range(count) if left[i]])
        for _ in range(rng.randint(1, 3)):
            now += rng.expovariate(2000)
            when = datetime.fromtimestamp(now, UTC)
            line = FORMATS[kinds[i]](when, rng) + rng.choice(tails)
            line += '"}\n' if kinds[i] == "json" else "\n"
            files[i].write(line)
            left[i] = max(0, left[i] - len(line))
    for file in files:
        file.close()
    return paths


if __name__ == "__main__":
    main()
