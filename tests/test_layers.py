"""Imports point down, and the pure core is pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import plait

HOUSE = Path(plait.__file__).parent

# What each part may import of the others; parts not named here are the driver's floor.
BASE = {"errors", "events", "values", "version"}
CORE = BASE | {"logs"}
EDGES = CORE | {"bridge", "sources", "sinks"}
# Where sources, merge, clock and tasks meet, and what that stands on.
DRIVER = {
    "blocking",
    "crew",
    "delivery",
    "draining",
    "driver",
    "due",
    "holding",
    "intake",
    "journal",
}
DRIVER |= {"keeping", "leaving", "ledger", "plugins", "pump", "reading", "resumption", "settings"}
DRIVER |= {"stats", "waiting", "zones"}
ALLOWED = {
    "errors": set(),
    "events": {"errors", "values"},
    "values": set(),
    "version": set(),
    "bridge": {"errors", "bridge"},
    "logs": CORE,
    "sources": EDGES,
    "sinks": EDGES,
    **dict.fromkeys(DRIVER, EDGES | DRIVER),
    "testing": EDGES | DRIVER,
    "apps": EDGES | DRIVER | {"apps"},
    "__init__": {"version"},
    "__main__": {"apps"},
}
# The pure core has no clock, thread, loop, socket or file.
IMPURE = {"asyncio", "threading", "time", "socket", "os", "io", "pathlib", "subprocess", "select"}


def modules() -> Iterator[tuple[Path, str, ast.Module]]:
    for path in sorted(HOUSE.rglob("*.py")):
        part = path.relative_to(HOUSE).parts[0].removesuffix(".py")
        yield path, part, ast.parse(path.read_text("utf-8"))


def imports(tree: ast.Module, *, at_run_time: bool = True) -> Iterator[str]:
    """The names of imported modules; those under `if TYPE_CHECKING` do not run."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if at_run_time and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield node.module or ""
            if node.module == "plait":
                yield from (f"plait.{alias.name}" for alias in node.names)


def test_every_part_has_its_floor() -> None:
    assert {part for _, part, _ in modules()} <= set(ALLOWED)


def test_imports_point_down() -> None:
    wrong = [
        f"{path.relative_to(HOUSE)} imports {name}"
        for path, part, tree in modules()
        for name in imports(tree)
        if name.startswith("plait.") and name.split(".")[1] not in ALLOWED[part]
    ]
    assert wrong == []


def test_the_core_has_no_clock_thread_loop_socket_or_file() -> None:
    wrong = [
        f"{path.relative_to(HOUSE)} imports {name}"
        for path, part, tree in modules()
        if part == "logs"
        for name in imports(tree)
        if name.split(".")[0] in IMPURE
    ]
    opens = [
        f"{path.relative_to(HOUSE)}:{node.lineno} opens a file"
        for path, part, tree in modules()
        if part == "logs"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    assert wrong + opens == []


def test_the_core_and_the_bridge_need_no_third_party_package() -> None:
    import sys

    foreign = {
        name.split(".")[0]
        for _, part, tree in modules()
        if part in {"logs", "bridge", "errors", "events"}
        for name in imports(tree)
    }
    assert foreign <= sys.stdlib_module_names | {"plait"}


def test_no_file_is_longer_than_400_lines() -> None:
    long = [
        path.name for path, _, _ in modules() if len(path.read_text("utf-8").splitlines()) > 400
    ]
    assert long == []
