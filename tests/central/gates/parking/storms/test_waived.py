"""What cars owe that left past an arm which a storm held up is let go in one deed, with its reason (P35)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.parking.stays import reads as stays
from central.gates.parking.storms import cars
from central.gates.parking.storms.storm import StormView
from models.parking.stays import State
from models.values.ids import new_id
from tests.central.gates.parking.dues.test_waive import guard, struck_off
from tests.central.gates.parking.stays.test_reads import MINE
from tests.central.gates.parking.stays.test_settle import HOUR, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person

pytestmark = pytest.mark.req("LANE-28", "PARK-18")


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


def test_what_is_owed_for_leaving_in_the_storm_is_let_go_once_by_who_may_strike_off(lot):
    stay = lot.enter()
    lot.later(4 * HOUR)
    began = lot.now
    lot.later(HOUR)
    lot.leave()
    assert lot.state(stay) is State.LEFT_OWING and lot.arrears(MINE) == [13_00]
    with lot.town.session() as db:
        (left,) = stays.stays_by_id(db, [stay])
    assert left.exit_lane_id is not None
    storm = StormView(
        new_id(), lot.town.community, (), frozenset({left.exit_lane_id}), frozenset(), "红色预警", began, "王师傅",
        began + 4 * HOUR, 7, lot.now, "王师傅", "水退了", False,
    )  # fmt: skip
    manager, now = person(lot.town, "李经理"), lot.now
    for other in (
        replace(storm, opens=frozenset({new_id()})), replace(storm, began_at=now + HOUR, ended_at=now + 2 * HOUR)
    ):  # fmt: skip
        with lot.town.session() as db, pytest.raises(Conflict):
            cars.waive(db, manager, other, "防汛", now)
    with lot.town.session() as db, pytest.raises(Forbidden):
        cars.waive(db, guard(lot), storm, "防汛", now)
    with lot.town.session() as db, pytest.raises(Invalid):
        cars.waive(db, manager, storm, " ", now)
    with lot.town.session() as db:
        assert cars.waive(db, manager, storm, "防汛撤离", now) == (1, 13_00)
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE) == [0] and lot.state(stay) is State.LEFT and struck_off(lot) == {"李经理": 13_00}
    with lot.town.session() as db, pytest.raises(Conflict):
        cars.waive(db, manager, storm, "再按一次", now)
