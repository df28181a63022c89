"""A command in; its seconds, its peak memory and the bytes that it wrote out."""

import os
import resource
import shutil
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

#: Seconds after which a command counts as hanging.
LIMIT: Final = 600.0


@dataclass(frozen=True)
class Usage:
    """What a command took."""

    seconds: float
    memory: int  # bytes, at the peak; never less than those of the process that started it
    written: int  # bytes, to standard output


class CommandFailed(Exception):
    """It ended with an error, or did not end."""


def run(
    words: list[str], output: Path, environment: Mapping[str, str], limit: float = LIMIT
) -> Usage:
    """Run it once, with its standard output over what stands in `output`.

    In place, so that a second run finds the pages that the first one made: fresh ones scatter
    the times. What stood beyond the end of the new output stays.
    """
    program = shutil.which(words[0])
    assert program is not None, words[0]
    errors = output.with_suffix(".errors")
    with (
        open(output, "r+b" if output.exists() else "w+b", buffering=0) as out,
        open(errors, "w+b", buffering=0) as err,
    ):
        begun = perf_counter()
        process = os.posix_spawn(
            program,
            words,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, err.fileno(), 2),
            ],
        )
        status, usage = _wait(process, limit)
        seconds = perf_counter() - begun
        # The child wrote through the same open file, so its place in it is ours too.
        written = os.lseek(out.fileno(), 0, os.SEEK_CUR)
    if status == -signal.SIGKILL and seconds >= limit:
        raise CommandFailed(f"no end in {limit:g} s")
    if status:
        said = errors.read_text("utf-8", "replace").strip().splitlines()
        raise CommandFailed(f"ended with {status}: {said[-1] if said else 'it said nothing'}")
    return Usage(seconds, usage.ru_maxrss * 1024, written)


def _wait(process: int, limit: float) -> tuple[int, resource.struct_rusage]:
    handle = os.pidfd_open(process)  # a number may be another process's by the time of the kill
    timer = threading.Timer(limit, signal.pidfd_send_signal, (handle, signal.SIGKILL))
    timer.start()
    try:
        _, status, usage = os.wait4(process, 0)
    except BaseException:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.wait4(process, 0)
        raise
    finally:
        timer.cancel()
        timer.join()
        os.close(handle)
    return os.waitstatus_to_exitcode(status), usage


def own_memory() -> int:
    """The peak of this process: the least that `Usage.memory` can tell."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
