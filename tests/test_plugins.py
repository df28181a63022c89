"""What a user names, and what it stands for."""

import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from plait import plugins
from plait.errors import UsageError
from plait.plugins import SETTINGS, SOURCES, open_sink, open_sources, parse_spec
from plait.sinks.descriptor import DescriptorSink, FileSink
from plait.sources.command import CommandSource
from plait.sources.files import FileSource
from plait.sources.pipe import PipeSource


def render(batch: Any) -> bytes:
    return bytes(batch.data)


@pytest.mark.parametrize(
    ("text", "path", "settings"),
    [
        ("app.log", "app.log", {}),
        ("app.log?tz=Asia/Shanghai&label=app", "app.log", {"tz": "Asia/Shanghai", "label": "app"}),
        ("app?.log", "app?.log", {}),
        ("what?.log?label=what", "what?.log", {"label": "what"}),
        ("app.log?time-format=%25d/%25m", "app.log", {"time-format": "%d/%m"}),
    ],
)
def test_settings_ride_as_a_query_and_wildcards_are_no_query(
    text: str, path: str, settings: Mapping[str, str]
) -> None:
    spec = parse_spec(text)
    assert (spec.text, spec.settings) == (path, settings)


@pytest.mark.parametrize("text", ["app.log?label=x&colour=red", "app.log?colour=red"])
def test_an_unknown_setting_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UsageError, match=r"'colour' is not known; known: label, tz, time-format"):
        parse_spec(text)


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(UsageError, match="'label' has no value"):
        parse_spec("app.log?label=")


def test_a_wildcard_before_an_equals_sign_is_a_glob_where_a_file_matches(tmp_path: Path) -> None:
    (tmp_path / "a-key=1").touch()
    assert parse_spec(f"{tmp_path}/a?key=1").settings == {}


def test_sources_keep_the_order_in_which_they_were_named(tmp_path: Path) -> None:
    for name in ("a.log", "z.log"):
        (tmp_path / name).touch()
    opened = open_sources([str(tmp_path / "z.log"), "cmd:true", str(tmp_path / "a.log")])
    assert [type(each.source) for each in opened.sources] == [FileSource, CommandSource, FileSource]
    assert opened.sources[1].name == "cmd:true"


def test_a_dash_is_standard_input_and_a_fifo_a_pipe(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "fifo")
    opened = open_sources(["-", str(tmp_path / "fifo")])
    assert [type(each.source) for each in opened.sources] == [PipeSource, PipeSource]


def test_a_file_whose_name_looks_like_a_url_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cmd:x").touch()
    (opened,) = open_sources(["cmd:x"]).sources
    assert isinstance(opened.source, FileSource)


@pytest.mark.parametrize("wrong", ["", "gopher://x", "cmd:", b"bytes", 7])
def test_what_is_no_source_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError):
        open_sources([wrong])


def test_no_source_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no source"):
        open_sources([])


def test_iterables_of_either_colour_have_names_of_their_own() -> None:
    def numbers() -> Iterator[bytes]:
        yield b""

    async def letters() -> AsyncIterator[bytes]:
        yield b""

    stream = io.BytesIO(b"x\n")
    names = [each.name for each in open_sources([numbers(), letters(), stream]).sources]
    assert names == ["numbers", "letters", "BytesIO 3"]


def test_a_plug_in_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def find(group: str, name: str) -> Any:
        asked.append((group, name))
        return lambda rest, settings: CommandSource(f"echo {rest} {settings['label']}")

    monkeypatch.setattr(plugins, "_entry_point", find)
    (opened,) = open_sources(["kafka://topic?label=mine"]).sources
    assert isinstance(opened.source, CommandSource)
    assert opened.source.command == "echo //topic mine"
    assert asked == [("plait.sources", "kafka")]


def test_sinks_are_standard_output_files_and_plug_ins(tmp_path: Path) -> None:
    assert isinstance(open_sink("-", render), DescriptorSink)
    sink = open_sink(str(tmp_path / "out"), render)
    assert isinstance(sink, FileSink)
    sink.close()
    with pytest.raises(UsageError, match="no sink for gopher:"):
        open_sink("gopher://x", render)


def test_every_built_in_source_and_setting_says_what_it_is() -> None:
    assert set(SOURCES) == {"cmd"}
    assert all(SETTINGS.values())


FORMAT = """
from plait.logs.times import TimeFormat
GOOD = TimeFormat("own", "of a package", b"", (), ())
BAD = 7
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a package with one entry point for a time format, as pip would."""

    def install(value: str) -> None:
        info = tmp_path / "stamps-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stamps\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[plait.time_formats]\nmine = {value}\n")
        (tmp_path / "plait_stamps_of_test.py").write_text(FORMAT)
        monkeypatch.syspath_prepend(str(tmp_path))

    plugins.time_formats.cache_clear()
    yield install
    plugins.time_formats.cache_clear()


def test_a_time_format_of_a_package_has_the_name_of_its_entry_point(
    package: Callable[[str], None],
) -> None:
    assert "mine" not in {form.name for form in plugins.time_formats()}
    plugins.time_formats.cache_clear()
    package("plait_stamps_of_test:GOOD")
    assert [(form.name, form.title) for form in plugins.time_formats() if form.name == "mine"] == [
        ("mine", "of a package")
    ]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("plait_stamps_of_test:BAD", "7 is no TimeFormat"),
        ("plait_stamps_of_test:NONE", "AttributeError"),
        ("plait_no_such_module:X", "No module named 'plait_no_such_module'"),
    ],
)
def test_a_time_format_that_cannot_be_loaded_names_its_package(
    package: Callable[[str], None], value: str, why: str
) -> None:
    package(value)
    with pytest.raises(UsageError, match=rf"time format mine of stamps: .*{why}.*; mend"):
        plugins.time_formats()
