"""What is wrong with an output, in facts and in one sentence."""

from dataclasses import dataclass
from typing import Final, Literal

from plait.logs.render import visible

Kind = Literal[
    "missing",
    "repeated",
    "torn",
    "foreign",
    "out of order (source)",
    "out of order (time)",
    "undecided",
]

# Of a record or line, so much is shown.
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first place at which an output is not what its sources demand.

    `line` is that of the output; `source` names the source concerned, `record` and
    `source_line` say which of its records (all from 1); `earlier` is the line of the output
    that is repeated. What is not known is None. `expected` and `found` are the first bytes of
    a record and of the output's line.
    """

    kind: Kind
    output: str
    line: int
    source: str | None = None
    record: int | None = None
    source_line: int | None = None
    expected: bytes | None = None
    found: bytes | None = None
    earlier: int | None = None

    def __str__(self) -> str:
        parts = [f"{_words(self.output)} line {self.line}: {self._claim()}"]
        if self.found is None:
            parts.append("the output ends here")
        elif self.kind != "undecided":
            parts.append(f"found {_quoted(self.found)}")
        if self.expected is not None and self.kind != "undecided":
            parts.append(f"expected {_quoted(self.expected)}")
        return "; ".join(parts)

    def _claim(self) -> str:
        where = self._where()
        match self.kind:
            case "missing":
                return f"{where} is missing"
            case "repeated":
                return f"repeats line {self.earlier} once more than the sources have it"
            case "torn":
                return f"{where} is not whole"
            case "foreign":
                return "no source has this record here"
            case "out of order (source)":
                return f"{where} comes after a later one of its source"
            case "out of order (time)":
                return f"{where} comes after a record of a later time"
        return (
            "undecided: before this line too many records are the same in several sources; "
            "write the output with labels or as JSON"
        )

    def _where(self) -> str:
        if self.source is None:
            return "a record"
        if self.source_line is not None:
            return f"the record of {_words(self.source)} line {self.source_line}"
        return f"record {self.record} of {_words(self.source)}"


def shown(data: bytes) -> bytes:
    """As much of it as a fault carries."""
    return data[:_SHOWN]


def _quoted(data: bytes) -> str:
    return f"{visible(data).decode('utf-8', 'replace')!r}"


def _words(name: str) -> str:
    """A name as it can be shown on a terminal, on one line."""
    encoded = name.encode("utf-8", "backslashreplace")
    return visible(encoded).decode().replace("\n", "^J").replace("\t", "^I")
