"""From a gate's decision to the charge: only a car that has to pay, at the exit, now, of a lot that uses contracts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.outbox import OutboxRow
from central.gates.ingest.projections import projections
from central.gates.parking.contracts import entry as contract_entry
from central.gates.parking.contracts import lot as contract_lot
from central.gates.parking.contracts.at_exit import STANDS
from central.gates.parking.contracts.tables import StayChargeRow, StayContractRow
from central.gates.parking.stays import told as told_stays
from central.gates.visits.service import rebuild
from central.money.payments.channels import attach_channels
from central.money.payments.sample import Plays, Sample
from models.access.decision import Outcome
from models.values.ids import new_id
from tests.central.gates.parking.cars import asked, drive, key_of
from tests.central.gates.parking.stays.test_gate_fee import ENTRY, EXIT, MINE

SECOND = timedelta(seconds=1)


@pytest.fixture
def channel(site, tariff, monkeypatch):
    found = Sample()
    found.play(site.tenant_id, MINE, Plays.PAYS)
    attach_channels(site.engine, lambda _: {"test": found})
    monkeypatch.setattr(clock, "now", lambda: EXIT + SECOND)
    with site.session() as db:
        manager = system(site.tenant_id, "王经理", ["contract.keep"])
        contract_lot.use_contracts(db, manager, site.community_id, True, ENTRY)
    return found


def comes(site, node, parts, *, case="pay", direction="out", at=EXIT):
    key = key_of(site)
    stay_id, exit_id = drive(node, key, MINE, ENTRY), new_id()
    told = asked(key, node.lane.lane_id, at, exit_id, MINE, ENTRY, outcome=Outcome.REFER)
    made = told.decision.model_copy(
        update={"detail": told.decision.detail | {"case": case}, "inputs": {"direction": direction}}
    )
    node.write(told.model_copy(update={"decision": made}), exit_id, at=at)
    site.send(node, node.batch(), now=EXIT + SECOND)
    parts.dispatcher.drain()
    return stay_id


def charges(site):
    with site.session() as db:
        rows = db.execute(select(StayChargeRow.id, StayChargeRow.state, StayChargeRow.amount_fen)).all()
        news = db.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.topic == STANDS))
    return [tuple(row) for row in rows], news


@pytest.mark.req("PARK-11")
def test_a_car_that_has_to_pay_at_the_exit_is_charged_and_its_gate_is_told(site, node, parts, channel):
    stay_id = comes(site, node, parts)
    assert charges(site) == ([(stay_id, "accepted", 9_00)], 1)
    with site.session() as db:
        (told,) = told_stays.newer_than(db, site.community_id, node.id, 0, EXIT).stays
    assert [(one.at, one.fen) for one in told.accepted] == [(EXIT, 9_00)]
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    parts.dispatcher.drain()
    assert charges(site)[0] == [(stay_id, "accepted", 9_00)], "the journal read again charges nobody twice"


@pytest.mark.req("PARK-11")
@pytest.mark.parametrize(
    "said", [{"case": "owes"}, {"case": "nothing_due"}, {"direction": "in"}, {"at": EXIT - timedelta(minutes=5)}]
)
def test_whoever_need_not_pay_there_now_is_left_alone(site, node, parts, channel, said):
    comes(site, node, parts, **said)
    assert charges(site) == ([], 0)


@pytest.mark.req("PARK-11")
def test_a_lot_that_uses_no_contracts_says_nothing_of_its_cars(site, node, parts, channel):
    with site.session() as db:
        manager = system(site.tenant_id, "王经理", ["contract.keep"])
        contract_lot.use_contracts(db, manager, site.community_id, False, ENTRY)
    comes(site, node, parts)
    assert charges(site) == ([], 0)


@pytest.mark.req("PARK-11")
def test_a_passage_into_the_lot_is_asked_about_by_a_turn_of_its_own(site, node, parts, channel, monkeypatch):
    """The gate's word is taken in before any channel is asked; the same journal read again asks nobody twice."""
    monkeypatch.setattr(clock, "now", lambda: ENTRY + SECOND)
    stay_id = drive(node, key_of(site), MINE, ENTRY)

    def asked_of():
        with site.session() as db:
            contract_entry.ask_entered(db, ENTRY + SECOND)
            found = db.execute(select(StayContractRow.id, StayContractRow.contract, StayContractRow.channel)).all()
        return [tuple(one) for one in found]

    site.send(node, node.batch(), now=ENTRY + SECOND)
    assert asked_of() == [], "this lot's sign says that channels are asked at the exit"
    with site.session() as db:
        manager = system(site.tenant_id, "王经理", ["contract.keep"])
        contract_lot.use_contracts(db, manager, site.community_id, True, ENTRY, at_entry=True)
        rebuild(db, site.community_id, projections)
    assert asked_of() == [(stay_id, "open", "test")]
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    assert asked_of() == [(stay_id, "open", "test")]
