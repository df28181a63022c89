"""What a user names in, sources and sinks out: built-in table first, then entry points.

A package adds a source for URLs `name://...` (or `name:...`) by an entry point `name` in the
group `plait.sources`, a callable that takes the text after the colon and a dict of settings and
returns a source; a sink likewise in `plait.sinks`. An entry point in `plait.time_formats` is a
`plait.logs.times.TimeFormat`, whatever the format calls itself.
"""

import os
import re
import stat
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from plait.errors import UsageError
from plait.events import Event
from plait.sinks import Sink
from plait.sources import AsyncSource, BlockingSource, Source
from plait.sources.files import Files, FileSource, FileSpec
from plait.values import frozen

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from plait.logs.render import Renderer
    from plait.logs.times import TimeFormat
    from plait.sources.memory import Former

#: Settings that any source takes as a query: `app.log?tz=Asia/Shanghai&label=app`.
SETTINGS: Final = {
    "label": "the name shown for the source",
    "tz": "the time zone of its stamps that name none",
    "time-format": "the format of its stamps",
    "boot": "when its machine started, for stamps that count from there",
}
_QUERY: Final = r"([^?].*)\?([a-z][a-z-]+=[^?]*)"
_SCHEME: Final = r"([A-Za-z][A-Za-z0-9+.-]+):(.*)"


@frozen
class Spec:
    """A source as a user wrote it: what to read and how."""

    text: str  # as it was written, without the settings
    settings: Mapping[str, str] = MappingProxyType({})
    position: int = 0


@frozen
class Opened:
    """A source that takes part, and how to read it."""

    name: str
    source: FileSource | Source
    settings: Mapping[str, str]

    @classmethod
    def file(cls, source: FileSource) -> "Opened":
        """The same for a file."""
        return cls(source.name, source, source.spec.settings)


@frozen
class OpenedSources:
    """All sources, in the order in which they were named, and the files among them as one."""

    sources: list[Opened]
    files: Files | None


def parse_spec(text: str, position: int = 0) -> Spec:
    """Split the settings off a source as a user wrote it; `UsageError` where they are wrong."""
    if not text:
        raise UsageError("a source has no name; write a path, a glob, a folder, - or a URL")
    if (found := _parts(_QUERY, text)) is None or os.path.lexists(text):
        return Spec(text, position=position)
    import glob
    from urllib.parse import parse_qsl

    if found[2].split("=")[0] not in SETTINGS and glob.glob(text):
        return Spec(text, position=position)
    settings: dict[str, str] = {}
    for key, value in parse_qsl(found[2], keep_blank_values=True):
        if key not in SETTINGS:
            raise UsageError(f"{text}: setting {key!r} is not known; known: {', '.join(SETTINGS)}")
        if not value:
            raise UsageError(f"{text}: setting {key!r} has no value; write {key}=...")
        settings[key] = value
    return Spec(found[1], settings, position)


def _parts(pattern: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, text, re.DOTALL) if ":" in text or "?" in text else None


def open_sources(
    wanted: Sequence[object],
    *,
    live: bool = False,
    skip_backlog: bool = False,
    exclude: Sequence[str] = (),
    former: "Former | None" = None,
) -> OpenedSources:
    """The sources that these names, paths, iterables and source objects stand for.

    With `former` files are such as can go on where a former run was, and do.
    """
    if not wanted:
        raise UsageError("no source is given; write one or more paths, globs, folders or URLs")
    files: list[FileSpec] = []
    others: list[tuple[int, Opened]] = []
    for position, each in enumerate(wanted):
        if isinstance(each, os.PathLike):
            each = os.fspath(each)  # the same thing, spelled
        if not isinstance(each, str):
            others.append((position, _iterable(each, position)))
            continue
        spec = parse_spec(each, position)
        if (source := _special(spec)) is None:
            label = spec.settings.get("label")
            files.append(FileSpec(spec.text, position, label, spec.settings))
        else:
            name = spec.settings.get("label", source.name)
            others.append((position, Opened(name, source, spec.settings)))
    group = None
    if files:
        start: Literal["begin", "end"] = "end" if skip_backlog else "begin"
        again = former is not None
        group = Files(
            files,
            follow=live or again,
            exclude=list(exclude),
            start=start,
            former=former,
            once=again and not live,
        )
        others += [(file.spec.position, Opened.file(file)) for file in group.start()]
    others.sort(key=lambda pair: pair[0])
    return OpenedSources([opened for _, opened in others], group)


def _special(spec: Spec) -> Source | None:
    """The source of a specification that is not about regular files."""
    text = spec.text
    if text == "-":
        return _pipe(0)
    scheme = _parts(_SCHEME, text)
    if scheme is not None and not os.path.lexists(text):
        name, rest = scheme[1], scheme[2]
        if name in SOURCES:
            return SOURCES[name](rest, spec.settings)
        if (plugin := _entry_point("plait.sources", name)) is not None:
            return plugin(rest, dict(spec.settings))  # type: ignore[return-value]  # its word
        if rest.startswith("//"):
            known = ", ".join(f"{scheme}:" for scheme in SOURCES)
            raise UsageError(f"{text}: no source for {name}: is known; known: {known}")
    try:
        mode = os.stat(text).st_mode
    except (OSError, ValueError):
        return None
    return _pipe(text) if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) else None


def _pipe(where: int | str) -> Source:
    from plait.sources.pipe import PipeSource

    return PipeSource(where)


def _command(rest: str, settings: Mapping[str, str]) -> Source:
    from plait.sources.command import CommandSource

    if not rest.strip():
        raise UsageError("cmd: names no command; write for instance 'cmd:journalctl -f'")
    return CommandSource(rest)


#: Built-in sources by the name before the colon.
SOURCES: Final[dict[str, Callable[[str, Mapping[str, str]], Source]]] = {"cmd": _command}


def _entry_point(group: str, name: str) -> Callable[..., object] | None:
    from importlib.metadata import entry_points

    for entry in entry_points(group=group, name=name):
        return entry.load()  # type: ignore[no-any-return]  # a plug-in's word
    return None


@lru_cache(maxsize=1)
def time_formats() -> tuple["TimeFormat", ...]:
    """The time formats that installed packages add; `UsageError` names one that is none."""
    from importlib.metadata import entry_points

    from plait.logs.times import TimeFormat

    found = []
    for entry in sorted(entry_points(group="plait.time_formats"), key=lambda entry: entry.name):
        try:
            form = entry.load()
        except Exception as error:
            raise UsageError(_broken(entry, f"{type(error).__name__}: {error}")) from error
        if not isinstance(form, TimeFormat):
            raise UsageError(_broken(entry, f"{form!r} is no TimeFormat"))
        found.append(form.renamed(entry.name))
    return tuple(found)


def _broken(entry: "EntryPoint", why: str) -> str:
    package = entry.dist.name if entry.dist is not None else entry.value
    return f"time format {entry.name} of {package}: {why}; mend that package or uninstall it"


class _Iterable:
    """Any iterable of bytes, as a blocking source."""

    def __init__(self, items: Iterable[bytes], name: str) -> None:
        self.name = name
        self._items = items

    def __iter__(self):  # type: ignore[no-untyped-def]  # whatever the caller's iterable gives
        return iter(self._items)


class _AsyncIterable:
    """The same of the other colour."""

    def __init__(self, items: AsyncIterable[bytes], name: str) -> None:
        self.name = name
        self._items = items

    def __aiter__(self):  # type: ignore[no-untyped-def]  # whatever the caller's iterable gives
        return aiter(self._items)


def _iterable(items: object, position: int) -> Opened:
    if isinstance(items, AsyncSource | BlockingSource) and isinstance(items.name, str):
        return Opened(items.name, items, {})
    name = getattr(items, "__name__", None)
    if not isinstance(name, str):
        name = f"{type(items).__name__} {position + 1}"
    if isinstance(items, AsyncIterable):
        return Opened(name, _AsyncIterable(items, name), {})
    if isinstance(items, Iterable) and not isinstance(items, bytes | bytearray):
        return Opened(name, _Iterable(items, name), {})
    raise UsageError(f"{items!r} is not a source; a source is a path or an iterable of bytes")


def open_sink(
    target: str,
    render: "Renderer",
    *,
    patient: bool = False,
    tell: Callable[[Event], None] | None = None,
) -> Sink:
    """The sink that a target of `-o` stands for: `-`, a file, or a plug-in's URL.

    With `tell`, faults of the target that may pass are waited for, and told as events.
    """
    from plait.sinks.descriptor import DescriptorSink, FileSink
    from plait.sinks.outage import Outage

    name = "standard output" if target == "-" else target
    outage = None if tell is None else Outage(name, tell)
    if target == "-":
        return DescriptorSink(1, render, name=name, patient=patient, outage=outage)
    scheme = _parts(_SCHEME, target)
    if scheme is not None and scheme[2].startswith("//"):
        plugin = _entry_point("plait.sinks", scheme[1])
        if plugin is None:
            raise UsageError(f"{target}: no sink for {scheme[1]}: is known; write a path or -")
        return plugin(scheme[2], render)  # type: ignore[return-value]  # a plug-in's word
    return FileSink(target, render, outage=outage)
