"""The addresses of cameras."""

from __future__ import annotations

from collections.abc import Mapping

from devices.address import Address, Choice, Grammar, Number, Place, Whole
from devices.ports import Camera
from devices.rows import Row
from devices.transport.memory import Cables


def _folder(address: Address, _: Cables | None) -> Camera:
    from devices.camera.folder import FolderCamera, Mode

    return FolderCamera(address.where, fps=address.number("fps"), mode=Mode(address.word("mode")))


def _file(address: Address, _: Cables | None) -> Camera:
    from devices.camera.opencv_camera import open_file

    return open_file(address.where, loop=address.whole("loop") == 1)


def _v4l2(address: Address, _: Cables | None) -> Camera:
    from devices.camera.opencv_camera import open_v4l2

    return open_v4l2(
        address.where, width=address.whole("width"), height=address.whole("height"), fps=address.whole("fps")
    )


def _rtsp(address: Address, _: Cables | None) -> Camera:
    from devices.camera.opencv_camera import open_rtsp

    return open_rtsp(address)


CAMERAS: Mapping[str, Row[Camera]] = {
    "camera+folder": Row(
        Grammar(Place.PATH, {"fps": Number(0.1, 60, default=10), "mode": Choice(("loop", "newest"), default="loop")}),
        _folder,
    ),
    "camera+file": Row(Grammar(Place.PATH, {"loop": Whole(0, 1, default=0)}), _file),
    "camera+v4l2": Row(
        Grammar(
            Place.PATH,
            {
                "width": Whole(160, 7680, default=1280),
                "height": Whole(120, 4320, default=720),
                "fps": Whole(1, 120, default=25),
            },
        ),
        _v4l2,
    ),
    "rtsp": Row(Grammar(Place.HOST), _rtsp),
    "rtsps": Row(Grammar(Place.HOST), _rtsp),
}
