"""The file of a line of code in, whose it is out; so that messages name the user's line."""

import os
from typing import Final

_STANDARD_LIBRARY: Final = os.path.dirname(os.__file__) + os.sep
_BRIDGE: Final = os.path.dirname(__file__) + os.sep


def is_standard(file: str) -> bool:
    """Whether it belongs to Python."""
    return file.startswith(("<frozen", _STANDARD_LIBRARY)) and "site-packages" not in file


def is_bridge(file: str) -> bool:
    """Whether it belongs to the bridge."""
    return file.startswith(_BRIDGE)


__all__ = ["is_bridge", "is_standard"]
