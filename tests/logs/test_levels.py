"""Which level a record names, by the manners of many programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import UsageError
from plait.logs.levels import LEVELS, level_of, level_rank

NAMED = [
    # Python: basicConfig's default, the handbook's format, uvicorn, celery, loguru
    ("WARNING:root:disk nearly full", "warning"),
    ("2026-03-01 10:00:00,123 - app.db - ERROR - lost", "error"),
    ("2026-03-01 10:00:00,123 [CRITICAL] app: gone", "fatal"),
    ("INFO:     Started server process [1]", "info"),
    ("[2026-03-01 10:00:00,123: WARNING/MainProcess] no beat", "warning"),
    ("2026-03-01 10:00:00.123 | DEBUG    | app:main:7 - hello", "debug"),
    # log4j, logback, java.util.logging, .NET, Serilog, zerolog
    ("2026-03-01 10:00:00,123 [main] WARN  com.foo.Bar - slow", "warning"),
    ("10:00:00.123 [http-1] TRACE c.f.Bar - in", "trace"),
    ("Mar 01, 2026 10:00:00 AM com.foo.Bar run\nSEVERE: broken", "error"),
    ("fail: Microsoft.Hosting[0]", None),
    ("warn: Microsoft.Hosting[0]", "warning"),
    ("[10:00:00 INF] started", "info"),
    ("[10:00:00 FTL] died", "fatal"),
    ("10:00AM WRN slow peer=x", "warning"),
    # syslog, journal, kernel, sshd, redis, glog
    ("<13>Mar  1 10:00:00 host app: hello", "notice"),
    ("<165>1 2026-03-01T10:00:00Z host app 1 - - hello", "notice"),
    ("<11>Mar  1 10:00:00 host app: INFO hello", "error"),
    ("<999>what is this", None),
    ("Mar  1 10:00:00 host sshd[1]: error: too many attempts", "error"),
    ("Mar  1 10:00:00 host NetworkManager[1]: <warn>  [1.5] dhcp", "warning"),
    ("1:M 01 Mar 2026 10:00:00.123 # low memory", "warning"),
    ("1:M 01 Mar 2026 10:00:00.123 * ready", "notice"),
    ("I0301 10:00:00.123456  123 main.go:12] up", "info"),
    ("E20260301 10:00:00.123456  123 main.cc:12] down", "error"),
    # web servers, databases, PHP
    ("2026/03/01 10:00:00 [error] 12#0: *1 connect() failed", "error"),
    ("2026/03/01 10:00:00 [emerg] 12#0: bind() failed", "fatal"),
    ("[Sun Mar 01 10:00:00.123 2026] [core:error] [pid 1] denied", "error"),
    ("[Sun Mar 01 10:00:00.123 2026] [:notice] [pid 1] resuming", "notice"),
    ("2026-03-01T10:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA", "warning"),
    ("2026-03-01 10:00:00 UTC [12] FATAL:  no such database", "fatal"),
    ("[01-Mar-2026 10:00:00 UTC] PHP Warning:  Undefined variable", "warning"),
    ("[01-Mar-2026 10:00:00 UTC] PHP Fatal error:  Out of memory", "fatal"),
    # logfmt
    ("time=2026-03-01T10:00:00Z level=warn msg=slow", "warning"),
    ('ts=1 level="error" msg="x"', "error"),
    ('ts=1 lvl=eror msg="log15"', "error"),
    ('level=info msg="an ERROR came"', "info"),
    ("ts=1 severity=CRITICAL", "fatal"),
    # JSON
    ('{"level":"warn","msg":"x"}', "warning"),
    ('{"message": "an ERROR came", "levelname": "INFO"}', "info"),
    ('{"time":"2026-03-01T10:00:00Z","severity":"ERROR"}', "error"),
    ('{"log.level":"debug","message":"ECS"}', "debug"),
    ('{"log":{"level":"debug"}}', "debug"),
    ('{"@t":"2026-03-01","@l":"Error","@m":"Serilog"}', "error"),
    ('{"level":30,"time":1,"pid":1,"msg":"pino"}', "info"),
    ('{"name":"bunyan","level": 50,"msg":"x"}', "error"),
    ('{"level":60}', "fatal"),
    ('{"version":"1.1","short_message":"GELF","level":4}', "warning"),
    ('{"message":"monolog","level":400,"level_name":"ERROR"}', "error"),
    ('{"game":{"level":3},"level":"info"}', "info"),
    ('{"level":"dunno","severity":"notice"}', "notice"),
    ('{"t":{"$date":"2026"},"s":"W",  "c":"NETWORK","msg":"mongo"}', "warning"),
    ('{"PRIORITY":"3","MESSAGE":"journal"}', "error"),
    ('{"event": "' + "long " * 100 + '", "level": "error"}', "error"),
    (r'{"log":"{\"level\":\"error\",\"msg\":\"docker\"}\n","stream":"stdout"}', "error"),
    (r'{"message":"{\"level\":\"error\"}","level":"info"}', "info"),
    ('{"log":"2026-03-01 ERROR docker\\n","stream":"stderr"}', "error"),
    ('2026-03-01T10:00:00Z stdout F {"level":"debug","msg":"cri"}', "debug"),
    ('2026-03-01 INFO sent {"level":"error"}', "info"),
    # plainly
    ("error: no input files", "error"),
    ("gcc: fatal error: no input files", "fatal"),
    ("WARN: low", "warning"),
    ("2026-03-01T10:00:00Z info started", "info"),
    ("2026-03-01 10:00:00 warn: slow", "warning"),
    ("2026-03-01T10:00:00.123Z\tinfo\tcaller.go:1\tzap", "info"),
    ("\x1b[32mINFO\x1b[0m[0000] logrus", "info"),
    ("\x1b[31merror\x1b[39m: winston", "error"),
    ("[  OK  ] done, then ALERT raised", "fatal"),
    ("NOTICE: relation exists", "notice"),
    ("VERBOSE detail", "trace"),
]

NAMELESS = [
    "",
    "all is well",
    "no error was found",
    "errors=0 warnings=0",
    "errors: 3",
    "ERRORS were counted",
    "PERSONAL INFORMATION",
    "INFORMATIONAL_SCHEMA",
    "for your information",
    "NOTE that this is fine",
    "a NON-FATAL thing",
    "GET /ERROR HTTP/1.1",
    "wrote ERROR.log",
    "ERROR_COUNT 0",
    "ERROR=0",
    "run --log-level=info",
    "run --level=info",
    "(WW) Xorg does it its own way",
    "the connection error: timeout",
    "raise ValueError: bad",
    "java.lang.IllegalStateError: x",
    "infowars and debugging",
    "10:00:00 information desk opened",
    "level=5 of the building",
    '{"level":99,"msg":"x"}',
    '{"msg":"error"}',
    "I03 is no glog head",
    "<div> is no priority",
]


@pytest.mark.parametrize(("record", "level"), NAMED)
def test_the_level_is_found_where_programs_put_it(record: str, level: str | None) -> None:
    assert level_of(record.encode() + b"\n") == level


@pytest.mark.parametrize("record", NAMELESS)
def test_prose_and_parts_of_words_are_no_levels(record: str) -> None:
    assert level_of(record.encode() + b"\n") is None


def test_the_leftmost_level_counts() -> None:
    assert level_of(b"10:00 INFO got ERROR\n") == "info"


def test_a_marked_level_left_of_one_in_capitals_counts() -> None:
    assert level_of(b"10:00:00 [warn] got ERROR\n") == "warning"


def test_a_level_far_into_a_record_is_not_looked_for() -> None:
    assert level_of(b"x" * 400 + b" ERROR\n") is None


@pytest.mark.parametrize("letters", ["error", "Error", "ERROR"])
def test_a_boxed_level_counts_in_any_case(letters: str) -> None:
    assert level_of(f"x [{letters}] y\n".encode()) == "error"


@given(st.binary(max_size=400))
def test_any_bytes_have_a_known_level_or_none(raw: bytes) -> None:
    assert level_of(raw) in {None, *LEVELS}


@given(
    st.text('abcdefgh 0123456789:.,-/=[]<>{}"\\', max_size=60),
    st.sampled_from(["INFO", "level=warn", "[error]", '{"level":"fatal"', "error:"]),
    st.text('abcdefgh 0123456789:.,-/=[]<>{}"\\', max_size=60),
)
def test_near_misses_never_fail(front: str, mark: str, rest: str) -> None:
    assert level_of(f"{front}{mark}{rest}\n".encode()) in {None, *LEVELS}


@pytest.mark.parametrize("name", LEVELS)
def test_ranks_follow_the_order_of_the_levels(name: str) -> None:
    assert LEVELS[level_rank(name)] == name


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("warn", "warning"),
        ("WARN", "warning"),
        (" Warning ", "warning"),
        ("err", "error"),
        ("critical", "fatal"),
        ("crit", "fatal"),
        ("alert", "fatal"),
        ("emerg", "fatal"),
        ("panic", "fatal"),
    ],
)
def test_ranks_know_the_aliases(alias: str, name: str) -> None:
    assert level_rank(alias) == level_rank(name)


@pytest.mark.parametrize("name", ["", "loud", "warnings", "5", "ошибка"])
def test_an_unknown_level_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="trace, debug, info, notice, warning, error, fatal"):
        level_rank(name)
