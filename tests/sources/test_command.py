"""Commands and pipes as sources."""

import asyncio
import os
import select
from pathlib import Path

import pytest

from plait.errors import SourceError
from plait.sources.command import CommandSource
from plait.sources.pipe import PipeSource
from plait.testing import check_source


def test_a_command_keeps_the_promises_of_a_source() -> None:
    assert check_source(lambda: CommandSource("printf 'a\\nb\\n'")) == b"a\nb\n"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("exit 3", "exit status 3"),
        ("no-such-command-here 2>/dev/null", "was not found"),
        ("kill -9 $$", "killed by SIGKILL"),
    ],
)
def test_a_command_that_does_not_end_well_is_a_failure(command: str, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        check_source(lambda: CommandSource(command))


def test_what_a_command_wrote_before_it_failed_is_given() -> None:
    async def run() -> list[object]:
        got: list[object] = []
        try:
            async for item in CommandSource("echo a; exit 1"):
                got.append(item)  # noqa: PERF401  # what came before the failure is wanted
        except SourceError:
            got.append("failed")
        return got

    assert asyncio.run(run()) == [b"a\n", "failed"]


def test_leaving_early_ends_the_command_and_all_it_started() -> None:
    async def run() -> list[int]:
        source = CommandSource("sleep 1000 & echo $! $$; wait")
        items = aiter(source)
        item = await anext(items)
        assert isinstance(item, bytes)
        await items.aclose()  # type: ignore[attr-defined]  # it is an async generator
        return [int(word) for word in item.split()]

    for process in asyncio.run(run()):
        assert has_ended(process)


def has_ended(process: int) -> bool:
    """Wait until a process that need not be our child has ended."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 20)[0])  # readable once it has ended
    finally:
        os.close(descriptor)


def test_a_stop_lets_the_command_say_its_last_words() -> None:
    async def run() -> list[object]:
        source = CommandSource("trap 'echo bye; exit 5' TERM; sleep 1000 >&2 & echo hi; wait")
        got: list[object] = []
        async for item in source:
            got.append(item)
            source.stop()
        return got

    assert asyncio.run(run()) == [b"hi\n", b"bye\n"]


def test_a_pipe_is_read_until_its_other_end_closes() -> None:
    async def run() -> bytes:
        reading, writing = os.pipe()
        os.write(writing, b"a\n" * 100)
        os.close(writing)
        data = b"".join([item async for item in PipeSource(reading) if isinstance(item, bytes)])
        os.close(reading)
        return data

    assert asyncio.run(run()) == b"a\n" * 100


def test_a_stopped_pipe_ends_after_what_has_arrived() -> None:
    async def run() -> list[object]:
        reading, writing = os.pipe()
        source = PipeSource(reading)
        os.write(writing, b"a\n")
        got: list[object] = []
        async for item in source:
            got.append(item)
            os.write(writing, b"b\n") if len(got) == 1 else None
            source.stop()
        os.close(reading)
        os.close(writing)
        return got

    assert asyncio.run(run()) == [b"a\n", b"b\n"]


def test_a_pipe_that_cannot_be_opened_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        check_source(lambda: PipeSource(str(tmp_path / "none")))


def test_a_device_that_no_loop_can_watch_is_read_all_the_same() -> None:
    assert check_source(lambda: PipeSource("/dev/null")) == b""
