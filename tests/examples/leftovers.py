"""Runs a program to its end in this process, then says which threads and sockets it has left.

Words: the program's path, then its own. The last line is `left: [...]`.
"""

import gc
import os
import runpy
import stat
import sys
import threading
from pathlib import Path


def threads() -> list[str]:
    left = []
    for thread in threading.enumerate():
        # The bridge keeps its idle workers for a while; they are daemons.
        idle = thread.daemon and thread.name.startswith("plait")
        if thread is not threading.main_thread() and not idle:
            thread.join(5)
            left += [thread.name] if thread.is_alive() else []
    return left


def sockets() -> list[str]:
    gc.collect()
    left = []
    for number in range(3, 256):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        left += [f"socket {number}"] if stat.S_ISSOCK(mode) else []
    return left


def main() -> None:
    program, *words = sys.argv[1:]
    sys.argv = [program, *words]
    sys.path[0] = str(Path(program).parent)
    runpy.run_path(program, run_name="__main__")
    sys.stdout.write(f"left: {threads() + sockets()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
