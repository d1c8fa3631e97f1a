"""A pass names a visitor's car: its stay has the visitor's free minutes, at central and at the gate alike (P34)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import words_in
from central.gates.access import queries, service
from central.gates.access.tables import GatePassRow
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.invited import visitors_told
from central.gates.parking.stays.reads import stay_of
from central.gates.parking.tariffs.words import line_said
from models.access.credential import Window
from models.parking.tariff import FreeMinutes, FreeMode
from tests.central.gates.parking.stays.test_earlier_stays import asked, charging
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.parking.tariffs import T1


def visiting(mode=FreeMode.THRESHOLD):
    return T1.model_copy(update={"visitor_free": FreeMinutes(minutes=120, mode=mode)})


def invite(lot, plate=MINE, *, starts=0 * HOUR, lasts=3 * HOUR):
    window = Window(start=lot.now + starts, end=lot.now + starts + lasts)
    with lot.town.session() as db:
        return service.issue_visitor_pass(
            db, lot.town.actor, lot.town.house, "李示例", None, None, window, now=lot.now, plate=plate
        ).pass_id


def lines(lot, stay):
    with lot.town.session() as db:
        view = stay_of(db, person(lot.town), stay)
        found = priced(prices_for(db, view.community_id, [view], lot.now), view, lot.now)
        return [line_said(words_in("en"), one, view.entered_at, found.version.tariff).what for one in found.bill.lines]


@pytest.mark.req("P34", "PARK-E29", "PARK-05")
@pytest.mark.parametrize(("mode", "fee"), [(FreeMode.THRESHOLD, 9_00), (FreeMode.DEDUCTED, 5_00)])
def test_a_visitors_car_has_the_visitors_minutes_and_another_has_the_lots(town, parts, mode, fee):
    lot = charging(town, parts, visiting(mode))
    invite(lot)
    visitor, other = lot.enter(), lot.enter(MISREAD)
    lot.later(120 * MINUTE)
    assert (asked(lot, visitor), asked(lot, other)) == (0, 7_00)
    assert lines(lot, visitor) == ["visitor's 120 free minutes"]
    lot.later(30 * MINUTE)
    assert (asked(lot, visitor), asked(lot, other)) == (fee, 9_00)


@pytest.mark.req("P34")
def test_it_is_settled_as_the_car_comes_in(town, parts):
    """A pass of later or of before is none, nor one that was taken back; one that ends while it is inside counts."""
    lot = charging(town, parts, visiting())
    early = lot.enter()
    lot.later(MINUTE)
    invite(lot, lasts=2 * HOUR)
    lot.later(20 * MINUTE)
    assert asked(lot, early) == 5_00, "the pass was made while it stood inside"
    lot.leave()
    lot.later(MINUTE)
    inside = lot.enter()
    lot.later(2 * HOUR)
    assert asked(lot, inside) == 0, "the pass is over, the stay is a visitor's"
    lot.leave()
    lot.later(MINUTE)
    late = lot.enter()
    lot.later(20 * MINUTE)
    assert asked(lot, late) == 5_00
    lot.leave()
    lot.later(MINUTE)
    withdrawn = invite(lot)
    in_time = lot.enter()
    lot.later(20 * MINUTE)
    with town.session() as db:
        service.revoke_pass(db, town.actor, withdrawn, "改期", now=lot.now)
    assert asked(lot, in_time) == 0
    lot.leave()
    lot.later(MINUTE)
    after = lot.enter()
    lot.later(20 * MINUTE)
    assert asked(lot, after) == 5_00


@pytest.mark.req("P34")
def test_a_pass_that_is_changed_keeps_its_car_and_a_gap_between_the_two_there_is_none(town, parts):
    lot = charging(town, parts, visiting())
    first = invite(lot)
    stay = lot.enter()
    lot.later(20 * MINUTE)
    with town.session() as db:
        second = service.change_pass(db, town.actor, first, reason="晚些走", now=lot.now, uses=2).pass_id
        assert queries.pass_view(db, second, lot.now).plate == "川A****5"
    lot.later(20 * MINUTE)
    assert asked(lot, stay) == 0
    lot.leave()
    lot.later(MINUTE)
    again = lot.enter()
    lot.later(20 * MINUTE)
    assert asked(lot, again) == 0


@pytest.mark.req("P34", "PRIV-02")
def test_gates_are_told_the_plates_only_while_a_tariff_asks_and_the_plate_lies_sealed(town, parts):
    lot = charging(town, parts, visiting())
    pass_id = invite(lot)
    invite(lot, MISREAD, starts=8 * DAY)
    with town.session() as db:
        (one,) = visitors_told(db, town.community, (visiting(),), lot.now)
        assert (one.plate, one.since) == (MINE, lot.now) and abs(one.until - lot.now - 3 * HOUR) < timedelta(seconds=1)
        assert visitors_told(db, town.community, (T1,), lot.now) == ()
        assert len(visitors_told(db, town.community, (visiting(),), lot.now + 2 * DAY)) == 1, "that of next week"
        sealed = db.scalars(select(GatePassRow.sealed_plate).where(GatePassRow.id == pass_id)).one()
        assert MINE.encode() not in sealed
        said = db.scalars(select(AuditRow.after).where(AuditRow.what == "pass.issue",
                                                       AuditRow.subject_id == str(pass_id)))  # fmt: skip
        assert said.one()["plate"] == "川A****5"


@pytest.mark.req("P34")
def test_what_is_no_plate_is_refused_and_no_pass_is_made(town, parts):
    lot = charging(town, parts, visiting())
    with pytest.raises(Invalid) as refused:
        invite(lot, "你好")
    assert refused.value.fields == {"plate": "access.plate_form"}
    with town.session() as db:
        assert db.scalars(select(GatePassRow.id).where(GatePassRow.visitor_name == "李示例")).all() == []
