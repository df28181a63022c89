"""Batches made by hand, for tests of what works on batches."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate

from plait.logs.batch import STAMPED, Batch


def batch_of(records: Iterable[tuple[int, str]], source: str = "a", flags: int = STAMPED) -> Batch:
    """A batch of (place, text) records, the text without its line end."""
    pairs = list(records)
    raws = [text.encode() + b"\n" for _, text in pairs]
    places = array("q", [place for place, _ in pairs])
    return Batch(
        b"".join(raws),
        array("q", accumulate(map(len, raws), initial=0)),
        places,
        places,
        bytes([flags]) * len(pairs),
        (source,),
    )


def texts(batches: Sequence[Batch]) -> list[str]:
    """The texts of all records of these batches."""
    return [record.text for batch in batches for record in batch]
