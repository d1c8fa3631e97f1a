"""The addresses of cameras. What decodes a stream does so in a process of its own (`child.py`).

A folder of pictures does not: it hands whole, finished files of a size that was looked at to a decoder of stills, and
is what tests and demonstrations use by the dozen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from devices.address import Address, Choice, FilePath, Grammar, HostName, Number, Place, Whole, parse_address
from devices.ports import Camera
from devices.rows import Row
from devices.transport.memory import Cables


def _folder(address: Address, _: Cables | None) -> Camera:
    from devices.camera.folder import FolderCamera, Mode

    return FolderCamera(address.where, fps=address.number("fps"), mode=Mode(address.word("mode")))


def _child(address: Address, _: Cables | None) -> Camera:
    from devices.camera.child import ChildCamera

    return ChildCamera(address)


def _file(address: Address) -> Camera:
    from devices.camera.opencv_camera import open_file

    return open_file(address.where, loop=address.whole("loop") == 1)


def _v4l2(address: Address) -> Camera:
    from devices.camera.opencv_camera import open_v4l2

    return open_v4l2(
        address.where, width=address.whole("width"), height=address.whole("height"), fps=address.whole("fps")
    )


def _rtsp(address: Address) -> Camera:
    from devices.camera.rtsp import open_rtsp

    return open_rtsp(address)


CAMERAS: Mapping[str, Row[Camera]] = {
    "camera+folder": Row(
        Grammar(
            Place.PATH,
            {"fps": Number(0.1, 60, default=10), "mode": Choice(("loop", "newest"), default="loop")},
            "/srv/pictures",
        ),
        _folder,
    ),
    "camera+file": Row(Grammar(Place.PATH, {"loop": Whole(0, 1, default=0)}, "/srv/lane.mp4"), _child),
    "camera+v4l2": Row(
        Grammar(
            Place.PATH,
            {
                "width": Whole(160, 7680, default=1280),
                "height": Whole(120, 4320, default=720),
                "fps": Whole(1, 120, default=25),
            },
            "/dev/video0",
        ),
        _child,
    ),
    "rtsp": Row(Grammar(Place.HOST), _child),
    "rtsps": Row(Grammar(Place.HOST, {"ca": FilePath(default=""), "name": HostName()}), _child),
}

IN_CHILD: Mapping[str, Callable[[Address], Camera]] = {
    "camera+file": _file,
    "camera+v4l2": _v4l2,
    "rtsp": _rtsp,
    "rtsps": _rtsp,
}


def open_here(text: str) -> Camera:
    """Open a camera that decodes a stream in this very process: for the child. Raises AddressError, DeviceError."""
    address = parse_address(text, {scheme: CAMERAS[scheme].grammar for scheme in IN_CHILD})
    return IN_CHILD[address.scheme](address)
