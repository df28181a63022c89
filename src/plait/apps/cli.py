"""Words of a command line in, an exit status out: 0 fine, 1 something failed, 2 wrong usage."""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from plait.apps.options import parse
from plait.errors import PlaitError, UsageError


def run() -> NoReturn:
    """The program `plait`: `main`, and an end."""
    code = main()
    # The system takes everything back; to look through it for garbage first is a tenth of a start.
    gc.freeze()
    sys.exit(code)


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
    # What is imported stays; to look for garbage in it meanwhile is a twentieth of the start.
    gc.disable()
    try:
        # As importlib.import_module, which brings the system of warnings along.
        module = __import__(f"plait.apps.{name}", fromlist=["run"])
    finally:
        gc.enable()
    run: Callable[[dict[str, Any]], int] = module.run
    return run
