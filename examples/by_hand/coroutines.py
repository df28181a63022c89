"""Two routines that take turns: async/await, and asyncio's scheduler.

    python examples/by_hand/coroutines.py

`await` is `yield from` under another name. `asyncio.sleep(0)` waits for nothing but a turn;
everything else that is awaited gives its turn away for as long as it has to wait.
"""

import asyncio


async def tell(text: str) -> None:
    print(text)
    await asyncio.sleep(0)


async def countdown(start: int) -> None:
    for number in range(start, 0, -1):
        await tell(f"countdown {number}")
    print("lift-off")


async def spinner(marks: str) -> None:
    for mark in marks:
        await tell(f"    spinner {mark}")


async def main() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(countdown(3))
        tasks.create_task(spinner("|/-\\"))


if __name__ == "__main__":
    asyncio.run(main())
