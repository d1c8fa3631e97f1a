"""The real devices that take the place of simulated ones at lane east-in: from what a person typed to an address."""

import argparse
from pathlib import Path
from urllib.parse import quote

from devices.errors import AddressError
from devices.registry import KEYS, check_address
from edge.site_lines import KINDS, lines_of, taken_by_two_kinds

LOOK_S = 2.0


def real_devices(options: argparse.Namespace) -> dict[str, str]:
    """By key of the site file. Raises AddressError, each language on its own line."""
    devices = {}
    for option in ("camera", "relay", "scanner"):
        text = getattr(options, option)
        if text is None:
            continue
        try:
            devices[option] = camera_address(text) if option == "camera" else text
            _check(devices[option], option)
        except AddressError as error:
            zh, _, en = str(error).partition(" / ")
            raise AddressError(f"--{option}：{zh}\n--{option}: {en}") from error
    twice = taken_by_two_kinds([{option: lines_of(option, address) for option, address in devices.items()}])
    if twice is not None:  # said before a community is made, not by the site file afterwards
        zh, _, en = twice.text.partition(" / ")
        raise AddressError(f"--{twice.here[-1]}：{zh}\n--{twice.here[-1]}: {en}")
    return devices


def camera_address(text: str) -> str:
    """`0` is the first camera of this machine; a file or folder plays in a loop; an address stays what it is. Raises
    AddressError where there is nothing to play."""
    if text.isdigit():
        return f"camera+v4l2:///dev/video{text}"
    path = Path(text).resolve()
    if "://" in text and not path.exists():
        return text
    where = quote(str(path))  # an address knows no space; the driver takes it back
    if path.is_dir():
        _demand_pictures(path)
        return f"camera+folder://{where}"
    _demand_video(path)
    return f"camera+file://{where}?loop=1"


def _check(address: str, option: str) -> None:
    """Only the kinds of this option are named: whoever writes a scanner is not helped by cameras."""
    parsed = check_address(address, option)
    if parsed.scheme not in KEYS[option]:
        zh, en = KINDS[option]
        known = ", ".join(scheme for scheme in KEYS[option] if not scheme.endswith("+memory"))
        raise AddressError(f"这不是{zh}的地址，可写：{known} / this is no address of {en}; allowed: {known}")
    if parsed.where.startswith("/") and not Path(parsed.where).exists():
        raise AddressError(f"没有 {parsed.where}，请检查是否插好 / there is no {parsed.where}; is it plugged in?")


def _demand_video(path: Path) -> None:
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what it has to say is said below, in words
    opened = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    shows = opened.isOpened() and opened.read()[0]
    opened.release()
    if not shows:
        raise AddressError(
            f"{path.name} 不是能播放的视频；请给 mp4 之类的视频文件，图片请放进一个文件夹再给文件夹 / {path.name} is "
            "no video that can be played; give a video file such as an mp4, or a folder with pictures in it"
        )


def _demand_pictures(folder: Path) -> None:
    from devices.camera.folder import FolderCamera

    camera = FolderCamera(folder)
    shows = camera.read(LOOK_S) is not None
    camera.close()
    if not shows:
        raise AddressError(
            f"文件夹 {folder.name} 里没有能看的图片；请放入 JPEG 或 PNG / the folder {folder.name} holds no picture "
            "that can be shown; put JPEG or PNG files there"
        )
