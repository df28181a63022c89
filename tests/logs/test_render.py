"""What comes out: the bytes as they came, labelled, made visible, or as JSON."""

import json
import re
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.logs.batch import LATE, PIECE, STAMPED, SUSPECT, Batch
from plait.logs.render import Labels, format_time, json_lines, renderer, text, visible


def batch_of(
    raws: Sequence[bytes],
    origins: Sequence[int] | None = None,
    sources: Sequence[str] = ("a",),
    flags: int = STAMPED,
    time: int = 0,
) -> Batch:
    column = array("q", [time] * len(raws))
    return Batch(
        b"".join(raws),
        array("q", accumulate(map(len, raws), initial=0)),
        column,
        column,
        bytes([flags]) * len(raws),
        tuple(sources),
        None if origins is None else array("i", origins),
    )


RAW = st.binary(max_size=30) | st.text(max_size=20).map(lambda s: s.encode("utf-8", "replace"))
Kind = Literal["text", "json"]
KINDS: tuple[Kind, ...] = ("text", "json")
NAMES = st.text(st.characters(exclude_characters="|"), min_size=1, max_size=8)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    raws = [raw + b"\n" for raw in draw(st.lists(RAW, max_size=8))]
    sources = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    numbers = st.integers(0, len(sources) - 1)
    origins = draw(st.none() | st.lists(numbers, min_size=len(raws), max_size=len(raws)))
    return batch_of(raws, origins, sources, draw(st.integers(0, 15)))


# --- text and labels ------------------------------------------------------------------------


@given(batches())
def test_text_is_the_data_itself(batch: Batch) -> None:
    assert text(batch) is batch.data


def test_every_line_of_a_record_starts_with_its_label() -> None:
    batch = batch_of([b"one\n more\n", b"two\n"], [0, 1], ["api", "db"])
    assert Labels()(batch) == b"api | one\napi |  more\ndb  | two\n"


@given(batches())
def test_labelled_lines_without_their_labels_are_the_data(batch: Batch) -> None:
    lines = Labels()(batch).split(b"\n")
    assert b"\n".join(line.partition(b" | ")[2] for line in lines) == batch.data


@given(st.lists(st.text("abc", min_size=1), min_size=1, unique=True))
def test_labels_of_one_batch_are_all_of_one_width(names: list[str]) -> None:
    lines = Labels()(batch_of([b"x\n"] * len(names), range(len(names)), names)).splitlines()
    assert {len(line) for line in lines} == {max(map(len, names)) + len(" | x")}


def test_the_width_grows_with_the_longest_label_seen() -> None:
    labels = Labels()
    for name in ("api", "worker", "db"):
        labels(batch_of([], sources=[name]))
    assert labels(batch_of([b"x\n"], sources=["db"])) == b"db     | x\n"


def test_a_given_width_holds_from_the_start() -> None:
    assert Labels(5)(batch_of([b"x\n"], sources=["db"])) == b"db    | x\n"


def test_wide_characters_take_two_columns() -> None:
    batch = batch_of([b"x\n", b"y\n"], [0, 1], ["日志", "abcd"])
    assert Labels()(batch).decode() == "日志 | x\nabcd | y\n"


@pytest.mark.parametrize("name", ["a\nb", "a\r\nb", "a\tb", "a\x1b[2Jb", "a\x9bb", "a\u202eb"])
@pytest.mark.parametrize("terminal", [False, True])
def test_a_label_holds_no_control_character(name: str, terminal: bool) -> None:
    line = Labels(terminal=terminal)(batch_of([b"x\n"], sources=[name])).decode()
    assert line.removesuffix("\n").isprintable()


def test_a_label_that_is_not_utf8_is_shown() -> None:
    assert Labels()(batch_of([b"x\n"], sources=["a\udcff"])) == b"a\\xff | x\n"


def test_a_line_without_text_is_labelled_too() -> None:
    assert Labels()(batch_of([b"\n", b"\n"])) == b"a | \na | \n"


# --- colours --------------------------------------------------------------------------------


def test_each_label_has_a_colour_of_its_own_that_stays() -> None:
    labels = Labels(color=True)
    one = labels(batch_of([b"x\n", b"x\n"], [0, 1], ["a", "b"]))
    other = labels(batch_of([b"x\n", b"x\n"], [0, 1], ["b", "a"]))
    assert one == b"\x1b[36ma\x1b[0m | x\n\x1b[32mb\x1b[0m | x\n"
    assert sorted(one.splitlines()) == sorted(other.splitlines())


@pytest.mark.parametrize(
    ("level", "code"), [("WARNING", b"33"), ("ERROR", b"31"), ("FATAL", b"1;31")]
)
def test_a_grave_record_is_coloured_on_every_line(level: str, code: bytes) -> None:
    show = renderer("text", labels=False, color=True, terminal=True)
    first = level.encode()
    assert show(batch_of([first + b"\n more\n"])) == (
        b"\x1b[%sm%s\x1b[0m\n\x1b[%sm more\x1b[0m\n" % (code, first, code)
    )


def test_other_records_stay_uncoloured() -> None:
    show = renderer("text", labels=False, color=True, terminal=True)
    assert show(batch_of([b"INFO fine\n", b"plain\n"])) == b"INFO fine\nplain\n"


@given(batches())
def test_without_its_colours_coloured_text_is_the_uncoloured(batch: Batch) -> None:
    colored = Labels(color=True, terminal=True)(batch)
    assert re.sub(rb"\x1b\[[\d;]+m", b"", colored) == Labels(terminal=True)(batch)


@given(batches())
def test_every_colour_ends_on_its_line(batch: Batch) -> None:
    for line in Labels(color=True, terminal=True)(batch).split(b"\n"):
        codes = re.findall(rb"\x1b\[[\d;]+m", line)
        assert not codes or codes[-1] == b"\x1b[0m"


def test_the_level_of_a_record_with_colours_of_its_own_is_found() -> None:
    show = renderer("text", labels=False, color=True, terminal=True)
    assert show(batch_of([b"\x1b[31mERROR\x1b[0m x\n"])).startswith(b"\x1b[31m^[[31mERROR^[[0m x")


# --- what a terminal gets -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[2J", b"^[[2J"),
        (b"\x00\x07\x08\x0b\x0c\x7f", b"^@^G^H^K^L^?"),
        (b"a\tb\n", b"a\tb\n"),
        (b"a\r\n", b"a\n"),
        (b"a\rb\r", b"a^Mb^M"),
        (b"a\r\r\n", b"a^M\n"),
        (b"\x9b2J", b"\\x9b2J"),
        ("\x9b2J".encode(), b"\\x9b2J"),
        ("\u202eevil\u2069".encode(), b"<U+202E>evil<U+2069>"),
        (b"\xff\xfe", b"\\xff\\xfe"),
        ("größe 日志 🎉".encode(), "größe 日志 🎉".encode()),
        (b"\xed\xa0\x80", b"\\xed\\xa0\\x80"),
    ],
)
def test_what_could_steer_a_terminal_is_written_out(raw: bytes, shown: bytes) -> None:
    assert visible(raw) == shown


@pytest.mark.parametrize("data", [b"plain\n", "größe\n".encode(), b""])
def test_where_nothing_is_written_out_the_same_bytes_come_back(data: bytes) -> None:
    assert visible(data) is data


@given(st.binary() | st.text().map(lambda s: s.encode("utf-8", "replace")))
def test_nothing_visible_steers_a_terminal(data: bytes) -> None:
    shown = visible(data).decode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@given(st.lists(st.binary(max_size=10).map(lambda b: b + b"\n")))
def test_lines_become_visible_alone_as_together(lines: list[bytes]) -> None:
    assert b"".join(map(visible, lines)) == visible(b"".join(lines))


@given(batches(), st.booleans(), st.sampled_from(KINDS))
def test_no_output_for_a_terminal_steers_it(batch: Batch, labels: bool, kind: Kind) -> None:
    shown = renderer(kind, labels=labels, color=False, terminal=True)(batch).decode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_text_for_a_terminal_without_labels_is_made_visible() -> None:
    show = renderer("text", labels=False, color=False, terminal=True)
    assert show(batch_of([b"\x1b\n"])) == b"^[\n"


def test_text_for_a_file_is_the_data_itself() -> None:
    batch = batch_of([b"\x1b\r\n"])
    assert renderer("text", labels=False, color=False, terminal=False)(batch) is batch.data


# --- JSON -----------------------------------------------------------------------------------


def test_a_json_line_has_its_keys_in_order() -> None:
    batch = batch_of([b"10:00 WARN low\n"], time=1_772_359_200_123_456_789)
    assert json_lines(batch) == (
        b'{"time":"2026-03-01T10:00:00.123456789Z","source":"a","level":"warning",'
        b'"stamped":true,"late":false,"text":"10:00 WARN low"}\n'
    )


def test_suspect_and_piece_stand_there_only_where_set() -> None:
    batch = batch_of([b"x\n"], flags=SUSPECT | PIECE | LATE)
    assert json_lines(batch) == (
        b'{"time":"1970-01-01T00:00:00Z","source":"a","level":null,"stamped":false,"late":true,'
        b'"text":"x","suspect":true,"piece":true}\n'
    )


@given(batches())
def test_json_lines_give_back_what_the_records_say(batch: Batch) -> None:
    lines = json_lines(batch).decode("utf-8").split("\n")[:-1]
    for line, record in zip(map(json.loads, lines), batch, strict=True):
        said = (line["text"], line["level"], line["stamped"], line["late"])
        assert said == (record.text, record.level, record.stamped, record.late)
        assert line.get("suspect", False) == record.suspect
        assert line.get("piece", False) == record.piece


@given(batches())
def test_json_for_a_terminal_says_the_same(batch: Batch) -> None:
    shown = json_lines(batch, terminal=True).decode()
    plain = json_lines(batch).decode()
    assert [json.loads(s) for s in shown.split("\n")[:-1]] == [
        json.loads(s) for s in plain.split("\n")[:-1]
    ]


def test_json_names_the_source_of_each_record() -> None:
    lines = json_lines(batch_of([b"x\n", b"y\n"], [1, 0], ["a", 'q"\n'])).decode().splitlines()
    assert [json.loads(line)["source"] for line in lines] == ['q"\n', "a"]


def test_json_is_utf8_even_where_a_source_name_is_not() -> None:
    line = json_lines(batch_of([b"x\n"], sources=["a\udcff"])).decode("utf-8")
    assert json.loads(line)["source"] == "a\\xff"


def test_json_keeps_the_lines_of_a_record_apart() -> None:
    line = json_lines(batch_of([b"one\n two\n"]))
    assert json.loads(line)["text"] == "one\n two"


def test_json_leaves_characters_as_they_are() -> None:
    assert "größe 日志".encode() in json_lines(batch_of(["größe 日志\n".encode()]))


def test_json_of_an_empty_batch_is_nothing() -> None:
    assert json_lines(batch_of([])) == b""


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_500_000_000, "1970-01-01T00:00:01.500Z"),
        (1_000_500_000, "1970-01-01T00:00:01.000500Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (-(2**63), "1677-09-21T00:12:43.145224192Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
    ],
)
def test_a_time_has_as_many_groups_of_digits_as_it_needs(ns: int, shown: str) -> None:
    assert format_time(ns) == shown


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_formatted_time_reads_back(ns: int) -> None:
    second, _, rest = format_time(ns).removesuffix("Z").partition(".")
    whole = int((datetime.fromisoformat(second).replace(tzinfo=UTC)).timestamp())
    assert whole * 10**9 + int(rest.ljust(9, "0") or 0) == ns


def test_on_a_terminal_a_long_name_is_cut_to_its_telling_part() -> None:
    for name, shown in [
        ("/var/log/a/very/long/path/to/application.log", "…ery/long/path/to/application.log"),
        ("cmd:kubectl logs -f deployment/something", "cmd:kubectl logs -f deployment/…"),
        ("short.log", "short.log"),
    ]:
        (line,) = Labels(terminal=True)(batch_of([b"x\n"], sources=[name])).splitlines()
        label = line.decode().split(" | ")[0]
        assert len(label) <= 32
        assert label.strip("…") in shown
        assert line.endswith(b"x")
