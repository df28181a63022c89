"""Lines of a log in, their times out: formats in a table, `Stamper` to apply them."""

from plait.logs.times.added import added_formats
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.stamper import Detected, Stamper

__all__ = [
    "Civil",
    "Detected",
    "Example",
    "Stamper",
    "Text",
    "TimeFormat",
    "added_formats",
]
