"""What a start of the command imports and compiles: no more than it is going to use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# What each of these costs is a tenth of a whole start, or more.
HEAVY = {
    "argparse", "ast", "asyncio", "bz2", "ctypes", "dataclasses", "gettext", "glob",
    "importlib.metadata", "inspect", "ipaddress", "json", "logging", "lzma", "pathlib", "rich",
    "shutil", "signal", "socket", "subprocess", "tempfile", "textwrap", "threading", "tomllib",
    "unicodedata", "urllib.parse", "zoneinfo",
}  # fmt: skip
# Parts of plait that a merge of files at rest has no use for.
IDLE = {
    "plait.apps.parser", "plait.apps.when", "plait.bridge",
    "plait.logs.times.pattern", "plait.pump", "plait.sinks.call", "plait.sources.watch",
}  # fmt: skip
PROBE = """
import re._compiler, sys
compiled, really = [], re._compiler.compile
def counted(pattern, flags=0):
    compiled.append(str(pattern))
    return really(pattern, flags)
re._compiler.compile = counted
before = set(sys.modules)
from plait.apps.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
found = [code, sorted(set(sys.modules) - before), compiled.copy()]
import json
print(json.dumps(found), file=sys.stderr)
"""

LOGS = {
    "iso": ["2026-03-01T10:00:0{}.5Z INFO hello", "2026-03-01 10:00:0{} [main] x"],
    "syslog": ["Mar  1 10:00:0{} host app[7]: hello", "Mar  1 10:00:0{} other cron[12]: x"],
}


def start(*words: str | Path) -> tuple[set[str], list[str]]:
    """What was imported and which patterns were compiled by a start that ended well."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, *map(str, words)],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC"},
    )
    code, imported, compiled = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(imported), compiled


def logs(folder: Path, kind: str) -> list[Path]:
    paths = []
    for number, line in enumerate(LOGS[kind]):
        paths.append(folder / f"{number}.log")
        paths[-1].write_text("".join(line.format(second) + "\n" for second in range(10)))
    return paths


def test_the_version_is_said_without_what_a_merge_needs() -> None:
    imported, compiled = start("--version")
    kernel = {"plait.logs", *(name for name in imported if name.startswith("plait.logs.kernel"))}
    assert {name for name in imported if name.startswith("plait")} - kernel == {
        "plait", "plait.apps", "plait.apps.cli", "plait.apps.options", "plait.errors",
        "plait.values", "plait.version",
    }  # fmt: skip
    assert not imported & HEAVY
    assert compiled == []


@pytest.mark.parametrize("kind", LOGS)
def test_a_merge_imports_only_what_it_uses(tmp_path: Path, kind: str) -> None:
    imported, _ = start("merge", *logs(tmp_path, kind), "-o", tmp_path / "all")
    assert not imported & (HEAVY | IDLE)


def test_a_merge_of_iso_files_asks_for_no_other_format(tmp_path: Path) -> None:
    imported, compiled = start("merge", *logs(tmp_path, "iso"), "-o", tmp_path / "all")
    assert not {"plait.logs.times.strong", "plait.logs.times.table"} & imported
    # Its search, its fields, its zones, and what tells lines that do not begin with a space.
    assert len(compiled) <= 4


def test_a_merge_of_syslog_files_compiles_few_patterns(tmp_path: Path) -> None:
    imported, compiled = start("merge", *logs(tmp_path, "syslog"), "-o", tmp_path / "all")
    assert "plait.logs.times.table" not in imported  # nothing there could be better
    assert len(compiled) <= 10
    assert max(map(len, compiled)) < 2000  # the alternation of all is five times as long


def test_the_whole_table_compiles_nothing_until_it_is_used() -> None:
    code = PROBE.split("before =")[0] + "import plait.logs.times\ncompiled.clear()\n"
    code += "import plait.logs.levels, plait.logs.times.pattern, plait.logs.times.table\n"
    code += "print(len(compiled))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
