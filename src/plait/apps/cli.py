"""Words of a command line in, an exit status out: 0 fine, 1 something failed, 2 wrong usage."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from plait.apps.options import parse
from plait.errors import PlaitError, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; what a user should read of an error goes to standard error."""
    try:
        command, values = parse(sys.argv[1:] if argv is None else argv)
        return _runner(command.name)(values)
    except UsageError as error:
        complain(str(error))
        return 2
    except PlaitError as error:
        complain(str(error))
        return 1
    except BrokenPipeError:
        # Whoever read our output has enough: a normal end. Python would try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        return 130


def complain(text: str) -> None:
    """Write one line to standard error, safe for a terminal."""
    from plait.logs.render import visible

    line = visible(f"plait: {text}".replace("\n", " ").encode("utf-8", "surrogateescape"))
    sys.stderr.flush()
    os.write(2, line + b"\n")


def _runner(name: str) -> Callable[[dict[str, Any]], int]:
    """The function behind a command; its module is named like it, and imported when it is used."""
    run: Callable[[dict[str, Any]], int] = import_module(f"plait.apps.{name}").run
    return run
