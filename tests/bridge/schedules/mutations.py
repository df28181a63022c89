"""A function of the bridge with one fault in it, written as the text to exchange."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any


@contextmanager
def mutated(home: type, name: str, old: str, new: str) -> Iterator[None]:
    """While this lasts, this method has `new` where its source has `old`, which is there once."""
    function = vars(home)[name]
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, (
        f"the source of {name} has changed; this fault needs its new text"
    )
    setattr(home, name, _compiled(function, source.replace(old, new)))
    try:
        yield
    finally:
        setattr(home, name, function)


def _compiled(function: FunctionType, source: str) -> Any:  # a function like the first
    tree = ast.parse(source)
    # Where it stood, so that its lines are the bridge's, and a history names them.
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    namespace: dict[str, Any] = {}  # the one function
    code = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
    exec(code, function.__globals__, namespace)  # our own source, but for the fault
    return namespace[function.__name__]
