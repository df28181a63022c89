"""Errors of the operating system in, plain words out."""

import errno
import os
import stat

from plait.errors import SourceError

_WORDS: dict[int | None, tuple[str, str]] = {
    errno.ENOENT: ("does not exist", "check the path"),
    errno.ENOTDIR: ("does not exist: a part of its path is not a folder", "check the path"),
    errno.EACCES: ("no permission to read it", "check its mode and owner, and its folders'"),
    errno.EPERM: ("no permission to read it", "check its mode and owner, and its folders'"),
    errno.EISDIR: ("is a directory", "name a file in it"),
    errno.ELOOP: ("its symbolic links lead in a circle", "mend the links"),
    errno.EMFILE: ("too many open files", "raise the limit with ulimit -n"),
    errno.ENFILE: ("too many open files in the whole system", "raise fs.file-max"),
    errno.EIO: ("input/output error while reading", "check the disk"),
    errno.ESTALE: ("the network file system has lost it", ""),
}


def in_words(source: str, error: OSError) -> SourceError:
    """Say what happened to `source` as a user would understand it."""
    text = (error.strerror or str(error) or type(error).__name__).lower()
    problem, hint = _WORDS.get(error.errno, (f"cannot be read: {text}", ""))
    return SourceError(source, problem, hint)


def require_regular(source: str, mode: int) -> None:
    """Raise `SourceError` if a file of this mode is not a regular file."""
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise SourceError(source, "is a directory", "name a file in it")
    raise SourceError(source, "is not a regular file", "pipes and devices are read another way")


def is_missing(error: OSError) -> bool:
    """Whether the error says that there is nothing by that name (yet)."""
    return error.errno in {errno.ENOENT, errno.ENOTDIR}


def size_at(path: str) -> int:
    """The bytes of what stands at a path, 0 where nothing can be seen there."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def look_up(path: str) -> os.stat_result | None:
    """What is at `path`, or None if nothing; other errors are raised as they are."""
    try:
        return os.stat(path)
    except OSError as error:
        if is_missing(error):
            return None
        raise
