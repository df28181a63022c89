"""The values of `plait merge` in, the merged stream written out."""

import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Any, Final

from plait.apps.reports import Progress, Reporter, write_stats
from plait.blocking import run_at_once
from plait.driver import Stream
from plait.errors import SinkError, UsageError
from plait.logs.kernel import keep_pages
from plait.logs.render import Renderer, renderer
from plait.plugins import open_sink, parse_spec
from plait.settings import Options
from plait.sinks import Sink
from plait.sinks.descriptor import DescriptorSink, FileSink
from plait.zones import local_zone, zone_of

if TYPE_CHECKING:
    from plait.keeping import Keeping
    from plait.logs.batch import Step

# The options that decide what an output holds.
_LASTING: Final = (
    "order", "since", "until", "grep", "exclude", "ignore_case", "level", "label", "color",
    "output_format", "time_format", "tz",
)  # fmt: skip


def run(values: dict[str, Any]) -> int:
    """Merge as the values say; 1 when a source failed."""
    outputs = values["output"] or ["-"]
    if "-" in outputs:
        _require_open(1)  # before a source gets its number
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    with ExitStack() as exits:
        keeping = _keeping(values, outputs, reporter, exits)
        return _merge(values, outputs, reporter, keeping)


def _merge(
    values: dict[str, Any], outputs: Sequence[str], reporter: Reporter, keeping: "Keeping | None"
) -> int:
    skip_backlog = values["since"] == "now" and values["follow"]
    now = time.time_ns() if keeping is None else keeping.began
    since, until = time_range(values, now)
    raw = _is_raw(values, outputs)
    stream = Stream(
        values["source"],
        Options(
            live=values["follow"],
            order="arrival" if raw else values["order"],
            raw=raw,
            lateness=_lateness(values["lateness"]),
            skip_backlog=skip_backlog,
            since=None if skip_backlog else since,
            until=until,
            read_all=values["read_all"],
            tz=values["tz"],
            time_format=values["time_format"],
            time_formats=values["time_formats"],
            steps=filters(values),
            exclude=written_files(values["source"], outputs, resume=values["resume"]),
            on_event=reporter,
            resume=None if keeping is None else keeping.bookmarks,
        ),
    )
    stream.open()
    keep_pages()
    follow = values["follow"]
    sinks = _open_sinks(stream, values, outputs, reporter if follow else None, keeping)
    progress = Progress(stream, wanted=values["progress"], to_terminal=_is_terminal(outputs))
    try:
        _run(stream, sinks, progress)
        if keeping is not None:
            keeping.commit()
    finally:
        progress.close()
        for sink in sinks:
            sink.close()
        reporter.summarise(stream.stats)
        if values["stats"]:
            write_stats(stream.stats)  # last, for programs that read the last line
    return 1 if stream.stats.failed else 0


def _is_raw(values: dict[str, Any], outputs: Sequence[str]) -> bool:
    """Whether the bytes may pass as they are: nothing that was asked for looks into records."""
    asked = ("follow", "resume", "stats", "verbose", "since", "until", "level", "grep", "exclude")
    if any(values[name] for name in asked) or values["label"] or values["color"] == "always":
        return False
    if values["output_format"] != "text" or _is_terminal(outputs):
        return False
    sources = values["source"]
    alone = len(sources) == 1 and os.path.isfile(parse_spec(sources[0]).text)
    return alone or values["order"] == "arrival"


def time_range(values: dict[str, Any], now: int) -> tuple[int | None, int | None]:
    """The `since` and `until` that the values ask for, in ns; `UsageError` for a bad time.

    Times such as `-15m` are relative to `now`, in ns.
    """
    if not values["since"] and not values["until"]:
        return None, None
    from plait.apps.when import parse_time

    zone = zone_of(values["tz"]) if values["tz"] else local_zone()
    since, until = (
        parse_time(values[name], now=now, zone=zone) if values[name] else None
        for name in ("since", "until")
    )
    return since, until


def filters(values: dict[str, Any]) -> "list[Step]":
    """The other steps that the values ask for; `UsageError` for a bad level or expression."""
    out: list[Step] = []
    if not any(values[name] for name in ("level", "grep", "exclude")):
        return out
    from plait.logs import steps

    if values["level"]:
        out.append(steps.level_at_least(values["level"]))
    if values["grep"]:
        out.append(steps.grep(values["grep"], values["ignore_case"]))
    if values["exclude"]:
        out.append(steps.exclude(values["exclude"], values["ignore_case"]))
    return out


def _lateness(text: str | None) -> float | None:
    if not text:
        return None
    from plait.apps.when import parse_duration

    return parse_duration(text)


def written_files(
    sources: Sequence[str], outputs: Sequence[str], *, resume: bool = False
) -> list[str]:
    """The files that the outputs are; `UsageError` where one of them is named as a source.

    With `resume` also those in which their state is kept.
    """
    files = [_standard_output() if output == "-" else output for output in outputs]
    written = [file for file in files if file is not None]
    if resume:
        from plait.keeping import state_files

        written += [state for output in outputs for state in state_files(output)]
    for source in sources:
        path = parse_spec(source).text
        for output in written:
            if _same(path, output):
                raise UsageError(
                    f"{path} is both a source and the output; write to another file with -o"
                )
    return written


def _require_open(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError as error:
        raise SinkError("standard output", "is closed") from error


def _standard_output() -> str | None:
    """The path of standard output where it is a regular file."""
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(1).st_mode):
            return os.readlink("/proc/self/fd/1")
    return None


def _same(path: str, output: str) -> bool:
    try:
        return os.path.samefile(path, output)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(output)


def _keeping(
    values: dict[str, Any], outputs: Sequence[str], reporter: Reporter, exits: ExitStack
) -> "Keeping | None":
    """With --resume the output and its state, locked and as the last commit says."""
    if not values["resume"]:
        return None
    if len(outputs) != 1 or outputs[0] == "-" or "://" in outputs[0]:
        raise UsageError("--resume needs one file to write to; write -o FILE")
    from plait.keeping import Keeping  # most merges are not resumed

    return exits.enter_context(closing(Keeping(outputs[0], _settings(values), reporter)))


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """What must be the same in all runs that write one output."""
    sources = []
    for each in values["source"]:
        spec = parse_spec(each)
        query = "".join(f" {name}={value}" for name, value in sorted(spec.settings.items()))
        sources.append(f"{os.path.abspath(spec.text)}{query}")
    return {"sources": sources, **{name: values[name] for name in _LASTING}}


def _open_sinks(
    stream: Stream,
    values: dict[str, Any],
    outputs: Sequence[str],
    tell: Reporter | None,
    keeping: "Keeping | None",
) -> list[Sink]:
    if keeping is not None:
        keeping.begin(stream.bookmarks)
        stream.keeper = keeping
        render = _renderer(stream, values, keeping.path)
        return [DescriptorSink(keeping.descriptor, render, name=keeping.path)]
    patient = not stream.immediate
    return [
        open_sink(output, _renderer(stream, values, output), patient=patient, tell=tell)
        for output in outputs
    ]


def _renderer(stream: Stream, values: dict[str, Any], output: str) -> Renderer:
    terminal = output == "-" and os.isatty(1)
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    color = terminal and not plain if values["color"] == "auto" else values["color"] == "always"
    labels = values["label"]
    if labels is None:
        labels = terminal and (len(stream.stats.sources) > 1 or values["follow"])
    return renderer(values["output_format"], labels=labels, color=color, terminal=terminal)


def _is_terminal(outputs: Sequence[str]) -> bool:
    return "-" in outputs and os.isatty(1)


def _run(stream: Stream, sinks: Sequence[Sink], progress: Progress) -> None:
    if stream.immediate:
        try:
            run_at_once(stream.write_to(*sinks, tick=progress.tick))
        finally:
            run_at_once(stream.close())
        return
    import asyncio  # a merge of files alone starts in half the time without
    import gc

    # Thousands of sources are there to stay; a collection need not look at all of them each time.
    gc.freeze()
    asyncio.run(_run_in_loop(stream, sinks, progress.tick))


async def _run_in_loop(stream: Stream, sinks: Sequence[Sink], tick: Callable[[], None]) -> None:
    import asyncio
    import signal

    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if stopped:
            task.cancel()  # the second time it is meant
        stopped = True
        stream.stop()
        for sink in sinks:
            if isinstance(sink, DescriptorSink):
                sink.hurry()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    _listen_for_hang_up(loop, [sink for sink in sinks if isinstance(sink, FileSink)], stop)
    unwatch = _watch_reader(loop, task)
    try:
        async with stream:
            await stream.write_to(*sinks, tick=tick)
    except asyncio.CancelledError:
        if stopped:
            raise KeyboardInterrupt from None
        raise BrokenPipeError from None
    finally:
        unwatch()


def _listen_for_hang_up(loop: Any, files: Sequence[FileSink], stop: Callable[[], None]) -> None:
    """Have SIGHUP open the output files anew, as programs do that rotate logs.

    It stops us as SIGTERM does when it says what its name does: that the terminal is gone. One
    that is ignored (`nohup`) stays ignored.
    """
    import signal

    if not files or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    terminal = _has_terminal()

    def hang_up() -> None:
        if terminal and not _has_terminal():
            stop()
            return
        for file in files:
            file.reopen()

    loop.add_signal_handler(signal.SIGHUP, hang_up)


def _has_terminal() -> bool:
    """Whether a terminal can send us signals, which is so until it is closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _watch_reader(loop: Any, task: Any) -> Callable[[], None]:  # asyncio is not imported above
    """Cancel the task when standard output is a pipe that nobody reads any more."""
    if not stat.S_ISFIFO(os.fstat(1).st_mode):
        return lambda: None
    # A write end is never readable; what is reported is that the other end has closed.
    loop.add_reader(1, task.cancel)
    return lambda: loop.remove_reader(1)
