"""A simulated network camera: an RTSP server on this machine, with a camera's faults.

    client   DESCRIBE rtsp://127.0.0.1:PORT/live RTSP/1.0     CSeq: 2
    camera   RTSP/1.0 200 OK                                  CSeq: 2, then the session's description (SDP)
             or 401 with a challenge (basic or digest), or 404
    then     SETUP (RTP/AVP/TCP;interleaved=0-1), PLAY; from there pictures on the same connection:
             '$' | channel | length (2, big-endian) | RTP packet

Sources: RFC 2326 (RTSP 1.0, interleaving in 10.12), RFC 7617 and 7616 (basic and digest, MD5 without qop, as cameras
ask it), `h264.py` for the packets. No real camera was compared with it.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from devices.ports import Pixels
from devices.sim.h264 import CLOCK_HZ, PAYLOAD_TYPE, encode, packets, sprop

PATH = "/live"
REALM, NONCE, SESSION = "camera", "5f3a9c", "12345678"
SOURCE = 0x4D54_4301
REQUEST_MAX = 65_536


class Doing(StrEnum):
    """What the camera does, from now on."""

    PLAY = "play"
    STILL = "still"
    FREEZE = "freeze"
    GARBAGE = "garbage"
    NOISE = "noise"
    """STILL: the same picture for ever. FREEZE: the connection stands and nothing comes, nor is anything answered.
    GARBAGE: RTP packets that hold no picture. NOISE: bytes that are not even packets."""


@dataclass
class Client:
    """One connection."""

    line: socket.socket
    heard: bytes = b""
    playing: bool = False
    sent: int = 0
    sequence: int = 0
    due: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(7))


class RtspCameraSim:
    """Serves `pictures` round and round until closed. `doing` may be changed at any time.

    `auth`: None, basic or digest. `tls`: what it proves itself by, for rtsps.
    `drop` cuts every connection; `close` also stops listening.
    """

    def __init__(
        self,
        pictures: Sequence[Pixels],
        *,
        fps: int = 25,
        auth: str | None = None,
        user: str = "admin",
        password: str = "",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.doing = Doing.PLAY
        self.described = 0
        self._fps, self._auth, self._user, self._password = fps, auth, user, password
        self._tls = tls
        self._pictures = encode(pictures, fps)
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]
        self._stop = threading.Event()
        self._clients: list[Client] = []
        self._thread = threading.Thread(target=self._run, name="simulated network camera", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        """Host, port and path."""
        return f"127.0.0.1:{self.port}{PATH}"

    def drop(self) -> None:
        """Cut every connection; new ones are taken."""
        for client in tuple(self._clients):
            client.line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Gone from the network. May be called twice."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._turn()
        finally:
            for client in self._clients:
                client.line.close()
            self._listening.close()

    def _turn(self) -> None:
        if self.doing is Doing.FREEZE:
            self._stop.wait(0.01)
            return
        lines = [self._listening, *(client.line for client in self._clients)]
        ready, _, _ = select.select(lines, (), (), 0.5 / self._fps)
        if self._listening in ready:
            line, _ = self._listening.accept()
            line.settimeout(2.0)
            if (taken := self._secured(line)) is not None:
                self._clients.append(Client(taken))
        for client in tuple(self._clients):
            try:
                if client.line in ready:
                    self._hear(client)
                if client.playing and time.monotonic() >= client.due:
                    self._show(client)
            except OSError:
                client.line.close()
                self._clients.remove(client)

    def _secured(self, line: socket.socket) -> socket.socket | None:
        """The connection as it is spoken on; None when a client did not take our certificate."""
        if self._tls is None:
            return line
        try:
            return self._tls.wrap_socket(line, server_side=True)
        except OSError:  # a client that walks away in the middle is no trouble of the camera's
            line.close()
            return None

    # What is asked

    def _hear(self, client: Client) -> None:
        data = client.line.recv(REQUEST_MAX)
        if not data or len(client.heard) > REQUEST_MAX:
            raise ConnectionResetError
        client.heard += data
        while client.heard:
            if client.heard[:1] == b"$":  # the client's own report about what it received
                size = 4 + int.from_bytes(client.heard[2:4], "big")
                if len(client.heard) < max(size, 4):
                    return
                client.heard = client.heard[size:]
                continue
            head, end, rest = client.heard.partition(b"\r\n\r\n")
            if not end:
                return
            client.heard = rest
            self._answer(client, head.decode("ascii", "replace"))

    def _answer(self, client: Client, request: str) -> None:
        first, *lines = request.split("\r\n")
        method, url, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method == "OPTIONS":
            self._reply(client, headers, "200 OK", {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"})
        elif not self._knows(method, url, headers.get("authorization", "")):
            self._reply(client, headers, "401 Unauthorized", {"WWW-Authenticate": self._challenge()})
        elif not re.fullmatch(rf"rtsps?://[^/]+{PATH}(/.*)?", url):
            self._reply(client, headers, "404 Not Found", {})
        elif method == "DESCRIBE":
            self.described += 1
            content = {"Content-Base": f"{url}/", "Content-Type": "application/sdp"}
            self._reply(client, headers, "200 OK", content, self._description())
        elif method == "SETUP":
            transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
            self._reply(client, headers, "200 OK", {**transport, "Session": SESSION})
        elif method == "PLAY":
            self._reply(client, headers, "200 OK", {"Session": SESSION})
            client.playing = True
        else:
            self._reply(client, headers, "200 OK", {"Session": SESSION})

    def _reply(
        self, client: Client, asked: dict[str, str], status: str, headers: dict[str, str], body: str = ""
    ) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {asked.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        client.line.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode("ascii"))

    def _description(self) -> str:
        lines = (
            *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=gate", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"),
            *(f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}"),
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={sprop(self._pictures[0])}",
            *(f"a=framerate:{self._fps}", "a=control:track1"),
        )
        return "\r\n".join(lines) + "\r\n"

    # Who asks

    def _challenge(self) -> str:
        return f'Basic realm="{REALM}"' if self._auth == "basic" else f'Digest realm="{REALM}", nonce="{NONCE}"'

    def _knows(self, method: str, url: str, authorization: str) -> bool:
        if self._auth is None:
            return True
        if self._auth == "basic":
            pair = base64.b64encode(f"{self._user}:{self._password}".encode()).decode("ascii")
            return authorization == f"Basic {pair}"
        said = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        person = _md5(f"{self._user}:{REALM}:{self._password}")
        request = _md5(f"{method}:{said.get('uri', url)}")
        expected = _md5(f"{person}:{NONCE}:{request}")
        return said.get("username") == self._user and said.get("response") == expected

    # What is shown

    def _show(self, client: Client) -> None:
        number = 0 if self.doing is Doing.STILL else client.sent % len(self._pictures)
        sent = packets(self._pictures[number], client.sequence, client.sent * CLOCK_HZ // self._fps, SOURCE)
        if self.doing is Doing.GARBAGE:
            sent = [packet[:12] + b"\x65" + client.chance.randbytes(len(packet) - 13) for packet in sent]
        if self.doing is Doing.NOISE:
            client.line.sendall(client.chance.randbytes(500).replace(b"$", b"#"))
        else:
            client.line.sendall(b"".join(b"$\0" + struct.pack(">H", len(packet)) + packet for packet in sent))
        client.sequence += len(sent)
        client.sent += 1
        client.due = max(client.due + 1 / self._fps, time.monotonic())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
