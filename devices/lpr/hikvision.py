"""Hikvision's ANPR event as a camera pushes it. Pure: a body in, a value out, and the reply.

    camera -> edge   POST, multipart: one part XML, the others JPEG   or the XML alone
        <EventNotificationAlert> eventType ANPR, dateTime, UUID, activePostCount, eventState
           <ANPR> licensePlate, confidenceLevel, plateType, plateColor, ... </ANPR>
    edge -> camera   200, empty: the reply carries nothing, and opens nothing

Source: DEVICES 8.3 and public copies of the interface's enumerations; no camera was ever attached. The barrier at the
camera (ISAPI barrierGate) is not driven from here. Entities are not expanded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from devices.lpr.forms import parts
from devices.lpr.records import Heartbeat, Other, Pushed, Reply, Unreadable, jpeg, plate_text, score, word
from devices.ports import PlateRecord
from models.values.plate import PlateColour

NO_PLATE = ("无牌车", "无车牌", "unknown", "noPlate", "")
COLOURS = {
    "blue": PlateColour.BLUE, "yellow": PlateColour.YELLOW, "white": PlateColour.WHITE, "black": PlateColour.BLACK,
    "green": PlateColour.GREEN, "newEnergyGreen": PlateColour.GREEN,
    "newEnergyYellowGreen": PlateColour.YELLOW_GREEN,
}  # fmt: skip
XML_MAX = 256 << 10
PLATE = "ANPR"
SIGN_OF_LIFE = ("videoloss", "heartBeat")
"""An event of this kind that is not active is how such a camera says that it is there."""


def parse(content_type: str, body: bytes) -> Pushed:
    """What was pushed."""
    pictures: list[bytes] = []
    told = b"" if content_type.lower().startswith("multipart/") else body
    for _, kind, data in parts(content_type, body) if not told else ():
        if kind.endswith("/xml") and not told:
            told = data
        elif (whole := jpeg(data)) and len(pictures) < 2:
            pictures.append(whole)
    if not told or len(told) > XML_MAX:
        return Unreadable("no event, or one that is too long")
    try:
        event = fromstring(told, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # the last: in an alphabet that nobody has
        return Unreadable("no XML, or XML with entities")
    return _event(event, pictures)


def _event(event: Element, pictures: list[bytes]) -> Pushed:
    serial, kind = _said(event, "deviceID") or _said(event, "macAddress"), _said(event, "eventType")
    if kind in SIGN_OF_LIFE:
        return Heartbeat(serial)
    anpr = next((one for one in event if _name(one) == PLATE), None)
    if kind != PLATE or anpr is None:
        return Other(serial, kind) if kind else Unreadable("an event without its type")
    number = _said(event, "UUID") or f"{_said(event, 'dateTime')}#{_said(event, 'activePostCount')}"
    colour = _said(anpr, "plateColor")
    return PlateRecord(
        serial=serial,
        record=number,
        text=plate_text(_said(anpr, "licensePlate"), NO_PLATE),
        colour=COLOURS.get(colour, PlateColour.UNKNOWN),
        colour_code=colour,
        kind_code=_said(anpr, "plateType"),
        trigger_code=_said(event, "eventState"),
        score=score(_said(anpr, "confidenceLevel")),
        taken_at=_time(_said(event, "dateTime")),
        stored=_said(event, "isDataRetransmission") == "true",
        picture=max(pictures, key=len, default=b""),
        crop=min(pictures, key=len) if len(pictures) > 1 else b"",
    )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _said(element: Element, name: str) -> str:
    return next((word((one.text or "").strip()) for one in element if _name(one) == name), "")


def _time(text: str) -> datetime | None:
    """A camera that does not say its offset says nothing that could be compared."""
    try:
        when = datetime.fromisoformat(text)
        return when.astimezone(UTC) if when.tzinfo is not None else None
    except (ValueError, OverflowError):  # the last: beyond the first or the last day that there is
        return None


def reply(record: PlateRecord, answer: Reply) -> bytes:
    """Nothing: this family's answer carries no command."""
    return b""


def heard(pushed: Heartbeat | Other) -> bytes:
    """The answer to what asks for none."""
    return b""
