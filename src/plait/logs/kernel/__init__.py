"""The hot loops of reading and merging: compiled where that was built, else in Python."""

try:
    from plait.logs.kernel.compiled import (
        Scanner,
        chosen,
        containing,
        holding,
        json_lines,
        keep_pages,
        labelled,
        levels,
        running,
        take,
        weave,
        within,
    )

    COMPILED = True
except ImportError:
    from plait.logs.kernel.columns import (
        chosen,
        containing,
        holding,
        json_lines,
        labelled,
        levels,
        take,
        within,
    )
    from plait.logs.kernel.plain import Scanner, keep_pages, running, weave

    COMPILED = False

__all__ = [
    "COMPILED",
    "Scanner",
    "chosen",
    "containing",
    "holding",
    "json_lines",
    "keep_pages",
    "labelled",
    "levels",
    "running",
    "take",
    "weave",
    "within",
]
