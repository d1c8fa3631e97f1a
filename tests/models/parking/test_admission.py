"""Who drives in and out, in the documented order; and that nobody inside is ever trapped by it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.decision import Outcome
from models.access.schedule import Span
from models.parking.admission import Admission, Case, Known, LaneRules, List, Listed, Vehicle, admit
from models.parking.cover import Permit
from models.parking.tariff import SecondCar
from models.site.topology import Direction
from models.values.plate import Plate, PlateColour

NOW = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PLATE = Plate(text="京A12345", colour=PlateColour.BLUE)
CAR = Vehicle(PLATE, sure=True, vehicle_class="small")
OPEN = LaneRules()
NOBODY = Known()
PERMIT = Permit(valid_from=NOW - 30 * DAY, valid_until=NOW + DAY)
LATE = Permit(valid_from=NOW - 30 * DAY, valid_until=NOW - DAY)
NIGHT = (Span(days=(1, 2, 3, 4, 5, 6, 7), start_minute=22 * 60, end_minute=23 * 60),)


def on(which: List, plate: Plate = PLATE) -> tuple[Listed, ...]:
    return (Listed(plate=plate, list=which, since=NOW - DAY),)


def enters(known: Known = NOBODY, lane: LaneRules = OPEN, vehicle: Vehicle = CAR) -> Admission:
    return admit(vehicle, known, lane, Direction.IN, NOW)


def leaves(known: Known, lane: LaneRules = OPEN, vehicle: Vehicle = CAR) -> Admission:
    return admit(vehicle, known, lane, Direction.OUT, NOW)


# each holds by itself, in the order of LANE-11; whoever has several gets the first
LADDER: tuple[tuple[Case, Outcome, Known, LaneRules, Vehicle], ...] = (
    (Case.FIRE, Outcome.GRANT, Known(fire=True), OPEN, CAR),
    (Case.LOCKDOWN, Outcome.DENY, Known(lockdown=True), OPEN, CAR),
    (Case.STORM, Outcome.DENY, Known(storm=True), OPEN, CAR),
    (Case.JUST_BEFORE, Outcome.REFER, Known(just_before=True), OPEN, CAR),
    (Case.BLACK_LIST, Outcome.DENY, Known(on(List.BLACK)), OPEN, CAR),
    (Case.WHITE_LIST, Outcome.GRANT, Known(on(List.WHITE)), OPEN, CAR),
    (Case.SPECIAL, Outcome.GRANT, Known(on(List.SPECIAL)), OPEN, CAR),
    (Case.SPECIAL_LOOKS, Outcome.REFER, Known(), OPEN, CAR._replace(special=True)),
    (Case.PERMIT, Outcome.GRANT, Known(permit=PERMIT), OPEN, CAR),
    (Case.PERMIT_GRACE, Outcome.GRANT, Known(permit=LATE), OPEN, CAR),
    (Case.INSIDE_ALREADY, Outcome.REFER, Known(inside=NOW - DAY), OPEN, CAR),
    (Case.ARREARS, Outcome.REFER, Known(owed=500), OPEN, CAR),
    (Case.ARREARS, Outcome.REFER, Known(owed=1, overdue=True), LaneRules(owing_limit=50_00), CAR),
    (Case.DENIED, Outcome.REFER, Known(denied=500), OPEN, CAR),
    (Case.CLASS, Outcome.DENY, Known(), LaneRules(classes=frozenset({"large"})), CAR),
    (Case.HOURS, Outcome.DENY, Known(), LaneRules(hours=NIGHT), CAR),
    (Case.BOOKED, Outcome.GRANT, Known(booked=True), OPEN, CAR),
    (Case.NO_TEMPORARY, Outcome.DENY, Known(), LaneRules(temporary=False), CAR),
    (Case.FULL, Outcome.DENY, Known(free=0), OPEN, CAR),
)  # fmt: skip


@pytest.mark.req("LANE-11")
@pytest.mark.parametrize(("case", "outcome", "known", "lane", "vehicle"), LADDER, ids=lambda one: str(one))
def test_each_case_by_itself(case: Case, outcome: Outcome, known: Known, lane: LaneRules, vehicle: Vehicle) -> None:
    told = enters(known, lane, vehicle)
    assert (told.outcome, told.case) == (outcome, case)


def both(known: Known, other: Known) -> Known:
    """What is so in one of the two, together."""
    changed = {name: value for name, value in other._asdict().items() if value != getattr(NOBODY, name)}
    return known._replace(**changed | {"listed": known.listed + other.listed})


PERMITS = (Case.PERMIT, Case.PERMIT_GRACE)


@pytest.mark.req("LANE-11")
def test_of_any_two_the_earlier_speaks() -> None:
    for place, (case, _, known, lane, vehicle) in enumerate(LADDER):
        for later, _, other, other_lane, other_vehicle in LADDER[place + 1 :]:
            car = vehicle if vehicle is not CAR else other_vehicle
            rules = lane if lane is not OPEN else other_lane
            told = admit(car, both(other, known), rules, Direction.IN, NOW)
            # a permit is for a car that is outside: one that is inside already is asked about, whatever it has
            expected = later if case in PERMITS and later is Case.INSIDE_ALREADY else case
            if case is Case.STORM and later in (Case.SPECIAL, Case.SPECIAL_LOOKS):
                expected = later  # pumps and fire engines go where the water is
            assert told.case is expected, f"{case} and {later}"
            assert expected is Case.FIRE or told.asked[0] is Case.FIRE


@pytest.mark.req("LANE-11")
def test_anybody_else_is_a_temporary_vehicle_and_pays() -> None:
    told = enters()
    assert (told.outcome, told.case, told.charged) == (Outcome.GRANT, Case.TEMPORARY, True)
    assert told.asked[0] is Case.FIRE and told.asked[-1] is Case.SECOND_CAR and told.order == 5


@pytest.mark.req("PARK-07")
def test_a_permit_its_grace_and_what_comes_after() -> None:
    until = PERMIT.valid_until
    cases = {
        until - timedelta(seconds=1): (Case.PERMIT, False),
        until: (Case.PERMIT_GRACE, False),
        until + 3 * DAY - timedelta(seconds=1): (Case.PERMIT_GRACE, False),
        until + 3 * DAY: (Case.TEMPORARY, True),
    }
    for now, (case, charged) in cases.items():
        told = admit(CAR, Known(permit=PERMIT), OPEN, Direction.IN, now)
        assert (told.outcome, told.case, told.charged) == (Outcome.GRANT, case, charged), now


def test_a_permit_for_hours_is_a_temporary_vehicle_outside_of_them() -> None:
    at_night = PERMIT.model_copy(update={"hours": NIGHT})
    assert enters(Known(permit=at_night)).case is Case.TEMPORARY


@pytest.mark.req("LANE-05")
@pytest.mark.parametrize("direction", Direction)
def test_an_unsure_read_is_referred_with_the_plates_that_it_may_be_and_opens_nothing(direction: Direction) -> None:
    near, far = Plate(text="京A12346"), Plate(text="京B99999")
    known = Known((*on(List.WHITE), *on(List.SPECIAL)), permit=PERMIT, near=(near, far))
    told = admit(CAR._replace(sure=False), known, OPEN, direction, NOW)
    assert (told.outcome, told.case, told.candidates) == (Outcome.REFER, Case.UNSURE, (near,))


@pytest.mark.req("LANE-05")
def test_a_plate_that_is_one_character_off_a_list_is_not_on_it() -> None:
    for which in List:
        assert enters(Known(on(which, Plate(text="京A12346")))).case is Case.TEMPORARY
    yellow = Plate(text=PLATE.text, colour=PlateColour.YELLOW)
    assert enters(Known(on(List.WHITE, yellow))).case is Case.TEMPORARY, "another car with the same text"


def test_a_list_holds_from_its_beginning_until_before_its_end() -> None:
    entry = Listed(plate=PLATE, list=List.WHITE, since=NOW, until=NOW + DAY)
    moments = {NOW - timedelta(seconds=1): False, NOW: True, NOW + DAY - timedelta(seconds=1): True, NOW + DAY: False}
    for now, holds in moments.items():
        assert (admit(CAR, Known((entry,)), OPEN, Direction.IN, now).case is Case.WHITE_LIST) is holds


@pytest.mark.req("LANE-12")
def test_a_vehicle_that_only_looks_special_is_proposed_and_a_listed_one_passes_free() -> None:
    proposed = enters(vehicle=CAR._replace(special=True))
    assert (proposed.outcome, proposed.case) == (Outcome.REFER, Case.SPECIAL_LOOKS)
    listed = enters(Known(on(List.SPECIAL)), vehicle=CAR._replace(special=True))
    assert (listed.outcome, listed.charged) == (Outcome.GRANT, False)


@pytest.mark.req("LANE-14")
def test_without_a_plate_somebody_is_asked() -> None:
    assert enters(vehicle=CAR._replace(plate=None)).case is Case.UNREAD


@pytest.mark.req("LANE-24")
def test_out_without_an_entry_is_asked_about_and_no_fee_is_made_up() -> None:
    told = leaves(Known(due=None))
    assert (told.outcome, told.case, told.fen) == (Outcome.REFER, Case.NO_ENTRY, 0)


@pytest.mark.parametrize(
    ("due", "owed", "limit", "case", "outcome"),
    [
        (0, 9_999, 0, Case.NOTHING_DUE, Outcome.GRANT),
        (500, 0, 0, Case.PAY, Outcome.REFER),
        (500, 0, 500, Case.OWES, Outcome.GRANT),
        (500, 1, 500, Case.PAY, Outcome.REFER),
        (None, 0, 500, Case.PAY, Outcome.REFER),
    ],
)
def test_out_is_free_paid_owed_or_to_be_paid(
    due: int | None, owed: int, limit: int, case: Case, outcome: Outcome
) -> None:
    told = leaves(Known(inside=NOW - DAY, due=due, owed=owed), LaneRules(owing_limit=limit))
    assert (told.case, told.outcome) == (case, outcome)


knowns = st.builds(
    Known,
    listed=st.lists(st.sampled_from([one for which in List for one in on(which)]), max_size=3).map(tuple),
    permit=st.sampled_from([None, PERMIT, LATE]),
    inside=st.sampled_from([None, NOW - DAY]),
    owed=st.integers(0, 2000),
    overdue=st.booleans(),
    denied=st.integers(0, 2000),
    denied_old=st.booleans(),
    due=st.none() | st.integers(0, 2000),
    free=st.none() | st.integers(-1, 2),
    fire=st.booleans(),
    lockdown=st.booleans(),
    storm=st.booleans(),
    grace_days=st.just(3),
    near=st.just(()),
    booked=st.booleans(),
    no_entry=st.sampled_from([0, 10_00]),
    holidays=st.just(frozenset()),
)
lanes = st.builds(
    LaneRules,
    classes=st.sampled_from([frozenset(), frozenset({"large"})]),
    hours=st.sampled_from([(), NIGHT]),
    temporary=st.booleans(),
    again=st.sampled_from([Outcome.REFER, Outcome.GRANT]),
    owing_limit=st.integers(0, 2000),
)
vehicles = st.builds(
    Vehicle,
    plate=st.sampled_from([None, PLATE]),
    sure=st.booleans(),
    vehicle_class=st.sampled_from(["small", "large"]),
    special=st.booleans(),
)


@pytest.mark.req("LANE-28", "LANE-12")
@given(vehicles, knowns, lanes)
def test_in_a_storm_nobody_comes_in_but_who_is_special_or_looks_it(
    vehicle: Vehicle, known: Known, lane: LaneRules
) -> None:
    told = admit(vehicle, known._replace(storm=True), lane, Direction.IN, NOW)
    special = vehicle.special or (vehicle.plate is not None and on(List.SPECIAL)[0] in known.listed)
    assert told.outcome is not Outcome.GRANT or told.case is Case.FIRE or special
    calm = admit(vehicle, known._replace(storm=False), lane, Direction.IN, NOW)
    assert not special or (told.outcome, told.case) == (calm.outcome, calm.case)


@pytest.mark.req("PARK-07")
@given(vehicles, knowns, lanes)
def test_nobody_is_denied_the_way_out_but_by_a_lockdown(vehicle: Vehicle, known: Known, lane: LaneRules) -> None:
    told = admit(vehicle, known, lane, Direction.OUT, NOW)
    assert told.outcome is not Outcome.DENY or (told.case is Case.LOCKDOWN and known.lockdown)


@pytest.mark.req("LANE-05", "LANE-11")
@given(vehicles, knowns, lanes, st.sampled_from(Direction))
def test_every_vehicle_gets_one_answer_and_what_was_not_read_opens_nothing_but_in_a_fire(
    vehicle: Vehicle, known: Known, lane: LaneRules, direction: Direction
) -> None:
    told = admit(vehicle, known, lane, direction, NOW)
    assert told.case not in told.asked and len(set(told.asked)) == len(told.asked)
    assert told == admit(vehicle, known, lane, direction, NOW)
    if told.outcome is Outcome.GRANT and not known.fire:
        assert vehicle.plate is not None and vehicle.sure and not known.lockdown
    assert told.fen >= 0 and (told.outcome is Outcome.REFER or not told.candidates)


@pytest.mark.req("PARK-15")
def test_what_is_asked_at_the_way_out_is_this_stay_and_what_was_left_owing() -> None:
    told = leaves(Known(inside=NOW - DAY, due=7_00, owed=13_00))
    assert (told.case, told.fen) == (Case.PAY, 20_00)


@pytest.mark.req("PARK-15")
@given(vehicles, knowns, lanes, st.sampled_from(Direction), st.integers(0, 2000))
def test_to_deny_a_debt_frees_nobody_and_locks_nobody_out(
    vehicle: Vehicle, known: Known, lane: LaneRules, direction: Direction, said: int
) -> None:
    """One press on a phone moves a debt from what is owed to what is denied."""
    fen = min(said, known.owed)
    old = known.denied_old or (known.overdue and fen > 0)
    pressed = known._replace(owed=known.owed - fen, denied=known.denied + fen, denied_old=old)
    if fen == known.owed:
        pressed = pressed._replace(overdue=False)
    before = admit(vehicle, known, lane, direction, NOW)
    after = admit(vehicle, pressed, lane, direction, NOW)
    assert after.outcome is before.outcome, "a guard was asked, and is asked"
    assert after.fen <= before.fen, "and nobody asks for what is denied"
    alike = {Case.ARREARS, Case.DENIED}
    assert after.case is before.case or {before.case, after.case} <= alike


@pytest.mark.req("PARK-15", "P33")
@pytest.mark.parametrize(
    ("known", "case"),
    [
        (Known(owed=30_00, denied=20_00), Case.TEMPORARY),
        (Known(owed=30_00, denied=20_01), Case.DENIED),
        (Known(denied=1, denied_old=True), Case.DENIED),
        (Known(owed=50_01, denied=20_01), Case.ARREARS),
    ],
)
def test_what_is_denied_counts_towards_the_limit_and_is_asked_of_nobody(known: Known, case: Case) -> None:
    told = enters(known, LaneRules(owing_limit=50_00))
    assert (told.case, told.fen) == (case, known.owed if case is not Case.TEMPORARY else 0)


@pytest.mark.req("PARK-15")
@given(knowns, lanes)
def test_a_denied_debt_refuses_no_entry_and_holds_no_permit(known: Known, lane: LaneRules) -> None:
    told = admit(CAR, known._replace(permit=PERMIT, inside=None), lane, Direction.IN, NOW)
    assert told.case is not Case.DENIED
    told = admit(CAR, known, lane, Direction.IN, NOW)
    assert told.case is not Case.DENIED or told.outcome is Outcome.REFER


@pytest.mark.req("PARK-07")
def test_a_permit_leaves_though_nobody_saw_it_come_in() -> None:
    assert leaves(Known(permit=PERMIT)).case is Case.PERMIT
    assert leaves(Known(permit=LATE)).case is Case.PERMIT_GRACE
    assert leaves(Known(permit=PERMIT, inside=NOW - DAY, due=5_00)).case is Case.PAY, "what it covers is in the price"


@pytest.mark.req("PARK-09", "P22")
@pytest.mark.parametrize("permit", [PERMIT, LATE])
def test_a_second_car_of_a_bay_comes_in_as_a_temporary_one_or_hears_why_not(permit: Permit) -> None:
    for rule in (SecondCar.UNTIL_FREE, SecondCar.WHOLE_STAY):
        second = Known(permit=permit, second=rule)
        told = enters(second)
        assert (told.outcome, told.case, told.charged) == (Outcome.GRANT, Case.SECOND_CAR, True)
        assert enters(second._replace(owed=99_00, overdue=True)).case is Case.SECOND_CAR, "it has a permit (PARK-15)"
        assert enters(second._replace(free=0)).case is Case.FULL, "no place is its own now"
        only_permits = LaneRules(temporary=False, stranger=Outcome.REFER)
        assert enters(second, only_permits)[:2] == (Outcome.REFER, Case.BAY_TAKEN)
    refused = Known(permit=permit, second=SecondCar.REFUSE)
    assert enters(refused)[:2] == (Outcome.DENY, Case.BAY_TAKEN)
    assert enters(refused, LaneRules(stranger=Outcome.REFER))[:2] == (Outcome.REFER, Case.BAY_TAKEN)
    assert enters(refused._replace(permit=None)).case is Case.TEMPORARY, "no bay is asked about without a permit"


@pytest.mark.req("PARK-10", "LANE-11")
@pytest.mark.parametrize("permit", [PERMIT, LATE])
def test_of_an_owner_whose_bay_a_guest_has_a_guard_is_asked_at_every_lane(
    permit: Permit,
) -> None:
    shared = Known(permit=permit, bay_shared=True)
    for lane in (OPEN, LaneRules(temporary=False), LaneRules(stranger=Outcome.REFER)):
        told = enters(shared, lane)
        assert (told.outcome, told.case, told.charged) == (Outcome.REFER, Case.BAY_SHARED, False), "never kept out"
    assert enters(shared._replace(second=SecondCar.REFUSE)).case is Case.BAY_SHARED
    assert enters(shared._replace(permit=None)).case is Case.TEMPORARY
    assert enters(shared._replace(inside=NOW - DAY)).case is Case.INSIDE_ALREADY
    assert leaves(shared._replace(inside=NOW - DAY, due=0)).outcome is Outcome.GRANT, "and nobody inside is held by it"


@pytest.mark.req("PARK-25")
@given(knowns, lanes)
def test_a_kept_place_lets_its_car_in_when_the_lot_is_full_and_charges_it(known: Known, lane: LaneRules) -> None:
    known = known._replace(inner=False)
    told = admit(CAR, known._replace(booked=True, free=0), lane, Direction.IN, NOW)
    assert told.case not in (Case.FULL, Case.NO_TEMPORARY, Case.BAY_TAKEN, Case.SECOND_CAR, Case.TEMPORARY)
    if told.case is Case.BOOKED:
        assert (told.outcome, told.charged) == (Outcome.GRANT, True)
    without = admit(CAR, known._replace(booked=False), lane, Direction.IN, NOW)
    if told.case is not Case.BOOKED:
        lifted = without.case is Case.BAY_TAKEN and told.outcome is not Outcome.GRANT  # of a taken bay alone
        assert told.case is without.case or lifted, "a booking overrides no list, no debt and no hour of the lane"


@pytest.mark.req("PARK-07", "P22")
def test_a_taken_bay_holds_nobody_inside() -> None:
    for rule in SecondCar:
        inside = Known(permit=PERMIT, second=rule, inside=NOW - DAY, due=0)
        assert leaves(inside).outcome is Outcome.GRANT
        assert leaves(inside._replace(inside=None)).case is Case.PERMIT


def inner(direction: Direction, known: Known = NOBODY, lane: LaneRules = OPEN, vehicle: Vehicle = CAR) -> Admission:
    return admit(vehicle, known._replace(inner=True), lane, direction, NOW)


@pytest.mark.req("LANE-11", "PARK-20")
def test_an_inner_lane_asks_about_no_money_and_no_place_and_knows_the_lists_on_the_way_further_in() -> None:
    owing = Known(owed=900_00, overdue=True, denied=5_00, inside=NOW - DAY, due=70_00, free=0)
    told = inner(Direction.IN, owing)
    assert (told.outcome, told.case, told.charged, told.fen) == (Outcome.GRANT, Case.INNER, False, 0)
    assert inner(Direction.IN).case is Case.INNER, "whom nobody saw come in"
    money = {Case.ARREARS, Case.DENIED, Case.FULL, Case.INSIDE_ALREADY, Case.PAY, Case.NO_ENTRY, Case.SECOND_CAR}
    money |= {Case.BOOKED}  # what was booked has come by then
    assert not money & set(told.asked)
    for case, outcome, known, lane, vehicle in LADDER:
        if case not in money:
            said = inner(Direction.IN, known, lane, vehicle)
            assert (said.outcome, said.case) == (outcome, case), "asked as on the way in"
    unsure = inner(Direction.IN, vehicle=CAR._replace(sure=False))
    assert (unsure.outcome, unsure.case) == (Outcome.REFER, Case.UNSURE)


@pytest.mark.req("LANE-11", "PARK-07")
def test_back_out_of_an_inner_part_everybody_drives_whose_plate_is_read_but_in_a_lockdown() -> None:
    for case, outcome, known, lane, vehicle in LADDER:
        held = case in (Case.LOCKDOWN, Case.FIRE, Case.JUST_BEFORE)
        told = inner(Direction.OUT, known._replace(owed=900_00, due=70_00), lane, vehicle)
        assert (told.outcome, told.case) == ((outcome, case) if held else (Outcome.GRANT, Case.INNER))
        assert told.fen == 0 and not told.charged
    unread = inner(Direction.OUT, vehicle=CAR._replace(plate=None, sure=False))
    assert (unread.outcome, unread.case) == (Outcome.REFER, Case.UNREAD), "a guard is asked, as at every lane"
