"""Which lines of this computer the devices of a site take. Pure: one line has one opener."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from devices.registry import check_address, relay_board_facts

Key = tuple[str | int, ...]
RTSP_PORT = 554

KINDS = {
    "relay": ("继电器板", "a relay board"),
    "inputs": ("继电器板", "a relay board"),
    "scanner": ("扫码器", "a code scanner"),
    "reader": ("读卡器", "a reader"),
    "camera": ("摄像头", "a camera"),
    "camera_nir": ("摄像头", "a camera"),
    "plate_camera": ("车牌相机", "a camera that reads plates"),
    "board": ("显示屏", "a lane board"),
}


def lines_of(key: str, address: str) -> frozenset[str]:
    """What of this computer the device takes that is written under `key`."""
    if key in ("relay", "inputs"):
        return relay_board_facts(address).lines
    return frozenset({check_address(address).where})


def same_camera(one: str, other: str) -> bool:
    """Whether both addresses are of one picture. A network camera has many, told apart by all of the address but who
    asks; of a camera of this computer what follows the question mark is only how it is read."""
    if not one.startswith("rtsp") or not other.startswith("rtsp"):
        return lines_of("camera", one) == lines_of("camera", other)
    first, second = urlsplit(one), urlsplit(other)
    return (first.hostname, first.port or RTSP_PORT, first.path, first.query) == (
        second.hostname, second.port or RTSP_PORT, second.path, second.query
    )  # fmt: skip


class Taken(NamedTuple):
    """A line that devices of two kinds are said to hang on: where that is written, and where it was written first."""

    here: Key
    before: Key
    text: str


def taken_by_two_kinds(lanes: Iterable[Mapping[str, frozenset[str]]]) -> Taken | None:
    """The first line that is named for two kinds of device. `lanes`: by key, what of this computer its device takes.

    Devices of one kind are judged by the rules of that kind, which say more.
    """
    first: dict[str, tuple[int, str]] = {}
    for index, lane in enumerate(lanes):
        for key, lines in lane.items():
            for line in sorted(lines):
                lane_before, key_before = first.setdefault(line, (index, key))
                if KINDS[key] == KINDS[key_before]:
                    continue
                zh, en = KINDS[key_before]
                text = (
                    f"{line} 已写作{zh}，一条线只接一种设备 / {line} is named for {en} already, and one line has one "
                    "opener"
                )
                return Taken(("lane", index, key), ("lane", lane_before, key_before), text)
    return None
