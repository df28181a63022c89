"""Web servers: the common log format, and Apache's error log."""

from typing import Final

from plait.logs.kernel.layout import LONGEST_HOST, Anchor
from plait.logs.times import leads, words
from plait.logs.times.format import Example, Text, TimeFormat
from plait.logs.times.zones import ZONE

_TEXT: Final = Text(
    "clf",
    rb"(\d\d/[A-Z][a-z][a-z]/\d{4}[: ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(%s)(?=\])" % ZONE,
    words.read,
    signs=(b"/0000:", b"/0000 "),
)

CLF: Final = TimeFormat(
    "clf",
    'common log format: 127.0.0.1 - - [01/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 200',
    # Host, identity and user; a user may have spaces in it, none has a bracket.
    rb"(?>%s%s[^\s\[{\"'][^\[\n]{0,%d}+\[)(?=\d\d/)"
    % (leads.COLOUR, leads.CONTAINER, LONGEST_HOST),
    (_TEXT,),
    (
        Example(b'1.2.3.4 - - [01/Mar/2026:10:00:00 +0100] "GET /"', "2026-03-01T09:00:00Z"),
        Example(b"::1 - Jo Do [01/Mar/2026:10:00:00 +0000] x", "2026-03-01T10:00:00Z"),
        Example(b"1.2.3.4 - - [01/Mar/2026 10:00:00] x", "2026-03-01T10:00:00Z"),
        Example(b"1.2.3.4 - - [01/Foo/2026:10:00:00 +0000] x", None),
        Example(b"1.2.3.4 - - [01/Mar/2026] x", None),
    ),
    signs=(b"[00/",),
    anchor=Anchor.BRACKET,
)

APACHE_ERROR: Final = TimeFormat(
    "apache-error",
    "Apache error log: [Sun Mar 01 10:00:00.123456 2026]",
    rb"\[",
    (words.YEAR_LAST,),
    (
        Example(b"[Sun Mar 01 10:00:00.123456 2026] [x:y] z", "2026-03-01T10:00:00.123456Z"),
        Example(b"[Sun Mar 01 10:00:00 2026] [error] z", "2026-03-01T10:00:00Z"),
        Example(b"[Sun Mar 01 25:00:00 2026] [error] z", None),
    ),
    signs=(b"[a",),
)
