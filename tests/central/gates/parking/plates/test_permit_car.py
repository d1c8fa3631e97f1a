"""A resident finds their own car by the link of its permit, and no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel.errors import Conflict, Gone, Invalid, NoSuchLink
from central.base.kernel.session import open_session
from central.gates.parking.plates import listed as plates
from central.gates.parking.plates import permit_car
from central.gates.parking.rules import Kept
from tests.central.gates.parking.stays.test_settle import Lot
from tests.central.gates.parking.tariffs.test_tariffs import person

DAY = timedelta(days=1)
MINE, OTHER = "川A12345", "川B8K3H5"


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


def permit(town, plate=MINE, kind=Kept.PERMIT, until=30 * DAY):
    with town.session() as db:
        return plates.add_plate(
            db, person(town), town.community, kind=kind, plate=plate, note="", since=None, until=town.now + until,
            now=town.now,
        )  # fmt: skip


def link(town, entry):
    with town.session() as db:
        return permit_car.make_link(db, person(town), entry, town.now)[1]


def look(town, token, now=None):
    with open_session(town.engine) as db:
        return permit_car.own_car(db, token, now or town.now)


@pytest.mark.req("PARK-22")
def test_the_link_of_a_permit_tells_of_its_own_plate_alone(lot, town):
    token = link(town, permit(town))
    lot.enter(OTHER)
    assert look(town, token).car is None and str(look(town, token).plate) == "川A·12345"
    stay = lot.enter()
    found = look(town, token)
    assert found.car.stay_id == stay and found.car.plate.text == MINE and found.car.bay == ""


@pytest.mark.req("PARK-22", "SEC-05")
def test_a_link_ends_with_its_permit_and_as_another_is_made(town):
    entry = permit(town)
    old, token = link(town, entry), link(town, entry)
    with pytest.raises(NoSuchLink):
        look(town, old)
    with pytest.raises(NoSuchLink):
        look(town, "x")
    assert look(town, token).until == town.now + 30 * DAY
    with pytest.raises(Gone):
        look(town, token, town.now + 30 * DAY)
    with town.session() as db:
        plates.end_plate(db, person(town), entry, "搬走", town.now)
    with pytest.raises(Gone):
        look(town, token)
    with pytest.raises(Conflict):
        link(town, entry)


@pytest.mark.req("PARK-22")
def test_only_a_permit_has_a_link(town):
    with pytest.raises(Conflict):
        link(town, permit(town, OTHER, Kept.BLOCK))


@pytest.mark.req("PARK-06")
def test_a_permit_that_is_made_while_its_car_is_inside_covers_from_now_or_from_the_entry_and_the_bill_says_which(lot):
    def permit_from(plate, since):
        with lot.town.session() as db:
            plates.add_plate(
                db, person(lot.town), lot.town.community, kind=Kept.PERMIT, plate=plate, note="", since=since,
                until=lot.now + 30 * DAY, now=lot.now,
            )  # fmt: skip

    from_now, whole = lot.enter(MINE), lot.enter(OTHER)
    entered = lot.now
    lot.later(timedelta(hours=5))
    with lot.town.session() as db:
        since = permit_car.since_entry(db, lot.town.community, "川b·8k3h5")
        with pytest.raises(Invalid):
            permit_car.since_entry(db, lot.town.community, "川F31717")
    assert since == entered
    permit_from(MINE, None)
    permit_from(OTHER, since)
    made = lot.now
    lot.later(timedelta(hours=2))
    bill, other = lot.owed(from_now).bill, lot.owed(whole).bill
    assert (bill.permit_since, bill.permit_until, bill.due.due) == (made, made + 30 * DAY, 1300)
    assert (other.permit_since, other.permit_until, other.due.due) == (None, made + 30 * DAY, 0)
