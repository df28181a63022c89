"""Paths in, a log in each that grows: a process of its own, told by its standard input what to do.

Arguments: a seed, lines a second over all files (0: as fast as it can), whether others write to the
same files, and `STREAM:PATH` for each.
Commands, one a line, each answered by the last number of each stream as JSON:

    go         write
    pause      write no more until `go`
    reopen     open all paths anew; the old files get nothing more
    rewrite    truncate each file and fill it at once to more than it held
    stop       end

It ends too when its standard input does. It imports nothing of plait.
"""

import json
import os
import random
import select
import sys
import time

from benchmarks.torture.lines import make

#: Lines written at once: some are many, most are few.
_BATCHES = (1, 1, 1, 2, 3, 5, 8, 40)
_TEXT = "the quick brown fox jumps over the lazy dog " * 12
#: One batch in so many is written in two parts, cut anywhere.
_CUT = 8


class File:
    """One log."""

    def __init__(self, stream: int, path: str, *, shared: bool) -> None:
        self.stream, self.path, self.number = stream, path, 0
        self.cut = 0 if shared else _CUT  # what another writes must not come between two parts
        self.fd = -1
        self.open()

    def open(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self.fd = os.open(self.path, flags, 0o666)

    def batch(self, rng: random.Random, count: int) -> bytes:
        """The next lines."""
        now = time.time_ns()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        stamp += f".{now // 1000 % 10**6:06}Z"
        self.number += count
        numbers = range(self.number - count + 1, self.number + 1)
        return b"".join(
            make(stamp, self.stream, number, _TEXT[: rng.randrange(4, 120)]) for number in numbers
        )

    def write(self, rng: random.Random) -> int:
        """Write some lines; gives their number."""
        count = rng.choice(_BATCHES)
        data = self.batch(rng, count)
        cut = rng.randrange(len(data)) if self.cut and not rng.randrange(self.cut) else 0
        _write(self.fd, data[:cut])
        _write(self.fd, data[cut:])
        return count

    def rewrite(self, rng: random.Random) -> None:
        size = os.fstat(self.fd).st_size
        data = b""
        while len(data) <= size:
            data += self.batch(rng, 40)
        os.ftruncate(self.fd, 0)
        _write(self.fd, data)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def main(seed: int, rate: float, files: list[File]) -> None:
    rng = random.Random(seed)
    going, due, waiting = False, 0.0, b""
    turn = 0
    while True:
        pause = max(0.0, due - time.monotonic()) if going else None
        if select.select([0], [], [], pause)[0]:
            data = os.read(0, 4096)
            if not data:
                return
            *commands, waiting = (waiting + data).split(b"\n")
            for command in commands:
                going = _obey(command, files, rng, going)
                due = time.monotonic()
                answer = json.dumps({file.stream: file.number for file in files})
                os.write(1, answer.encode() + b"\n")
                if command == b"stop":
                    return
        elif going:
            count = files[turn].write(rng)
            turn = (turn + 1) % len(files)
            # A writer that was held up makes good for a tenth of a second, no more.
            due = max(due, time.monotonic() - 0.1) + (count / rate if rate else 0.0)


def _obey(command: bytes, files: list[File], rng: random.Random, going: bool) -> bool:
    if command == b"go":
        return True
    if command in {b"pause", b"stop"}:
        return False
    for file in files:
        if command == b"rewrite":
            file.rewrite(rng)
        else:
            file.open()
    return going


if __name__ == "__main__":
    pairs = [word.split(":", 1) for word in sys.argv[4:]]
    shared = sys.argv[3] == "shared"
    logs = [File(int(stream), path, shared=shared) for stream, path in pairs]
    main(int(sys.argv[1]), float(sys.argv[2]), logs)
