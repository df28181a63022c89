"""Every exception of plait; the class says whose fault it is.

PlaitError                  the world's: something outside did not do what was needed
├── SourceError             a source cannot be opened or read
├── SinkError               a sink cannot be opened or written
│   └── StateError          what was kept of a former run cannot be gone on from
├── MissingExtra            a package that is not installed (also an ImportError)
├── UsageError              the caller's: wrong arguments (also a ValueError)
└── BridgeError             a crossing between threads and loop that cannot happen
    ├── WouldDeadlock       the wait could never end
    ├── LoopClosed          the loop on the other side is gone
    ├── ChannelClosed       the channel takes no more, or has no more to give
    ├── CallCancelled       the coroutine called was cancelled on its own side
    └── ProcessDied         the process that ran the call ended before the call did
"""


class PlaitError(Exception):
    """Base of all that plait raises because of the world around it."""


class SourceError(PlaitError):
    """A source cannot be opened or read.

    `source` is the name of the source, `problem` what happened, `hint` what to do about it.
    """

    def __init__(self, source: str, problem: str, hint: str = "") -> None:
        super().__init__(source, problem, hint)
        self.source = source
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return _sentence(self.source, self.problem, self.hint)


class SinkError(PlaitError):
    """A sink cannot be opened or written; the fields are those of `SourceError`."""

    def __init__(self, sink: str, problem: str, hint: str = "") -> None:
        super().__init__(sink, problem, hint)
        self.sink = sink
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return _sentence(self.sink, self.problem, self.hint)


class StateError(SinkError):
    """What was kept of a former run does not fit what is there, so it cannot be gone on from."""


class MissingExtra(PlaitError, ImportError):
    """What was asked for needs a package that is not installed."""

    def __init__(self, wanted: str, package: str, extra: str) -> None:
        super().__init__(wanted, package, extra)
        self.wanted = wanted
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.wanted} needs {self.package}; pip install 'plait[{self.extra}]'"


class UsageError(PlaitError, ValueError):
    """The caller asked for something that cannot be; the text says what to write instead."""


class BridgeError(PlaitError):
    """A crossing between threads and an event loop that cannot happen."""


class WouldDeadlock(BridgeError):
    """The wait could never end, so it was not begun."""


class LoopClosed(BridgeError):
    """The event loop on the other side is closed or its thread has ended."""


class ChannelClosed(BridgeError):
    """The channel is closed: nothing can be put, and what was in it has been taken."""


class CallCancelled(BridgeError):
    """The coroutine that a thread called was cancelled by somebody on its loop."""


class ProcessDied(BridgeError):
    """The process that ran `function` ended before it; `exit_code` is negative for a signal's."""

    def __init__(self, function: str, exit_code: int | None) -> None:
        super().__init__(function, exit_code)
        self.function = function
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.function}: its process ended meanwhile, with exit code {self.exit_code}"


def _sentence(name: str, problem: str, hint: str) -> str:
    return f"{name}: {problem}; {hint}" if hint else f"{name}: {problem}"
