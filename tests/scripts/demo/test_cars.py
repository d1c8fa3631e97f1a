"""The cars of the demo: what the check expects of each, and that no plate among them can be somebody's."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.lpr.families import FAMILIES
from devices.lpr.listener import PushCamera
from devices.ports import Push
from models.access.decision import Outcome
from models.values.plate import PlateKind, kind_of, may_be_misread
from scripts.demo.cars import IN, OUT, POLICE, STRANGER, UNSEEN, Cars, Way, come
from scripts.demo.site import CAR_LANES
from scripts.demo.street import CarLane
from scripts.seed_parking import OVERSTAY
from scripts.seed_plates import PLATES
from tests.scripts.test_words import in_both

CARS = Cars({"plates": {name: sample.plate for name, sample in PLATES.items()}})


def test_every_plate_is_one_that_a_camera_could_read_and_none_is_near_a_permit() -> None:
    permits = [sample.plate for sample in PLATES.values()]
    for plate in (*permits, STRANGER, POLICE, UNSEEN, OVERSTAY):
        assert kind_of(plate) in (PlateKind.ORDINARY, PlateKind.POLICE)
        assert not any(may_be_misread(plate, other) for other in permits), "no guard is asked whether it was the other"


def test_whoever_comes_is_told_in_both_languages_and_comes_to_a_lane_that_there_is() -> None:
    everybody = [*CARS.check(), CARS.follows(), CARS.opened()]
    assert len({car.key for car in everybody}) == len(everybody)
    for car in (*everybody, *CARS.show()):
        assert in_both(f"{car.zh} · {car.en}") and car.lane in CAR_LANES


def test_what_decides_nothing_is_expected_to_move_nothing() -> None:
    (absent,) = [car for car in CARS.check() if not car.decided]
    assert (absent.word, absent.why, absent.moves, absent.passes) == ("kept", "no_vehicle", False, None)
    follows = CARS.follows()
    assert (follows.word, follows.why, follows.moves, follows.passes) == ("alarm", "tailgate", False, True)
    for car in CARS.check():
        assert car.moves is (car.outcome is Outcome.GRANT)
        assert car.passes is (None if car.outcome is not Outcome.GRANT else car.way is not Way.BACKS_OUT)


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[CarLane]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lane = CarLane(IN, tmp_path, port)
    yield lane
    lane.close()


def test_a_camera_that_nobody_listens_to_keeps_what_it_saw(lane: CarLane) -> None:
    come(lane, CARS.show()[0])
    assert [car.text for car in lane.plate_camera.kept] == [PLATES["permit"].plate]
    assert lane.waits and not lane.is_free


@pytest.mark.req("LANE-09")
def test_what_is_stored_and_what_is_sent_again_is_so_on_the_wire(lane: CarLane) -> None:
    camera = lane.plate_camera
    told: list[tuple[str, bool]] = []
    listening = PushCamera(
        FAMILIES["vzenith"], peer="127.0.0.1", serial=camera.serial, secret=camera.secret, port=camera.port
    )
    over = threading.Event()

    def hear() -> None:
        while not over.is_set():
            push = listening.read(0.1)
            if isinstance(push, Push):
                told.append((push.record.text, push.record.stored))
                listening.answer(push)

    hearing = threading.Thread(target=hear)
    hearing.start()
    out = next(car for car in CARS.check() if car.key == "car_out")
    stored = next(car for car in CARS.check() if car.way is Way.STORED)
    again = next(car for car in CARS.check() if car.way is Way.REPLAYED)
    _, seen = come(lane, out)
    assert come(lane, again, seen)[1] is seen
    at, _ = come(lane, stored)
    assert at <= time.monotonic()
    over.set()
    hearing.join()
    listening.close()
    assert told == [(out.plate, False), (stored.plate, True)], "the listener itself knows a record that it had"
    assert out.lane == stored.lane == again.lane == OUT
