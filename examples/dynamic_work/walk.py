"""Blocking code that starts coroutines while others run, and takes the results as they come.

    python examples/dynamic_work/walk.py --seconds 0.5 --loop uvloop

Which pages there are is known only once the page above has been read: the work grows while it is
done. Ctrl-C cancels what runs, waits for its cleanup and says what was done; a second one waits
for nothing.
"""

import argparse
import asyncio
import queue
import signal
import sys
import threading
from collections import deque

from plait.bridge import Call, LoopThread, call_every, call_later, loop_factory
from plait.errors import CallCancelled

WIDTH = 3


def say(text: str) -> None:
    """Print a line, in one piece: two threads do."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Site:
    """Stands for a server: pages that take a while, each with links to some below it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    async def read(self, page: str) -> list[str]:
        """The pages below this one. On the loop."""
        slowness = 0 if page == "/" else WIDTH + 1 - int(page[-1])
        try:
            await asyncio.sleep(self._options.seconds * slowness)
        except asyncio.CancelledError:
            await asyncio.sleep(self._options.tidy)  # a farewell to the server, say
            say(f"{page}: tidied up")
            raise
        if page == self._options.missing:
            raise LookupError("there is no such page")
        deep = len(page) > self._options.depth
        return [] if deep else [f"{page}{number}" for number in range(1, WIDTH + 1)]


class Walk:
    """The blocking half, in the main thread.

    1. Only the main thread touches the pages and the calls; whatever happens elsewhere comes
       to it through `_events`: the end of a call, or the reason why it is enough.
    2. A page is in one of `_to_read`, `_calls` and the outcomes; a call is in `_calls` until its
       coroutine has ended, cleanup and all.
    """

    def __init__(self, loop: LoopThread, options: argparse.Namespace) -> None:
        self._loop = loop
        self._options = options
        self._site = Site(options)
        self._events: queue.SimpleQueue[Call[list[str]] | str] = queue.SimpleQueue()
        self._to_read = deque(["/"])
        self._calls: dict[Call[list[str]], str] = {}
        self._outcomes = {"read": 0, "failed": 0, "cancelled": 0}

    def run(self) -> str:
        """Read all pages. Gives why it stopped before, if it did."""
        threading.Thread(target=self._wait_for_ctrl_c, daemon=True).start()
        loop = self._loop.portal.loop
        progress = call_every(loop, self._options.every, self._show)
        limit = call_later(loop, self._options.most, self._events.put, "the time is over")
        why = ""
        self._start_some()
        while self._calls:
            event = self._events.get()
            if isinstance(event, Call):
                self._note(event)
                if not why:
                    self._start_some()
            elif not why:
                why = event
                self._stop(why)
        limit.cancel()
        if not progress.cancel():
            self._loop.call(progress.wait)  # it is just being called
        say(", ".join(f"{number} {outcome}" for outcome, number in self._outcomes.items()))
        return why

    def _start_some(self) -> None:
        while self._to_read and len(self._calls) < self._options.at_once:
            page = self._to_read.popleft()
            call = self._loop.start(self._site.read, page)
            self._calls[call] = page
            call.add_done_callback(self._events.put)

    def _stop(self, why: str) -> None:
        """Cancel what runs; the ends of the calls, after their cleanup, are events to come."""
        say(f"{why}: cancelling {', '.join(sorted(self._calls.values()))}")
        # From here on Ctrl-C ends the program as it stands.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for call in self._calls:
            call.cancel()

    def _note(self, call: Call[list[str]]) -> None:
        page = self._calls.pop(call)
        try:
            below = call.result()
        except CallCancelled:
            self._outcomes["cancelled"] += 1
        except LookupError as error:
            self._outcomes["failed"] += 1
            say(f"{page}: {error}")
        else:
            self._outcomes["read"] += 1
            self._to_read.extend(below)
            say(f"{page}: {len(below)} below")

    def _show(self) -> None:
        """On the loop, again and again, whatever the main thread waits for."""
        say(f"... {len(self._calls)} under way, {len(self._to_read)} to go")

    def _wait_for_ctrl_c(self) -> None:
        """In a thread: no exception in the middle of something, but an event like the others."""
        signal.sigwait({signal.SIGINT})
        self._events.put("Ctrl-C")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int, default=3, help="of the tree of pages")
    parser.add_argument("--seconds", type=float, default=0.1, help="that the fastest page takes")
    parser.add_argument("--missing", metavar="PAGE", default="/22", help="cannot be read")
    parser.add_argument("--tidy", type=float, default=0.01, help="seconds that a cleanup takes")
    parser.add_argument("--at-once", type=int, default=8, help="so many are read")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between progress")
    parser.add_argument("--most", type=float, default=60.0, help="seconds, then it is enough")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    options = parser.parse_args()
    # First of all, as every thread inherits it: Ctrl-C interrupts none and waits for `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    with LoopThread(loop_factory=loop_factory(options.loop)) as loop:
        why = Walk(loop, options).run()
    return 130 if why == "Ctrl-C" else 0


if __name__ == "__main__":
    sys.exit(main())
