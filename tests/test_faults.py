"""Faults while plait follows: a process of its own, real disks, limits and signals."""

import contextlib
import fcntl
import os
import pty
import resource
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

from tests.apps.test_merge import PLAIT, _no_longer_almighty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts and limits are Linux's")


def lines(first: int, last: int, *, length: int = 0) -> bytes:
    """Records with stamps, numbered."""
    return b"".join(
        b"2026-03-01T10:00:00.%06dZ line %d %s\n" % (number, number, b"x" * length)
        for number in range(first, last + 1)
    )


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def wait_for(what: Callable[[], object]) -> None:
    """Until it is so; the test's time limit ends what never comes."""
    while not what():
        time.sleep(0.01)


def waiting(pipe: IO[bytes]) -> int:
    """Bytes in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def is_as_long(out: Path, log: Path) -> bool:
    return out.exists() and out.stat().st_size == log.stat().st_size


class Following:
    """A `plait merge -f` with its output in a file, and what it says in another."""

    def __init__(
        self, folder: Path, *words: str | Path, start: Sequence[str] = PLAIT, **popen: object
    ) -> None:
        self.said = folder / "said"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [*start, "merge", "-f", *map(str, words)],
                stderr=said,
                **popen,  # type: ignore[call-overload]  # each test names the few it needs
            )

    def says(self, text: str) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        return text in self.said.read_text()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.wait())

    def most_memory(self) -> int:
        """Its largest resident size so far, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Callable[..., Following]]:
    made: list[Following] = []

    def begin(*words: str | Path, **popen: Any) -> Following:
        made.append(Following(tmp_path, *words, **popen))
        return made[-1]

    yield begin
    for it in made:
        it.process.kill()
        it.process.communicate()


Follow = Callable[..., Following]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(lines(1, 10))
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=128k", "plait-test", str(place)]
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run(words, capture_output=True).returncode == 0:
            yield place
            subprocess.run(["umount", str(place)], check=True)
            return
    pytest.skip("mounting is not permitted here")


# The output.


def test_a_full_disk_is_waited_for_and_nothing_is_lost(
    follow: Follow, log: Path, disk: Path
) -> None:
    (disk / "other").write_bytes(b"x" * 100_000)
    out = disk / "out"
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    append(log, lines(11, 1000, length=40))
    wait_for(lambda: plait.says("No space left on device; waiting until it can be written"))
    (disk / "other").unlink()
    wait_for(lambda: plait.says("can be written again"))
    assert plait.end() == 0
    assert out.read_bytes() == lines(1, 10) + lines(11, 1000, length=40)
    assert plait.said.read_text().count("No space left") == 1


def test_a_full_disk_behind_standard_output_is_waited_for_too(
    follow: Follow, log: Path, disk: Path
) -> None:
    (disk / "other").write_bytes(b"x" * 100_000)
    with (disk / "out").open("wb") as out:
        plait = follow(log, stdout=out)
    append(log, lines(11, 1000, length=40))
    wait_for(lambda: plait.says("standard output: No space left on device"))
    (disk / "other").unlink()
    wait_for(lambda: plait.says("can be written again"))
    assert plait.end() == 0
    assert (disk / "out").read_bytes() == lines(1, 10) + lines(11, 1000, length=40)


def test_a_file_that_may_grow_no_more_is_waited_for(follow: Follow, log: Path) -> None:
    out = log.with_name("out")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    _, hard = resource.prlimit(plait.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(plait.process.pid, resource.RLIMIT_FSIZE, (20_001, hard))
    append(log, lines(11, 1000))
    wait_for(lambda: plait.says("File too large; waiting"))
    assert out.stat().st_size == 20_001
    resource.prlimit(plait.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_for(lambda: plait.says("can be written again"))
    assert plait.end() == 0
    assert out.read_bytes() == lines(1, 1000)


def test_a_stop_while_the_output_cannot_be_written_ends_and_says_so(
    follow: Follow, log: Path
) -> None:
    plait = follow(log, "-o", "/dev/full")
    wait_for(lambda: plait.says("/dev/full: No space left on device; waiting"))
    assert plait.end() == 1
    assert "stopped before all was written" in plait.said.read_text()


def test_a_file_rotated_away_while_it_could_not_be_written_ends_with_a_whole_line(
    follow: Follow, log: Path
) -> None:
    out, old = log.with_name("out"), log.with_name("old")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    _, hard = resource.prlimit(plait.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(plait.process.pid, resource.RLIMIT_FSIZE, (20_001, hard))
    append(log, lines(11, 1000))
    wait_for(lambda: plait.says("waiting until"))
    out.rename(old)
    wait_for(lambda: plait.says("opened anew"))
    wait_for(lambda: out.read_bytes().endswith(lines(1000, 1000)))
    assert plait.end() == 0
    assert old.read_bytes().endswith(b"\n")
    assert old.read_bytes() + out.read_bytes() == lines(1, 1000)


def test_an_output_that_is_removed_is_made_anew(follow: Follow, log: Path) -> None:
    out = log.with_name("out")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    out.unlink()
    append(log, lines(11, 20))
    wait_for(lambda: out.exists() and out.read_bytes() == lines(11, 20))
    assert plait.end() == 0
    assert "out: opened anew" in plait.said.read_text()


def test_an_output_whose_folder_goes_is_waited_for(follow: Follow, log: Path) -> None:
    folder = log.with_name("folder")
    folder.mkdir()
    plait = follow(log, "-o", folder / "out")
    wait_for(lambda: (folder / "out").exists() and (folder / "out").read_bytes() == lines(1, 10))
    folder.rename(log.with_name("elsewhere"))
    append(log, lines(11, 20))
    wait_for(lambda: plait.says("No such file or directory; waiting"))
    folder.mkdir()
    wait_for(lambda: (folder / "out").exists() and (folder / "out").read_bytes() == lines(11, 20))
    assert plait.end() == 0


def test_sighup_opens_the_output_anew_at_once(follow: Follow, log: Path) -> None:
    out, old = log.with_name("out"), log.with_name("out.1")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    out.rename(old)
    plait.process.send_signal(signal.SIGHUP)
    wait_for(out.exists)  # though there is nothing to write
    append(log, lines(11, 20))
    wait_for(lambda: out.read_bytes() == lines(11, 20))
    assert plait.end() == 0
    assert old.read_bytes() == lines(1, 10)


def test_sighup_of_a_terminal_that_is_gone_is_a_stop(follow: Follow, log: Path) -> None:
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    out = log.with_name("out")
    plait = follow(log, "-o", out, preexec_fn=take_terminal)
    os.close(theirs)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    plait.process.send_signal(signal.SIGHUP)
    wait_for(lambda: plait.says("opened anew"))
    append(log, lines(11, 20))
    os.close(ours)  # the system sends SIGHUP
    assert plait.process.wait() == 0
    assert out.read_bytes() == lines(1, 20)


def test_an_output_rotated_again_and_again_while_it_is_written_holds_everything_once(
    follow: Follow, log: Path
) -> None:
    out = log.with_name("out")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    for turn in range(1, 21):
        append(log, lines(turn * 1000, turn * 1000 + 999, length=50))
        if turn % 2:
            out.rename(log.with_name(f"out-{turn:02}"))
            plait.process.send_signal(signal.SIGHUP)
            wait_for(out.exists)
    wait_for(lambda: out.read_bytes().endswith(lines(20_999, 20_999, length=50)))
    assert plait.end() == 0
    written = b"".join(it.read_bytes() for it in sorted(log.parent.glob("out-*")))
    assert written + out.read_bytes() == lines(1, 10) + lines(1000, 20_999, length=50)


def test_an_output_that_somebody_truncates_gets_no_hole(follow: Follow, log: Path) -> None:
    out = log.with_name("out")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    os.truncate(out, 0)
    append(log, lines(11, 20))
    wait_for(lambda: out.read_bytes() == lines(11, 20))
    assert plait.end() == 0


def test_a_rotated_output_is_not_read_by_a_glob_that_matches_it(follow: Follow, log: Path) -> None:
    out = log.with_name("out.log")
    plait = follow(log.with_name("*.log*"), "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    out.rename(log.with_name("out.log.1"))
    plait.process.send_signal(signal.SIGHUP)
    wait_for(out.exists)
    append(log, lines(11, 20))
    wait_for(lambda: out.read_bytes() == lines(11, 20))
    append(log.with_name("other.log"), lines(21, 30))
    wait_for(lambda: out.read_bytes() == lines(11, 30))
    assert plait.end() == 0


@pytest.mark.parametrize("rotate", ["rename", "truncate"])
def test_a_blocked_output_loses_nothing_that_the_files_still_hold(
    follow: Follow, log: Path, rotate: str
) -> None:
    """More is written than the pipe and plait's memory take, and rotated while nobody reads."""
    plait = follow(log, stdout=subprocess.PIPE)
    stdout = plait.process.stdout
    assert stdout is not None
    first = stdout.readline()
    append(log, lines(11, 20_000, length=2000))  # 40 MB
    wait_for(lambda: waiting(stdout) > 60_000)
    if rotate == "rename":
        log.rename(log.with_name("app.log.1"))
    else:
        os.truncate(log, 0)
    append(log, lines(30_001, 30_100))
    plait.process.send_signal(signal.SIGTERM)
    whole = first + stdout.read()
    assert plait.process.wait() == 0
    assert whole.endswith(lines(30_001, 30_100))
    if rotate == "rename":
        assert whole == lines(1, 10) + lines(11, 20_000, length=2000) + lines(30_001, 30_100)
    else:  # what was not read before the truncation is gone, and nothing else
        kept = whole.removesuffix(lines(30_001, 30_100))
        assert (lines(1, 10) + lines(11, 20_000, length=2000)).startswith(kept.rstrip(b"\n"))


# The input.


def test_permission_taken_and_given_back_is_a_pause(follow: Follow, log: Path) -> None:
    out = log.with_name("out")
    as_others = _no_longer_almighty if os.geteuid() == 0 else None
    plait = follow(log, "-o", out, preexec_fn=as_others)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    log.rename(log.with_name("app.log.1"))
    log.touch(mode=0)
    wait_for(lambda: plait.says("app.log: no permission to read it"))
    append(log.with_name("more"), lines(11, 20))
    log.with_name("more").chmod(0)
    log.with_name("more").rename(log)
    log.chmod(0o600)
    wait_for(lambda: out.read_bytes() == lines(1, 20))
    assert plait.end() == 1  # it was a fault, and is told


def test_a_stopped_plait_goes_on_where_it_was(follow: Follow, log: Path) -> None:
    out = log.with_name("out")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    plait.process.send_signal(signal.SIGSTOP)
    append(log, lines(11, 20))
    log.rename(log.with_name("app.log.1"))
    append(log, lines(21, 30))
    plait.process.send_signal(signal.SIGCONT)
    wait_for(lambda: out.read_bytes() == lines(1, 30))
    assert plait.end() == 0


def test_more_notifications_than_the_system_keeps_are_no_loss_and_said_once(
    follow: Follow, log: Path
) -> None:
    kept = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if kept > 100_000:
        pytest.skip("the system keeps very many")
    out, other = log.with_name("out"), log.with_name("other")
    plait = follow(log, "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(1, 10))
    plait.process.send_signal(signal.SIGSTOP)
    first, second = (
        os.open(log, os.O_WRONLY | os.O_APPEND),
        os.open(other, os.O_CREAT | os.O_WRONLY),
    )
    for _ in range(kept // 2 + 10):  # two files by turns: equal ones in a row are kept as one
        os.write(second, b"x")
        os.utime(log)
    os.write(first, lines(11, 20))
    os.close(first)
    os.close(second)
    log.with_name("later.log").touch()
    plait.process.send_signal(signal.SIGCONT)
    wait_for(lambda: out.read_bytes() == lines(1, 20))
    assert plait.said.read_text().count("more changed than the system could tell") == 1
    assert plait.end() == 0


def test_without_watches_left_files_are_looked_at_again_and_again_and_that_is_said_once(
    follow: Follow, tmp_path: Path
) -> None:
    limit = "echo 2 > /proc/sys/user/max_inotify_watches"  # of a user namespace of its own
    words = ["unshare", "-Ur", "sh", "-c"]
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run([*words, limit], capture_output=True).returncode:
            words = []
    if not words:
        pytest.skip("user namespaces are not permitted here")
    paths, out = [tmp_path / str(number) / "app.log" for number in range(5)], tmp_path / "out"
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_bytes(lines(number, number))
    plait = follow(
        tmp_path / "*" / "app.log", "-o", out, start=[*words, f'{limit}; exec "$@"', "sh", *PLAIT]
    )
    wait_for(lambda: out.exists() and out.read_bytes() == lines(0, 4))
    for number, path in enumerate(paths, 5):
        path.rename(f"{path}.1")
        append(path, lines(number, number))
    wait_for(lambda: sorted(out.read_bytes().splitlines()) == lines(0, 9).splitlines())
    assert plait.end() == 0
    assert plait.said.read_text().count("no watches are left") == 1


def many(folder: Path, count: int) -> list[Path]:
    """Logs of one line each."""
    folder.mkdir()
    paths = [folder / f"{number}.log" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(lines(number, number))
    return paths


def few_files() -> None:
    """Let this process have few files open, for good."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def test_more_files_than_may_be_open_are_followed_by_turns_and_that_is_said_once(
    follow: Follow, tmp_path: Path
) -> None:
    paths, out = many(tmp_path / "logs", 200), tmp_path / "out"
    plait = follow(tmp_path / "logs" / "*.log", "-o", out, preexec_fn=few_files)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(0, 199))
    for number, path in enumerate(paths):
        append(path, lines(1000 + number, 1000 + number))
    wait_for(lambda: out.read_bytes().count(b"\n") == 400)
    for number, path in enumerate(paths):
        append(path, lines(2000 + number, 2000 + number))
        path.rename(f"{path}.1")
        append(path, lines(3000 + number, 3000 + number))
    wait_for(lambda: out.read_bytes().count(b"\n") == 800)
    assert plait.end() == 0
    expected = b"".join(lines(at, at + 199) for at in (0, 1000, 2000, 3000))
    assert sorted(out.read_bytes().splitlines()) == expected.splitlines()
    assert plait.said.read_text().count("ulimit -n") == 1


def test_a_file_deleted_while_it_could_not_be_kept_open_is_told(
    follow: Follow, tmp_path: Path
) -> None:
    paths, out = many(tmp_path / "logs", 200), tmp_path / "out"
    plait = follow(tmp_path / "logs" / "*.log", "-o", out, preexec_fn=few_files)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(0, 199))
    for path in paths:
        path.unlink()
    wait_for(lambda: plait.says("was deleted while it was closed"))
    append(paths[0], lines(500, 500))
    wait_for(lambda: out.read_bytes() == lines(0, 199) + lines(500, 500))
    assert plait.end() == 1


def test_ten_thousand_files_are_followed(follow: Follow, tmp_path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < 11_000:
        pytest.skip(f"only {most} files may be open here")
    paths, out = many(tmp_path / "logs", 10_000), tmp_path / "out"
    plait = follow(tmp_path / "logs" / "*.log", "-o", out)
    wait_for(lambda: out.exists() and out.read_bytes() == lines(0, 9_999))
    for number, path in enumerate(paths):
        append(path, lines(10_000 + number, 10_000 + number))
    wait_for(lambda: out.read_bytes().count(b"\n") == 20_000)
    assert plait.end() == 0
    assert sorted(out.read_bytes().splitlines()) == lines(0, 19_999).splitlines()
    assert "ulimit" not in plait.said.read_text()


# Memory.


def test_a_backlog_of_100_gigabytes_without_a_newline_is_read_in_bounded_memory(
    follow: Follow, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.log"
    with huge.open("wb") as file:
        file.truncate(100 * 2**30)  # holes: it takes no room
    plait = follow(huge, stdout=subprocess.PIPE)
    assert plait.process.stdout is not None
    for _ in range(100):
        assert len(plait.process.stdout.read(2**20)) == 2**20
    assert plait.most_memory() < 200


def test_the_backlog_of_100_gigabytes_is_skipped_at_once(follow: Follow, tmp_path: Path) -> None:
    huge, out = tmp_path / "huge.log", tmp_path / "out"
    with huge.open("wb") as file:
        file.truncate(100 * 2**30)
        file.seek(0, os.SEEK_END)
        file.write(b"\n")
    plait = follow(huge, "--since", "now", "-v", "-o", out)
    wait_for(lambda: plait.says("caught up"))
    append(huge, lines(1, 10))
    wait_for(lambda: out.read_bytes() == lines(1, 10))
    assert plait.most_memory() < 100
    assert plait.end() == 0


def test_memory_does_not_grow_with_the_backlog(follow: Follow, tmp_path: Path) -> None:
    most = []
    for size in 8, 64:
        log, out = tmp_path / f"{size}.log", tmp_path / f"{size}.out"
        log.write_bytes(lines(1, size * 1000, length=1000))
        plait = follow(log, "-o", out)
        wait_for(partial(is_as_long, out, log))
        most.append(plait.most_memory())
        assert plait.end() == 0
    assert most[1] < most[0] + 10
