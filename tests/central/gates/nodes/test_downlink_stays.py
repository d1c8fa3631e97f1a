"""A change in the car park comes to the gates of vehicle lanes at once, and to no other."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.rules import Kept
from central.gates.parking.stays import news as stay_news
from models.values.ids import new_id
from models.wire.signed import verified
from models.wire.stays import StaysTold
from tests.central.gates.nodes.test_downlink import opened, patient, poll, serving, until
from tests.central.gates.parking.cars import decided, drive, key_of

__all__ = ["patient"]

INSIDE, LISTED = "川A12345", "川B8K3H5"


@pytest.mark.req("PARK-12")
@pytest.mark.req("PARK-05")
def test_a_payment_wakes_the_poll_of_a_vehicle_lane_and_of_no_door(app, site):
    """What is announced is the stay that changed; what is told is signed, and this node's alone."""
    node = site.enrol("car-in", vehicles=True)

    async def story():
        async with serving(app) as (client, waker):
            whole = await poll(client, node, stays=0)
            have = opened(node, whole.snapshot).version
            number = news(node, whole).number
            waiting = asyncio.create_task(poll(client, node, have, 25, stays=number))
            await until(lambda: waker.waiting == 1)
            with site.session() as db:
                stay_news.changed(db, site.community_id, [new_id()])
            return number, news(node, await waiting), await poll(client, node, have)

    number, told, door = asyncio.run(story())
    assert (told.after, told.node_id, len(told.gone)) == (number, node.id, 1) and told.number > number
    assert door.stays is None and door.snapshot is None


@pytest.mark.req("SEC-04", "PARK-05")
@pytest.mark.parametrize("said", [False, None])
def test_a_node_that_told_of_no_vehicle_lane_is_told_of_no_car_whatever_it_asks_and_says_later(app, site, said):
    """Neither who is inside nor which plates are on a list, nor the key that opens the plates of others' records; also
    after it has told of a plate, as a stolen one may."""
    lane, door = site.enrol("car-in", vehicles=True), site.enrol("door", vehicles=said)
    key, now = key_of(site), clock.now()
    keeper = system(site.tenant_id, "test", [KEEP_PLATES])
    with site.session() as db:
        until = now + timedelta(days=1)
        add_plate(
            db, keeper, site.community_id, kind=Kept.PERMIT, plate=LISTED, note="5-2", since=None, until=until, now=now
        )
    inside = drive(lane, key, INSIDE, lane.clock)
    site.send(lane, lane.batch())
    correlation = new_id()
    door.write(decided(key, door.lane.lane_id, door.clock, correlation, INSIDE), correlation)
    site.send(door, door.batch())

    async def story():
        async with serving(app) as (client, _):
            return await poll(client, lane, stays=0), await poll(client, door, stays=0)

    to_lane, to_door = asyncio.run(story())
    assert inside in {one.stay_id for one in news(lane, to_lane).stays}
    rules = opened(lane, to_lane.snapshot)
    assert [one.plate for one in rules.plates] == [LISTED] and bytes.fromhex(rules.plate_key) == key
    assert to_door.stays is None
    rules = opened(door, to_door.snapshot)
    assert (rules.plates, rules.passing, rules.booked, rules.tariffs, rules.plate_key) == ((), (), (), (), "")


def news(node, told) -> StaysTold:
    payload = verified(told.stays, "stays", bytes.fromhex(node.reply.central_key))
    assert payload is not None, "not signed by this community's key"
    return StaysTold.model_validate_json(payload)
