"""What may stand between the start of a line and its stamp."""

from typing import Final

from plait.logs.times.pieces import one_of

COLOUR: Final = rb"(?:\x1b\[[\d;]*[A-Za-z])*"
# The container's name as docker compose writes it: `web_1  | `.
CONTAINER: Final = rb"(?:[A-Za-z][\w.-]{0,60}+[ ]*+\|[ ]?)?"
_LEVELS: Final = (
    b"trace", b"finest", b"finer", b"verbose", b"debug", b"dbg", b"fine", b"config", b"info",
    b"information", b"inf", b"notice", b"note", b"success", b"warning", b"warn", b"wrn", b"error",
    b"err", b"severe", b"fatal", b"ftl", b"critical", b"crit", b"alert", b"emerg", b"panic",
)  # fmt: skip
_LEVEL: Final = one_of(
    spelled for level in _LEVELS for spelled in (level.upper(), level, level.capitalize())
)
_WORD: Final = rb"[\[({<]?(?:%s|[DIWEFTVUN](?=[,\]]))\d?[ ]*[\])}>]?(?:::|[:,|])?[ \t]*" % _LEVEL
_KEY: Final = rb"(?:(?:Log )?(?:[Dd]ate|DATE|[Tt]ime(?:stamp)?|started|ended):[ \t]*)"
#: Colour, container, <PRI>, level, key, brackets: each may be missing. Atomic, so that a line
#: without a stamp is given up at once. No bracket before a quote: that is a row of an SQL dump.
SHORT: Final = (
    rb"(?>%s%s%s(?:<\d{1,3}>[ ]?)?(?:[A-Za-z][\w.-]{0,40}+::)?(?:%s)?(?:-[ ])?%s?%s"
    rb"(?:\"|[\[({<*|]{0,3})[ ]?%s)" % (COLOUR, CONTAINER, COLOUR, _WORD, _KEY, COLOUR, COLOUR)
)
#: The same for weak formats, with any word for the level: it compiles in a fraction of the time,
#: and a sample has to show that it is right anyway.
WORD: Final = (
    rb"(?>%s%s%s(?:<\d{1,3}>[ ]?)?"
    rb"(?:[\[({<]?(?:[A-Z]{3,11}|[A-Za-z]{3,11}(?=[\])}>:|]))\d?[ ]*[\])}>]?(?:::|[:,|])?[ \t]*)?"
    rb"(?:-[ ])?%s(?:\"|[\[({<*|]{0,3})[ ]?%s)" % (COLOUR, CONTAINER, COLOUR, COLOUR, COLOUR)
)
NONE: Final = b""
#: Anywhere near the start, at the start of a word (or after a word and a colon, as in what grep
#: prints); only where a sample shows it.
LOOSE: Final = rb"[^\n]{0,200}?(?<![\w./+='\"-])(?<![^A-Za-z]:)"
#: Anywhere near the start, for patterns given by the user.
ANYWHERE: Final = rb"[^\n]{0,200}?(?<!\d)"
