"""From files to one stream and its proof, as a whole."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plait
from plait.intake import FileFeed, Intake
from plait.logs.batch import Batch, Record
from plait.logs.merge import Merge
from plait.settings import Options
from plait.sources.files import FileSource

PLAIT = [sys.executable, "-m", "plait"]
BEGIN = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
# One way to write a stamp a source, so that every family takes part.
STAMPS = {
    "iso": "%Y-%m-%dT%H:%M:%S.%fZ INFO ",
    "python": "%Y-%m-%d %H:%M:%S,123 - app - ERROR - ",
    "syslog": "%b %e %H:%M:%S host app[7]: ",
    "clf": '10.0.0.1 - - [%d/%b/%Y:%H:%M:%S +0000] "GET / ',
    "nginx": "%Y/%m/%d %H:%M:%S [error] 7#7: ",
    "epoch": "%s.%f ",
    "json": '{"ts":"%Y-%m-%dT%H:%M:%S.%fZ","msg":"',
    "glog": "I%m%d %H:%M:%S.%f 7 core.cc:71] ",
}


def write_logs(folder: Path, seed: int, lines: int) -> list[Path]:
    """One file a format on one time line, with tracebacks, disorder and equal stamps."""
    rng = random.Random(seed)
    now = BEGIN
    texts: dict[str, list[str]] = {name: [] for name in STAMPS}
    for number in range(lines):
        now += timedelta(microseconds=rng.choice([0, 7, 1500, 40_000, 900_000]))
        name = rng.choice(list(STAMPS))
        when = now - timedelta(milliseconds=rng.choice([0, 0, 0, 300]))
        pattern = STAMPS[name].replace("%s", str(int(when.timestamp())))
        end = '"}' if name == "json" else ""
        texts[name].append(when.strftime(pattern) + f"line {number} of {name}{end}\n")
        if rng.random() < 0.05:
            texts[name].append("Traceback (most recent call last):\n  File x, line 1\nKeyError\n")
    paths = []
    for name, parts in texts.items():
        path = folder / f"{name}.log"
        path.write_text("".join(parts))
        paths.append(path)
    return paths


def records_of(path: Path, block: int = 2**18) -> list[Record]:
    """All records of one file, read alone."""
    file = FileSource(str(path), block=block)
    reading = Options(tz="UTC").reading({})
    intake = Intake(str(path), 0, FileFeed(file), reading)
    batches = list(intake.through(NOW, lambda _: None))
    return [record for batch in batches for record in batch]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_logs(tmp_path_factory.mktemp("logs"), seed=7, lines=6000)


def test_the_order_is_that_of_sorting_all_records_by_effective_time_and_source(
    logs: list[Path],
) -> None:
    keyed = [
        (record.place, rank, record.raw)
        for rank, path in enumerate(logs)
        for record in records_of(path)
    ]
    keyed.sort(key=lambda key: key[:2])  # stable: equal keys stay in their source's order
    merged = [(record.place, record.raw) for record in plait.merge(*logs, tz="UTC")]
    assert merged == [(place, raw) for place, _, raw in keyed]


def test_every_format_is_recognised_and_every_record_stamped(logs: list[Path]) -> None:
    merged = plait.merge(*logs, tz="UTC")
    assert all(record.stamped for record in merged)
    formats = {source.source.split("/")[-1]: source.format for source in merged.stats.sources}
    assert all(formats.values()), formats


def test_plait_verify_proves_what_plait_merge_wrote(logs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "all.log"
    words = ["--tz", "UTC"]
    subprocess.run([*PLAIT, "merge", *map(str, logs), "-o", str(out), *words], check=True)
    proof = [*PLAIT, "verify", str(out), *map(str, logs), "--exact", *words]
    subprocess.run(proof, check=True, stdout=subprocess.DEVNULL)
    data = out.read_bytes()
    out.write_bytes(data.replace(b"line 3000 of", b"line 3000 0f"))
    assert subprocess.run(proof, stdout=subprocess.DEVNULL).returncode == 1


@pytest.mark.parametrize("block", [1000, 4096, 65_536])
def test_read_sizes_change_nothing(logs: list[Path], block: int) -> None:
    for path in logs:
        found = [(r.raw, r.time, r.place, r.flags) for r in records_of(path, block)]
        assert found == [(r.raw, r.time, r.place, r.flags) for r in records_of(path)]


# After all files were written, as it is for who reads them.
NOW = 2**62


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_any_read_sizes_of_many_files_give_one_output(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        paths = write_logs(Path(folder), data.draw(st.integers(0, 2**32)), lines=120)
        expected = b"".join(record.raw for record in plait.merge(*paths, tz="UTC"))
        blocks = [data.draw(st.integers(1, 500)) for _ in paths]
        assert b"".join(_merged(paths, blocks, data)) == expected


def _merged(paths: list[Path], blocks: list[int], data: st.DataObject) -> Iterator[bytes]:
    """The merge with these read sizes, whichever source happens to be read next."""
    merge = Merge()
    lanes: dict[int, Iterator[Batch]] = {}
    for path, block in zip(paths, blocks, strict=True):
        file = FileSource(str(path), block=block)
        reading = Options(tz="UTC").reading({})
        feed = FileFeed(file)
        rank = merge.open(str(path))
        lanes[rank] = Intake(str(path), rank, feed, reading).through(NOW, lambda _: None)
    while lanes:
        rank = data.draw(st.sampled_from(sorted(lanes)))
        if (batch := next(lanes[rank], None)) is None:
            merge.close(rank)
            del lanes[rank]
        else:
            merge.put(rank, batch)
        for out in merge.pop():
            yield out.data


def test_the_machines_own_logs_merge_and_verify(tmp_path: Path) -> None:
    if not Path("/var/log").is_dir():
        pytest.skip("there is no /var/log here")
    before = subprocess.run([*PLAIT, "merge", "/var/log", "-o", str(tmp_path / "all")])
    if before.returncode:
        pytest.skip("some of /var/log cannot be read, or is empty")
    proof = [*PLAIT, "verify", str(tmp_path / "all"), "/var/log", "--exact", "--prefix"]
    assert subprocess.run(proof, stdout=subprocess.DEVNULL).returncode == 0


def test_writers_at_full_speed_are_followed_and_every_record_is_there_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.log" for number in range(8)]
    for path in paths:
        path.touch()
    out = tmp_path / "out"
    words = ["merge", "-f", *map(str, paths), "-o", str(out), "-v", "--stats"]
    merge = subprocess.Popen([*PLAIT, *words], stderr=subprocess.PIPE)
    assert merge.stderr is not None
    for _ in zip(range(2 * len(paths)), merge.stderr, strict=False):
        pass  # each source says that it was opened and has caught up
    script = (
        'for n in {1..20000}; do printf "%(%FT%T)T writer %d line %d\\n" -1 "$0" "$n"; done >> "$1"'
    )
    writers = [
        subprocess.Popen(["bash", "-c", script, str(number), str(path)])
        for number, path in enumerate(paths)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 8
    merge.terminate()
    assert merge.wait(60) == 0
    stats = next(json.loads(line) for line in merge.stderr if line.startswith(b"{"))
    merge.stderr.close()
    assert stats["records"] == 8 * 20_000
    # A writer that the system stops between its stamp and its write for half a second is late.
    proof = [*PLAIT, "verify", str(out), *map(str, paths), "--late", str(stats["late"])]
    subprocess.run(proof, check=True)
