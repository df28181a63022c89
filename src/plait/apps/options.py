"""What a user chose, on the command line or in a file, in; plain values out. Opens nothing.

An option is written here once; the parser, the help and the configuration file come from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NoReturn

from plait.errors import UsageError
from plait.values import frozen

Kind = Literal["text", "flag", "choice", "repeat", "switch", "number"]


@frozen
class Option:
    """One option: `flag` is given or not, `switch` has a `--no-` form and a third state."""

    name: str
    help: str
    kind: Kind = "text"
    metavar: str | None = None
    default: object = None
    choices: tuple[str, ...] = ()
    short: str | None = None

    @property
    def key(self) -> str:
        """Its name among the values."""
        return self.name.replace("-", "_")


READING: Final = (
    Option("time-format", "how stamps are written: a name from `plait formats`, or a pattern "
           "such as '%%d/%%m/%%Y %%H:%%M:%%S'", metavar="F"),
    Option("tz", "the time zone of stamps that name none: Asia/Shanghai, +08:00, UTC "
           "(default: this machine's)", metavar="ZONE"),
)  # fmt: skip
FILTERS: Final = (
    Option("since", "only records from this time on: 2026-03-01, 10:30, yesterday, -15m; "
           "`now` skips the backlog", metavar="T"),
    Option("until", "only records before this time", metavar="T"),
    Option("grep", "only records in which this regular expression is found (repeatable: any)",
           "repeat", "RE"),
    Option("exclude", "no record in which this regular expression is found (repeatable)",
           "repeat", "RE"),
    Option("ignore-case", "let --grep and --exclude ignore case", "flag", short="i"),
    Option("level", "only records of at least this level: trace, debug, info, notice, warning, "
           "error, fatal", metavar="L"),
)  # fmt: skip
SPEAKING: Final = (
    Option("quiet", "say nothing but errors", "flag", short="q"),
    Option("verbose", "say what happens to the sources", "flag", short="v"),
)
CONFIG: Final = Option("config", "read options from this TOML file; the command line goes first",
                       metavar="FILE")  # fmt: skip
MERGE: Final = (
    Option("follow", "go on as the sources grow, until Ctrl-C", "flag", short="f"),
    Option("output", "write to this file instead of standard output (repeatable: to each)",
           "repeat", "SINK", short="o"),
    Option("order", "time: one order by the stamps; arrival: as they come", "choice",
           default="time", choices=("time", "arrival")),
    Option("lateness", "how long a record waits for earlier ones of other sources, at most, "
           "while following (default: 500ms; 1500ms while stamps of whole seconds meet finer "
           "ones)", metavar="D"),
    *FILTERS,
    Option("read-all", "read files to their whole length where --since and --until let parts be "
           "skipped: for files that are not in order", "flag"),
    Option("label", "write the source's name before each line (default: on a terminal, when "
           "there is more than one source)", "switch"),
    Option("color", "colour labels and levels", "choice", default="auto",
           choices=("auto", "always", "never")),
    Option("output-format", "the records as they are, or JSON lines with time, source, level, "
           "stamped, late and text", "choice", default="text", choices=("text", "json")),
    *READING,
    Option("progress", "show how far the backlog is read (default: on a terminal, when it is "
           "long and the output goes elsewhere)", "switch"),
    Option("resume", "go on where the last run with this option and the same -o FILE was, also "
           "after a crash: every record is in FILE once (its state is kept in "
           "FILE.plait-state)", "flag"),
    Option("stats", "write what happened, as one JSON object, to standard error at the end",
           "flag"),
    CONFIG,
    *SPEAKING,
)  # fmt: skip
VERIFY: Final = (
    Option("order", "time: also in time order; arrival: only in each source's own", "choice",
           default="time", choices=("time", "arrival")),
    Option("late", "how many records may be out of time order, as `merge --stats` counted them",
           "number", "N", default=0),
    Option("exact", "records of the same time must also be in the order of their sources, as in "
           "the merge of a backlog", "flag"),
    Option("prefix", "the sources may go on where the output ends: they are still written",
           "flag"),
    *FILTERS,
    *READING,
    Option("progress", "show how far the output is read (default: on a terminal)", "switch"),
    CONFIG,
    *SPEAKING,
)  # fmt: skip
FORMATS: Final = (
    *READING,
    Option("json", "one JSON object a file", "flag"),
    CONFIG,
)
DEMO: Final = (
    Option("writers", "how many programs write a log each (default: 5)", "number", "N", default=5),
    Option("seconds", "for how long (default: 4)", "number", "S", default=4),
    Option("rate", "lines a second of each writer, about (default: 200)", "number", "N",
           default=200),
    Option("keep", "leave the logs and the merged file where they are", "flag"),
)  # fmt: skip


@frozen
class Command:
    """One command: what it takes and how it presents itself."""

    name: str
    help: str
    description: str
    options: tuple[Option, ...]
    examples: tuple[tuple[str, str], ...]  # (what to write, what it does)
    arguments: tuple[tuple[str, str, str], ...] = ()  # (name, nargs, help)


_SOURCE: Final = ("a path, a glob, a folder, `-` (standard input) or cmd:COMMAND; settings ride "
                  "as a query: 'app.log?tz=Asia/Shanghai&label=app'")  # fmt: skip
COMMANDS: Final = (
    Command(
        "merge",
        "merge many logs into one stream in time order",
        "Merge many logs into one stream in time order, without losing, repeating or tearing "
        "a record. Compressed files (gz, bz2, xz, zst) are read as what they hold.",
        MERGE,
        (
            ("plait merge api.log worker.log", "both, in time order"),
            ("plait merge -f '/var/log/myapp/*.log'", "live; new files join"),
            ("plait merge /var/log -o all.log --stats", "a folder into a file, with a summary"),
            ("plait merge -f app.log 'cmd:journalctl -f -o short-iso'", "a file and a command"),
            ("plait merge -f app.log -o all.log --resume", "goes on after a restart or a crash"),
            ("plait merge logs/ --since -15m --level warning", "what went wrong just now"),
            ("plait merge *.log --output-format json | jq .level", "for programs"),
        ),
        (("source", "*", _SOURCE),),
    ),
    Command(
        "verify",
        "prove that an output holds every record of its sources",
        "Prove that OUTPUT holds every record of every source exactly once, whole, in its "
        "source's order and in time order; or name the first fault. Give the filters that the "
        "merge had.",
        VERIFY,
        (
            ("plait verify all.log api.log worker.log", "after plait merge ... -o all.log"),
            ("plait verify all.log 'logs/*.log*' --late 3", "live output with three late records"),
            ("plait verify all.log logs/ --prefix", "the logs are still written"),
        ),
        (("output", "", "what the merge wrote: text, labelled text or JSON lines"),
         ("source", "+", "the sources it was made of; after a rotation, the rotated files too")),
    ),
    Command(
        "formats",
        "show the known time formats, or what is found in files",
        "Without files: the known time formats with examples. With files: for each, the format "
        "that was detected, the zone and year that were assumed, and lines that were not "
        "understood.",
        FORMATS,
        (
            ("plait formats", "every known format"),
            ("plait formats /var/log/*.log", "what is found in these"),
        ),
        (("file", "*", "a path, a glob, a folder, - or cmd:COMMAND"),),
    ),
    Command(
        "demo",
        "see it work: live writers, rotations, one merged file, the proof",
        "Start programs that write and rotate logs in a scratch folder, merge them live into "
        "one file, verify it, say what was proved, and clean up.",
        DEMO,
        (
            ("plait demo", "a few seconds"),
            ("plait demo --writers 20 --seconds 10 --keep", "more, and look at the files"),
        ),
    ),
)  # fmt: skip


def parse(argv: Sequence[str]) -> tuple[Command, dict[str, Any]]:
    """The command and its values; `UsageError` for wrong usage, `SystemExit` after help."""
    if list(argv) == ["--version"]:
        say_version()
    given = _plain(argv)
    if given is None:
        from plait.apps.parser import parser  # not for plain words: it costs as much as a merge

        given = vars(parser().parse_args(_joined(argv)))
    name = given.pop("command", None)
    if name is None:
        raise UsageError(f"no command is given; write for instance {COMMANDS[0].examples[0][0]!r}")
    command = next(command for command in COMMANDS if command.name == name)
    config = _configured(command, given.pop("config", None))
    values: dict[str, Any] = {}
    for option in command.options:
        if option is not CONFIG:
            value = given.get(option.key)
            values[option.key] = config.get(option.key, option.default) if value is None else value
            if value is None and option.kind in {"flag", "repeat"}:
                values[option.key] = values[option.key] or (
                    [] if option.kind == "repeat" else False
                )
    values["time_formats"] = config.get("time_formats", {})
    for argument, _, _ in command.arguments:
        values[argument] = given[argument] or config.get(argument, given[argument])
    return command, values


def say_version() -> NoReturn:
    """What `--version` does."""
    from plait.logs.kernel import COMPILED
    from plait.version import version_line

    print(version_line(compiled=COMPILED))  # noqa: T201  # what was asked for
    raise SystemExit(0)


def _plain(argv: Sequence[str]) -> dict[str, Any] | None:
    """What the parser would make of words that are as they should be; None for all others.

    Options in full, each with its value in a word of its own, around one row of arguments: what
    is nearly always written. Help, abbreviations, errors and what may be one are the parser's.
    """
    command = next((command for command in COMMANDS if [command.name] == list(argv[:1])), None)
    if command is None or [nargs for _, nargs, _ in command.arguments] != ["*"]:
        return None
    by_word = {f"--{option.name}": option for option in command.options}
    by_word |= {f"-{option.short}": option for option in command.options if option.short}
    given: dict[str, Any] = dict.fromkeys(option.key for option in command.options)
    rows: list[list[str]] = [[]]
    words = iter(argv[1:])
    for word in words:
        if word[:1] != "-" or word == "-":
            rows[-1].append(word)
            continue
        option = by_word.get(word)
        if option is None or not _take(option, words, given):
            return None
        if rows[-1]:
            rows.append([])
    arguments = [row for row in rows if row]
    if len(arguments) > 1:
        return None
    given[command.arguments[0][0]] = arguments[0] if arguments else []
    return given | {"command": command.name}


def _take(option: Option, words: Iterator[str], given: dict[str, Any]) -> bool:
    """Give an option its value, from the words if it needs one; False where that is not plain."""
    if option.kind in {"flag", "switch"}:
        given[option.key] = True
        return True
    word = next(words, "")
    if not word or (word[0] == "-" and word != "-") or option.kind == "number":
        return False
    if option.kind == "choice" and word not in option.choices:
        return False
    given[option.key] = [*(given[option.key] or ()), word] if option.kind == "repeat" else word
    return True


def _joined(argv: Sequence[str]) -> list[str]:
    """Join `--since -15m` to one word, which argparse else takes for two options."""
    out: list[str] = []
    for word in argv:
        if out and out[-1] in {"--since", "--until"} and word[:1] == "-":
            out[-1] += f"={word}"
        else:
            out.append(word)
    return out


def _configured(command: Command, path: str | None) -> Mapping[str, object]:
    """The values of a configuration file; `UsageError` names what is wrong in it."""
    if path is None:
        return {}
    import tomllib  # most starts read no file

    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"--config {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: this is no TOML: {error}") from None
    known = {option.name: option for option in command.options if option is not CONFIG}
    values: dict[str, object] = {}
    for name, value in table.items():
        if name == "time-formats" and "time-format" in known:
            values["time_formats"] = _patterns(path, value)
        elif name == "source":
            values[name] = _checked(path, name, value, "repeat", ())
        elif name in known:
            option = known[name]
            values[option.key] = _checked(path, name, value, option.kind, option.choices)
        else:
            names = ", ".join(["source", *known, "time-formats"])
            raise UsageError(f"--config {path}: {name!r} is not known; known: {names}")
    return values


def _patterns(path: str, value: object) -> Mapping[str, str]:
    """The table of time formats: a name and a pattern each."""
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return value
    raise UsageError(
        f"--config {path}: time-formats is {value!r}; write a table of patterns, for instance "
        "pump = '%d~%m~%Y %Hh%Mm%S'"
    )


def _checked(path: str, name: str, value: object, kind: Kind, choices: tuple[str, ...]) -> object:
    wanted = {
        "text": "a text",
        "flag": "true or false",
        "switch": "true or false",
        "choice": f"one of {', '.join(choices)}",
        "repeat": "a text or a list of texts",
        "number": "a whole number",
    }[kind]
    if kind in {"flag", "switch"}:
        fits = isinstance(value, bool)
    elif kind == "number":
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    elif kind == "repeat":
        value = [value] if isinstance(value, str) else value
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
    else:
        fits = isinstance(value, str) and (kind != "choice" or value in choices)
    if not fits:
        raise UsageError(f"--config {path}: {name} is {value!r}; write {wanted}")
    return value
