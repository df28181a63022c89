"""The options of all commands in, argparse's parser for them out: help, and what is wrong."""

import argparse
from collections.abc import Sequence
from textwrap import fill
from typing import Any, NoReturn

from plait.apps.options import COMMANDS, Kind, Option, say_version
from plait.errors import UsageError


def parser() -> argparse.ArgumentParser:
    """The parser; its errors are `UsageError`."""
    made = _Parser(
        prog="plait",
        description="Many live logs in one stream, in time order.",
        epilog=_examples([command.examples[0] for command in COMMANDS]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = made.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        one = commands.add_parser(
            command.name,
            help=command.help,
            description=fill(command.description, 80),
            epilog=_examples(command.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for name, nargs, text in command.arguments:
            extra: dict[str, Any] = {"nargs": nargs} if nargs else {}
            one.add_argument(name, metavar=name.upper(), help=text, **extra)
        for option in command.options:
            _add(one, option)
    return made


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError`."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    names = [f"-{option.short}"] if option.short else []
    kinds: dict[Kind, dict[str, Any]] = {
        "text": {"metavar": option.metavar},
        "flag": {"action": "store_true", "default": None},
        "choice": {"choices": option.choices},
        "repeat": {"action": "append", "metavar": option.metavar},
        "switch": {"action": argparse.BooleanOptionalAction},
        "number": {"type": _number, "metavar": option.metavar},
    }
    names.append(f"--{option.name}")
    parser.add_argument(*names, dest=option.key, help=option.help, **kinds[option.kind])


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


class _Version(argparse.Action):
    def __call__(self, *_: object) -> NoReturn:
        say_version()


def _examples(examples: Sequence[tuple[str, str]]) -> str:
    width = max(len(line) for line, _ in examples)
    return "examples:\n" + "\n".join(f"  {line:<{width}}  {text}" for line, text in examples)
