"""Two routines that take turns, by hand: greenlets and the same scheduler.

    pip install greenlet
    python examples/by_hand/greenlets.py

A greenlet has a stack of its own, so any function that it calls can let the other go on, and
nothing in the routines shows where: they read like threads.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable

try:
    from greenlet import getcurrent, greenlet
except ImportError:
    sys.exit("greenlets.py needs the package greenlet: pip install greenlet")


def pause() -> None:
    """Go back to the scheduler."""
    getcurrent().parent.switch()


def tell(text: str) -> None:
    print(text)
    pause()


def countdown(start: int) -> None:
    for number in range(start, 0, -1):
        tell(f"countdown {number}")
    print("lift-off")


def spinner(marks: str) -> None:
    for mark in marks:
        tell(f"    spinner {mark}")


def run(routines: Iterable[Callable[[], None]]) -> None:
    """Let each go on to its next pause, in turn, until all have ended."""
    ready = deque(greenlet(routine) for routine in routines)
    while ready:
        routine = ready.popleft()
        routine.switch()
        if not routine.dead:
            ready.append(routine)


if __name__ == "__main__":
    run([lambda: countdown(3), lambda: spinner("|/-\\")])
