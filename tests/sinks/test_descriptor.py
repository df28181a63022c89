"""Writing to descriptors: files, pipes that nobody empties, pipes that nobody reads."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from plait.errors import SinkError
from plait.sinks.call import CallSink
from plait.sinks.descriptor import DescriptorSink, FileSink
from plait.testing import batch_of, check_sink


def render(batch: Any) -> bytes:
    return bytes(batch.data)


def test_a_file_sink_keeps_the_promises_of_a_sink(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("what was there before, and longer than what comes")
    check_sink(lambda: FileSink(str(path), render))
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="none/out: No such file or directory"):
        FileSink(str(tmp_path / "none" / "out"), render)


def test_a_patient_sink_waits_for_a_slow_reader_and_leaves_the_loop_to_others() -> None:
    reading, writing = os.pipe()
    big = batch_of([(1, "x" * 1_000_000)])
    got: list[bytes] = []

    def drain() -> None:
        while data := os.read(reading, 65_536):
            got.append(data)

    async def run() -> None:
        sink = DescriptorSink(writing, render, name="pipe", patient=True)
        written = sink.write([big])
        assert written is not None
        task = asyncio.ensure_future(written)
        await asyncio.sleep(0)
        assert not task.done()
        threading.Thread(target=drain).start()
        await task
        os.close(writing)

    asyncio.run(run())
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    os.close(reading)
    assert b"".join(got) == big.data


@pytest.mark.parametrize("patient", [False, True])
def test_a_pipe_that_nobody_reads_is_a_broken_pipe(patient: bool) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    async def run() -> None:
        sink = DescriptorSink(writing, render, name="pipe", patient=patient)
        if (written := sink.write([batch_of([(1, "x")])])) is not None:
            await written

    with pytest.raises(BrokenPipeError):
        asyncio.run(run())
    os.close(writing)


def test_a_descriptor_that_somebody_made_non_blocking_is_written_whole() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    batch = batch_of([(1, "x" * 500_000)])
    got: list[bytes] = []

    def drain() -> None:
        while data := os.read(reading, 65_536):
            got.append(data)

    reader = threading.Thread(target=drain)
    reader.start()
    DescriptorSink(writing, render, name="pipe").write([batch])
    os.close(writing)
    reader.join()
    os.close(reading)
    assert b"".join(got) == batch.data


def test_a_function_of_either_colour_is_a_sink() -> None:
    got: list[str] = []

    def plain(batch: Any) -> None:
        got.extend(record.text for record in batch)

    async def coroutine(batch: Any) -> None:
        await asyncio.sleep(0)
        plain(batch)

    check_sink(lambda: CallSink(plain))
    check_sink(lambda: CallSink(coroutine))
    assert got == ["one", "two", "three"] * 2
