"""A change in the car park comes to the gates of vehicle lanes at once, and to no other."""

from __future__ import annotations

import asyncio

import pytest

from central.gates.parking import stay_news
from models.values.ids import new_id
from models.wire.signed import verified
from models.wire.stays import StaysTold
from tests.central.gates.nodes.test_downlink import opened, patient, poll, serving, until

__all__ = ["patient"]


@pytest.mark.req("PARK-12")
@pytest.mark.req("PARK-05")
def test_a_payment_wakes_the_poll_of_a_vehicle_lane_and_of_no_door(app, site, node):
    """What is announced is the stay that changed; what is told is signed, and this node's alone."""

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


def news(node, told) -> StaysTold:
    payload = verified(told.stays, "stays", bytes.fromhex(node.reply.central_key))
    assert payload is not None, "not signed by this community's key"
    return StaysTold.model_validate_json(payload)
