"""Batches in, the bytes that people and programs read out."""

import re
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache, partial
from itertools import accumulate
from typing import Final, Literal, Protocol

from plait.logs import kernel
from plait.logs.batch import LATE, PIECE, STAMPED, SUSPECT, Batch
from plait.logs.levels import LEVELS


class Renderer(Protocol):
    """What turns each batch into bytes to write, in the order of the calls."""

    def __call__(self, batch: Batch) -> bytes:
        """Give the bytes of all records of the batch; they end in a newline."""
        ...


def renderer(
    output_format: Literal["text", "json"], *, labels: bool, color: bool, terminal: bool
) -> Renderer:
    """Give the renderer for what was chosen; JSON has neither labels nor colours.

    For a `terminal` nothing that could steer it gets through, in either format.
    """
    if output_format == "json":
        return partial(json_lines, terminal=terminal)
    if labels:
        return Labels(color=color, terminal=terminal)
    if color:
        return partial(_colored, terminal=terminal)
    return _visible_text if terminal else text


def text(batch: Batch) -> bytes:
    """Give the input's bytes, unchanged."""
    return batch.data


class Labels:
    """Text with its source's name and ` | ` in front of every line, so that grep keeps both.

    1. Names are padded to `width` terminal columns; it only grows, by the names that are met.
    2. A name's colour is the palette's next when the name is first met, and stays.
    3. A name never holds a control character or newline (`visible`), wherever the output goes.
    4. Every colour ends on the line on which it begins.
    5. On a terminal a name takes at most 32 columns: the end of a path, the begin of others.
    6. Off a terminal and without colour, the lines without their labels are the input's bytes.
    """

    def __init__(self, width: int = 0, *, color: bool = False, terminal: bool = False) -> None:
        self.width = width
        self._color = color
        self._terminal = terminal
        self._names: dict[str, str] = {}
        self._prefixes: dict[str, bytes] = {}

    def __call__(self, batch: Batch) -> bytes:
        """Give the batch's lines, labelled."""
        prefixes = self._prefixes_of(batch.sources)
        return kernel.labelled(_shown(batch, color=self._color, terminal=self._terminal), prefixes)

    def _prefixes_of(self, sources: Iterable[str]) -> list[bytes]:
        fresh = [source for source in sources if source not in self._names]
        for source in fresh:
            name = _one_line(source)
            self._names[source] = name = _clipped(name) if self._terminal else name
            self.width = max(self.width, _columns(name))
        if fresh:
            self._prefixes = {
                source: self._prefix(name, number)
                for number, (source, name) in enumerate(self._names.items())
            }
        return [self._prefixes[source] for source in sources]

    def _prefix(self, name: str, number: int) -> bytes:
        label = name + " " * (self.width - _columns(name))
        if self._color:
            label = f"\x1b[{_PALETTE[number % len(_PALETTE)]}m{label}\x1b[0m"
        return f"{label} | ".encode()


# Those of the 16 that can be read on black as on white and are not a level's; plain ones first.
_PALETTE: Final = (36, 32, 35, 34, 96, 92, 95, 94)
_WIDEST: Final = 32
_RESET: Final = b"\x1b[0m"
_COLORS: Final = {"warning": b"\x1b[33m", "error": b"\x1b[31m", "fatal": b"\x1b[1;31m"}
_LEVEL_COLORS: Final = [None, *map(_COLORS.get, LEVELS)]  # by the codes of levels


def visible(data: bytes) -> bytes:
    r"""Give whole UTF-8 lines with all that could steer a terminal written out in ASCII.

    ESC becomes `^[`, other control characters but newline and tab likewise, the C1 controls
    `\x9b`, bytes that are not UTF-8 the same, characters that turn the writing direction
    `<U+202E>`. CRLF becomes LF. The same object comes back when there is nothing to write out.
    """
    if data.isascii() and re.search(_CONTROL, data) is None:
        return data
    try:
        shown = data.decode()
    except UnicodeDecodeError:
        shown = data.decode("utf-8", "backslashreplace")
    else:
        if re.search(_STEERING, shown) is None:
            return data
    return re.sub(_STEERING, _written_out, shown).encode()


_CONTROL: Final = rb"[\x00-\x08\x0b-\x1f\x7f]"
_STEERING: Final = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
# JSON itself escapes the C0 controls.
_STEERING_JSON: Final = "[\x7f-\x9f\u202a-\u202e\u2066-\u2069]"


def json_lines(batch: Batch, *, terminal: bool = False) -> bytes:
    """Give a JSON object a record, in valid UTF-8, one a line.

    The keys stand in this order: time, source, level (or null), stamped, late, text; then
    `"suspect":true` and `"piece":true` where it is so. The text is that of `Record.text`.
    """
    from json.encoder import encode_basestring  # text needs none of this

    names = [encode_basestring(_decoded(name)) for name in batch.sources]
    heads = [f'","source":{name},"level":'.encode() for name in names]
    lines = kernel.json_lines(batch, kernel.levels(batch), heads, *_tables_json())
    if not terminal:
        return lines
    harmless = re.sub(_STEERING_JSON, _as_escape, lines.decode())
    return harmless.encode()


def format_time(ns: int) -> str:
    """ISO 8601 in UTC with 0, 3, 6 or 9 digits after the second, as many as are needed."""
    second, rest = divmod(ns, 1_000_000_000)
    if not rest:
        return f"{_second(second)}Z"
    if rest % 1_000:
        return f"{_second(second)}.{rest:09d}Z"
    if rest % 1_000_000:
        return f"{_second(second)}.{rest // 1_000:06d}Z"
    return f"{_second(second)}.{rest // 1_000_000:03d}Z"


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


# Records of one second follow each other, from whatever source; the rest is for disorder.
@lru_cache(maxsize=256)
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]


def _as_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _flags_json(flags: int) -> str:
    stamped, late = (str(bool(flags & bit)).lower() for bit in (STAMPED, LATE))
    return f',"stamped":{stamped},"late":{late},"text":'


def _end_json(flags: int) -> str:
    suspect = ',"suspect":true' if flags & SUSPECT else ""
    piece = ',"piece":true' if flags & PIECE else ""
    return f"{suspect}{piece}}}\n"


@cache
def _tables_json() -> tuple[list[bytes], list[bytes], list[bytes]]:
    """What stands for each level's code, and for all flags before and behind the text."""
    levels = ["null", *(f'"{level}"' for level in LEVELS)]
    flags = map(_flags_json, range(256)), map(_end_json, range(256))
    before, behind = ([part.encode() for part in column] for column in flags)
    return [level.encode() for level in levels], before, behind


def _visible_text(batch: Batch) -> bytes:
    return visible(batch.data)


def _colored(batch: Batch, *, terminal: bool) -> bytes:
    return _shown(batch, color=True, terminal=terminal).data


def _shown(batch: Batch, *, color: bool, terminal: bool) -> Batch:
    """The same records as a terminal is to show them, in colour or not."""
    steers = terminal and visible(batch.data) is not batch.data
    if not steers and not color:
        return batch
    raws = batch.raws()
    if steers:
        raws = list(map(visible, raws))
    if color:
        # The level is found in what came: made visible, a colour code would stick to its word.
        colors = map(_LEVEL_COLORS.__getitem__, kernel.levels(batch))
        raws = list(map(_in_color, raws, colors))
    bounds = array("q", accumulate(map(len, raws), initial=0))
    columns = batch.times, batch.places, batch.flags, batch.sources, batch.origins
    return Batch(b"".join(raws), bounds, *columns)


def _in_color(raw: bytes, begin: bytes | None) -> bytes:
    if begin is None:
        return raw
    lines = raw[:-1].replace(b"\n", b"%s\n%s" % (_RESET, begin))
    return b"%s%s%s\n" % (begin, lines, _RESET)


def _decoded(name: str) -> str:
    # The bytes of a file name that are not UTF-8 reach us as lone surrogates.
    return re.sub(_SURROGATE, _without_surrogate, name)


_SURROGATE: Final = "[\ud800-\udfff]"


def _without_surrogate(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _one_line(name: str) -> str:
    return visible(_decoded(name).encode()).decode().replace("\n", "^J").replace("\t", "^I")


def _columns(name: str) -> int:
    """How many columns of a terminal the name takes."""
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in name)


def _clipped(name: str) -> str:
    """The telling part of a name that would leave too little of a terminal to the lines."""
    if _columns(name) <= _WIDEST:
        return name
    tail = "/" in name and ":" not in name.split("/")[0]
    letters = reversed(name) if tail else iter(name)
    kept, width = [], 1
    for letter in letters:
        if (width := width + _columns(letter)) > _WIDEST:
            break
        kept.append(letter)
    return "…" + "".join(reversed(kept)) if tail else "".join(kept) + "…"


def _written_out(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if code < 0x80:
        # CRLF ends a line as LF does; any other CR would go back over what is there.
        at_line_end = character == "\r" and found.string[found.end() : found.end() + 1] == "\n"
        return "" if at_line_end else f"^{chr(code ^ 0x40)}"
    return f"\\x{code:02x}" if code < 0xA0 else f"<U+{code:04X}>"
