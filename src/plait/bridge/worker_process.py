"""A pipe to a process of our own: pickled calls in, pickled outcomes out."""

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Final, Literal

from plait.errors import BridgeError

StartMethod = Literal["spawn", "forkserver"]

# A process that has nothing to do ends in milliseconds when told; one that does not by then is
# held by something that a function left running in it.
PATIENCE = 2.0


class ProcessCall:
    """A function and its arguments, on their way to a worker; and the answer's way back."""

    def __init__(
        self, function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        self.name: Final = getattr(function, "__qualname__", repr(function))
        self.cancelled = False
        self._parts: Final = (function, args, kwargs)

    def request(self) -> bytes:
        """What a worker is sent; raises where it cannot be pickled."""
        return pickle.dumps(self._parts, pickle.HIGHEST_PROTOCOL)

    def outcome(self, answer: bytes) -> tuple[object, BaseException | None]:
        """What the function returned, or raised."""
        value, error, trace = pickle.loads(answer)  # noqa: S301  # from our own process
        if error is not None:
            error.add_note(f"In the worker process:\n{trace}")
        return value, error


class WorkerProcess:
    """A process, and the pipe to it.

    One thread at a time takes it from the pool, talks to it and hangs up; any may kill or join.
    """

    def __init__(self, start_method: StartMethod) -> None:
        get = multiprocessing.get_context
        start = get("spawn") if start_method == "spawn" else get("forkserver")
        self._pipe, theirs = start.Pipe()
        self._process = start.Process(
            target=_serve, args=(theirs,), name="plait process", daemon=True
        )
        with _deaf_to_ctrl_c():
            self._process.start()
        theirs.close()
        self.killed = False

    def exchange(self, request: bytes) -> bytes:
        """Send a request and wait for its answer; `EOFError` or `OSError` where it dies."""
        self._pipe.send_bytes(request)
        return self._pipe.recv_bytes()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """How it ended; negative for a signal's number."""
        return self._process.exitcode

    def kill(self) -> None:
        """End it now, whatever it does. Any thread; never waits."""
        self.killed = True
        self._process.kill()

    def hang_up(self) -> None:
        """Let the process end when it has nothing to do."""
        self._pipe.close()

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self.kill()
        self.hang_up()
        self.join()

    def join(self) -> None:
        """Wait for its end; kill it where that takes too long."""
        self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started in the block inherits it, so that the signal waits for `_serve`."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # When it starts, multiprocessing's tracker lets the signal through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: "Connection[bytes, bytes]") -> None:
    """Answer requests until the other side hangs up; the whole life of a worker process."""
    # Not ignored, which the programs that it starts would inherit.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, name="plait parent", daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _end_with_parent() -> None:
    """End a function that still runs when the parent is gone, however that came."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _answer(request: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(request)  # noqa: S301  # from our own parent
        value = function(*args, **kwargs)
        return pickle.dumps((value, None, ""), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # noqa: BLE001  # it is raised again at the caller's
        trace = "".join(traceback.format_exception(error))
        try:
            answer = pickle.dumps((None, error, trace))
            pickle.loads(answer)  # noqa: S301  # many can be pickled but not read back
        except Exception:  # noqa: BLE001  # whatever its __reduce__ raises
            last = traceback.format_exception_only(error)[-1].strip()
            unsent = BridgeError(f"an exception that cannot be pickled: {last}")
            return pickle.dumps((None, unsent, trace))
        return answer


__all__ = ["PATIENCE", "ProcessCall", "StartMethod", "WorkerProcess"]
