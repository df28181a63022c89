"""Excerpts in the pages of the examples stand in the examples.

A comment `not run: part of FILE` above a python block names the file.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "examples").glob("*.md"))
EXCERPT = re.compile(r"^<!-- not run: part of (\S+) -->\n```python\n(.*?)^```$", re.S | re.M)


def excerpts() -> Iterator[tuple[Path, str, str]]:
    for page in PAGES:
        for name, text in EXCERPT.findall(page.read_text("utf-8")):
            yield page, name, text


@pytest.mark.parametrize(("page", "name", "text"), [*excerpts()])
def test_an_excerpt_stands_in_its_file(page: Path, name: str, text: str) -> None:
    source = (ROOT / name).read_text("utf-8")
    forms = [textwrap.indent(text, " " * 4 * depth) for depth in range(6)]
    assert any(f"\n{form}" in source for form in forms), f"{page.name}: not in {name}:\n{text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_is_an_excerpt(page: Path) -> None:
    source = page.read_text("utf-8")
    assert source.count("```python") == len(EXCERPT.findall(source)) > 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_program_is_linked(page: Path) -> None:
    folder = page.stem.replace("-", "_")
    source = page.read_text("utf-8")
    for program in (ROOT / "examples" / folder).glob("*.py"):
        assert f"](../../examples/{folder}/{program.name})" in source
