"""Threads and coroutines in one program; standard library only, knows nothing of logs."""

from plait.bridge.iteration import iterate_blocking
from plait.bridge.loop_thread import LoopThread
from plait.bridge.threads import run_in_thread

__all__ = ["LoopThread", "iterate_blocking", "run_in_thread"]
