"""The families of cameras that push plates, by the name that an address gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devices.lpr import hikvision, huaxia, vzenith
from devices.lpr.records import Heartbeat, Other, Pushed, Reply
from devices.ports import PlateRecord


@dataclass(frozen=True, slots=True)
class Family:
    """One codec. `replies`: an answer of ours can open the camera's own relay."""

    parse: Callable[[str, bytes], Pushed]
    reply: Callable[[PlateRecord, Reply], bytes]
    heard: Callable[[Heartbeat | Other], bytes]
    kind: str
    replies: bool


FAMILIES: Mapping[str, Family] = {
    "vzenith": Family(vzenith.parse, vzenith.reply, vzenith.heard, "application/json", replies=True),
    "huaxia": Family(huaxia.parse, huaxia.reply, huaxia.heard, "application/json", replies=True),
    "hikvision": Family(hikvision.parse, hikvision.reply, hikvision.heard, "text/plain", replies=False),
}
