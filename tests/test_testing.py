"""The checks for sources and sinks find what is wrong, and the clock stands still."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

import pytest

from plait.events import CaughtUp
from plait.logs.chunk import Chunk
from plait.sources import Item
from plait.testing import ManualClock, check_source


class Given:
    """A source that gives these items."""

    name = "given"

    def __init__(self, *items: Item) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)


def test_a_good_source_gives_its_bytes() -> None:
    made = check_source(lambda: Given(b"a\n", CaughtUp("given"), Chunk(b"b\n", [1, "x"])))
    assert made == b"a\nb\n"


def changing() -> Callable[[], Given]:
    numbers = itertools.count()
    return lambda: Given(b"%d\n" % next(numbers))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Given(CaughtUp("other")), "does not name the source"),
        (lambda: Given("text"), "neither bytes nor a chunk nor an event"),  # type: ignore[arg-type]  # on purpose
        (changing(), "gave other bytes"),
    ],
)
def test_a_broken_promise_is_named(make: Callable[[], Given], problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        check_source(make)


def test_a_token_that_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="JSON"):
        check_source(lambda: Given(Chunk(b"a\n", object())))


def test_time_passes_only_when_it_is_told_to() -> None:
    clock = ManualClock(start=5)
    called: list[str] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        clock.call_later(loop, 1.0, lambda: called.append("one"))
        clock.call_later(loop, 2.0, lambda: called.append("two")).cancel()
        clock.call_later(loop, 3.0, lambda: called.append("three"))
        clock.advance(2.5)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert called == ["one"]
    assert (clock.monotonic(), clock.time_ns()) == (2.5, 5 + 2_500_000_000)
