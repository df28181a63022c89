"""What `plait.bridge` offers, and that it costs only what is used."""

import subprocess
import sys

import pytest

from plait import bridge


def test_every_public_name_is_there_and_documented() -> None:
    for name in bridge.__all__:
        assert getattr(bridge, name).__doc__, name
    assert set(bridge.__all__) == set(bridge._HOMES)
    assert dir(bridge) == sorted(bridge.__all__)


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = bridge.nonsense


def test_a_channel_does_not_load_processes() -> None:
    code = "from plait.bridge import Channel; import sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"multiprocessing", "plait.bridge.processes"} & set(ran.stdout.split())
