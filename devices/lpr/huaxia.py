"""Huaxia cameras in their HTTP mode 5. Pure: a body in, a value out, and the reply.

    camera -> edge   POST, form   type=online|offline|heartbeat  plate_num=  plate_color=  start_time=  cam_id=
                                  picture=  closeup_pic=   base64 with - _ . in place of + / =
    edge -> camera   200, JSON    {"error_num":"0","error_str":"no error","gpio_data":[{"ionum":"io1","action":"on"}]}
                                  numbers are text; gpio_data opens the camera's own relay

Source: the maker's document V1.12 by way of DEVICES 8.2, and public code that receives it; no camera was ever attached.
A record has no number of its own: camera, second and plate tell a record that is sent twice.
"""

from __future__ import annotations

import json
from typing import Any

from devices.lpr.forms import fields
from devices.lpr.records import (
    Heartbeat,
    Other,
    Pushed,
    Reply,
    Unreadable,
    device_time,
    picture,
    plate_text,
    score,
    word,
)
from devices.ports import PlateRecord
from models.values.plate import PlateColour

NO_PLATE = ("无牌车", "无", "_无_", "")
COLOURS = {
    "蓝": PlateColour.BLUE, "黄": PlateColour.YELLOW, "白": PlateColour.WHITE, "黑": PlateColour.BLACK,
    "绿": PlateColour.GREEN, "黄绿": PlateColour.YELLOW_GREEN,
}  # fmt: skip
STORED = "offline"
HEARTBEAT = "heartbeat"
LIVE = "online"


def parse(content_type: str, body: bytes) -> Pushed:
    """What was pushed."""
    said = fields(content_type, body)
    serial, kind = word(said.get("cam_id")), said.get("type", "")
    if kind == HEARTBEAT:
        return Heartbeat(serial)
    if kind not in (LIVE, STORED):
        return Other(serial, word(kind)) if kind else Unreadable("a form without type")
    text, colour, second = (
        plate_text(said.get("plate_num"), NO_PLATE),
        word(said.get("plate_color")),
        said.get("start_time"),
    )
    if not (number := word(second)):
        return Unreadable("a plate push without its time")
    return PlateRecord(
        serial=serial,
        record=f"{number}@{text}",
        text=text,
        colour=COLOURS.get(colour.removesuffix("色"), PlateColour.UNKNOWN),
        colour_code=colour,
        kind_code=word(said.get("vehicle_type")),
        trigger_code=word(said.get("triger_type")),
        score=score(said.get("confidence")),
        taken_at=device_time(second),
        stored=kind == STORED,
        fake=said.get("plate_val") == "1",
        picture=picture(said.get("picture"), url_safe=True),
        crop=picture(said.get("closeup_pic"), url_safe=True),
    )


def reply(record: PlateRecord, answer: Reply) -> bytes:
    """The answer to a record. Never opens for one that was stored (S14). The serial line is not used: undocumented."""
    said: dict[str, Any] = {"error_num": "0", "error_str": "no error"}
    if answer.opens and not record.stored:
        said["gpio_data"] = [{"ionum": "io1", "action": "on"}]
    return json.dumps(said).encode()


def heard(pushed: Heartbeat | Other) -> bytes:
    """The answer to what asks for none."""
    return json.dumps({"error_num": "0", "error_str": "no error"}).encode()
