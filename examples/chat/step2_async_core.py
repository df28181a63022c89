"""A chat server, step 2: connections are coroutines; the blocking check goes to a thread.

python examples/chat/step2_async_core.py --port 5000 --loop uvloop
"""

import asyncio
from asyncio import StreamReader, StreamWriter

import words
from moderator import allowed
from start import Options, announce, listen, options, run_until_ctrl_c

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
        """Take connections until cancelled."""
        with listen(self._options.port) as listener:
            announce(listener)
            async with asyncio.TaskGroup() as tasks:

                def connected(reader: StreamReader, writer: StreamWriter) -> None:
                    tasks.create_task(self._attend(reader, writer))

                tasks.create_task(self._remind())
                server = await asyncio.start_server(connected, sock=listener, limit=words.LINE)
                try:
                    await asyncio.Event().wait()
                finally:
                    server.close()
                    self._close()

    async def allowed(self, text: str, moderator: int) -> bool:
        """Ask the moderator: it blocks, so a thread waits for it."""
        return await run_in_thread(allowed, text, moderator)

    async def _attend(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client, from its first line to its last: this is what each task runs."""
        self._guests.add(writer)
        nickname = None
        try:
            nickname = await self._admit(reader, writer)
            while nickname and (text := words.text_of(await reader.readline())) is not None:
                await self._take(nickname, writer, text)
        except (OSError, ValueError):
            pass  # it has vanished, or its line is too long: ways to leave
        finally:
            self._leave(nickname, writer)
            await close(writer)

    async def _admit(self, reader: StreamReader, writer: StreamWriter) -> str | None:
        """Ask for a nickname until one can be had; None where the client leaves before."""
        tell(writer, words.ASK)
        while (nickname := words.text_of(await reader.readline())) is not None:
            problem = words.objection(nickname, self._members)
            if problem is None:
                tell(writer, words.welcome(nickname, self._members))
                self._broadcast(words.joined(nickname))
                self._members[nickname] = writer
                return nickname
            tell(writer, problem)
        return None

    async def _take(self, nickname: str, writer: StreamWriter, text: str) -> None:
        moderator = self._options.moderator
        if moderator is None or await self.allowed(text, moderator):
            self._broadcast(words.said(nickname, text), but=nickname)
        else:
            tell(writer, words.REFUSED)

    def _leave(self, nickname: str | None, writer: StreamWriter) -> None:
        self._guests.discard(writer)
        if nickname is not None and self._members.pop(nickname, None) is not None:
            self._broadcast(words.left(nickname))

    def _broadcast(self, text: str, but: str | None = None) -> None:
        for nickname, writer in self._members.items():
            if nickname != but:
                tell(writer, text)

    async def _remind(self) -> None:
        """Say who is here, again and again."""
        while True:
            await asyncio.sleep(self._options.every)
            self._broadcast(words.present(self._members))

    def _close(self) -> None:
        self._members.clear()
        for writer in self._guests:
            tell(writer, words.CLOSING)


def tell(writer: StreamWriter, text: str) -> None:
    """Send without waiting; who leaves too much of it lying is too slow, and cut off."""
    if writer.transport.is_closing():
        return
    writer.write(words.line_of(text))
    if writer.transport.get_write_buffer_size() > words.BEHIND:
        writer.transport.abort()


async def close(writer: StreamWriter) -> None:
    """Send what is left, if it is taken in time, and close."""
    writer.close()
    try:
        async with asyncio.timeout(GRACE):
            await writer.wait_closed()
    except OSError:  # vanished; or TimeoutError, which is one
        writer.transport.abort()


if __name__ == "__main__":
    given = options()
    run_until_ctrl_c(Chat(given).serve(), given.loop)
