"""A class with annotated fields in, a class of frozen values out.

What `dataclasses` would make of it, with slots, for what the command line imports: that module
and the 35 classes it would have to make are 17 ms of a start that takes 30.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")


@overload
def frozen(cls: type[_T]) -> type[_T]: ...
@overload
def frozen(*, eq: bool = True, kw_only: bool = False) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True)
def frozen(
    cls: type[_T] | None = None, *, eq: bool = True, kw_only: bool = False
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Make the annotated names of a class its fields, as a frozen dataclass with slots has them.

    The constructor takes them in their order, after those of the base; a default must be
    immutable, since all values share it. `__post_init__` is called last. Without `eq` a value
    equals itself alone.
    """
    if cls is None:
        return lambda cls: _made(cls, eq, kw_only)
    return _made(cls, eq, kw_only)


def _made(cls: type[_T], eq: bool, kw_only: bool) -> type[_T]:
    own = tuple(cls.__annotations__) if "__annotations__" in cls.__dict__ else ()
    members = _FROZEN | {name: it for name, it in cls.__dict__.items() if name not in _OF_THE_OLD}
    defaults: dict[str, Any] = dict(getattr(cls, "__field_defaults__", ()))
    defaults |= {name: members.pop(name) for name in own if name in members}
    names: tuple[str, ...] = tuple(dict.fromkeys((*getattr(cls, "__match_args__", ()), *own)))
    members |= {"__slots__": own, "__match_args__": names, "__field_defaults__": defaults}
    if eq and names:
        members |= _equal_by(attrgetter(*names))
    # Slots cannot be given to a class that is there: it is made again.
    meta: Any = type(cls)
    made = meta(cls.__name__, cls.__bases__, members)

    def first(self: Any, *values: Any, **named: Any) -> None:
        # Compiled for the first value: that is most of the price, and few classes get to it.
        made.__init__ = _constructor(made, names, defaults, kw_only)
        made.__init__(self, *values, **named)

    made.__init__ = first
    return made  # type: ignore[no-any-return]  # the same class with slots


#: What belongs to the class that had no slots.
_OF_THE_OLD = {"__dict__", "__weakref__"}


def _constructor(
    made: Any, names: tuple[str, ...], defaults: dict[str, Any], kw_only: bool
) -> Callable[..., None]:
    """Its `__init__`, with the fields as its parameters."""
    scope = {f"_default_{name}": default for name, default in defaults.items()}
    scope |= {f"_set_{name}": getattr(made, name).__set__ for name in names}
    given = [f"{name}=_default_{name}" if name in defaults else name for name in names]
    body = [f"_set_{name}(self, {name})" for name in names]
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    head = ", ".join(["self", *["*"][: kw_only and len(given)], *given])
    # The text is made of the names in our own source, and nothing else.
    exec(f"def __init__({head}):\n " + "\n ".join(body or ["pass"]), scope)  # noqa: S102
    constructor = scope["__init__"]
    constructor.__qualname__ = f"{made.__qualname__}.__init__"
    return constructor  # type: ignore[no-any-return]  # what exec made


def _equal_by(key: Callable[[Any], object]) -> dict[str, object]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(key(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({fields})"


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")


def _get_state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__match_args__]


def _set_state(self: Any, state: list[object]) -> None:
    for name, each in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, each)


_FROZEN: dict[str, object] = {
    "__repr__": _repr,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _get_state,
    "__setstate__": _set_state,
}
