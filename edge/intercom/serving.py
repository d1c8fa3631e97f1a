"""The thread that intercoms may ask. It decides nothing: what it takes goes to the lanes as any recognition does.

Small on purpose: one path a lane, one method, no body is read, one request a connection and two seconds for it. What
it says of its calls is written down, for whoever watches the lanes (LANE-26). A
refusal for want of a call is an alarm at once: whoever asked knows the secret, and nobody rang.
"""

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from devices.errors import DeviceError, said
from edge.intercom.calls import Call, Event, Said, read, what_is_told
from edge.intercom.digest import Answer, Door, Peer, challenge_headers, challenged, judge, parse
from edge.journal.journal import Entry
from edge.lane.inbox import AlarmNote, DeviceState, Item, Note, OpenAsked
from edge.site import Site
from models.access.credential import Kind
from models.wire.events import AlarmKind, LaneCall

AGAIN_S = 5.0
REQUEST_S = 2.0
PATH_MAX = 300
"""Longer than any that can be read; what is cut off here has no right proof."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what came of it, for who looks on. `lane`: "" for one that was closed unread. `user`: the name
    that it signed with, "" for none; `wrong`: it signed with another name or secret."""

    lane: str
    sender: str
    answer: Answer
    at: float
    said: Said | None = None
    user: str = ""
    wrong: bool = False


def _nobody_looks(_: Asked) -> None:
    pass


class _Server(ThreadingHTTPServer):
    """Takes connections from the intercoms' own addresses, and closes all others unread."""

    daemon_threads = True

    def __init__(
        self, where: tuple[str, int], handler: type[BaseHTTPRequestHandler], addresses: frozenset[str],
        stranger: Callable[[str], None],
    ):  # fmt: skip
        super().__init__(where, handler)
        self._addresses, self._stranger = addresses, stranger

    def verify_request(self, request: Any, client_address: Any) -> bool:
        known = client_address[0] in self._addresses
        if not known:
            self._stranger(client_address[0])
        return known


class IntercomThread(threading.Thread):
    """Serves until stopped. `peers`: by lane. A taken port is said and tried again; the gate does not wait for it."""

    def __init__(
        self, listen: str, port: int, peers: Mapping[str, Peer], inbox: "queue.Queue[Item]",
        lane_id: Callable[[str], UUID], watch: Callable[[Asked], None] = _nobody_looks,
    ):  # fmt: skip
        """`port` 0 takes a free one; `port` says which, once it listens. `lane_id`: of a lane's code. `watch` is told
        of each request."""
        super().__init__(name="intercoms", daemon=True)
        self._listen, self._asked_port, self.peers, self._inbox = listen, port, peers, inbox
        self._lane_id = lane_id
        self._doors = {lane: Door() for lane in peers}
        self._watch = watch
        self.refused: str | None = None
        """Why it cannot listen now; None: it does, or has not tried yet."""
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port: int | None = None

    def stop(self) -> None:
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()

    def run(self) -> None:
        addresses = frozenset(peer.address for peer in self.peers.values())
        while not self._stopping.is_set():
            try:
                with _Server(
                    (self._listen, self._asked_port), self._handler(), addresses, self._closed_unread
                ) as server:
                    self._server, self.port, self.refused = server, server.server_address[1], None
                    server.serve_forever(poll_interval=0.2)
            except OSError as error:
                self.refused = error.strerror or type(error).__name__
                log.warning("intercoms cannot use port %d (%s); tried again", self._asked_port, error.strerror)
                self._stopping.wait(AGAIN_S)

    def asked(self, path: str, sender: str, authorization: str | None) -> tuple[Answer, tuple[str, ...]]:
        """One request: what it is told, and the challenges that go with it. An opening is on its way by then."""
        lane = path.partition("?")[0].removeprefix("/intercom/")
        peer = self.peers.get(lane)
        now = time.monotonic()
        if peer is None or not path.startswith("/intercom/"):
            self._watch(Asked(lane if path.startswith("/intercom/") else path, sender, Answer.NO, now))
            return Answer.NO, ()
        with self._lock:
            before = self._doors[lane]
            after, answer = judge(before, peer, sender, path, authorization, now)
            headers: tuple[str, ...] = ()
            if answer is Answer.PROVE_IT:
                nonce = secrets.token_hex(16)
                after, headers = challenged(after, nonce, now), challenge_headers(nonce, lane)
            self._doors[lane] = after
        told = read(path)
        if answer is Answer.TAKEN and told is not None:
            self._tell_of_call(before.call, after.call, told, now)
        if answer is Answer.TAKEN and told is not None and told.event is Event.OPEN:
            self._inbox.put(OpenAsked(lane, Kind.INTERCOM, now, told.detail))
        if answer is Answer.NO_CALL:
            self._alarm(lane, f"asked for its door without a call in progress, from {sender}")
        user = parse(authorization or "").get("username", "")
        self._watch(Asked(lane, sender, answer, now, told, user, len(after.wrong) > len(before.wrong)))
        if after.locked and not before.locked:
            self._alarm(lane, f"5 wrong answers from {sender}")
        return answer, headers

    def _closed_unread(self, sender: str) -> None:
        self._watch(Asked("", sender, Answer.NO, time.monotonic()))

    def _tell_of_call(self, before: Call | None, call: Call | None, said: Said, now: float) -> None:
        for which, what in what_is_told(before, call, said, now):
            who = said.answered if what == "answered" else None
            body = LaneCall(what=what, by="intercom", answered_by=who)
            self._inbox.put(Note(Entry(body, which.call_id, self._lane_id(said.lane))))

    def _alarm(self, lane: str, detail: str) -> None:
        """It happened and is over, so that it is told when it happens again; a person takes note of it at central."""
        device = f"intercom {lane}"[:80]
        self._inbox.put(AlarmNote(AlarmKind.WRONG_ATTEMPTS, device=device, detail=detail))
        self._inbox.put(AlarmNote(AlarmKind.WRONG_ATTEMPTS, over=True, device=device))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        thread = self

        class Handler(BaseHTTPRequestHandler):
            timeout = REQUEST_S
            server_version, sys_version = "menting", ""

            def do_POST(self) -> None:
                answer, headers = thread.asked(
                    self.path[:PATH_MAX], self.client_address[0], self.headers["Authorization"]
                )
                self.send_response(answer.value)
                for header in headers:
                    self.send_header("WWW-Authenticate", header)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """A request is no news; what is taken stands in the journal."""

        return Handler


def listening(site: Site, inbox: "queue.Queue[Item]", lane_id: Callable[[str], UUID]) -> IntercomThread | None:
    """What the site file names. One whose secret cannot be read is left out, with an alarm; the gate starts."""
    peers: dict[str, Peer] = {}
    for lane in site.lane:
        if lane.intercom is not None:
            try:
                peers[lane.code] = lane.intercom.peer(lane.code, opens=lane.barrier is None)
            except DeviceError as error:
                log.error("the intercom of %s is not heard: %s", lane.code, error)
                inbox.put(DeviceState(lane.code, "intercom", said(error)))
    return IntercomThread(site.intercoms.listen, site.intercoms.port, peers, inbox, lane_id) if peers else None
