"""A follower's name in, the command that starts it out, and its configuration if it needs one."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

Words = Callable[[Sequence[str], Path, Path], list[str]]


@dataclass(frozen=True)
class Follower:
    """A program that follows logs.

    `build` gives its words for files (or globs), the output, and a scratch folder. With
    `to_stdout` it writes to its standard output, which is led into the output.
    """

    name: str
    build: Words
    to_stdout: bool = False
    globs: bool = True
    should_hold: bool = False  # whether losing something is a failure of the test
    resume: Sequence[str] = field(default=())  # added where it is killed and started again
    restarts: bool = True  # whether it can go on where it was
    version: str = ""

    def words(
        self, files: Sequence[str], output: Path, scratch: Path, *, resume: bool = False
    ) -> list[str]:
        """The command."""
        return [*self.build(files, output, scratch), *(self.resume if resume else ())]


def from_template(name: str, template: str) -> Follower:
    """A follower that the user names: {files}, {output} and {scratch} are put in."""

    def build(files: Sequence[str], output: Path, scratch: Path) -> list[str]:
        words: list[str] = []
        for word in shlex.split(template):
            if word == "{files}":
                words += files
            else:
                words.append(
                    word.replace("{output}", str(output)).replace("{scratch}", str(scratch))
                )
        return words

    return Follower(name, build, to_stdout="{output}" not in template, should_hold=True)


def _plait(files: Sequence[str], output: Path, scratch: Path) -> list[str]:
    return [sys.executable, "-m", "plait", "merge", "-f", "-v", *files, "-o", str(output)]


def _tail(files: Sequence[str], output: Path, scratch: Path) -> list[str]:
    # In pieces of a tenth of a second where it polls: its default is a second.
    return ["tail", "-q", "-n", "+1", "-s", "0.1", "-F", *files]


def _rsyslog(files: Sequence[str], output: Path, scratch: Path) -> list[str]:
    (scratch / "state").mkdir(exist_ok=True)
    inputs = "".join(
        # Its place is kept every 100 lines: by default only at the end, which is none for SIGKILL.
        f'input(type="imfile" File="{file}" Tag="t"'
        ' reopenOnTruncate="on" PersistStateInterval="100")\n'
        for file in files
    )
    config = scratch / "rsyslog.conf"
    config.write_text(
        f'global(workDirectory="{scratch}/state" maxMessageSize="64k")\n'
        'module(load="imfile" mode="inotify")\n'
        'template(name="raw" type="string" string="%msg%\\n")\n'
        f"{inputs}"
        f'action(type="omfile" file="{output}" template="raw")\n'
    )
    return [str(_which("rsyslogd")), "-n", "-f", str(config), "-i", str(scratch / "pid")]


def _syslog_ng(files: Sequence[str], output: Path, scratch: Path) -> list[str]:
    sources = ""
    for file in files:
        folder, name = os.path.split(file)
        kind = f'wildcard-file(base-dir("{folder}") filename-pattern("{name}")'
        # A glob over folders is a folder and all below it.
        if any(letter in folder for letter in "*?["):
            base = folder.split("*")[0].rstrip("/")
            kind = f'wildcard-file(base-dir("{base}") filename-pattern("{name}") recursive(yes)'
        elif not any(letter in name for letter in "*?["):
            kind = f'file("{file}"'
        sources += f"    {kind} flags(no-parse) follow-freq(0.1));\n"
    config = scratch / "syslog-ng.conf"
    config.write_text(
        "@version: 3.38\n"
        "options { keep-hostname(yes); stats-freq(0); log-msg-size(65536); };\n"
        f"source s {{\n{sources}}};\n"
        f'destination d {{ file("{output}" template("${{MSG}}\\n")); }};\n'
        "log { source(s); destination(d); flags(flow-control); };\n"
    )
    return [
        str(_which("syslog-ng")), "-F", "-f", str(config), "-R", str(scratch / "persist"),
        "-p", str(scratch / "pid"), "-c", str(scratch / "control"), "--no-caps",
    ]  # fmt: skip


def _which(program: str) -> str | None:
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def _first_line(*words: str) -> str:
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    return ran.stdout.partition("\n")[0].strip()


def _can_resume() -> bool:
    words = [sys.executable, "-m", "plait", "merge", "--help"]
    return "--resume" in subprocess.run(words, capture_output=True, text=True, check=False).stdout


def followers() -> dict[str, Follower]:
    """Those that are on this machine; plait always is."""
    resume = ("--resume",) if _can_resume() else ()
    found = {
        "plait": Follower("plait", _plait, should_hold=True, resume=resume, restarts=bool(resume))
    }
    if _which("tail"):
        found["tail -F"] = Follower(
            "tail -F", _tail, to_stdout=True, globs=False, restarts=False,
            version=_first_line("tail", "--version"),
        )  # fmt: skip
    for name, program, build in _DAEMONS:
        if (path := _which(program)) is not None:
            version = _first_line(path, "-v" if name == "rsyslog" else "--version")
            version = " ".join(version.removesuffix(" compiled with:").split())
            found[name] = Follower(name, build, version=version)
    return found


_DAEMONS: Final[Sequence[tuple[str, str, Words]]] = (
    ("rsyslog", "rsyslogd", _rsyslog),
    ("syslog-ng", "syslog-ng", _syslog_ng),
)
