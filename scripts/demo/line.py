"""The line between the gate's node and central, as whoever holds the cable has it: it hears, holds up, plays again.

The node of the check reaches central through here. Everything is passed on as it is, but for two things that happen to
real lines: an answer with a command may be held up, and one that was carried out long ago may be played once more into
a poll that waits. Nothing is made up: what the node gets are central's own bytes.
"""

import json
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import NamedTuple, cast
from urllib.parse import parse_qs, urlsplit

from models.wire.commands import Action, Command

POLL = "/edge/v1/downlink"
ANSWER_S = 60.0
NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "content-length", "accept-encoding", "keep-alive"})


class Answer(NamedTuple):
    """What central answered, byte for byte."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def opens(self) -> list[Command]:
        """The commands to open that it carries."""
        if self.status != 200:
            return []
        told = [Command.model_validate_json(one["payload"]) for one in json.loads(self.body)["commands"]]
        return [command for command in told if command.action is Action.OPEN]


class _Poll:
    """A poll that waits. It ends with central's answer, one that is played again, or, the line being cut, with None."""

    def __init__(self) -> None:
        self.answers: SimpleQueue[Answer | None] = SimpleQueue()


class Line:
    """Listens on a port of its own and passes on to `toward`. Any thread may call it."""

    def __init__(self) -> None:
        self.polls = 0
        """How many polls have waited, over all."""
        self.opened: list[tuple[Command, Answer]] = []
        """Each command to open that came by, with the answer that it came in."""
        self._clear = threading.Event()
        self._clear.set()
        self._waiting: set[_Poll] = set()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Passing)
        self._server.line = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="line", daemon=True).start()

    def toward(self, url: str) -> None:
        self._server.central = urlsplit(url).netloc

    def hold_up(self) -> None:
        """From now on an answer with a command to open goes no further, until `let_go`."""
        self._clear.clear()

    def let_go(self) -> None:
        self._clear.set()

    def play_again(self, answer: Answer) -> bool:
        """Answer the poll that waits with what was heard before; False when none waits."""
        with self._lock:
            for poll in self._waiting:
                poll.answers.put(answer)
                return True
        return False

    def cut(self) -> None:
        """End every poll that waits, as when the node is gone: central hears it, and gives no command to nobody."""
        with self._lock:
            for poll in self._waiting:
                poll.answers.put(None)

    def close(self) -> None:
        self.let_go()
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def begins(self, poll: _Poll) -> None:
        with self._lock:
            self.polls += 1
            self._waiting.add(poll)

    def ends(self, poll: _Poll) -> None:
        with self._lock:
            self._waiting.discard(poll)

    def hears(self, answer: Answer) -> None:
        """Of a poll's answer, on its way to the node. Holds it up where that is asked for."""
        opens = [(command, answer) for command in answer.opens()]
        with self._lock:
            self.opened += opens
        if opens:
            self._clear.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    line: Line
    central: str

    def handle_error(self, request: object, client_address: object) -> None:
        """A node that was killed in the middle of a word is no news here."""


class _Passing(BaseHTTPRequestHandler):
    """One connection of the node; its requests one after the other, each on a connection to central of its own."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        server = cast(_Server, self.server)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        asked = urlsplit(self.path)
        waits = asked.path == POLL and parse_qs(asked.query).get("wait", ["0"]) != ["0"]
        central = HTTPConnection(server.central, timeout=ANSWER_S)
        try:
            answer = self._polled(server.line, central) if waits else self._asked(central, body)
        finally:
            central.close()
        if answer is None:
            self.close_connection = True
            return
        if asked.path == POLL:
            server.line.hears(answer)
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on

    def log_message(self, format: str, *args: object) -> None:
        """The node's own log says more."""

    def _polled(self, line: Line, central: HTTPConnection) -> Answer | None:
        poll = _Poll()

        def ask() -> None:
            answer = None
            with suppress(OSError, HTTPException, ValueError, AttributeError):  # cut while it waited
                answer = self._asked(central, b"")
            poll.answers.put(answer)

        line.begins(poll)
        threading.Thread(target=ask, name="poll", daemon=True).start()
        answer = poll.answers.get()
        line.ends(poll)
        if central.sock is not None:
            with suppress(OSError):
                central.sock.shutdown(socket.SHUT_RDWR)
        return answer

    def _asked(self, central: HTTPConnection, body: bytes) -> Answer:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
        central.request(self.command, self.path, body or None, headers)
        said = central.getresponse()
        content = said.read()
        return Answer(said.status, [one for one in said.getheaders() if one[0].lower() not in NOT_PASSED_ON], content)
