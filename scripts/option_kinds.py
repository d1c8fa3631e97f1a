"""What a word on the command line of these programs must be, said before anything is set up. Standard library alone."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from models.command_line import GAP


def file_to_write(*endings: str) -> Callable[[str], Path]:
    """A type for `add_argument`: a file that can be written, so that no figure of an hour has nowhere to go."""

    def file(text: str) -> Path:
        path = Path(text)
        if path.is_dir():
            raise _wrong(f"{text} 是文件夹，请写出文件名", f"{text} is a folder; give the name of a file")
        if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
            raise _wrong(
                f"写不了 {text}：请先建好它的文件夹，并确认可写",
                f"{text} cannot be written; make its folder first, and see that it may be written",
            )
        if endings and path.suffix.lower() not in endings:
            told = ", ".join(endings)
            raise _wrong(f"{text} 的结尾应是 {told}", f"{text} should end in one of {told}")
        return path

    return file


def folder_there(text: str) -> Path:
    """A type for `add_argument`: a folder that is there."""
    if not Path(text).is_dir():
        raise _wrong(f"没有文件夹 {text}，请检查路径", f"there is no folder {text}; check the path")
    return Path(text)


def device_address(ready: str, only: tuple[str, ...] = ()) -> Callable[[str], str]:
    """A type for `add_argument`: what can be an address of a device here. The driver's own grammar is asked later.

    ready: one that is right for most, with {} where the line stands; whoever writes a bare line is given it whole.
    only: the kinds that can be used here, where others cannot.
    """

    def address(text: str) -> str:
        kind, there, rest = text.partition("://")
        if not there:
            example = ready.format(text if text.startswith("/dev/") else "/dev/ttyUSB0")
            raise _wrong(
                f"{text} 不是设备地址：要写成 种类://位置，例如 {example}",
                f"{text} is no device address: write kind://place, such as {example}",
            )
        if only and kind not in only:
            listed = ", ".join(only)
            raise _wrong(f"{kind}:// 不能录；能录 {listed}", f"{kind}:// cannot be recorded; these can: {listed}")
        _demand_line(rest)
        return text

    return address


def _demand_line(rest: str) -> None:
    where = rest.partition("?")[0]
    if where.startswith("/") and not Path(unquote(where)).exists():
        raise _wrong(f"没有 {where}，请检查是否插好", f"there is no {where}; is it plugged in?")


def camera(text: str) -> str:
    """A type for `add_argument`: a number of a camera here, a file, a folder, or an address."""
    if text.isdigit():
        _demand_line(f"/dev/video{text}")
    elif not Path(text).exists():
        if "://" not in text:
            raise _wrong(
                f"没有文件或文件夹 {text}；可写：0（第一个摄像头）、视频文件、图片文件夹，或 rtsp://用户:密码@主机/路径",
                f"there is no file or folder {text}; give 0 (the first camera), a video file, a folder of pictures, or "
                "rtsp://user:password@host/path",
            )
        _demand_line(text.partition("://")[2])
    return text


def _wrong(zh: str, en: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"{zh}{GAP}{en}")
