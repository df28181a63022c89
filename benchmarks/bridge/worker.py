"""Rows and a place in, a line of JSON a row out: the process that measures.

`{"at": NAME}` when a side is first called, `{"times": [...]}` or `{"error": ...}` at the end of
a row; after an error it ends, so that nothing of a broken row stays for the next.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.bridge.comparison import Effort, Pace, Place, Row, alternate
from benchmarks.bridge.rows import ROWS
from plait.bridge import loop_factory

Say = Callable[[str, object], None]


async def measured(row: Row, effort: Effort, say: Say) -> tuple[tuple[float, ...], ...]:
    """Seconds a call, round by round."""
    async with row.sides() as sides:
        paces = [Pace(side, row.least, effort.seconds) for side in sides]
        for name, pace in zip(row.who, paces, strict=True):
            say("at", name)
            await pace.warm_up()
        say("at", "one of the rounds")
        return await alternate(paces, effort.rounds)


def work(place: Place, cores: list[int], effort: Effort, names: list[str], say: Say) -> None:
    """Measure these rows, each in a loop of its own."""
    os.sched_setaffinity(0, cores)
    if place.busy:
        threading.Thread(target=spin, daemon=True).start()
    rows = {row.name: row for row in ROWS}
    for name in names:
        with asyncio.Runner(loop_factory=loop_factory(place.loop)) as runner:
            times = runner.run(measured(rows[name], effort, say))
        say("times", times)


def spin() -> None:
    """A thread that computes: whoever needs the interpreter waits a switch interval for it."""
    while True:
        pass


def print_line(word: str, value: object) -> None:
    print(json.dumps({word: value}), flush=True)


def command(place: Place, cores: list[int], effort: Effort, rows: Sequence[Row]) -> list[str]:
    """What starts this process."""
    order: dict[str, Any] = {  # JSON
        "place": vars(place),
        "cores": cores,
        "effort": vars(effort),
        "names": [row.name for row in rows],
    }
    # Its own path of the interpreter: not a shim that looks for one first.
    return [sys.executable, "-m", "benchmarks.bridge.worker", json.dumps(order)]


def main() -> None:
    order = json.loads(sys.argv[1])
    place, effort = Place(**order["place"]), Effort(**order["effort"])
    try:
        work(place, order["cores"], effort, order["names"], print_line)
    except Exception as error:  # noqa: BLE001  # it is said in the row's cell
        print_line("error", f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
