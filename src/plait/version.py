"""The version of plait, in one place."""

__version__ = "0.1.0.dev0"


def version_line(*, compiled: bool) -> str:
    """What `plait --version` says: the version, and which kernel works."""
    return f"plait {__version__} ({'compiled kernel' if compiled else 'pure Python'})"
