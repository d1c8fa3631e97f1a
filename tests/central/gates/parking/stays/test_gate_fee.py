"""What the lane asked for is priced again at central; a difference is listed with both bills, and charged to nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.gate_fee import GateFee, gate_fee
from central.gates.parking.stays.paid import arrears_of
from central.gates.parking.stays.settle import settle_up
from models.access.credential import Kind
from models.access.decision import Outcome
from models.parking.payments import Payment
from models.parking.stays import State
from models.values.ids import new_id
from models.wire.events import Passage
from tests.central.gates.conftest import T0
from tests.central.gates.parking.cars import asked, decided, drive, key_of

MINE = "川A12345"
ENTRY, EXIT = T0 + timedelta(minutes=10), T0 + timedelta(minutes=140)


def leaves(site, node, fee: int | None = None, *, by_guard: bool = False) -> GateFee | None:
    key = key_of(site)
    stay_id, exit_id = drive(node, key, MINE, ENTRY), new_id()
    if by_guard:
        refused = new_id()
        node.write(
            asked(key, node.lane.lane_id, EXIT, refused, MINE, ENTRY, fee, outcome=Outcome.REFER), refused, at=EXIT
        )
        node.write(decided(key, node.lane.lane_id, EXIT, exit_id, kind=Kind.REMOTE), exit_id, at=EXIT)
    else:
        node.write(asked(key, node.lane.lane_id, EXIT, exit_id, MINE, ENTRY, fee), exit_id, at=EXIT)
    node.write(Passage(passed=True, why="loops"), exit_id, at=EXIT)
    site.send(node, node.batch(), now=T0 + timedelta(days=1))
    with site.session() as db:
        stay = stays.stay_of(db, system(site.tenant_id, "王师傅", ["stay.read"]), stay_id)
        assert stay.left_at is not None
        return gate_fee(db, prices_for(db, site.community_id, [stay], clock.now()), stay)


@pytest.mark.req("PARK-05")
@pytest.mark.parametrize("by_guard", [False, True])
def test_gate_and_central_reckon_alike_by_one_function_and_version(site, node, tariff, by_guard):
    told = leaves(site, node, by_guard=by_guard)
    assert (told.fee, told.central_fee, told.differs, told.version, told.at) == (9_00, 9_00, False, 1, EXIT)
    assert sum(one.amount for one in told.lines) == 9_00 and told.lines == told.central_lines


@pytest.mark.req("PARK-05")
def test_a_difference_is_listed_with_both_bills(site, node, tariff, monkeypatch):
    told = leaves(site, node, fee=11_00)
    assert (told.fee, told.central_fee, told.differs) == (11_00, 9_00, True)
    assert told.lines and told.central_lines


def test_a_lane_that_prices_nothing_is_compared_with_nothing(site, node, tariff):
    key = key_of(site)
    stay_id = drive(node, key, MINE, ENTRY)
    drive(node, key, MINE, EXIT, direction="out")
    site.send(node, node.batch(), now=T0 + timedelta(days=1))
    with site.session() as db:
        stay = stays.stay_of(db, system(site.tenant_id, "王师傅", ["stay.read"]), stay_id)
        assert gate_fee(db, prices_for(db, site.community_id, [stay], clock.now()), stay) is None


@pytest.mark.req("LANE-16")
def test_who_was_refused_at_the_exit_and_drove_behind_another_has_left_owing_the_fee(site, node, tariff):
    """The lane tells the passage under the decision that let nobody through, once it knows whose it is."""
    key = key_of(site)
    stay_id, refused = drive(node, key, MINE, ENTRY), new_id()
    node.write(asked(key, node.lane.lane_id, EXIT, refused, MINE, ENTRY, outcome=Outcome.REFER), refused, at=EXIT)
    node.write(Passage(passed=True, why="loops"), refused, at=EXIT)
    site.send(node, node.batch(), now=T0 + timedelta(days=1))
    with site.session() as db:
        settle_up(db, [stay_id])
        stay = stays.stay_of(db, system(site.tenant_id, "王师傅", ["stay.read"]), stay_id)
        fee = priced(prices_for(db, site.community_id, [stay], EXIT), stay, EXIT).due.total
        assert (stay.state, stay.exit_id, stay.left_at) == (State.LEFT_OWING, refused, EXIT)
        assert fee > 0 and list(arrears_of(db, [MINE]).values()) == [fee]


@pytest.mark.req("PARK-13")
@pytest.mark.parametrize(("extra", "owes"), [(0, True), (9, False)])
def test_a_stay_is_priced_by_the_longer_time_to_leave_that_its_lane_told(site, node, tariff, extra, owes):
    """Paid 20 minutes before the exit, where 15 are given: the lane had measured a jam."""
    key = key_of(site)
    stay_id, exit_id = drive(node, key, MINE, ENTRY), new_id()
    paid_at = ENTRY + timedelta(minutes=175)
    left = paid_at + timedelta(minutes=20)
    told = asked(key, node.lane.lane_id, left, exit_id, MINE, ENTRY)
    if extra:
        detail = told.decision.detail | {"leave_extra_min": str(extra)}
        told = told.model_copy(update={"decision": told.decision.model_copy(update={"detail": detail})})
    node.write(told, exit_id, at=left)
    node.write(Passage(passed=True, why="loops"), exit_id, at=left)
    site.send(node, node.batch(), now=T0 + timedelta(days=1))
    with site.session() as db:
        stay = stays.stay_of(db, system(site.tenant_id, "王师傅", ["stay.read"]), stay_id)
        assert (stay.left_at, stay.leave_extra) == (left, extra)
        prices = prices_for(db, site.community_id, [stay], left)
        fee = priced(prices, replace(stay, left_at=paid_at, leave_extra=0), paid_at).due.total
        paid = prices.with_payments({stay_id: [Payment(paid_at, fee)]})
        due = priced(paid, stay, left).due
        assert (due.due > 0) is owes and (due.leave is None) is owes
