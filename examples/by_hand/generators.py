"""Two routines that take turns, by hand: generators and a scheduler of ten lines.

    python examples/by_hand/generators.py

`yield` is the place where a routine lets the other go on. It can only stand in the generator
itself: a function that it calls must be a generator too, and be called with `yield from`.
"""

from collections import deque
from collections.abc import Generator, Iterable

Routine = Generator[None, None, None]


def tell(text: str) -> Routine:
    print(text)
    yield


def countdown(start: int) -> Routine:
    for number in range(start, 0, -1):
        yield from tell(f"countdown {number}")
    print("lift-off")


def spinner(marks: str) -> Routine:
    for mark in marks:
        yield from tell(f"    spinner {mark}")


def run(routines: Iterable[Routine]) -> None:
    """Let each go on to its next `yield`, in turn, until all have ended."""
    ready = deque(routines)
    while ready:
        routine = ready.popleft()
        try:
            next(routine)
        except StopIteration:
            continue
        ready.append(routine)


if __name__ == "__main__":
    run([countdown(3), spinner("|/-\\")])
