"""Every time format plait knows, in the order in which they are tried."""

from typing import Final

from plait.logs.times import (
    android,
    clock,
    databases,
    epoch,
    glog,
    hpc,
    iso,
    languages,
    named,
    network,
    numeric,
    servers,
    shell,
    structured,
    tai,
    uptime,
    windows,
)
from plait.logs.times.format import TimeFormat
from plait.logs.times.strong import STRONG

_WEAK: Final = tuple(
    form
    for form in (
        *network.FORMATS,
        *glog.FORMATS,
        *android.FORMATS,
        *structured.FORMATS,
        # Before epoch, which would take the number in front of them alone.
        *hpc.FORMATS,
        *epoch.FORMATS,
        *servers.XML,
        windows.EVENT_TEXT,
        *shell.FORMATS,
        *numeric.FORMATS,
        databases.YYMMDD,
        *languages.FORMATS,
        *windows.TABLES,
        databases.POSTGRESQL,
        iso.MINUTES,
        iso.DIGITS,
        *tai.FORMATS,
        *uptime.FORMATS,
        *clock.FORMATS,
    )
    if form.weak
)
FORMATS: Final[tuple[TimeFormat, ...]] = (*STRONG, *_WEAK, *named.FORMATS)
