"""A chat server, step 2: connections are coroutines; the blocking check goes to a thread.

python examples/chat/step2_async_core.py --port 0
"""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter

from moderator import allowed
from start import Options, announce, listen, options
from words import (
    ASK,
    BEHIND,
    CLOSING,
    LINE,
    REFUSED,
    joined,
    left,
    line_of,
    objection,
    present,
    said,
    text_of,
    welcome,
)

from plait.bridge import run_in_thread

#: Seconds in which a client that leaves may take what was written to it.
GRACE = 1.0


class Chat:
    """1. Between two `await`s nobody else runs, so members and guests need no lock.

    2. Nothing blocks: while it did, everybody would wait.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._members: dict[str, StreamWriter] = {}
        self._guests: set[StreamWriter] = set()

    async def serve(self) -> None:
        """Take connections until cancelled, which is what Ctrl-C does."""
        with listen(self._options.port) as listener:
            announce(listener)
            async with asyncio.TaskGroup() as tasks:

                def connected(reader: StreamReader, writer: StreamWriter) -> None:
                    tasks.create_task(self._attend(reader, writer))

                tasks.create_task(self._remind())
                server = await asyncio.start_server(connected, sock=listener, limit=LINE)
                try:
                    await asyncio.Event().wait()
                finally:
                    server.close()
                    self._close()

    async def _attend(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client, from its first line to its last: this is what each task runs."""
        self._guests.add(writer)
        nickname = None
        try:
            nickname = await self._admit(reader, writer)
            while nickname and (text := text_of(await reader.readline())) is not None:
                await self._take(nickname, writer, text)
        except (OSError, ValueError):
            pass  # it has vanished, or its line is too long: ways to leave
        finally:
            self._leave(nickname, writer)
            await _close(writer)

    async def _admit(self, reader: StreamReader, writer: StreamWriter) -> str | None:
        """Ask for a nickname until one can be had; None where the client leaves before."""
        _tell(writer, ASK)
        while (nickname := text_of(await reader.readline())) is not None:
            problem = objection(nickname, self._members)
            if problem is None:
                _tell(writer, welcome(nickname, self._members))
                self._broadcast(joined(nickname))
                self._members[nickname] = writer
                return nickname
            _tell(writer, problem)
        return None

    async def _take(self, nickname: str, writer: StreamWriter, text: str) -> None:
        moderator = self._options.moderator
        if moderator is None or await run_in_thread(allowed, text, moderator):
            self._broadcast(said(nickname, text), but=nickname)
        else:
            _tell(writer, REFUSED)

    def _leave(self, nickname: str | None, writer: StreamWriter) -> None:
        self._guests.discard(writer)
        if nickname is not None and self._members.pop(nickname, None) is not None:
            self._broadcast(left(nickname))

    def _broadcast(self, text: str, but: str | None = None) -> None:
        for nickname, writer in self._members.items():
            if nickname != but:
                _tell(writer, text)

    async def _remind(self) -> None:
        """Say who is here, again and again."""
        while True:
            await asyncio.sleep(self._options.every)
            self._broadcast(present(self._members))

    def _close(self) -> None:
        self._members.clear()
        for writer in self._guests:
            _tell(writer, CLOSING)


def _tell(writer: StreamWriter, text: str) -> None:
    """Send without waiting; who leaves too much of it lying is too slow, and cut off."""
    if writer.transport.is_closing():
        return
    writer.write(line_of(text))
    if writer.transport.get_write_buffer_size() > BEHIND:
        writer.transport.abort()


async def _close(writer: StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(GRACE):
            await writer.wait_closed()
    except OSError:  # vanished; or TimeoutError, which is one
        writer.transport.abort()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Chat(options()).serve())
