"""Folders in, word of what changes in them out: Linux's inotify, in one descriptor."""

import errno
import functools
import os
import struct
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import ctypes

MODIFY: Final = 0x2
ATTRIB: Final = 0x4
CLOSE_WRITE: Final = 0x8
MOVED_FROM: Final = 0x40
MOVED_TO: Final = 0x80
CREATE: Final = 0x100
DELETE: Final = 0x200
DELETE_SELF: Final = 0x400
MOVE_SELF: Final = 0x800
UNMOUNT: Final = 0x2000
OVERFLOW: Final = 0x4000
IGNORED: Final = 0x8000
ONLYDIR: Final = 0x01000000
ISDIR: Final = 0x40000000

#: A name may stand for another file now.
NAMES: Final = MOVED_FROM | MOVED_TO | CREATE | DELETE
#: The folder itself may not be at its path any more.
GONE: Final = DELETE_SELF | MOVE_SELF | UNMOUNT | IGNORED
#: A writer's close is asked for since an old file ends when its last writer leaves.
FOLDER: Final = MODIFY | ATTRIB | CLOSE_WRITE | NAMES | DELETE_SELF | MOVE_SELF | ONLYDIR
FILE: Final = MODIFY | ATTRIB

_HEADER = struct.Struct("iIII")
_LENGTH = struct.Struct("I")  # of the name, at the end of the header
#: One read's worth: about 2,000 events with names of usual length.
_BUFFER = 64 * 1024
# File systems that other machines (or programs) change behind our system's back: NFS, SMB,
# CIFS, SMB2, FUSE, 9P, Ceph, AFS, Coda, Lustre, GPFS, VirtualBox and VMware shared folders.
_REMOTE = {
    0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x65735546, 0x01021997, 0x00C36400, 0x5346414F,
    0x73757245, 0x0BD00BD0, 0x47504653, 0x786F4256, 0xBACBACBC,
}  # fmt: skip


class Notice(NamedTuple):
    """Something happened to `name` in the folder of this watch; see the masks above."""

    watch: int
    mask: int
    name: str


class Inotify:
    """The system's notifications; raises `OSError` at once where there are none."""

    def __init__(self) -> None:
        self._fd = _checked(_libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def fileno(self) -> int:
        """The descriptor, readable when `drain` would give something."""
        return self._fd

    def add(self, path: str, mask: int = FOLDER) -> int:
        """Watch a folder or a file; one that is watched already keeps its number."""
        return _checked(_libc().inotify_add_watch(self._fd, os.fsencode(path or "."), mask))

    def remove(self, watch: int) -> None:
        """Stop watching; a watch that has gone by itself is no error."""
        _libc().inotify_rm_watch(self._fd, watch)

    def drain(self) -> Iterator[Notice]:
        """All that has happened between the last call and this one; never waits.

        What has happened more than once may be told once.
        """
        left = 0
        while True:
            try:
                data = os.read(self._fd, _BUFFER)
            except BlockingIOError:
                return
            if not left and len(data) >= _BUFFER // 2:
                # Writers may be faster than we: only what is there now is waited for.
                left = len(data) + self._queued()
            yield from _notices(data)
            left -= len(data)
            if left <= 0:
                return

    def _queued(self) -> int:
        """Bytes that can be read now."""
        import fcntl  # only for those who drain a flood
        import termios

        answer = fcntl.ioctl(self._fd, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(answer, sys.byteorder)

    def close(self) -> None:
        """End all watches; may be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _notices(data: bytes) -> Iterator[Notice]:
    """Those of one read, equal ones once: all had happened before any of them is acted upon."""
    at, size = 0, _HEADER.size
    seen: set[bytes] = set()
    while at < len(data):
        after = at + size + _LENGTH.unpack_from(data, at + size - _LENGTH.size)[0]
        if (event := data[at:after]) not in seen:
            seen.add(event)
            watch, mask, _, _ = _HEADER.unpack_from(event)
            yield Notice(watch, mask, os.fsdecode(event[size:].rstrip(b"\0")))
        at = after


def is_remote(path: str) -> bool:
    """Whether `path` lies where changes can happen that this system is not told of."""
    if not sys.platform.startswith("linux"):
        return True
    import ctypes

    # struct statfs begins with the type and has 120 bytes; room for any that has more.
    buffer = ctypes.create_string_buffer(256)
    if _libc().statfs(os.fsencode(path or "."), buffer) != 0:
        return False
    kind: int = ctypes.c_ulong.from_buffer(buffer).value
    return (kind & 0xFFFFFFFF) in _REMOTE


@functools.cache
def _libc() -> "ctypes.CDLL":
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, "no inotify on this system")
    import ctypes  # only who follows files watches them

    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
