"""Pieces of patterns: one of many words."""

from collections.abc import Iterable
from itertools import groupby


def one_of(words: Iterable[bytes]) -> bytes:
    """A pattern for any of these words, the longest that fits; looks at each byte once.

    The pattern is an alternation: it needs a group around it.
    """
    parts = []
    for first, group in groupby(sorted(set(words)), key=lambda word: word[:1]):
        rests = [word[1:] for word in group]
        longer = one_of(rest for rest in rests if rest)
        if b"" not in rests:
            parts.append(first + (b"(?:%s)" % longer if b"|" in longer else longer))
        else:
            parts.append(first + (b"(?:%s)?" % longer if longer else b""))
    return b"|".join(parts)
