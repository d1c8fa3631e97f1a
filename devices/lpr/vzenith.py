"""Vzenith R3/R5/RX and the many cameras that speak as they do. Pure: a body in, a value out, and the reply.

    camera -> edge   POST, JSON   { "AlarmInfoPlate": { serialno, ..., "result": { "PlateResult": { license, ... } } } }
    edge -> camera   200, JSON    { "Response_AlarmInfoPlate": { "info": "no", ... } }
                                     info "ok" opens the camera's own relay, whatever else it means
    camera -> edge   POST, form   heartbeat: serialno, ..., pass_wd   (the password in clear: dropped here)

Some clones send a record again and again until the answer's `content` is `retransfer_stop` (DEVICES 8.1). It is said to
the second sending and not to the first: elsewhere `content` is a text for the driver.

Source: the maker's HTTP document 1.9.7, read in full (DEVICES 8.1); no camera was ever attached. Clones differ in the
codes of `type` and `triggerType`: these are kept as written.
"""

from __future__ import annotations

import base64
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
    whole,
    word,
)
from devices.ports import PlateRecord
from models.values.plate import PlateColour

NO_PLATE = ("_无_", "无", "")
COLOURS = {
    1: PlateColour.BLUE, 2: PlateColour.YELLOW, 3: PlateColour.WHITE, 4: PlateColour.BLACK, 5: PlateColour.GREEN,
    6: PlateColour.YELLOW_GREEN,
}  # fmt: skip
"""One clone's table stops at 5. What is not here stays unknown."""
FAKE_KIND, NO_PLATE_KIND = 29, 31
OPENED_BY_CAMERA = 2
OUTPUTS_MAX = 16
OTHERS = ("AlarmGioIn", "SerialData")


def parse(content_type: str, body: bytes) -> Pushed:
    """What was pushed."""
    if content_type.lower().startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        return _heartbeat(content_type, body)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):  # also text that is no UTF-8, and a number of thousands of digits
        return Unreadable("no JSON")
    if not isinstance(said, dict):
        return Unreadable("no JSON object")
    if isinstance(alarm := said.get("AlarmInfoPlate"), dict):
        return _record(alarm)
    for name in OTHERS:
        if isinstance(other := said.get(name), dict):
            return Other(word(other.get("serialno")), name)
    return Unreadable("none of the pushes that this family has")


def _record(alarm: dict[str, Any]) -> Pushed:
    result = alarm.get("result")
    plate = result.get("PlateResult") if isinstance(result, dict) else None
    if not isinstance(plate, dict):
        return Unreadable("a plate push without its result")
    number = word(plate.get("plateid"))
    if not number:
        return Unreadable("a plate push without the number of its record")
    stamp = plate.get("timeStamp")
    clock = stamp.get("Timeval") if isinstance(stamp, dict) else None
    seconds, micros = (clock.get("sec"), clock.get("usec")) if isinstance(clock, dict) else (None, 0)
    outputs = plate.get("gioouts")
    kind = whole(plate.get("type"))
    return PlateRecord(
        serial=word(alarm.get("serialno")),
        # numbers begin anew when a camera is reset: the second in which it was taken keeps two of them apart
        record=f"{number}@{word(seconds)}",
        text="" if kind == NO_PLATE_KIND else plate_text(plate.get("license"), NO_PLATE),
        colour=COLOURS.get(whole(plate.get("colorType")) or 0, PlateColour.UNKNOWN),
        colour_code=word(plate.get("colorType")),
        kind_code=word(plate.get("type")),
        trigger_code=word(plate.get("triggerType")),
        score=score(plate.get("confidence")),
        taken_at=device_time(seconds, micros),
        stored=_set(plate.get("isoffline")),
        fake=kind == FAKE_KIND or _set(plate.get("is_fake_plate")),
        opened=any(
            isinstance(one, dict) and whole(one.get("ctrltype")) == OPENED_BY_CAMERA
            for one in (outputs[:OUTPUTS_MAX] if isinstance(outputs, list) else ())
        ),
        picture=picture(plate.get("imageFile")),
        crop=picture(plate.get("imageFragmentFile")),
    )


def _set(said: object) -> bool:
    """Anything but a plain zero: a flag that forbids opening is believed when it is odd, too."""
    return said not in (None, 0, "0", False, "")


def _heartbeat(content_type: str, body: bytes) -> Pushed:
    serial = word(fields(content_type, body).get("serialno"))
    return Heartbeat(serial) if serial else Unreadable("a form without serialno")


def reply(record: PlateRecord, answer: Reply) -> bytes:
    """The answer to a record. Never opens for one that was stored (S14); asks for the next stored one instead."""
    said: dict[str, Any] = {"info": "ok" if answer.opens and not record.stored else "no"}
    if answer.board:
        data = base64.b64encode(answer.board).decode()
        said["serialData"] = [{"serialChannel": 0, "data": data, "dataLen": len(answer.board)}]
    if answer.again:
        said["content"] = "retransfer_stop"
    if record.stored:
        number = whole(record.record.partition("@")[0])
        said["ContinuePushOffline"] = {"plateid": number if number is not None else 0, "continue": 1}
    return json.dumps({"Response_AlarmInfoPlate": said}).encode()


def heard(pushed: Heartbeat | Other) -> bytes:
    """The answer to what asks for none."""
    return b"{}"
