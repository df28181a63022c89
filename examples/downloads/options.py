"""The options that both programs have, and what may stand for them."""

import argparse
from pathlib import Path
from urllib.parse import urlsplit


def parser(description: str) -> argparse.ArgumentParser:
    """A parser that knows them."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--folder", type=Path, default=Path("images"), help="where files go")
    made.add_argument("--at-once", type=count, default=8, help="requests that may be open")
    made.add_argument("--timeout", type=seconds, default=10, help="seconds without a byte")
    made.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    return made


def count(word: str) -> int:
    """One or more."""
    if int(word) < 1:
        raise ValueError(word)
    return int(word)


def seconds(word: str) -> float:
    """More than none."""
    if not float(word) > 0:
        raise ValueError(word)
    return float(word)


def address(word: str) -> str:
    """A URL that can be asked."""
    parts = urlsplit(word)
    _ = parts.port  # raises where it is none
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(word)
    parts.hostname.encode("idna")  # raises where it cannot be a name
    return word
