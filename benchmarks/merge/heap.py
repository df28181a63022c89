"""The peer in Python: files of ISO stamps in, one order out, by `heapq.merge`.

As one would write it: each line's key once, lines as bytes, and joined writes.
"""

import heapq
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice


def keyed(lines: Iterator[bytes]) -> Iterator[tuple[datetime, bytes]]:
    """Each line behind its time."""
    parse = datetime.fromisoformat
    for line in lines:
        yield parse(line[:27].decode("ascii")), line


def main() -> None:
    with ExitStack() as stack:
        files = [stack.enter_context(open(path, "rb", 2**20)) for path in sys.argv[1:]]
        merged = heapq.merge(*map(keyed, files))
        while lines := [line for _, line in islice(merged, 10_000)]:
            sys.stdout.buffer.write(b"".join(lines))


if __name__ == "__main__":
    main()
