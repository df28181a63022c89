"""The checks for sources, sinks and time formats find what is wrong, and the clock stands still."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

import pytest

from plait.events import CaughtUp
from plait.logs.chunk import Chunk
from plait.logs.times import Example, Text, TimeFormat
from plait.sources import Item
from plait.testing import ManualClock, check_source, check_time_format


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


SECONDS = TimeFormat(
    "seconds",
    "seconds since 1970: at 7",
    b"at ",
    (Text("seconds", rb"(\d+)(?:\.(\d{1,9}))?()", lambda head, tail: int(head)),),
    (
        Example(b"at 7 x", "1970-01-01T00:00:07Z"),
        Example(b"at 7.5 x", "1970-01-01T00:00:07.5Z"),
        Example(b"to 7 x", None),
    ),
)


def changed(
    lead: bytes = SECONDS.lead,
    texts: tuple[Text, ...] = SECONDS.texts,
    examples: tuple[Example, ...] = SECONDS.examples,
) -> TimeFormat:
    return TimeFormat(SECONDS.name, SECONDS.title, lead, texts, examples)


def test_a_time_format_that_gives_its_examples_is_good() -> None:
    check_time_format(SECONDS)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        (changed(examples=SECONDS.examples[1:]), "two examples with a time"),
        (changed(examples=SECONDS.examples[:2]), "must not match"),
        (changed(lead=b"(at) "), "the lead has no groups"),
        (
            changed(texts=(Text("x", rb"(\d+)", SECONDS.texts[0].read),)),
            "the pattern of x has three groups",
        ),
        (
            changed(examples=(*SECONDS.examples, Example(b"at 8", None))),
            r"b'at 8' gave 1970-01-01T00:00:08Z, not None",
        ),
    ],
)
def test_what_is_wrong_with_a_time_format_is_named(form: TimeFormat, problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        check_time_format(form)


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
