"""The level a record names, from its bytes.

What counts as naming a level, in this order:

1. The start of the record: a syslog `<PRI>`, a glog letter and date, a Redis mark.
2. A JSON object's own level key, wherever it stands in the object's first 4 KiB.
3. Else the leftmost of: a level in capitals standing alone; one in any case in brackets, between
   tabs, after `level=` and its like, after a clock time, or as a label (`error: ...` at the start
   or behind punctuation).

A lower-case word amid prose ("no error was found") or part of a longer one is no level.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from plait.errors import UsageError

#: Every level, least first.
LEVELS: Final = ("trace", "debug", "info", "notice", "warning", "error", "fatal")
#: A level as a byte: its place in `LEVELS`, counted from 1; 0 stands for none.
CODES: Final[dict[str | None, int]] = {None: 0} | {name: i for i, name in enumerate(LEVELS, 1)}

# This and what follows is also what the compiled kernel goes by (`logs.kernel`).
# What programs call the levels, in any case and wherever the context says that it is a level.
NAMES: Final = {
    b"trace": "trace", b"trc": "trace", b"trce": "trace", b"finest": "trace", b"finer": "trace",
    b"verbose": "trace", b"vrb": "trace",
    b"debug": "debug", b"dbg": "debug", b"dbug": "debug", b"fine": "debug",
    b"info": "info", b"inf": "info", b"information": "info", b"informational": "info",
    b"notice": "notice", b"note": "notice",
    b"warning": "warning", b"warn": "warning", b"wrn": "warning",
    b"error": "error", b"err": "error", b"eror": "error", b"severe": "error",
    b"fatal": "fatal", b"ftl": "fatal", b"critical": "fatal", b"crit": "fatal", b"alert": "fatal",
    b"emerg": "fatal", b"emergency": "fatal", b"panic": "fatal",
}  # fmt: skip
# Words too common in prose to be levels in capitals alone ("PERSONAL INFORMATION", "NOTE").
PROSE: Final = {b"information", b"informational", b"note", b"fine"}
LETTERS: Final = {
    b"t": "trace", b"v": "trace", b"d": "debug", b"i": "info", b"n": "notice",
    b"w": "warning", b"e": "error", b"c": "fatal", b"f": "fatal",
}  # fmt: skip
SYSLOG: Final = ("fatal", "fatal", "fatal", "error", "warning", "notice", "info", "debug")
TENS: Final = (None, "trace", "debug", "info", "warning", "error", "fatal")  # pino, bunyan
_REDIS: Final = {b".": "debug", b"-": "trace", b"*": "notice", b"#": "warning"}
# The keys of JSON objects that hold a level, in any case.
JSON_KEYS: Final = (
    b"level", b"levelname", b"level_name", b"loglevel", b"loglevelname", b"loglevel_name",
    b"log.level", b"log.levelname", b"log.level_name",
    b"log_level", b"log_levelname", b"log_level_name",
    b"lvl", b"severity", b"severitytext", b"severity_text", b"@l",
)  # fmt: skip

# A level stands early in a record or not at all; message keys may stand before it in JSON.
HEAD: Final = 300
JSON_HEAD: Final = 4096


def level_of(raw: bytes) -> str | None:
    """One of `LEVELS` where the record names its level, else None."""
    start = _start().match(raw)
    if start is not None:
        level = _at_start(start)
        if level is not None:
            return level
    brace = raw.find(b"{", 0, HEAD)
    if brace < 0:
        return _plain(raw, HEAD)
    return (_plain(raw, brace) if brace else None) or _json(raw, brace) or _plain(raw, HEAD)


def level_rank(name: str) -> int:
    """The place of a level in `LEVELS`; takes the aliases too (`warn`, `ERR`, `critical`)."""
    level = NAMES.get(name.strip().lower().encode("utf-8", "replace"))
    if level is None:
        raise UsageError(f"unknown level {name!r}; write one of {', '.join(LEVELS)}")
    return LEVELS.index(level)


def _alternatives(words: Iterable[bytes], front: bytes = b"") -> bytes:
    """Any of the words, with `front` checked behind their first letter."""
    tails: dict[bytes, list[bytes]] = {}
    for word in words:
        tails.setdefault(word[:1], []).append(word[1:])
    longest_first = {letter: sorted(tail, reverse=True) for letter, tail in tails.items()}
    return b"|".join(b"%s%s(?:%s)" % (k, front, b"|".join(v)) for k, v in longest_first.items())


_SOLE: Final = NAMES.keys() - PROSE
_INITIALS: Final = bytes(sorted({name[0] for name in NAMES}))
_INITIAL: Final = b"(?=[%s%s])" % (_INITIALS, _INITIALS.upper())
# Looking for an initial first is twice the speed of trying every word.
_ANY: Final = b"%s(?i:%s)" % (_INITIAL, _alternatives(NAMES))

_START: Final = (
    rb"""(?: <(?P<pri>\d{1,3})>
           | (?P<glog>[IWEF])(?:\d{4}){1,2}[ ]\d\d:
           | \d+:[XCSM][ ]\d\d[ ]\w{3}[ ](?:\d{4}[ ])?[\d:.]+[ ](?P<redis>[-.*\#])[ ]
           | (?P<label>%s)(?:[ ]error)?(?::|[ ]+[-|][ ])
         )"""
    % _ANY
)
# What stands in front of a word is checked behind its first letter: so the search skips from
# capital to capital, at six times the speed of a check in front. It may be the `m` that ends a
# colour code.
_CAPITALS: Final = rb"(%s)(?![\w=-]|\.\w)" % _alternatives(
    [name.upper() for name in _SOLE], rb"(?:(?<![\w./=-].)|(?<=\dm.))"
)
_MARKED: Final = rb"""(?: \[ [ ]*(?:\w*:)?(%(any)s)[ ]*\]
           | <(%(any)s)>
           | \t(%(any)s)\t
           | m(?<=\dm)(%(any)s)\x1b
           | =(?:(?<=(?i:level)=)|(?<=(?i:severity)=)|(?<=(?i:lvl)=)) (?<!-level=) ["']?(%(any)s)\b
           | [ ]%(initial)s
             (?: (?:(?<=[]:|>][ ])|(?<=\d[ ])|(?<=\dZ[ ])|(?<=PHP[ ]))
                 (%(any)s)(?:(?:[ ]error)?:|[ ]*\||[ ]+-[ ])
               | (?:(?<=:\d\d[ ])|(?<=:\d\d[.,]\d{3}[ ])|(?<=:\d\d[.,]\d{6}[ ])|(?<=\dZ[ ]))
                 (%(sole)s)[ ] )
         )""" % {b"any": _ANY, b"initial": _INITIAL, b"sole": b"(?i:%s)" % _alternatives(_SOLE)}
_JSON_KEY: Final = (
    rb"(?i:%(keys)s)"
    rb"%(q)s\s*:\s*(?:%(q)s(?P<word>\w+)%(q)s|(?P<number>\d+))"
    rb"|s%(q)s\s*:\s*%(q)s(?P<mongo>[DIWEF])[1-5]?%(q)s,\s*%(q)sc%(q)s"
    rb"|PRIORITY%(q)s\s*:\s*%(q)s(?P<journal>[0-7])%(q)s"
)
# The object's own keys, and those of an object that is a string of it (Docker's log files).
_KEYS: Final = _alternatives(map(re.escape, JSON_KEYS))
_JSON: Final = tuple(
    b"%s(?:%s)" % (quote, _JSON_KEY % {b"q": quote, b"keys": _KEYS}) for quote in (b'"', rb"\\\"")
)


# Compiled when a level is asked for: that takes as long as a merge of small files without.
@cache
def _start() -> re.Pattern[bytes]:
    return re.compile(_START, re.VERBOSE)


@cache
def _words() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    return re.compile(_CAPITALS), re.compile(_MARKED, re.VERBOSE)


@cache
def _json_keys() -> tuple[re.Pattern[bytes], ...]:
    return tuple(map(re.compile, _JSON))


def _at_start(start: re.Match[bytes]) -> str | None:
    word = start[start.lastgroup or 0]
    match start.lastgroup:
        case "pri":
            return SYSLOG[int(word) % 8] if int(word) < 192 else None
        case "glog":
            return LETTERS[word.lower()]
        case "redis":
            return _REDIS[word]
        case _:
            return NAMES[word.lower()]


def _plain(raw: bytes, end: int) -> str | None:
    words_in_capitals, marked = _words()
    capitals = words_in_capitals.search(raw, 0, end)
    found = marked.search(raw, 0, capitals.start() if capitals else end) or capitals
    return None if found is None else NAMES[found[found.lastindex or 0].lower()]


def _json(raw: bytes, begin: int) -> str | None:
    for keys in _json_keys():
        numbers = []
        for key in keys.finditer(raw, begin, begin + JSON_HEAD):
            level = _named(key)
            if level is not None:
                return level
            numbers.append(key["number"])
        level = next(filter(None, map(_numbered, filter(None, numbers))), None)
        if level is not None:
            return level
    return None


def _named(key: re.Match[bytes]) -> str | None:
    if key["word"]:
        word = key["word"].lower()
        return NAMES.get(word) or LETTERS.get(word)
    if key["mongo"]:
        return LETTERS[key["mongo"].lower()]
    return SYSLOG[int(key["journal"])] if key["journal"] else None


def _numbered(digits: bytes) -> str | None:
    # 0 to 7 are syslog's (GELF), 10 to 69 those of pino and bunyan.
    number = int(digits[:9])
    if number < 8:
        return SYSLOG[number]
    return TENS[number // 10] if number < 70 else None
