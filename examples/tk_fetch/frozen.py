"""A window that stands still while its button waits for an answer: what not to do.

python slow_server.py
python frozen.py http://127.0.0.1:8080/
"""

import argparse
import signal
import tkinter
from tkinter import ttk
from urllib.request import urlopen

SPINNER = "|/-\\"


class Window:
    def __init__(self, root: tkinter.Tk, url: str) -> None:
        self.root = root
        self.url = url
        self.turns = 0
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
        self.answer.configure(text="fetching")  # which nobody will see
        try:
            with urlopen(self.url) as response:
                text = f"{len(response.read())} bytes"
        except OSError as error:
            text = f"failed: {error}"
        self.answer.configure(text=text)


def main() -> None:
    parser = argparse.ArgumentParser(description="A window that freezes.")
    parser.add_argument("url")
    options = parser.parse_args()
    root = tkinter.Tk()
    root.title("frozen")
    # Inside a handler tkinter would report Ctrl-C and go on.
    signal.signal(signal.SIGINT, lambda number, frame: root.quit())
    Window(root, options.url)
    root.mainloop()


if __name__ == "__main__":
    main()
