import errno
import gzip
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from plait.errors import SourceError
from plait.events import CaughtUp, Event, Noted, Waiting
from plait.logs.chunk import Chunk
from plait.sources import watch
from plait.sources.files import Files, FileSource, FileSpec
from plait.sources.watch import Inotify


class Group:
    """Files and the driver that reads them: what was read by name, and what was told."""

    def __init__(self, *patterns: str | Path | FileSpec, **settings: object) -> None:
        self.now = 100.0
        self.read: dict[str, bytes] = {}
        self.told: list[Event] = []
        self.opened: list[str] = []
        named = [str(it) if isinstance(it, Path) else it for it in patterns]
        self.files = Files(
            named,
            clock=lambda: self.now,
            **{"follow": True, **settings},  # type: ignore[arg-type]  # each test names the few it needs
        )
        self.sources = self.files.start()
        self.told += self.files.events()
        self.take(self.sources)

    def take(self, sources: list[FileSource]) -> None:
        for source in sources:
            for item in source:
                if isinstance(item, CaughtUp):
                    break
                if isinstance(item, Chunk):
                    name = os.path.basename(source.name)
                    self.read[name] = self.read.get(name, b"") + item.data

    def look(self, after: float = 0.0) -> list[str]:
        """Read what is due `after` so many seconds; gives the names of what was due."""
        self.now += after
        changes = self.files.poll()
        self.opened += [os.path.basename(source.name) for source in changes.opened]
        self.told += changes.events
        self.take(changes.opened + changes.due)
        return [os.path.basename(source.name) for source in changes.due]

    @property
    def names(self) -> list[str]:
        return [os.path.basename(source.path) for source in self.sources]

    @property
    def notes(self) -> list[str]:
        return [f"{os.path.basename(event.source)}: {event.what()}" for event in self.told]


MakeGroup = Callable[..., Group]


@pytest.fixture
def group() -> Iterator[MakeGroup]:
    made: list[Group] = []

    def make(*patterns: str | Path | FileSpec, **settings: object) -> Group:
        made.append(Group(*patterns, **settings))
        return made[-1]

    yield make
    for it in made:
        it.files.close()


@pytest.fixture(params=["inotify", "poll"])
def mode(request: pytest.FixtureRequest) -> Literal["inotify", "poll"]:
    return request.param  # type: ignore[no-any-return]  # pytest does not know the type


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() + b"\n")


# What is named.


def test_sources_come_by_argument_and_then_naturally_sorted(
    tmp_path: Path, group: MakeGroup
) -> None:
    fill(tmp_path, "a10.log", "a9.log", "a1.log", "first")
    made = group(tmp_path / "first", tmp_path / "a*.log", follow=False)
    assert made.names == ["first", "a1.log", "a9.log", "a10.log"]
    assert [source.spec.position for source in made.sources] == [0, 1, 1, 1]


def test_labels_and_settings_go_with_the_source(tmp_path: Path, group: MakeGroup) -> None:
    fill(tmp_path, "a.log")
    spec = FileSpec(str(tmp_path / "a.log"), 7, "api", {"tz": "UTC"})
    (source,) = group(spec, follow=False).sources
    assert (source.name, source.spec.position, source.spec.settings) == ("api", 7, {"tz": "UTC"})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.log", ["a.log", "b.log"]),
        ("?.log", ["a.log", "b.log"]),
        ("[!a].log", ["b.log"]),
        (".*.log", [".h.log"]),
        ("*/c.log", ["c.log"]),
        ("*/*/*.log", ["d.log"]),
        ("**/*.log", ["a.log", "b.log", "c.log", "d.log"]),
        ("sub/**/*.log", ["c.log", "d.log"]),
    ],
)
def test_a_glob_finds_what_a_shell_finds(
    tmp_path: Path, group: MakeGroup, pattern: str, found: list[str]
) -> None:
    fill(tmp_path, "a.log", "b.log", ".h.log", "sub/c.log", "sub/deep/d.log", ".git/e.log")
    assert group(tmp_path / pattern, follow=False).names == found


def test_a_file_whose_name_has_wildcards_is_taken_as_it_is(
    tmp_path: Path, group: MakeGroup
) -> None:
    fill(tmp_path, "a[1].log", "a1.log")
    assert group(tmp_path / "a[1].log", follow=False).names == ["a[1].log"]


def test_a_folder_gives_the_logs_below_it_and_says_what_it_leaves_out(
    tmp_path: Path, group: MakeGroup
) -> None:
    fill(tmp_path, "a.log", "sub/b.log", ".hidden", "sub/.git/x")
    (tmp_path / "bin").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "wide.log").write_bytes("wide\n".encode("utf-16"))
    (tmp_path / "z.log.gz").write_bytes(gzip.compress(b"packed\n"))
    os.mkfifo(tmp_path / "fifo")
    made = group(tmp_path, follow=False)
    assert made.names == ["a.log", "b.log", "wide.log", "z.log.gz"]
    assert made.notes == ["bin: left out: it is not text"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [("none.log", "does not exist"), ("*.log", "no file matches"), ("empty", "holds no logs")],
)
def test_what_names_nothing_fails_alone(
    tmp_path: Path, group: MakeGroup, name: str, problem: str
) -> None:
    fill(tmp_path, "there")
    (tmp_path / "empty").mkdir()
    files = Files([str(tmp_path / name), str(tmp_path / "there")], follow=False)
    bad, good = files.start()
    with pytest.raises(SourceError, match=problem):
        list(bad)
    assert list(bad) == []
    assert any(isinstance(item, Chunk) for item in good)


@pytest.mark.parametrize("name", ["none*.log", "empty", "absent/"])
def test_followed_what_names_nothing_is_waited_for(
    tmp_path: Path, group: MakeGroup, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    made = group(f"{tmp_path}/{name}")
    assert made.sources == []
    assert [type(event) for event in made.told] == [Waiting]


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_file_named_twice_is_read_once_by_the_first(
    tmp_path: Path, group: MakeGroup, link: Callable[[Path, Path], None]
) -> None:
    fill(tmp_path, "b.log")
    link(tmp_path / "b.log", tmp_path / "a.log")
    made = group(tmp_path / "b.log", tmp_path / "*.log", tmp_path / "a.log")
    assert made.names == ["b.log"]
    first = tmp_path / "b.log"
    assert made.notes == [f"a.log: is the same file as {first}; read once"] * 2


def test_the_output_is_left_out(tmp_path: Path, group: MakeGroup, mode: str) -> None:
    fill(tmp_path, "a.log")
    output = tmp_path / "merged.log"
    made = group(tmp_path / "*.log", exclude=[str(output)], watch=mode)
    output.write_bytes(b"a\n")
    made.look(1)
    with output.open("ab") as file:
        file.write(b"b\n")
    made.look(1)
    assert made.read == {"a.log": b"a.log\n"}
    assert made.notes == ["merged.log: left out: it is the output"]


# Followed.


def test_what_is_written_makes_its_source_due(tmp_path: Path, group: MakeGroup, mode: str) -> None:
    fill(tmp_path, "a.log", "b.log")
    made = group(tmp_path / "*.log", watch=mode)
    with (tmp_path / "b.log").open("ab") as file:
        file.write(b"more\n")
    assert made.look(1) == ["b.log"]
    assert made.read == {"a.log": b"a.log\n", "b.log": b"b.log\nmore\n"}
    assert made.look(1) == []


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("*.log", "new.log"), ("*/x/*.log", "one/x/new.log"), ("**/*.log", "one/two/new.log"),
     ("", "one/two/new.log"), ("later/*.log", "later/new.log"), ("later/", "later/deep/new.log"),
     ("later/new.log", "later/new.log")],
)  # fmt: skip
def test_what_comes_later_joins(
    tmp_path: Path, group: MakeGroup, mode: str, pattern: str, name: str
) -> None:
    made = group(f"{tmp_path}/{pattern}", watch=mode)
    fill(tmp_path, name)
    for _ in range(3):
        made.look(1)
    assert made.read == {"new.log": name.encode() + b"\n"}
    made.look(1)
    with (tmp_path / name).open("ab") as file:
        file.write(b"more\n")
    made.look(1)
    assert made.read["new.log"].endswith(b"more\n")


def test_rotated_files_that_match_the_glob_are_not_read_again(
    tmp_path: Path, group: MakeGroup, mode: str
) -> None:
    fill(tmp_path, "app.log", "app.log.1")
    made = group(tmp_path / "app.log*", watch=mode)
    for number in range(3):
        (tmp_path / "app.log.1").rename(tmp_path / "app.log.2")
        (tmp_path / "app.log").rename(tmp_path / "app.log.1")
        (tmp_path / "app.log").write_bytes(b"new %d\n" % number)
        made.look(1)
        made.look(1)
    assert made.read == {
        "app.log": b"app.log\nnew 0\nnew 1\nnew 2\n",
        "app.log.1": b"app.log.1\n",
    }


def test_what_an_old_writer_adds_to_a_renamed_file_is_read(
    tmp_path: Path, group: MakeGroup, mode: str
) -> None:
    fill(tmp_path, "app.log", "app.log.1")
    made = group(tmp_path / "app.log*", watch=mode)
    (tmp_path / "app.log.1").rename(tmp_path / "app.log.2")
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    made.look(1)
    made.look(1)
    for name in ("app.log.1", "app.log.2"):
        with (tmp_path / name).open("ab") as file:
            file.write(b"more\n")
        made.look(1)
    assert made.read == {"app.log": b"app.log\nmore\n", "app.log.1": b"app.log.1\nmore\n"}


def test_a_compressed_rotated_file_is_not_read_again(
    tmp_path: Path, group: MakeGroup, mode: str
) -> None:
    fill(tmp_path, "app.log")
    made = group(tmp_path / "app.log*", watch=mode)
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    fill(tmp_path, "app.log")
    made.look(1)
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress((tmp_path / "app.log.1").read_bytes()))
    (tmp_path / "app.log.1").unlink()
    for _ in range(3):
        made.look(1)
    assert made.read == {"app.log": b"app.log\napp.log\n"}


def test_a_dated_file_of_its_own_joins_beside_the_undated_one(
    tmp_path: Path, group: MakeGroup, mode: str
) -> None:
    fill(tmp_path, "app.log")
    made = group(tmp_path / "app*.log", watch=mode)
    (tmp_path / "app-20240131.log").write_bytes(b"the day's own\n")
    for _ in range(3):
        made.look(1)
    assert made.read["app-20240131.log"] == b"the day's own\n"


def test_a_linked_file_is_due_when_its_target_is_written(
    tmp_path: Path, group: MakeGroup, mode: str
) -> None:
    fill(tmp_path, "data/one", "data/two")
    (tmp_path / "app.log").symlink_to(tmp_path / "data" / "one")
    made = group(tmp_path / "app.log", watch=mode)
    with (tmp_path / "data/one").open("ab") as file:
        file.write(b"more\n")
    made.look(1)
    assert made.read == {"app.log": b"data/one\nmore\n"}
    (tmp_path / "link").symlink_to(tmp_path / "data" / "two")
    (tmp_path / "link").replace(tmp_path / "app.log")
    made.look(1)
    with (tmp_path / "data/two").open("ab") as file:
        file.write(b"more\n")
    made.look(1)
    assert made.read == {"app.log": b"data/one\nmore\ndata/two\nmore\n"}


def test_a_folder_that_is_replaced_is_looked_at_anew(
    tmp_path: Path, group: MakeGroup, mode: str
) -> None:
    fill(tmp_path, "logs/app.log")
    made = group(tmp_path / "logs" / "app.log", watch=mode)
    (tmp_path / "logs").rename(tmp_path / "before")
    made.look(1)
    fill(tmp_path, "logs/app.log")
    for _ in range(4):
        made.look(1)
    assert made.read == {"app.log": b"logs/app.log\n" * 2}


def test_a_folder_that_comes_later_is_looked_at_at_once(tmp_path: Path, group: MakeGroup) -> None:
    made = group(tmp_path / "a" / "b" / "app.log", watch="inotify")
    for turn in range(3):
        (tmp_path / "a").mkdir()
        made.look()
        fill(tmp_path, "a/b/app.log")
        made.look()
        assert made.read == {"app.log": b"a/b/app.log\n" * (turn + 1)}
        (tmp_path / "a").rename(tmp_path / f"before {turn}")
        made.look(1)  # that a folder further up has gone is seen at the next check
        made.look(2.5)  # and then nobody could write it any more


def test_a_folder_renamed_and_made_anew_is_looked_at_at_once(
    tmp_path: Path, group: MakeGroup
) -> None:
    fill(tmp_path, "logs/app.log")
    made = group(tmp_path / "logs" / "app.log", watch="inotify")
    for turn in range(1, 4):
        (tmp_path / "logs").rename(tmp_path / f"before {turn}")
        made.look()
        fill(tmp_path, "logs/app.log")
        made.look()
        assert made.read == {"app.log": b"logs/app.log\n" * (turn + 1)}


def test_a_link_to_a_folder_that_is_led_elsewhere_is_followed_at_once(
    tmp_path: Path, group: MakeGroup
) -> None:
    fill(tmp_path, "v1/app.log", "v2/app.log")
    (tmp_path / "now").symlink_to("v1")
    made = group(tmp_path / "now" / "app.log", watch="inotify")
    (tmp_path / "next").symlink_to("v2")
    (tmp_path / "next").rename(tmp_path / "now")
    made.look()
    assert made.read == {"app.log": b"v1/app.log\nv2/app.log\n"}
    with (tmp_path / "v2" / "app.log").open("ab") as file:
        file.write(b"more\n")
    assert made.look() == ["app.log"]


def test_an_overflow_of_notifications_makes_everything_due(
    tmp_path: Path, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.log", "b.log")
    made = group(tmp_path / "*.log", watch="inotify")
    fill(tmp_path, "c.log")
    list(made.files._folders._inotify.drain())  # type: ignore[union-attr]  # these are lost
    lost = struct.pack("iIII", -1, watch.OVERFLOW, 0, 0)
    real, given = os.read, [lost]
    monkeypatch.setattr(os, "read", lambda fd, size: given.pop() if given else real(fd, size))
    assert made.look() == ["a.log", "b.log"]
    assert made.read["c.log"] == b"c.log\n"


def test_without_watches_left_folders_are_polled_and_that_is_said_once(
    tmp_path: Path, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(self: Inotify, path: str, mask: int = 0) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Inotify, "add", none_left)
    fill(tmp_path, "a/a.log", "b/b.log")
    made = group(tmp_path / "*/*.log")
    assert [type(event) for event in made.told] == [Noted]
    assert made.files.interval == 0.25
    with (tmp_path / "b/b.log").open("ab") as file:
        file.write(b"more\n")
    assert made.look(0.25) == ["b.log"]


def test_folders_that_other_machines_may_change_are_polled(
    tmp_path: Path, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "is_remote", lambda path: True)
    fill(tmp_path, "a.log")
    assert group(tmp_path / "a.log").files.interval == 0.25


def test_the_descriptor_is_there_only_when_something_is_watched(
    tmp_path: Path, group: MakeGroup
) -> None:
    fill(tmp_path, "a.log")
    assert group(tmp_path / "a.log", watch="inotify").files.fileno() is not None
    assert group(tmp_path / "a.log", watch="poll").files.fileno() is None
    assert group(tmp_path / "a.log", follow=False).files.fileno() is None


def test_while_an_old_file_lingers_the_interval_is_short(tmp_path: Path, group: MakeGroup) -> None:
    fill(tmp_path, "a.log")
    made = group(tmp_path / "a.log")
    with (tmp_path / "a.log").open("ab"):
        (tmp_path / "a.log").rename(tmp_path / "a.log.1")
        fill(tmp_path, "a.log")
        made.look()
        assert 0 < made.files.interval <= 0.1
    made.look(0.1)
    assert made.read == {"a.log": b"a.log\na.log\n"}
    assert made.files.interval > 0.5


def test_two_thousand_files_start_and_only_the_written_one_is_due(
    tmp_path: Path, group: MakeGroup
) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.log").write_bytes(b"x\n")
    made = group(tmp_path / "*.log")
    assert len(made.read) == 2000
    assert made.names[:3] == ["0.log", "1.log", "2.log"]
    with (tmp_path / "777.log").open("ab") as file:
        file.write(b"more\n")
    assert made.look() == ["777.log"]


def test_two_thousand_files_rotated_at_once_are_all_read_on(
    tmp_path: Path, group: MakeGroup
) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.log").write_bytes(b"x\n")
    made = group(tmp_path / "*.log")
    for number in range(2000):
        path = tmp_path / f"{number}.log"
        path.rename(tmp_path / f"{number}.log.1")
        path.write_bytes(b"y\n")
    made.look()
    assert set(made.read.values()) == {b"x\ny\n"}


def test_closed_twice_nothing_stays_open(tmp_path: Path, group: MakeGroup) -> None:
    fill(tmp_path, "a.log")
    before = len(os.listdir("/proc/self/fd"))
    made = group(tmp_path / "*.log")
    made.files.close()
    made.files.close()
    assert len(os.listdir("/proc/self/fd")) == before
