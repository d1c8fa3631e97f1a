"""A simulated ONVIF camera: SOAP over HTTP and WS-Discovery, both on this machine, with faults.

It knows GetSystemDateAndTime (without a password), GetServices, GetProfiles, GetStreamUri and GetSnapshotUri. It checks
the password as WS-Security's UsernameToken with digest demands, base64(SHA-1(nonce + created + password)), and says its
own address wrongly, as cameras behind a router do.

Discovery is answered at a port of its own by unicast; the multicast address is not listened to. No real camera was
compared with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import socket
import threading
from datetime import UTC, datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ELSEWHERE = "192.0.2.64"
TDS, TRT, TT = (f"http://www.onvif.org/ver10/{name}" for name in ("device/wsdl", "media/wsdl", "schema"))
BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "boom"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]>'
)


class Answers(StrEnum):
    """How the camera answers, from now on."""

    WELL = "well"
    BOMB = "bomb"
    WEB_PAGE = "web_page"
    SILENCE = "silence"
    """BOMB: with a document whose entities grow. WEB_PAGE: with HTML, as a printer would. SILENCE: not at all."""


class OnvifCameraSim:
    """Serves until closed. `rtsp_port` is where it says that its stream is. `snapshots`: has it still pictures?"""

    def __init__(
        self,
        *,
        user: str = "admin",
        password: str = "",
        rtsp_port: int = 554,
        snapshots: bool = True,
        name: str = "gate",
    ) -> None:
        self.answers = Answers.WELL
        self.asked: list[str] = []
        self._user, self._password, self._rtsp_port, self._snapshots = user, password, rtsp_port, snapshots
        self._name = name
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if camera.answers is Answers.SILENCE:
                    camera._stop.wait()
                    return
                status, body = camera._soap(request)
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._stop = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._udp.settimeout(0.05)
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._discovery, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def host(self) -> str:
        """Where its services are."""
        return f"127.0.0.1:{self._http.server_port}"

    @property
    def discovery(self) -> tuple[str, int]:
        """Where it answers to a probe."""
        return "127.0.0.1", self._udp.getsockname()[1]

    def close(self) -> None:
        """Gone from the network. May be called twice."""
        self._stop.set()
        self._http.shutdown()
        for thread in self._threads:
            thread.join()
        self._http.server_close()
        self._udp.close()

    # SOAP

    def _soap(self, request: str) -> tuple[int, bytes]:
        said = re.search(r"Body[^>]*>\s*<(?:\w+:)?(\w+)", request)
        operation = said[1] if said else ""
        self.asked.append(operation)
        match self.answers:
            case Answers.BOMB:
                return 200, _envelope("<x>&e;</x>").encode().replace(b"?>", b"?>" + BOMB, 1)
            case Answers.WEB_PAGE:
                return 200, b"<html><body>Printer</body></html>"
        if operation != "GetSystemDateAndTime" and not self._knows(request):
            return 400, _fault("ter:NotAuthorized", "Sender not Authorized")
        if operation == "GetSnapshotUri" and not self._snapshots:
            return 500, _fault("ter:ActionNotSupported", "no still pictures")
        body = self._bodies().get(operation)
        return (200, _envelope(body).encode()) if body else (500, _fault("ter:ActionNotSupported", operation))

    def _knows(self, request: str) -> bool:
        parts = {
            name: found[1]
            for name in ("Username", "Password", "Nonce", "Created")
            if (found := re.search(rf"<(?:\w+:)?{name}[^>]*>([^<]*)</", request))
        }
        if len(parts) < 4 or parts["Username"] != self._user:
            return False
        mixed = base64.b64decode(parts["Nonce"]) + parts["Created"].encode() + self._password.encode()
        expected = base64.b64encode(hashlib.sha1(mixed, usedforsecurity=False).digest()).decode()
        return hmac.compare_digest(parts["Password"], expected)

    def _bodies(self) -> dict[str, str]:
        now = datetime.now(UTC)
        port = self._http.server_port
        service = f"http://{ELSEWHERE}:{port}/onvif"
        stream = f"rtsp://{self._user}:stale@{ELSEWHERE}:{self._rtsp_port}/live"
        return {
            "GetSystemDateAndTime": f'<t:GetSystemDateAndTimeResponse xmlns:t="{TDS}"><t:SystemDateAndTime>'
            "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}"
            f"</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
            f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime></t:SystemDateAndTime>"
            "</t:GetSystemDateAndTimeResponse>",
            "GetServices": f'<t:GetServicesResponse xmlns:t="{TDS}">'
            + "".join(
                f"<t:Service><t:Namespace>{space}</t:Namespace><t:XAddr>{service}/{name}</t:XAddr>"
                "<t:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></t:Version></t:Service>"
                for space, name in ((TDS, "device_service"), (TRT, "media_service"))
            )
            + "</t:GetServicesResponse>",
            "GetProfiles": f'<t:GetProfilesResponse xmlns:t="{TRT}">'
            + _profile("main", "Profile_1", 1920, 1080)
            + _profile("sub", "Profile_2", 640, 360)
            + "</t:GetProfilesResponse>",
            "GetStreamUri": f'<t:GetStreamUriResponse xmlns:t="{TRT}"><t:MediaUri><tt:Uri>{stream}</tt:Uri>'
            f"{_lasting()}</t:MediaUri></t:GetStreamUriResponse>",
            "GetSnapshotUri": f'<t:GetSnapshotUriResponse xmlns:t="{TRT}"><t:MediaUri>'
            f"<tt:Uri>http://{ELSEWHERE}/snapshot.jpg?channel=1</tt:Uri>{_lasting()}</t:MediaUri>"
            "</t:GetSnapshotUriResponse>",
        }

    # Discovery

    def _discovery(self) -> None:
        while not self._stop.is_set():
            try:
                data, sender = self._udp.recvfrom(65_536)
            except TimeoutError:
                continue
            asked = re.search(r"MessageID>([^<]+)<", data.decode("utf-8", "replace"))
            if asked and self.answers is not Answers.SILENCE:
                self._udp.sendto(self.probe_match(asked[1]), sender)

    def probe_match(self, message_id: str) -> bytes:
        """Its answer to a probe of that number."""
        match self.answers:
            case Answers.WEB_PAGE:
                return b"<html/>"
            case Answers.BOMB:
                return probe_match(message_id, self._http.server_port, self._name).replace(b"?>", b"?>" + BOMB, 1)
            case _:
                return probe_match(message_id, self._http.server_port, self._name)


def probe_match(message_id: str, port: int, name: str) -> bytes:
    """The answer of a camera of that name to a probe of that number."""
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:MessageID>uuid:1</a:MessageID>'
        f"<a:RelatesTo>{message_id}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
        "<a:EndpointReference><a:Address>urn:uuid:2</a:Address></a:EndpointReference>"
        "<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder "
        f"onvif://www.onvif.org/hardware/SIM-1 onvif://www.onvif.org/name/{name}</d:Scopes>"
        f"<d:XAddrs>http://{ELSEWHERE}:{port}/onvif/device_service</d:XAddrs>"
        "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()


def _profile(name: str, token: str, width: int, height: int) -> str:
    return (
        f'<t:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
        f'<tt:VideoEncoderConfiguration token="e-{token}"><tt:Name>{name}</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        "</tt:Resolution><tt:Quality>4</tt:Quality></tt:VideoEncoderConfiguration></t:Profiles>"
    )


def _lasting() -> str:
    return (
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        "<tt:Timeout>PT0S</tt:Timeout>"
    )


def _envelope(body: str) -> str:
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        f'xmlns:tt="{TT}" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{body}</s:Body></s:Envelope>'
    )


def _fault(code: str, text: str) -> bytes:
    return _envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
    ).encode()
