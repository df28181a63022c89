"""The formats every log is tried with, in the order in which they are tried.

Apart from the others, which take a while to import and few logs ask for.
"""

from typing import Final

from plait.logs.times import (
    ctime,
    databases,
    eastern,
    epoch,
    glog,
    iso,
    php,
    servers,
    shell,
    structured,
    syslog,
    web,
    windows,
)
from plait.logs.times.format import TimeFormat

STRONG: Final[tuple[TimeFormat, ...]] = tuple(
    form
    for form in (
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
        *glog.FORMATS,
        *structured.FORMATS,
        *epoch.FORMATS,
        *databases.MYSQL,
        databases.MONGODB,
        databases.REDIS,
        servers.CASSANDRA,
        servers.HANA,
        servers.SAP,
        *servers.XML,
        windows.EVENT_XML,
        windows.EVENT_LIST,
        windows.CMTRACE,
        windows.EVENT_TABLE,
        *shell.FORMATS,
        # Last, since it finds its stamp deep in the line.
        web.CLF,
    )
    if not form.weak
)
