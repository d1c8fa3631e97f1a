"""An alarm shows and holds the picture of its own node's access at its own lane, whatever number it names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel.actor import system
from central.gates.ingest.permissions import HOLD_PICTURES
from central.gates.ingest.picture_holds import hold
from central.gates.ingest.pictures import keep_picture, picture, sweep_pictures
from central.gates.visits import queries
from central.people.community.service import add_gate
from models.access.decision import Outcome
from models.access.pictures import Shows
from models.wire.events import Alarm, AlarmKind
from tests.central.gates.conftest import JPEG, make_site

pytestmark = pytest.mark.req("PRIV-08", "SEC-04")

ALONG = (AlarmKind.WATCH_GROUP, AlarmKind.DURESS)


def pictured(site, node, correlation=None):
    event = node.write(node.decision(Outcome.GRANT, picture=True), correlation)
    site.send(node, node.batch(event.seq), event.at)
    with site.session() as db:
        keep_picture(db, node.actor, event.event_id, JPEG, allowed=True, now=event.at, shows=Shows.CROP)
    return event


def shown(site):
    """(kind, whose picture, beside which access) of each alarm that stands."""
    with site.session() as db:
        alarms = queries.open_alarms(db, [site.community_id])
        return {(one.kind, one.pictured_in, one.beside) for one in alarms}


def kept_to_the_next_day(site, event):
    with site.session() as db:
        at = event.at + timedelta(days=1)
        sweep_pictures(db, at)
        return picture(db, event.event_id, at) is not None


@pytest.fixture(params=["another gate", "the same gate", "another community"])
def thief(request, site, database):
    """(the thief's site, its node), of which no lane is the lane of the access that it names."""
    if request.param == "another community":
        other = make_site(database.engine, site.tenant_id, "别苑")
        return other, other.enrol("far-in")
    with site.session() as db:
        gate = add_gate(db, site.actor, site.community_id, "西门").id if request.param == "another gate" else None
    return site, site.enrol("west-in", gate_id=gate)


def test_an_alarm_under_anothers_number_shows_no_picture_of_it_and_holds_none(site, node, thief):
    event, (where, other) = pictured(site, node), thief
    other.clock = node.clock
    for kind in ALONG:
        other.write(Alarm(alarm=kind, device="1", detail="police 0.931"), event.correlation)
    assert where.send(other, other.batch()).parked == ()
    assert shown(where) == {(kind.value, None, None) for kind in ALONG}
    assert not kept_to_the_next_day(site, event)


def test_an_alarm_that_a_neighbour_tells_at_the_lane_itself_shows_no_picture_and_holds_none(site, node):
    """It may speak of each lane of its gate, as a spare has to; the access is not its own all the same."""
    event, other = pictured(site, node), site.enrol("east-out")
    other.clock = node.clock
    other.write(Alarm(alarm=AlarmKind.DURESS), event.correlation, lane_id=node.lane.lane_id)
    other.write(Alarm(alarm=AlarmKind.FORCED), lane_id=node.lane.lane_id)
    assert site.send(other, other.batch()).parked == ()
    assert {one[:2] for one in shown(site)} == {("duress", None), ("forced", None)}
    assert not kept_to_the_next_day(site, event)


def test_the_nodes_own_alarm_shows_the_picture_and_holds_it(site, node):
    event = pictured(site, node)
    for kind in ALONG:
        node.write(Alarm(alarm=kind, device="1"), event.correlation)
    site.send(node, node.batch(event.seq + 1))
    its = event.correlation
    assert shown(site) == {("watch_group", its, its), ("duress", its, None)}
    assert kept_to_the_next_day(site, event)


def test_an_incident_holds_the_picture_that_was_named_and_none_that_came_under_its_number(site, node):
    event, other = pictured(site, node), site.enrol("west-in")
    other.clock = node.clock
    forged = pictured(site, other, event.correlation)
    with site.session() as db:
        hold(db, system(site.tenant_id, "test", [HOLD_PICTURES]), event.event_id, "快递柜被撬", 30, event.at)
    assert (kept_to_the_next_day(site, event), kept_to_the_next_day(site, forged)) == (True, False)
