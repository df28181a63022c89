"""The door into a loop: order, one wake-up at a time, errors, ends."""

import asyncio
import os
import threading
from typing import Any

import pytest

from plait.bridge.wakeup import Wakeup, wakeup_of
from plait.errors import LoopClosed
from tests.bridge.loops import Factory, on_every_loop, run

pytestmark = pytest.mark.timeout(20)


@on_every_loop
def test_posts_of_many_threads_are_called_once_each_in_order(factory: Factory) -> None:  # 1
    got: list[tuple[int, int]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        wakeup = wakeup_of(loop)
        done = asyncio.Event()

        def note(item: tuple[int, int]) -> None:
            got.append(item)
            if len(got) == 8000:
                done.set()

        def post(thread: int) -> None:
            for number in range(1000):
                wakeup.post(note, (thread, number))

        threads = [threading.Thread(target=post, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        await done.wait()
        for thread in threads:
            thread.join()

    run(factory, main())
    assert sorted(got) == [(thread, number) for thread in range(8) for number in range(1000)]
    for thread in range(8):
        assert [number for t, number in got if t == thread] == list(range(1000))


def test_only_the_first_of_many_posts_pays_for_a_wake_up() -> None:  # 2
    writes: list[int] = []

    async def main() -> None:
        wakeup = wakeup_of(asyncio.get_running_loop())
        write = wakeup._wake

        def count(fd: int, value: int) -> object:
            writes.append(value)
            return write(fd, value)

        wakeup._wake = count
        done = asyncio.Event()
        for _ in range(100):
            wakeup.post(len, "")
        wakeup.post(lambda _: done.set(), None)
        await done.wait()

    asyncio.run(main())
    assert writes == [1]


@on_every_loop
def test_more_posts_than_a_batch_let_the_loop_have_its_turn(factory: Factory) -> None:
    seen: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        wakeup = wakeup_of(loop)
        done = asyncio.Event()
        loop.call_soon(lambda: loop.call_soon(lambda: seen.append(len(got))))
        got: list[int] = []
        for number in range(5000):
            wakeup.post(got.append, number)
        wakeup.post(lambda _: done.set(), None)
        await done.wait()
        assert got == list(range(5000))

    run(factory, main())
    assert seen[0] < 5000


@on_every_loop
def test_what_a_callback_raises_goes_to_the_loops_handler(factory: Factory) -> None:
    reports: list[dict[str, Any]] = []  # asyncio's

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reports.append(context))
        done = asyncio.Event()
        wakeup_of(loop).post(int, "x")
        wakeup_of(loop).post(lambda _: done.set(), None)
        await done.wait()

    run(factory, main())
    assert [type(report["exception"]) for report in reports] == [ValueError]


@on_every_loop
def test_an_exit_in_a_callback_loses_no_later_post(factory: Factory) -> None:
    got: list[int] = []

    def leave(_: object) -> None:
        raise SystemExit

    loop = factory()
    wakeup = wakeup_of(loop)
    wakeup.post(leave, None)
    wakeup.post(got.append, 1)
    with pytest.raises(SystemExit):
        loop.run_forever()
    wakeup.post(got.append, 2)
    wakeup.post(lambda _: loop.stop(), None)
    loop.run_forever()
    loop.close()
    assert got == [1, 2]


@on_every_loop
def test_a_closed_loop_refuses_posts(factory: Factory) -> None:
    loop = factory()
    wakeup = wakeup_of(loop)
    loop.close()
    with pytest.raises(LoopClosed):
        wakeup.post(len, "")


def test_a_loop_has_one_door_and_it_goes_with_the_loop() -> None:  # 4
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def main() -> Wakeup:
        door = wakeup_of(asyncio.get_running_loop())
        assert wakeup_of(asyncio.get_running_loop()) is door
        return door

    doors = {id(asyncio.run(main())) for _ in range(3)}
    assert doors
    before = descriptors()
    for _ in range(20):
        asyncio.run(main())
    assert descriptors() <= before + 1
