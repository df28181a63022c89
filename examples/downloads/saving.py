"""A URL and a folder in; a file that is whole, or none, out. No client, no thread, no loop."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

#: Bytes that are written at once; between two pieces a download can be stopped.
PIECE = 1 << 14


@dataclass(frozen=True)
class Download:
    """What is fetched, and where it goes."""

    url: str
    path: Path


class DownloadFailed(Exception):
    """The world did not give it; the text says why."""


def download_of(url: str, folder: Path) -> Download:
    """A URL's place in a folder: one name a path and query, and no way out of the folder."""
    parts = urlsplit(url)
    target = parts.path.removeprefix("/") + (f"?{parts.query}" if parts.query else "")
    name = quote(target or "/", safe="")
    if name.startswith("."):  # these are ours; and .. leads out
        name = f"%2E{name[1:]}"
    return Download(url, folder / name)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name at the end of the block; if the block fails, it never was.

    A program that is killed leaves it under its temporary name; the next one begins it anew.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
