"""A torture test of programs that follow logs; run it from the source tree.

Seeded writers, rotations and faults against a follower that runs; what it has written is then
compared with every line that was written. The exit status is 1 if plait, or a command of yours,
loses, repeats, tears or disorders a line.

    python -m benchmarks.torture                    plait, each scenario once
    python -m benchmarks.torture --seconds 3600     for an hour, new seeds each round
    python -m benchmarks.torture --follower all --write docs/torture.md
    python -m benchmarks.torture --name mine --command 'mytail --follow {files} --to {output}'
"""

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.torture import page
from benchmarks.torture.followers import Follower, followers, from_template
from benchmarks.torture.run import Outcome, play
from benchmarks.torture.scenarios import SCENARIOS, Scenario


def main(words: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(words)
    chosen = _followers(options)
    kinds = [SCENARIOS[name] for name in options.scenario] or [
        kind for kind in SCENARIOS.values() if options.kill or not kind.kills
    ]
    outcomes: list[Outcome] = []
    about = page.about(chosen, options.seed, options.length)
    try:
        for seed in _seeds(options.seed, options.seconds):
            outcomes.extend(_round(kinds, chosen, seed, options.length, keep=options.keep))
    except KeyboardInterrupt:
        print("\nbroken off")
    print(f"\n{page.survived(outcomes)}")
    if options.write:
        text = options.write.read_text("utf-8")
        options.write.write_text(page.write(text, page.markdown(outcomes, about)), "utf-8")
    should = {follower.name for follower in chosen if follower.should_hold}
    bad = [it for it in outcomes if it.follower in should and not it.holds]
    return 1 if any(it.trouble != "cannot" for it in bad) else 0


def _parser() -> argparse.ArgumentParser:
    description, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.torture", description=description, epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add(
        "--seconds",
        type=float,
        default=0.0,
        metavar="N",
        help="go on with the next seed until so many seconds have passed; default: one round",
    )
    add(
        "--length",
        type=float,
        default=5.0,
        metavar="S",
        help="seconds of writing in each scenario (default: 5)",
    )
    add("--seed", type=int, default=1, metavar="S", help="the first seed (default: 1)")
    add("--scenario", action="append", default=[], choices=SCENARIOS, help="only this; repeatable")
    add("--kill", action="store_true", help="also kill the follower and start it again")
    add(
        "--follower",
        action="append",
        default=[],
        metavar="NAME",
        help="plait (the default), 'tail -F', rsyslog, syslog-ng, or all; repeatable",
    )
    add(
        "--command",
        metavar="TEMPLATE",
        help="a follower of yours, with {files}, {scratch}, and {output} unless it prints",
    )
    add("--name", default="yours", help="what to call it")
    add("--write", type=Path, metavar="PAGE", help="put the table between the marks of a page")
    add("--keep", action="store_true", help="keep the folder of what went wrong")
    return parser  # fmt: skip


def _followers(options: argparse.Namespace) -> list[Follower]:
    there = followers()
    names = options.follower or ([] if options.command else ["plait"])
    if "all" in names:
        names = list(there)
    if unknown := [name for name in names if name not in there]:
        raise SystemExit(f"not on this machine: {', '.join(unknown)}; here are {', '.join(there)}")
    chosen = [there[name] for name in names]
    if options.command:
        chosen.append(from_template(options.name, options.command))
    return chosen


def _seeds(first: int, seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    yield first
    for seed in itertools.count(first + 1):
        if time.monotonic() >= end:
            return
        yield seed


def _round(
    kinds: Sequence[type[Scenario]],
    chosen: Sequence[Follower],
    seed: int,
    length: float,
    *,
    keep: bool,
) -> Iterator[Outcome]:
    """Each scenario with each follower, said line by line."""
    live = sys.stdout.isatty()
    for kind, follower in itertools.product(kinds, chosen):
        begin = f"{seed:4}  {kind.name:<13} {follower.name:<10}"

        def progress(faults: int, lines: int, begin: str = begin) -> None:
            if live:
                print(f"\r{begin} {faults:5} faults, {lines:,} lines", end="", flush=True)

        outcome = play(kind, follower, seed=seed, seconds=length, keep=keep, progress=progress)
        wipe = "\r\033[K" if live else ""
        print(f"{wipe}{begin} {page.line(outcome)}", flush=True)
        yield outcome


if __name__ == "__main__":
    # As Ctrl-C, so that what was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
