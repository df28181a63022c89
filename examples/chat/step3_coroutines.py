"""A chat server, step 3: coroutines, down to the moderator; the rest is as in step 2.

python examples/chat/step3_coroutines.py --port 5000 --loop uvloop
"""

import asyncio

import step2_async_core
import words
from moderator import PATIENCE
from start import options, run_until_ctrl_c
from step2_async_core import close


class Chat(step2_async_core.Chat):
    async def allowed(self, text: str, moderator: int) -> bool:
        """Ask the moderator. What cannot be asked is not allowed."""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", moderator)
                try:
                    writer.write(words.line_of(text))
                    return await reader.readline() == b"yes\n"
                finally:
                    await close(writer)
        except OSError:
            return False


if __name__ == "__main__":
    given = options()
    run_until_ctrl_c(Chat(given).serve(), given.loop)
