"""The screens over HTTP, to a browser on the node itself. Nothing here decides, and the gate goes on without it.

    /                     the lanes of this gate
    /lane/CODE            the screen of one lane, for a browser without frame or keys
    /lane/CODE/says       what it shows, as it changes (server-sent events)
    /lane/CODE/camera     what the lane's camera sees (multipart JPEG), for as long as somebody looks

It listens on this machine alone (`[console] port` in the site file): the pictures are of people at their own door.
"""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.middleware.trustedhost import TrustedHostMiddleware

from devices.ports import Frame, Pixels
from edge.console.screen import LaneNow, Screen, screen_of
from edge.console.words import Line
from edge.lane.shell import LaneShell
from edge.local_http import local
from edge.store.view import RulesView
from edge.sync.status import SyncStatus
from models.access.lockdown import groups_let_through
from models.values.time import site_time

HERE = Path(__file__).parent
HOST = "127.0.0.1"
LOOK_S = 0.1
"""How often a screen looks at its lane. An answer is on the glass within the tenth of a second that people notice."""
ALIVE_S = 2.0
"""A screen that hears nothing for four times as long (`lane.js`) says that the gate does not answer: a node that is
frozen keeps its connections open, and the last words on the glass."""
CAMERA_EVERY_S = 0.1
WIDTH_PX = 960
VIEWERS_MAX = 16
AGAIN_S = 15.0
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

log = logging.getLogger(__name__)


class Gate:
    """What the console may ask of a running node. Reads only."""

    def __init__(
        self, name: str, codes: tuple[str, ...], lane: Callable[[str], LaneShell], rules: Callable[[], RulesView],
        link: Callable[[], SyncStatus], now: Callable[[], datetime], mono: Callable[[], float] = time.monotonic,
        without: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """`codes`: the lanes that have a screen; `without`: those of the node that have none."""
        self.name, self.codes, self.without, self._lane = name, codes, without, lane
        self._rules, self._link, self._now, self._mono = rules, link, now, mono

    def lane_name(self, code: str) -> str:
        return self._lane(code).lane.name

    def sees(self, code: str) -> bool:
        return self._lane(code).eyes is not None

    def newest(self, code: str) -> Frame | None:
        eyes = self._lane(code).eyes
        return eyes.newest() if eyes is not None else None

    def screen(self, code: str) -> Screen:
        shell = self._lane(code)
        eyes, pending = shell.eyes, shell.presented.pending
        rules = self._rules().snapshot
        passing = groups_let_through(rules.lockdowns if rules else (), shell.lane.lane_id, self._now())
        now = LaneNow(
            shell.door, shell.lane.direction, shell.last, pending.shown.kind if pending is not None else None,
            asks=shell.says.say, sees=eyes is not None and eyes.newest() is not None, scans=shell.scans,
            reads=shell.reads, lockdown=passing is not None, faces=shell.face_opens, hold=shell.hold,
            panel=shell.panel, starting=shell.starting, online=self._link().online_since is not None,
        )  # fmt: skip
        return screen_of(now, self._mono())

    def foot(self) -> dict[str, Any]:
        """The truth about the link and the age of the rules, in whole minutes (SYNC-05)."""
        rules, link, now = self._rules(), self._link(), self._now()
        age = None if rules.issued_at is None else max(0, int((now - rules.issued_at).total_seconds() // 60))
        expired = rules.expires_at is not None and now >= rules.expires_at
        return {
            "clock": site_time(now).strftime("%H:%M"),
            "online": link.online_since is not None,
            "waiting": link.queue,
            "rules_min": age,
            "rules_expired": expired,
        }


def told(gate: Gate, code: str) -> dict[str, Any]:
    """Everything that the page of one lane shows, fit for JSON."""
    screen = gate.screen(code)
    said = {"what": screen.said.what, "do": screen.said.do, "also": screen.also}
    lines = {name: None if line is None else _told(line) for name, line in said.items()}
    marks = {"tone": screen.tone.value, "oval": screen.oval, "turn": screen.turn, "guard": screen.guard}
    return {**marks, **lines, "foot": gate.foot()}


def _told(line: Line) -> dict[str, Any]:
    return {"zh": line.zh, "en": line.en, "phrases": line.phrases}


def make_app(gate: Gate, stopping: threading.Event) -> FastAPI:
    """The pages of one gate; streams end when `stopping` is set."""
    app = FastAPI(title="Menting gate", docs_url=None, redoc_url=None, openapi_url=None)
    # A page of another site that has its name point here must not get to see the camera.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    reading, watching = asyncio.Semaphore(VIEWERS_MAX), asyncio.Semaphore(VIEWERS_MAX)

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Any]) -> Any:
        if (
            request.headers.get("sec-fetch-site") == "cross-site"
            and request.headers.get("sec-fetch-mode") != "navigate"
        ):
            return PlainTextResponse("只给这里的页面 · only for the pages of this gate", 403)  # another page's frames
        answer = await call_next(request)
        answer.headers["cross-origin-resource-policy"] = "same-origin"
        answer.headers["content-security-policy"] = CSP
        answer.headers["x-content-type-options"] = "nosniff"
        answer.headers["referrer-policy"] = "no-referrer"
        answer.headers["cache-control"] = "no-store"
        return answer

    def free(code: str, streams: asyncio.Semaphore) -> str:
        """Words and pictures are counted apart: however many look, a lane goes on saying what to do."""
        if streams.locked():
            raise HTTPException(503, "同时打开的屏幕太多 · too many screens are open; close one")
        return known(code)

    def known(code: str) -> str:
        if code not in gate.codes:
            raise HTTPException(404, " · ".join(_no_screen(gate, code)))
        return code

    @app.get("/")
    async def listed() -> HTMLResponse:
        return lanes(200)

    def lanes(status: int, before: str = "") -> HTMLResponse:
        links = "".join(f'<li><a href="/lane/{code}">{_plain(gate.lane_name(code))}</a></li>' for code in gate.codes)
        page = (HERE / "static" / "lanes.html").read_text(encoding="utf-8")
        page = page.replace("<!--name-->", _plain(gate.name)).replace("<!--before-->", before)
        return HTMLResponse(page.replace("<!--lanes-->", links), status)

    @app.get("/lane/{code}")
    async def screen(code: str) -> Response:
        if code not in gate.codes:  # a person typed it, or the lane was called otherwise: those that there are
            zh, en = _no_screen(gate, code)
            return lanes(404, f'<p>{_plain(zh)} <span lang="en">{_plain(en)}</span></p>')
        return FileResponse(HERE / "static" / "lane.html")

    @app.get("/lane/{code}/says")
    async def says(code: str) -> EventSourceResponse:
        free(code, reading)
        return EventSourceResponse(_says(gate, code, stopping, reading), ping=10)

    @app.get("/lane/{code}/camera")
    async def camera(code: str) -> StreamingResponse:
        if not gate.sees(free(code, watching)):
            raise HTTPException(404, "这条通道没有摄像头 · this lane has no camera")
        pictures = _pictures(gate, code, stopping, watching)
        return StreamingResponse(pictures, media_type="multipart/x-mixed-replace; boundary=picture")

    return app


def _no_screen(gate: Gate, code: str) -> tuple[str, str]:
    """Why there is nothing to be seen under this code: a lane for cars has no screen."""
    if code in gate.without:
        return f"通道 {code} 是这里的，只是没有屏幕", f"lane {code} is at this gate and has no screen"
    return f"这里没有通道 {code[:40]}", f"there is no lane {code[:40]} at this gate"


async def _says(
    gate: Gate, code: str, stopping: threading.Event, reading: asyncio.Semaphore
) -> AsyncIterator[ServerSentEvent]:
    """Each state as it comes, and in between a word that there is nothing new."""
    before: Mapping[str, Any] | None = None
    said_at = time.monotonic()
    async with reading:
        while not stopping.is_set():
            now = told(gate, code)
            if now != before:
                before, said_at = now, time.monotonic()
                yield ServerSentEvent(data=json.dumps(now, ensure_ascii=False), event="screen")
            elif time.monotonic() - said_at >= ALIVE_S:
                said_at = time.monotonic()
                yield ServerSentEvent(data="yes", event="alive")
            await asyncio.sleep(LOOK_S)


async def _pictures(
    gate: Gate, code: str, stopping: threading.Event, watching: asyncio.Semaphore
) -> AsyncIterator[bytes]:
    shown: float | None = None
    async with watching:
        while not stopping.is_set():
            frame = gate.newest(code)
            if frame is not None and frame.taken_at != shown:
                shown = frame.taken_at
                jpeg = await asyncio.to_thread(_jpeg, frame.pixels)
                yield b"--picture\r\ncontent-type: image/jpeg\r\n\r\n" + jpeg + b"\r\n"
            await asyncio.sleep(CAMERA_EVERY_S)


def _jpeg(pixels: Pixels) -> bytes:
    """At most WIDTH_PX wide: the screen is small, and the node has other work."""
    height, width = pixels.shape[:2]
    if width > WIDTH_PX:
        pixels = cv2.resize(pixels, (WIDTH_PX, height * WIDTH_PX // width), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # cv2 loses the dtype
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class ConsoleThread(threading.Thread):
    """Serves the screens until stopped. A taken port is said and tried again; the gate does not wait for it."""

    def __init__(self, gate: Gate, port: int) -> None:
        """`port` 0 takes a free one; `url` says which, once it listens."""
        super().__init__(name="console", daemon=True)
        self._gate, self._port = gate, port
        self._stopping = threading.Event()
        self._server: uvicorn.Server | None = None
        self.url: str | None = None

    def stop(self) -> None:
        self._stopping.set()
        if self._server is not None:
            self._server.should_exit = True

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with socket.create_server((HOST, self._port)) as listener:
                    self._serve(listener)
            except OSError as error:
                log.warning("the lanes' screens cannot use port %d (%s); tried again", self._port, error.strerror)
            except Exception:  # a screen that fails stops no gate
                log.exception("the lanes' screens stopped; tried again")
            self.url = None
            self._stopping.wait(AGAIN_S)

    def _serve(self, listener: socket.socket) -> None:
        self._server = uvicorn.Server(local(make_app(self._gate, self._stopping)))
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._server.run(sockets=[listener])
