"""Loops by name."""

import asyncio
import sys

import pytest

from plait.bridge import LoopThread, loop_factory
from plait.errors import MissingExtra, UsageError


@pytest.mark.parametrize(("name", "module"), [("asyncio", "asyncio"), ("uvloop", "uvloop")])
def test_a_loop_of_that_name_runs(name: str, module: str) -> None:
    with LoopThread(loop_factory=loop_factory(name)) as loop:
        kind = loop.call_function(lambda: type(asyncio.get_running_loop()).__module__)
    assert kind.split(".")[0] == module


def test_another_name_is_an_error_that_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="one of asyncio, uvloop, not 'curio'"):
        loop_factory("curio")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(MissingExtra, match=r"pip install 'plait\[uvloop\]'"):
        loop_factory("uvloop")
