"""What a command wrote in; an error out where that is not what it had to write.

All of it is read line by line: what this process holds, its children are charged with.
"""

import csv
import hashlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.merge.data import Data


class WrongOutput(Exception):
    """A command wrote something else than it had to."""


@dataclass(frozen=True)
class Output:
    """The first bytes of a file."""

    path: Path
    size: int

    def blocks(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        left = self.size
        with self.path.open("rb") as file:
            while left > 0 and (block := file.read(min(left, 2**20))):
                left -= len(block)
                yield block

    def lines(self) -> Iterator[bytes]:
        """All of it, line by line."""
        left = self.size
        with self.path.open("rb") as file:
            while left > 0 and (line := file.readline(left)):
                left -= len(line)
                yield line

    def digest(self) -> str:
        """A fingerprint of its bytes."""
        return digest(self.blocks())


#: Raises `WrongOutput` where the output is not the right one for this data.
Check = Callable[[Output, Data], None]


def digest(pieces: Iterable[bytes]) -> str:
    """A fingerprint of bytes, however they are cut."""
    taken = hashlib.blake2b(digest_size=16)
    for piece in pieces:
        taken.update(piece)
    return taken.hexdigest()


def merged(output: Output, data: Data) -> None:
    """All records in time order: as `sort -m` has them, or else by the proof of `plait verify`."""
    if data.is_iso:
        _same(output.digest(), digest(in_order(data)), "it is not what `sort -m` gives")
    else:
        _prove(output, data)


def any_order(output: Output, data: Data) -> None:
    """All lines, in whatever order."""
    _same(output.size, data.total, "its size is not that of the logs")
    _same(sum(map(hash, output.lines())), sum(map(hash, data.lines())), "it has other lines")


def matching(pattern: bytes) -> Check:
    """All lines in which this is found, in time order."""
    found = re.compile(pattern).search

    def check(output: Output, data: Data) -> None:
        right = digest(line for line in in_order(data) if found(line))
        _same(output.digest(), right, "it has not the lines that were asked for")

    return check


def last_minute(output: Output, data: Data) -> None:
    """All lines of the last minute, in time order."""
    first = data.minute_before_the_end.encode()
    right = digest(line for line in in_order(data) if line >= first)
    _same(output.digest(), right, "it has not the lines that were asked for")


def labelled(output: Output, data: Data) -> None:
    """All lines in time order, each behind the path of its file."""
    sources: defaultdict[str, hashlib.blake2b] = defaultdict(
        lambda: hashlib.blake2b(digest_size=16)
    )

    def bare() -> Iterator[bytes]:
        for line in output.lines():
            label, _, text = line.partition(b" | ")
            sources[label.decode().rstrip()].update(text)
            yield text

    _same(digest(bare()), digest(in_order(data)), "without labels it is not what `sort -m` gives")
    files = {str(path): Output(path, path.stat().st_size).digest() for path in data.paths}
    labels = {label: taken.hexdigest() for label, taken in sources.items()}
    _same(labels, files, "labels and files do not agree")


def json_lines(output: Output, data: Data) -> None:
    """All lines in time order, as the text of JSON objects that have their time as well."""

    def texts() -> Iterator[bytes]:
        for line in output.lines():
            record = json.loads(line)
            text: str = record["text"]
            if record["time"].rstrip("Z") not in text:
                raise WrongOutput(f"a record's time is not that of its text: {text}")
            yield f"{text}\n".encode()

    _same(digest(texts()), digest(in_order(data)), "its texts are not what `sort -m` gives")


def table_of_messages(output: Output, data: Data) -> None:
    """A CSV table with all messages, in whatever order; several of one time share a cell."""
    with output.path.open(encoding="utf-8", newline="") as file:
        cells = (cell for row in islice(csv.reader(file), 1, None) for cell in row[1:] if cell)
        taken = sum(hash(line.encode()) for cell in cells for line in cell.splitlines())
    right = sum(hash(line[28:].rstrip(b"\n")) for line in data.lines())
    _same(taken, right, "it has other messages")


def nothing(output: Output, data: Data) -> None:
    """No output."""
    _same(output.size, 0, "it wrote something")


def holds(output: Output, data: Data) -> None:
    """That the proof held."""
    if not next(output.lines(), b"").startswith(b"holds"):
        raise WrongOutput("it does not hold")


def version(output: Output, data: Data) -> None:
    """One line that names plait."""
    if not next(output.lines(), b"").startswith(b"plait "):
        raise WrongOutput("it does not name its version")


def in_order(data: Data) -> Iterator[bytes]:
    """The lines of ISO data in time order, from `sort -m`."""
    with data.plain.merged.open("rb") as file:
        yield from file


def _prove(output: Output, data: Data) -> None:
    copy = output.path.with_suffix(".proof")  # the file may go on with what stood there before
    try:
        with copy.open("wb") as file:
            file.writelines(output.blocks())
        verify = [sys.executable, "-m", "plait", "verify", "--exact", "--tz", "UTC", "--quiet"]
        done = subprocess.run(
            [*verify, copy, *data.paths], capture_output=True, text=True, check=False
        )
    finally:
        copy.unlink(missing_ok=True)
    if done.returncode:
        raise WrongOutput(f"plait verify: {(done.stderr or done.stdout).strip()}")


def _same(found: object, right: object, otherwise: str) -> None:
    if found != right:
        raise WrongOutput(otherwise)
