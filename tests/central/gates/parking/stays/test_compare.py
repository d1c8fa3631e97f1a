"""Two versions on last month's real stays: the change in income, by the day, and where they differ most (PARK-04)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central.base.kernel.actor import ActorKind, system
from central.base.kernel.errors import Forbidden
from central.gates.parking.dues import till as stay_till
from central.gates.parking.stays import compare
from central.gates.parking.stays.compare import SoFar, differences, go_on, stays_there
from central.gates.parking.tariffs.queries import versions_of
from models.parking.scope import Scope
from models.parking.tariff import FreeMinutes
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import draft, person
from tests.models.parking.tariffs import T1

LONGER_FREE = T1.model_copy(update={"free": FreeMinutes(minutes=120)})


def came(lot, length, plate=MINE, pays=0):
    stay = lot.enter(plate)
    lot.later(length)
    if pays:
        lot.do(stay_till.take_cash, stay, pays)
    lot.leave(plate)
    lot.later(MINUTE)
    return stay


def reckoned(lot, one, other, known=None):
    """(found, what it differs in, in how many slices)"""
    who, slices = person(lot.town), 0
    known = known or SoFar(until=lot.now)
    while not known.done:
        with lot.town.session() as db:
            by = {each.version_id: each for each in versions_of(db, lot.town.community, lot.now)}
            before = known
            known = go_on(
                db, who, lot.town.community, by[one], by[other], SoFar.model_validate_json(before.model_dump_json())
            )
        slices += 1
    with lot.town.session() as db:
        return known, differences(db, lot.town.community, by[one], by[other], known), slices


@pytest.mark.req("PARK-04")
def test_the_change_in_income_is_that_of_the_stays_that_there_were(town, parts, monkeypatch):
    lot = Lot(town, parts)
    free, paid = came(lot, 100 * MINUTE), came(lot, 110 * MINUTE, MISREAD, pays=7_00)
    came(lot, 10 * MINUTE)
    came(lot, 5 * HOUR, MISREAD)
    lot.enter()  # inside still: no income yet
    other = draft(town, tariff=LONGER_FREE)
    monkeypatch.setattr(compare, "SLICE", 3)
    known, biggest, slices = reckoned(lot, lot.version, other)
    assert (known.total, known.fit, known.seen, slices) == ((7_00 + 7_00 + 13_00, 13_00), 4, 4, 2)
    assert (known.more, known.less) == (0, 2)
    assert {each.stay.stay_id: each.fees for each in biggest} == {free: (7_00, 0), paid: (7_00, 0)}
    assert sum(one for one, _ in known.days.values()) == known.total[0]
    back, _, _ = reckoned(lot, other, lot.version)
    assert (back.total, back.more, back.less) == (known.total[::-1], 2, 0)


@pytest.mark.req("PARK-04")
def test_the_biggest_come_first_and_no_more_than_twenty(town, parts):
    lot = Lot(town, parts)
    lot.now = town.now - 3 * DAY
    for number in range(22):
        came(lot, (16 + number) * MINUTE)
    longest = came(lot, 119 * MINUTE)
    other = draft(town, tariff=LONGER_FREE)
    known, biggest, _ = reckoned(lot, lot.version, other)
    assert known.less == 23 and len(known.biggest) == len(biggest) == 20
    assert biggest[0].stay.stay_id == longest and biggest[0].fees == (7_00, 0)


@pytest.mark.req("PARK-04", "P01")
def test_stays_of_before_the_month_and_of_cars_that_one_of_both_is_not_for_are_left_out(town, parts):
    lot = Lot(town, parts)
    lot.now = town.now - 33 * DAY
    came(lot, HOUR)
    lot.now = town.now - 2 * DAY
    came(lot, HOUR)
    large = draft(town, tariff=LONGER_FREE.model_copy(update={"scope": Scope(classes=frozenset({"large"}))}))
    known, biggest, _ = reckoned(lot, lot.version, large, SoFar(until=town.now))
    assert (known.seen, known.fit, known.total, biggest) == (1, 0, (0, 0), [])


@pytest.mark.req("PARK-04", "ADMIN-05")
def test_who_may_not_read_stays_learns_nothing_of_them(town, parts):
    lot = Lot(town, parts)
    who = replace(system(town.tenant_id, "甲", ["tariff.read"]), kind=ActorKind.ACCOUNT)
    with town.session() as db, pytest.raises(Forbidden):
        stays_there(db, who, town.community, SoFar(until=lot.now))
