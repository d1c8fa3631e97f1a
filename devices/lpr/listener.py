"""Where a camera's pushes arrive: one port for one camera, and a record is acknowledged when the lane has kept it.

    camera ── POST /SECRET ──▶ [address] [path] [size] [rate] [serial] [seen before?] ──▶ the lane ── answer ──▶ camera

Nothing in the protocols proves who speaks, so that each gate on the way is one more thing a forger must know or have; a
vehicle on the loop is the last one, and the lane's (S15). What the lane does not keep in time is answered with an
error: the camera stores it and sends it again, and then it opens nothing (S14).
"""

from __future__ import annotations

import asyncio
import hmac
import math
import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from devices.errors import Unreachable
from devices.head_clock import HeadClock
from devices.lpr.families import Family
from devices.lpr.records import NOTHING, TWICE, Heartbeat, Other, Reply, Unreadable
from devices.ports import PlateRecord, Push, PushRefused, PushTrouble

BODY_MAX = 2 << 20
BODY_S = 10.0
ANSWER_S = 2.0
WAITING_MAX = 32
CONNECTIONS_MAX = 16
HEAD_S, IDLE_S = 5.0, 15
"""A camera that lost its power leaves its connections behind, and each of them takes a place."""
SEEN_MAX = 20_000
"""A camera stores some 9,000 records and may send each of them twice."""
PER_SECOND, AT_ONCE = 10.0, 40.0
WORD_EVERY_S = 30.0

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Waiting:
    """A record in the lane's hands. Whoever asks for it again waits for the same answer, and one of them gets it."""

    def __init__(self, push: Push, loop: asyncio.AbstractEventLoop) -> None:
        self.push = push
        self.done: asyncio.Future[Reply] = loop.create_future()
        self.listeners = 0
        self.given = False


class PushCamera:
    """A PlateCamera. `gate_is_cameras`: an answer may open the camera's own relay."""

    def __init__(
        self, family: Family, *, peer: str, serial: str, secret: str, port: int, gate_is_cameras: bool = False,
        answer_s: float = ANSWER_S, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`peer`: the camera's address, as a number. Port 0 takes a free one. Raises Unreachable: the port is taken."""
        self._family, self._peer, self._serial, self._clock = family, peer, serial, clock
        self._path = f"/{secret}".encode()
        self._gate, self._answer_s = gate_is_cameras and family.replies, answer_s
        self._found: queue.Queue[Push | PushRefused] = queue.Queue(WAITING_MAX)
        self._waiting: dict[str, _Waiting] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._told: dict[PushTrouble, tuple[float, int]] = {}
        self._tokens, self._filled = AT_ONCE, clock()
        self._heard = -math.inf
        self._lock = threading.Lock()
        family_of_ip = socket.AF_INET6 if ":" in peer else socket.AF_INET
        try:
            # at every address of the node: which of them the camera's network is, its peer check says
            self._listener = socket.create_server(("", port), family=family_of_ip, backlog=CONNECTIONS_MAX)
        except OSError as error:
            raise Unreachable(f"port {port} cannot be listened at: {error.strerror}") from error
        self.port: int = self._listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._take, interface="asgi3", http=_only(peer, self._refuse), ws="none", lifespan="off",
                log_config=None, access_log=False, proxy_headers=False, server_header=False,
                timeout_keep_alive=IDLE_S, timeout_graceful_shutdown=2,
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self._serve, name=f"plates at {self.port}", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Push | PushRefused | None:
        """See PlateCamera."""
        try:
            return self._found.get(timeout=timeout_s) if timeout_s > 0 else self._found.get_nowait()
        except queue.Empty:
            if not self._thread.is_alive():
                raise Unreachable(f"nobody listens at port {self.port} any more") from None
            return None

    def answer(self, push: Push, opens: bool = False, board: bytes = b"") -> bool:
        """See PlateCamera."""
        with self._lock:
            waiting = self._waiting.pop(push.record.record, None)
            if waiting is None or waiting.push is not push:
                return False
            self._seen[push.record.record] = None
            while len(self._seen) > SEEN_MAX:
                self._seen.popitem(last=False)
            somebody = waiting.listeners > 0
        reply = Reply(opens and self._gate, board)
        waiting.done.get_loop().call_soon_threadsafe(_set, waiting.done, reply)
        return somebody

    def silent_s(self) -> float:
        """See PlateCamera."""
        return self._clock() - self._heard

    def close(self) -> None:
        """See PlateCamera."""
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._listener])

    async def _take(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One request, as an ASGI application."""
        if scope["method"] != "POST" or not hmac.compare_digest(scope["path"].encode(), self._path):
            return await self._no(send, 404, PushTrouble.WRONG_PATH)
        if not self._may_now():
            return await self._no(send, 429, PushTrouble.TOO_MANY)
        try:
            body = await asyncio.wait_for(_body(receive), BODY_S)
        except TimeoutError:
            return await self._no(send, 408, PushTrouble.UNREADABLE)
        if body is None:
            return await self._no(send, 413, PushTrouble.TOO_LARGE)
        kind = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        pushed = await asyncio.to_thread(self._family.parse, kind, body)
        if isinstance(pushed, Unreadable):
            return await self._no(send, 400, PushTrouble.UNREADABLE)
        if not hmac.compare_digest(pushed.serial.encode(), self._serial.encode()):
            return await self._no(send, 403, PushTrouble.WRONG_SERIAL)
        self._heard = self._clock()
        if isinstance(pushed, Heartbeat | Other):
            return await _say(send, 200, self._family.heard(pushed), self._family.kind)
        await self._record(pushed, send)

    async def _record(self, record: PlateRecord, send: Send) -> None:
        with self._lock:
            seen = record.record in self._seen
            waiting = self._waiting.get(record.record)
            if waiting is None and not seen:
                waiting = _Waiting(Push(record, self._clock()), asyncio.get_running_loop())
                try:
                    self._found.put_nowait(waiting.push)
                except queue.Full:
                    waiting = None
                else:
                    self._waiting[record.record] = waiting
            if waiting is not None:
                waiting.listeners += 1
        if seen:
            self._refuse(PushTrouble.TWICE)
            return await _say(send, 200, self._family.reply(record, TWICE), self._family.kind)
        if waiting is None:
            return await self._no(send, 503, PushTrouble.TOO_MANY)
        try:
            reply = await asyncio.wait_for(asyncio.shield(waiting.done), self._answer_s)
        except TimeoutError:
            return await self._no(send, 503, PushTrouble.UNANSWERED)
        finally:
            with self._lock:
                waiting.listeners -= 1
        mine, waiting.given = reply if not waiting.given else NOTHING, True
        await _say(send, 200, self._family.reply(record, mine), self._family.kind)

    def _may_now(self) -> bool:
        now = self._clock()
        self._tokens = min(AT_ONCE, self._tokens + (now - self._filled) * PER_SECOND)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def _no(self, send: Send, status: int, why: PushTrouble) -> None:
        self._refuse(why)
        await _say(send, status, b"", "text/plain")

    def _refuse(self, why: PushTrouble, peer: str | None = None) -> None:
        """Tell the lane, at most one word a reason and half a minute: a flood makes no flood of events."""
        now = self._clock()
        since, count = self._told.get(why, (-math.inf, 0))
        if now - since < WORD_EVERY_S:
            self._told[why] = (since, count + 1)
            return
        try:
            self._found.put_nowait(PushRefused(why, peer or self._peer, count + 1, now))
        except queue.Full:
            self._told[why] = (since, count + 1)
        else:
            self._told[why] = (now, 0)


def _set(future: asyncio.Future[Reply], reply: Reply) -> None:
    if not future.done():
        future.set_result(reply)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is too long."""
    data = b""
    while True:
        message = await receive()
        data += bytes(message.get("body", b""))
        if len(data) > BODY_MAX:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return data


async def _say(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _InOnePiece:
    """A transport that sends what was written in one turn of its loop together: head and body of an answer.

    In two pieces the second waits for the camera's delayed acknowledgement of the first: 48 ms more for each push
    (measured), before an arm that could rise.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written = bytearray()

    def write(self, data: bytes) -> None:
        if not self._written:
            asyncio.get_running_loop().call_soon(self._send)
        self._written += data

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        data, self._written = bytes(self._written), bytearray()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _only(peer: str, refuse: Callable[[PushTrouble, str], None]) -> type[H11Protocol]:
    """The protocol for one peer: everybody else is cut off before a byte is read, and takes no connection away; and so
    is what is one too many."""

    class OnlyPeer(HeadClock, H11Protocol):
        head_s = HEAD_S

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP's, as in its base
            who = str((transport.get_extra_info("peername") or ("?",))[0])
            stranger, full = who != peer, len(self.connections) >= CONNECTIONS_MAX
            self.cut_off = stranger or full
            if self.cut_off:
                refuse(PushTrouble.STRANGER if stranger else PushTrouble.TOO_MANY, who)
                transport.abort()
            else:
                super().connection_made(_InOnePiece(transport))  # type: ignore[arg-type]  # all of it that is used
                self.await_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.heard()

        def connection_lost(self, exc: Exception | None) -> None:
            self.stop_waiting()
            if not self.cut_off:
                super().connection_lost(exc)

    return OnlyPeer
