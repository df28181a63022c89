"""Any sequence of writes, rotations and looks: every byte that can be read is read once."""

import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.sources.model import World

Action = tuple[str, tuple[object, ...], dict[str, object]]


def action(
    name: str, *values: st.SearchStrategy[int | float | str], **fixed: object
) -> st.SearchStrategy[Action]:
    return st.tuples(st.just(name), st.tuples(*values), st.just(fixed))


LENGTHS = st.sampled_from([0, 5, 60, 300, 1500])
ENDS = st.sampled_from(["\n", "", "\r\n"])

WRITES = st.one_of(
    action("write", LENGTHS, ENDS),
    action("write", LENGTHS, ENDS, keep_open=True),
    action("write_old", LENGTHS),
)
LOOKS = st.one_of(
    action("look"), action("read_some", st.integers(1, 4)), action("tick", st.just(0.6))
)
ROTATIONS = st.one_of(
    action("rotate"), action("delete"), action("truncate"), action("copytruncate"), action("create")
)
ACTIONS = st.lists(st.one_of(WRITES, WRITES, LOOKS, LOOKS, ROTATIONS), max_size=30)


def run(world: World, actions: list[Action]) -> None:
    try:
        for name, values, fixed in actions:
            getattr(world, name)(*values, **fixed)
        world.finish()
        note(f"runs {world.runs}")
        note(f"events {[str(event) for event in world.seen]}")
        world.check()
    finally:
        world.close()


@pytest.mark.parametrize("watch", ["inotify", "poll"])
@pytest.mark.parametrize("pattern", ["app.log", "app.log*"])
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS, block=st.sampled_from([7, 64, 4096]))
def test_every_byte_is_read_once_and_in_order(
    watch: Literal["inotify", "poll"], pattern: str, actions: list[Action], block: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(World(Path(folder), watch=watch, block=block, pattern=pattern), actions)
