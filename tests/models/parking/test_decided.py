"""A vehicle's decision: what the lists and the lane's rules make of one read, and that nothing uncertain opens."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.policy import KindWindow
from models.access.schedule import Span
from models.parking.account import Account, Charging, account_of
from models.parking.admission import LaneRules, Vehicle
from models.parking.bill_text import read_bill
from models.parking.decided import Gate, Lists, Seen, decide_vehicle, permits_of
from models.parking.tariff import Tariff
from models.site.topology import Between, Direction
from models.values.plate import Plate
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import PaidAt, ToldStay
from tests.models.making import LANE_ID, MONDAY_NOON, uuid
from tests.models.parking.tariffs import T1

NOW, DAY = MONDAY_NOON, timedelta(days=1)
OPENS = LaneRules(barred=Outcome.REFER)
REFERS = LaneRules(temporary=False, stranger=Outcome.REFER, barred=Outcome.REFER)
MINE, OTHER = "川A12345", "川B8K3H5"


def entry(plate: str = MINE, list_: PlateList = PlateList.PERMIT, since=NOW - DAY, until=NOW + DAY, lanes=(), n=1):
    return PlateEntry(entry_id=uuid(n), list=list_, plate=plate, since=since, until=until, lanes=frozenset(lanes))


def seen(text: str | None = MINE, sure: bool = True) -> Seen:
    return Seen(Vehicle(None if text is None else Plate(text=text), sure, "small"), "camera", 3)


def decided(
    one: Seen, *entries: PlateEntry, rules=REFERS, gate=Gate(), direction=Direction.IN, **lists
) -> tuple[Outcome, str]:
    made = decide_vehicle(one, gate, Lists(entries, **lists), rules, LANE_ID, direction, NOW)
    assert made.kind is Kind.PLATE and made.checks[-1].passed is (made.outcome is Outcome.GRANT)
    assert MINE not in made.model_dump_json(), "the plate itself is in no decision"
    return made.outcome, made.detail["case"]


@pytest.mark.req("LANE-11")
@pytest.mark.req("PARK-06")
def test_a_permit_opens_while_it_lasts_and_where_it_counts() -> None:
    assert decided(seen(), entry()) == (Outcome.GRANT, "permit")
    assert decided(seen(), entry(lanes=[LANE_ID])) == (Outcome.GRANT, "permit")
    assert decided(seen(), entry(lanes=[uuid(0x99)])) == (Outcome.REFER, "no_temporary")
    assert decided(seen(), entry(since=NOW + DAY, until=NOW + 2 * DAY)) == (Outcome.REFER, "no_temporary")
    assert decided(seen(), entry(until=NOW - 2 * DAY, since=NOW - 9 * DAY)) == (Outcome.GRANT, "permit_grace")
    assert decided(seen(), entry(until=NOW - 4 * DAY, since=NOW - 9 * DAY)) == (Outcome.REFER, "no_temporary")


@pytest.mark.req("LANE-11")
def test_an_unlisted_plate_gets_what_the_lane_says() -> None:
    assert decided(seen(OTHER), entry()) == (Outcome.REFER, "no_temporary")
    assert decided(seen(OTHER), entry(), rules=OPENS) == (Outcome.GRANT, "temporary")
    assert decided(seen(OTHER), rules=LaneRules(temporary=False)) == (Outcome.DENY, "no_temporary")


@pytest.mark.req("LANE-11")
def test_a_block_beats_a_permit_on_the_way_in_and_keeps_nobody_inside() -> None:
    block = entry(list_=PlateList.BLOCK, until=None, n=2)
    assert decided(seen(), entry(), block, rules=OPENS) == (Outcome.REFER, "black_list")
    assert decided(seen(), entry(), block, direction=Direction.OUT) == (Outcome.GRANT, "nothing_due")
    assert decided(seen(), entry(list_=PlateList.BLOCK, until=NOW), rules=OPENS) == (Outcome.GRANT, "temporary")


@pytest.mark.req("LANE-11")
def test_fire_opens_lockdown_refuses_and_old_rules_ask_a_guard() -> None:
    assert decided(seen(None), gate=Gate(fire=True)) == (Outcome.GRANT, "fire")
    assert decided(seen(), entry(), gate=Gate(lockdown=True)) == (Outcome.DENY, "lockdown")
    old = {"expires_at": NOW, "refer_when_stale": True}
    assert decided(seen(), entry(), **old) == (Outcome.REFER, "rules_age")
    assert decided(seen(), entry(), expires_at=NOW) == (Outcome.GRANT, "permit")


@pytest.mark.req("PARK-12")
@pytest.mark.parametrize("direction", list(Direction))
def test_a_gate_that_has_no_rules_yet_asks_a_guard_and_calls_nothing_paid(direction: Direction) -> None:
    assert decided(seen(), known=False, direction=direction) == (Outcome.REFER, "rules_age")
    assert decided(seen(), known=False, direction=direction, gate=Gate(fire=True)) == (Outcome.GRANT, "fire")


def test_a_lane_that_takes_no_plates_at_this_hour_asks_a_guard() -> None:
    always = Span(days=frozenset(range(1, 9)), start_minute=0, end_minute=1440)
    card = KindWindow(lane_id=LANE_ID, kind=Kind.CARD, schedule=(always,))
    plate = KindWindow(lane_id=LANE_ID, kind=Kind.PLATE, schedule=(always,))
    assert decided(seen(), entry(), kinds=[card]) == (Outcome.REFER, "kind")
    assert decided(seen(), entry(), kinds=[card, plate]) == (Outcome.GRANT, "permit")


@pytest.mark.req("LANE-05")
@given(
    text=st.sampled_from([None, MINE, OTHER]),
    lists=st.lists(st.sampled_from(list(PlateList)), max_size=3),
    rules=st.sampled_from([OPENS, REFERS]),
    direction=st.sampled_from(list(Direction)),
)
def test_an_uncertain_read_never_opens_whatever_the_lists_say(text, lists, rules, direction) -> None:
    entries = [entry(list_=one, n=n + 1) for n, one in enumerate(lists)]
    outcome, case = decided(seen(text, sure=False), *entries, rules=rules, direction=direction)
    assert outcome is Outcome.REFER and case == ("unread" if text is None else "unsure")


@pytest.mark.req("LANE-05")
def test_a_near_miss_is_told_as_a_figure_and_opens_nothing() -> None:
    made = decide_vehicle(seen("川A1234S"), Gate(), Lists([entry()]), REFERS, LANE_ID, Direction.IN, NOW)
    assert (made.outcome, made.detail, made.reason) == (
        Outcome.REFER, {"case": "no_temporary", "near": "1"}, Reason.UNKNOWN,
    )  # fmt: skip


@pytest.mark.req("GEN-04")
def test_a_decision_says_what_it_stood_on() -> None:
    made = decide_vehicle(seen(), Gate(), Lists([entry()], version=7), REFERS, LANE_ID, Direction.IN, NOW)
    assert made.credential_id == uuid(1) and made.rules_version == 7
    since, until = ((NOW + one).astimezone(UTC).isoformat() for one in (-DAY, DAY))
    assert made.inputs == {
        "direction": "in", "plate": "sure", "plate_source": "camera", "frames": "3", "plate_list": "permit",
        "plate_since": since, "plate_until": until, "unlisted": "refer",
    }  # fmt: skip


def leaving(account: Account | None, rules=REFERS, *entries: PlateEntry):
    return decide_vehicle(seen(), Gate(), Lists(entries), rules, LANE_ID, Direction.OUT, NOW, account)


def account(hours: float, paid: int = 0, owed: int = 0, alone: bool = False, tariff: Tariff = T1) -> Account:
    """Of a car that came in so many hours ago, and paid five minutes ago."""
    payments = (PaidAt(at=NOW - timedelta(minutes=5), fen=paid),) if paid else ()
    stay = ToldStay(
        stay_id=uuid(9), plate=MINE, entered_at=NOW - timedelta(hours=hours), tariff_version=1, payments=payments
    )
    told = account_of(stay, owed, Charging((tariff,)), (), LANE_ID, NOW, alone)
    assert told is not None
    return told


@pytest.mark.req("PARK-02")
@pytest.mark.req("PARK-05")
def test_who_has_to_pay_is_told_how_much_for_what_and_by_which_version() -> None:
    made = leaving(account(2, owed=13_00))
    assert (made.outcome, made.reason, made.checks[-1].step) == (Outcome.REFER, Reason.UNKNOWN, "plate_pay")
    said = made.detail
    assert said["case"] == "pay" and (said["ask_fen"], said["fee_fen"], said["due_fen"]) == ("2000", "700", "700")
    assert said["owed_fen"] == "1300" and said["tariff"] == f"{T1.tariff_id} 1"
    assert sum(line.amount for line in read_bill(said["bill"])) == 7_00
    assert (
        made.inputs["inside_since"] == (NOW - timedelta(hours=2)).astimezone(UTC).isoformat()
        and made.inputs["charged"] == "yes"
    )


@pytest.mark.req("PARK-13")
def test_who_has_paid_or_owes_nothing_drives_out() -> None:
    paid = leaving(account(2, paid=7_00))
    assert (paid.outcome, paid.detail["case"], paid.detail["leave_min"]) == (Outcome.GRANT, "nothing_due", "10")
    assert leaving(account(0.2)).detail["bill"] == "free_minutes 0 12 12 0 0", "and the free minutes are told"
    assert leaving(account(2, paid=1_00)).detail["case"] == "pay"
    assert leaving(account(0.2, owed=99_00)).outcome is Outcome.GRANT, "a debt of before holds nobody"


@pytest.mark.req("PARK-14")
@pytest.mark.req("PARK-E31")
def test_alone_a_gate_lets_a_car_owe_up_to_the_limit() -> None:
    made = leaving(account(2, owed=13_00, alone=True))
    assert (made.outcome, made.detail["case"], made.detail["ask_fen"]) == (Outcome.GRANT, "owes", "700")
    assert made.inputs["central"] == "away" and made.detail["owed_fen"] == "1300"
    assert leaving(account(2, owed=43_01, alone=True)).detail["case"] == "pay"
    guarded = T1.model_copy(update={"owe_limit": 0})
    assert leaving(account(2, alone=True, tariff=guarded)).outcome is Outcome.REFER, "a limit of 0 asks a guard"


@pytest.mark.req("P26")
@pytest.mark.req("LANE-24")
def test_who_was_not_seen_coming_in_is_a_question_to_a_guard_and_no_fee_is_made_up() -> None:
    made = leaving(Account(T1))
    assert (made.outcome, made.detail) == (Outcome.REFER, {"case": "no_entry"})
    flat = T1.model_copy(update={"no_entry_fen": 10_00})
    assert leaving(Account(flat, no_entry=10_00)).detail == {"case": "no_entry", "ask_fen": "1000"}, (
        "the tariff's word for the guard"
    )
    assert leaving(Account(T1), REFERS, entry()).detail["case"] == "permit"
    assert leaving(None).detail["case"] == "nothing_due", "where nothing is charged"
    assert leaving(Account(None, NOW - DAY)).detail["case"] == "nothing_due", "nothing was charged when it came"


@pytest.mark.req("PARK-15")
def test_debts_are_asked_about_on_the_way_in_and_a_permit_enters_with_any() -> None:
    def enters(owed: int, *entries: PlateEntry) -> str:
        told = Account(T1, owed=owed)
        made = decide_vehicle(seen(), Gate(), Lists(entries), OPENS, LANE_ID, Direction.IN, NOW, told)
        return f"{made.detail['case']} {made.detail.get('ask_fen', '')}"

    assert enters(50_00) == "temporary " and enters(50_01) == "arrears 5001"
    assert enters(50_01, entry()) == "permit "


def test_a_permit_covers_the_stay_it_is_told_of_and_one_of_long_ago_does_not() -> None:
    long_ago = entry(since=NOW - 99 * DAY, until=NOW - 31 * DAY)
    assert len(permits_of(Lists([entry(), entry(OTHER), long_ago]), LANE_ID, MINE, NOW)) == 1
    assert permits_of(Lists([entry(lanes=[uuid(0x99)])]), LANE_ID, MINE, NOW) == ()


@pytest.mark.req("PARK-20", "LANE-11")
def test_a_decision_at_an_inner_lane_says_its_zones_and_no_money() -> None:
    stay = ToldStay(stay_id=uuid(7), plate=MINE, entered_at=NOW - DAY, tariff_version=1)
    account = account_of(stay, 0, Charging((T1,)), (), LANE_ID, NOW, False)
    assert account is not None and account.due is not None and account.due.due > 0
    ways = {Direction.IN: Between("B1", "B2"), Direction.OUT: Between("B2", "B1")}
    for direction, between in ways.items():
        made = decide_vehicle(seen(), Gate(), Lists(), OPENS, LANE_ID, direction, NOW, account, 0, between=between)
        assert (made.outcome, made.detail) == (Outcome.GRANT, {"case": "inner"})
        assert (made.inputs["from_zone"], made.inputs["to_zone"]) == between
        assert "charged" not in made.inputs and "places" not in made.inputs
    told = [
        decide_vehicle(seen(), Gate(), Lists(known=False), OPENS, LANE_ID, direction, NOW, between=between).outcome
        for direction, between in ways.items()
    ]
    assert told == [Outcome.REFER, Outcome.REFER], "without rules a guard is asked, as at every lane"
