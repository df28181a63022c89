"""Every time format plait knows, in the order in which they are tried."""

from typing import Final

from plait.logs.times import ctime, epoch, glog, iso, numeric, structured, syslog, web
from plait.logs.times.format import TimeFormat

FORMATS: Final[tuple[TimeFormat, ...]] = (
    # Before ctime, which would take its lines as well.
    web.APACHE_ERROR,
    *iso.FORMATS,
    *ctime.FORMATS,
    *syslog.FORMATS,
    *glog.FORMATS,
    *structured.FORMATS,
    *epoch.FORMATS,
    *numeric.FORMATS,
    # Last, since it finds its stamp deep in the line.
    web.CLF,
)
