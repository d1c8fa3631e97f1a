"""`python -m edge cameras`: what a technician reads, and never a password."""

import pytest

from devices.camera.onvif import FoundCamera, Stream
from devices.errors import Refused
from edge.arguments import parser
from edge.cameras import list_cameras, list_streams

CAMERA = FoundCamera("192.0.2.5", "East Gate", "SIM-1", "http://192.0.2.5/onvif/device_service")
STREAM = Stream("main", "rtsp://192.0.2.5:554/live", None, "H264", 1920, 1080)


@pytest.mark.req("INT-05")
def test_what_is_found_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert list_cameras(1.0, lambda seconds: (CAMERA,)) == 0
    assert "192.0.2.5\tEast Gate\tSIM-1" in capsys.readouterr().out
    assert list_cameras(1.0, lambda seconds: ()) == 1
    said = capsys.readouterr().out
    assert "没有摄像头应答" in said and "No camera answered" in said


def test_a_machine_without_a_network_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    def none(seconds: float) -> tuple[FoundCamera, ...]:
        raise OSError("this machine has no network")

    assert list_cameras(1.0, none) == 1
    said = capsys.readouterr().err
    assert "请检查网线" in said and "check the cable" in said


def test_the_streams_of_one_camera_are_addresses_for_the_site_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert list_streams("192.0.2.5", "admin", "hunter2", lambda *_: (STREAM,)) == 0
    said = capsys.readouterr().out
    assert 'camera = "rtsp://admin:PASSWORD@192.0.2.5:554/live"' in said and "hunter2" not in said
    assert list_streams("192.0.2.5", "admin", "hunter2", lambda *_: ()) == 1

    def refuses(*_: str) -> tuple[Stream, ...]:
        raise Refused("192.0.2.5 does not take this user and password")

    assert list_streams("192.0.2.5", "admin", "hunter2", refuses) == 1
    assert "does not take this user and password" in capsys.readouterr().err


def test_no_site_file_is_needed() -> None:
    options = parser().parse_args(["cameras"])
    assert (options.host, options.user, options.seconds) == (None, "admin", 3.0)
