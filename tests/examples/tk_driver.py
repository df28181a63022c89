"""Runs a tkinter program: words on stdin, what is seen on stdout.

`press` presses its widget `button`, `close` closes the window. Every text that a label takes is a
line, `status: ...` for the label of that name; `pressed` comes before what the button does.
"""

import os
import runpy
import sys
import tkinter
from pathlib import Path
from tkinter import ttk
from typing import Any

configure = ttk.Label.configure
mainloop = tkinter.Tk.mainloop


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def seen_configure(label: ttk.Label, *args: Any, **options: Any) -> Any:  # as tkinter has it
    if "text" in options:
        say(f"{label.winfo_name()}: {options['text']}")
    return configure(label, *args, **options)


def driven_mainloop(root: tkinter.Tk, least_windows: int = 0) -> None:
    def obey(file: object, mask: int) -> None:
        for word in os.read(0, 1000).decode().split():
            if word == "close":
                root.tk.deletefilehandler(0)
                root.destroy()
            else:
                say("pressed")
                root.nametowidget("button").invoke()

    root.tk.createfilehandler(0, tkinter.READABLE, obey)
    root.after(1, say, "shown")
    mainloop(root, least_windows)


if __name__ == "__main__":
    ttk.Label.configure = seen_configure  # type: ignore[assignment,method-assign]
    tkinter.Tk.mainloop = driven_mainloop  # type: ignore[assignment,method-assign]
    program, *words = sys.argv[1:]
    sys.argv = [program, *words]
    sys.path[0] = str(Path(program).parent)
    runpy.run_path(program, run_name="__main__")
    say("ended")
