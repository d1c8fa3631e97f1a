"""A simulated camera that reads plates and pushes them, for each family; with the faults that such cameras have.

It sends a record again until it is acknowledged, keeps what nobody took, and sends that later as stored, as the makers
say that theirs do. No real camera was compared with it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

SHANGHAI = timezone(timedelta(hours=8))
NO_PICTURE = b"\xff\xd8\xff\xe0 drawn \xff\xd9"
COLOURS: Mapping[str, Mapping[str, int | str]] = {
    "vzenith": {"blue": 1, "yellow": 2, "white": 3, "black": 4, "green": 5, "yellow_green": 6},
    "huaxia": {
        "blue": "蓝色", "yellow": "黄色", "white": "白色", "black": "黑色", "green": "绿色", "yellow_green": "黄绿色",
    },
    "hikvision": {
        "blue": "blue", "yellow": "yellow", "white": "white", "black": "black", "green": "newEnergyGreen",
        "yellow_green": "newEnergyYellowGreen",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """One vehicle, as the camera has it in its memory."""

    number: int
    text: str
    colour: str
    taken_at: datetime
    confidence: int = 96


@dataclass(frozen=True, slots=True)
class Told:
    """What came back. `opened`: the camera moved its own relay for it."""

    status: int
    body: bytes = field(repr=False)
    opened: bool
    more: bool


class PlateCameraSim:
    """One camera, aimed at a port of this machine."""

    def __init__(
        self, family: str, port: int, secret: str, *, serial: str = "SIM-0001", password: str = "camera-pw"
    ) -> None:
        self.family, self.port, self.secret, self.serial, self._password = family, port, secret, serial, password
        self.kept: list[Seen] = []
        self.picture = NO_PICTURE
        self._number = 0

    def see(self, text: str, colour: str, now: datetime, confidence: int = 96) -> Seen:
        """A vehicle. What is done with it is said by `push`."""
        self._number += 1
        return Seen(self._number, text, colour, now, confidence)

    def push(self, seen: Seen, *, stored: bool = False) -> Told:
        """Once. What nobody took is kept. OSError, HTTPException: nobody answered."""
        try:
            told = self.post(*self.body(seen, stored))
        except (OSError, HTTPException):
            self.kept.append(seen)
            raise
        if told.status != 200 and not stored:
            self.kept.append(seen)
        return told

    def push_until_stopped(self, seen: Seen, most: int = 20) -> list[Told]:
        """As some clones do: again and again, whatever is answered, until the answer says `retransfer_stop`."""
        told = [self.push(seen)]
        while b'"retransfer_stop"' not in told[-1].body and len(told) < most:
            told.append(self.push(seen))
        return told

    def push_kept(self) -> list[Told]:
        """What was kept, oldest first, as stored records, until one is not taken."""
        told = []
        while self.kept:
            told.append(self.push(self.kept[0], stored=True))
            if told[-1].status != 200:
                break
            self.kept.pop(0)
        return told

    def beat(self) -> Told:
        """A heartbeat; the first family sends its password along."""
        if self.family == "hikvision":
            said = f"<deviceID>{self.serial}</deviceID><eventType>heartBeat</eventType>"
            xml = f"<EventNotificationAlert>{said}</EventNotificationAlert>"
            return self.post("application/xml", xml.encode())
        fields = {"type": "heartbeat", "cam_id": self.serial}
        if self.family == "vzenith":
            fields = {"device_name": "IVS", "user_name": "admin", "pass_wd": self._password, "serialno": self.serial}
            lines = "".join(
                f'--BORDER\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in fields.items()
            )
            return self.post("multipart/form-data; boundary=BORDER", f"{lines}--BORDER--\r\n".encode())
        return self.post("application/x-www-form-urlencoded", urlencode(fields).encode())

    def body(self, seen: Seen, stored: bool) -> tuple[str, bytes]:
        """Content type and bytes of a record, as this family sends it."""
        second, colour = int(seen.taken_at.timestamp()), COLOURS[self.family][seen.colour]
        if self.family == "vzenith":
            plate = {
                "license": seen.text or "_无_", "colorType": colour, "type": 1, "confidence": seen.confidence,
                "triggerType": 8, "direction": 4, "plateid": seen.number, "isoffline": int(stored), "is_fake_plate": 0,
                "gioouts": [{"ionum": 0, "ctrltype": 0}],
                "timeStamp": {"Timeval": {"sec": second, "usec": 250_000}},
                "imageFile": base64.b64encode(self.picture).decode(), "imageFileLen": len(self.picture),
            }  # fmt: skip
            alarm = {"serialno": self.serial, "ipaddr": "192.0.2.64", "result": {"PlateResult": plate}}
            return "application/json", json.dumps({"AlarmInfoPlate": alarm}).encode()
        if self.family == "huaxia":
            coded = base64.b64encode(self.picture).decode().translate(str.maketrans("+/=", "-_."))
            fields = {
                "type": "offline" if stored else "online", "mode": "5", "cam_id": self.serial,
                "plate_num": seen.text or "无牌车", "plate_color": colour, "start_time": second,
                "confidence": seen.confidence, "picture": coded,
            }  # fmt: skip
            return "application/x-www-form-urlencoded", urlencode(fields).encode()
        xml = (
            '<EventNotificationAlert xmlns="http://www.hikvision.com/ver20/XMLSchema">'
            f"<deviceID>{self.serial}</deviceID><dateTime>{seen.taken_at.astimezone(SHANGHAI).isoformat()}</dateTime>"
            f"<activePostCount>{seen.number}</activePostCount><eventType>ANPR</eventType><eventState>active</eventState>"
            f"<isDataRetransmission>{'true' if stored else 'false'}</isDataRetransmission>"
            f"<UUID>sim-{seen.number}</UUID>"
            f"<ANPR><licensePlate>{seen.text or 'unknown'}</licensePlate>"
            f"<confidenceLevel>{seen.confidence}</confidenceLevel>"
            f"<plateColor>{colour}</plateColor></ANPR></EventNotificationAlert>"
        ).encode()
        parts = (
            b'--BORDER\r\nContent-Disposition: form-data; name="anpr.xml"\r\nContent-Type: application/xml\r\n\r\n'
            + xml
            + b'\r\n--BORDER\r\nContent-Disposition: form-data; name="detectionPicture.jpg"\r\n'
            + b"Content-Type: image/jpeg\r\n\r\n" + self.picture + b"\r\n--BORDER--\r\n"
        )  # fmt: skip
        return "multipart/form-data; boundary=BORDER", parts

    def post(self, kind: str, body: bytes, path: str | None = None) -> Told:
        """Any bytes, to this camera's path or another."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request("POST", path or f"/{self.secret}", body, {"Content-Type": kind})
            answer = line.getresponse()
            return self._told(answer.status, answer.read())
        finally:
            line.close()

    def _told(self, status: int, body: bytes) -> Told:
        try:
            said = json.loads(body)
        except ValueError:
            said = {}
        answer = said.get("Response_AlarmInfoPlate", {})
        opened = answer.get("info") == "ok" or any(one.get("action") == "on" for one in said.get("gpio_data", ()))
        return Told(status, body, opened, "ContinuePushOffline" in answer)
