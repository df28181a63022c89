"""What can happen to a source, as small frozen values handed to one callable.

Sources yield some of these between their chunks; the driver makes the others. Log lines,
statistics and the web page are made from them.
"""

from plait.values import frozen


@frozen
class Event:
    """Something happened to `source`; `str(event)` says it in one sentence."""

    source: str

    def __str__(self) -> str:
        return f"{self.source}: {self.what()}"

    def what(self) -> str:
        """Say what happened, without the source's name."""
        return type(self).__name__.lower()


@frozen
class Opened(Event):
    """Reading begins (or begins again after the source was missing)."""

    def what(self) -> str:
        return "opened"


@frozen
class Waiting(Event):
    """The source is not there yet; it is waited for."""

    problem: str = "does not exist yet"

    def what(self) -> str:
        return f"{self.problem}; waiting for it"


@frozen
class CaughtUp(Event):
    """All that the source held when it was last asked has been read."""

    def what(self) -> str:
        return "caught up with the present"


@frozen
class Rotated(Event):
    """The source goes on in a new file: what follows is a new incarnation."""

    def what(self) -> str:
        return "rotated; reading the new file from its start"


@frozen
class Truncated(Event):
    """The source was cut to less than was read: what follows is a new incarnation."""

    read: int = 0
    size: int = 0

    def what(self) -> str:
        return f"truncated from {self.read} to {self.size} bytes; reading it again from its start"


@frozen
class Late(Event):
    """`records` came after their place in the output had gone, by at most `behind` ns."""

    records: int = 1
    behind: int = 0

    def what(self) -> str:
        one = "1 record came" if self.records == 1 else f"{self.records} records came"
        return f"{one} up to {self.behind / 1e9:.3f} s late"


@frozen
class Suspect(Event):
    """`records` had a stamp that leapt ahead and was not believed."""

    records: int = 1

    def what(self) -> str:
        one = "1 stamp" if self.records == 1 else f"{self.records} stamps"
        return f"{one} leapt ahead and was not believed"


@frozen
class Skipped(Event):
    """`bytes` are not read: if the file is in order, they lie outside `since` and `until`."""

    bytes: int = 0

    def what(self) -> str:
        return f"skipped {self.bytes} bytes outside --since and --until"


@frozen
class Disordered(Event):
    """`records` lie over a minute behind an earlier one, and a part was skipped as if none did."""

    records: int = 1

    def what(self) -> str:
        one = "1 record lies" if self.records == 1 else f"{self.records} records lie"
        return (
            f"{one} over a minute behind an earlier one; the part that was skipped may hold "
            "records that belong here: read it too with --read-all"
        )


@frozen
class Cut(Event):
    """A record longer than `limit` bytes goes on in another, marked piece, `pieces` times."""

    pieces: int = 1
    limit: int = 0

    def what(self) -> str:
        return f"a record is longer than {self.limit} bytes and is cut into pieces"


@frozen
class Noted(Event):
    """Something the user should know that is no fault."""

    note: str = ""

    def what(self) -> str:
        return self.note


@frozen
class Failed(Event):
    """The source cannot be read (any further); the others go on."""

    problem: str = ""
    hint: str = ""

    def what(self) -> str:
        return f"{self.problem}; {self.hint}" if self.hint else self.problem


@frozen
class Lost(Failed):
    """The file that a former run had read up to byte `at` is gone, and what came after it.

    `least` is how much more that run had seen of it, so the least that is missing.
    """

    at: int = 0
    least: int = 0

    def what(self) -> str:
        rest = f"at least {self.least} bytes" if self.least > 0 else "whatever came then"
        return (
            f"the file that was read up to byte {self.at} is not found any more; "
            f"{rest} will be missing in the output"
        )


@frozen
class Stalled(Event):
    """An output cannot be written: nothing is read until it can."""

    problem: str = ""

    def what(self) -> str:
        return f"{self.problem}; waiting until it can be written"


@frozen
class Resumed(Event):
    """An output that could not be written can be written again; nothing was lost."""

    def what(self) -> str:
        return "can be written again; going on where it stopped"


@frozen
class Reopened(Event):
    """An output goes on in the file that its name stands for now."""

    def what(self) -> str:
        return "opened anew; what follows is in the new file"


@frozen
class Ended(Event):
    """The source has nothing more to give."""

    def what(self) -> str:
        return "ended"
