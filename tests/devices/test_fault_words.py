"""A fault of a device is told in Chinese with its cause and what to do: real drivers where nothing answers."""

from __future__ import annotations

import errno
import os
import re
import socket
from pathlib import Path

import av.error
import pytest

from devices.camera.rtsp import told
from devices.camera.scene import Shown
from devices.camera.watchdog import Health
from devices.errors import DeviceError, NotSetUp, Unreachable, said
from devices.fault_words import OTHER, cause_zh
from devices.registry import open_camera
from devices.transport.serial import SerialLine
from devices.transport.tcp import TcpLine

CAMERA_SAYS = [
    (av.error.HTTPUnauthorizedError(401, "no"), "用户名或密码"),
    (av.error.HTTPNotFoundError(404, "no"), "没有这一路码流"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "端口"),
    (TimeoutError(), "没有应答"),
    (av.error.InvalidDataError(1, "no"), "不是摄像头"),
    (OSError(errno.EHOSTUNREACH, "no"), "网线"),
    (OSError(errno.EIO, "no"), "主机名"),
]


@pytest.mark.parametrize(("error", "zh"), CAMERA_SAYS)
def test_what_a_network_camera_answers_is_told_with_what_to_do(error: Exception, zh: str) -> None:
    assert zh in cause_zh(said(told("rtsp://camera/live", error)))
    assert zh in cause_zh(f"picture stale: {told('rtsp://camera/live', error)}")


def test_a_port_where_nobody_listens_refuses_and_a_name_that_is_unknown_is_not_there() -> None:
    with socket.socket() as taken:  # bound, and not listening: nobody else is given it meanwhile
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable) as refused:
            TcpLine("127.0.0.1", taken.getsockname()[1])
    assert "连接被拒绝" in cause_zh(said(refused.value)) and "地址、端口" in cause_zh(said(refused.value))
    waiting = f"Unreachable: next try in 3.0 s; last error: {refused.value}"
    assert cause_zh(waiting) == cause_zh(said(refused.value))


def test_a_line_and_a_film_that_are_not_there_are_looked_for(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as no_line:
        SerialLine(str(tmp_path / "ttyUSB0"), baud=9600)
    with pytest.raises(Unreachable) as no_film:
        open_camera(f"camera+file://{tmp_path}/lane.mp4")
    for error in (no_line.value, no_film.value):
        assert "没有这个文件或接口" in cause_zh(said(error))


@pytest.mark.parametrize("number", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EACCES])
def test_what_the_system_says_is_told_in_chinese(number: int) -> None:
    told_zh = cause_zh(f"Unreachable: 10.0.0.5:502 cannot be reached: {os.strerror(number)}")
    assert "请" in told_zh and not re.search("[A-Z]", told_zh)


def test_every_kind_has_words_and_no_other_is_guessed_at() -> None:
    drivers = [said(kind("something else")) for kind in (*DeviceError.__subclasses__(), NotSetUp)]
    pictures = [f"picture {one.value}" for one in (*Health, *Shown) if one not in (Health.OK, Shown.CLEAR)]
    for fault in (*drivers, *pictures, "another view than before"):
        assert cause_zh(fault) != OTHER and "请" in cause_zh(fault)
    assert cause_zh("no_face_models") == OTHER
