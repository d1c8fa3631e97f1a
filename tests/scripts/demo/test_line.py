"""The cable between node and central: everything goes through as it is, and an answer can be late or come again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import httpx
import pytest

from models.values.time import utc_now
from models.wire.commands import Action, Command
from scripts.demo.line import POLL, Line

DEADLINE_S = 20.0


class Central(ThreadingHTTPServer):
    """Answers polls when `speak` is set, and everything else with what it heard."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.speak = threading.Event()
        self.says = nothing()
        self.heard: list[tuple[str, str, str | None, bytes]] = []


class Answering(BaseHTTPRequestHandler):
    server: Central

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.heard.append((self.command, self.path, self.headers.get("authorization"), body))
        if self.path.startswith(POLL):
            self.server.speak.wait(DEADLINE_S)
            said = self.server.says.encode()
        else:
            said = b"heard " + body
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_PUT = do_POST = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


def nothing() -> str:
    return json.dumps({"commands": []})


def an_opening(number: int) -> str:
    command = Command(
        command_id=UUID(int=number), number=number, node_id=UUID(int=1), lane_id=UUID(int=2), action=Action.OPEN,
        nonce=f"nonce-{number:012}", issued_at=utc_now(), ttl_s=5, actor_id=UUID(int=3), role="guard",
        reason="快递", correlation=UUID(int=100 + number),
    )  # fmt: skip
    return json.dumps({"commands": [{"payload": command.model_dump_json(), "signature": "…"}]})


class Ends:
    """Both ends of the line, and the node's hands: a poll waits while something else is said."""

    def __init__(self) -> None:
        self.central, self.line, self.hands = Central(), Line(), ThreadPoolExecutor()
        threading.Thread(target=self.central.serve_forever, args=(0.05,), daemon=True).start()
        self.line.toward(f"http://127.0.0.1:{self.central.server_address[1]}")
        self.node = httpx.Client(base_url=self.line.url, timeout=DEADLINE_S)

    def polls(self) -> Future[httpx.Response]:
        return self.hands.submit(self.node.get, f"{POLL}?snapshot=1&wait=25")

    def close(self) -> None:
        self.central.speak.set()
        self.line.close()
        self.hands.shutdown()
        self.node.close()
        self.central.shutdown()
        self.central.server_close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    try:
        yield both
    finally:
        both.close()


def waits_for(true: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        if true():
            return
        pause.wait(0.02)
    raise AssertionError("it did not happen")


def test_what_the_node_says_and_hears_goes_through_as_it_is(ends: Ends) -> None:
    said = ends.node.put("/edge/v1/pictures/1?a=%20b", content=b"\xff\xd8", headers={"authorization": "Menting x"})
    assert said.content == b"heard \xff\xd8"
    assert ends.central.heard == [("PUT", "/edge/v1/pictures/1?a=%20b", "Menting x", b"\xff\xd8")]
    ends.central.speak.set()
    assert ends.polls().result(DEADLINE_S).text == nothing()


def test_a_command_to_open_is_held_up_until_it_is_let_go_and_nothing_else_is(ends: Ends) -> None:
    ends.line.hold_up()
    ends.central.says = an_opening(1)
    ends.central.speak.set()
    poll = ends.polls()
    waits_for(lambda: ends.line.opened)
    assert ends.node.put("/edge/v1/batches", content=b"x").text == "heard x"
    assert not poll.done()
    ends.line.let_go()
    assert poll.result(DEADLINE_S).text == ends.central.says


def test_an_answer_is_played_again_into_the_poll_that_waits_byte_for_byte(ends: Ends) -> None:
    ends.central.says = an_opening(1)
    ends.central.speak.set()
    first = ends.polls().result(DEADLINE_S)
    ends.central.speak.clear()
    (command, answer), *_ = ends.line.opened
    assert command.number == 1
    poll = ends.polls()
    waits_for(lambda: ends.line.play_again(answer))
    assert poll.result(DEADLINE_S).content == first.content


def test_a_line_that_is_cut_answers_no_poll(ends: Ends) -> None:
    poll = ends.polls()
    waits_for(lambda: ends.line.polls == 1)
    ends.line.cut()
    with pytest.raises(httpx.HTTPError):
        poll.result(DEADLINE_S)
