"""The chat server in four forms, on each loop: one client, one set of claims."""

import re
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path

import pytest

from examples.chat.client import Client
from examples.chat.words import ASK, CLOSING, LINE, REFUSED, left, said
from plait.bridge.loops import LOOPS
from tests.examples.programs import EXAMPLES, LEFTOVERS, PATIENCE, Process, started

CHAT = EXAMPLES / "chat"
STEPS = [
    ("step0_threads", "asyncio"),  # it has no loop
    *product(["step1_loop_beside", "step2_async_core", "step3_coroutines"], LOOPS),
]

pytestmark = pytest.mark.timeout(60)


class Server:
    """One of the servers as a process of its own, and the clients that it has."""

    def __init__(self, step: str, process: Process) -> None:
        self.step = step
        self.process = process
        self.clients = ExitStack()
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("listening on port "), process.communicate()[1]
        self.port = int(first.split()[-1])

    def connect(self, *, buffer: int | None = None) -> Client:
        """A client that has been asked for its nickname."""
        client = Client(self.port, patience=PATIENCE, buffer=buffer)
        self.clients.enter_context(client)
        assert client.hear() == ASK
        return client

    def enter(self, nickname: str, *, buffer: int | None = None) -> Client:
        """A client that has been let in."""
        client = self.connect(buffer=buffer)
        client.say(nickname)
        assert (client.hear() or "").startswith(f"* welcome, {nickname}")
        return client

    def enter_all(self, *nicknames: str) -> list[Client]:
        """Clients that have been let in and have heard of each other."""
        clients: list[Client] = []
        for nickname in nicknames:
            newcomer = self.enter(nickname)
            assert [each.hear() for each in clients] == [f"* {nickname} joined"] * len(clients)
            clients.append(newcomer)
        return clients

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> None:
        """Wait for the end; it must be a clean one that leaves nothing."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, err) == (0, "")
        assert out == "left: []\n"

    def sockets(self) -> int:
        links = [link.readlink() for link in Path(f"/proc/{self.process.pid}/fd").iterdir()]
        return sum(str(link).startswith("socket:") for link in links)


Start = Callable[..., Server]


@pytest.fixture(params=STEPS, ids="-".join)
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    step, loop = request.param
    program = CHAT / f"{step}.py"
    with ExitStack() as servers:

        def serve(*words: str) -> Server:
            process = servers.enter_context(
                started(
                    *(sys.executable, "-W", "error", LEFTOVERS, program),
                    *("--port", "0", "--loop", loop, *words),
                )
            )
            server = Server(step, process)
            servers.enter_context(server.clients)
            return server

        yield serve


@pytest.fixture
def server(start: Start) -> Iterator[Server]:
    """A server that is interrupted at the end of the test, and must end cleanly."""
    server = start()
    yield server
    server.interrupt()
    server.end()


def test_every_step_is_tested() -> None:
    assert {step for step, _ in STEPS} == {path.stem for path in CHAT.glob("step*.py")}


# -- what members see ------------------------------------------------------------------------


def test_a_newcomer_is_told_who_is_here_and_they_are_told_of_it(server: Server) -> None:
    ada, bob = server.enter_all("ada", "bob")
    eve = server.connect()
    eve.say("eve")
    assert eve.hear() == "* welcome, eve; with you: ada, bob"
    assert ada.hear() == bob.hear() == "* eve joined"


def test_a_text_goes_to_all_others(server: Server) -> None:
    ada, bob, eve = server.enter_all("ada", "bob", "eve")
    ada.say("one")
    assert bob.hear() == eve.hear() == "ada: one"
    bob.say("zwei ✓")
    assert ada.hear() == eve.hear() == "bob: zwei ✓"


def test_a_texts_order_is_kept(server: Server) -> None:
    ada, bob = server.enter_all("ada", "bob")
    for number in range(200):
        ada.say(str(number))
    assert [bob.hear() for _ in range(200)] == [f"ada: {number}" for number in range(200)]


def test_control_characters_reach_no_other_terminal(server: Server) -> None:
    ada, bob = server.enter_all("ada", "bob")
    ada.say("\x1b[2Jcleared?")
    assert bob.hear() == "ada: [2Jcleared?"


@pytest.mark.parametrize(
    "leave",
    [
        lambda client: client.say("/quit"),
        Client.say_no_more,
        Client.close,
        Client.vanish,
        lambda client: client.say("x" * 2 * LINE),
    ],
    ids=["quit", "end of input", "close", "reset", "line too long"],
)
def test_the_others_are_told_who_left(server: Server, leave: Callable[[Client], None]) -> None:
    ada, bob, eve = server.enter_all("ada", "bob", "eve")
    leave(eve)
    assert ada.hear() == bob.hear() == "* eve left"
    ada.say("still here")
    assert bob.hear() == "ada: still here"


def test_a_nickname_that_is_taken_is_asked_for_again(server: Server) -> None:
    (ada,) = server.enter_all("ada")
    other = server.connect()
    other.say("ada")
    assert other.hear() == f"* ada is taken; {ASK}"
    other.say("bob")
    assert other.hear() == "* welcome, bob; with you: ada"
    assert ada.hear() == "* bob joined"


def test_of_many_who_want_a_nickname_at_once_one_gets_it(server: Server) -> None:
    clients = [server.connect() for _ in range(8)]
    for client in clients:
        client.say("ada")
    answers = sorted(client.hear() or "" for client in clients)
    taken = f"* ada is taken; {ASK}"
    assert answers == [taken] * 7 + ["* welcome, ada; with you: nobody"]


def test_a_nickname_is_free_again_when_its_owner_has_left(server: Server) -> None:
    ada, bob = server.enter_all("ada", "bob")
    ada.vanish()
    assert bob.hear() == "* ada left"
    server.enter("ada")


@pytest.mark.parametrize("nickname", ["", "two words", "x" * 21])
def test_a_nickname_is_one_short_word(server: Server, nickname: str) -> None:
    client = server.connect()
    client.say(nickname)
    assert client.hear() == f"* one word of at most 20 letters; {ASK}"


def test_who_is_here_is_said_from_time_to_time(start: Start) -> None:
    server = start("--every", "0.01")
    ada = server.enter("ada")
    assert ada.hear() == ada.hear() == "* here: ada"


# -- whoever is slow or gone -----------------------------------------------------------------


def test_who_does_not_read_is_cut_off_and_holds_up_nobody(server: Server) -> None:
    ada, bob = server.enter_all("ada", "bob")
    server.enter("slow", buffer=4096)
    assert ada.hear() == bob.hear() == "* slow joined"
    text = "x" * (LINE - 100)
    for _ in range(2000):
        ada.say(text)
        if (heard := bob.hear()) == left("slow"):
            break
        assert heard == said("ada", text)
    else:
        pytest.fail("it was not cut off")
    assert bob.hear() == said("ada", text)


def test_who_gives_no_nickname_holds_up_nobody(server: Server) -> None:
    server.connect()
    ada, bob = server.enter_all("ada", "bob")
    ada.say("hello")
    assert bob.hear() == "ada: hello"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_those_who_have_gone_leave_no_socket_behind(server: Server) -> None:
    ada, bob = server.enter_all("ada", "bob")
    before = server.sockets()
    for number in range(10):
        guest = server.enter(f"guest{number}")
        (guest.vanish if number % 2 else guest.close)()
        for each in (ada, bob):
            assert each.hear() == f"* guest{number} joined"
            assert each.hear() == f"* guest{number} left"
    # One more round through the server: what it does after the notice is done.
    ada.say("gone")
    assert bob.hear() == "ada: gone"
    assert server.sockets() == before


# -- the slow check of each text -------------------------------------------------------------


class Moderator(socketserver.ThreadingTCPServer):
    """Answers at once, but for texts that begin with `hold`: those wait for `release`."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.release = threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def port(self) -> str:
        return str(self.socket.getsockname()[1])


class Answer(socketserver.StreamRequestHandler):
    server: Moderator

    def handle(self) -> None:
        text = self.rfile.readline()
        if text.startswith(b"hold"):
            self.server.held.set()
            assert self.server.release.wait(PATIENCE)
        with suppress(OSError):  # who asked may have gone
            self.wfile.write(b"no\n" if b"darn" in text else b"yes\n")


@pytest.fixture
def moderator() -> Iterator[Moderator]:
    with Moderator() as moderator:
        thread = threading.Thread(target=lambda: moderator.serve_forever(poll_interval=0.01))
        thread.start()
        yield moderator
        moderator.release.set()
        moderator.shutdown()
        thread.join()


def test_a_text_that_is_not_allowed_is_not_said(start: Start, moderator: Moderator) -> None:
    server = start("--moderator", moderator.port)
    ada, bob = server.enter_all("ada", "bob")
    ada.say("darn")
    assert ada.hear() == REFUSED
    ada.say("dear me")
    assert bob.hear() == "ada: dear me"


def test_without_its_moderator_nothing_is_said(start: Start) -> None:
    with Moderator() as gone:
        port = gone.port
    server = start("--moderator", port)
    ada = server.enter("ada")
    ada.say("hello?")
    assert ada.hear() == REFUSED


def test_while_one_text_is_checked_the_others_talk(start: Start, moderator: Moderator) -> None:
    server = start("--moderator", moderator.port)
    ada, bob, eve = server.enter_all("ada", "bob", "eve")
    ada.say("hold this")
    assert moderator.held.wait(PATIENCE)
    for number in range(5):
        bob.say(str(number))
        assert eve.hear() == ada.hear() == f"bob: {number}"
    moderator.release.set()
    assert bob.hear() == eve.hear() == "ada: hold this"


# -- the end ---------------------------------------------------------------------------------


def test_at_the_end_everybody_is_told(start: Start) -> None:
    server = start()
    nameless = server.connect()
    everybody = [*server.enter_all("ada", "bob", "eve"), nameless]
    server.interrupt()
    assert [list(each) for each in everybody] == [[CLOSING]] * 4
    server.end()


def test_an_end_without_clients_is_clean(start: Start) -> None:
    server = start()
    server.interrupt()
    server.end()


def test_who_does_not_read_does_not_hold_up_the_end(start: Start) -> None:
    server = start()
    ada, bob = server.enter_all("ada", "bob")
    server.enter("slow", buffer=4096)
    assert bob.hear() == "* slow joined"
    for _ in range(20):  # more than its buffer takes, too little to be cut off
        ada.say("x" * (LINE - 100))
        assert (bob.hear() or "").startswith("ada: x")
    server.interrupt()
    assert bob.hear() == CLOSING
    server.end()


def test_a_check_that_runs_does_not_break_the_end(start: Start, moderator: Moderator) -> None:
    server = start("--moderator", moderator.port)
    ada, bob = server.enter_all("ada", "bob")
    ada.say("hold this")
    assert moderator.held.wait(PATIENCE)
    server.interrupt()
    assert list(ada) == list(bob) == [CLOSING]
    if server.step == "step2_async_core":
        # A thread cannot be cancelled: it is abandoned with the socket on which it asks, and
        # holds up nothing. At the end of the process that socket may or may not be closed yet.
        out, _ = server.process.communicate(timeout=PATIENCE)
        assert server.process.returncode == 0
        assert re.fullmatch(r"left: \[('socket \d+')?\]\n", out)
        return
    if server.step != "step3_coroutines":  # where the check is cancelled
        moderator.release.set()
    server.end()


# -- the programs beside the servers ---------------------------------------------------------


def test_the_client_is_a_program_too(server: Server) -> None:
    ada = server.enter("ada")
    done = subprocess.run(
        [sys.executable, str(CHAT / "client.py"), "--port", str(server.port)],
        input="bob\nhello\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.splitlines() == [ASK, "* welcome, bob; with you: ada"]
    assert [ada.hear() for _ in range(3)] == ["* bob joined", "bob: hello", "* bob left"]


def test_the_moderator_is_a_program_too(start: Start) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(CHAT / "moderator.py"), "--delay", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            server = start("--moderator", process.stdout.readline().split()[-1])
            ada, bob = server.enter_all("ada", "bob")
            ada.say("darn")
            assert ada.hear() == REFUSED
            ada.say("hello")
            assert bob.hear() == "ada: hello"
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
