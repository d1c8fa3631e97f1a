"""What is plugged in. Looking opens no serial line and no camera, and moves nothing."""

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from serial.tools import list_ports

from edge.console.words import Line

log = logging.getLogger(__name__)
DISCOVER_S = 4.0
NO_DESCRIPTION = "n/a"
"""What pyserial calls a port that tells nothing of itself."""


class Plug(StrEnum):
    """By which kind of connection something was found."""

    SERIAL = "serial"
    VIDEO = "video"
    KEYS = "keys"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Found:
    """`where` is what an address names: a path that stays the same when plugs are changed, or a host's URL."""

    plug: Plug
    where: str
    label: str | Line
    stable: bool = True
    """False: the name may belong to another device after a restart (/dev/ttyUSB0)."""
    scheme: str = ""
    """What it surely is, where that is known."""
    given: tuple[tuple[str, str], ...] = ()
    """What of its address is known besides: parameter and value."""

    @property
    def link(self) -> dict[str, str]:
        """What the form for it begins with."""
        return {**dict(self.given), "plug": self.plug.value, "where": self.where, "scheme": self.scheme}


def look(dev: Path = Path("/dev"), extra: Iterable[Found] = ()) -> tuple[Found, ...]:
    """Everything on this machine, serial ports first. `extra`: what is simulated."""
    return (*extra, *_serial(dev), *_video(dev), *_keys(dev))


def _stable_names(folder: Path) -> dict[Path, Path]:
    """Device -> its name by id, which survives other plugs and other sockets."""
    try:
        return {link.resolve(): link for link in sorted(folder.iterdir(), reverse=True)}
    except OSError:
        return {}


def _serial(dev: Path) -> list[Found]:
    names = _stable_names(dev / "serial" / "by-id")
    found = []
    for port in sorted(list_ports.comports(), key=lambda port: str(port.device)):
        path = Path(port.device)
        if port.subsystem == "platform":
            continue  # sockets of the board that exist whether or not anything is wired
        name = names.get(path.resolve(), path)
        about = " ".join(part for part in (port.manufacturer, port.product) if part) or port.description
        label = path.name if about in ("", NO_DESCRIPTION) else f"{about} ({path.name})"
        found.append(Found(Plug.SERIAL, str(name), label, name is not path))
    return found


def _video(dev: Path) -> list[Found]:
    names = _stable_names(dev / "v4l" / "by-id")
    found = []
    for path in sorted(dev.glob("video[0-9]*")):
        about = Path("/sys/class/video4linux") / path.name / "name"
        label = about.read_text("utf-8", errors="replace").strip() if about.is_file() else path.name
        name = names.get(path.resolve(), path)
        found.append(Found(Plug.VIDEO, str(name), f"{label} ({path.name})", name is not path))
    return found


def _keys(dev: Path) -> list[Found]:
    """Keyboards by id: a reader that types is one. Which of them is a reader the technician sees by its name."""
    found = []
    for path in sorted((dev / "input" / "by-id").glob("*-event-kbd")):
        label = path.name.removesuffix("-event-kbd").replace("_", " ")
        try:
            import evdev

            device = evdev.InputDevice(str(path))
            label = device.name or label
            device.close()
        except (ImportError, OSError) as error:
            log.info("%s is listed by its name only: %s", path, error)
        found.append(Found(Plug.KEYS, str(path), label))
    return found


def look_on_the_network(discover: Callable[[float], Any] | None = None) -> tuple[Found, ...] | None:
    """Cameras that answer an ONVIF search. None where this version cannot search. Raises OSError."""
    discover = discover or _discoverer()
    if discover is None:
        return None
    told = discover(DISCOVER_S)
    if asyncio.iscoroutine(told):
        told = asyncio.run(told)
    return tuple(_camera(each) for each in told)


def _discoverer() -> Callable[[float], Any] | None:
    try:
        module = importlib.import_module("devices.camera.onvif")
    except ImportError:
        return None
    discover: Callable[[float], Any] | None = getattr(module, "discover", None)
    return discover


def _camera(each: Any) -> Found:
    """From whatever the search tells about one camera: it has an address and perhaps a name."""
    where = next((str(value) for name in ("host", "url", "xaddr", "address") if (value := getattr(each, name, ""))), "")
    return Found(Plug.NETWORK, where or str(each), str(getattr(each, "name", "") or where or each)[:80])
