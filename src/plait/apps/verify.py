"""An output and its sources by name in, the verdict in plain words out."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Literal, TextIO

from plait.errors import MissingExtra, SourceError, UsageError
from plait.events import Event, Failed, Rotated, Truncated
from plait.intake import FileFeed, Intake, Reading
from plait.logs.assemble import LIMIT
from plait.logs.batch import Batch
from plait.logs.chunk import Chunk
from plait.logs.render import visible
from plait.logs.steps import Step, chain
from plait.logs.verify import FormName, Verdict, Verifier
from plait.plugins import Opened, open_sources
from plait.sources.file import FileSource
from plait.zones import local_zone, zone_of

_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the sources are read and what is asked of the output; a plain value.

    All but the fields of `plait.logs.verify.Verifier` (order, late, exact, prefix, form) are
    those of `plait.follow.Options`, and must be those of the merge.
    """

    tz: str | tzinfo | None = None
    time_format: str | None = None
    steps: Sequence[Step] = ()
    limit: int = LIMIT
    exclude: Sequence[str] = ()
    order: Literal["time", "arrival"] = "time"
    late: int | None = 0
    exact: bool = False
    prefix: bool = False
    form: FormName | None = None

    def __post_init__(self) -> None:
        if self.order not in {"time", "arrival"}:
            raise UsageError(f"order {self.order!r} is not known; write time or arrival")
        if self.late is not None and self.late < 0:
            raise UsageError(f"late {self.late} is negative; give how many records may be late")
        if self.exact and (self.order == "arrival" or self.late != 0):
            raise UsageError("an exact order has no late records and is one of time; leave one out")
        if self.form not in {None, "text", "labelled", "json"}:
            raise UsageError(f"form {self.form!r} is not known; write text, labelled or json")


#: Told the bytes of the output read so far, and how many there are (0 when not known).
Progress = Callable[[int, int], object]


def run(
    output: str,
    sources: Sequence[str],
    settings: Settings | None = None,
    *,
    on_event: Callable[[Event], object] | None = None,
    on_progress: Progress | None = None,
    to: TextIO | None = None,
) -> int:
    """Verify, and say on standard output (or `to`) what came of it; the exit status.

    0 when the output holds; 1 when it does not or something cannot be read. `UsageError` for
    what cannot be asked.
    """
    stream = sys.stdout if to is None else to
    try:
        verdict = verify(output, sources, settings, on_event=on_event, on_progress=on_progress)
    except (SourceError, MissingExtra) as error:
        print(_line(f"not verified: {error}"), file=stream)
        return 1
    print(_line(describe(verdict)), file=stream)
    return 0 if verdict.holds else 1


def describe(verdict: Verdict) -> str:
    """Say a verdict in one line."""
    if verdict.fault is not None:
        return f"does not hold: {verdict.fault}"
    records = _several(verdict.records, "record")
    sources = _several(len(verdict.sources), "source")
    size = f"{verdict.bytes / 1e6:,.1f} MB"
    return (
        f"holds: {records} of {sources}, {size}, each exactly once, whole and in order; "
        f"{verdict.late:,} late"
    )


def verify(
    output: str,
    sources: Sequence[str],
    settings: Settings | None = None,
    *,
    on_event: Callable[[Event], object] | None = None,
    on_progress: Progress | None = None,
) -> Verdict:
    """Whether the output, a path or `-`, is a whole and ordered merge of these sources.

    `SourceError` when one of them cannot be read, `UsageError` for a source that is no file.
    `on_event` is told what happens to the sources.
    """
    settings = Settings() if settings is None else settings
    own = [*settings.exclude, *([] if output == "-" else [output])]
    opened = open_sources(sources, live=False, exclude=own)
    files = [_file(each) for each in opened.sources]
    report = on_event or _ignore
    try:
        for event in opened.files.events() if opened.files is not None else ():
            report(event)
            if isinstance(event, Failed):
                raise SourceError(event.source, event.problem, event.hint)
        verifier = Verifier(
            [each.name for each in opened.sources],
            order=settings.order,
            late=settings.late,
            exact=settings.exact,
            prefix=settings.prefix,
            form=settings.form,
            output="standard input" if output == "-" else output,
            numbered=not settings.steps,
        )
        inputs = [
            _batches(each, file, settings, report)
            for each, file in zip(opened.sources, files, strict=True)
        ]
        return verifier.run(inputs, _chunks(output, on_progress))
    finally:
        for file in files:
            file.close()
        if opened.files is not None:
            opened.files.close()


def _ignore(_: Event) -> None:
    pass


def _file(opened: Opened) -> FileSource:
    if isinstance(opened.source, FileSource):
        return opened.source
    raise UsageError(
        f"{opened.name}: what it gave cannot be read again; save it in a file and name that"
    )


# -- reading ---------------------------------------------------------------------------------


def _batches(
    opened: Opened, file: FileSource, settings: Settings, report: Callable[[Event], object]
) -> Iterator[Batch]:
    """The records of one source as a merge of the backlog reads them, after the steps."""
    step = chain(settings.steps)
    now = time.time_ns()
    intake = Intake(
        opened.name,
        0,
        FileFeed(iter(file), lambda: file.modified),
        _reading(settings, opened.settings),
    )
    for item in file:
        if isinstance(item, Event):
            report(item)
            if isinstance(item, Rotated | Truncated):
                yield from map(step, intake.end_incarnation(now, live=False))
            continue
        chunk = item if isinstance(item, Chunk) else Chunk(item)
        yield from map(step, intake.feed_chunk(chunk, now, live=False))
    yield from map(step, intake.end_incarnation(now, live=False))


def _reading(settings: Settings, own: Mapping[str, str]) -> Reading:
    tz = own.get("tz", settings.tz)
    if tz is None:
        zone, zone_from = local_zone(), "local"
    else:
        zone, zone_from = (zone_of(tz) if isinstance(tz, str) else tz), "given"
    time_format = own.get("time-format", settings.time_format)
    return Reading(zone, zone_from, time_format, settings.limit)


def _chunks(output: str, on_progress: Progress | None) -> Iterator[bytes]:
    """The bytes of the output, of a compressed one what it holds."""
    if output == "-":
        chunks = _counted(iter(lambda: sys.stdin.buffer.read1(_BLOCK), b""))
        for read, chunk in chunks:
            yield chunk
            if on_progress is not None:
                on_progress(read, 0)
        return
    file = FileSource(output)
    try:
        for item in file:
            if isinstance(item, Chunk):
                yield item.data
                if on_progress is not None:
                    on_progress(file.read_bytes, file.size or 0)
    finally:
        file.close()


def _counted(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    read = 0
    for chunk in chunks:
        read += len(chunk)
        yield read, chunk


# -- words -----------------------------------------------------------------------------------


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _line(text: str) -> str:
    """Text as it can be shown on a terminal, on one line."""
    shown = visible(os.fsencode(text)).decode()
    return shown.replace("\n", "^J").replace("\t", "^I")
