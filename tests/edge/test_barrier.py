"""A vehicle lane of the site file: what is needed before an arm may move, each refusal with what to write."""

import json
import queue
from pathlib import Path

import pytest

from edge.commands import told_lanes
from edge.intercom.serving import listening
from edge.lane.states import BesideSettings, Ebikes
from edge.lane.vehicle.board import BarrierWiring
from edge.site import Site, SiteError, site_of
from edge.site_week import span_in
from edge.vehicles import _detectors
from models.access.decision import Outcome
from models.site.topology import Between, Direction
from models.values.ids import new_id

HEAD = '[node]\nname = "Gate"\n[[lane]]\ncode = "car-in"\nname = "车行入口"\ndirection = "in"\nfail = "safe"\n'
RELAY = 'relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"\n'
CAMERA = 'camera = "camera+v4l2:///dev/video0"\n'
LOOPS = {"arming": 1, "safety": 2, "closing": 3}
ENDS = {"up": 4, "down": 5}


def site(lane: str = RELAY + CAMERA, **barrier: int | str) -> Site:
    keys = "".join(f"{name} = {json.dumps(value)}\n" for name, value in barrier.items())
    return site_of(f"{HEAD}{lane}[lane.barrier]\n{keys}", Path("site.toml"))


def refused(*said: str, lane: str = RELAY + CAMERA, **barrier: int | str) -> None:
    with pytest.raises(SiteError) as caught:
        site(lane, **barrier)
    text = str(caught.value)
    assert all(word in text for word in said), text
    assert " / " in text, "in both languages"


def test_a_whole_vehicle_lane_is_read() -> None:
    (lane,) = site(**LOOPS, **ENDS, close=2, fire=6, beam=7, unlisted="open").lane
    assert lane.barrier is not None
    assert lane.barrier.wiring(lane.direction) == BarrierWiring(1, 2, 1, 2, 3, 7, 4, 5, 6, 500, Direction.IN)
    assert lane.barrier.settings().closes and lane.barrier.settings().positions
    assert lane.barrier.rules().temporary and lane.barrier.rules().barred is Outcome.REFER


@pytest.mark.req("LANE-01")
def test_central_is_told_which_lanes_are_for_vehicles() -> None:
    door = f'{HEAD}[[lane]]\ncode = "walk-in"\nname = "人行入口"\ndirection = "in"\nfail = "safe"\n{RELAY}{CAMERA}'
    walk = site_of(door.replace(HEAD, HEAD[: HEAD.index("[[lane]]")]), Path("site.toml"))
    assert [(one.code, one.vehicles) for one in told_lanes(walk)] == [("walk-in", False)]
    (car,) = told_lanes(site(**LOOPS, **ENDS, close=2))
    assert (car.code, car.direction, car.vehicles) == ("car-in", "in", True)


@pytest.mark.req("LANE-17")
@pytest.mark.parametrize("loop", LOOPS)
def test_no_lane_without_its_three_loops(loop: str) -> None:
    refused(loop, "地感", "loop", **{name: at for name, at in LOOPS.items() if name != loop}, **ENDS, close=2)


@pytest.mark.req("LANE-19")
def test_an_arm_whose_place_nobody_senses_is_never_lowered_by_us() -> None:
    refused("close", "close = 0", **LOOPS, close=2)
    refused("down", "both or not at all", **LOOPS, close=2, up=4)
    (lane,) = site(**LOOPS).lane
    assert lane.barrier is not None and not lane.barrier.settings().closes


@pytest.mark.req("LANE-18")
def test_a_board_that_cannot_end_its_pulse_moves_no_barrier() -> None:
    refused(
        "relay", "cannot end a pulse", lane='relay = "gpio://gpiochip0?outputs=17&inputs=5,6,13"\n' + CAMERA, **LOOPS
    )


def test_terminals_are_there_and_each_is_wired_once() -> None:
    refused("open", "outputs 1 to 8", **LOOPS, open=9)
    refused("close", "wired to open already", **LOOPS, **ENDS, close=1)
    refused("up", "inputs 1 to 8, not 12", **LOOPS, up=12, down=5)
    refused("fire", "wired to safety already", **LOOPS, fire=2)


@pytest.mark.req("LANE-27")
def test_detectors_beside_a_barrier_have_inputs_of_their_own_and_their_settings_say_what_becomes_of_an_ebike() -> None:
    fire_lane = f"{RELAY}{CAMERA}fire_lane_s = 60\n"
    (lane,) = site(fire_lane, **LOOPS, ebike=7, fire_lane=8).lane
    assert lane.barrier is not None
    wiring = lane.barrier.wiring(lane.direction)
    assert (wiring.ebike, wiring.fire_lane) == (7, 8)
    assert _detectors(lane) == BesideSettings(Ebikes.ALARM, 60.0, 300.0), "an arm keeps none out"
    (counts,) = site(f'{RELAY}{CAMERA}ebikes = "count"\n', **LOOPS, ebike=7).lane
    assert _detectors(counts).ebikes is Ebikes.COUNT
    refused("ebike", "wired to safety already", **LOOPS, ebike=2)
    refused("fire_lane_s", "[lane.barrier]", lane=fire_lane, **LOOPS)
    refused("ebikes", "stops no bicycle", lane=f'{RELAY}{CAMERA}ebikes = "deny"\n', **LOOPS, ebike=7)


@pytest.mark.req("LANE-13")
def test_hours_and_classes_of_a_lane_are_in_the_site_file() -> None:
    text = f"{HEAD}{RELAY}{CAMERA}[lane.barrier]\narming = 1\nsafety = 2\nclosing = 3\n"
    (lane,) = site_of(f'{text}hours = ["1-5 07:00-20:00", "8 22:00-06:00"]\nclasses = ["small"]\n', Path("s")).lane
    assert lane.barrier is not None
    weekdays, holiday = lane.barrier.rules().hours
    assert (weekdays.days, weekdays.start_minute, weekdays.end_minute) == (frozenset({1, 2, 3, 4, 5}), 420, 1200)
    assert (holiday.days, holiday.start_minute, holiday.end_minute) == (frozenset({8}), 1320, 360)
    assert lane.barrier.rules().classes == {"small"}
    assert span_in("1 00:00-24:00").end_minute == 1440
    for wrong in ('hours = ["1-5 7:00-20:00"]', 'hours = ["5-1 07:00-20:00"]', 'hours = ["1 07:00-00:00"]'):
        with pytest.raises(SiteError, match="write it as"):
            site_of(text + wrong, Path("s"))
    with pytest.raises(SiteError, match="classes"):
        site_of(f'{text}classes = ["truck"]', Path("s"))


@pytest.mark.req("LANE-13")
def test_a_tidal_lane_has_its_timetable_in_the_site_file() -> None:
    (lane,) = site_of(
        f'{HEAD}{RELAY}{CAMERA}[lane.barrier]\narming = 1\nsafety = 2\nclosing = 3\ntidal = true\n'
        'turns = ["1-5 06:30 in", "1-5 16:30 out"]\n', Path("site.toml"),
    ).lane  # fmt: skip
    assert lane.barrier is not None
    assert [(turn.at.hour, turn.leads) for turn in lane.barrier.timetable()] == [(6, Direction.IN), (16, Direction.OUT)]
    for turns, said in (
        ('["1-5 06:30 in"]', "tidal = true"),
        ('["1-5 half past six"]\ntidal = true', "write it as"),
        ('["1-5 06:30 in", "5 06:30 out"]\ntidal = true', "one minute has one direction"),
    ):
        with pytest.raises(SiteError, match=said):
            site_of(
                f"{HEAD}{RELAY}{CAMERA}[lane.barrier]\narming = 1\nsafety = 2\nclosing = 3\nturns = {turns}\n",
                Path("site.toml"),
            )


@pytest.mark.req("LANE-08")
def test_one_of_two_reads_the_plates_and_only_our_board_moves_the_arm() -> None:
    pushes = 'plate_camera = "lpr+vzenith://192.168.1.64?serial=abcd-1234&key_file=/etc/menting/lpr.key'
    (lane,) = site(RELAY + pushes + '"\n', **LOOPS).lane
    assert lane.plate_camera is not None
    refused("plate_camera", "one of the two", lane=RELAY, **LOOPS)
    (lane,) = site(RELAY + CAMERA + pushes + '"\n', **LOOPS).lane
    assert lane.camera is not None and lane.plate_camera is not None, "the camera shows the lane to whoever opens it"
    refused("plate_camera", "gate=relay", lane=RELAY + pushes + '&gate=camera"\n', **LOOPS)
    refused("plate_camera", "lpr+vzenith", lane=RELAY + 'plate_camera = "camera+v4l2:///dev/video0"\n', **LOOPS)


@pytest.mark.parametrize("key", ['scanner = "scanner+serial:///dev/ttyUSB1"', 'face_alone = "refer"'])
def test_what_belongs_to_a_door_has_no_place_here(key: str) -> None:
    refused(key.split()[0], lane=f"{RELAY}{CAMERA}{key}\n", **LOOPS)


def test_a_door_has_no_plate_camera_and_no_interlock_holds_a_vehicle_lane() -> None:
    plates = 'plate_camera = "lpr+vzenith://192.168.1.64?serial=abcd-1234&key_file=/etc/menting/lpr.key"\n'
    with pytest.raises(SiteError, match="plate_camera"):
        site_of(HEAD + RELAY + CAMERA + plates, Path("site.toml"))
    other = HEAD.partition("[[lane]]")[2].replace("car-in", "other").join(["[[lane]]", ""])
    second = other + RELAY.replace("USB0", "USB9") + CAMERA.replace("video0", "video1")
    loops = "".join(f"{name} = {at}\n" for name, at in LOOPS.items())
    text = f'{HEAD}{RELAY}{CAMERA}[lane.barrier]\n{loops}{second}[[interlock]]\nlanes = ["car-in", "other"]\n'
    with pytest.raises(SiteError, match="for vehicles"):
        site_of(text, Path("site.toml"))


@pytest.mark.req("PARK-20", "LANE-13")
def test_an_inner_lane_names_both_zones_and_each_is_said_in_words() -> None:
    (lane,) = site(**LOOPS, from_zone="B1", to_zone="B2").lane
    assert lane.barrier is not None
    ways = lane.barrier.between(lane.direction)
    assert ways == {Direction.IN: Between("B1", "B2"), Direction.OUT: Between("B2", "B1")}
    (told,) = told_lanes(site(**LOOPS, from_zone="B1", to_zone="B2"))
    assert told.between == Between("B1", "B2")
    (open_lane,) = site(**LOOPS).lane
    assert open_lane.barrier is not None and open_lane.barrier.between(Direction.IN) == {}
    refused("to_zone", "names both", **LOOPS, from_zone="B1")
    refused("from_zone", "names both", **LOOPS, to_zone="B2")
    refused("to_zone", "both are B1", **LOOPS, from_zone="B1", to_zone="B1")
    refused("from_zone", "平面图", "floor plan", **LOOPS, from_zone="地下一层", to_zone="B2")


@pytest.mark.req("LANE-26")
def test_a_barrier_has_a_call_button_and_an_intercom_that_opens_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "east.intercom"
    secret.write_text("a-secret-of-its-own")
    secret.chmod(0o600)
    keys = "".join(f"{name} = {value}\n" for name, value in {**LOOPS, "call": 7}.items())
    told = f'address = "192.168.1.50"\nuser = "east"\nsecret_file = "{secret}"\n'
    whole = f"{HEAD}{RELAY}{CAMERA}[lane.barrier]\n{keys}[lane.intercom]\n{told}"
    site = site_of(whole, Path("site.toml"))
    (lane,) = site.lane
    assert lane.barrier is not None and lane.barrier.wiring(lane.direction).call == 7
    thread = listening(site, queue.Queue(), lambda code: new_id())
    assert thread is not None and [peer.opens for peer in thread.peers.values()] == [False]
    refused("call", "wired to arming already", **LOOPS, call=1)
