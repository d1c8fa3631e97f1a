"""Which ports of this computer a site listens on. Pure: one port has one listener."""

from collections.abc import Iterable
from ipaddress import ip_address

from devices.registry import check_address
from edge.site_lines import Key, Taken

SCREENS = ("通道屏幕页", "the lanes' screens")
INTERCOMS = ("对讲机", "the intercoms")
PLATES = ("另一台车牌相机", "another camera that reads plates")


def port_taken_twice(
    console: int | None, intercoms: tuple[str, int] | None, plates: Iterable[str | None]
) -> Taken | None:
    """The first port that two are to listen on. `console`: on this computer alone; `intercoms`: address and port;
    `plates`: of each lane, the address of its plate camera. None: nobody listens."""
    asked: list[tuple[Key, str, int, tuple[str, str]]] = []
    if console is not None:
        asked.append((("console", "port"), "127.0.0.1", console, SCREENS))
    if intercoms is not None:
        asked.append((("intercoms", "port"), *intercoms, INTERCOMS))
    for index, address in enumerate(plates):
        if address is not None and (port := check_address(address).options.get("listen")):
            asked.append((("lane", index, "plate_camera"), "", int(str(port)), PLATES))
    for number, (here, listen, port, _) in enumerate(asked):
        for before, at, taken, (zh, en) in asked[:number]:
            if port == taken and (listen == at or _everywhere(listen) or _everywhere(at)):
                text = f"端口 {port} 已用于{zh}，请换一个 / port {port} is that of {en} already; choose another"
                return Taken(here, before, text)
    return None


def _everywhere(listen: str) -> bool:
    """On every address of this computer."""
    return not listen or ip_address(listen).is_unspecified
