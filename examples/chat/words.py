"""What the chat says and how much it takes; the same at every step, without thread or socket."""

from collections.abc import Collection

#: Bytes of the longest line that is taken.
LINE = 4096
#: Bytes that a member may be behind; who reads slower than that is cut off.
BEHIND = 1 << 18

ASK = "nickname?"
CLOSING = "* the server closes"
REFUSED = "* not said"


def text_of(line: bytes) -> str | None:
    """What a client wrote; None where it leaves: no line end (gone, or too long) or /quit."""
    if not line.endswith(b"\n"):
        return None
    # A terminal obeys control characters; nobody may send them to another's.
    text = "".join(c for c in line.decode("utf-8", "replace").rstrip() if c.isprintable())
    return None if text == "/quit" else text


def line_of(text: str) -> bytes:
    return f"{text}\n".encode()


def objection(nickname: str, taken: Collection[str]) -> str | None:
    """Why a nickname cannot be had, or None."""
    if not nickname or " " in nickname or len(nickname) > 20:
        return f"* one word of at most 20 letters; {ASK}"
    if nickname in taken:
        return f"* {nickname} is taken; {ASK}"
    return None


def welcome(nickname: str, others: Collection[str]) -> str:
    return f"* welcome, {nickname}; with you: {', '.join(others) or 'nobody'}"


def joined(nickname: str) -> str:
    return f"* {nickname} joined"


def left(nickname: str) -> str:
    return f"* {nickname} left"


def said(nickname: str, text: str) -> str:
    return f"{nickname}: {text}"


def present(nicknames: Collection[str]) -> str:
    return f"* here: {', '.join(nicknames)}"
