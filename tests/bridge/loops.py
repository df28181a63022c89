"""The event loops that the bridge is tested on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from plait.bridge import loop_factory

T = TypeVar("T")

Factory = Callable[[], asyncio.AbstractEventLoop]


class Plain(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors, as Windows' cannot."""

    def add_reader(  # type: ignore[override]  # mypy does not match *Ts with Any
        self,
        fd: Any,
        callback: Any,
        *args: Any,  # asyncio's own
    ) -> Any:
        raise NotImplementedError


FACTORIES: list[Factory] = [asyncio.new_event_loop, Plain, loop_factory("uvloop")]

on_every_loop = pytest.mark.parametrize("factory", FACTORIES, ids=lambda f: f.__name__)


def run(factory: Factory, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run this on a new loop, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(coroutine)
