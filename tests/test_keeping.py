"""An output and its state: crashes between any two calls, and what does not fit together."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait import keeping as keeping_module
from plait.apps.verify import Settings, verify
from plait.blocking import run_at_once
from plait.driver import Stream
from plait.errors import StateError, UsageError
from plait.events import Event, Noted
from plait.journal import line
from plait.keeping import Keeping, state_file
from plait.logs.render import renderer
from plait.settings import Options
from plait.sinks import descriptor as descriptor_module
from plait.sinks.descriptor import DescriptorSink


class Crash(BaseException):
    """The machine stops here."""


class Disk:
    """Stands for `os`: counts what changes files, stops at one of these calls, and then forgets
    what was not synced, as much as it is told.
    """

    def __init__(self, last: int | None = None, kept: float = 1.0) -> None:
        """Stop in the call of this number; of what was not synced this share is kept."""
        self._last: Final = last
        self._kept: Final = kept
        self.calls = 0
        self._synced: dict[int, int] = {}  # by descriptor
        self._renamed: tuple[str, bytes] | None = None  # a name that is not synced, what it was

    def __getattr__(self, name: str) -> Any:  # everything else is the real one's
        return getattr(os, name)

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        descriptor = os.open(path, flags, mode)
        self._synced[descriptor] = os.fstat(descriptor).st_size
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        if self._is_last():
            os.write(descriptor, data[: int(len(data) * self._kept)])
            self._crash()
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        if self._is_last():
            self._crash()
        self._synced[descriptor] = os.fstat(descriptor).st_size
        if self._is_folder(descriptor):
            self._renamed = None

    def rename(self, old: str, new: str) -> None:
        if self._is_last():
            self._crash()
        self._renamed = new, Path(new).read_bytes()
        os.rename(old, new)

    def ftruncate(self, descriptor: int, length: int) -> None:
        if self._is_last():
            self._crash()
        os.ftruncate(descriptor, length)
        self._synced[descriptor] = min(length, self._synced[descriptor])

    def close(self, descriptor: int) -> None:
        if self._is_last():
            self._crash()
        self._synced.pop(descriptor, None)
        os.close(descriptor)

    def end(self) -> None:
        """Close what is open, as the end of a process does."""
        while self._synced:
            os.close(self._synced.popitem()[0])

    def _is_last(self) -> bool:
        self.calls += 1
        return self.calls == self._last

    @staticmethod
    def _is_folder(descriptor: int) -> bool:
        return Path(f"/proc/self/fd/{descriptor}").is_dir()

    def _crash(self) -> None:
        for descriptor, synced in self._synced.items():
            if not self._is_folder(descriptor):
                size = os.fstat(descriptor).st_size
                os.ftruncate(descriptor, synced + int(max(0, size - synced) * self._kept))
        if self._renamed is not None and self._kept < 0.5:
            path, content = self._renamed
            Path(path).unlink()
            Path(path).write_bytes(content)
        raise Crash


@contextmanager
def on(disk: Disk) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping_module, "os", disk)
        patch.setattr(descriptor_module, "os", disk)
        patch.setattr(keeping_module, "_PAUSE", 0.0)
        patch.setattr(keeping_module, "_GROWN", 300)
        try:
            yield
        finally:
            disk.end()


def merge(output: str, sources: list[str], **options: Any) -> list[Event]:
    """One run to the end of what is there."""
    told: list[Event] = []
    keeping = Keeping(output, {"sources": sources}, told.append)
    stream = Stream(sources, Options(resume=keeping.bookmarks, on_event=told.append, **options))
    try:
        stream.open()
        keeping.begin(stream.bookmarks)
        stream.keeper = keeping
        render = renderer("text", labels=False, color=False, terminal=False)
        run_at_once(stream.write_to(DescriptorSink(keeping.descriptor, render, name=output)))
        keeping.commit()
    finally:
        run_at_once(stream.close())
        keeping.close()
    return told


def append(path: str, first: int, count: int) -> None:
    with open(path, "a") as file:
        for number in range(first, first + count):
            stamp = f"2026-03-01T10:{number // 60:02}:{number % 60:02}Z"
            file.write(f"{stamp} {os.path.basename(path)} #{number}\n  more\n")


STEPS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 5), min_size=2, max_size=2),  # new records of each log
        st.booleans(),  # whether the first is rotated
        st.one_of(st.none(), st.integers(1, 30)),  # the call in which the run stops
        st.sampled_from([0.0, 0.3, 0.7, 1.0]),  # how much of what was not synced is kept
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_after_crashes_in_any_calls_each_record_is_there_once(
    steps: list[tuple[list[int], bool, int | None, float]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        logs = [f"{folder}/a.log", f"{folder}/b.log"]
        output = f"{folder}/out"
        numbers = [0, 0]
        for log in logs:
            Path(log).touch()
        merge(output, logs)
        for new, rotated, last, kept in steps:
            for index, log in enumerate(logs):
                append(log, numbers[index], new[index])
                numbers[index] += new[index]
            if rotated:
                rotate(Path(logs[0]))
            try:
                with on(Disk(last, kept)):
                    merge(output, logs)
            except Crash:
                pass
        with on(Disk()):
            merge(output, logs)
        files = sorted(map(str, Path(folder).glob("*.log*")))
        verdict = verify(output, files, Settings(late=None))
    assert verdict.holds, verdict.fault
    assert verdict.records == sum(numbers)


def rotate(log: Path) -> None:
    number = 1
    while Path(f"{log}.{number}").exists():
        number += 1
    for old in range(number, 1, -1):
        Path(f"{log}.{old - 1}").rename(f"{log}.{old}")
    log.rename(f"{log}.1")
    log.touch()


# -- what does not fit ---------------------------------------------------------------------------


@pytest.fixture
def output(tmp_path: Path) -> str:
    """An output of 20 bytes with its state."""
    path = str(tmp_path / "out")
    (tmp_path / "a.log").write_bytes(b"2026-03-01T10:00:00Z one\n")
    merge(path, [str(tmp_path / "a.log")])
    return path


def again(output: str) -> list[Event]:
    return merge(output, [f"{os.path.dirname(output)}/a.log"])


def test_a_second_run_on_one_state_is_refused(output: str, tmp_path: Path) -> None:
    first = Keeping(output, {"sources": [f"{tmp_path}/a.log"]}, print)
    with pytest.raises(StateError, match="another plait is writing it; stop that one"):
        again(output)
    first.close()
    again(output)


def test_the_lock_holds_when_the_state_is_written_anew(output: str, tmp_path: Path) -> None:
    first = Keeping(output, {"sources": [f"{tmp_path}/a.log"]}, print)
    first._rewrite()
    with pytest.raises(StateError, match="another plait"):
        again(output)
    first.close()


def test_output_after_the_last_commit_is_cut_off(output: str) -> None:
    whole = Path(output).read_bytes()
    Path(output).write_bytes(whole + b"2026-03-01T10:00:01Z written before the cra")
    again(output)
    assert Path(output).read_bytes() == whole


def test_a_torn_entry_is_passed_over_and_told(output: str) -> None:
    with open(state_file(output), "ab") as state:
        state.write(b'12345678 {"length":99')
    told = again(output)
    assert (
        Noted(output, "the last entry of its state is torn; going on from the one before") in told
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"short", "has 5 bytes, and 25 when its state was last written; put it back, or remove"),
        (b"something else but as long\n", "holds something else than when its state"),
    ],
)
def test_an_output_that_is_another_one_is_refused(
    output: str, content: bytes, problem: str
) -> None:
    Path(output).write_bytes(content)
    with pytest.raises(StateError, match=problem):
        again(output)
    assert Path(output).read_bytes() == content


def test_an_output_that_is_gone_is_missed(output: str) -> None:
    Path(output).unlink()
    with pytest.raises(
        StateError, match=r"is gone, and its state is there; put it back, or remove"
    ):
        again(output)
    assert not Path(output).exists()


def test_an_output_without_a_state_is_not_overwritten(output: str) -> None:
    Path(state_file(output)).unlink()
    with pytest.raises(StateError, match=r"no state beside it, .* choose another output"):
        again(output)
    Path(state_file(output)).write_bytes(b"rubbish\n")
    with pytest.raises(StateError, match="no readable state beside it"):
        again(output)
    assert Path(output).stat().st_size == 25


def test_other_settings_are_refused_and_named(output: str) -> None:
    state = Path(state_file(output)).read_bytes()
    with pytest.raises(UsageError, match=re.escape("begun with no level, now there is level info")):
        Keeping(output, {"sources": [f"{os.path.dirname(output)}/a.log"], "level": "info"}, print)
    assert Path(state_file(output)).read_bytes() == state


def test_a_state_of_another_version_is_refused(output: str) -> None:
    Path(state_file(output)).write_bytes(line({"plait": 2, "x": 1}) + line({"y": 2}))
    with pytest.raises(StateError, match=r"written by another version of plait \(2\); remove"):
        again(output)


def test_a_run_that_gives_nothing_new_writes_nothing(output: str) -> None:
    again(output)
    before = Path(state_file(output)).read_bytes()
    again(output)
    assert Path(state_file(output)).read_bytes() == before


def test_only_what_has_changed_is_written(tmp_path: Path) -> None:
    logs = [str(tmp_path / f"{number}.log") for number in range(20)]
    for log in logs:
        append(log, 0, 1)
    output = str(tmp_path / "out")
    merge(output, logs)
    append(logs[7], 1, 1)
    merge(output, logs)
    last = Path(state_file(output)).read_text().splitlines()[-1]
    assert re.findall(r"(\d+)\.log", last) == ["7"]
