"""What gates are told of a car park: the whole once, then what changed; each node with what it said itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind, system
from central.gates.access import snapshot
from central.gates.ingest.projections import projections
from central.gates.parking.plates import listed as plates
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import told as told_stays
from central.gates.parking.stays.paid import Owing
from central.gates.parking.stays.tables import StayNewsRow
from central.gates.parking.tariffs import service
from central.gates.visits.service import rebuild
from central.money.ledger.rules import Account, AccountKind
from models.parking.payments import Payment
from models.values.ids import new_id
from models.wire.plates import PlateList
from models.wire.stays import NUMBER_MAX, Owed, PaidAt, StaysTold
from tests.central.gates.conftest import T0
from tests.central.gates.parking.cars import drive, key_of
from tests.models.parking.tariffs import T1

MINE, OTHER = "川A12345", "川B8K3H5"


def at(minutes: float):
    return T0 + timedelta(minutes=minutes)


def news(site, node, have: int = 0) -> StaysTold | None:
    with site.session() as db:
        return told_stays.newer_than(db, site.community_id, node.id, have, clock.now())


def tell(site, node) -> None:
    site.send(node, node.batch(), now=T0 + timedelta(days=1))


def keeper(site):
    return system(site.tenant_id, "王师傅", ["stay.read", "stay.correct", "plate.keep"])


@pytest.mark.req("PARK-05")
def test_a_gate_is_told_the_whole_once_and_then_what_has_changed(site, node):
    key, way_out = key_of(site), site.enrol("car-out")
    stay_id = drive(node, key, MINE, at(10))
    other = drive(node, key, OTHER, at(11))
    tell(site, node)
    whole = news(site, node)
    assert (whole.after, whole.heard_seq) == (0, node.journal[-1].seq)
    assert {one.stay_id: one.plate for one in whole.stays} == {stay_id: MINE, other: OTHER}
    assert whole.stays[0].entered_at in (at(10), at(11)) and whole.stays[0].entry_lane_id == node.lane.lane_id
    assert news(site, node, whole.number) is None, "nothing has changed"
    drive(way_out, key, MINE, at(70), direction="out")
    tell(site, way_out)
    changed = news(site, node, whole.number)
    assert (changed.after, changed.stays, changed.gone) == (whole.number, (), {stay_id})
    assert [one.stay_id for one in news(site, node).stays] == [other]
    assert news(site, way_out).heard_seq == way_out.journal[-1].seq


@pytest.mark.req("PARK-12")
def test_a_payment_and_a_debt_are_told_beside_the_stay(site, node, monkeypatch):
    key = key_of(site)
    stay_id, left = drive(node, key, MINE, at(10)), drive(node, key, OTHER, at(1))
    drive(node, key, OTHER, at(40), direction="out")
    tell(site, node)
    debts = {OTHER: [Owing(left, Account(site.community_id, AccountKind.ARREARS), 13_00)], MINE: []}
    monkeypatch.setattr(told_stays, "paid_of", lambda db, ids: {stay_id: (Payment(at(60), 7_00),)})
    monkeypatch.setattr(told_stays, "debts_by", lambda db, asked: {one: debts[one] for one in asked})
    told = news(site, node)
    assert [one.payments for one in told.stays] == [(PaidAt(at=at(60), fen=7_00),)]
    assert told.owed == (Owed(stay_id=left, plate=OTHER, fen=13_00),)


def test_a_plate_that_a_person_corrected_and_a_voided_stay_are_told(site, node):
    stay_id = drive(node, key_of(site), MINE, at(10))
    tell(site, node)
    number = news(site, node).number
    with site.session() as db:
        stay_deeds.correct_plate(db, keeper(site), stay_id, OTHER, "看错了", clock.now())
    told = news(site, node, number)
    assert [one.plate for one in told.stays] == [OTHER] and told.number > number
    with site.session() as db:
        stay_deeds.void_stay(db, keeper(site), stay_id, "演练", clock.now())
    assert news(site, node, told.number).gone == {stay_id}


@pytest.mark.req("PARK-08")
def test_a_permit_that_was_taken_off_covers_what_it_covered(site, node):
    now = clock.now()
    with site.session() as db:
        entry = plates.add_plate(
            db, keeper(site), site.community_id, kind=PlateList.PERMIT, plate=MINE, note="", since=at(0),
            until=now + timedelta(days=30), now=now,
        )  # fmt: skip
    drive(node, key_of(site), MINE, at(10))
    tell(site, node)
    whole = news(site, node)
    assert [one.permits for one in whole.stays] == [()], "the list tells of it"
    with site.session() as db:
        plates.end_plate(db, keeper(site), entry, "搬走了", now)
    told = news(site, node, whole.number)
    assert [[one.valid_until for one in stay.permits] for stay in told.stays] == [[now]]


@pytest.mark.req("SYNC-10")
def test_a_central_that_forgot_or_reads_its_journal_again_tells_the_whole(site, node):
    stay_id = drive(node, key_of(site), MINE, at(10))
    tell(site, node)
    number = news(site, node).number
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    assert [one.stay_id for one in news(site, node, number).stays] == [stay_id]
    with site.session() as db:
        db.execute(update(StayNewsRow).values(number=1))
    again = news(site, node, number)
    assert again.after == 0 and again.number > number and [one.stay_id for one in again.stays] == [stay_id]
    assert news(site, node, NUMBER_MAX) is None, "no gate's claim moves the numbers into the future"


@pytest.mark.req("PARK-03")
def test_a_tariff_is_told_once_two_persons_agreed_and_stays_while_somebody_is_inside_by_it(site, node):
    def person(name: str):
        allowed = system(site.tenant_id, name, ["tariff.draft", "tariff.approve"])
        return replace(allowed, kind=ActorKind.ACCOUNT, id=new_id())

    now = clock.now()
    with site.session() as db:
        before = snapshot.version(db, site.community_id)
        draft = service.draft_tariff(
            db, person("甲"), site.community_id, T1.model_copy(update={"starts_at": now + timedelta(hours=1)}), now=now
        )
        assert told_stays.tariffs_told(db, site.community_id, now) == ()
        service.approve_tariff(db, person("乙"), draft.id, now=now)
        assert snapshot.version(db, site.community_id) > before, "the gates wake for it"
        told = told_stays.tariffs_told(db, site.community_id, now)
        assert [one.version for one in told] == [1] and told[0].rates == T1.rates
        assert told_stays.tariffs_told(db, site.community_id, now + timedelta(hours=2)) == told
