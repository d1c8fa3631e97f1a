"""Cars at a gate whose edge and central are real processes: a known one drives in, an unknown one waits for a guard.

The board is simulated at the other end of a serial line, the plates are drawn, and everything between is as at a gate.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from devices.sim.barrier import Move, SimulatedBarrier
from edge.sync.enrol import load_node
from models.values.time import utc_now
from models.wire.events import LaneHeld
from scripts.demo.site import DemoSite
from scripts.prepare.plate_weights import prepare_plate_weights
from scripts.setup import CACHE
from tests.edge.car_lane import CODE, Street, lane_lines
from tests.scenarios.story import Story

MINE, OTHER = "川B8K3H5", "川F31717"


class CarSite(DemoSite):
    """The demo site with a lane for vehicles beside its doors."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self.barrier, self.street = SimulatedBarrier(folder), Street(folder / "street")
        self.barrier.start()
        self.street.start()
        super().__init__(folder, lambda text: print(text, flush=True), {}, check=True)

    def write_site_file(self) -> None:
        super().write_site_file()
        with self.site_file.open("a", encoding="utf-8") as file:
            file.write(lane_lines(self.barrier, self.street.folder))

    def close(self) -> None:
        super().close()
        self.street.close()
        self.barrier.close()


@pytest.fixture
def cars(tmp_path: Path, prepared: None) -> Iterator[Story]:
    prepare_plate_weights(CACHE)
    site = CarSite(tmp_path / "site")
    try:
        site.start(0)
        story = Story(site)
        story.until(story.is_online, "the node is seen by central")
        yield story
    finally:
        site.close()


def visits(story: Story) -> list[dict[str, Any]]:
    """The decided visits of the car lane at central, oldest first."""
    return [one for one in story.person.visits(lane_of_cars(story)) if one["decided_at"]]


def lane_of_cars(story: Story) -> UUID:
    return next(one.lane_id for one in load_node(story.node / "node.json").lanes if one.code == CODE)


@pytest.mark.req("PARK-01")
@pytest.mark.req("PARK-06")
@pytest.mark.req("LANE-11")
@pytest.mark.req("GEN-01")
def test_a_car_with_a_permit_drives_in_and_an_unknown_one_waits_until_a_guard_opens(cars: Story) -> None:
    """One story, because a whole site takes long to start."""
    site = cars.site
    assert isinstance(site, CarSite)
    place, until = site.seeded["community"], (utc_now() + timedelta(days=30)).isoformat()
    permit = {"kind": "permit", "plate": MINE, "note": "5-2-1102", "until": until}
    cars.person.post(f"/api/v1/communities/{place}/plates", permit)
    made = cars.person.rules_made(place)
    cars.until(lambda: (cars.lanes_now()[0]["rules_version"] or 0) >= made, "the node knows the permit")

    site.street.show(MINE)
    site.barrier.do(Move.ARRIVE)
    cars.until(lambda: any(one["passed"] for one in visits(cars)), "the car drives in")
    site.street.show("")
    (first,) = visits(cars)
    assert (first["kind"], first["outcome"], first["detail"]["case"]) == ("plate", "grant", "permit")
    assert (first["plate"], first["passage_why"], first["actuation_confirmed"]) == ("川B·8K3H5", "loops", True)
    cars.until(lambda: site.barrier.barrier.height == 0, "the arm comes down behind it")

    site.street.show(OTHER)
    site.barrier.do(Move.ARRIVE)
    cars.until(lambda: len(visits(cars)) == 2, "the unknown car is told of")
    second = visits(cars)[1]
    assert (second["outcome"], second["detail"]["case"], second["plate"]) == ("refer", "no_temporary", "川F·31717")
    assert site.barrier.barrier.passed == 1
    page = cars.person.page("/")
    assert "川F·31717" in page and "名单外的车" in page and "已抬杆" in page
    assert "川F·31717" in cars.person.page(f"/visit/{second['visit_id']}"), "the page of one access names it too"

    opened = cars.person.look_and_open(UUID(second["lane_id"]), "访客，已核实")
    cars.until(lambda: site.barrier.barrier.passed == 2, "it drives in")
    cars.until(lambda: any(one["visit_id"] == opened and one["passed"] for one in visits(cars)), "and is told of")
    inside = cars.person.get("/api/v1/parking/inside", community_id=place)["items"]
    mine = [one for one in inside if one["plate"] in ("川F·31717", "川B·8K3H5")]  # sample cars stand there too
    assert [(one["plate"], one["state"], one["stay_id"]) for one in mine] == [
        ("川F·31717", "entered", opened), ("川B·8K3H5", "entered", first["visit_id"])
    ], "what the guard opened for is the car that waited"  # fmt: skip
    assert site.barrier.barrier.hits == 0
    events = "".join(body.model_dump_json() for _, body in cars.in_node())
    logs = "".join(path.read_text(encoding="utf-8", errors="replace") for path in site.folder.glob("*.log"))
    for plate in (MINE, OTHER):
        assert plate not in events and plate not in logs, "a plate is in no event and no log in the open"


def held_for(story: Story) -> list[tuple[bool, bool]]:
    """Each word of the node about its arm: (held up, for a storm)."""
    told = [body for _, body in story.in_node() if isinstance(body, LaneHeld)]
    return [(one.held, one.storm_id is not None) for one in told]


@pytest.mark.req("LANE-20", "LANE-28")
def test_an_arm_is_held_up_through_a_restart_and_a_storm_closes_a_gate_that_was_away_when_it_began(cars: Story) -> None:
    site = cars.site
    assert isinstance(site, CarSite)
    place, lane = site.seeded["community"], lane_of_cars(cars)
    until = (utc_now() + timedelta(days=30)).isoformat()
    cars.person.post(
        f"/api/v1/communities/{place}/plates", {"kind": "permit", "plate": MINE, "note": "", "until": until}
    )

    cars.person.post(f"/api/v1/lanes/{lane}/hold-open", {"reason": "搬家车队", "minutes": 30})
    cars.until(lambda: site.barrier.barrier.height == 1 and held_for(cars) == [(True, False)], "the arm is held up")
    site.kill("edge")
    site.start_node()
    said = {"reason": "已通过完"}
    cars.until(lambda: cars.answers(lambda: cars.person.post(f"/api/v1/lanes/{lane}/resume", said)), "it is back")
    cars.until(lambda: site.barrier.barrier.height == 0 and held_for(cars)[-1] == (False, False), "it comes down")

    site.kill("edge")
    storm = {"community": place, "hours": "4", "reason": "暴雨红色预警"}
    cars.person.press("/storm", storm)
    assert "data-gates" not in cars.person.page(f"/storm?community={place}"), "it is asked about first"
    cars.person.press("/storm", storm | {"sure": "yes"})
    assert 'data-there="in_force"' not in cars.person.page(f"/storm?community={place}"), "its gate is away"
    site.start_node()
    cars.until(lambda: 'data-there="in_force"' in cars.person.page(f"/storm?community={place}"), "it hears of it")
    site.street.show(MINE)
    site.barrier.do(Move.ARRIVE)
    cars.until(lambda: len(visits(cars)) == 1, "the resident is told")
    assert (visits(cars)[0]["outcome"], visits(cars)[0]["detail"]["case"]) == ("deny", "storm")
    assert site.barrier.barrier.height == 0 and site.barrier.barrier.hits == 0
