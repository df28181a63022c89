"""A function and arguments in, an awaitable call in another process out."""

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Literal, ParamSpec, Self, TypeVar, TypeVarTuple, cast, overload

from plait.bridge.limiter import Limiter
from plait.bridge.threads import run_in_thread
from plait.bridge.worker_process import PATIENCE, ProcessCall, StartMethod, WorkerProcess
from plait.errors import BridgeError, ProcessDied, UsageError

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

OnCancel = Literal["kill", "wait", "abandon"]
Outcome = tuple[object, BaseException | None]


@overload
async def run_in_process(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@overload
async def run_in_process(
    function: Callable[[*Ts], T],
    /,
    *args: *Ts,
    on_cancel: OnCancel = ...,
    pool: "ProcessPool | None" = ...,
) -> T: ...


async def run_in_process(  # type: ignore[misc]  # mypy: a function may take the options' names
    function: Callable[..., T],
    /,
    *args: Any,  # the function's own
    on_cancel: OnCancel = "kill",
    pool: "ProcessPool | None" = None,
    **kwargs: Any,  # the function's own
) -> T:
    """Call a function in a worker process and give what it returns or raises.

    Where all workers are busy it waits for one; without `pool` there are as many as processors,
    ended with the program. Cancelled half way, the worker is killed, gone when this raises, and
    replaced when next needed; with `on_cancel="wait"` the call goes on and is waited for, with
    `"abandon"` it goes on alone. `ProcessDied` where the process ended by itself. What the
    function raises has its traceback as a note; what cannot be pickled is an error here.
    """
    call = ProcessCall(function, args, kwargs)
    return cast(T, await (pool or _POOL).run(call, on_cancel))


class ProcessPool:
    """At most `size` worker processes, started when needed, while a `with` block lasts.

    Leaving the block kills what still runs (its callers get `BridgeError`), ends the workers and
    waits for them; `async with` waits without holding the loop. Calls may come from any number
    of loops. Workers are started fresh (`spawn`, or `forkserver`), so functions, arguments and
    results travel pickled, and the program's main module must be importable. They are daemons:
    they may start other programs, but no `multiprocessing` of their own. A terminal's Ctrl-C is
    the parent's to act on; workers pass over it.

    1. The limiter's token is held from before a worker is taken until it is back, or ended and
       waited for; so there are never more than `size` workers.
    2. A worker is in `_idle` or in `_busy`, changed under `_lock`; killed ones are never idle.
    3. A call's `cancelled` is set and its worker looked up under `_lock`: a cancelled call
       either never begins or has its worker killed.
    """

    def __init__(self, size: int | None = None, *, start_method: StartMethod = "spawn") -> None:
        if start_method not in ("spawn", "forkserver"):
            raise UsageError(f"{start_method} and threads do not mix; take spawn or forkserver")
        self._size: Final = os.cpu_count() or 1 if size is None else size
        self._start_method: Final = start_method
        self._closed = False
        self._calls = self._killed = self._died = 0
        self.forget_workers()
        _pools.add(self)

    def forget_workers(self) -> None:
        """Have none, in a forked child: they are its parent's."""
        self._lock = threading.Condition()  # waited for by `close`
        self._limiter = Limiter(self._size)
        self._idle: list[WorkerProcess] = []
        self._busy: dict[ProcessCall, WorkerProcess] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ending: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *ending: object) -> None:
        await run_in_thread(self.close, on_cancel="wait")

    def close(self) -> None:
        """Refuse further calls, kill what runs, end the workers and wait for them."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for worker in self._busy.values():
                worker.kill()
        for worker in idle:
            worker.hang_up()
        for worker in idle:
            worker.join()
        with self._lock:
            # The threads that talk to busy ones end them.
            self._lock.wait_for(lambda: not self._busy, PATIENCE)

    def statistics(self) -> dict[str, int]:
        """Workers, those busy, callers waiting for one, calls begun, workers killed or dead."""
        with self._lock:
            return {
                "size": self._size,
                "processes": len(self._idle) + len(self._busy),
                "busy": len(self._busy),
                "waiting": self._limiter.statistics()["waiting"],
                "calls": self._calls,
                "killed": self._killed,
                "died": self._died,
            }

    async def run(self, call: ProcessCall, on_cancel: OnCancel) -> object:
        """Have a worker make this call; `run_in_process` is the way in."""
        if on_cancel not in ("kill", "wait", "abandon"):
            raise UsageError(f"on_cancel is 'kill', 'wait' or 'abandon', not {on_cancel!r}")
        if self._closed:
            raise BridgeError(f"{call.name}: the process pool is closed")
        if on_cancel == "kill":
            value, error = await self._make_or_kill(call)
        else:
            value, error = await run_in_thread(
                self._make, call, limiter=self._limiter, on_cancel=on_cancel
            )
        # Raised here and not in a task of ours, which a SystemExit would take the loop down with.
        if error is not None:
            raise error
        return value

    async def _make_or_kill(self, call: ProcessCall) -> Outcome:
        making = run_in_thread(self._make, call, limiter=self._limiter, on_cancel="wait")
        task = asyncio.ensure_future(making)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.add_done_callback(_ignore)
            self._kill(call)
            task.cancel()
            # Not long: its thread waits for a process that has been killed.
            await asyncio.wait([task])
            raise
        return task.result()

    def _kill(self, call: ProcessCall) -> None:
        with self._lock:
            call.cancelled = True
            if call in self._busy:
                self._busy[call].kill()

    def _make(self, call: ProcessCall) -> Outcome:
        """Make the call; on a thread, with the limiter's token held."""
        request = call.request()
        worker = self._take(call)
        answer = None
        try:
            with suppress(EOFError, OSError):
                answer = worker.exchange(request)
        finally:
            self._give_back(call, worker, broken=answer is None)
        if answer is None:
            raise self._loss(call) or ProcessDied(call.name, worker.exit_code)
        return call.outcome(answer)

    def _take(self, call: ProcessCall) -> WorkerProcess:
        worker = self._take_idle() or WorkerProcess(self._start_method)
        with self._lock:
            loss = self._loss(call)
            if loss is None:
                self._busy[call] = worker
                self._calls += 1
                return worker
        worker.end()
        raise loss

    def _take_idle(self) -> WorkerProcess | None:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive():
                    return worker
                worker.hang_up()
                self._died += 1
        return None

    def _give_back(self, call: ProcessCall, worker: WorkerProcess, *, broken: bool) -> None:
        with self._lock:
            if not (broken or worker.killed):
                del self._busy[call]
                self._idle.append(worker)
                return
            self._killed += worker.killed
            self._died += not worker.killed
        worker.end()
        with self._lock:
            del self._busy[call]
            self._lock.notify_all()

    def _loss(self, call: ProcessCall) -> BaseException | None:
        """Why this pool does not make, or has given up, this call."""
        if call.cancelled:
            return asyncio.CancelledError()
        return BridgeError(f"{call.name}: the process pool was closed") if self._closed else None


def _ignore(task: "asyncio.Future[Outcome]") -> None:
    """Nobody wants to know any more how it ended."""
    if not task.cancelled():
        task.exception()


_pools: "weakref.WeakSet[ProcessPool]" = weakref.WeakSet()
_POOL: Final = ProcessPool()
atexit.register(_POOL.close)


def _forget_in_child() -> None:
    for pool in list(_pools):
        pool.forget_workers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)

__all__ = ["ProcessPool", "run_in_process"]
