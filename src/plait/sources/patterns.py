"""What a user names in, which paths that means out: a path, a glob or a folder."""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType

from plait.values import frozen


@frozen
class FileSpec:
    """One argument: what it names, its place among the arguments, and its settings.

    `label` is the name shown instead of the path; plait's files do not look at `settings`.
    """

    pattern: str
    position: int = 0
    label: str | None = None
    settings: Mapping[str, str] = MappingProxyType({})


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key by which `log.10` comes behind `log.9`."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(_PARTS, name)
    ]


def is_glob(pattern: str) -> bool:
    """Whether `pattern` has wildcards and is not simply the name of something that is there."""
    return _has_wildcards(pattern) and not os.path.lexists(pattern)


def _has_wildcards(part: str) -> bool:
    return not _WILDCARDS.isdisjoint(part)


_WILDCARDS = frozenset("*?[")
_PARTS = r"\d+|\D+"


class Pattern:
    """A glob or a folder, one segment of its path a step.

    `root` is the part without wildcards; `segments` are what follows. `**` stands for any
    number of folders. Wildcards do not match a leading dot unless they begin with one.
    """

    __slots__ = ("_matchers", "is_folder", "root", "segments", "spec")

    def __init__(self, spec: FileSpec, *, is_folder: bool) -> None:
        from fnmatch import translate  # a file named in full needs no pattern

        self.spec = spec
        self.is_folder = is_folder
        parts = [] if is_folder else spec.pattern.split(os.sep)
        fixed = next((i for i, part in enumerate(parts) if _has_wildcards(part)), len(parts))
        self.root = spec.pattern if is_folder else _joined(parts[:fixed])
        self.segments = ["**", "*"] if is_folder else [part for part in parts[fixed:] if part]
        self._matchers = [re.compile(translate(part)).match for part in self.segments]

    def matches(self, step: int, name: str) -> bool:
        """Whether the entry `name` fits segment `step`."""
        segment = self.segments[step]
        if name.startswith(".") and not segment.startswith("."):
            return False
        return segment == "**" or self._matchers[step](name) is not None

    def steps(self, step: int) -> list[int]:
        """The segments an entry of a folder at `step` may fit: `**` may stand for nothing."""
        found = [step]
        while self.segments[found[-1]] == "**" and found[-1] + 1 < len(self.segments):
            found.append(found[-1] + 1)
        return found

    def is_last(self, step: int) -> bool:
        """Whether what fits segment `step` is a file and not a folder on the way."""
        return step == len(self.segments) - 1


def _joined(parts: list[str]) -> str:
    root = os.sep.join(parts)
    return root or (os.sep if parts else "")


def is_text(path: str) -> bool:
    """Whether the first 4 KiB of a file could be a log's: no NUL, or UTF-16, or compressed."""
    with open(path, "rb", buffering=0) as file:
        begin = file.read(4096)
    from plait.sources.compressed import kind_of

    if begin[:2] in {b"\xff\xfe", b"\xfe\xff"} or kind_of(begin) is not None:
        return True
    return b"\0" not in begin
