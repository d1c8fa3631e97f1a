"""The end of a shift: the till against the ledger, a note where they differ, two persons, no open fault of a lane."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from central.base.kernel import clock
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues.till import Free
from central.gates.visits import shift_routes
from central.gates.visits.close_shift import close_shift, shift_now
from central.gates.visits.tables import AlarmRow
from central.money.ledger.queries import balance_of
from central.money.ledger.rules import Account, AccountKind
from central.money.payments import close_till
from models.values.ids import new_id
from tests.central.gates.parking.stays.test_reads import MISREAD
from tests.central.gates.parking.stays.test_settle import HOUR, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import GUARD, Call, check_call, routes_of, shape


@pytest.fixture
def lot(town, parts):
    """Two cars paid 7.00 each into the lane's till, one left free."""
    made = Lot(town, parts)
    for plate, deed in (("川A11111", "cash"), ("川A22222", "cash"), (MISREAD, "free")):
        stay = made.enter(plate)
        made.later(2 * HOUR)
        if deed == "cash":
            made.do(stay_till.take_cash, stay, 700, lane_id=town.lane)
        else:
            made.do(stay_till.let_out_free, stay, Free.OFFICIAL, "救护车", 700, by=person(town, "王师傅"))
        made.now = town.now
        made.leave(plate)
        made.now = town.now - timedelta(days=4)
    return made


def close(lot, counted, note="", by=None, seen_at=None):
    with lot.town.session() as db:
        return close_shift(
            db, by or person(lot.town, "王师傅"), lot.town.community, str(lot.town.lane),
            seen_at=seen_at or clock.now(), counted_fen=counted, note=note, now=clock.now(),
        )  # fmt: skip


def now(lot):
    with lot.town.session() as db:
        return shift_now(db, person(lot.town), lot.town.community, str(lot.town.lane), clock.now())


def on(lot, kind, ref):
    with lot.town.session() as db:
        return balance_of(db, Account(lot.town.community, kind, ref))


@pytest.mark.req("PARK-19", "PARK-17")
def test_what_is_missing_needs_a_note_and_a_second_person_signs(lot):
    found = now(lot)
    assert (found.till.expected_fen, found.till.electronic_fen, found.till.waiting) == (1400, 0, None)
    assert (found.facts["free_exits"], found.facts["free_fen"]) == ({"王师傅": 1}, 700)
    guard = person(lot.town, "王师傅")
    for counted, note, field in ((1300, "字" * 201, "note"), (-1, "x", "counted")):
        with pytest.raises(Invalid) as refused:
            close(lot, counted, note)
        assert list(refused.value.fields) == [field]
    with pytest.raises(Conflict, match="till_moved"):
        close(lot, 700, seen_at=lot.town.now - timedelta(days=5))
    close_id = close(lot, 1300, " ", by=guard)
    with pytest.raises(Conflict, match="till_waits"):
        close(lot, 1400)
    with lot.town.session() as db, pytest.raises(Forbidden, match="own_count"):
        close_till.sign_till(db, guard, close_id, clock.now())
    assert on(lot, AccountKind.CASH, str(lot.town.lane)) == 1400, "nothing is posted before it is signed"
    with lot.town.session() as db, pytest.raises(Invalid, match="invalid"):
        close_till.sign_till(db, person(lot.town, "赵师傅"), close_id, clock.now())
    with lot.town.session() as db:
        signed = close_till.sign_till(db, person(lot.town, "赵师傅"), close_id, clock.now(), note="找错 1 元")
    assert (signed.difference_fen, signed.closed_name, signed.signed_name) == (-100, "王师傅", "赵师傅")
    till = str(lot.town.lane)
    accounts = ((AccountKind.CASH, till), (AccountKind.CASH, "safe"), (AccountKind.DIFFERENCES, till))
    assert [on(lot, *account) for account in accounts] == [0, 1300, 100]
    after = now(lot)
    assert (after.till.expected_fen, after.till.since, after.facts["free_fen"]) == (0, signed.until, 0)
    for deed in (close_till.sign_till, close_till.withdraw_close):
        with lot.town.session() as db, pytest.raises(Conflict, match="till_over"):
            deed(db, person(lot.town, "赵师傅"), close_id, clock.now())


@pytest.mark.req("PARK-19")
def test_a_wrong_count_is_taken_back_and_counted_again(lot):
    guard = person(lot.town, "王师傅")
    first = close(lot, 1400, by=guard)
    with lot.town.session() as db, pytest.raises(Forbidden, match="own_recount"):
        close_till.withdraw_close(db, guard, first, clock.now())
    with lot.town.session() as db:
        close_till.withdraw_close(db, person(lot.town), first, clock.now())
    second = close(lot, 1400)
    with lot.town.session() as db:
        close_till.sign_till(db, person(lot.town, "赵师傅"), second, clock.now())
        assert [one.close_id for one in close_till.closed_tills(db, person(lot.town), lot.town.community)] == [second]
    assert on(lot, AccountKind.DIFFERENCES, str(lot.town.lane)) == 0


@pytest.mark.req("PARK-19")
def test_no_shift_ends_over_a_fault_of_a_lane(lot):
    with lot.town.session() as db:
        fault = AlarmRow(
            alarm_id=new_id(), community_id=lot.town.community, origin="node", kind="device_fault", node_id=new_id(),
            seq=1, lane_id=lot.town.lane, device="relay", raised_at=lot.town.now,
        )  # fmt: skip
        db.add(fault)
    assert now(lot).faulty == ("东门进",)
    with lot.town.session() as db:
        desk = shift_now(db, person(lot.town), lot.town.community, "", clock.now())
    assert desk.faulty == (), "who came in over a faulty lane is another till's"
    with pytest.raises(Conflict, match="lane_fault"):
        close(lot, 1400)
    with lot.town.session() as db:
        db.merge(fault).over_at = clock.now()
    assert close(lot, 1400)


@pytest.mark.req("PARK-19")
def test_the_database_itself_wants_two_persons_and_a_note(lot):
    close(lot, 1300)
    for deed, said in (
        ("UPDATE till_close SET signed_by = closed_by, signed_at = now(), note = '找错'", "two_persons"),
        ("UPDATE till_close SET signed_by = gen_random_uuid(), signed_at = now()", "differences_are_explained"),
        ("UPDATE till_close SET counted_fen = 1", "permission denied"),
        ("DELETE FROM till_close", "permission denied"),
    ):
        with pytest.raises(DBAPIError, match=said), lot.town.session() as db:
            db.execute(text(deed))


def waiting(town):
    with town.session() as db:
        MADE["close"] = close_till.close_till(
            db,
            person(town),
            town.community,
            "",
            seen_at=town.now,
            counted_fen=0,
            note="",
            facts=FACTS,
            now=town.now,
        )


MADE, FACTS = {}, {"exits": 0, "free_exits": {}, "free_fen": 0, "lifts": 0, "corrections": 0}
API = "/api/v1/shifts"
HERE = {"query": lambda town: {"community_id": town.community}}
CALLS = (
    Call("GET", API, GUARD, **HERE),
    Call("GET", f"{API}/now", GUARD, **HERE),
    Call("POST", API, GUARD,
         body=lambda town: {"community_id": str(town.community), "seen_at": clock.now().isoformat(), "counted_fen": 0}),
    Call("POST", f"{API}/{{close_id}}/sign", GUARD, before=waiting, path=lambda _: {"close_id": MADE["close"]}),
    Call("POST", f"{API}/{{close_id}}/withdraw", GUARD, before=waiting, path=lambda _: {"close_id": MADE["close"]}),
)  # fmt: skip


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)
    assert routes_of([shift_routes.router]) == {shape(one.id) for one in CALLS}


@pytest.mark.req("PARK-19")
def test_one_guard_counts_on_the_page_and_the_next_signs(lot, town, login_as):
    html = {"accept": "text/html"}
    one, other = (login_as(GUARD, community=town.community) for _ in range(2))
    where = f"/parking/shift?community={town.community}&till={town.lane}"
    page = one.get(where, headers=html).text
    assert "¥14.00" not in page and "1400" not in page, "what should be there is shown once it was counted"
    seen = page.split('name="seen_us" value="')[1].split('"')[0]
    form = {"community": str(town.community), "till": str(town.lane), "seen_us": seen, "counted": "13.00"}
    wrong = one.post("/parking/shift", data=form | {"counted": "many"}, headers=html)
    assert wrong.status_code == 422 and "例如 132.00" in wrong.text
    assert one.post("/parking/shift", data=form, headers=html).status_code == 303
    page = one.get(where, headers=html).text
    close_id = page.split('data-waiting="')[1].split('"')[0]
    assert "请接班的人" in page and f"/parking/shift/{close_id}/sign" not in page and "¥14.00" in page
    own = one.post(f"/parking/shift/{close_id}/sign", headers=html)
    assert own.status_code == 403 and "不能自己签字" in own.text
    wrong = other.post(f"/parking/shift/{close_id}/sign", headers=html)
    assert wrong.status_code == 422 and "写明原因" in wrong.text
    sign = {"note": "找错 1 元"}
    assert other.post(f"/parking/shift/{close_id}/sign", data=sign, headers=html).status_code == 303
    page = other.get(where, headers=html).text
    assert f'data-closed="{close_id}"' in page and "-¥1.00" in page and "免费放行 1 辆" in page


@pytest.mark.req("PARK-19")
def test_the_first_shift_begins_as_money_first_came_to_the_lot(town, parts):
    lot = Lot(town, parts)
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.pay(lot.ask(stay))
    other = lot.enter(MISREAD)
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, other, 700, lane_id=town.lane)
    assert now(lot).till.electronic_fen == 700, "paid by phone before the first cash"
