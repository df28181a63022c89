"""Every time format plait knows, in the order in which they are tried."""

from typing import Final

from plait.logs.times import (
    android,
    clock,
    ctime,
    epoch,
    glog,
    hpc,
    iso,
    network,
    numeric,
    php,
    shell,
    structured,
    syslog,
    tai,
    uptime,
    web,
)
from plait.logs.times.format import TimeFormat

FORMATS: Final[tuple[TimeFormat, ...]] = (
    # Before ctime, which would take its lines as well.
    web.APACHE_ERROR,
    # Before ctime too, which would not see the place behind the time.
    *php.FORMATS,
    *iso.FORMATS,
    *ctime.FORMATS,
    *syslog.FORMATS,
    ctime.ERLANG,
    *network.FORMATS,
    *glog.FORMATS,
    *android.FORMATS,
    *structured.FORMATS,
    # Before epoch, which would take the number in front of them alone.
    *hpc.FORMATS,
    *epoch.FORMATS,
    *shell.FORMATS,
    *numeric.FORMATS,
    iso.MINUTES,
    iso.DIGITS,
    *tai.FORMATS,
    *uptime.FORMATS,
    *clock.FORMATS,
    # Last, since it finds its stamp deep in the line.
    web.CLF,
)
