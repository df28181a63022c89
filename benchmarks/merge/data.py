"""A shape, a number of files and a size in, the files out: made once, then reused."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from benchmarks import make_logs

SEED: Final = 1
#: Of the code that makes them: files of another are not the same files.
EDITION: Final = hashlib.blake2b(Path(make_logs.__file__).read_bytes(), digest_size=4).hexdigest()


@dataclass(frozen=True)
class Data:
    """Some logs. Their files are made when first asked for."""

    home: Path
    shape: str
    size: int  # bytes a file, about
    count: int = 8
    compressed: bool = False

    @property
    def is_iso(self) -> bool:
        """Whether its lines sort as bytes, each with a time of its own."""
        return self.shape in ("iso", "runs")

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        ending = "-gz" if self.compressed else ""
        name = f"{self.shape}-{self.count}x{self.size}-seed{SEED}-{EDITION}{ending}"
        return self.home / name

    @cached_property
    def paths(self) -> list[Path]:
        """The files, in the order of their names."""
        if not self.folder.exists():
            # Under another name until it is whole.
            unfinished = self.folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            self._make(unfinished)
            unfinished.rename(self.folder)
        return sorted(self.folder.iterdir())

    @cached_property
    def total(self) -> int:
        """Bytes of all files, uncompressed."""
        return sum(path.stat().st_size for path in self.plain.paths)

    @property
    def plain(self) -> "Data":
        """The same, not compressed."""
        return replace(self, compressed=False)

    def lines(self) -> Iterator[bytes]:
        """All lines, file after file."""
        for path in self.plain.paths:
            with path.open("rb") as file:
                yield from file

    @property
    def minute_before_the_end(self) -> str:
        """The second a minute before the last line, of ISO data."""
        last = datetime.fromisoformat(max(map(_last_line, self.paths))[:19].decode())
        return (last - timedelta(minutes=1)).isoformat()

    @cached_property
    def merged(self) -> Path:
        """One file of ISO data in time order, by `sort -m`."""
        path = self.folder.with_suffix(".merged")
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            sort = ["sort", "-m", "--batch-size=128", "-o", str(unfinished)]
            subprocess.run([*sort, *map(str, self.paths)], env={"LC_ALL": "C"}, check=True)
            unfinished.rename(path)
        return path

    def _make(self, folder: Path) -> None:
        if not self.compressed:
            # Not in this process: what it starts would be charged with the memory of it.
            shape = ["--shape", self.shape, "--files", str(self.count), "--seed", str(SEED)]
            program = [sys.executable, make_logs.__file__, str(folder), *shape]
            subprocess.run([*program, "--size", str(self.size / 1e6)], check=True)
            return
        for path in self.plain.paths:
            with (folder / f"{path.name}.gz").open("wb") as file:
                subprocess.run(["gzip", "--stdout", path], stdout=file, check=True)


def _last_line(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(1000, path.stat().st_size), os.SEEK_END)
        return file.read().splitlines()[-1]
