"""Lines of a log in, their times out: formats in a table, `Stamper` to apply them."""

from plait.logs.times.format import Example, TimeFormat
from plait.logs.times.stamper import Detected, Stamper

__all__ = ["Detected", "Example", "Stamper", "TimeFormat"]
