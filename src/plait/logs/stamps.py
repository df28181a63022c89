"""What an assembler asks of whoever finds the stamps in a log."""

from array import array
from typing import Protocol


class Stamps(Protocol):
    """What the assembler asks of `plait.logs.times.Stamper`."""

    def learn(self, sample: bytes) -> None:
        """Choose the format by whole lines from the start of the incarnation."""

    def whole(self, block: bytes, begin: int, end: int) -> int:
        """Where in `block[begin:end]`, of whole lines, what `scan` gets now ends.

        The rest comes again with more: it begins a record that ends, or has its stamp, in lines
        that are still to come.
        """

    def scan(
        self, block: bytes, begin: int = 0, end: int | None = None
    ) -> tuple["array[int]", "array[int]"]:
        """Where in `block[begin:end]`, of whole lines, those with a stamp begin; their times."""
