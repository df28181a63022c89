"""A service that says whether a text may be said, and its blocking client.

    python examples/chat/moderator.py --port 5001 --delay 0.5

It stands for what every program has: a library that blocks and is not ours to change.
"""

import argparse
import contextlib
import socket
import socketserver
import time

PATIENCE = 5.0


def allowed(text: str, port: int) -> bool:
    """Ask the moderator, and wait. What cannot be asked is not allowed."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
            sock.sendall(f"{text}\n".encode())
            with sock.makefile("rb") as answers:
                return answers.readline() == b"yes\n"
    except OSError:
        return False


class Answer(socketserver.StreamRequestHandler):
    delay = 0.0

    def handle(self) -> None:
        text = self.rfile.readline()
        time.sleep(self.delay)
        self.wfile.write(b"no\n" if b"darn" in text else b"yes\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.5, help="seconds it thinks")
    given = parser.parse_args()
    Answer.delay = given.delay
    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", given.port), Answer) as server,
        contextlib.suppress(KeyboardInterrupt),
    ):
        print("listening on port", server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
