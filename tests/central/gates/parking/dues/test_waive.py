"""Nobody wipes out alone and unseen what a stay owes: whoever lets go of it may strike off, says why, and stands in the
ledger and in the report of the shift."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict
from central.base.kernel.permissions import declared
from central.gates.parking.dues import arrears
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues import waive as stay_waive
from central.gates.parking.dues.shift_facts import shift_facts
from central.gates.parking.plates import listed
from central.gates.parking.rules import Kept
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import exit_unseen
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.tables import StayProposalRow
from models.parking.stays import State
from models.values.ids import new_id
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import GUARD, MANAGER

pytestmark = pytest.mark.req("SEC-07", "PARK-18")
HTML = {"accept": "text/html"}


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


def guard(lot) -> Actor:
    rights = tuple(right for right, roles in declared().items() if "guard" in roles)
    granted = system(lot.town.tenant_id, "t", rights).grants
    return Actor(lot.town.tenant_id, ActorKind.ACCOUNT, new_id(), "王师傅", granted)


def struck_off(lot):
    with lot.town.session() as db:
        ever = clock.now()
        return shift_facts(db, lot.town.community, ever - 90 * DAY, ever + DAY)["struck_off"]


def proposed(lot, stay):
    with lot.town.session() as db:
        waits = [one.stay_id for one, _ in stay_waive.proposed_in(db, person(lot.town), lot.town.community)]
        return [(one.proposed_by, one.reason) for one in stay_waive.proposals_of(db, stay)] if stay in waits else []


@pytest.mark.req("PARK-15")
@pytest.mark.parametrize("gone", [True, False])
def test_a_guard_proposes_and_a_manager_strikes_off_under_their_name(lot, gone):
    stay = lot.enter()
    lot.later(5 * HOUR)
    if gone:
        lot.leave()
    before, state = lot.books(), lot.state(stay)
    for _ in range(2):
        assert lot.do(stay_deeds.void_stay, stay, "误读", by=guard(lot)) is False
    lot.parts.dispatcher.drain()
    assert (lot.books(), lot.state(stay), struck_off(lot)) == (before, state, {})
    assert proposed(lot, stay) == [("王师傅", "误读")]
    assert lot.do(stay_deeds.void_stay, stay, "是工程车", by=person(lot.town, "李经理")) is True
    lot.parts.dispatcher.drain()
    assert lot.state(stay) is State.VOID and lot.arrears(MINE) == [0]
    assert lot.books() == (0, -13_00, 0, 13_00, 0) and struck_off(lot) == {"李经理": 13_00}
    assert proposed(lot, stay) == []
    if gone:
        with lot.town.session() as db:
            totals = arrears.arrears_in(db, person(lot.town), lot.town.community).totals
        assert (totals.owed, totals.written_off) == (0, 13_00)


def test_a_guard_voids_what_owes_nothing_and_a_car_at_the_exit_is_not_trapped(lot):
    stay = lot.enter()
    lot.later(5 * MINUTE)
    assert lot.do(stay_deeds.void_stay, stay, "误读", by=guard(lot)) is True
    assert lot.state(stay) is State.VOID
    stay = lot.enter("川B8K3H5")
    lot.later(2 * HOUR)
    assert lot.do(stay_deeds.void_stay, stay, "误读", by=guard(lot)) is False
    lot.do(stay_till.let_out_free, stay, stay_till.Free.ERROR, "误读", 700, by=guard(lot))
    lot.leave("川B8K3H5")
    assert lot.state(stay) is State.LEFT and lot.books() == (0, -700, 0, 700, 0)


def test_charging_less_than_up_to_the_next_entry_is_struck_off_too(lot):
    stay = lot.enter()
    came = lot.now
    lot.later(9 * HOUR)
    lot.enter()
    lot.parts.dispatcher.drain()
    assert lot.do(exit_unseen.charge_until, stay, came, "x", by=guard(lot)) is False
    assert lot.state(stay) is State.EXIT_UNSEEN and proposed(lot, stay) == [("王师傅", "x")]
    assert lot.do(exit_unseen.charge_until, stay, came + 2 * HOUR, "录像", by=person(lot.town, "李经理")) is True
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE) == [7_00] and struck_off(lot) == {"李经理": 13_00}
    assert lot.books() == (0, -20_00, 7_00, 13_00, 0)


def test_a_guard_charges_all_of_it_and_says_that_it_left_once_it_had_paid(lot):
    first = lot.enter()
    lot.later(9 * HOUR)
    second = lot.enter()
    paid = lot.now + 2 * HOUR
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, second, 7_00)
    lot.later(9 * HOUR)
    lot.enter()
    lot.parts.dispatcher.drain()
    with lot.town.session() as db:
        again = stays.stay_of(db, person(lot.town), first).again_at
    assert lot.do(exit_unseen.charge_until, first, again, "录像", by=guard(lot)) is True
    assert lot.do(exit_unseen.charge_until, second, paid, "付了就走了", by=guard(lot)) is True
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE) == [20_00] and struck_off(lot) == {}


def test_the_page_says_that_it_is_a_proposal_and_who_waits(lot, town, login_as):
    lot.now = clock.now() - timedelta(hours=5)
    stay = lot.enter()
    one, other = login_as(GUARD, community=town.community), login_as(MANAGER, community=town.community)
    where = f"/parking/stays/{stay}"
    assert "这里提交的是提议" in one.get(where, headers=HTML).text
    assert one.post(f"{where}/void", data={"reason": "误读"}, headers=HTML).status_code == 303
    assert "有人提议" in one.get(where, headers=HTML).text
    look = other.get(f"/parking?community={town.community}&tab=look", headers=HTML).text
    assert f'data-proposed="{stay}"' in look and "误读" in look
    assert "这里提交的是提议" not in other.get(where, headers=HTML).text
    said = other.get(f"/api/v1/parking/stays/{stay}").json()
    assert [one["reason"] for one in said["proposals"]] == ["误读"] and said["state"] == "entered"
    assert other.post(f"{where}/void", data={"reason": "误读"}, headers=HTML).status_code == 303
    shift = other.get(f"/parking/shift?community={town.community}", headers=HTML).text
    assert "data-struck-off" in shift


def test_what_persons_said_and_money_left_of_a_stay_is_never_deleted(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, stay, 700)
    lot.do(stay_deeds.void_stay, stay, "误读")
    for kind in ("paid", "priced", "voided"):
        with pytest.raises(DBAPIError), lot.town.session() as db:
            assert db.execute(text(f"DELETE FROM stay_fact WHERE kind = '{kind}'")).rowcount
    with lot.town.session() as db:
        assert db.execute(text("DELETE FROM stay_fact WHERE kind = 'drove_in'")).rowcount, "made anew from the journal"


def test_that_an_exit_was_a_stays_end_lowers_what_it_owes_only_by_who_may_strike_that_off(lot):
    """A stranger's exit, twenty minutes after a friend came in, would be worth the rest of the day to them."""
    stay = lot.enter()
    lot.later(20 * MINUTE)
    lot.leave("川F31717")
    with lot.town.session() as db:
        (exit_,) = stays.to_look_at(db, person(lot.town), lot.town.community, lot.now).exits
    lot.later(5 * HOUR)
    for _ in range(2):
        assert lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "是同一辆车", by=guard(lot)) is False
    lot.parts.dispatcher.drain()
    assert lot.state(stay) is State.ENTERED and proposed(lot, stay) == [("王师傅", "是同一辆车")]
    with lot.town.session() as db:
        (said,) = stay_waive.proposals_of(db, stay)
        assert (said.exit_id, said.until_at) == (exit_.stay_id, exit_.left_at)
    assert lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "照片对得上", by=person(lot.town, "李经理")) is True
    lot.parts.dispatcher.drain()
    assert lot.state(stay) is State.LEFT_OWING and lot.arrears(MINE) == [5_00] and proposed(lot, stay) == []


@pytest.mark.req("LANE-24")
def test_a_guard_joins_an_exit_that_lowers_nothing(lot):
    """One that was just read wrongly, and one of a stay that had been paid for by then."""
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.leave("川A12346")
    with lot.town.session() as db:
        (exit_,) = stays.to_look_at(db, person(lot.town), lot.town.community, lot.now).exits
    assert lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "看错一位", by=guard(lot)) is True
    lot.parts.dispatcher.drain()
    lot.later(HOUR)
    paid = lot.enter("川B8K3H5")
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, paid, 7_00)
    lot.later(MINUTE)
    lot.leave("川B8K3H6")
    with lot.town.session() as db:
        exit_ = stays.to_look_at(db, person(lot.town), lot.town.community, lot.now).exits[0]
    lot.later(DAY)
    assert lot.do(stay_deeds.join_exit, exit_.stay_id, paid, "看错一位", by=guard(lot)) is True
    lot.parts.dispatcher.drain()
    assert lot.state(paid) is State.LEFT and struck_off(lot) == {}


def test_a_stay_whose_plate_came_in_again_is_joined_as_it_is_charged(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.leave("川A12346")
    lot.later(DAY)
    lot.enter()
    with lot.town.session() as db:
        (exit_,) = stays.to_look_at(db, person(lot.town), lot.town.community, lot.now).exits
    assert lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "看错一位", by=guard(lot)) is False
    assert lot.state(stay) is State.EXIT_UNSEEN
    assert lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "看错一位", by=person(lot.town, "李经理")) is True
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE) == [7_00] and list(struck_off(lot)) == ["李经理"]


@pytest.fixture
def permit(lot):
    """Gives a plate a permit, by which its stays cost nothing."""

    def give(plate):
        with lot.town.session() as db:
            listed.add_plate(
                db, person(lot.town), lot.town.community, kind=Kept.PERMIT, plate=plate, note="",
                since=lot.now - DAY, until=lot.now + 90 * DAY, now=lot.now,
            )  # fmt: skip

    return give


STRANGER = "川F31717"


@pytest.mark.req("LANE-24", "PARK-15")
@pytest.mark.parametrize("gone", [False, True], ids=["inside", "left-owing"])
def test_a_plate_by_which_a_stay_costs_less_is_proposed_and_given_by_who_may_strike_off(lot, permit, gone):
    """Else a friend's car is corrected to a neighbour's permit, and what it owes is gone."""
    permit(STRANGER)
    stay = lot.enter()
    lot.later(5 * HOUR)
    if gone:
        lot.leave()
    owed = lot.owed(stay).due_fen
    assert owed == 13_00
    for _ in range(2):
        assert lot.do(stay_deeds.correct_plate, stay, STRANGER, "看照片", by=guard(lot)) is False
    lot.parts.dispatcher.drain()
    assert lot.owed(stay).due_fen == owed and proposed(lot, stay) == [("王师傅", "看照片")]
    with lot.town.session() as db:
        (said,) = stay_waive.proposals_of(db, stay)
        assert (said.plate, said.until_at, said.exit_id) == ("川F·31717", None, None)
        row = db.scalars(select(StayProposalRow)).one()
        assert STRANGER.encode() not in row.sealed_plate
    assert lot.do(stay_deeds.correct_plate, stay, STRANGER, "看照片", by=person(lot.town, "李经理")) is True
    lot.parts.dispatcher.drain()
    assert not lot.owed(stay).due_fen and lot.arrears(MINE, STRANGER) == [0, 0]
    with lot.town.session() as db:
        (deed,) = db.scalars(select(AuditRow.after).where(AuditRow.what == "stay.correct")).all()
    assert deed["less_fen"] == 13_00


@pytest.mark.req("LANE-24")
def test_a_guard_corrects_what_the_camera_may_have_meant_once_and_only_where_no_other_car_has_it(lot, permit):
    """The resident whose plate was misread by one sign waits for no manager."""
    permit(MINE)
    stay, other = lot.enter(MISREAD), lot.enter("川F31718")
    lot.later(5 * HOUR)
    assert lot.do(stay_deeds.correct_plate, other, "川F31717", "看错一位", by=guard(lot)) is True, "it costs the same"
    assert lot.do(stay_deeds.correct_plate, stay, MINE, "看错一位", by=guard(lot)) is True
    assert lot.owed(stay).due_fen == 0
    second = lot.enter(MISREAD)
    lot.later(5 * HOUR)
    lot.leave(MISREAD)
    assert lot.do(stay_deeds.correct_plate, second, MINE, "看错一位", by=guard(lot)) is False, "that car was inside"
    assert lot.owed(second).due_fen == 13_00 and lot.arrears(MISREAD) == [13_00]
    lot.leave(MINE)
    lot.later(MINUTE)
    third = lot.enter(MISREAD)
    lot.later(5 * HOUR)
    lot.leave(MISREAD)
    assert lot.do(stay_deeds.correct_plate, third, MINE, "看错一位", by=guard(lot)) is True
    lot.parts.dispatcher.drain()
    assert not lot.owed(third).due_fen and lot.arrears(MISREAD) == [13_00]


@pytest.mark.req("LANE-24")
def test_one_sign_at_a_time_leads_a_guard_to_no_plate_that_the_camera_did_not_mean(lot, permit):
    permit("川F31717")
    stay = lot.enter("川F31798")
    lot.later(5 * HOUR)
    assert lot.do(stay_deeds.correct_plate, stay, "川F31718", "看错一位", by=guard(lot)) is True
    assert lot.do(stay_deeds.correct_plate, stay, "川F31717", "看错一位", by=guard(lot)) is False
    assert lot.owed(stay).due_fen == 13_00


@pytest.mark.req("LANE-24", "PARK-12")
def test_money_that_was_paid_goes_back_by_no_guards_correction(lot, permit):
    permit(STRANGER)
    stay = lot.enter()
    lot.later(5 * HOUR)
    lot.do(stay_till.take_cash, stay, 13_00)
    assert lot.do(stay_deeds.correct_plate, stay, STRANGER, "看照片", by=guard(lot)) is False
    lot.leave()
    with pytest.raises(Conflict, match="gives_back"):
        lot.do(stay_deeds.correct_plate, stay, STRANGER, "看照片", by=guard(lot))
    assert lot.books() == (13_00, -13_00, 0, 0, 0)
