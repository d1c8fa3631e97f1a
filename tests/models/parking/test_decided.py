"""A vehicle's decision: what the lists and the lane's rules make of one read, and that nothing uncertain opens."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.policy import KindWindow
from models.access.schedule import Span
from models.parking.admission import LaneRules, Vehicle
from models.parking.decided import Gate, Lists, Seen, decide_vehicle
from models.site.topology import Direction
from models.values.plate import Plate
from models.wire.plates import PlateEntry, PlateList
from tests.models.making import LANE_ID, MONDAY_NOON, uuid

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
