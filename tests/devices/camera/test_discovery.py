"""Who answers a search, and what answers are worth: nothing in them is followed."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.camera import discovery as module
from devices.camera.discovery import answer, discover, probe
from devices.sim.onvif_camera import ELSEWHERE, Answers, OnvifCameraSim, probe_match


@pytest.fixture
def sim() -> Iterator[OnvifCameraSim]:
    camera = OnvifCameraSim(name="East%20Gate%0A")
    yield camera
    camera.close()


@pytest.mark.req("INT-05")
def test_a_camera_is_found_by_who_answers_whatever_address_it_tells(sim: OnvifCameraSim) -> None:
    (found,) = discover(0.4, to=sim.discovery)
    assert (found.host, found.name, found.hardware) == (sim.host, "East Gate", "SIM-1")
    assert found.xaddr == f"http://{sim.host}/onvif/device_service" and ELSEWHERE not in repr(found)


def test_one_who_is_asked_twice_is_found_once(sim: OnvifCameraSim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    assert len(discover(0.4, to=sim.discovery)) == 1


@pytest.mark.parametrize("answers", [Answers.BOMB, Answers.WEB_PAGE, Answers.SILENCE])
def test_documents_with_entities_and_other_answers_are_no_camera(sim: OnvifCameraSim, answers: Answers) -> None:
    sim.answers = answers
    assert discover(0.2, to=sim.discovery) == ()
    assert answer(sim.probe_match("uuid:7"), "192.0.2.1", "uuid:7") is None or answers is Answers.SILENCE


def test_an_answer_to_somebody_elses_question_is_none_of_ours(sim: OnvifCameraSim) -> None:
    told = sim.probe_match("uuid:7")
    assert answer(told, "192.0.2.1", "uuid:7") is not None
    assert answer(told, "192.0.2.1", "uuid:8") is None


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://192.0.2.9:99999/x", "http://192.0.2.9", "gopher://192.0.2.9/x", "http://[/"],
)
def test_addresses_that_are_none_are_passed_over(sim: OnvifCameraSim, address: str) -> None:
    told = sim.probe_match("uuid:7").replace(f"http://{ELSEWHERE}:".encode(), b"http://x:")
    own = told.partition(b"<d:XAddrs>")[2].partition(b"<")[0]
    assert answer(told.replace(own, address.encode()), "192.0.2.1", "uuid:7") is None
    both = answer(told.replace(own, address.encode() + b" http://x/onvif"), "192.0.2.1", "uuid:7")
    assert both is not None and both.xaddr == "http://192.0.2.1/onvif"


MATCH = probe_match("uuid:7", 80, "gate")


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_nothing(data: bytes) -> None:
    assert answer(data, "192.0.2.1", "uuid:7") is None


@given(st.integers(0, 1400), st.binary(min_size=1, max_size=8))
def test_a_damaged_answer_names_no_other_host(at: int, noise: bytes) -> None:
    told = MATCH[:at] + noise + MATCH[at + len(noise) :]
    found = answer(told, "192.0.2.1", "uuid:7")
    assert found is None or found.host.partition(":")[0] == "192.0.2.1"


def test_a_machine_without_a_network_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_nameindex", list)
    with pytest.raises(OSError, match="no network"):
        discover(0.1)


def test_the_question_is_the_one_that_cameras_know() -> None:
    asked = probe("uuid:7")
    assert b"uuid:7" in asked and b"NetworkVideoTransmitter" in asked and len(asked) < 1400
