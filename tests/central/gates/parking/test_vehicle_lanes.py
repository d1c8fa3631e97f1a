"""Which lanes are for vehicles: as a node says at enrolment, or as what comes through them shows."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from central.base.kernel.actor import system
from central.base.kernel.errors import NotFound
from central.base.kernel.session import open_session
from central.gates.nodes import service as nodes
from central.gates.parking.driver import signs
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.people.community.queries import lane_of
from models.access.credential import Kind
from models.access.decision import Outcome
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolRequest
from tests.central.gates.conftest import T0
from tests.central.gates.parking.cars import decided, drive, key_of

ZONES = ("from_zone", "to_zone")


def enrol(site, *lanes):
    """The ids of a node's lanes, each (code, direction, vehicles), of an inner lane with its two zones."""
    with site.session() as db:
        token = nodes.make_token(db, site.actor, site.community_id, site.gate_id, "东门岗", T0)
    asked = EnrolRequest(
        token=token, public_key=bytes(SigningKey.generate().verify_key).hex(), name="east", version="0.1.0",
        lanes=tuple(
            EnrolLane(code=code, name=code, direction=way, vehicles=cars, **dict(zip(ZONES, zones, strict=False)))
            for code, way, cars, *zones in lanes
        ),
    )  # fmt: skip
    with open_session(site.engine) as db:
        return [lane.lane_id for lane in nodes.enrol(db, asked, None, T0).lanes]


def vehicles(site, lane_id):
    with site.session() as db:
        return lane_of(db, lane_id).vehicles


@pytest.mark.req("PARK-12", "LANE-01")
def test_signs_are_offered_for_lanes_of_vehicles_alone(site):
    walk, car = enrol(site, ("walk-out", "out", False), ("car-out", "out", True))
    keeper = system(site.tenant_id, "test", ("sign.keep",))
    with site.session() as db:
        assert [one.lane.lane_id for one in signs.ways_out(db, site.community_id)] == [car]
        assert [one.lane.lane_id for one in vehicle_lanes(db, site.community_id)] == [car]
        with pytest.raises(NotFound):
            signs.make_sign(db, keeper, site.community_id, walk, T0)
        assert signs.make_sign(db, keeper, site.community_id, car, T0)


@pytest.mark.req("LANE-01")
def test_a_lane_that_was_enrolled_anew_is_what_its_node_says_now(site):
    (lane,) = enrol(site, ("east", "in", False))
    assert enrol(site, ("east", "in", True)) == [lane] and vehicles(site, lane) is True
    assert enrol(site, ("east", "in", None)) == [lane] and vehicles(site, lane) is True


@pytest.mark.req("LANE-01")
def test_an_older_nodes_lane_is_known_by_what_comes_through_it(site):
    node = site.enrol("east-in", "north-in")
    first, second = (one.lane_id for one in node.reply.lanes)
    assert vehicles(site, first) is None
    with site.session() as db:
        assert len(vehicle_lanes(db, site.community_id)) == 2
    key = key_of(site)
    drive(node, key, "川A12345", T0)
    node.write(node.decision(), lane_id=second)
    site.send(node, node.batch())
    assert (vehicles(site, first), vehicles(site, second)) == (True, False)


@pytest.mark.req("LANE-01")
def test_a_plate_makes_a_lane_one_for_vehicles_and_a_guards_word_or_a_pass_unmakes_none(site):
    node = site.enrol("east-in")
    key, lane = key_of(site), node.lane.lane_id
    node.write(node.decision())
    node.write(decided(key, lane, T0, new_id(), "川A12345", outcome=Outcome.REFER))
    node.write(decided(key, lane, T0, new_id(), kind=Kind.REMOTE))
    node.write(node.decision())
    site.send(node, node.batch())
    assert vehicles(site, lane) is True
