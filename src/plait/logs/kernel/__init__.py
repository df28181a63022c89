"""The hot loops of reading and merging: compiled where that was built, else in Python."""

try:
    from plait.logs.kernel.compiled import Scanner, keep_pages, running, weave

    COMPILED = True
except ImportError:
    from plait.logs.kernel.plain import Scanner, keep_pages, running, weave

    COMPILED = False

__all__ = ["COMPILED", "Scanner", "keep_pages", "running", "weave"]
