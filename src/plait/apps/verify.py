"""An output and its sources by name in, the verdict in plain words out."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final, Literal

from plait.apps.merge import filters, time_range
from plait.apps.reports import Reporter
from plait.errors import SourceError, UsageError
from plait.events import Event, Failed
from plait.intake import FileFeed, Intake
from plait.logs.assemble import LIMIT
from plait.logs.batch import Batch, Step
from plait.logs.chunk import Chunk
from plait.logs.steps import chain
from plait.logs.times import TimeFormat
from plait.logs.verify import FormName, Verdict, Verifier
from plait.plugins import Opened, open_sources, parse_spec
from plait.settings import Options, Reading
from plait.sources.file import FileSource

_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the sources are read and what is asked of the output; a plain value.

    All but the fields of `plait.logs.verify.Verifier` (order, late, exact, prefix, form) are
    those of `plait.follow.Options`, and must be those of the merge.
    """

    tz: str | tzinfo | None = None
    time_format: str | None = None
    time_formats: Mapping[str, str | TimeFormat] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    limit: int = LIMIT
    exclude: Sequence[str] = ()
    order: Literal["time", "arrival"] = "time"
    late: int | None = 0
    exact: bool = False
    prefix: bool = False
    form: FormName | None = None

    def __post_init__(self) -> None:
        self.reading({})  # tells of an order or zone that is not known
        if self.late is not None and self.late < 0:
            raise UsageError(f"late {self.late} is negative; give how many records may be late")
        if self.exact and (self.order == "arrival" or self.late != 0):
            raise UsageError("an exact order has no late records and is one of time; leave one out")
        if self.form not in {None, "text", "labelled", "json"}:
            raise UsageError(f"form {self.form!r} is not known; write text, labelled or json")

    def reading(self, own: Mapping[str, str]) -> Reading:
        """How a source with settings of its own is to be read."""
        options = Options(
            order=self.order,
            tz=self.tz,
            time_format=self.time_format,
            time_formats=self.time_formats,
            limit=self.limit,
        )
        return options.reading(own)


#: Told the bytes of the output read so far, and how many there are (0 when not known).
Progress = Callable[[int, int], object]


def run(values: dict[str, Any]) -> int:
    """Verify as the values of the command line say; 0 when the output holds, else 1."""
    since, until = time_range(values, time.time_ns())
    settings = Settings(
        tz=values["tz"],
        time_format=values["time_format"],
        time_formats=values["time_formats"],
        steps=[*Options(since=since, until=until).pipe(), *filters(values)],
        order=values["order"],
        late=values["late"],
        exact=values["exact"],
        prefix=values["prefix"],
    )
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    meter = Meter(wanted=values["progress"])
    try:
        verdict = verify(
            values["output"], values["source"], settings, on_event=reporter, on_progress=meter
        )
    finally:
        meter.clear()
    print(describe(verdict))  # noqa: T201  # what was asked for
    return 0 if verdict.holds else 1


def describe(verdict: Verdict) -> str:
    """Say a verdict in one line that a terminal can show."""
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
    _require_others(output, sources)
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


def _require_others(output: str, sources: Sequence[str]) -> None:
    for source in sources:
        path = parse_spec(source).text
        with suppress(OSError):
            if output != "-" and os.path.samefile(path, output):
                raise UsageError(f"{path} is both the output and a source; leave it out of these")


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
        FileFeed(file),
        settings.reading(opened.settings),
    )
    yield from map(step, intake.through(now, report))


def _chunks(output: str, on_progress: Progress | None) -> Iterator[bytes]:
    """The bytes of the output, of a compressed one what it holds."""
    if output == "-":
        read = 0
        while chunk := os.read(0, _BLOCK):
            yield chunk
            read += len(chunk)
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


# -- words -----------------------------------------------------------------------------------


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


class Meter:
    """Says on standard error how far the output is read, on one line that it rewrites."""

    _PAUSE: Final = 0.2  # seconds between two looks

    def __init__(self, *, wanted: bool | None) -> None:
        """Without a wish, it is shown on a terminal; that it must be one to be rewritten."""
        self._off = wanted is False or not os.isatty(2)
        self._next = time.monotonic() + self._PAUSE
        self._shown = False

    def __call__(self, read: int, size: int) -> None:
        """Show so much of the output as read, at most five times a second."""
        if self._off or (now := time.monotonic()) < self._next:
            return
        self._next = now + self._PAUSE
        self._shown = True
        share = (
            f"{100 * read // size} % of {size / 1e6:,.0f} MB" if size else f"{read / 1e6:,.0f} MB"
        )
        os.write(2, f"\rverified {share}\x1b[K".encode())

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            os.write(2, b"\r\x1b[K")
