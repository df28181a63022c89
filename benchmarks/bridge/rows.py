"""All rows, in the order of the table."""

from typing import Final

from benchmarks.bridge import iteration, limits, loops, queues, reentry, threads
from benchmarks.bridge.comparison import Row

ROWS: Final[list[Row]] = [
    *threads.ROWS,
    *loops.ROWS,
    *queues.ROWS,
    *reentry.ROWS,
    *iteration.ROWS,
    *limits.ROWS,
]
