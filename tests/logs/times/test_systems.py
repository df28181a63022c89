"""Lines as known systems write them: found, by which entry, and read right."""

from pathlib import Path

import pytest

from plait.logs.times.table import FORMATS
from tests.logs.times.stamps import shown, stamper

PAGE = Path(__file__).parents[3] / "docs/reference/time-formats.md"

# The entry, the time in UTC (of 2026-03-01 unless it says), the system, a line as it writes it.
_TABLE = """\
apache-error | 10:00:00Z | dmesg -T | [Sun Mar  1 10:00:00 2026] x
php | 09:00:00Z | PHP error log with a place | [01-Mar-2026 10:00:00 Europe/Berlin] PHP Warning:  x
iso | 10:00:00.123Z | Android logcat -v year | 2026-03-01 10:00:00.123  1234  5678 I tag: x
iso | 10:00:00.123Z | Ansible | 2026-03-01 10:00:00,123 p=1 u=x n=ansible | y
iso | 10:00:00Z | apt history | Start-Date: 2026-03-01  10:00:00
iso | 10:00:00.123456Z | AWS ALB | http 2026-03-01T10:00:00.123456Z app/x 1.2.3.4:5 x
iso | 10:00:00.123456Z | AWS ELB | 2026-03-01T10:00:00.123456Z my-elb 1.2.3.4:5 x
iso | 10:00:00.123Z | AWS Lambda | 2026-03-01T10:00:00.123Z\tabc\tINFO\tx
cassandra | 10:00:00.123Z | Cassandra | INFO  [main] 2026-03-01 10:00:00,123 A.java:1 - x
iso | 10:00:00.123Z | Celery | [2026-03-01 10:00:00,123: INFO/MainProcess] x
iso | 10:00:00.123Z | Ceph | 2026-03-01T10:00:00.123+0000 7f 0 x
iso | 10:00:00Z | Chef | [2026-03-01T10:00:00+00:00] INFO: x
iso | 10:00:00.123456Z | ClickHouse | 2026.03.01 10:00:00.123456 [ 1 ] {} <Information> x
iso | 10:00:00.123Z | cloud-init | 2026-03-01 10:00:00,123 - util.py[DEBUG]: x
iso | 10:00:00.123Z | Consul, Vault, Nomad | 2026-03-01T10:00:00.123Z [INFO]  agent: x
iso | 10:00:00.123Z | CoreDNS | [INFO] 2026-03-01T10:00:00.123Z x
iso | 10:00:00.123456Z | CouchDB | [info] 2026-03-01T10:00:00.123456Z n@h <0.1> --- x
iso | 10:00:00.123456Z | dmesg --time-format iso | 2026-03-01T10:00:00,123456+00:00 x
iso | 10:00:00Z | dnf | 2026-03-01T10:00:00Z INFO x
iso | 10:00:00Z | dpkg | 2026-03-01 10:00:00 install x:amd64 <none> 1
iso | 10:00:00.123Z | Elasticsearch, OpenSearch | [2026-03-01T10:00:00,123][INFO ][o.e.n.Node] [n] x
iso | 10:00:00.123Z | Envoy | [2026-03-01 10:00:00.123][1][info][main] [x.cc:1] y
iso | 10:00:00.123Z | Envoy access log | [2026-03-01T10:00:00.123Z] "GET / HTTP/1.1" 200 -
iso | 10:00:00.123Z | Erlang lager | 2026-03-01 10:00:00.123 [info] <0.1.0>@x
iso | 10:00:00Z | Exim | 2026-03-01 10:00:00 1abc-0000-00 <= x
iso | 10:00:00.123Z | fail2ban | 2026-03-01 10:00:00,123 fail2ban.actions [1]: x
iso | 10:00:00.123456Z | FreeSWITCH | 2026-03-01 10:00:00.123456 [INFO] x.c:1 y
iso | 10:00:00Z | Gitea | 2026/03/01 10:00:00 cmd/web.go:1:x() [I] y
iso | 10:00:00.1234567Z | GitHub Actions | 2026-03-01T10:00:00.1234567Z ##[group]x
iso | 10:00:00.123456Z | GlusterFS | [2026-03-01 10:00:00.123456 +0000] I [MSGID: 1] x
iso | 10:00:00Z | Go log | 2026/03/01 10:00:00 x
iso | 10:00:00.123456Z | Go log with microseconds | 2026/03/01 10:00:00.123456 x.go:1: x
iso | 10:00:00Z | Gunicorn | [2026-03-01 10:00:00 +0000] [123] [INFO] x
iso | 10:00:00.445Z | Hadoop | 2026-03-01 10:00:00,445 INFO [main] org.apache.x
healthapp | 10:00:00.097Z | HealthApp | 20260301-10:00:00:97|Walk|7|step 3
iso | 10:00:00.123456Z | Heroku | 2026-03-01T10:00:00.123456+00:00 app[web.1]: x
iso | 10:00:00.123456Z | Istio | 2026-03-01T10:00:00.123456Z\tinfo\tx
iso | 10:00:00.123Z | Java GC log | [2026-03-01T10:00:00.123+0000][info][gc] x
iso | 10:00:00.123Z | Jenkins timestamper | [2026-03-01T10:00:00.123Z] + make
iso | 10:00:00.123Z | Jenkins, newer | 2026-03-01 10:00:00.123+0000 [id=1]\tINFO\th.X#y: x
iso | 10:00:00.123Z | JetBrains IDEs | 2026-03-01 10:00:00,123 [   1234]   INFO - #x - y
iso | 10:00:00Z | journalctl -o short-full | Sun 2026-03-01 10:00:00 UTC host app[1]: x
iso | 10:00:00.123456Z | journalctl -o short-iso-precise | 2026-03-01T10:00:00.123456+0000 host app[
iso | 10:00:00.123456789Z | Kubernetes, CRI | 2026-03-01T10:00:00.123456789Z stdout F msg
iso | 10:00:00Z | Laravel | [2026-03-01 10:00:00] local.ERROR: x
iso | 10:00:00.123Z | libvirt | 2026-03-01 10:00:00.123+0000: 1: info : x
iso | 10:00:00.123Z | log4net | 2026-03-01 10:00:00,123 [1] INFO  A - x
iso | 10:00:00Z | logrus console | INFO[2026-03-01T10:00:00Z] x
iso | 10:00:00.123Z | loguru | 2026-03-01 10:00:00.123 | INFO     | a:b:1 - x
iso | 10:00:00.123456Z | macOS log show | 2026-03-01 10:00:00.123456+0000 0x1f Default 0x0 1 0 kerne
iso | 10:00:00.123456Z | Monolog | [2026-03-01T10:00:00.123456+00:00] app.INFO: x
iso | 10:00:00.123Z | Neo4j | 2026-03-01 10:00:00.123+0000 INFO  x
iso | 10:00:00Z | nginx error log | 2026/03/01 10:00:00 [error] 7#7: *1 x
iso | 10:00:00.1234Z | NLog | 2026-03-01 10:00:00.1234|INFO|App|x
iso | 10:00:00.008Z | OpenStack | 2026-03-01 10:00:00.008 25746 INFO nova.osapi x
iso | 10:00:00.008Z | OpenStack, merged | nova.log.1 2026-03-01 10:00:00.008 7 INFO x
iso | 10:00:00Z | pacman | [2026-03-01T10:00:00+0000] [ALPM] x
iso | 10:00:00Z | Puppet | 2026-03-01 10:00:00 +0000 Puppet (info): x
iso | 10:00:00.123Z | Python logging | 2026-03-01 10:00:00,123 - app - INFO - x
iso | 10:00:00.123Z | Python logging, level first | INFO:root:2026-03-01 10:00:00,123 x
iso | 10:00:00.123456Z | QEMU | 2026-03-01T10:00:00.123456Z qemu-system: x
iso | 10:00:00.123Z | Robot Framework | 20260301 10:00:00.123 - INFO - +- START x
iso | 10:00:00.123456Z | Ruby logger, Rails | I, [2026-03-01T10:00:00.123456 #123]  INFO -- : x
iso | 10:00:00Z | Rust env_logger | [2026-03-01T10:00:00Z INFO  app] x
iso | 10:00:00.123456Z | Rust tracing | \x1b[2m2026-03-01T10:00:00.123456Z\x1b[0m \x1b[32m INFO\x1b[
iso | 10:00:00.123Z | Salt | 2026-03-01 10:00:00,123 [salt.x  :1  ][INFO    ][1] y
iso | 10:00:00.123456Z | Samba | [2026/03/01 10:00:00.123456,  0] ../x.c:1(y)
iso | 09:00:00.123Z | Serilog | 2026-03-01 10:00:00.123 +01:00 [INF] x
iso | 10:00:00.123Z | Slurm | [2026-03-01T10:00:00.123] slurmctld: x
iso | 10:00:00.123Z | Solr | 2026-03-01 10:00:00.123 INFO  (main) [   ] x
iso | 10:00:00Z | Squid cache log | 2026/03/01 10:00:00| Starting Squid Cache
iso | 10:00:00Z | SSSD | (2026-03-01 10:00:00): [sssd] [x] (0x0010): y
iso | 10:00:00.123456Z | SSSD with microseconds | (2026-03-01 10:00:00:123456): [be[x]] [y] (0x0400)
iso | 10:00:00Z | Suricata | [7 - Suricata-Main] 2026-03-01 10:00:00 Notice: x
iso | 10:00:00.12345Z | svlogd -tt | 2026-03-01_10:00:00.12345 x
iso | 10:00:00Z | svn log | r1 | a | 2026-03-01 10:00:00 +0000 (Sun, 01 Mar 2026) | 1 line
iso | 10:00:00.123456Z | Syncthing | [ABCDE] 2026/03/01 10:00:00.123456 main.go:1: INFO: x
iso | 10:00:00.123456Z | tcpdump -tttt | 2026-03-01 10:00:00.123456 IP 1.2.3.4.5 > x
iso | 10:00:00.123456Z | TensorFlow | 2026-03-01 10:00:00.123456: I tensorflow/x.cc:1] y
iso | 10:00:00.123Z | TiDB | [2026/03/01 10:00:00.123 +00:00] [INFO] [x.go:1] ["y"]
iso | 10:00:00.123Z | Unity | 2026-03-01T10:00:00.123Z|0x1|x
iso | 10:00:00Z | vmstat -t | 1 0 0 1 2026-03-01 10:00:00
iso | 10:00:00.123Z | VMware ESXi | 2026-03-01T10:00:00.123Z cpu1:123)x
iso | 10:00:00.123Z | VMware vpxd | 2026-03-01T10:00:00.123Z info vpxd[1] [x] y
iso | 10:00:00.123Z | VMware Workstation | 2026-03-01T10:00:00.123Z| vmx| I125: x
iso | 10:00:00Z | Windows CBS | 2026-03-01 10:00:00, Info                  CBS    Loaded x
iso | 10:00:00Z | Windows Firewall | 2026-03-01 10:00:00 ALLOW TCP 1.2.3.4
iso | 10:00:00.1234567Z | Windows Update | 2026/03/01 10:00:00.1234567 1 2 Agent x
iso | 10:00:00.123Z | zap console | 2026-03-01T10:00:00.123Z\tINFO\tapp\tx
iso | 10:00:00.123Z | Zellij | INFO   |zellij_client            | 2026-03-01 10:00:00.123 [main
iso-day | 10:00:00Z | ISO 8601, day of the year | 2026-060T10:00:00Z x
iso-day | 10:00:00Z | ISO 8601, week | 2026-W09-7T10:00:00Z x
iso-day | 10:00:00.12Z | z/OS | 2026060 10:00:00.12 x
db2 | 10:00:00.123456Z | DB2 | 2026-03-01-10.00.00.123456+000 I1A7 LEVEL: Info
dotted | 10:00:00.123Z | Unreal Engine | [2026.03.01-10.00.00:123][  0]LogInit: x
ctime | 10:00:00Z | Cisco ASA | Mar  1 2026 10:00:00: %ASA-6-302013: x
ctime | 10:00:00Z | FreeRADIUS | Sun Mar  1 10:00:00 2026 : Info: x
ctime | 10:00:00Z | fsck_hfs | /dev/rdisk1s2: fsck_hfs run at Sun Mar  1 10:00:00 2026
ctime | 10:00:00Z | git log | Date:   Sun Mar 1 10:00:00 2026 +0000
ctime | 10:00:00Z | GitLab application.log | March 01, 2026 10:00:00: User x
ctime | 10:00:00Z | JavaScript's Date | Sun Mar 01 2026 10:00:00 GMT+0000 (Coordinated Universal Tim
ctime | 10:00:00Z | Jenkins | Mar 01, 2026 10:00:00 AM hudson.X y
ctime | 10:00:00.123Z | Juniper | Mar  1 10:00:00.123 2026 mx1 rpd[1]: x
ctime | 10:00:00Z | OpenVPN | Sun Mar  1 10:00:00 2026 x
ctime | 10:00:00Z | uWSGI | [pid: 1|app: 0|req: 1/1] ::1 () {} [Sun Mar  1 10:00:00 2026] G
weblogic | 10:00:00Z | WebLogic | ####<Mar 1, 2026 10:00:00 AM UTC> <Info> x
rfc2822 | 10:00:00.123Z | BIND | 01-Mar-2026 10:00:00.123 queries: info: x
rfc2822 | 10:00:00Z | Django runserver | [01/Mar/2026 10:00:00] "GET / HTTP/1.1" 200 1
rfc2822 | 10:00:00Z | mail dates | Sun, 01 Mar 2026 10:00:00 +0000 x
rfc2822 | 10:00:00.123Z | Minecraft Forge | [01Mar2026 10:00:00.123] [main/INFO] [x/]: y
rfc2822 | 10:00:00Z | PHP error log | [01-Mar-2026 10:00:00 UTC] PHP Warning:  x
rfc2822 | 10:00:00.123456Z | PHP-FPM | [01-Mar-2026 10:00:00.123456] NOTICE: x
rfc2822 | 10:00:00.123Z | Tomcat | 01-Mar-2026 10:00:00.123 INFO [main] x
syslog | 10:00:00Z | Asterisk | [Mar  1 10:00:00] NOTICE[1]: x
syslog | 10:00:00.123Z | Cisco IOS | *Mar  1 10:00:00.123 UTC: %SYS-5-CONFIG_I: x
syslog | 10:00:00Z | Cisco NX-OS | 2026 Mar  1 10:00:00 sw %VSHD-5: x
syslog | 10:00:00Z | Dovecot | Mar 01 10:00:00 imap-login: Info: x
syslog | 10:00:00Z | HAProxy through syslog | Mar  1 10:00:00 lb haproxy[1]: 1.2.3.4:5 [01/Mar/2026:
syslog | 10:00:00Z | HexChat | Mar 01 10:00:00 <nick>\tx
syslog | 10:00:00.123456Z | journalctl -o short-precise | Mar 01 10:00:00.123456 host app[1]: x
syslog | 10:00:00Z | macOS system.log | Mar  1 10:00:00 mac kernel[0]: ARPT: x
syslog | 10:00:00.123Z | Nextflow | Mar-01 10:00:00.123 [main] DEBUG nextflow.Cli - x
syslog | 10:00:00Z | Palo Alto | Mar  1 10:00:00 fw 1,2026/03/01 10:00:00,001,TRAFFIC
syslog | 10:00:00Z | Postfix | Mar  1 10:00:00 mx postfix/smtpd[1]: x
syslog | 10:00:00Z | yum | Mar 01 10:00:00 Installed: x
erlang | 10:00:00.123Z | Erlang | =INFO REPORT==== 1-Mar-2026::10:00:00.123 ===
cisco | 10:00:00.123Z | Cisco IOS with sequence numbers | 000123: *Mar  1 10:00:00.123: %SYS-5-CONFI
mikrotik | 10:00:00Z | MikroTik | mar/01/2026 10:00:00 system,info x
fortigate | 10:00:00Z | FortiGate | date=2026-03-01 time=10:00:00 devname=x
windows-dhcp | 10:00:00Z | Windows DHCP server | 10,03/01/26,10:00:00,Assign,1.2.3.4,h,AABB,
aws-vpc | 10:00:00Z | AWS VPC | 2 123456789010 eni-1 - - - - - - - 1772359200 1772359260 -
glog | 10:00:00.123456Z | abseil | I0301 10:00:00.123456 140 x.cc:1] y
glog | 10:00:00.123456Z | abseil before it is set up | I0000 00:00:1772359200.123456 1 x.cc:1] y
glog | 10:00:00.123456Z | CockroachDB | I260301 10:00:00.123456 1 x.go:1  [-] 1  y
chrome | 10:00:00.123456Z | Chromium | [1:2:0301/100000.123456:ERROR:x.cc(1)] y
tornado | 10:00:00Z | Tornado | [I 260301 10:00:00 web:2] 200 GET /
android | 10:00:00.123Z | Android logcat -v threadtime | 03-01 10:00:00.123  1234  5678 I tag: x
android | 10:00:00.123Z | Android logcat -v time | 03-01 10:00:00.123 I/tag( 1234): x
json | 10:00:00.123Z | Bunyan | {"name":"a","level":30,"time":"2026-03-01T10:00:00.123Z","v":0}
json | 10:00:00.123456789Z | Docker, json-file | {"log":"x","time":"2026-03-01T10:00:00.123456789Z"}
json | 10:00:00.123Z | Elastic ECS | {"@timestamp":"2026-03-01T10:00:00.123Z","log.level":"x"}
json | 10:00:00.123456Z | etcd | {"level":"info","ts":"2026-03-01T10:00:00.123456Z","caller":"x"}
json | 10:00:00.123Z | GELF | {"version":"1.1","host":"h","timestamp":1772359200.123,"level":6}
json | 10:00:00.123Z | GitLab JSON | {"severity":"INFO","time":"2026-03-01T10:00:00.123Z","message":
json | 10:00:00Z | Nextcloud | {"reqId":"x","level":3,"time":"2026-03-01T10:00:00+00:00","remoteAddr
json | 10:00:00.123Z | pino | {"level":30,"time":1772359200123,"pid":1,"msg":"x"}
json | 10:00:00.1234567Z | Serilog, compact JSON | {"@t":"2026-03-01T10:00:00.1234567Z","@mt":"x"}
json | 10:00:00.123456Z | Suricata eve.json | {"timestamp":"2026-03-01T10:00:00.123456+0000","x":1}
json | 10:00:00.123Z | zap JSON | {"level":"info","ts":1772359200.123,"msg":"x"}
json | 10:00:00.123456Z | Zeek JSON | {"ts":1772359200.123456,"uid":"C"}
logfmt | 10:00:00.123456Z | InfluxDB | ts=2026-03-01T10:00:00.123456Z lvl=info msg=x
logfmt | 10:00:00Z | logrus | time="2026-03-01T10:00:00Z" level=info msg=x
log4j-xml | 10:00:00.123Z | log4j XML | <log4j:event logger="a" timestamp="1772359200123" level="INF
json-instant | 10:00:00.000000005Z | log4j 2 | {"instant":{"epochSecond":1772359200,"nanoOfSecond":5
json-other | 10:00:00Z | AWS CloudTrail | {"eventVersion":"1.08","eventTime":"2026-03-01T10:00:00Z",
json-other | 10:00:00.123Z | Cloudflare | {"ClientIP":"::1","EdgeEndTimestamp":1772359200123000000}
json-other | 10:00:00Z | GitHub events | {"type":"PushEvent","created_at":"2026-03-01T10:00:00Z"}
json-other | 10:00:00.123Z | Kong | { "started_at": 1772359200123, "response": {} }
hdfs | 10:00:00Z | Hadoop HDFS | 260301 100000 148 INFO dfs.FSNamesystem: x
bgl | 10:00:00.363779Z | Blue Gene/L | - 1772359200 2026.03.01 R7-M1 2026-03-01-10.00.00.363779 R7-M
thunderbird | 10:00:00Z | Thunderbird | - 1772359200 2026.03.01 n7 Mar 1 10:00:00 n7/n7 crond[7]: x
hpc | 10:00:00Z | HPC cluster | 7 node-7 net port.up 1772359200 1 Port x
audit | 10:00:00.123Z | Linux audit | type=SYSCALL msg=audit(1772359200.123:42): x
epoch | 10:00:00.123456Z | candump | (1772359200.123456) can0 123#00
epoch | 10:00:00.123456Z | journalctl -o short-unix | 1772359200.123456 host app[1]: x
epoch | 10:00:00Z | Nagios | [1772359200] SERVICE ALERT: x
epoch | 10:00:00.123456Z | ping -D | [1772359200.123456] 64 bytes from x
epoch | 10:00:00.123Z | Squid access log | 1772359200.123      1 1.2.3.4 TCP_MISS/200 1 GET http://x
epoch | 10:00:00.123456Z | strace -ttt | 1772359200.123456 read(3) = 0
epoch | 10:00:00Z | Unbound | [1772359200] unbound[1:0] info: x
epoch | 10:00:00.123456Z | Zeek, Bro | 1772359200.123456\tCx\t1.2.3.4
shell-history | 10:00:00Z | bash history | #1772359200
shell-history | 10:00:00Z | tcsh history | #+1772359200
zsh-history | 10:00:00Z | zsh history | : 1772359200:0;ls
ymd | 10:00:00Z | Spark | 26/03/01 10:00:00 INFO x
mdy | 10:00:00Z | Half-Life | L 03/01/2026 - 10:00:00: x
mdy | 10:00:00Z | HTCondor | 03/01/26 10:00:00 (pid:1) x
mdy | 10:00:00Z | NestJS | [Nest] 123  - 03/01/2026, 10:00:00 AM     LOG [x] y
mdy | 10:00:00Z | PBS | 03/01/2026 10:00:00;0080;x
mdy | 10:00:00.123456Z | Suricata fast.log | 03/01/2026-10:00:00.123456  [**] [1:2:3] x
mdy | 10:00:00.123Z | WebSphere | [3/1/26 10:00:00:123 UTC] 00000001 X I y
mdy | 10:00:00Z | WhatsApp | 3/1/26, 10:00 AM - A: x
md | 10:00:00Z | Proxifier | [03.01 10:00:00] chrome.exe - proxy.cse:5070 open
md | 10:00:00.123456Z | Snort | 03/01-10:00:00.123456  [**] [1:2:3] x
iso-minute | 10:00:00Z | pacman, older | [2026-03-01 10:00] [ALPM] x
tai64n | 10:00:00.123Z | s6-log | @4000000069a40e450754d4c0 x
dmesg | 1970-01-01T00:00:01.234567Z | dmesg | [    1.234567] x
dmesg | 1970-01-01T00:00:01.234567Z | dmesg -r | <6>[    1.234567] x
dmesg | 1970-01-01T00:00:01.234567Z | dmesg -x | kern  :info  : [    1.234567] x
dmesg | 1970-01-01T00:00:01.234567Z | journalctl -o short-monotonic | [    1.234567] host app[1]: x
dmesg | 1970-01-01T00:00:12.345Z | X.org | [    12.345] (II) x
jvm-uptime | 1970-01-01T00:00:01.234Z | Java GC log with uptimes | [1.234s][info][gc] x
clock | 2026-03-09T10:00:00Z | Bazel | (10:00:00) INFO: x
clock | 2026-03-09T10:00:00.123Z | Elixir | 10:00:00.123 [info] x
clock | 2026-03-09T10:00:00Z | gulp | [10:00:00] Starting 'x'...
clock | 2026-03-09T10:00:00Z | IRC | [10:00] <nick> x
clock | 2026-03-09T10:00:00.123Z | Jupyter | [I 10:00:00.123 NotebookApp] x
clock | 2026-03-09T10:00:00.123Z | Logback | 10:00:00.123 [main] INFO a.B - x
clock | 2026-03-09T10:00:00Z | Minecraft | [10:00:00] [Server thread/INFO]: x
clock | 2026-03-09T10:00:01Z | sar | 10:00:01 AM all 1
clock | 2026-03-09T10:00:00Z | Serilog console | [10:00:00 INF] x
clock | 2026-03-09T10:00:00.123456Z | strace -f -t | 12345 10:00:00.123456 read(3) = 0
clock | 2026-03-09T10:00:00.123456Z | strace -tt | 10:00:00.123456 read(3) = 0
clock | 2026-03-09T10:00:00.123456Z | tcpdump | 10:00:00.123456 IP 1.2.3.4.5 > 1.2.3.4.6: Flags
clock | 2026-03-09T10:00:00Z | TeamCity | [10:00:00]i: x
clock | 2026-03-09T10:00:00Z | Vite | 10:00:00 AM [vite] x
clock | 2026-03-09T10:00:00.123Z | WildFly | 10:00:00,123 INFO  [org.jboss] (main) x
clock | 2026-03-09T10:00:00.123Z | Windows Installer | MSI (s) (2C:F8) [10:00:00:123]: x
clock | 2026-03-09T10:00:00Z | zerolog console | 10:00AM INF x a=b
clf | 10:00:00Z | AWS S3 | 0123abcd bucket [01/Mar/2026:10:00:00 +0000] 1.2.3.4 x
clf | 10:00:00Z | CUPS | I [01/Mar/2026:10:00:00 +0000] x
clf | 10:00:00Z | CUPS page_log | printer user 1 [01/Mar/2026:10:00:00 +0000] 1 1 - localhost x
clf | 10:00:00Z | Flask, Werkzeug | 127.0.0.1 - - [01/Mar/2026 10:00:00] "GET / HTTP/1.1" 200 -
clf | 10:00:00.123Z | HAProxy alone | 1.2.3.4:5 [01/Mar/2026:10:00:00.123] http-in x
"""
SYSTEMS = [line.split(" | ", 3) for line in _TABLE.splitlines()]


@pytest.mark.parametrize(("name", "time", "system", "line"), SYSTEMS)
def test_a_system_is_recognised_by_three_of_its_lines(
    name: str, time: str, system: str, line: str
) -> None:
    written = line.encode()
    time = time if "T" in time else f"2026-03-01T{time}"
    stamps = stamper(written, written, written)
    assert (stamps.detected.format, shown(stamps, written)) == (name, time), system


def system_table() -> str:
    """The table of systems in `docs/reference/time-formats.md`, as it must be."""
    rows = ["| name | reads the logs of, among others |", "|---|---|"]
    for form in FORMATS:
        systems = [system for name, _, system, _ in SYSTEMS if name == form.name]
        if systems:
            rows.append(f"| `{form.name}` | {'; '.join(systems)} |")
    return "\n".join(rows) + "\n"


def test_the_systems_are_listed() -> None:
    assert system_table() in PAGE.read_text("utf-8"), f"the table must be:\n{system_table()}"
