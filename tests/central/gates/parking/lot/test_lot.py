"""A car park's places at central: plans, sensors, counts by hand, a car that is looked for, and what gates are told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NoSuchLink
from central.base.kernel.permissions import GUARD, MANAGER
from central.base.kernel.session import open_session
from central.gates.access.site_keys import plate_key
from central.gates.parking.lot import counts as lot_counts
from central.gates.parking.lot import find as lot_find
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot import told as lot_told
from central.gates.parking.lot.occupancy import cars_curve, lot_of
from central.gates.parking.lot.sensors import Pace, Reading
from central.gates.parking.lot.settings import LotSettings, set_lot
from central.gates.parking.lot.tables import BayStateRow, LotCountRow
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.rules import Kept
from central.gates.parking.stays import news as stay_news
from models.parking.occupancy import WHOLE, BayState, Charging, How
from models.parking.plan import BayKind
from models.parking.plan_check import Wrong
from models.values.ids import new_id
from tests.browser.gate import seed
from tests.central.gates.parking.cars import FieldLane, drive
from tests.central.gates.parking.lot.lots import content_of, keeper, plan_there, sensed, tell

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MINE, OTHER, THIRD = "川A12345", "川B8K3H5", "川C55555"


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def street(site):
    """drive(plate, at, direction) at the node's first lane, told to central at once."""
    with site.gate.session() as db:
        key = plate_key(db, site.community_id)
    lane = FieldLane(site.gate, site.gate.reply.lanes[0])

    def come(plate, at, direction="in"):
        correlation = drive(lane, key, plate, at, direction=direction)
        site.gate.tell()
        return correlation

    return come


def now_of(site, at=None):
    with site.gate.session() as db:
        return lot_of(db, site.community_id, at or clock.now()).now


@pytest.mark.req("PARK-21")
def test_a_plan_counts_only_when_somebody_has_let_it(site):
    now = clock.now()
    with site.gate.session() as db:
        content = json.dumps(content_of(db, site)).encode()
        first = lot_plans.upload_plan(db, keeper(site), site.community_id, content, now)
        assert lot_plans.plan_in_force(db, site.community_id) is None
        assert lot_of(db, site.community_id, now).now is None
        lot_plans.use_plan(db, keeper(site), first, now)
        second = lot_plans.upload_plan(db, keeper(site), site.community_id, content, now)
        assert lot_plans.plan_in_force(db, site.community_id).version == 1
        lot_plans.use_plan(db, keeper(site), second, now + MINUTE)
        assert lot_plans.plan_in_force(db, site.community_id).version == 2
        lot_plans.use_plan(db, keeper(site), first, now + 2 * MINUTE)
        lot_plans.use_plan(db, keeper(site), first, now + 3 * MINUTE)
        assert lot_plans.plan_in_force(db, site.community_id).version == 1, "back to the one of before"
        deeds = db.scalars(select(AuditRow.what).where(AuditRow.what.like("lot.%")).order_by(AuditRow.id)).all()
        assert deeds == ["lot.plan_upload", "lot.plan_use", "lot.plan_upload", "lot.plan_use", "lot.plan_use"]
        with pytest.raises(ProgrammingError, match="permission denied"), db.begin_nested():
            db.execute(text("UPDATE lot_plan SET value = '{}'"))


@pytest.mark.req("PARK-21")
def test_a_plan_names_lanes_that_are_there_and_a_wrong_one_is_kept_nowhere(site):
    with site.gate.session() as db:
        content = content_of(db, site) | {"lanes": [{"lane": "nowhere", "node": "B1-in-west"}]}
        with pytest.raises(lot_plans.BadPlan) as bad:
            lot_plans.upload_plan(db, keeper(site), site.community_id, json.dumps(content).encode(), clock.now())
        assert [(one.wrong, one.where) for one in bad.value.problems] == [(Wrong.NO_LANE, "nowhere")]
        with pytest.raises(lot_plans.BadPlan):
            lot_plans.upload_plan(db, keeper(site), site.community_id, b"<svg/>", clock.now())
        assert lot_plans.plans_of(db, keeper(site), site.community_id) == []


@pytest.mark.req("PARK-20", "PARK-21")
def test_sensors_say_what_is_free_and_silence_takes_it_back(site):
    now = clock.now()
    with site.gate.session() as db:
        plan = plan_there(db, site, now)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
        temporary = sensed(plan, BayKind.TEMPORARY)
        told = tell(db, site, token, [Reading(code, code == temporary[0], now) for code in temporary], now)
        assert (told.taken, told.known, told.refused) == (len(temporary), 0, ())
    lot = now_of(site, now)
    assert (lot.how, lot.places, lot.free) == (How.SUM, len(temporary), len(temporary) - 1)
    assert lot.bays[temporary[0]] is BayState.TAKEN
    with site.gate.session() as db:
        again = tell(db, site, token, [Reading(code, True, now) for code in temporary], now + MINUTE)
        assert (again.taken, again.known) == (0, len(temporary)), "of the same time: told before, and nothing new"
        older = tell(db, site, token, [Reading(temporary[1], True, now - HOUR)], now + MINUTE)
        assert older.known == 1
        wrong = [Reading("Z99", True, now), Reading(temporary[1], True, now + HOUR),
                 Reading(next(code for code, (_, bay) in plan.bays.items() if not bay.sensor), True, now)]  # fmt: skip
        refused = tell(db, site, token, wrong, now).refused
        assert [why for _, why in refused] == ["no_bay", "future", "no_sensor"]
    assert now_of(site, now + 10 * MINUTE).free == len(temporary) - 1
    silent = now_of(site, now + 11 * MINUTE)
    assert (silent.how, silent.free) == (How.STAYS, len(temporary)), "who has stopped telling does not close the gate"
    assert {silent.bays[code] for code in temporary} == {BayState.UNKNOWN}


@pytest.mark.req("PARK-21")
def test_a_key_tells_of_its_own_lot_until_it_is_ended(site, two_tenants, database):
    now = clock.now()
    with site.gate.session() as db:
        plan_there(db, site, now)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
        with pytest.raises(Conflict):
            lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
    with open_session(database.engine) as db:
        assert lot_sensors.system_by(db, token).community_id == site.community_id
    with site.gate.session() as db:
        (system,) = lot_sensors.systems_of(db, keeper(site), site.community_id)
        assert token not in repr(system)
        lot_sensors.end_system(db, keeper(site), system.system_id, now)
        lot_sensors.end_system(db, keeper(site), system.system_id, now)
    for wrong in (token, "", "nonsense"):
        with open_session(database.engine) as db, pytest.raises(NoSuchLink):
            lot_sensors.system_by(db, wrong)


@pytest.mark.req("PARK-20")
def test_a_count_corrects_the_drift_and_is_kept_with_who_and_why(site, street):
    now = clock.now()
    with site.gate.session() as db:
        places = sum(bay.kind is BayKind.TEMPORARY for _, bay in plan_there(db, site, now, sensors=False).bays.values())
    street(MINE, now - 9 * HOUR)
    street(OTHER, now - 8 * HOUR)
    assert now_of(site).free == places - 2
    with site.gate.session() as db:
        lot_counts.count_cars(db, keeper(site, "王师傅"), site.community_id, WHOLE, 5, "晚上巡场", now - 3 * HOUR)
    assert now_of(site).free == places - 5
    street(THIRD, now - 2 * HOUR)
    assert now_of(site).free == places - 6, "who came since"
    street(MINE, now - HOUR, "out")
    assert now_of(site).free == places - 5, "who left since"
    street("川D11111", now - 4 * HOUR)
    assert now_of(site).free == places - 5, "a late word of before the count changes nothing: it was counted"
    street(OTHER, now - HOUR)
    assert now_of(site).free == places - 5, "it was counted, left unseen and came again"
    street("川E22222", now - MINUTE, "out")
    assert now_of(site).free == places - 4, "a car that nobody saw come in has left a place"
    with site.gate.session() as db:
        (row,) = lot_counts.counts_of(db, keeper(site), site.community_id)
        assert (row.counted, row.was, row.by_name, row.reason) == (5, 2, "王师傅", "晚上巡场")
        (deed,) = db.scalars(select(AuditRow).where(AuditRow.what == "lot.count"))
        assert (deed.reason, deed.before, deed.after) == ("晚上巡场", {"cars": 2}, {"cars": 5})
        with pytest.raises(ProgrammingError), db.begin_nested():
            db.execute(LotCountRow.__table__.delete())


@pytest.mark.req("PARK-20")
def test_cars_with_a_permit_stand_on_their_own_bays_first(site, street):
    now = clock.now()
    with site.gate.session() as db:
        set_lot(db, keeper(site), site.community_id, LotSettings(places=10, own_places=1))
        for plate in (MINE, OTHER):
            add_plate(db, keeper(site), site.community_id, kind=Kept.PERMIT, plate=plate, note="", since=now - HOUR,
                      until=now + 99 * HOUR, now=now)  # fmt: skip
    street(MINE, now - MINUTE)
    lot = now_of(site)
    assert (lot.free, lot.inside.own, lot.inside.others) == (10, 1, 0)
    street(OTHER, now - MINUTE)
    assert now_of(site).free == 9, "there is one bay of their own, and there are two of them"
    with site.gate.session() as db:
        told = lot_told.lot_told(db, site.community_id, now)
    assert (told.free, told.own, told.zones) == (9, 0, ())


@pytest.mark.req("PARK-20", "PARK-09")
def test_a_second_car_of_a_bay_takes_a_general_place_until_the_bay_is_free(site, street):
    """Two owners' bays, one of them for two cars: the second car there takes neither the other bay nor no place."""
    now = clock.now()
    with site.gate.session() as db:
        set_lot(db, keeper(site), site.community_id, LotSettings(places=10, own_places=2))
        for plate, bay in ((MINE, "B1-023"), (OTHER, "B1-023"), (THIRD, "B1-024")):
            add_plate(db, keeper(site), site.community_id, kind=Kept.PERMIT, plate=plate, note="", since=now - 9 * HOUR,
                      until=now + 99 * HOUR, bay=bay, now=now - 9 * HOUR)  # fmt: skip
    street(MINE, now - 30 * MINUTE)
    assert (now_of(site).free, now_of(site).inside) == (10, (1, 0)), "on its bay"
    street(OTHER, now - 20 * MINUTE)
    assert (now_of(site).free, now_of(site).inside) == (9, (1, 1)), "its bay is taken"
    with site.gate.session() as db:
        assert lot_told.lot_told(db, site.community_id, now).own == 1, "the other bay waits for its own car"
        lot_counts.count_cars(db, keeper(site), site.community_id, WHOLE, 1, "巡场", now - 15 * MINUTE)
    assert now_of(site).standing == 1
    street(THIRD, now - 10 * MINUTE)
    assert (now_of(site).free, now_of(site).inside) == (9, (2, 1))
    street(MINE, now - 5 * MINUTE, "out")
    lot = now_of(site)
    assert (lot.free, lot.standing, lot.inside) == (10, 0, (2, 0)), "it stands on the bay as soon as that is free"
    street(OTHER, now - 4 * MINUTE, "out")
    assert (now_of(site).free, now_of(site).standing, now_of(site).inside) == (10, 0, (1, 0))


def test_what_is_no_count_is_refused(site):
    now = clock.now()
    with site.gate.session() as db:
        with pytest.raises(Conflict) as nothing:
            lot_counts.count_cars(db, keeper(site), site.community_id, WHOLE, 1, "巡场", now)
        assert nothing.value.key == "lot.no_places"
        set_lot(db, keeper(site), site.community_id, LotSettings(places=10))
        for counted, why in ((-1, "巡场"), (1, " ")):
            with pytest.raises(Invalid):
                lot_counts.count_cars(db, keeper(site), site.community_id, WHOLE, counted, why, now)
        with pytest.raises(Conflict) as sensors:
            lot_counts.count_cars(db, keeper(site), site.community_id, "A", 1, "巡场", now)
        assert sensors.value.key == "lot.not_by_hand"
        wrong_minutes = LotSettings(charged_minutes=1_441)
        for bad in (LotSettings(places=-1), LotSettings(places=1, long_days=9, abandoned_days=3), wrong_minutes):
            with pytest.raises(Invalid):
                set_lot(db, keeper(site), site.community_id, bad)


@pytest.mark.req("PARK-20", "LANE-23")
def test_gates_are_woken_when_a_figure_differs_and_only_then(site):
    now = clock.now()
    with site.gate.session() as db:
        plan = plan_there(db, site, now)
        lot_told.tell_if_changed(db, site.community_id, now)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
        head = stay_news.head(db, site.community_id)
        one, charging = sensed(plan, BayKind.TEMPORARY)[0], sensed(plan, BayKind.CHARGING)[0]
        tell(db, site, token, [Reading(code, True, now) for code in sensed(plan, BayKind.TEMPORARY)], now - MINUTE)
        lot_told.tell_if_changed(db, site.community_id, now)
        assert lot_told.lot_told(db, site.community_id, now).free == 0
        head, now = stay_news.head(db, site.community_id), now + MINUTE
        tell(db, site, token, [Reading(charging, False, now)], now)
        assert stay_news.head(db, site.community_id) == head, "a charging bay is no place for anybody"
        tell(db, site, token, [Reading(one, False, now)], now)
        woken = stay_news.head(db, site.community_id)
        assert woken > head
        assert lot_told.lot_told(db, site.community_id, now).free == 1
        lot_told.sweep(db, now + 2 * MINUTE)
        assert stay_news.head(db, site.community_id) == woken
        lot_told.sweep(db, now + 11 * MINUTE)
        assert stay_news.head(db, site.community_id) > woken, "its sensors are silent"
        told = lot_told.lot_told(db, site.community_id, now + 11 * MINUTE)
        assert {zone.free for zone in told.zones} == {None}


@pytest.mark.req("PARK-22")
def test_a_car_is_found_by_part_of_its_plate_and_who_looked_is_written_down(site, street):
    now = clock.now()
    street(MINE, now - HOUR)
    street(OTHER, now - HOUR)
    street("川A12399", now - HOUR)
    street("川A12399", now - MINUTE, "out")
    with site.gate.session() as db:
        plan_there(db, site, now)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
        tell(db, site, token, [Reading("B01", True, now, "川 A·12345"), Reading("B02", True, now, "不是车牌")], now)
        found = lot_find.find_car(db, keeper(site), site.community_id, "a·123", "车主忘了", now)
        assert [(str(one.plate), one.bay) for one in found] == [("川A·12345", "B01")]
        assert abs(found[0].entered_at - (now - HOUR)) < MINUTE
        assert [one.bay for one in lot_find.find_car(db, keeper(site), site.community_id, "8K3", "车主忘了", now)] == [
            ""
        ]
        deeds = db.scalars(select(AuditRow).where(AuditRow.what == "lot.find_car").order_by(AuditRow.id)).all()
        assert [(one.reason, one.after["found"]) for one in deeds] == [("车主忘了", 1), ("车主忘了", 1)]
        assert "A123" not in json.dumps([one.after for one in deeds])
        for part, why in (("12", "找车"), ("A123", " ")):
            with pytest.raises(Invalid):
                lot_find.find_car(db, keeper(site), site.community_id, part, why, now)
        assert lot_find.where_is(db, site.community_id, MINE).bay == "B01"
        assert lot_find.where_is(db, site.community_id, THIRD) is None
        tell(db, site, token, [Reading("B01", False, now + MINUTE)], now + MINUTE)
        assert lot_find.where_is(db, site.community_id, MINE).bay == ""
        row = db.scalars(select(BayStateRow).where(BayStateRow.bay == "B01")).one()
        db.refresh(row)
        assert (row.sealed_plate, row.plate_digest) == (None, None), "a bay that is free keeps nobody's plate"


@pytest.mark.req("PARK-23")
def test_a_fuel_car_at_a_charging_bay_is_known_by_its_plate(site):
    now = clock.now()
    with site.gate.session() as db:
        plan = plan_there(db, site, now)
        charging = sensed(plan, BayKind.CHARGING)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
        tell(db, site, token, [Reading(charging[0], True, now, MINE), Reading(charging[1], True, now, "川AD12345"),
                               Reading(charging[2], True, now, "", Charging.DONE)], now)  # fmt: skip
        heard = lot_of(db, site.community_id, now).known.heard
        assert [heard[one].fuel for one in charging[:3]] == [True, False, None]
        assert heard[charging[2]].charging is Charging.DONE


@pytest.mark.req("PARK-23")
def test_a_lot_says_for_how_long_a_car_may_stay_once_it_has_finished_charging(login_as, site):
    now = clock.now()
    with site.gate.session() as db:
        plan = plan_there(db, site, now)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "充电桩", now)
        bay = sensed(plan, BayKind.CHARGING)[0]
        told = [
            Reading(bay, True, now - 20 * MINUTE, charging=Charging.DONE),
            Reading(bay, True, now, "", Charging.DONE),
        ]
        tell(db, site, token, told, now)
    guard, here = login_as(GUARD, community=site.community_id), {"community": str(site.community_id)}
    assert f'data-misused="{bay}"' not in guard.get("/parking/lot", params=here).text, "20 of its 30 minutes"
    manager = login_as(MANAGER, community=site.community_id)
    wanted = {"places": "", "own_places": "0", "full_at": "0", "long_days": "7", "abandoned_days": "30"}
    wanted |= {"wait_minutes": "30", "charged_minutes": "15"}
    sent = manager.post("/parking/lot/settings", data=here | wanted, follow_redirects=False)
    assert sent.status_code == 303
    page = guard.get("/parking/lot", params=here).text
    assert f'data-misused="{bay}"' in page and "充满后超过 15 分钟没有挪车" in page


def test_the_curve_tells_how_many_were_inside(site, street):
    now = clock.now()
    street(MINE, now - 30 * HOUR)
    street(OTHER, now - 5 * HOUR)
    street(OTHER, now - 2 * HOUR, "out")
    with site.gate.session() as db:
        curve = cars_curve(db, site.community_id, now - 24 * HOUR, now)
    assert [number for _, number in curve] == [1, 2, 1, 1]


def test_a_system_calls_as_often_as_it_may():
    pace, key, now = Pace(1.0, 3.0), new_id(), clock.now()
    assert [pace.allows(key, now) for _ in range(4)] == [True, True, True, False]
    assert pace.allows(new_id(), now)
    assert [pace.allows(key, now + timedelta(seconds=2)) for _ in range(3)] == [True, True, False]


@pytest.mark.req("PARK-21")
def test_sensors_tell_over_http_with_their_key(client, site):
    now = clock.now()
    with site.gate.session() as db:
        plan_there(db, site, now)
        token = lot_sensors.add_system(db, keeper(site), site.community_id, "引导", now)
    body = {"readings": [{"bay": "B01", "taken": True, "at": now.isoformat()},
                         {"bay": "Z99", "taken": True, "at": now.isoformat()}]}  # fmt: skip
    key = {"authorization": f"Bearer {token}"}
    for taken, known in ((1, 0), (0, 1)):
        answer = client.post("/api/v1/parking/bays", json=body, headers=key)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"taken": taken, "known": known, "refused": [{"bay": "Z99", "why": "no_bay"}]}
    for wrong in ({}, {"authorization": "Bearer x"}, {"authorization": f"Basic {token}"}):
        assert client.post("/api/v1/parking/bays", json=body, headers=wrong).status_code == 401
    for bad in ({"readings": []}, {"readings": [body["readings"][0]] * 401}, {"readings": [{"bay": "B01"}]}):
        assert client.post("/api/v1/parking/bays", json=bad, headers=key).status_code == 422


@pytest.mark.req("PARK-20", "PARK-22", "SEC-04")
def test_the_web_api_tells_and_takes_what_the_page_does(login_as, site, street):
    now = clock.now()
    street(MINE, now - HOUR)
    guard, manager = login_as(GUARD, community=site.community_id), login_as(MANAGER, community=site.community_id)
    here, root = {"community_id": str(site.community_id)}, "/api/v1/parking/lot"
    assert guard.get(root, params=here).json()["now"] is None
    with site.gate.session() as db:
        content = content_of(db, site, sensors=False)
    kept = manager.post(f"{root}/plans", json=here | {"file": json.dumps(content)})
    assert kept.json()["problems"] == []
    assert manager.post(f"{root}/plans", json=here | {"file": "{}"}).json() == {
        "plan_id": None, "problems": [{"wrong": "not_a_plan", "where": "menting_plan", "what": ""}],
    }  # fmt: skip
    assert guard.post(f"{root}/plans", json=here | {"file": "{}"}).status_code == 403
    with site.gate.session() as db:
        lot_plans.use_plan(db, keeper(site), kept.json()["plan_id"], now)
    told = guard.get(root, params=here).json()
    assert (told["plan_version"], told["now"]["how"], told["now"]["inside_others"]) == (1, "stays", 1)
    count = guard.post(f"{root}/counts", json=here | {"counted": 3, "reason": "巡场"})
    assert (count.status_code, count.json()["was"]) == (201, 1)
    assert guard.get(root, params=here).json()["now"]["free"] == told["now"]["free"] - 2
    found = guard.post(f"{root}/find-car", json=here | {"part": "A123", "reason": "车主忘了"})
    assert [one["plate"] for one in found.json()] == ["川A·12345"]


@pytest.mark.req("SEC-04")
def test_who_has_no_right_does_nothing(site):
    nobody = keeper(site).__class__(site.tenant_id, keeper(site).kind, new_id(), "某人", ())
    now = clock.now()
    with site.gate.session() as db:
        for deed in (
            lambda: lot_plans.upload_plan(db, nobody, site.community_id, b"{}", now),
            lambda: lot_counts.count_cars(db, nobody, site.community_id, WHOLE, 1, "巡场", now),
            lambda: lot_find.find_car(db, nobody, site.community_id, "A123", "找车", now),
            lambda: lot_sensors.add_system(db, nobody, site.community_id, "引导", now),
            lambda: set_lot(db, nobody, site.community_id, LotSettings(places=1)),
        ):
            with pytest.raises(Forbidden):
                deed()
