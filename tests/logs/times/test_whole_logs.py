"""Logs as whole systems write them: several kinds of lines, in their own encoding."""

from datetime import timedelta, timezone

import pytest

from tests.logs.times.whole import records, times

TOKYO = timezone(timedelta(hours=9))
LOGS = {
    "sqlserver": (
        "2026-03-01 10:00:00.12 Server      Microsoft SQL Server 2022\r\n"
        "\tCopyright (C) 2022 Microsoft Corporation\r\n"
        "2026-03-01 10:00:01.50 spid7s      Starting up database 'master'.\r\n"
    ),
    "jul": (
        "Mar 01, 2026 9:59:59 AM org.apache.catalina.core.StandardService start\n"
        "INFO: Starting service [Catalina]\n"
        "Mar 01, 2026 10:00:00 PM org.apache.catalina.core.StandardService stop\n"
        "SEVERE: gone\n"
        "java.lang.IllegalStateException: x\n"
    ),
    "jul in Chinese": (
        "三月 01, 2026 9:59:59 上午 org.apache.catalina.core.StandardService start\n"
        "信息: Starting service [Catalina]\n"
        "三月 01, 2026 10:00:00 下午 org.apache.catalina.core.StandardService stop\n"
        "严重: gone\n"
    ),
    "jul in French": (
        "mars 01, 2026 9:59:59 AM org.apache.catalina.core.StandardService start\n"
        "mars 01, 2026 10:00:00 PM org.apache.catalina.core.StandardService stop\n"
        "GRAVE: parti\n"
    ),
    "oracle-alert": (
        "Sun Mar 01 10:00:00 2026\nThread 1 advanced to log sequence 7\n  Current log# 1\n"
        "Sun Mar 01 10:00:05 2026\nORA-00060: Deadlock detected.\n"
    ),
    "oracle-listener": (
        "TNSLSNR for Linux: Version 19.0.0.0.0\n\nStarted with pid=7\n"
        "01-MAR-2026 10:00:00 * (CONNECT_DATA=(SID=x)) * establish * x * 0\n"
        "TNS-12514: TNS:listener does not currently know of service\n"
        "01-MAR-2026 10:00:01 * service_update * x * 0\n"
    ),
    "mysql before 5.7": (
        "260301 09:59:59 mysqld_safe Starting mysqld daemon\n"
        "260301 10:00:00 [Note] /usr/sbin/mysqld: ready for connections.\n"
        "Version: '5.5.62'  socket: '/run/mysqld.sock'  port: 3306\n"
        "260301 10:00:01  InnoDB: 5.5.62 started; log sequence number 7\n"
    ),
    "mysql queries": (
        "/usr/sbin/mysqld, Version: 5.5.62. started with:\n"
        "Time                 Id Command    Argument\n"
        "260301 10:00:00\t    7 Connect\tapp@localhost on shop\n"
        "\t\t    7 Query\tselect 1\n"
        "260301 10:00:01\t    7 Quit\t\n"
    ),
    "rabbitmq": (
        "=INFO REPORT==== 1-Mar-2026::10:00:00 ===\nStarting RabbitMQ 3.6\n\n"
        "=CRASH REPORT==== 1-Mar-2026::10:00:01 ===\n  crasher:\n    pid: <0.7.0>\n"
    ),
    "db2": (
        "2026-03-01-10.00.00.123456+000 I1A365           LEVEL: Event\n"
        "PID     : 7                    TID  : 8\nFUNCTION: DB2 UDB, x, y, probe:7\n\n"
        "2026-03-01-10.00.01.123456+000 E366A371         LEVEL: Warning\n"
    ),
    "postgresql": (
        "[7] app@shop 2026-03-01 10:00:00.123 UTC LOG:  statement: select\n\t1;\n"
        "[7] app@shop 2026-03-01 10:00:00.124 UTC DETAIL:  x\n"
        "[8] @ 2026-03-01 10:00:00.125 UTC LOG:  checkpoint starting: time\n"
    ),
    "postgresql with seconds since 1970": (
        "1772359200.123 7 LOG:  starting\n1772359200.124 8 ERROR:  x\n\tmore\n"
    ),
    "redis": (
        "7:C 01 Mar 2026 10:00:00.123 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n"
        "                _._\n           _.-``__ ''-._\n"
        "7:M 01 Mar 2026 10:00:00.124 * Ready to accept connections\n"
    ),
    "weblogic": (
        "####<Mar 1, 2026 10:00:00 AM UTC> <Notice> <Security> <host> <s> <x> <> <> <> <BEA-1> <a\n"
        "b>\n"
        "####<Mar 1, 2026 10:00:01 AM UTC> <Info> <Security> <host> <s> <x> <> <> <> <BEA-2> <c>\n"
    ),
    "websphere": (
        "************ Start Display Current Environment ************\n"
        "[3/1/26 10:00:00:123 UTC] 00000001 AdminInitiali A   ADMN0015I: x\n"
        "[3/1/26 10:00:01:123 UTC] 0000000a webapp        E   SRVE0026E: y\n"
        "\tat com.ibm.x.y(z.java:7)\n"
    ),
    "windows, as a table": (
        "Level,Date and Time,Source,Event ID,Task Category\n"
        'Information,3/1/2026 10:00:01 AM,Service Control Manager,7036,None,"a\nb"\n'
        "Error,3/1/2026 10:00:00 AM,Disk,7,None,x\n"
    ),
    "windows, as a list": (
        "\nTimeCreated  : 3/1/2026 10:00:01 PM\nProviderName : Disk\nId           : 7\n"
        "Message      : The device\n               is not ready.\n\n"
        "TimeCreated  : 3/1/2026 10:00:00 PM\nProviderName : Disk\n"
    ),
    "journal in Chinese": (
        "-- Logs begin at 日 2026-03-01 09:00:00 UTC. --\n"
        "3月 01 10:00:00 host systemd[1]: Started.\n3月 01 10:00:01 host app[7]: x\n"
    ),
}
SECONDS = {
    "sqlserver": "10:00:00.12 10:00:01.5",
    "jul": "09:59:59 22:00:00",
    "jul in Chinese": "09:59:59 22:00:00",
    "jul in French": "09:59:59 22:00:00",
    "oracle-alert": "10:00:00 10:00:05",
    "oracle-listener": "10:00:00 10:00:01",
    "mysql before 5.7": "09:59:59 10:00:00 10:00:01",
    "mysql queries": "10:00:00 10:00:01",
    "rabbitmq": "10:00:00 10:00:01",
    "db2": "10:00:00.123456 10:00:01.123456",
    "postgresql": "10:00:00.123 10:00:00.124 10:00:00.125",
    "postgresql with seconds since 1970": "10:00:00.123 10:00:00.124",
    "redis": "10:00:00.123 10:00:00.124",
    "weblogic": "10:00:00 10:00:01",
    "websphere": "10:00:00.123 10:00:01.123",
    "windows, as a table": "10:00:01 10:00:00",
    "windows, as a list": "22:00:01 22:00:00",
    "journal in Chinese": "10:00:00 10:00:01",
}


@pytest.mark.parametrize("name", LOGS)
def test_every_record_of_a_system_has_its_time(name: str) -> None:
    found = [time for time in times(LOGS[name].encode()) if time is not None]
    assert found == [f"2026-03-01T{second}Z" for second in SECONDS[name].split()]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_an_errorlog_of_sql_server_is_read_in_any_unicode(encoding: str) -> None:
    found = records(LOGS["sqlserver"].encode(encoding), zone=TOKYO)
    assert [time for time, _ in found] == ["2026-03-01T01:00:00.12Z", "2026-03-01T01:00:01.5Z"]


def test_months_in_latin_1_are_read_too() -> None:
    log = "1. März 2026 10:00:00 x\n1. März 2026 10:00:01 y\n".encode("latin-1")
    assert times(log) == ["2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z"]
