"""Two MariaDB servers on loopback, with a small table each, in a temporary folder until Ctrl-C.

    read -rs MYSQL_PWD; export MYSQL_PWD
    python examples/mysql_twice/servers.py 3307 3308

The user is `shop`, with the password of the environment. Prints `ready` and the addresses when
both can be asked. Debian has the server in `mariadb-server`.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
from pymysql.converters import escape_string

# A server of this size is ready in a second; this is for a busy machine.
PATIENCE = 30.0
STOCK = {"bread": 40, "cheese": 12, "milk": 7}
# So it takes about 30 MB of disk.
SMALL = ["--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M"]


def as_root() -> list[str]:
    """Servers refuse to run as root unless told to."""
    return ["--user=root"] if os.getuid() == 0 else []


def install(folder: Path) -> None:
    """An empty data directory."""
    words = ["mariadb-install-db", "--no-defaults", f"--datadir={folder}", *SMALL, *as_root()]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{words[0]} failed:\n{done.stdout}{done.stderr}")


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int
    password: str = field(repr=False)

    @contextmanager
    def running(self, script: str) -> Iterator[None]:
        """A process while the block lasts; it begins with the script."""
        first = self.folder / "first.sql"
        first.touch(mode=0o600)  # it holds a password
        first.write_text(script)
        words = [
            "mariadbd",
            "--no-defaults",
            f"--datadir={self.folder}",
            f"--socket={self.folder}/socket",
            f"--pid-file={self.folder}/pid",
            f"--init-file={first}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            *SMALL,
            *as_root(),
        ]
        # In a session of its own: a terminal's Ctrl-C is for us, who then end it.
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait_until_ready(process)
            yield
        finally:
            process.terminate()
            process.wait()  # `with process` would not, after Ctrl-C

    def script(self, more: int) -> str:
        """What makes the user and the table, with so many more of each item."""
        rows = ", ".join(f"('{item}', {pieces + more})" for item, pieces in STOCK.items())
        password = escape_string(self.password)
        return f"""\
CREATE DATABASE shop;
CREATE USER shop@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON shop.* TO shop@'127.0.0.1';
CREATE TABLE shop.stock (item VARCHAR(20) PRIMARY KEY, pieces INT);
INSERT INTO shop.stock VALUES {rows};
"""

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if process.poll() is not None or time.monotonic() > until:
                log = (self.folder / "log").read_text(errors="replace").splitlines()
                errors = [line for line in log if "[ERROR]" in line]
                sys.exit("\n".join([f"127.0.0.1:{self.port}: the server did not start", *errors]))
            time.sleep(0.05)

    def _answers(self) -> bool:
        """Whether this server, and no other that has the port, lets the user in."""
        try:
            connection = pymysql.connect(
                host="127.0.0.1",
                port=self.port,
                user="shop",
                password=self.password,
                read_timeout=1,  # whoever has the port may be no such server
            )
        except pymysql.MySQLError:
            return False
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT @@datadir")
            return cursor.fetchone() == (f"{self.folder}/",)


def serve(ports: list[int], password: str) -> None:
    """A server on each port, until Ctrl-C or SIGTERM."""
    with tempfile.TemporaryDirectory(prefix="mysql-twice-") as folder, ExitStack() as stack:
        pattern = Path(folder, "pattern")
        install(pattern)
        for number, port in enumerate(ports):
            server = Server(Path(folder, str(number)), port, password)
            shutil.copytree(pattern, server.folder)
            stack.enter_context(server.running(server.script(more=number)))
        print("ready", *(f"127.0.0.1:{port}" for port in ports), flush=True)
        while True:
            signal.pause()


def main() -> int:
    parser = argparse.ArgumentParser(description="Two MariaDB servers to try `ask.py` on.")
    parser.add_argument("ports", nargs=2, type=int, metavar="PORT")
    options = parser.parse_args()
    password = os.environ.get("MYSQL_PWD")
    if not password:
        print("give the password of the user `shop` in MYSQL_PWD", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        serve(options.ports, password)
    except KeyboardInterrupt:
        return 0
    except FileNotFoundError as error:
        print(f"{error.filename} is not installed", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
