"""Every page against two companies, a foreign community and every role (SEC-04, ADMIN-02).

The question about the thing itself comes first: who has nothing to do with it is told 403 or 404, never what is wrong
with a form, and nothing of the company changes. Rows stand in an order in which each finds what it names: deeds that
end something are last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Engine, inspect, select, text

from central.base.identity.passwords import Passwords
from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.permissions import ADMINISTRATOR, MANAGER, PRESETS, of_preset
from central.base.kernel.session import tenant_session
from central.base.web.guards import guards_of, routes_of
from central.gates.access import service as access
from central.gates.access.queries import rules_of
from central.gates.access.site_keys import plate_key
from central.gates.coverage import service as coverage
from central.gates.coverage.rules import PointKind
from central.gates.ingest.tables import ParkedEventRow, PictureHoldRow
from central.gates.nodes import commands
from central.gates.nodes import service as nodes
from central.gates.nodes.tables import CommandRow
from central.gates.nodes.watch_group import service as watch_group
from central.gates.nodes.watch_group.rules import Ground
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings import offers
from central.gates.parking.coupons import give as give_coupon
from central.gates.parking.coupons import shops as coupon_shops
from central.gates.parking.coupons.rules import Gives
from central.gates.parking.coupons.shops import PaidBy
from central.gates.parking.driver.signs import make_sign
from central.gates.parking.dues.cash_at_exit import take_at_exit
from central.gates.parking.dues.till import take_lone_cash
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.settings import LotSettings, set_lot
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.rules import Kept
from central.gates.parking.storms import storm
from central.gates.parking.tariffs import service as parking
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.close_till import close_till
from central.money.receipts.ask_invoice import ask_invoice
from central.oversight.console.forms import local
from central.oversight.privacy.tables import GroupFindingRow
from central.people.assessment.tables import ImpactAssessmentRow
from central.people.community import queries
from central.people.community.queries import lane_of
from central.people.community.service import lane_serves
from models.access.cards import Card
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.passback import PassbackMode
from models.access.policy import Effect
from models.values.ids import new_id
from models.values.time import site_day
from models.wire.commands import Action
from models.wire.events import AlarmKind, LaneCall
from tests.browser.gate import Seeded, seed
from tests.central.conftest import make_person
from tests.central.gates.parking.cars import FieldLane, drive
from tests.central.gates.parking.lot.lots import content_of, tariff_there
from tests.central.oversight.page_rows import ONES_OWN, OPEN, ROWS, Row
from tests.models.parking.tariffs import T1 as A_TARIFF

pytestmark = pytest.mark.req("SEC-04", "ADMIN-02")

FACTS = {"exits": 0, "free_exits": {}, "free_fen": 0, "lifts": 0, "corrections": 0}
CARD = Card(format="uid32", number=0x04A2B3C4)


def shape(method: str, route: str) -> str:
    """Without the names of path parameters."""
    return f"{method} " + "/".join("{}" if part.startswith("{") else part for part in route.split("/"))


def test_no_page_is_left_out(app):
    """A new page without a row fails here; so does a row without its page."""
    pages = {
        shape(method, route.path): route
        for route in routes_of(app)
        if isinstance(route, APIRoute) and not route.include_in_schema and not route.path.startswith("/api/")
        for method in route.methods
    }
    rows = {shape(row.method, row.route) for row in ROWS}
    assert set(pages) - OPEN - ONES_OWN == rows
    assert len(rows) == len(ROWS)
    assert {name for name in pages if guards_of(pages[name])[0].kind == "public"} == OPEN
    assert {name for name in pages if guards_of(pages[name])[0].kind == "signed-in"} == ONES_OWN


@pytest.fixture
def site(parts, database, two_tenants) -> Seeded:
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def things(site, database, app) -> dict[str, str]:
    """One of everything, by the name under which the rows speak of it."""
    gate, now = site.gate, clock.now()
    decided = gate.decide(Outcome.GRANT)
    alarm = gate.alarm(AlarmKind.FORCED)
    gate.alarm(AlarmKind.FIRE)
    second = gate.decide(Outcome.DENY, Reason.PASSBACK, cardholder_id=site.cardholders[0])
    compared = gate.decide(Outcome.GRANT, cardholder_id=site.cardholders[0], score=0.6, threshold=0.5)
    shown = gate.decide(Outcome.DENY, Reason.UNKNOWN, kind=Kind.CARD, detail={"card": "ab" * 16})
    gate.write("nonsense")
    call = gate.write(LaneCall(what="began", by="button"))
    with gate.session() as db:
        key = plate_key(db, site.community_id)
    where = FieldLane(gate, gate.reply.lanes[0])
    stay, lone_exit = drive(where, key, "川A12345", now), drive(where, key, "川B8K3H5", now, direction="out")
    gate.tell()
    lane = gate.reply.lanes[0]
    keeper = system(site.tenant_id, "test", of_preset(ADMINISTRATOR))
    someone = Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "某人", keeper.grants)
    account = make_person(database.engine, site.tenant_id, MANAGER).actor.id
    with gate.session() as db:
        home = queries.residents_of(db, site.community_id)[0]
        nodes.request_look(db, someone, lane.lane_id, now)
        fire_end = nodes.end_fire_hold(db, someone, lane.lane_id, "演习")
        held = commands.give(
            db, someone, "manager", lane_of(db, lane.lane_id), Action.HOLD_OPEN, "搬家", "n" * 32, now, minutes=30
        ).id  # fmt: skip
        calibration = nodes.calibrate_faces(db, someone, lane.lane_id, "新楼入住")
        access.add_rule(db, keeper, site.community_id, "访客", Effect.ALLOW, ["visitor"], now=now)
        holiday = access.add_holiday(db, keeper, site.community_id, now.date(), "校庆")
        zone = access.set_zone(db, keeper, site.community_id, "东门", PassbackMode.SOFT, [lane.lane_id], now=now)
        reset = nodes.reset_passback(db, someone, lane.lane_id, site.cardholders[0], "已核对")
        ends, second_person = (
            now + timedelta(hours=1),
            Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "另一人", keeper.grants),
        )
        waiting, withdrawn, running = (
            access.request_lockdown(db, someone, site.community_id, [lane.lane_id], "staff", ends, why, now=now).id
            for why in ("演习", "误点", "疫情")
        )
        access.approve_lockdown(db, second_person, running, now=now)
        finding = GroupFindingRow(
            community_id=site.community_id, dimension="age", group_key="60_up", opened_at=now,
            facts={"people": 12, "trials": 200, "failures": 40},
        )  # fmt: skip
        db.add(finding)
        db.flush()
        card = access.give_card(db, keeper, site.cardholders[0], CARD, now=now)
        pin = access.set_pin(db, keeper, site.cardholders[0], home.house_id, now=now)
        point = coverage.set_point(db, keeper, site.community_id, PointKind.ENTRANCE, "东门", now=now)
        tariff = parking.draft_tariff(
            db, someone, site.community_id, A_TARIFF.model_copy(update={"starts_at": ends}), now=now
        )
        watched = watch_group.add_entry(
            db, keeper, site.community_id, label="甲", ground=Ground.COURT, document="裁定 1 号", asked_by="法院",
            expires_at=now + timedelta(days=9), now=now,
        )  # fmt: skip
        plate = add_plate(
            db, keeper, site.community_id, kind=Kept.PERMIT, plate="川A12345", note="", since=None,
            until=now + timedelta(days=9), now=now,
        )  # fmt: skip
        listed = add_plate(
            db, keeper, site.community_id, kind=Kept.SPECIAL, plate="川A54321", note="", since=None, until=None,
            now=now,
        )  # fmt: skip
        refund, paid_twice = new_id(), (Account(site.community_id, AccountKind.CLEARING, "test"), 700)
        owed_back = Account(site.community_id, AccountKind.REFUNDS)
        post(db, keeper, Posting("payment:test:n2", Code.SECOND_PAYMENT, now,
                                 (Entry(*paid_twice, refund), Entry(owed_back, -700, refund))))  # fmt: skip
        shop = coupon_shops.make_shop(db, keeper, Passwords(cheap=True), site.community_id, "便民超市", now)
        quota = coupon_shops.sell_quota(
            db, keeper, shop.shop_id, Gives.MINUTES, 60, 10, 0, PaidBy.BANK, now, hold_hours=24,
            ends_at=now + timedelta(days=9),
        )  # fmt: skip
        (view,) = coupon_shops.shops_in(db, keeper, site.community_id, now)
        coupon = give_coupon.give(db, view, quota, "川A12345", new_id(), "收银", now).coupon_id
        till = close_till(
            db, someone, site.community_id, str(lane.lane_id), seen_at=clock.now(), counted_fen=0, note="", facts=FACTS,
            now=now,
        )  # fmt: skip
        exit_cash, way_out = new_id(), queries.lane_of(db, lane.lane_id)
        take_at_exit(db, someone, way_out, exit_cash, None, 1000, "没有入场记录", now - timedelta(hours=1))
        receipt = take_lone_cash(db, someone, lone_exit, 500, 0, "测试", now, lane_id=lane.lane_id)
        invoice = ask_invoice(db, someone, receipt, "周示例", "", "13800000000", now).request_id
        plan = lot_plans.upload_plan(
            db, keeper, site.community_id, json.dumps(content_of(db, site, sensors=False)).encode(), now
        )
        lot_sensors.add_system(db, keeper, site.community_id, "引导", now)
        (bay_system,) = lot_sensors.systems_of(db, keeper, site.community_id)
        set_lot(db, keeper, site.community_id, LotSettings(places=90))
        booking = bookings.book(
            db, keeper, site.community_id, plate="川A12345", since=now + timedelta(hours=1),
            until=now + timedelta(hours=3), now=now,
        )  # fmt: skip
        bay_permit = add_plate(
            db, keeper, site.community_id, kind=Kept.PERMIT, plate="川B12345", note="", since=None,
            until=now + timedelta(days=9), bay="P-01", now=now,
        )  # fmt: skip
        offers.set_terms(db, keeper, site.community_id, 60, 200, 70)
        tariff_there(db, site, now)
        today = site_day(now)
        offer = offers.offer_bay(
            db, keeper, site.community_id, entry_id=bay_permit, first_day=today, last_day=today + timedelta(days=2),
            start_minute=480, end_minute=1080, now=now,
        )  # fmt: skip
        lane_serves(db, lane.lane_id, vehicles=True)
        storm_id = storm.begin(db, keeper, site.community_id, zones=(), hours=4, reason="演习", now=now)
        sign = make_sign(db, keeper, site.community_id, None, now)
        look = db.scalars(select(CommandRow.correlation).where(CommandRow.action == "look")).one()
        made = {
            "community": site.community_id, "gate": lane.gate_id, "lane": lane.lane_id, "node": gate.reply.node_id,
            "visit": decided.correlation, "alarm": alarm.event_id, "call": call.correlation,
            "parked": db.scalars(select(ParkedEventRow.id)).one(),
            "resident": home.resident_id, "person": home.person_id, "pass": site.pass_id, "look": look,
            "second_entry": second.correlation, "compared": compared.correlation, "reset": reset, "zone": zone.id,
            "waiting": waiting, "withdrawn": withdrawn, "running": running, "fire_end": fire_end,
            "held_lane": held, "storm": storm_id,
            "calibration": calibration, "watched": watched, "tariff": tariff.id, "plate": plate, "listed": listed,
            "rule": rules_of(db, site.community_id)[0].rule_id,
            "assessment": db.scalars(select(ImpactAssessmentRow.id)).one(),
            "finding": finding.id,
            "hold": db.scalars(select(PictureHoldRow.id).order_by(PictureHoldRow.held_at)).first(),
            "card": card.id, "pin": pin.pin_id, "point": point.id, "card_read": shown.correlation,
            "house": home.house_id, "unit": next(iter(queries.unit_labels(db, site.community_id))),
            "cardholder": site.cardholders[1], "stay": stay, "lone_exit": lone_exit, "plan": plan,
            "bay_system": bay_system.system_id, "refund": refund, "till": till, "shop": shop.shop_id, "coupon": coupon,
            "sign": sign, "booking": booking, "offer": offer, "bay_permit": bay_permit,
            "soon_day": str(today + timedelta(days=1)), "soon": local(now + timedelta(days=1)),
            "later": local(now + timedelta(days=2)), "owing": lone_exit, "receipt": receipt, "exit_cash": exit_cash,
            "invoice": invoice,
            "holiday": holiday.id, "account": account, "new": new_id(), "other_new": new_id(),
        }  # fmt: skip
    return {name: str(value) for name, value in made.items()}


def fingerprint(engine: Engine, tenant_id: Any) -> dict[str, str]:
    """A sum of every row of the company, table by table. Sessions move by being used; refusals are written down."""
    with tenant_session(engine, tenant_id) as db:
        return {
            table: db.execute(
                text(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
            ).scalar()
            for table in inspect(engine).get_table_names()
            if table not in ("session", "audit", "alembic_version")
        }


def wrongs(row: Row, answer: Any, things: Mapping[str, str]) -> str | None:
    """What a stranger got that was not theirs; None when all is well."""
    if answer.status_code in (403, 404):
        return None
    if row.names:
        return f"{row.method} {row.route}: {answer.status_code}"
    told = [name for name, one in things.items() if one in answer.text and f"={one}" not in row.query.format(**things)]
    return f"{row.method} {row.route} tells {told}" if told or answer.status_code >= 500 else None


@pytest.mark.parametrize("who", ["another company's administrator", "another community's manager"])
def test_a_stranger_meets_a_closed_door_and_changes_nothing(who, login_as, site, things, two_tenants, database):
    if who.startswith("another company"):
        seed(database.engine, two_tenants.b)
        client = login_as(ADMINISTRATOR, tenant=two_tenants.b)
    else:
        client = login_as(MANAGER, community=seed(database.engine, site.tenant_id).community_id)
    before = fingerprint(database.engine, site.tenant_id)
    rows = [row for row in ROWS if not (row.company and not row.names and who.startswith("another company"))]
    found = [wrongs(row, row.ask(client, things, blank=blank), things) for row in rows for blank in (False, True)]
    assert not "\n".join(one for one in found if one)
    assert fingerprint(database.engine, site.tenant_id) == before


@pytest.mark.parametrize("role", [None, *PRESETS])
def test_each_role_may_what_it_may_and_no_more(role, client, login_as, site, things, database):
    """Nobody signed in, nobody's role, and each preset in this very community (or the whole company)."""
    here = login_as(role, community=site.community_id if role else None)
    everywhere = login_as(role)
    refused, may = [], []
    for row in ROWS:
        allowed = role is not None and PRESETS.index(role) >= PRESETS.index(row.least)
        (may if allowed else refused).append(row)
    before = fingerprint(database.engine, site.tenant_id)
    found = []
    for row in refused:
        for person in (here, everywhere):
            answer = row.ask(person, things)
            if answer.status_code != 403:
                found.append(f"refused {row.method} {row.route}: {answer.status_code}")
        nobody = row.ask(client, things)
        if nobody.status_code != 303 or not nobody.headers["location"].startswith("/login"):
            found.append(f"signed out {row.method} {row.route}: {nobody.status_code}")
    assert found == []
    assert fingerprint(database.engine, site.tenant_id) == before
    for row in may:
        if row.company and (answer := row.ask(here, things)).status_code != 403:
            found.append(f"for one community {row.method} {row.route}: {answer.status_code}")
        answer = row.ask(everywhere if row.company else here, things)
        if answer.status_code in (401, 403, 404) or answer.status_code >= 500:
            found.append(f"allowed {row.method} {row.route}: {answer.status_code}")
    assert found == []
