"""The front door: what is public, and what importing it costs."""

import subprocess
import sys
import typing
from pathlib import Path

import pytest

import plait
from plait import errors
from plait.settings import Given, Options


def test_nothing_else_is_public() -> None:
    assert set(plait.__all__) == {
        "Record", "Sink", "Source", "__version__", "errors", "follow", "merge",
    }  # fmt: skip
    assert dir(plait) == sorted(plait.__all__)


def test_every_public_name_is_there_and_documented() -> None:
    for name in plait.__all__:
        assert getattr(plait, name).__doc__
    with pytest.raises(AttributeError, match="nonsense"):
        _ = plait.nonsense


def test_options_and_their_keywords_are_the_same() -> None:
    fields = {name for name in Options.__annotations__ if name != "live"}
    assert set(Given.__annotations__) == fields
    assert typing.get_type_hints(Given) == {
        name: hint for name, hint in typing.get_type_hints(Options).items() if name in fields
    }


def test_errors_of_the_callers_are_value_errors_and_the_worlds_are_plaits() -> None:
    assert issubclass(errors.UsageError, ValueError)
    for name in ("SourceError", "SinkError", "MissingExtra", "UsageError", "BridgeError"):
        assert issubclass(getattr(errors, name), errors.PlaitError)
        assert name in (errors.__doc__ or "")


def test_an_error_names_the_thing_what_happened_and_what_to_do() -> None:
    error = errors.SourceError("app.log", "no time found", "give --time-format")
    assert str(error) == "app.log: no time found; give --time-format"
    missing = errors.MissingExtra("app.log.zst", "zstandard", "zstd")
    assert str(missing) == "app.log.zst needs zstandard; pip install 'plait[zstd]'"


def loaded(code: str) -> set[str]:
    """The modules that are loaded after this code, in a fresh process."""
    code += "; import sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_bridge_alone_loads_nothing_of_the_logs() -> None:
    assert not {name for name in loaded("import plait.bridge") if name.startswith("plait.logs")}


def test_a_merge_of_files_loads_neither_asyncio_nor_rich(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    code = f"from plait.apps.cli import main; main(['merge', {str(tmp_path / 'a.log')!r}])"
    assert not loaded(code) & {"asyncio", "rich"}
