"""Why no answer of central came, in words that name its address and what to look at."""

from __future__ import annotations

import socket
import ssl

import httpx

from edge.sync.errors import Offline, SyncError, Untrusted
from edge.sync.trust import why_not_trusted

_PLAIN = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL calls an answer that is no TLS at all; the word differs between its versions."""


def not_reached(error: Exception, url: httpx.URL) -> SyncError:
    """The typed error for what the HTTP library or the system raised."""
    where = f"{url.scheme}://{url.netloc.decode()}"
    said = error or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return Offline(
            f"中心 {where} 没有及时回答。请核对站点文件 [central] url，检查网线和防火墙 / central at {where} did not "
            f"answer in time ({type(error).__name__}); check url in [central] of the site file, cable and firewalls"
        )
    if (why := why_not_trusted(error)) is not None:
        return Untrusted(why)
    if any(isinstance(cause, ssl.SSLError) and cause.reason in _PLAIN for cause in _causes(error)):
        return Untrusted(
            f"{where} 这个端口不是 https：请核对站点文件 [central] url 的端口；只有本机的中心没有证书时才写 http:// / "
            f"the port of {where} speaks no https: check the port of url in [central] of the site file; http:// is "
            "only for a central on this very machine that has no certificate"
        )
    if any(isinstance(cause, socket.gaierror) for cause in _causes(error)):
        # a line that is down, or its name server: nothing that anybody at the gate did
        return Offline(
            f"没有网络连接：查不到 {url.host}。请检查网络，并核对站点文件 [central] url / no connection: the name "
            f"{url.host} was not found; check the network, and url in [central] of the site file"
        )
    if url.scheme == "http" and isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return Offline(
            f"{where} 接通了，却没有用 http 回答：中心多半只用 https，请把站点文件 [central] url 改成 https:// / "
            f"{where} was reached and gave no http answer ({said}): central most likely speaks https alone; write "
            "https:// for url in [central] of the site file"
        )
    return Offline(
        f"无法连接中心 {where}。请核对站点文件 [central] url，检查中心是否在运行、网线和防火墙 / "
        f"central cannot be reached at {where} ({said}); check url in [central] of the site file, whether central "
        "runs, cable and firewalls"
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    """The error and what lies below it: the HTTP library wraps what the system raised."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
