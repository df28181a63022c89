"""What the kernel needs to know to read the stamps of lines of one shape."""

from enum import IntEnum
from typing import Final

from plait.values import frozen

#: The parts of a time, in the order of `Layout.fields` and `Layout.constants`.
FIELDS: Final = ("year", "month", "day", "hour", "minute", "second", "epoch")
#: The keys of JSON objects that may stand for the time.
KEYS: Final = (b"@timestamp", b"timestamp", b"time", b"ts", b"@t", b"datetime", b"asctime")
#: A scanner keeps the layouts used most, and so many words that are not part of a stamp.
MOST_LAYOUTS: Final = 32
MOST_WORDS: Final = 64
#: No part of a layout is longer: a longer one is not taken.
MOST_REGION: Final = 248
#: As the patterns of the formats have it (`times.web`, `times.structured`).
LONGEST_HOST: Final = 200
MOST_PAIRS: Final = 60
MOST_DEPTH: Final = 7


class Anchor(IntEnum):
    """Where the region of a layout begins."""

    FIXED = 0  # at the start of the line
    BRACKET = 1  # behind the first bracket, as in the common log format
    KEYED = 2  # behind a key of a JSON object


@frozen
class Layout:
    """How a stamp is written, down to the byte: digits in their places, all else as it is here.

    The `region` reaches from the anchor to the fraction or, without one, the end of the stamp;
    where `digits` is set any digit may stand. `fields` are (place in the region, width), None
    for a part that is the same for all (`constants`). `fraction` is the number of its digits,
    -1 for one to nine, 0 for none. `tail` is what follows, with the first byte behind the stamp;
    `number` says that a digit follows a point, comma or colon there, `year` that a year further
    on would belong to the stamp. It holds for civil seconds since 1970 from `low` to below
    `high`, `offset` seconds east of UTC.
    """

    region: bytes
    digits: bytes
    fields: tuple[tuple[int, int] | None, ...]
    constants: tuple[int, ...]
    fraction: int
    tail: bytes
    number: bool
    year: bool
    offset: int
    low: int
    high: int
    anchor: Anchor = Anchor.FIXED
    key: bytes = b""
