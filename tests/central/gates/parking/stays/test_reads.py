"""What is read of stays and said of them: bills by the version of the entry, lists, deeds with a reason, who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.paging import PageAsk
from central.gates.access.site_keys import plate_key
from central.gates.parking.plates import listed as plates
from central.gates.parking.rules import Kept
from central.gates.parking.stays import bill as stay_bill
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays import routes as stay_routes
from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.fold import fold, row_of, touched
from models.parking.bill import Rule
from models.parking.stays import Detected, DroveIn, DroveOut, State
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.tariffs.test_tariffs import approve, draft, person
from tests.central.people.routes_matrix import GUARD, Call, check_call, routes_of, shape
from tests.models.parking.tariffs import T1, T6

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINE, MISREAD, GREEN = "川A12345", "川A12346", "川AD12345"


def tell(town, *facts):
    with town.session() as db:
        rows = [row_of(db, town.community, FromLane(one, town.lane)) for one in facts]
        db.add_all(rows)
        fold(db, town.community, [touched(row) for row in rows])


def enter(town, plate=MINE, ago=2 * HOUR, tariff=None):
    stay_id, at = new_id(), town.now - ago
    read = Plate(text=plate) if plate else None
    tell(town, Detected(new_id(), stay_id, town.community, read, at, str(tariff) if tariff else ""),
         DroveIn(new_id(), stay_id, True, at))  # fmt: skip
    return stay_id


def leave(town, plate=MINE, ago=HOUR):
    exit_id = new_id()
    tell(town, DroveOut(new_id(), exit_id, town.community, Plate(text=plate), town.now - ago))
    return exit_id


def view(town, stay_id):
    with town.session() as db:
        return stays.stay_of(db, person(town), stay_id)


def bill(town, stay_id, now=None):
    with town.session() as db:
        found = stays.stay_of(db, person(town), stay_id)
        prices = stay_bill.prices_for(db, town.community, [found], now or town.now)
        return stay_bill.priced(prices, found, now or town.now)


@pytest.mark.req("PARK-02", "PARK-03")
def test_a_stay_is_billed_by_the_version_that_is_recorded_in_it_line_by_line(town):
    first, second = draft(town), draft(town, tariff=T6, ahead=2 * DAY)
    for version in (first, second):
        approve(town, version)
    stay_id = enter(town, ago=-DAY - HOUR, tariff=first)
    now = town.now + 2 * DAY + HOUR
    priced = bill(town, stay_id, now)
    assert (priced.version.version, priced.bill.version, priced.until) == (1, 1, now)
    assert sum(line.amount for line in priced.bill.lines) == priced.bill.fee == 2000, "T1's cap, not T6's stages"
    assert view(town, stay_id).tariff_id == first


@pytest.mark.req("PARK-03")
def test_where_no_tariff_was_in_force_and_where_nobody_saw_it_enter_nothing_is_charged(town):
    assert bill(town, enter(town)) is None
    assert bill(town, leave(town, MISREAD)) is None


@pytest.mark.req("PARK-06", "PARK-07")
def test_a_permit_covers_until_it_ends_and_through_its_grace_as_it_does_at_the_lane(town):
    version = draft(town)
    approve(town, version)
    with town.session() as db:
        plates.add_plate(
            db, person(town), town.community, kind=Kept.PERMIT, plate=MINE, note="", since=town.now,
            until=town.now + 10 * DAY, lanes=(), now=town.now,
        )  # fmt: skip
    mine, other = (enter(town, plate, ago=-2 * DAY, tariff=version) for plate in (MINE, GREEN))
    covered = bill(town, mine, town.now + 12 * DAY)
    assert covered.bill.fee == 0 and [line.rule for line in covered.bill.lines] == [Rule.COVERED]
    assert (covered.permit_until, covered.covered_by) == (town.now + 10 * DAY, "short"), "no month card"
    late = bill(town, mine, town.now + 14 * DAY)
    assert late.bill.fee == 2000, "a day after its grace"
    assert bill(town, other, town.now + 12 * DAY).bill.fee > 0


@pytest.mark.req("PARK-06")
def test_a_permit_that_was_taken_off_covers_what_was_before(town):
    version = draft(town)
    approve(town, version)
    with town.session() as db:
        entry = plates.add_plate(
            db, person(town), town.community, kind=Kept.PERMIT, plate=MINE, note="", since=None,
            until=town.now + 90 * DAY, lanes=(), now=town.now,
        )  # fmt: skip
    stay_id = enter(town, ago=-DAY, tariff=version)
    tell(town, DroveOut(new_id(), new_id(), town.community, Plate(text=MINE), town.now + DAY + 5 * HOUR))
    with town.session() as db:
        plates.end_plate(db, person(town), entry, "已搬走", town.now + 2 * DAY)
    assert bill(town, stay_id, town.now + 9 * DAY).bill.fee == 0
    again, now = enter(town, ago=-3 * DAY, tariff=version), town.now + 3 * DAY + 2 * HOUR
    assert bill(town, again, now).bill.fee > 0
    with town.session() as db:
        both = [stays.stay_of(db, person(town), one) for one in (stay_id, again)]
        prices = stay_bill.prices_for(db, town.community, both, now)
        fees = [stay_bill.priced(prices, one, now).bill.fee for one in both]
    assert fees == [0, bill(town, again, now).bill.fee], "in a list as on its page: what was taken off has no grace"


@pytest.mark.req("LANE-12")
@pytest.mark.parametrize("kind", [Kept.WHITE, Kept.SPECIAL])
def test_a_special_vehicle_costs_nothing_from_the_second_persons_yes_on(town, kind):
    version = draft(town)
    approve(town, version)
    before = enter(town, ago=-DAY, tariff=version)
    with town.session() as db:
        entry = plates.add_plate(
            db, person(town), town.community, kind=kind, plate=MINE, note="", since=None, until=None, now=town.now,
        )  # fmt: skip
    assert bill(town, before, town.now + 2 * DAY).bill.fee > 0, "one person alone makes nothing free of charge"
    with town.session() as db:
        plates.approve_plate(db, person(town, "王主任"), entry, town.now + DAY)
    free = bill(town, before, town.now + 2 * DAY)
    assert (free.bill.fee, free.permit_until, free.covered_by) == (0, None, kind.value)


@pytest.mark.req("PARK-08")
def test_who_renews_while_the_car_is_inside_is_covered_from_the_first_day_to_the_last(town):
    version = draft(town)
    approve(town, version)
    stay_id = enter(town, ago=-DAY, tariff=version)
    for since, until in ((0, 3), (2, 30)):
        now = town.now + since * DAY
        with town.session() as db:
            for entry in plates.plates_of(db, person(town), town.community, now):
                plates.end_plate(db, person(town), entry.entry_id, "续费", now)
            plates.add_plate(
                db, person(town), town.community, kind=Kept.PERMIT, plate=MINE, note="", since=now,
                until=town.now + until * DAY, lanes=(), now=now,
            )  # fmt: skip
    priced = bill(town, stay_id, town.now + 9 * DAY)
    assert (priced.bill.fee, priced.permit_until, priced.covered_by) == (0, town.now + 30 * DAY, "permit")


@pytest.mark.req("PARK-24")
def test_who_stays_long_without_a_permit_and_what_does_not_fit_is_listed_for_a_person(town):
    with town.session() as db:
        plates.add_plate(
            db, person(town), town.community, kind=Kept.PERMIT, plate=GREEN, note="", since=None,
            until=town.now + 90 * DAY, lanes=(), now=town.now,
        )  # fmt: skip
    long = enter(town, ago=8 * DAY)
    enter(town, GREEN, ago=8 * DAY)
    enter(town, "川B8K3H5", ago=6 * DAY)
    lone, unseen = leave(town, MISREAD), new_id()
    tell(town, Detected(new_id(), unseen, town.community, None, town.now - 2 * HOUR))
    tell(town, DroveIn(new_id(), new_id(), True, town.now - HOUR))
    with town.session() as db:
        look = stay_bill.to_look_at(db, person(town), town.community, town.now)
        counts = stays.inside_by_class(db, town.community)
    assert [[one.stay_id for one in each] for each in (look.long, look.exits, look.unseen)] == [
        [long], [lone], [unseen]
    ]  # fmt: skip
    assert [one.what.value for one in look.odd] == ["nobody_opened"]
    assert counts == {"small": 2, "new_energy": 1}


def test_lists_come_newest_first_in_pages(town):
    entered = [enter(town, f"川A1234{n}", ago=n * HOUR) for n in range(1, 4)]
    with town.session() as db:
        first, following = stays.inside(db, person(town), town.community, PageAsk(limit=2))
        rest, end = stays.inside(db, person(town), town.community, PageAsk(after=following, limit=2))
    assert [one.stay_id for one in (*first, *rest)] == entered and end is None
    leave(town, "川A12341", ago=timedelta(0))
    with town.session() as db:
        gone, _ = stays.left(db, person(town), town.community, PageAsk())
    assert [one.stay_id for one in gone] == entered[:1]


@pytest.mark.req("PRIV-10")
def test_a_plate_is_found_whole_by_its_digest_and_lies_nowhere_in_the_open(town, other_town):
    stay_id = enter(town)
    with town.session() as db:
        stay_deeds.correct_plate(db, person(town), stay_id, "川 b·8k3h5", "看错", town.now)
        found = stays.find_plate(db, person(town), town.community, "川b8K3h5")
        assert [one.stay_id for one in found] == [stay_id]
        assert stays.find_plate(db, person(town), town.community, MINE) == []
        with pytest.raises(Invalid) as part:
            stays.find_plate(db, person(town), town.community, "8K3")
        assert part.value.fields == {"plate": "plates.no_plate"}
        lies = "".join(
            str(db.execute(text(f"SELECT t::text FROM {name} t")).all())
            for name in ("stay", "stay_fact", "stay_change", "stay_odd", "audit", "outbox")
        )
        mine = plate_key(db, town.community)
    for plate in (MINE, "川B8K3H5"):
        assert plate not in lies and plate.encode().hex() not in lies
    with other_town.session() as db:
        assert plate_key(db, other_town.community) != mine
        assert stays.find_plate(db, person(other_town), other_town.community, "川B8K3H5") == []


@pytest.mark.req("LANE-24")
def test_a_corrected_plate_is_audited_masked_and_said_twice_changes_nothing(town):
    stay_id = enter(town, MISREAD)
    for _ in range(2):
        with town.session() as db:
            stay_deeds.correct_plate(db, person(town), stay_id, MINE, "对照照片", town.now)
    with town.session() as db:
        (deed,) = db.scalars(select(AuditRow).where(AuditRow.what == "stay.correct"))
        assert (deed.before, deed.after, deed.reason) == ({"plate": "川A****6"}, {"plate": "川A****5"}, "对照照片")
        found = stays.stay_of(db, person(town), stay_id)
        assert [one.note for one in stays.history_of(db, found)] == ["", "", MISREAD]
    assert (found.plate.text, found.state) == (MINE, State.ENTERED)


@pytest.mark.req("LANE-24")
def test_what_does_not_fit_is_refused_with_why_and_nothing_of_it_is_kept(town):
    first, second = enter(town), enter(town, MISREAD, ago=HOUR)
    with town.session() as db, pytest.raises(Conflict, match="plate_inside"):
        stay_deeds.correct_plate(db, person(town), second, MINE, "看错", town.now)
    for plate, reason, field in (("A12345", "看错", "plate"), (MINE, "  ", "reason"), (MINE, "字" * 201, "reason")):
        with town.session() as db, pytest.raises(Invalid) as wrong:
            stay_deeds.correct_plate(db, person(town), second, plate, reason, town.now)
        assert list(wrong.value.fields) == [field]
    with town.session() as db, pytest.raises(Conflict, match="no_lone_exit"):
        stay_deeds.join_exit(db, person(town), second, first, "看错", town.now)
    with town.session() as db:
        assert db.execute(text("SELECT count(*) FROM stay_fact WHERE by_name IS NOT NULL")).scalar_one() == 0
        assert db.scalars(select(AuditRow.what).where(AuditRow.subject == "stay")).all() == []
    assert view(town, second).plate.text == MISREAD


@pytest.mark.req("PARK-01")
def test_a_lone_exit_is_joined_to_its_entry_and_a_void_stay_is_over(town):
    stay_id, exit_id = enter(town, MISREAD, ago=3 * HOUR), leave(town, ago=HOUR)
    with town.session() as db:
        lone = stays.stay_of(db, person(town), exit_id)
        assert lone.lone_exit and [one.stay_id for one in stays.may_be_its_entry(db, lone)] == [stay_id]
        assert stay_deeds.suggested(db, lone, town.now) == ["川A·12346"]
    enter(town, "川F31717", ago=2 * HOUR)
    with town.session() as db:
        likest = stays.may_be_its_entry(db, stays.stay_of(db, person(town), exit_id))
        assert [str(one.plate) for one in likest] == ["川A·12346", "川F·31717"], "the likest first, not the newest"
    for _ in range(2):
        with town.session() as db:
            stay_deeds.join_exit(db, person(town), exit_id, stay_id, "入场读错", town.now)
    joined, alone = view(town, stay_id), view(town, exit_id)
    assert (joined.state, joined.left_at, joined.exit_id) == (State.LEFT, town.now - HOUR, exit_id)
    assert (alone.state, alone.merged_into) == (State.MERGED, stay_id)
    other = enter(town, GREEN)
    for _ in range(2):
        with town.session() as db:
            stay_deeds.void_stay(db, person(town), other, "工程车", town.now)
    assert view(town, other).state is State.VOID
    with town.session() as db:
        deeds = db.scalars(select(AuditRow.what).where(AuditRow.subject == "stay").order_by(AuditRow.id)).all()
    assert deeds == ["stay.join", "stay.void"]


HERE = {"query": lambda town: {"community_id": town.community}}
ANY = {"path": lambda town: {"stay_id": MADE[town.tenant_id][0], "exit_id": MADE[town.tenant_id][1]}}
MADE = {}
WHY = {"reason": "对照照片"}


def made(town):
    MADE[town.tenant_id] = enter(town, MISREAD, ago=3 * HOUR), leave(town)


API = "/api/v1/parking"
CALLS = (
    Call("GET", f"{API}/inside", GUARD, **HERE),
    Call("GET", f"{API}/left", GUARD, **HERE),
    Call("GET", f"{API}/to-look-at", GUARD, **HERE),
    Call("POST", f"{API}/find", GUARD, body=lambda town: {"community_id": str(town.community), "plate": MINE}),
    Call("GET", f"{API}/stays/{{stay_id}}", GUARD, before=made, **ANY),
    Call("POST", f"{API}/stays/{{stay_id}}/correct", GUARD, before=made, body=lambda _: WHY | {"plate": GREEN}, **ANY),
    Call("POST", f"{API}/stays/{{stay_id}}/void", GUARD, before=made, body=lambda _: WHY, **ANY),
    Call("POST", f"{API}/stays/{{exit_id}}/join", GUARD, before=made,
         body=lambda town: WHY | {"stay_id": str(MADE[town.tenant_id][0])}, **ANY),
)  # fmt: skip


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)
    assert routes_of([stay_routes.router]) == {shape(one.id) for one in CALLS}


@pytest.mark.req("PARK-02")
def test_a_stay_over_http_says_its_history_and_a_bill_whose_lines_add_up(town, login_as):
    version = draft(town, tariff=T1, ahead=timedelta(seconds=1))
    approve(town, version)
    stay_id = enter(town, ago=-timedelta(seconds=2), tariff=version)
    tell(town, DroveOut(new_id(), new_id(), town.community, Plate(text=MINE), town.now + 5 * HOUR))
    told = login_as(GUARD, community=town.community).get(f"{API}/stays/{stay_id}").json()
    assert [line["state"] for line in told["history"]] == ["detected", "entered", "left"]
    assert told["plate"] == "川A·12345" and told["bill"]["version_id"] == str(version)
    assert sum(int(line["amount_fen"]) for line in told["bill"]["lines"]) == told["bill"]["fee_fen"] == 1300
