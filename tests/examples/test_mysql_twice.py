"""The same query on two real servers, with either driver, on either loop."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pymysql
import pytest

from tests.examples.programs import EXAMPLES, PATIENCE, free_port, needs, run, started

PASSWORD = "pass-'\"\\-word"
ASK = "mysql_twice/ask.py"
SERVERS = EXAMPLES / "mysql_twice" / "servers.py"
#: Answered when the test lets go of the server's gate.
WAIT = ["--sql", "SELECT GET_LOCK('gate', 100)", "--timeout", "100"]

pytestmark = pytest.mark.timeout(120)
on_both_loops = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
with_both_drivers = pytest.mark.parametrize("driver", ["async", "blocking"])


class Gate:
    """A lock on one server: who asks for it waits there, and can be counted."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self._connection = pymysql.connect(
            host=host, port=int(port), user="shop", password=PASSWORD
        )

    def __enter__(self) -> None:
        assert self._one("SELECT GET_LOCK('gate', 0)") == 1

    def __exit__(self, *ending: object) -> None:
        self.open()

    def open(self) -> None:
        self._one("SELECT RELEASE_ALL_LOCKS()")

    def close_connection(self) -> None:
        self._connection.close()

    def waiting(self) -> int:
        """How many queries stand before it."""
        return self._one(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock'"
        )

    def wait_until(self, waiting: int) -> None:
        until = time.monotonic() + PATIENCE
        while self.waiting() != waiting:
            assert time.monotonic() < until, f"{self.waiting()} wait, not {waiting}"
            time.sleep(0.01)

    def _one(self, sql: str) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def two_servers() -> Iterator[list[str]]:
    """The addresses of two servers, while the block lasts."""
    needs("mariadbd", "mariadb-install-db")
    ports = [str(free_port()), str(free_port())]
    with started(sys.executable, "-W", "error", SERVERS, *ports, ready="ready") as process:
        yield [f"127.0.0.1:{port}" for port in ports]
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE) == ("", "")
        assert process.returncode == 0


@pytest.fixture(scope="module", autouse=True)
def password() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYSQL_PWD", PASSWORD)
        yield


@pytest.fixture(scope="module")
def addresses(password: None) -> Iterator[list[str]]:
    with two_servers() as addresses:
        yield addresses


@pytest.fixture
def gates(addresses: list[str]) -> Iterator[list[Gate]]:
    """One gate a server, shut."""
    first, second = gates = [Gate(address) for address in addresses]
    with first, second:
        yield gates
    for gate in gates:
        gate.wait_until(waiting=0)
        gate.close_connection()


@contextmanager
def asking(*words: str) -> Iterator["subprocess.Popen[str]"]:
    with started(sys.executable, "-W", "error", EXAMPLES / ASK, *words) as process:
        yield process


def stock(address: str, bread: int, cheese: int, milk: int) -> str:
    return f"{address}\tbread\t{bread}\n{address}\tcheese\t{cheese}\n{address}\tmilk\t{milk}\n"


@on_both_loops
@pytest.mark.parametrize("driver", ["async", "blocking", "naive"])
def test_every_driver_gives_the_rows_of_both_servers_in_their_order(
    addresses: list[str], driver: str, loop: str
) -> None:
    first, second = addresses
    done = run(ASK, "--driver", driver, "--loop", loop, second, first)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == stock(second, 41, 13, 8) + stock(first, 40, 12, 7)


@on_both_loops
@with_both_drivers
def test_both_servers_are_asked_before_either_has_answered(
    addresses: list[str], gates: list[Gate], driver: str, loop: str
) -> None:
    with asking("--driver", driver, "--loop", loop, *WAIT, *addresses) as process:
        for gate in gates:
            gate.wait_until(waiting=1)
        for gate in gates:
            gate.open()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert out == "".join(f"{address}\t1\n" for address in addresses)


@on_both_loops
def test_the_naive_driver_asks_the_second_when_the_first_has_answered(
    addresses: list[str], gates: list[Gate], loop: str
) -> None:
    first, second = gates
    with asking("--driver", "naive", "--loop", loop, *WAIT, *addresses) as process:
        first.wait_until(waiting=1)
        assert second.waiting() == 0
        first.open()
        second.wait_until(waiting=1)
        assert first.waiting() == 0
        second.open()
        assert process.wait(PATIENCE) == 0


@on_both_loops
@with_both_drivers
def test_a_server_that_is_down_is_named_and_the_other_one_answers(
    addresses: list[str], driver: str, loop: str
) -> None:
    down = f"127.0.0.1:{free_port()}"
    done = run(ASK, "--driver", driver, "--loop", loop, down, addresses[0])
    assert (done.returncode, done.stdout) == (1, stock(addresses[0], 40, 12, 7))
    assert done.stderr.startswith(f"{down}: Can't connect to MySQL server")
    assert done.stderr.count("\n") == 1


@on_both_loops
def test_after_the_timeout_the_async_driver_has_left_nothing_behind(
    addresses: list[str], gates: list[Gate], loop: str
) -> None:
    gates[1].open()
    done = run(ASK, "--loop", loop, *WAIT[:2], "--timeout", "3", *addresses)
    assert done.returncode == 1
    assert done.stdout == f"{addresses[1]}\t1\n"
    assert done.stderr == f"{addresses[0]}: no answer in 3 s\n"


@on_both_loops
def test_after_the_timeout_the_thread_that_still_waits_is_named(
    addresses: list[str], gates: list[Gate], loop: str
) -> None:
    gates[1].open()
    words = ["--driver", "blocking", "--loop", loop, *WAIT[:2], "--timeout", "3", *addresses]
    done = run(ASK, *words)
    assert done.returncode == 1
    assert done.stdout == f"{addresses[1]}\t1\n"
    problem, left, *rest = done.stderr.splitlines()
    assert problem == f"{addresses[0]}: no answer in 3 s"
    assert left.startswith("plait: still running at exit, left behind: plait worker")
    assert f"rows_of ({EXAMPLES / ASK}:" in left
    assert not rest


@on_both_loops
@with_both_drivers
def test_ctrl_c_ends_it_while_the_servers_think(
    addresses: list[str], gates: list[Gate], driver: str, loop: str
) -> None:
    with asking("--driver", driver, "--loop", loop, *WAIT, *addresses) as process:
        for gate in gates:
            gate.wait_until(waiting=1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    left_behind = [line for line in err.splitlines() if "left behind" in line]
    assert len(left_behind) == (2 if driver == "blocking" else 0)
    assert err.splitlines() == left_behind


@with_both_drivers
@pytest.mark.parametrize("wrong", ["not-the-password", "pässword"])
def test_a_refused_password_is_not_shown(
    addresses: list[str], driver: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYSQL_PWD", wrong)
    done = run(ASK, "--driver", driver, *addresses)
    assert done.returncode == 1
    assert wrong not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "ä" not in done.stderr
    assert r"\xe4" not in done.stderr


def test_the_servers_end_with_their_program() -> None:
    with two_servers() as addresses:
        pass
    for address in addresses:
        host, port = address.split(":")
        with closing(socket.socket()) as probe, pytest.raises(ConnectionRefusedError):
            probe.connect((host, int(port)))


def test_a_port_that_is_taken_is_named() -> None:
    needs("mariadbd", "mariadb-install-db")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = run("mysql_twice/servers.py", str(port), str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"127.0.0.1:{port}: the server did not start\n")
    assert "Address already in use" in done.stderr
    assert PASSWORD not in done.stderr
