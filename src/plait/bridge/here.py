"""What the bridge knows about the calling thread."""

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.bridge.job import Job
    from plait.bridge.pool import Pool


class Here(threading.local):
    """One thread's place in the bridge; all `None` for a thread that is none of ours."""

    job: "Job[object] | None" = None  # the call from a coroutine that runs here
    pool: "Pool | None" = None  # whose worker this thread is
    inbox: "deque[Job[object]] | None" = None  # what only this thread may run


here = Here()

__all__ = ["here"]
