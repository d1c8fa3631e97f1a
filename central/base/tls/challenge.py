"""The plain port of http-01 (RFC 8555, 8.3): it answers the authority's challenge and sends everyone else to https.

A thread with an event loop of its own: it must answer before central serves, and whatever central is busy with. It
speaks as little HTTP as its two answers need, gives each connection a few seconds and has a limit of them.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from types import TracebackType

CHALLENGE = "/.well-known/acme-challenge/"
REQUEST_BYTES_MAX = 8192
REQUEST_S = 5
CONNECTIONS_MAX = 128

REQUEST_LINE = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/1\.[01]\r\n")


def answer(request: bytes, home: str, answers: dict[str, str]) -> bytes:
    """The whole response. home: where https is served ("https://central.example"); a request's own Host says nothing,
    since whoever writes it could send our visitors elsewhere. answers: token -> key authorization."""
    line = REQUEST_LINE.match(request)
    if line is None:
        return _response("400 Bad Request", b"")
    target = line[2].decode("ascii")
    if target.startswith(CHALLENGE):
        said = answers.get(target.removeprefix(CHALLENGE))
        return _response("404 Not Found", b"") if said is None else _response("200 OK", said.encode("ascii"))
    return _response("308 Permanent Redirect", b"", f"Location: {home}{target}\r\n")


def _response(status: str, body: bytes, header: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\n{header}Content-Type: application/octet-stream\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


class ChallengePort:
    """Serves while the block lasts. `answers` may be changed at any time, from any thread."""

    def __init__(self, listener: socket.socket, home: str) -> None:
        self.answers: dict[str, str] = {}
        self._listener = listener
        self._home = home
        self._open = 0

    def __enter__(self) -> ChallengePort:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="challenge-port", daemon=True)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._one, sock=self._listener, limit=REQUEST_BYTES_MAX)
        )
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next round

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._open += 1
        try:
            async with asyncio.timeout(REQUEST_S):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(answer(request, self._home, self.answers))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # let go below
        except asyncio.CancelledError:
            pass  # the port ends, and with it this task; asyncio would log the cancelling of a connection as a fault
        finally:
            writer.transport.abort()
            self._open -= 1
