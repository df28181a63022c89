"""The name of an event loop in, what makes one out."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Final

from plait.errors import MissingExtra, UsageError

#: The names that `loop_factory` knows.
LOOPS: Final = ("asyncio", "uvloop")


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop of that name, for `asyncio.Runner` and `LoopThread`.

    `"asyncio"` is the standard library's, `"uvloop"` needs that package: `MissingExtra` says
    what to install. Every other name is a `UsageError`.
    """
    if name == "asyncio":
        return asyncio.new_event_loop
    if name != "uvloop":
        raise UsageError(f"the loop is one of {', '.join(LOOPS)}, not {name!r}")
    try:
        uvloop = import_module("uvloop")
    except ModuleNotFoundError:
        raise MissingExtra("the loop 'uvloop'", "uvloop", "uvloop") from None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


__all__ = ["LOOPS", "loop_factory"]
