"""What comes beside the demo's vehicle lanes: told in both languages, wired as the site file says, gone by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edge.site import site_of
from models.wire.events import AlarmKind
from scripts.demo.beside import RIDDEN_IN, RIDDEN_OUT, VAN, comes_beside, play_van, show
from scripts.demo.cars import IN
from scripts.demo.rows import Row, judged
from scripts.demo.site import CAR_LANES, EBIKE_LANE, FIRE_LANE_S
from scripts.demo.street import CarLane
from tests.scripts.test_words import in_both


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[CarLane]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lane = CarLane(IN, tmp_path, port)
    yield lane
    lane.close()


@pytest.mark.req("LANE-27")
def test_each_is_told_in_both_languages_and_moves_no_arm() -> None:
    for one in show():
        assert in_both(f"{one.zh} · {one.en}") and one.lane in CAR_LANES and not one.moves and one.passes is None
    assert [one.alarm for one in (VAN, RIDDEN_IN, RIDDEN_OUT)] == [AlarmKind.FIRE_LANE, AlarmKind.EBIKE, None]
    assert RIDDEN_OUT.lane == EBIKE_LANE != RIDDEN_IN.lane
    told = {"outcome": "alarm", "reason": "fire_lane", "kind": VAN.kind.value, "passed": None}
    assert judged(Row(VAN, 0.0, None, 0, told)) == [] and judged(Row(VAN, 0.0, None, 0, told | {"reason": "fire"}))


@pytest.mark.req("LANE-27")
def test_the_detectors_are_wired_as_the_site_file_says_and_what_came_can_go(lane: CarLane, tmp_path: Path) -> None:
    wiring = "".join(f"{name} = {at}\n" for name, at in lane.wiring.items())
    text = (
        f'[node]\nname = "n"\n[[lane]]\ncode = "{IN}"\nname = "n"\ndirection = "in"\nfail = "safe"\n'
        f'relay = "{lane.barrier.board_address}"\ncamera = "{lane.camera_address}"\nfire_lane_s = {FIRE_LANE_S}\n'
        f"[lane.barrier]\n{wiring}"
    )
    (site,) = site_of(text, tmp_path / "site.toml").lane
    assert site.barrier is not None and (site.barrier.ebike, site.barrier.fire_lane) == (7, 8)
    going = [comes_beside(lane, one) for one in (VAN, RIDDEN_IN)]
    assert (lane.barrier.barrier.blocked, lane.barrier.barrier.ebike) == (True, True) and lane.is_free
    for one in going:
        one.cancel()
        one.join()
        one.function(*one.args)
    assert (lane.barrier.barrier.blocked, lane.barrier.barrier.ebike) == (False, False)


@pytest.mark.req("LANE-27")
def test_the_check_waits_for_the_alarm_of_this_lane_and_for_its_picture_and_then_drives_the_van_away(
    lane: CarLane,
) -> None:
    asked: list[str] = []

    class Central:
        """It has an alarm of another lane first."""

        def get(self, path: str) -> Any:
            other = {"kind": "fire_lane", "lane_id": "elsewhere", "alarm_id": "a1"}
            mine = {"kind": "fire_lane", "lane_id": "here", "alarm_id": "a2"}
            return {"items": [other, *([mine] if lane.barrier.barrier.blocked else [])]}

        def has(self, path: str) -> bool:
            asked.append(path)
            return len(asked) > 1

    def until(true: Any, *_: Any) -> None:
        for _ in range(5):
            if true():
                return
        raise AssertionError("it never came")

    rows: list[Row] = []
    site = SimpleNamespace(world=SimpleNamespace(cars={IN: lane}), lane_id=lambda _: "here")
    play_van(cast(Any, site), cast(Any, Central()), rows.append, until)
    assert asked == ["/api/v1/alarms/a2/picture.jpg"] * 2 and not lane.barrier.barrier.blocked
    assert [judged(row) for row in rows] == [[]]
