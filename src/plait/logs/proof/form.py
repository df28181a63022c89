"""How an output was written in, the lines its sources must show there out."""

import re
from array import array
from collections.abc import Callable, Sequence
from typing import Final, Literal

from plait.logs.batch import STAMPED, Batch
from plait.logs.render import Labels, Renderer, json_lines, text

#: Plain records, records with their source's name before each line, or JSON objects.
FormName = Literal["text", "labelled", "json"]
Tail = tuple[bytes, ...]
_Lines = Callable[[list[bytes]], list[bytes]]

_MARKED_LATE: Final = b',"late":true,"text":'
_NOT_LATE: Final = b',"late":false,"text":'
# A comma before a quote never stands inside a JSON string, so these find keys and nothing else.
_UNSTAMPED: Final = re.compile(rb'\{"time":"[^"]*"(.*?),"stamped":false,"late":\w+', re.DOTALL)


class Form:
    """What the records of a source look like in the output, line by line.

    Both sides are brought to one shape: the padding of labels goes, and so do the late marks of
    JSON and the times of its records without a stamp, which depend on when plait ran.
    """

    def __init__(self, name: FormName, sources: Sequence[str]) -> None:
        self.name: Final = name
        self._normal: _Lines = _identity
        if name == "json":
            self._normal = _plain_json
        elif name == "labelled":
            self._normal = _unpadded(sources)

    def renderer(self) -> Renderer:
        """What renders the batches of one source."""
        if self.name == "json":
            return json_lines
        return Labels() if self.name == "labelled" else text

    def records(self, batch: Batch, render: Renderer) -> tuple[list[bytes], list[Tail]]:
        """The first line of every record, and the further lines of each."""
        lines = self.lines(render(batch)[:-1].split(b"\n"))
        n = len(batch)
        if len(lines) == n:
            return lines, [()] * n
        keys: list[bytes] = []
        tails: list[Tail] = []
        at = 0
        for raw in batch.raws():
            end = at + raw.count(b"\n")
            keys.append(lines[at])
            tails.append(tuple(lines[at + 1 : end]))
            at = end
        return keys, tails

    def lines(self, lines: list[bytes]) -> list[bytes]:
        """Lines of the output in the shape in which they are compared."""
        return self._normal(lines)


def detect(first: bytes, sources: Sequence[str]) -> FormName:
    """The form of an output by its first line, which is not a plain record of any source."""
    if re.match(rb'\{"time":"[^"]*","source":"', first):
        return "json"
    return "labelled" if _label(sources).match(first) else "text"


def _identity(lines: list[bytes]) -> list[bytes]:
    return lines


def _plain_json(lines: list[bytes]) -> list[bytes]:
    return [
        _UNSTAMPED.sub(rb"{\1", line, count=1)
        if b',"stamped":false,' in line
        else line.replace(_MARKED_LATE, _NOT_LATE, 1)
        for line in lines
    ]


def _unpadded(sources: Sequence[str]) -> _Lines:
    padding = _label(sources)

    def regular(lines: list[bytes]) -> list[bytes]:
        return [padding.sub(rb"\1 | ", line, count=1) for line in lines]

    names = set(map(_shown, sources))
    if any(b" | " in name or name.endswith(b" ") for name in names):
        return regular

    # The same in a third of the time: the label is what stands before the first bar.
    def normal(lines: list[bytes]) -> list[bytes]:
        out: list[bytes] = []
        for line in lines:
            label, bar, rest = line.partition(b" | ")
            if label not in names and (name := label.rstrip(b" ")) in names:
                out.append(name + bar + rest)
            else:
                out.append(line)
        return out

    return normal


def _label(sources: Sequence[str]) -> re.Pattern[bytes]:
    """Matches a label at the start of a line, with what pads it and the bar."""
    shown = sorted({_shown(source) for source in sources}, key=len, reverse=True)
    return re.compile(rb"\A(%s) * \| " % b"|".join(map(re.escape, shown)))


def _shown(source: str) -> bytes:
    zero = array("q", [0])
    empty = Batch(b"\n", array("q", [0, 1]), zero, zero, bytes([STAMPED]), (source,))
    return Labels()(empty).removesuffix(b" | \n")
