"""The two invariants of `Verifier`: no false proof, no false fault."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plait.logs.batch import LATE, STAMPED, Batch
from plait.logs.merge import Merge
from plait.logs.proof import lane as lane_module
from plait.logs.proof import search as search_module
from plait.logs.render import Labels, json_lines
from plait.logs.verify import Verdict, Verifier
from plait.testing import batch_of

Lines = list[tuple[int, str]]


def verdict_of(sources: Sequence[Lines], written: bytes | list[bytes], **asked: object) -> Verdict:
    """What a verifier says; every source comes in batches of three records."""
    names = [chr(ord("a") + rank) for rank in range(len(sources))]
    batches = [batches_of(lines, name) for lines, name in zip(sources, names, strict=True)]
    chunks = [written] if isinstance(written, bytes) else written
    verifier = Verifier(names, **asked)  # type: ignore[arg-type]  # as the caller wrote them
    return verifier.run(batches, chunks)


def batches_of(lines: Lines, name: str, size: int = 3) -> list[Batch]:
    return [batch_of(lines[i : i + size], name) for i in range(0, len(lines), size)]


def merged(sources: Sequence[Lines]) -> list[Batch]:
    merge = Merge()
    for rank, lines in enumerate(sources):
        name = chr(ord("a") + rank)
        merge.open(name)
        merge.put(rank, batch_of(lines, name))
        merge.close(rank)
    return merge.pop()


def text_of(batches: Iterable[Batch]) -> bytes:
    return b"".join(batch.data for batch in batches)


def raw(text: str) -> bytes:
    return text.encode() + b"\n"


def is_interleaving(
    sources: Sequence[Lines], output: bytes, *, late: int | None, prefix: bool = False
) -> bool:
    """The same by trying everything."""
    raws = [[raw(text) for _, text in lines] for lines in sources]

    @cache
    def possible(cursors: tuple[int, ...], at: int) -> float:
        """The least number of late records from here on."""
        if at == len(output):
            ended = all(c == len(lines) for c, lines in zip(cursors, sources, strict=True))
            return 0 if ended or prefix else float("inf")
        gone = [lines[:c] for c, lines in zip(cursors, sources, strict=True)]
        top = max((place for lines in gone for place, _ in lines), default=-1)
        best = float("inf")
        for rank, cursor in enumerate(cursors):
            if cursor < len(raws[rank]) and output.startswith(raws[rank][cursor], at):
                after = (*cursors[:rank], cursor + 1, *cursors[rank + 1 :])
                rest = possible(after, at + len(raws[rank][cursor]))
                best = min(best, rest + (sources[rank][cursor][0] < top))
        return best

    least = possible((0,) * len(sources), 0)
    return least < float("inf") if late is None else least <= late


# Few texts, some of which begin as others do: equal and multi-line records in every source.
TEXTS = ("t", "u", "t\n u", "t\n u\n v", " u", "v")
places = st.lists(st.integers(0, 4), max_size=5).map(sorted)
lines_of_a_source = places.flatmap(
    lambda places: st.tuples(*[st.tuples(st.just(p), st.sampled_from(TEXTS)) for p in places])
).map(list)
some_sources = st.lists(lines_of_a_source, min_size=1, max_size=4)
kinds = {"missing", "repeated", "torn", "foreign", "out of order (source)", "out of order (time)"}


# -- what holds ------------------------------------------------------------------------------


@given(some_sources)
def test_what_merge_gives_holds_even_exactly(sources: list[Lines]) -> None:
    output = text_of(merged(sources))
    assert verdict_of(sources, output).holds
    verdict = verdict_of(sources, output, exact=True)
    assert verdict.holds and verdict.fault is None and verdict.late == 0
    assert [count.records for count in verdict.sources] == list(map(len, sources))
    assert verdict.bytes == len(output)


@given(some_sources, st.data())
def test_any_interleaving_holds_in_arrival_order(sources: list[Lines], data: st.DataObject) -> None:
    output = text_of(shuffled(sources, data))
    chunks = [output[i : i + 5] for i in range(0, len(output), 5)]
    assert verdict_of(sources, chunks, order="arrival").holds
    assert verdict_of(sources, chunks, late=None).holds


def shuffled(sources: Sequence[Lines], data: st.DataObject) -> list[Batch]:
    left = [list(lines) for lines in sources]
    out: list[Batch] = []
    while any(left):
        rank = data.draw(st.sampled_from([rank for rank, lines in enumerate(left) if lines]))
        out.append(batch_of([left[rank].pop(0)], chr(ord("a") + rank)))
    return out


@given(some_sources, st.data())
def test_json_and_labelled_output_of_any_interleaving_holds(
    sources: list[Lines], data: st.DataObject
) -> None:
    batches = shuffled(sources, data)
    render = Labels(width=9)
    asked: dict[str, object] = {"order": "arrival"}
    labelled = b"".join(map(render, batches))
    assert verdict_of(sources, labelled, form="labelled", **asked).holds
    json = b"".join(json_lines(batch.marked(LATE)) for batch in batches)
    verdict = verdict_of(sources, json, **asked)
    assert verdict.holds and verdict.form == ("json" if json else "text")


# -- the same as trying everything -----------------------------------------------------------


@given(some_sources, st.data(), st.sampled_from([0, 1, 2, None]), st.booleans())
@example([[(0, "t"), (1, "u")], [(0, "t"), (0, "t")]], None, 0, False)
def test_a_mutated_output_holds_exactly_when_some_interleaving_gives_it(
    sources: list[Lines], data: st.DataObject | None, late: int | None, prefix: bool
) -> None:
    batches = merged(sources) if data is None else shuffled(sources, data)
    records = [record.raw for batch in batches for record in batch]
    output = b"".join(records)
    if data is not None:
        output = data.draw(st.sampled_from(MUTATIONS))(records, data)
    verdict = verdict_of(sources, output, late=late, prefix=prefix)
    assert verdict.holds == is_interleaving(sources, output, late=late, prefix=prefix)
    if not verdict.holds:
        assert verdict.fault is not None and verdict.fault.kind in kinds
        assert 1 <= verdict.fault.line <= output.count(b"\n") + 1
        assert str(verdict.fault).startswith("output line ")


Records = list[bytes]


def same(records: Records, _: st.DataObject) -> bytes:
    return b"".join(records)


def drop(records: Records, data: st.DataObject) -> bytes:
    at = index_in(records, data)
    return b"".join(records[:at] + records[at + 1 :])


def double(records: Records, data: st.DataObject) -> bytes:
    at, to = index_in(records, data), index_in(records, data)
    return b"".join(records[:to] + records[at : at + 1] + records[to:])


def swap(records: Records, data: st.DataObject) -> bytes:
    at = index_in(records, data)
    return b"".join(records[:at] + records[at : at + 2][::-1] + records[at + 2 :])


def tear(records: Records, data: st.DataObject) -> bytes:
    """Take a line, whole or not, from where it is to elsewhere."""
    lines = b"".join(records).splitlines(keepends=True)
    at, to = index_in(lines, data), index_in(lines, data)
    line = lines[at : at + 1]
    rest = lines[:at] + lines[at + 1 :]
    return b"".join(rest[:to] + line + rest[to:])


def change(records: Records, data: st.DataObject) -> bytes:
    output = bytearray(b"".join(records))
    if output:
        output[data.draw(st.integers(0, len(output) - 1))] = data.draw(st.sampled_from(b"tu \nx"))
    return bytes(output)


def cut(records: Records, data: st.DataObject) -> bytes:
    output = b"".join(records)
    return output[: data.draw(st.integers(0, len(output)))]


def index_in(items: Sequence[object], data: st.DataObject) -> int:
    return data.draw(st.integers(0, max(0, len(items) - 1)))


Mutation = Callable[[Records, st.DataObject], bytes]
MUTATIONS: list[Mutation] = [same, drop, double, swap, tear, change, cut]


@given(some_sources, st.data())
def test_few_states_and_short_runs_make_no_false_fault(
    sources: list[Lines], data: st.DataObject
) -> None:
    records = [record.raw for batch in shuffled(sources, data) for record in batch]
    output = data.draw(st.sampled_from(MUTATIONS))(records, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "_STATES", 1)
        patch.setattr(search_module, "_TIDY", 1)
        patch.setattr(lane_module, "RUN", 2)
        verdict = verdict_of(sources, output, late=None)
    decided = verdict.fault is None or verdict.fault.kind != "undecided"
    assert not decided or verdict.holds == is_interleaving(sources, output, late=None)


@given(some_sources, st.data(), st.booleans())
def test_exactly_what_merge_gives_is_exact(
    sources: list[Lines], data: st.DataObject, prefix: bool
) -> None:
    records = [record.raw for batch in merged(sources) for record in batch]
    output = data.draw(st.sampled_from(MUTATIONS))(records, data)
    whole = b"".join(records)
    verdict = verdict_of(sources, output, exact=True, prefix=prefix)
    ends = list(accumulate(map(len, records), initial=0))
    if output == whole or (prefix and whole.startswith(output) and len(output) in ends):
        assert verdict.holds
    elif not prefix:
        assert not verdict.holds


# -- faults by name --------------------------------------------------------------------------

A: Lines = [(i, f"a says {i}") for i in range(0, 40, 2)]
B: Lines = [(i, f"b says {i}\n  and more\n  and more {i}") for i in range(1, 40, 2)]


def fault_of(change: Callable[[list[bytes]], object], **asked: object) -> tuple[object, ...]:
    """The kind of fault, its line, source and record, after a change to the merged records."""
    records = [record.raw for batch in merged([A, B]) for record in batch]
    change(records)
    verdict = verdict_of([A, B], b"".join(records), **asked)
    fault = verdict.fault
    assert fault is not None and not verdict.holds
    return fault.kind, fault.line, fault.source, fault.source_line


def test_a_dropped_record_is_missing_where_the_next_of_its_source_stands() -> None:
    # Records 0 to 9 have a line and three in turn.
    assert fault_of(lambda records: records.pop(8)) == ("missing", 20, "a", 5)
    assert fault_of(lambda records: records.pop(9)) == ("missing", 19, "b", 13)


def test_a_dropped_last_record_is_missing_at_the_end() -> None:
    assert fault_of(lambda records: records.pop()) == ("missing", 78, "b", 58)


def test_a_record_that_comes_again_is_repeated() -> None:
    kind = fault_of(lambda records: records.insert(4, records[2]))
    assert kind == ("repeated", 9, None, None)


def test_a_record_with_a_line_of_another_inside_is_torn() -> None:
    def tear(records: list[bytes]) -> None:
        first, rest = records[3].split(b"\n", 1)
        records[3:5] = [first + b"\n" + records[4] + rest]

    assert fault_of(tear) == ("torn", 6, "b", 4)


def test_a_record_without_its_end_is_torn() -> None:
    def cut(records: list[bytes]) -> None:
        records[-1] = records[-1][:-3]

    assert fault_of(cut) == ("torn", 78, "b", 58)


def test_two_records_in_one_line_are_torn() -> None:
    def glue(records: list[bytes]) -> None:
        records[4] = records[4][:-1]

    assert fault_of(glue)[:2] == ("torn", 9)


def test_a_line_of_no_source_is_foreign() -> None:
    kind = fault_of(lambda records: records.insert(4, b"who said that?\n"))
    assert kind == ("foreign", 9, None, None)


def test_two_records_of_one_source_swapped_are_out_of_its_order() -> None:
    def swap(records: list[bytes]) -> None:
        records[4], records[6] = records[6], records[4]

    assert fault_of(swap) == ("out of order (source)", 9, "a", 3)


def test_a_record_after_one_of_a_later_time_is_out_of_order() -> None:
    def swap(records: list[bytes]) -> None:
        records[4], records[5] = records[5], records[4]

    assert fault_of(swap) == ("out of order (time)", 12, "a", 3)


def test_as_many_records_as_allowed_may_be_late() -> None:
    sources: list[Lines] = [[(1, "a1"), (2, "a2")], [(3, "b3")]]
    output = b"b3\na1\na2\n"
    assert verdict_of(sources, output, late=2).late == 2
    assert verdict_of(sources, output, late=2).holds
    assert not verdict_of(sources, output, late=1).holds
    assert verdict_of(sources, output, late=None).holds


def test_equal_times_may_stand_in_any_order_unless_it_must_be_exact() -> None:
    sources: list[Lines] = [[(1, "a")], [(1, "b")]]
    assert verdict_of(sources, b"b\na\n").holds
    assert not verdict_of(sources, b"b\na\n", exact=True).holds


def test_sources_may_go_on_after_a_prefix() -> None:
    sources: list[Lines] = [[(1, "a1"), (4, "a4")], [(2, "b2"), (3, "b3")]]
    assert verdict_of(sources, b"a1\nb2\n", prefix=True).holds
    assert not verdict_of(sources, b"a1\nb2\n").holds


def test_a_fault_reads_as_a_sentence() -> None:
    records = [record.raw for batch in merged([A, B]) for record in batch]
    del records[8]
    fault = verdict_of([A, B], b"".join(records), output="merged.log").fault
    assert str(fault) == (
        "merged.log line 20: the record of a line 5 is missing; "
        "found 'a says 10'; expected 'a says 8'"
    )


def test_without_line_numbers_a_fault_counts_records() -> None:
    fault = verdict_of([A], text_of(merged([A]))[9:], numbered=False).fault
    assert fault is not None and fault.source_line is None and fault.record == 1


def test_a_fault_shows_nothing_that_steers_a_terminal() -> None:
    fault = verdict_of([[(1, "a\x1b[2J")]], b"a\x1b[3J\n", output="o\x1b\n").fault
    assert str(fault).isprintable()


def test_an_empty_output_of_empty_sources_holds() -> None:
    assert verdict_of([[], []], b"").holds


def test_an_output_of_which_no_source_has_anything_is_foreign() -> None:
    fault = verdict_of([[], []], b"x\n").fault
    assert fault is not None and (fault.kind, fault.line) == ("foreign", 1)


# -- forms -----------------------------------------------------------------------------------


def test_the_form_is_seen_in_the_first_line() -> None:
    batches = merged([A, B])
    labels = Labels()
    assert verdict_of([A, B], text_of(batches)).form == "text"
    assert verdict_of([A, B], b"".join(map(labels, batches))).form == "labelled"
    assert verdict_of([A, B], b"".join(map(json_lines, batches))).form == "json"


def test_labels_and_json_tell_equal_records_apart() -> None:
    sources: list[Lines] = [[(1, "t"), (1, "x")], [(1, "t"), (1, "y")]]
    for render in (Labels(), json_lines):
        output = b"".join(map(render, merged(sources)))
        lines = output.splitlines(keepends=True)
        assert verdict_of(sources, output).holds
        assert verdict_of(sources, b"".join(lines[2:] + lines[:2])).holds
        lines = [lines[0], lines[0], *lines[2:]]
        assert not verdict_of(sources, b"".join(lines)).holds


def test_the_time_of_an_unstamped_record_in_json_does_not_count() -> None:
    seen = batch_of([(10, "hello")], flags=0)
    read_again = batch_of([(99, "hello")], flags=0)
    assert Verifier(["a"]).run([[read_again]], [json_lines(seen)]).holds
    stamped = batch_of([(99, "hello")], flags=STAMPED)
    assert not Verifier(["a"]).run([[stamped]], [json_lines(seen)]).holds


# -- many equal records ----------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"order": "arrival"}, {"exact": True}, {"late": None}])
def test_two_sources_of_equal_records_in_bulk_are_one_way_to_deal_out(
    asked: dict[str, object],
) -> None:
    sources: list[list[Batch]] = [
        [batch_of([(0, "tick")] * 1000, name)] * 50 for name in ("a", "b")
    ]
    output = [b"tick\n" * 1000] * 100
    assert Verifier(["a", "b"], **asked).run(sources, output).holds  # type: ignore[arg-type]
    short = [*output[:-1], b"tick\n" * 999]
    fault = Verifier(["a", "b"], **asked).run(sources, short).fault  # type: ignore[arg-type]
    assert fault is not None and fault.kind == "missing"


def test_equal_records_among_others_are_dealt_out_as_the_others_demand() -> None:
    a: Lines = [(0, "t")] * 500 + [(0, "x")]
    b: Lines = [(0, "t")] * 700 + [(0, "y")]
    output = b"t\n" * 700 + b"y\n" + b"t\n" * 500 + b"x\n"
    assert verdict_of([a, b], output).holds
    assert not verdict_of([a, b], b"t\n" * 600 + b"y\n" + b"t\n" * 600 + b"x\n").holds


def test_two_equal_files_one_after_the_other_hold() -> None:
    lines: Lines = [(0, f"line {i % 700}") for i in range(3000)]
    whole = text_of([batch_of(lines)])
    assert verdict_of([lines, lines], whole * 2, order="arrival").holds


def test_too_many_ways_are_undecided_and_never_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_STATES", 1)
    sources: list[Lines] = [
        [(0, "t"), (0, "u"), (0, "x")],
        [(0, "t"), (0, "u"), (0, "y")],
    ]
    fault = verdict_of(sources, b"t\nu\ny\nt\nu\nx\n").fault
    assert fault is not None and fault.kind == "undecided"
    assert "labels or as JSON" in str(fault)
