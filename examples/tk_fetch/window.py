"""A tkinter window beside an event loop: its button starts an aiohttp request.

    python slow_server.py
    python window.py http://127.0.0.1:8080/ --loop uvloop

The window lives on while the request is under way. Press again to cancel it; close the window,
and it is cancelled too.
"""

import argparse
import signal
import tkinter
from tkinter import ttk

import aiohttp

from plait.bridge import Call, GuiThread, LoopThread, loop_factory
from plait.errors import CallCancelled

SPINNER = "|/-\\"


class Window:
    def __init__(self, root: tkinter.Tk, loop: LoopThread, gui: GuiThread, url: str) -> None:
        self.root = root
        self.loop = loop
        self.gui = gui
        self.url = url
        self.turns = 0
        self.fetching: Call[int] | None = None
        self.status = ttk.Label(root, name="status", width=30)
        self.answer = ttk.Label(root, name="answer", text="nothing fetched yet")
        self.button = ttk.Button(root, name="button", text="Fetch", command=self.press)
        for widget in (self.status, self.answer, self.button):
            widget.pack(padx=20, pady=8)
        self.tick()

    def tick(self) -> None:
        self.turns += 1
        self.status.configure(text=f"{SPINNER[self.turns % 4]}  alive for {self.turns} turns")
        self.root.after(60, self.tick)

    def press(self) -> None:
        if self.fetching is not None:
            self.fetching.cancel()
            return
        self.button.configure(text="Cancel")
        self.fetching = self.loop.start(self.fetch)
        self.gui.when_done(self.fetching, self.show)

    async def fetch(self) -> int:
        """On the loop, in its own thread: here no widget is touched."""
        size = 0
        async with aiohttp.ClientSession() as session, session.get(self.url) as response:
            async for chunk in response.content.iter_any():
                size += len(chunk)
                self.gui.post(self.answer.configure, text=f"{size} bytes so far")
        return size

    def show(self, call: Call[int]) -> None:
        """In the window's thread again, once the request has ended in whichever way."""
        self.fetching = None
        self.button.configure(text="Fetch")
        try:
            text = f"{call.result()} bytes"
        except CallCancelled:
            text = "cancelled"
        except aiohttp.ClientError as error:
            text = f"failed: {error}"
        self.answer.configure(text=text)


def main() -> None:
    parser = argparse.ArgumentParser(description="A window beside an event loop.")
    parser.add_argument("url")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    options = parser.parse_args()
    root = tkinter.Tk()
    root.title("window")
    # Inside a handler tkinter would report Ctrl-C and go on.
    signal.signal(signal.SIGINT, lambda number, frame: root.quit())
    factory = loop_factory(options.loop)
    with LoopThread(loop_factory=factory) as loop, GuiThread.of_tk(root) as gui:
        Window(root, loop, gui, options.url)
        root.mainloop()


if __name__ == "__main__":
    main()
