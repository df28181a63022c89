"""Words in, values out: plain words are read as the parser would read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.apps import options
from plait.apps.options import COMMANDS, parse
from plait.apps.parser import parser

MERGE = next(command for command in COMMANDS if command.name == "merge")
NAMES = [f"--{option.name}" for option in MERGE.options]
SHORT = [f"-{option.short}" for option in MERGE.options if option.short]
VALUES = ["a.log", "-", "json", "time", "always", "-15m", "", "5", "a b", "--", "--tz=UTC", "-fq"]
words = st.lists(st.sampled_from([*NAMES, *SHORT, *VALUES, "a.log", "b.log"]), max_size=8)


@given(words)
def test_plain_words_are_read_as_the_parser_reads_them(given: list[str]) -> None:
    argv = ["merge", *given]
    plain = options._plain(argv)
    if plain is not None:
        read = vars(parser().parse_args(options._joined(argv)))
        assert plain | {"version": None} == read


@pytest.mark.parametrize(
    "argv",
    [
        ["merge", "a.log", "b.log"],
        ["merge", "-f", "logs/", "-o", "all.log", "--stats"],
        ["merge", "a.log", "--grep", "x", "--grep", "y", "-i", "--output-format", "json"],
        ["merge", "-"],
    ],
)
def test_what_is_nearly_always_written_is_plain(argv: list[str]) -> None:
    assert options._plain(argv) is not None


@pytest.mark.parametrize("argv", [["--version"], ["--version", "merge"]])
def test_the_version_is_said_in_the_same_words_with_and_without_the_parser(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parse(argv)
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("plait ")
    with pytest.raises(SystemExit):
        parser().parse_args(["--version"])
