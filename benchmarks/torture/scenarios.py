"""What can happen to logs and to who follows them, one class a scenario."""

import contextlib
import gzip
import os
import shutil
import signal
from pathlib import Path
from typing import ClassVar

from benchmarks.torture.stage import Stage


class Scenario:
    """Writers that go on all the time, and a fault now and then.

    `files` logs have `writers` processes each, and `rate` lines a second come in all (0: as
    fast as can be). A fault comes after `every` seconds, at random between the two.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    files: ClassVar[int] = 3
    writers: ClassVar[int] = 1
    rate: ClassVar[float] = 6000
    every: ClassVar[tuple[float, float]] = (0.1, 0.5)
    #: Instead of the paths, given to followers that know globs. Others cannot take part.
    glob: ClassVar[str | None] = None
    #: The fault destroys lines that no reader can save.
    destroys: ClassVar[bool] = False
    #: The follower begins while the writers are at it.
    joined: ClassVar[bool] = False
    #: The follower is killed, and must go on where it was.
    kills: ClassVar[bool] = False

    def paths(self, stage: Stage) -> list[Path]:
        """The logs."""
        return [stage.logs / f"app{number}.log" for number in range(self.files)]

    def patterns(self, stage: Stage) -> list[str]:
        """What the follower is told to follow."""
        if self.glob is not None:
            return [str(stage.logs / self.glob)]
        return [str(path) for path in self.paths(stage)]

    def set_up(self, stage: Stage) -> None:
        """Start the writers."""
        paths = self.paths(stage)
        for turn in range(self.writers):
            # No more processes than files can use and a machine can bear.
            for share in range(min(4, len(paths))):
                mine = [(at, path) for at, path in enumerate(paths) if at % 4 == share]
                streams = [(turn * len(paths) + at, path) for at, path in mine]
                rate = self.rate / self.writers * len(mine) / len(paths)
                stage.add_writer(rate, streams, shared=self.writers > 1)

    def fault(self, stage: Stage) -> int:
        """Do it; gives how many faults it was."""
        raise NotImplementedError

    def some_path(self, stage: Stage) -> Path:
        """One of the logs."""
        return stage.rng.choice(self.paths(stage))


def shift(path: Path) -> Path:
    """Make room for a file rotated out as logrotate does: its name."""
    last = 1
    while (path.parent / f"{path.name}.{last}").exists():
        last += 1
    for number in range(last, 1, -1):
        os.rename(f"{path}.{number - 1}", f"{path}.{number}")
    return path.with_name(f"{path.name}.1")


def reopen(stage: Stage, path: Path) -> None:
    """Have those who write this file open it anew."""
    for writer in stage.writers:
        if path in writer.files:
            writer.tell("reopen")


class Appended(Scenario):
    """Nothing happens."""

    name = "appended"
    what = "three files grow, nothing else happens"

    def fault(self, stage: Stage) -> int:
        return 0


class FullSpeed(Scenario):
    """Nothing happens, fast."""

    name = "full speed"
    what = "eight files, four writers as fast as they can"
    files = 8
    rate = 0

    def fault(self, stage: Stage) -> int:
        return 0


class Renamed(Scenario):
    """Two writers to a file, which notice the rotation one after the other."""

    name = "renamed"
    what = "renamed and made anew; two writers go on in the old file for up to 1 s more"
    files = 1
    writers = 2

    def fault(self, stage: Stage) -> int:
        path = self.paths(stage)[0]
        path.rename(shift(path))
        for writer in stage.writers:
            stage.rest(0.0, 0.5)
            writer.tell("reopen")
        return 1


class Created(Renamed):
    """The same where the new file is there at once and stays empty for a while."""

    name = "created"
    what = "renamed, an empty file in its place at once, written only 1 to 3 s later"
    writers = 1

    def fault(self, stage: Stage) -> int:
        path = self.paths(stage)[0]
        path.rename(shift(path))
        path.touch()
        stage.rest(1.0, 3.0)
        reopen(stage, path)
        return 1


class Cascade(Scenario):
    """Several rotations before anybody can have read the first."""

    name = "cascade"
    what = "rotated 3 to 6 times within milliseconds, a to a.1 to a.2, written in between"
    every = (0.2, 0.6)
    rate = 20_000

    def fault(self, stage: Stage) -> int:
        path = self.some_path(stage)
        times = stage.rng.randint(3, 6)
        for _ in range(times):
            path.rename(shift(path))
            reopen(stage, path)
            stage.rest(0.0, 0.002)
        return times


class Deleted(Scenario):
    """Deleted while it is written, and made anew."""

    name = "deleted"
    what = "deleted, the last lines still to be read; the writer makes it anew at once"

    def fault(self, stage: Stage) -> int:
        path = self.some_path(stage)
        path.unlink()
        reopen(stage, path)
        return 1


class Switched(Scenario):
    """A link led elsewhere."""

    name = "link"
    what = "app.log is a link that is led to a new file"
    files = 1

    def patterns(self, stage: Stage) -> list[str]:
        return [str(stage.logs / "app.log")]

    def paths(self, stage: Stage) -> list[Path]:
        return [stage.logs / "app.log"]

    def set_up(self, stage: Stage) -> None:
        self._lead(stage)
        super().set_up(stage)

    def _lead(self, stage: Stage) -> None:
        number = sum(1 for _ in stage.logs.iterdir())
        target = stage.logs / f"run-{number:04}"
        target.touch()
        link = stage.logs / "next"
        link.symlink_to(target)
        link.rename(stage.logs / "app.log")

    def fault(self, stage: Stage) -> int:
        self._lead(stage)
        stage.rest(0.0, 0.3)  # the writer has the old file open still
        stage.tell("reopen")
        return 1


class CopyTruncated(Scenario):
    """As logrotate's copytruncate does: what comes in between is in no file."""

    name = "copytruncate"
    what = "copied to a.1, then truncated, while it is written"
    destroys = True

    def fault(self, stage: Stage) -> int:
        path = self.some_path(stage)
        shutil.copyfile(path, shift(path))
        os.truncate(path, 0)
        return 1


class Rewritten(Scenario):
    """Truncated and filled again before anybody looks; all was read before."""

    name = "rewritten"
    what = "once all is read: truncated and at once filled to more than before"
    files = 1

    def fault(self, stage: Stage) -> int:
        stage.tell("pause")
        stage.settle()
        stage.tell("rewrite")
        stage.tell("go")
        return 1


class Compressed(Scenario):
    """Rotated to .gz, the unpacked file gone."""

    name = "compressed"
    what = "renamed; the old file compressed to a.1.gz and removed a little later"

    def fault(self, stage: Stage) -> int:
        path = self.some_path(stage)
        last = 1
        while path.with_name(f"{path.name}.{last}.gz").exists():
            last += 1
        for number in range(last, 1, -1):
            os.rename(f"{path}.{number - 1}.gz", f"{path}.{number}.gz")
        old = path.with_name(f"{path.name}.1")
        path.rename(old)
        reopen(stage, path)
        stage.rest(0.0, 0.1)
        packed = path.with_name(f"{path.name}.1.gz")
        packed.write_bytes(gzip.compress(old.read_bytes(), 1))
        old.unlink()
        return 1


class Globbed(Renamed):
    """The rotated names match too: each byte is to be read once."""

    name = "glob"
    what = "app*.log* also matches the rotated names; renamed, made anew"
    glob = "app*.log*"


class Many(Scenario):
    """A thousand files, all rotated at once."""

    name = "thousand"
    what = "1000 files, all renamed and made anew at once"
    files = 1000
    every = (0.5, 1.0)

    def fault(self, stage: Stage) -> int:
        for path in self.paths(stage):
            path.rename(shift(path))
        stage.tell("reopen")
        return self.files


class Stopped(Scenario):
    """The follower stands still while files are rotated."""

    name = "stopped"
    what = "the follower is stopped for up to 1 s while files are rotated twice"

    def fault(self, stage: Stage) -> int:
        assert stage.running is not None
        stage.running.send(signal.SIGSTOP)
        path = self.some_path(stage)
        for _ in range(2):
            path.rename(shift(path))
            reopen(stage, path)
            stage.rest(0.1, 0.4)
        stage.running.send(signal.SIGCONT)
        return 1


class Joined(Scenario):
    """The follower comes while files are written, rotated and replaced."""

    name = "joined"
    what = "files are appended to and renamed all the time while the follower begins"
    joined = True
    every = (0.01, 0.05)
    rate = 20_000

    def fault(self, stage: Stage) -> int:
        path = self.some_path(stage)
        path.rename(shift(path))
        reopen(stage, path)
        return 1


class Folder(Scenario):
    """The folder of the logs is renamed and made anew, or found behind another link."""

    name = "folder"
    what = "the folder is renamed and made anew, files and all"
    every = (0.3, 0.8)

    def paths(self, stage: Stage) -> list[Path]:
        folder = stage.logs / "now"
        folder.mkdir(exist_ok=True)
        return [folder / f"app{number}.log" for number in range(self.files)]

    def fault(self, stage: Stage) -> int:
        number = sum(1 for _ in stage.logs.iterdir())
        (stage.logs / "now").rename(stage.logs / f"before-{number}")
        (stage.logs / "now").mkdir()
        stage.tell("reopen")
        return 1


class Killed(Scenario):
    """The follower is killed and started again; a file is rotated in between."""

    name = "killed"
    what = "the follower is killed with SIGKILL, a file renamed, the follower started again"
    every = (0.5, 1.5)
    kills = True

    def fault(self, stage: Stage) -> int:
        assert stage.running is not None
        stage.running.kill()
        if stage.rng.random() < 0.5:
            path = self.some_path(stage)
            path.rename(shift(path))
            reopen(stage, path)
        with contextlib.suppress(FileNotFoundError):
            (stage.folder / "scratch" / "pid").unlink()
        stage.running.start()
        return 1


SCENARIOS: dict[str, type[Scenario]] = {
    kind.name: kind
    for kind in (
        Appended, FullSpeed, Renamed, Created, Cascade, Deleted, Switched, CopyTruncated,
        Rewritten, Compressed, Globbed, Many, Stopped, Joined, Folder, Killed,
    )
}  # fmt: skip
