"""Filters: which records pass, and that searching a batch as one changes nothing."""

import re
from array import array
from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plait.errors import UsageError
from plait.logs.batch import STAMPED, Batch, Step
from plait.logs.steps import chain, exclude, grep, level_at_least, since, until


def batch_of(raws: Sequence[bytes], times: Sequence[int] | None = None) -> Batch:
    column = array("q", times or range(len(raws)))
    return Batch(
        b"".join(raws),
        array("q", accumulate(map(len, raws), initial=0)),
        column,
        column,
        bytes([STAMPED]) * len(raws),
        ("a",),
    )


LOG = batch_of(
    [
        b"10:00 INFO start\n",
        b"10:01 ERROR broke\nTraceback:\n  ValueError: bad\n",
        b"plain words\n",
        b"10:02 WARN slow\n",
    ],
    [100, 200, 200, 300],
)


def firsts(batch: Batch) -> list[str]:
    """The first word or clock of each record."""
    return [record.text.split()[0] for record in batch]


# --- time -----------------------------------------------------------------------------------


def test_since_includes_its_instant() -> None:
    assert firsts(since(200)(LOG)) == ["10:01", "plain", "10:02"]


def test_until_excludes_its_instant() -> None:
    assert firsts(until(200)(LOG)) == ["10:00"]


def test_a_record_without_a_stamp_goes_with_the_one_above() -> None:
    assert firsts(chain([since(200), until(300)])(LOG)) == ["10:01", "plain"]


@given(st.lists(st.integers(-5, 5)), st.integers(-6, 6))
def test_since_and_until_divide_the_records(times: list[int], instant: int) -> None:
    batch = batch_of([b"%d\n" % i for i in range(len(times))], times)
    parts = [*since(instant)(batch), *until(instant)(batch)]
    assert sorted(record.raw for record in parts) == sorted(batch.raws())


@pytest.mark.parametrize("step", [since(0), until(999), grep(["."]), exclude(["nowhere"])])
def test_where_all_pass_the_same_batch_comes_back(step: Step) -> None:
    assert step(LOG) is LOG


@pytest.mark.parametrize(
    "step",
    [since(999), until(0), grep(["nowhere"]), grep([]), exclude(["."]), level_at_least("fatal")],
)
def test_where_none_pass_an_empty_batch_comes_back(step: Step) -> None:
    empty = step(LOG)
    empty._check()
    assert (len(empty), empty.data, empty.sources) == (0, b"", ("a",))


@pytest.mark.parametrize(
    "step", [since(0), until(0), grep(["x"]), exclude(["x"]), level_at_least("info"), chain([])]
)
def test_an_empty_batch_passes_every_step(step: Step) -> None:
    assert len(step(batch_of([]))) == 0


# --- regular expressions --------------------------------------------------------------------


def test_grep_finds_what_stands_in_a_traceback() -> None:
    assert firsts(grep(["ValueError"])(LOG)) == ["10:01"]


def test_a_record_passes_grep_whole() -> None:
    assert grep(["ValueError"])(LOG)[0].raw == LOG[1].raw


def test_any_of_several_patterns_is_enough() -> None:
    assert firsts(grep(["slow", "words"])(LOG)) == ["plain", "10:02"]


def test_exclude_drops_what_any_pattern_is_found_in() -> None:
    assert firsts(exclude(["slow", "ValueError"])(LOG)) == ["10:00", "plain"]


def test_exclude_of_no_pattern_drops_nothing() -> None:
    assert exclude([])(LOG) is LOG


def test_case_counts_unless_ignored() -> None:
    assert [len(grep(["error"], ignore_case=i)(LOG)) for i in (False, True)] == [0, 1]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("^Traceback:$", [1]),
        (r"\ATraceback", []),
        (r"bad\Z", [1]),
        ("^$", []),
        (r"\s$", []),
        ("broke\nTrace", [1]),
        (r"start\s", []),
        (r"(?s)ERROR.*bad", [1]),
        (r"start[^x]*ERROR", []),
        (r"(?<!plain) words", []),
        (r"(?<!INFO )start", []),
        ("", [0, 1, 2, 3]),
    ],
)
def test_a_pattern_sees_one_record_at_a_time(pattern: str, found: list[int]) -> None:
    assert [r.raw for r in grep([pattern])(LOG)] == [LOG[i].raw for i in found]


def test_a_line_end_of_crlf_is_a_line_end() -> None:
    batch = batch_of([b"one\r\ntwo\r\n", b"one two\r\n"])
    assert [r.raw for r in grep(["one$"])(batch)] == [b"one\r\ntwo\r\n"]


def test_records_with_foreign_bytes_are_searched_too() -> None:
    assert len(grep(["disk"])(batch_of([b"\xff\xfe disk\n"]))) == 1


def test_a_set_of_characters_beyond_ascii_means_characters() -> None:
    # Over bytes, [öü] would find the half of an ä.
    batch = batch_of(["gräber\n".encode(), "größe\n".encode()])
    assert [r.text for r in grep(["gr[öü]"])(batch)] == ["größe"]


def test_case_is_ignored_beyond_ascii_too() -> None:
    assert len(grep(["größe"], ignore_case=True)(batch_of(["GRÖßE\n".encode()]))) == 1


@pytest.mark.parametrize(
    "pattern", ["(", "[a", "*", r"\q", "a{2,1}", "[[:alpha:]]", "(?P<1>x)", "\ud800"]
)
def test_a_bad_pattern_is_refused_with_its_text(pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        grep(["fine", pattern])
    assert repr(pattern) in str(caught.value)


def test_a_bad_pattern_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match="unterminated character set"):
        exclude(["[a"])


PIECES = st.sampled_from(
    [
        *"ab1 .^$|é",
        *("a*", "b+", "a??", ".*", "(a)", "(?:ab)*", "(?P<x>b)", "a{2}", "a*+", "(?>a*)"),
        *(r"\s", r"\s+", r"\S", r"\w", r"\W+", r"\d", r"\D", r"\b", r"\B", r"\A", r"\Z", r"\."),
        *(
            "[ab]",
            "[^a]",
            "[^a]*",
            "[]a]",
            r"[\s]",
            r"[\w-]",
            r"[\n-a]",
            "[é]",
            r"\n",
            "\n",
            r"\x0a",
        ),
        *(
            "(?=b)",
            "(?!b)",
            "(?<=a)",
            "(?<!a)",
            "(?=\n)",
            r"(?<=\n)",
            r"(?:\n|b)",
            "(?s:.)",
            "(?-m:^)",
        ),
        *(r"\[", r"\\", "{", r"[\]]", r"(?:(?=a)|b)", "(a)(?(1)b|1)", r"\012", r"\r"),
    ]
)
PATTERNS = st.lists(PIECES, max_size=5).map("".join).filter(lambda p: compiles(p))
RECORDS = st.lists(
    st.lists(st.sampled_from(["a", "b", "ab", "1", " ", ".", "\n", "\r\n", "\r", "é", "[", "\\"]))
    .map(lambda parts: "".join(parts).encode() + b"\n"),
    max_size=8,
)  # fmt: skip


def compiles(pattern: str) -> bool:
    try:
        re.compile(pattern.encode())
        re.compile(pattern)
    except (re.error, FutureWarning):
        return False
    return True


def found_one_by_one(pattern: str, raws: Sequence[bytes], ignore_case: bool) -> list[bytes]:
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
    lines = [(raw, raw.replace(b"\r\n", b"\n")[:-1]) for raw in raws]
    if pattern.isascii():
        return [raw for raw, line in lines if re.search(pattern.encode(), line, flags)]
    return [raw for raw, line in lines if re.search(pattern, line.decode(), flags)]


@given(PATTERNS, RECORDS, st.booleans())
@example("^$", [b"\n", b"a\n", b"a\n\n"], False)
@example("$", [b"\n"], False)
@example("(?:a|b)$", [b"a\r\n"], False)
@example(r"\b", [b"\n", b"a\n"], False)
def test_grep_finds_what_a_search_record_by_record_finds(
    pattern: str, raws: list[bytes], ignore_case: bool
) -> None:
    found = grep([pattern], ignore_case)(batch_of(raws))
    assert found.raws() == found_one_by_one(pattern, raws, ignore_case)


@given(st.lists(PATTERNS, max_size=3), RECORDS, st.booleans())
def test_grep_and_exclude_divide_the_records(
    patterns: list[str], raws: list[bytes], ignore_case: bool
) -> None:
    batch = batch_of(raws)
    parts = [*grep(patterns, ignore_case)(batch), *exclude(patterns, ignore_case)(batch)]
    assert sorted(r.time for r in parts) == list(range(len(raws)))


@pytest.mark.parametrize(
    "pattern",
    [
        *("one.two", "ones?two", "one*two", "one{0}two", "on(?:es)?two", "one|two.", r"one\.two"),
        *("[o]ne+t", "(?i)ONE.t", "(?P<first>one|two) s", "one two$", r"\bone\b", "o{2,}.*two"),
        "(one|(t)wo) (x|s)",
    ],
)
def test_a_text_is_only_asked_for_where_no_match_can_be_without_it(pattern: str) -> None:
    lines = [
        "one two",
        "onestwo",
        "ontwo",
        "onetwo",
        "oneetwo",
        "two!",
        "one.two",
        "two s",
        "ootwo",
    ]
    raws = [f"{line}\n".encode() for line in [*lines, "nothing", "", "ONE TWO"]]
    for ignore_case in (False, True):
        found = grep([pattern], ignore_case)(batch_of(raws)).raws()
        assert found == found_one_by_one(pattern, raws, ignore_case)
        assert found


def test_a_greedy_pattern_does_not_read_the_batch_over_and_over() -> None:
    # Searched as one, each `a` would read on to the end of the batch: minutes, not milliseconds.
    batch = batch_of([b"a" + b"b" * 98 + b"\n"] * 10_000)
    assert len(grep(["a[^z]*z"])(batch)) == 0


# --- levels and chains ----------------------------------------------------------------------


def test_level_keeps_it_and_what_is_above() -> None:
    assert firsts(level_at_least("warning")(LOG)) == ["10:01", "10:02"]


def test_a_record_that_names_no_level_falls() -> None:
    assert firsts(level_at_least("trace")(LOG)) == ["10:00", "10:01", "10:02"]


def test_a_level_may_be_given_by_an_alias() -> None:
    assert firsts(level_at_least("ERR")(LOG)) == ["10:01"]


def test_an_unknown_level_is_refused_before_any_record_is_seen() -> None:
    with pytest.raises(UsageError, match="unknown level 'loud'"):
        level_at_least("loud")


def test_a_chain_does_its_steps_in_order() -> None:
    assert firsts(chain([since(200), exclude(["plain"]), until(300)])(LOG)) == ["10:01"]


def test_a_chain_of_nothing_lets_everything_pass() -> None:
    assert chain([])(LOG) is LOG


def test_a_chain_ends_where_nothing_is_left() -> None:
    def refuse(batch: Batch) -> Batch:
        raise AssertionError("called with nothing to do")

    assert len(chain([grep(["nowhere"]), refuse])(LOG)) == 0
