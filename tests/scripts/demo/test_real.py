"""What a person typed for a real device, and the address that comes of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.errors import AddressError
from devices.registry import check_address
from scripts import options
from scripts.demo.real import camera_address, real_devices
from tests.scripts.test_words import in_both


def video(path: Path) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 48))
    for shade in (0, 120, 240):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    return path


def test_a_video_or_a_folder_with_a_space_or_a_percent_in_its_path_becomes_an_address(tmp_path: Path) -> None:
    home = tmp_path / "我的 门庭 50%20"
    home.mkdir()
    file = video(home / "east gate.avi")
    address = check_address(camera_address(str(file)), "camera")
    assert (address.scheme, address.where, address.whole("loop")) == ("camera+file", str(file), 1)
    assert cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "a.png").rename(home / "a.png")
    assert check_address(camera_address(str(home)), "camera").where == str(home)


def test_a_file_that_is_no_video_and_a_folder_without_pictures_are_refused_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scripts.demo.real.LOOK_S", 0.05)
    text = tmp_path / "README.md"
    text.write_text("# 门庭\n")
    (tmp_path / "empty.mp4").touch()
    for given in (text, tmp_path / "empty.mp4", tmp_path):
        with pytest.raises(AddressError) as refused:
            real_devices(options.run().parse_args(["--camera", str(given)]))
        zh, en = str(refused.value).splitlines()
        assert in_both(str(refused.value)) and given.name in zh and given.name in en
    assert "WARN" not in capfd.readouterr().err, "the words are all that is told"


@pytest.mark.parametrize(
    ("option", "given"),
    [("--relay", "scaner+serial:///dev/null"), ("--relay", "scanner+serial:///dev/null"),
     ("--scanner", "modbus+serial:///dev/null?profile=waveshare-8"), ("--scanner", "what://x")],
)  # fmt: skip
def test_only_the_kinds_of_that_option_are_named(option: str, given: str) -> None:
    with pytest.raises(AddressError) as refused:
        real_devices(options.run().parse_args([option, given]))
    told = str(refused.value)
    zh, en = told.splitlines()
    assert in_both(told) and "+memory" not in told and "rtsp" not in told
    named = "modbus+serial" if option == "--relay" else "scanner+serial"
    assert named in zh.split("可写")[1] and named in en.split("allowed")[1]


def test_an_address_stays_what_it_is(tmp_path: Path) -> None:
    assert camera_address("rtsp://user:x@10.0.0.9/live") == "rtsp://user:x@10.0.0.9/live"
    assert real_devices(options.run().parse_args(["--scanner", "scanner+serial:///dev/null"])) == {
        "scanner": "scanner+serial:///dev/null"
    }


def test_one_line_given_to_two_kinds_of_device_is_refused_in_both_languages() -> None:
    given = ["--scanner", "scanner+serial:///dev/null", "--relay", "modbus+serial:///dev/null?profile=waveshare-8"]
    with pytest.raises(AddressError) as refused:
        real_devices(options.run().parse_args(given))
    zh, en = str(refused.value).splitlines()
    assert in_both(str(refused.value)) and "/dev/null" in zh and "/dev/null" in en and "opener" in en
