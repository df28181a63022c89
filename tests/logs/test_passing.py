"""Bytes pass as they came; only what an assembler would add to them is added."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plait.logs.assemble import Assembler, batches_of
from plait.logs.chunk import Chunk
from plait.logs.passing import Passing
from tests.logs.test_assemble import Numbers


def passed(data: bytes, cuts: list[int], limit: int = 2**20) -> tuple[bytes, int]:
    """All that comes out, and how many pieces were cut."""
    passing = Passing("x", limit=limit)
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    batches = []
    for begin, end in pairwise(edges):
        batches += passing.feed(Chunk(data[begin:end]))
    batches += passing.end()
    for batch in batches:
        assert len(batch) == 1 and batch.size == len(batch.data) > 0
    return b"".join(batch.data for batch in batches), passing.pieces


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_wherever_it_is_cut_the_bytes_are_those_of_an_assembler(
    data: bytes, cuts: list[int]
) -> None:
    assembler = Assembler("x", Numbers(), default=0)
    expected = b"".join(batch.data for batch in batches_of(assembler, [data]))
    assert passed(data, cuts) == (expected, 0)


@given(
    st.lists(st.sampled_from([b"a" * 7, b"bc", b"\n"])).map(b"".join), st.lists(st.integers(0, 99))
)
def test_a_line_over_the_limit_is_cut_as_an_assembler_cuts_it(data: bytes, cuts: list[int]) -> None:
    assembler = Assembler("x", Numbers(), default=0, limit=10)
    lines = data.splitlines(keepends=True)
    expected = b"".join(batch.data for batch in batches_of(assembler, lines))
    assert passed(data, cuts, limit=10)[0] == expected


def test_the_next_incarnation_has_a_mark_of_its_own() -> None:
    passing = Passing("x", limit=100)
    for _ in range(2):
        out = passing.feed(Chunk(b"\xef\xbb\xbfabc" + b"d" * 70)) + passing.end()
        assert b"".join(batch.data for batch in out) == b"abc" + b"d" * 70 + b"\n"
