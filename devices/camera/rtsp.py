"""Network cameras: RTSP by PyAV, which says why a camera gives no picture; OpenCV's only word is no.

RTSP goes over TCP (UDP loses parts of pictures), opens within 3 s and reads within 2 s; the library multiplies these
(measured: a frozen server was noticed after 4 s), hence the watchdog above.

`rtsps` alone encrypts and proves nothing: cameras sign their own certificates. With `#ca=FILE` after the address, which
holds the camera's own certificate or that of the authority that signed it, the camera has to show that one, or nothing
is sent to it, no password either. The certificate must also name the host as the address does, be it by IP; `&name=…`
says the name that stands in it instead, for cameras that call themselves IPC. To fetch the file once, on the bench:
`openssl s_client -connect HOST:322 </dev/null | openssl x509 > camera.pem`.

The library's errors quote the address, password and all. None of them leaves this file, not even as the cause or
context of ours: each becomes words, which are raised where the library's error is over.
"""

from __future__ import annotations

import errno
import ssl
from dataclasses import dataclass

import av
import av.error
import numpy as np
from av.container import InputContainer

from devices.address import Address
from devices.camera.newest import NewestFrame
from devices.errors import DeviceError, Garbled, Refused, Unreachable
from devices.ports import Pixels

OPEN_S = 3.0
READ_S = 2.0
BAD_MAX = 50
"""Packets or damaged pictures in a row: two seconds' worth at 25 a second. A decoder that joined between two whole
pictures waits for the next one in silence and counts none."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificate a camera has to show: a file with it or its authority, and the name in it if not the host's."""

    ca: str
    host: str = ""

    def why_not(self) -> str | None:
        """Why nothing can be checked against this file; None when it can. The library would not say."""
        try:
            ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError):
            return f"{self.ca} cannot be read as a certificate (PEM)"
        return None


class RtspSource:
    """One connection to a network camera, as a Source."""

    def __init__(self, url: str, name: str, trust: Trust | None = None) -> None:
        self._name = name
        opened = _open(url, name, trust)
        if isinstance(opened, DeviceError):
            raise opened
        self._container = opened
        if not self._container.streams.video:
            self._container.close()
            raise Refused(f"{name} has no video in this stream; use another stream of the camera")
        self._packets = self._container.demux(self._container.streams.video[0])
        self._frames: list[av.VideoFrame] = []

    def read(self) -> Pixels | None:
        """See Source. A picture of which parts are missing is left out."""
        bad = 0
        while True:
            failed: DeviceError | None
            if not self._frames:
                failed = self._more()
            elif not (frame := self._frames.pop(0)).is_corrupt:
                return np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
            else:
                failed = Garbled(f"{self._name} sends damaged pictures")
            bad += failed is not None
            if failed is not None and (bad >= BAD_MAX or not isinstance(failed, Garbled)):
                raise failed

    def _more(self) -> DeviceError | None:
        """Decode one more packet; Garbled when it holds no picture, None when it may."""
        try:
            packet = next(self._packets)
        except (av.error.FFmpegError, OSError) as error:
            failed = told(self._name, error)
            return Unreachable(str(failed)) if isinstance(failed, Garbled) else failed
        except StopIteration:
            return Unreachable(f"{self._name} ended its pictures")
        try:
            self._frames = [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
        except av.error.FFmpegError:
            return Garbled(f"{self._name} sends something that is no picture")
        return None

    def close(self) -> None:
        """See Source."""
        self._container.close()


def _open(url: str, name: str, trust: Trust | None) -> InputContainer | DeviceError:
    options = {"rtsp_transport": "tcp", "timeout": str(round(READ_S * 1e6))}
    if trust is not None:
        if (missing := trust.why_not()) is not None:
            return Refused(f"{name}: {missing}")
        options |= {"tls_verify": "1", "ca_file": trust.ca} | ({"verifyhost": trust.host} if trust.host else {})
    try:
        return av.open(url, options=options, timeout=(OPEN_S, READ_S))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if trust is not None and isinstance(error, OSError) and error.errno == errno.EIO:
            return Unreachable(f"{told(name, error)}; or it shows another certificate, name or date than {trust.ca}")
        return told(name, error)


def told(name: str, error: Exception) -> DeviceError:
    """What went wrong, in words that a technician can act on; nothing of the library's text is in them."""
    number = error.errno if isinstance(error, OSError) else None
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return Refused(f"{name} does not take this user and password")
        case av.error.HTTPNotFoundError():
            return Refused(f"{name}: the camera is there, and has no such stream; check what follows the host")
        case av.error.HTTPError():
            return Unreachable(f"{name}: the camera answers with an error of its own")
        case ConnectionRefusedError():
            return Unreachable(f"{name} refuses the connection: nothing listens there; check host and port")
        case av.error.ExitError() | TimeoutError():
            return Unreachable(f"{name} gives no answer in time")
        case av.error.InvalidDataError():
            return Garbled(f"{name} answers, and not as a camera does; check the port")
    if number in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return Unreachable(f"{name}: there is no way to this host; check cable, switch and address")
    if number == errno.EIO:
        return Unreachable(f"{name}: the connection broke, or the host's name is not known")
    return Unreachable(f"{name} cannot be opened (error {number})")


def open_rtsp(address: Address) -> NewestFrame:
    """A network camera over TCP. Opens whether or not the camera is up; `error` and `age_s` tell.

    Raises Refused for a name that nothing would be compared with.
    """
    ca, host = (address.word(key) if key in address.options else "" for key in ("ca", "name"))
    if host and not ca:
        raise Refused(f"{address}: name= is compared with a certificate, and ca= names none")
    trust = Trust(ca, host) if ca else None
    return NewestFrame(lambda: RtspSource(address.secret_url(), str(address), trust), str(address))
