"""How sources are read, as plain values."""

import pytest

from plait.errors import UsageError
from plait.settings import Options

BOOT = 1_772_359_092 * 10**9


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01T09:58:12Z", BOOT),
        ("2026-03-01 10:58:12.5", BOOT + 5 * 10**8),
        ("Sun Mar  1 10:58:12 2026", BOOT),
        ("2026-03-01 10:58", BOOT - 12 * 10**9),
        ("1772359092.5", BOOT + 5 * 10**8),
        ("@1772359092", BOOT),
    ],
)
def test_the_boot_is_a_time_as_logs_write_it_in_the_zone_of_the_source(
    text: str, time: int
) -> None:
    assert Options().reading({"boot": text, "tz": "+01:00"}).boot == time


def test_a_boot_that_is_no_time_is_refused_with_what_to_write() -> None:
    with pytest.raises(UsageError, match="boot 'soon' is no time; write for example 2026-"):
        Options().reading({"boot": "soon"})
