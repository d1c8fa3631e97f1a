"""What a network camera offers, asked by ONVIF: its streams and still pictures. By onvif-zeep-async.

    for camera in discover(3.0):
        for stream in streams(camera.host, "admin", "…"):
            with_password(stream.address, "admin", "…")        # what the site file takes

A camera says where its services and streams are, and often wrongly: its factory's address, or the one behind a router;
somebody who poses as a camera could name any host. So only paths and ports are believed: the password goes to the host
that was asked, and to no other.

Asked are the services of ONVIF's first media version (profile S), which cameras of profile T have as well nearly
always. Tried against the simulated camera only, no real one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from devices.camera.discovery import FoundCamera, discover
from devices.errors import DeviceError, Garbled, Refused, Unreachable

__all__ = ["FoundCamera", "Stream", "discover", "streams", "with_password"]

PROFILES_MAX = 16
TIMEOUT_S = 15.0
WRONG_PASSWORD = " does not take this user and password; many cameras have users of their own for ONVIF"


@dataclass(frozen=True, slots=True)
class Stream:
    """One of a camera's streams; nothing in it is secret. `snapshot` is None where the camera has no still pictures.

    Sizes are 0 and `codec` is empty where the camera does not say.
    """

    name: str
    address: str
    snapshot: str | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    token: str = field(default="", repr=False)


def with_password(address: str, user: str, password: str) -> str:
    """The address as the site file takes it."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def streams(host: str, user: str, password: str, *, timeout_s: float = TIMEOUT_S) -> tuple[Stream, ...]:
    """Ask the camera at `host` (with `:port` where it is not 80). Raises Unreachable, Refused, Garbled.

    Blocks; in a thread without an event loop.
    """
    return _in_words(_streams(host, user, password), host, timeout_s)


async def _streams(host: str, user: str, password: str) -> tuple[Stream, ...]:
    from onvif import ONVIFCamera

    where = urlsplit(f"//{host}")
    proxies = {name: os.environ[name] for name in ("http_proxy", "https_proxy") if name in os.environ}
    # `no_cache`: the library would keep its service descriptions in a database in somebody's home.
    camera = ONVIFCamera(where.hostname or "", where.port or 80, user, password, no_cache=True, adjust_time=True)
    os.environ.update(proxies)  # the library takes them away from the whole process
    try:
        await camera.update_xaddrs()
        camera.xaddrs = {name: _at(host, url) for name, url in camera.xaddrs.items() if url}
        media = await camera.create_media_service()
        profiles = await media.GetProfiles()
        return tuple([await _stream(media, profile, host) for profile in list(profiles or ())[:PROFILES_MAX]])
    finally:
        await camera.close()


async def _stream(media: Any, profile: Any, host: str) -> Stream:
    from zeep.exceptions import Fault

    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    told = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile.token})
    snapshot = None
    with suppress(Fault):  # ONVIF lets a camera do without
        snapshot = _at(host, str((await media.GetSnapshotUri({"ProfileToken": profile.token})).Uri))
    encoder = profile.VideoEncoderConfiguration
    size = encoder.Resolution if encoder is not None else None
    return Stream(
        name=_clean(str(profile.Name or profile.token)),
        address=_at(host, str(told.Uri)),
        snapshot=snapshot,
        codec=_clean(str(encoder.Encoding or "")) if encoder is not None else "",
        width=int(size.Width) if size is not None else 0,
        height=int(size.Height) if size is not None else 0,
        token=str(profile.token),
    )


def _at(host: str, url: str) -> str:
    """The same port and path at the host that was asked, without user and password."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "rtsp", "rtsps") or not url.isprintable() or " " in url:
        raise ValueError(url)
    own = urlsplit(f"//{host}").hostname or ""
    bracketed = f"[{own}]" if ":" in own else own
    port = f":{parts.port}" if parts.port else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{bracketed}{port}{parts.path}{query}"


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:80]


def _in_words(asked: Coroutine[Any, Any, tuple[Stream, ...]], host: str, timeout_s: float) -> tuple[Stream, ...]:
    """Run it; whatever the libraries below raise is told in words of ours, raised where their error is over."""
    got = asyncio.run(_told(asked, host, timeout_s))
    if isinstance(got, DeviceError):
        raise got
    return got


async def _told(
    asked: Coroutine[Any, Any, tuple[Stream, ...]], host: str, timeout_s: float
) -> tuple[Stream, ...] | DeviceError:
    import aiohttp
    from onvif.exceptions import ONVIFError
    from onvif.util import is_auth_error
    from zeep.exceptions import Error, Fault, TransportError

    try:
        return await asyncio.wait_for(asked, timeout_s)
    except TimeoutError:
        return Unreachable(f"{host} gives no answer in {timeout_s:.0f} s")
    except aiohttp.ClientConnectionError:
        return Unreachable(f"{host} cannot be reached by HTTP; check address and port")
    except Fault as fault:
        if is_auth_error(fault):
            return Refused(host + WRONG_PASSWORD)
        return Refused(f"{host} refuses to say; ONVIF may be switched off in it")
    except TransportError as error:
        if error.status_code in (401, 403):
            return Refused(host + WRONG_PASSWORD)
        return Garbled(f"{host} answers with HTTP status {error.status_code}, and not as an ONVIF camera does")
    except (ONVIFError, Error, aiohttp.ClientError, OSError, AttributeError, TypeError, ValueError, KeyError):
        return Garbled(f"{host} answers, and not as an ONVIF camera does")
