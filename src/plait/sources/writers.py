"""An open file in, whether anybody has it open for writing out."""

import errno
import fcntl

_SETLEASE = getattr(fcntl, "F_SETLEASE", None)
_SETSIG = getattr(fcntl, "F_SETSIG", None)


def has_writer(fd: int) -> bool | None:
    """Whether some process holds the file of `fd` (opened for reading) open for writing.

    None where that cannot be told: not Linux, a file of somebody else, a network file system.
    A read lease is taken and given back at once; the system grants it only where no writer is.
    """
    if _SETLEASE is None or _SETSIG is None:
        return None
    import signal  # its enums are made anew in each start, and few files are asked about

    try:
        # A writer that opens the file while we hold the lease makes the system send a signal;
        # the one for that by default, SIGIO, would end the process. SIGURG is ignored.
        fcntl.fcntl(fd, _SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, _SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    try:
        fcntl.fcntl(fd, _SETLEASE, fcntl.F_UNLCK)
    except OSError:  # pragma: no cover - the lease was granted, so this cannot fail
        return None
    return False
