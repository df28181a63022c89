"""Every time format plait knows, in the order in which they are tried."""

from typing import Final

from plait.logs.times import (
    ctime,
    databases,
    eastern,
    epoch,
    glog,
    iso,
    languages,
    named,
    numeric,
    servers,
    structured,
    syslog,
    web,
    windows,
)
from plait.logs.times.format import TimeFormat

FORMATS: Final[tuple[TimeFormat, ...]] = (
    # Before ctime, which would take their lines as well.
    web.APACHE_ERROR,
    servers.WEBLOGIC,
    *iso.FORMATS,
    *ctime.FORMATS,
    *syslog.FORMATS,
    databases.DB2,
    *eastern.FORMATS,
    *glog.FORMATS,
    *structured.FORMATS,
    *epoch.FORMATS,
    *databases.MYSQL,
    databases.MONGODB,
    databases.REDIS,
    servers.ERLANG,
    servers.CASSANDRA,
    servers.HANA,
    servers.SAP,
    windows.EVENT_XML,
    windows.EVENT_TEXT,
    windows.EVENT_LIST,
    windows.CMTRACE,
    *servers.XML,
    windows.EVENT_TABLE,
    *numeric.FORMATS,
    databases.YYMMDD,
    *languages.FORMATS,
    *windows.TABLES,
    databases.POSTGRESQL,
    # Last, since it finds its stamp deep in the line.
    web.CLF,
    *named.FORMATS,
)
