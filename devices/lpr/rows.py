"""The addresses of cameras that push plates: where the camera is, what it is called, where we listen for it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from devices.address import Address, Choice, FilePath, Grammar, Parameter, Place, Serial, Whole
from devices.errors import AddressError, NotSetUp
from devices.ports import PlateCamera
from devices.rows import Row
from devices.transport.memory import Cables

FAMILY_NAMES = ("vzenith", "huaxia", "hikvision")
_PUSHED: Mapping[str, Parameter] = {
    "serial": Serial(),
    "key_file": FilePath(),
    "listen": Whole(0, 65535, default=8600),
    "gate": Choice(("relay", "camera"), default="relay"),
}


def _pushed(family: str) -> Callable[[Address, Cables | None], PlateCamera]:
    def opened(address: Address, _: Cables | None) -> PlateCamera:
        from devices.lpr.families import FAMILIES
        from devices.lpr.listener import PushCamera
        from devices.private_file import read_private

        try:
            peer = str(ipaddress.ip_address(address.where.strip("[]")))
        except ValueError:
            raise AddressError(
                f"{address}: the camera is named by its number, as in {address.scheme}://192.168.1.64, and no port"
            ) from None
        if address.word("gate") == "camera" and not FAMILIES[family].replies:
            raise AddressError(f"{address}: an answer opens nothing at this family; gate=relay")
        secret = read_private(address.word("key_file"), "the camera's secret path")
        if not re.fullmatch(r"[A-Za-z0-9_\-]{16,64}", secret):
            raise NotSetUp("the camera's secret path has 16 to 64 letters, digits, '_' or '-'")
        return PushCamera(
            FAMILIES[family], peer=peer, serial=address.word("serial"), secret=secret, port=address.whole("listen"),
            gate_is_cameras=address.word("gate") == "camera",
        )  # fmt: skip

    return opened


PLATE_CAMERAS: Mapping[str, Row[PlateCamera]] = {
    f"lpr+{family}": Row(Grammar(Place.HOST_PORT, _PUSHED), _pushed(family)) for family in FAMILY_NAMES
}
