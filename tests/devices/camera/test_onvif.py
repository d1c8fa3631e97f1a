"""What a camera offers, by the real library against a simulated ONVIF camera."""

import os
import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from devices.address import AddressError, redact
from devices.camera.onvif import Stream, discover, streams, with_password
from devices.camera.rows import open_here
from devices.errors import Garbled, Refused, Unreachable
from devices.registry import check_address
from devices.sim.onvif_camera import ELSEWHERE, Answers, OnvifCameraSim
from devices.sim.rtsp_camera import RtspCameraSim

PASSWORD = "hunter2@:/#"


@pytest.fixture
def sims() -> Iterator[Callable[..., OnvifCameraSim]]:
    made: list[OnvifCameraSim] = []

    def make(**how: object) -> OnvifCameraSim:
        made.append(OnvifCameraSim(password=PASSWORD, **how))
        return made[-1]

    yield make
    for sim in made:
        sim.close()


@pytest.mark.req("INT-05")
def test_from_the_search_to_the_first_picture(sims: Callable[..., OnvifCameraSim]) -> None:
    video = RtspCameraSim([np.full((96, 128, 3), 90, dtype=np.uint8)], auth="digest", password=PASSWORD)
    sim = sims(rtsp_port=video.port)
    (found,) = discover(0.4, to=sim.discovery)
    main, sub = streams(found.host, "admin", PASSWORD)
    assert (main.name, main.codec, main.width, main.height) == ("main", "H264", 1920, 1080)
    assert (sub.name, sub.width) == ("sub", 640)
    assert main.snapshot == "http://127.0.0.1/snapshot.jpg?channel=1"
    camera = open_here(with_password(main.address, "admin", PASSWORD))
    assert camera.read(30) is not None
    camera.close()
    video.close()


def test_the_password_goes_to_the_host_that_was_asked_and_addresses_hold_none(
    sims: Callable[..., OnvifCameraSim],
) -> None:
    """The camera names another host for its services and streams, and an old password in the address."""
    told = streams(sims().host, "admin", PASSWORD)
    assert ELSEWHERE not in repr(told) and "stale" not in repr(told)
    assert {stream.address for stream in told} == {"rtsp://127.0.0.1:554/live"}


def test_a_camera_without_still_pictures_has_streams_all_the_same(sims: Callable[..., OnvifCameraSim]) -> None:
    assert [stream.snapshot for stream in streams(sims(snapshots=False).host, "admin", PASSWORD)] == [None, None]


@pytest.mark.parametrize(("user", "password"), [("admin", "wrong"), ("other", PASSWORD)])
def test_a_wrong_password_is_said_in_words(sims: Callable[..., OnvifCameraSim], user: str, password: str) -> None:
    sim = sims()
    with pytest.raises(Refused, match="does not take this user and password") as error:
        streams(sim.host, user, password)
    assert error.value.__cause__ is error.value.__context__ is None, "the library's error quotes what it sent"
    assert "GetProfiles" not in sim.asked


@pytest.mark.parametrize("answers", [Answers.BOMB, Answers.WEB_PAGE])
def test_a_document_with_growing_entities_or_none_at_all_is_refused(
    sims: Callable[..., OnvifCameraSim], answers: Answers
) -> None:
    sim = sims()
    sim.answers = answers
    with pytest.raises(Garbled, match="not as an ONVIF camera"):
        streams(sim.host, "admin", PASSWORD)


def test_silence_and_nobody_there_are_unreachable(sims: Callable[..., OnvifCameraSim]) -> None:
    sim = sims()
    sim.answers = Answers.SILENCE
    with pytest.raises(Unreachable, match="no answer in"):
        streams(sim.host, "admin", PASSWORD, timeout_s=0.3)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached"):
        streams(f"127.0.0.1:{port}", "admin", PASSWORD)


def test_an_address_with_its_password_is_one_that_the_site_file_takes() -> None:
    address = with_password(Stream("main", "rtsp://192.0.2.5:554/live?channel=1").address, "ad min", PASSWORD)
    assert check_address(address).where == "192.0.2.5:554"
    assert PASSWORD not in redact(address)
    with pytest.raises(AddressError):
        check_address("onvif://192.0.2.5")


def test_no_proxy_setting_of_the_node_is_lost(
    sims: Callable[..., OnvifCameraSim], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library takes them out of the environment, for the whole process."""
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    streams(sims().host, "admin", PASSWORD)
    assert os.environ["http_proxy"] == "http://proxy.invalid:3128"
