"""Threads and coroutines in one program; many logs in one stream.

for record in plait.merge("api.log", "worker.log"):           # blocking code
    print(record.time, record.source, record.text)

async with plait.follow("logs/*.log") as stream:              # asyncio
    async for batch in stream.batches(): ...
"""

import os
import sys
from typing import TYPE_CHECKING

from plait.version import __version__

if TYPE_CHECKING:
    from plait import errors
    from plait.blocking import merge
    from plait.driver import follow
    from plait.logs.batch import Record
    from plait.sinks import Sink
    from plait.sources import Source

if os.environ.get("PLAIT_KERNEL") == "python":
    # To compare the two, or where the compiled kernel is not trusted.
    sys.modules["plait.logs.kernel.compiled"] = None  # type: ignore[assignment]

__all__ = ["Record", "Sink", "Source", "__version__", "errors", "follow", "merge"]

# Where each public name lives; imported on first use, so that `plait.bridge` alone and the
# command line load only what they need.
_HOMES = {
    "Record": "plait.logs.batch",
    "Sink": "plait.sinks",
    "Source": "plait.sources",
    "errors": "plait.errors",
    "follow": "plait.driver",
    "merge": "plait.blocking",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'plait' has no attribute {name!r}")
    from importlib import import_module

    home = import_module(_HOMES[name])
    value = globals()[name] = home if name == "errors" else getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
