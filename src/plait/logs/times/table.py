"""Every time format plait knows, in the order in which they are tried."""

from typing import Final

from plait.logs.times import (
    android,
    clock,
    ctime,
    databases,
    eastern,
    epoch,
    glog,
    hpc,
    iso,
    languages,
    named,
    network,
    numeric,
    php,
    servers,
    shell,
    structured,
    syslog,
    tai,
    uptime,
    web,
    windows,
)
from plait.logs.times.format import TimeFormat

FORMATS: Final[tuple[TimeFormat, ...]] = (
    # Before ctime, which would take their lines as well.
    web.APACHE_ERROR,
    servers.WEBLOGIC,
    # Before ctime too, which would not see the place behind the time.
    *php.FORMATS,
    # Before iso, which would not see the zone in minutes.
    databases.DB2,
    *iso.FORMATS,
    *ctime.FORMATS,
    *syslog.FORMATS,
    *eastern.FORMATS,
    ctime.ERLANG,
    *network.FORMATS,
    *glog.FORMATS,
    *android.FORMATS,
    *structured.FORMATS,
    # Before epoch, which would take the number in front of them alone.
    *hpc.FORMATS,
    *epoch.FORMATS,
    *databases.MYSQL,
    databases.MONGODB,
    databases.REDIS,
    servers.CASSANDRA,
    servers.HANA,
    servers.SAP,
    *servers.XML,
    windows.EVENT_XML,
    windows.EVENT_TEXT,
    windows.EVENT_LIST,
    windows.CMTRACE,
    windows.EVENT_TABLE,
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
    # Last, since it finds its stamp deep in the line.
    web.CLF,
    *named.FORMATS,
)
