"""Which network cameras are there: WS-Discovery, as ONVIF uses it. The codec is pure; `discover` is the shell.

    node      Probe         UDP to 239.255.255.250:3702 (multicast), from a port of its own
    cameras   ProbeMatches  each to that port, within a second or two

    Envelope
      Header   MessageID of the message, RelatesTo = MessageID of the probe it answers
      Body     ProbeMatches / ProbeMatch
                 Scopes   onvif://www.onvif.org/name/East%20Gate onvif://www.onvif.org/hardware/DS-2CD…
                 XAddrs   http://192.168.1.64/onvif/device_service (several, separated by spaces)

Sources: WS-Discovery (April 2005 draft, which ONVIF names), ONVIF Core specification, section 7. Anybody in the network
may answer, so answers are read without entities and document types, cut to a length, and nothing in them is followed:
the host is who answered, whatever it says; only port and path are taken from it. Not tried with a real camera.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import uuid4
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

GROUP = ("239.255.255.250", 3702)
ANSWER_MAX = 65_536
FOUND_MAX = 256
NAME_MAX = 80
AGAIN_S = 0.6  # datagrams are lost; everybody is asked twice

WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered. `host` is where the answer came from, with the port where it is not 80."""

    host: str
    name: str
    hardware: str
    xaddr: str


def probe(message_id: str) -> bytes:
    """The question to everybody: who is a network video transmitter?"""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{WSA}" xmlns:d="{WSD}" '
        'xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
        f"<e:Header><a:MessageID>{message_id}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{WSD}/Probe</a:Action></e:Header>"
        "<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
    ).encode()


def answer(data: bytes, sender: str, message_id: str) -> FoundCamera | None:
    """The camera that answers this probe; None for anything else, whatever it is."""
    try:
        envelope = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # LookupError: an encoding nobody has
        return None
    if (envelope.findtext(f".//{{{WSA}}}RelatesTo") or "").strip() != message_id:
        return None
    match = envelope.find(f".//{{{WSD}}}ProbeMatch")
    if match is None:
        return None
    scopes = (match.findtext(f"{{{WSD}}}Scopes") or "").split()
    for url in (match.findtext(f"{{{WSD}}}XAddrs") or "").split():
        if (there := _there(url, sender)) is not None:
            return FoundCamera(there[0], _scope(scopes, "name"), _scope(scopes, "hardware"), there[1])
    return None


def _there(url: str, sender: str) -> tuple[str, str] | None:
    """Host and service address at the sender; None where the address is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.path.startswith("/") or not url.isprintable():
        return None
    host = sender if port in (None, 80) else f"{sender}:{port}"
    return host, f"{parts.scheme}://{host}{parts.path[:200]}"


def _scope(scopes: list[str], what: str) -> str:
    for scope in scopes:
        if found := re.fullmatch(rf"onvif://www\.onvif\.org/{what}/(.+)", scope):
            return "".join(letter for letter in unquote(found[1]) if letter.isprintable())[:NAME_MAX].strip()
    return ""


def discover(timeout_s: float = 3.0, *, to: tuple[str, int] = GROUP) -> tuple[FoundCamera, ...]:
    """Ask on every network of this machine and collect answers for `timeout_s`. Raises OSError without a network."""
    message_id = f"uuid:{uuid4()}"
    found: dict[str, FoundCamera] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("", 0))
        began = time.monotonic()
        _send(line, probe(message_id), to)
        again = True
        while (left := began + timeout_s - time.monotonic()) > 0 and len(found) < FOUND_MAX:
            if again and timeout_s - left >= AGAIN_S:
                again = False
                _send(line, probe(message_id), to)
            line.settimeout(min(left, AGAIN_S))
            try:
                data, (sender, _) = line.recvfrom(ANSWER_MAX)
            except TimeoutError:
                continue
            if (camera := answer(data, sender, message_id)) is not None:
                found.setdefault(camera.xaddr, camera)
    return tuple(sorted(found.values(), key=lambda camera: (camera.name, camera.host)))


def _send(line: socket.socket, data: bytes, to: tuple[str, int]) -> None:
    """To one host, or out of every network card: cameras often hang on the second one."""
    if to != GROUP:
        line.sendto(data, to)
        return
    refused: OSError | None = None
    sent = False
    for number, _ in socket.if_nameindex():
        try:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@4s4si", b"", b"", number))
            line.sendto(data, to)
            sent = True
        except OSError as error:  # a card without a cable or an address
            refused = error
    if not sent:
        raise refused or OSError("this machine has no network")
