"""The kernel in Python, what filters and renderers need of it: the columns of one batch."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, repeat
from operator import add
from typing import TYPE_CHECKING, TypeVar

from plait.logs.levels import CODES, level_of

if TYPE_CHECKING:
    from plait.logs.batch import Batch


def within(times: "array[int]", low: int, high: int) -> bytes:
    """A byte a record: 1 for times from `low` on and before `high`, else 0."""
    return bytes([low <= time < high for time in times])


def levels(batch: "Batch") -> bytes:
    """The level of each record, one of `levels.CODES`."""
    return bytes([CODES[level_of(raw)] for raw in batch.raws()])


def containing(batch: "Batch", literals: Sequence[bytes], ignore_case: bool = False) -> bytes:
    """A byte a record: 1 where one of these is found in it, in any case of ASCII letters or not.

    The literals are not empty and hold no newline.
    """
    data, bounds, end = batch.block, batch.bounds, batch.bounds[-1]
    if ignore_case:
        data, literals = data.lower(), [literal.lower() for literal in literals]
    mask = bytearray(len(batch))
    for literal in literals:
        record = 0
        at = data.find(literal, bounds[0], end)
        while at >= 0:
            record = bisect_right(bounds, at, record)
            mask[record - 1] = 1
            at = data.find(literal, bounds[record], end)
    return bytes(mask)


def holding(batch: "Batch", positions: Iterable[int]) -> bytes:
    """A byte a record: 1 where one of these positions, given in order, lies in it.

    They are positions in the block, from where the batch begins; it may end before the last.
    """
    bounds, end, record = batch.bounds, batch.bounds[-1], 0
    mask = bytearray(len(batch))
    for at in positions:
        if at >= end:
            break
        record = bisect_right(bounds, at, record)
        mask[record - 1] = 1
    return bytes(mask)


def chosen(mask: bytes) -> "array[int]":
    """The indices of the bytes that are not 0."""
    return array("q", [i for i, byte in enumerate(mask) if byte])


#: data, bounds, times, places, flags and origins, as the columns of a batch.
Taken = tuple[bytes, "array[int]", "array[int]", "array[int]", bytes, "array[int] | None"]


def take(batch: "Batch", kept: "array[int]") -> Taken:
    """The columns of the records with the given indices; `IndexError` where there is none.

    `times` is `places` where it was.
    """
    if kept and not 0 <= min(kept) <= max(kept) < len(batch):
        raise IndexError("record index out of range")
    block, bounds, origins = batch.block, batch.bounds, batch.origins
    raws = [block[bounds[i] : bounds[i + 1]] for i in kept]
    places = array("q", [batch.places[i] for i in kept])
    times = places
    if batch.times is not batch.places:
        times = array("q", [batch.times[i] for i in kept])
    return (
        b"".join(raws),
        array("q", accumulate(map(len, raws), initial=0)),
        times,
        places,
        bytes([batch.flags[i] for i in kept]),
        None if origins is None else array("i", [origins[i] for i in kept]),
    )


def labelled(batch: "Batch", prefixes: Sequence[bytes]) -> bytes:
    """The lines of all records, each with the prefix of its record's origin before it."""
    records = batch.raws()
    each_in_one_line = batch.data.count(b"\n") == len(records)
    label = add if each_in_one_line else _labelled
    return b"".join(map(label, _of_origins(prefixes, batch), records))


def _labelled(prefix: bytes, raw: bytes) -> bytes:
    return b"%s%s\n" % (prefix, raw[:-1].replace(b"\n", b"\n" + prefix))


_T = TypeVar("_T")


def _of_origins(values: Sequence[_T], batch: "Batch") -> Iterable[_T]:
    """Give each record's value, where each source has one."""
    if batch.origins is None:
        return repeat(values[0], len(batch))
    return map(values.__getitem__, batch.origins)


def json_lines(
    batch: "Batch",
    codes: bytes,
    heads: Sequence[bytes],
    levels: Sequence[bytes],
    flags: Sequence[bytes],
    ends: Sequence[bytes],
) -> bytes:
    r"""A JSON object a record, one a line, of parts that stand here as they are written.

    It begins with the time (`format_time`), whose quote is the first byte of the head of its
    origin; then come the level of its code, what stands for its flags, its text (without the
    line end, bytes that are not UTF-8 as `\xhh`), and the end for its flags.
    """
    from json.encoder import encode_basestring  # text needs none of this

    from plait.logs.render import format_time  # which itself goes by this kernel

    columns = zip(
        batch.times, _of_origins(heads, batch), codes, batch.raws(), batch.flags, strict=True
    )
    return b"".join(
        [
            b'{"time":"%s%s%s%s%s%s'
            % (
                format_time(time).encode(),
                head,
                levels[code],
                flags[flag],
                encode_basestring(_text(raw)).encode(),
                ends[flag],
            )
            for time, head, code, raw, flag in columns
        ]
    )


def _text(raw: bytes) -> str:
    end = -2 if raw.endswith(b"\r\n") else -1
    return raw[:end].decode("utf-8", "backslashreplace")
