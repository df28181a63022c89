"""The lines of a state file: all of a commit or nothing of it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plait.journal import Commit, header, recover
from plait.ledger import Book

HEADER = header(17, {"order": "time"})
PLACES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
SOURCES = st.dictionaries(st.sampled_from(["a", "b\udcff", "c\n"]), st.lists(st.integers()))
ENTRIES = st.lists(st.tuples(st.just("mark"), st.integers(), st.integers()).map(list))
CHANGES = st.fixed_dictionaries({"gone": PLACES, "sources": SOURCES, "files": ENTRIES})
COMMITS = st.lists(
    st.builds(Commit, st.integers(0), st.tuples(st.integers(), st.integers()), CHANGES)
)


def added(commits: list[Commit]) -> dict[str, Any]:
    book = Book({})
    for commit in commits:
        book.add(commit.bookmarks)
    return book.as_json()


@given(COMMITS, st.data())
def test_cut_anywhere_it_says_what_its_whole_lines_say(
    commits: list[Commit], draw: st.DataObject
) -> None:
    lines = [HEADER, *(commit.line() for commit in commits)]
    data = b"".join(lines)
    size = draw.draw(st.integers(0, len(data)))
    found = recover(data[:size])
    whole = 0
    while whole < len(lines) and sum(map(len, lines[: whole + 1])) <= size:
        whole += 1
    if not whole:
        assert found is None
        return
    assert found is not None
    assert found.size == sum(map(len, lines[:whole]))
    assert found.whole == (found.size == size)
    assert found.header["began"] == 17
    if whole == 1:
        assert found.last is None
    else:
        last = commits[whole - 2]
        assert found.last == Commit(last.length, last.tail, added(commits[: whole - 1]))


@given(COMMITS, st.data())
def test_a_damaged_line_and_what_follows_it_do_not_count(
    commits: list[Commit], draw: st.DataObject
) -> None:
    lines = [HEADER, *(commit.line() for commit in commits)]
    data = bytearray(b"".join(lines))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] ^= draw.draw(st.integers(1, 255))
    found = recover(bytes(data))
    before, size = 0, 0
    while size + len(lines[before]) <= at:
        size += len(lines[before])
        before += 1
    assert (0 if found is None else found.size) == size


def test_a_file_that_is_no_state_says_nothing() -> None:
    assert recover(b"") is None
    assert recover(b"2026-03-01 some log\n") is None
    assert recover(Commit(1, (0, 0), {"gone": None, "sources": {}, "files": []}).line()) is None
