"""Every page against two companies, a foreign community and every role (SEC-04, ADMIN-02).

The question about the thing itself comes first: who has nothing to do with it is told 403 or 404, never what is wrong
with a form, and nothing of the company changes. Rows stand in an order in which each finds what it names: deeds that
end something are last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Engine, inspect, select, text

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.permissions import ADMINISTRATOR, GUARD, MANAGER, PRESETS, of_preset
from central.base.kernel.session import tenant_session
from central.base.web.guards import guards_of, routes_of
from central.gates.access import service as access
from central.gates.access.queries import rules_of
from central.gates.access.site_keys import plate_key
from central.gates.coverage import service as coverage
from central.gates.coverage.rules import PointKind
from central.gates.ingest.tables import ParkedEventRow, PictureHoldRow
from central.gates.nodes import service as nodes
from central.gates.nodes.tables import CommandRow
from central.gates.nodes.watch_group import service as watch_group
from central.gates.nodes.watch_group.rules import Ground
from central.gates.parking import service as parking
from central.gates.parking.plates import add_plate
from central.oversight.privacy.tables import GroupFindingRow
from central.people.assessment.tables import ImpactAssessmentRow
from central.people.community import queries
from models.access.cards import Card
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.passback import PassbackMode
from models.access.policy import Effect
from models.values.ids import new_id
from models.wire.events import AlarmKind
from models.wire.plates import PlateList
from tests.browser.gate import Seeded, seed
from tests.central.conftest import make_person
from tests.central.gates.parking.cars import FieldLane, drive
from tests.central.people.assessed import ANSWERS
from tests.models.parking.tariffs import T1 as A_TARIFF

pytestmark = pytest.mark.req("SEC-04", "ADMIN-02")

HTML = {"accept": "text/html"}
CARD = Card(format="uid32", number=0x04A2B3C4)


@dataclass(frozen=True)
class Row:
    """`least`: the first role that may, None for a route that is open or anybody's own. `names`: something in it
    belongs to one community; else it is a list, which for a stranger holds nothing of others. `company`: only with the
    right in the whole company."""

    method: str
    route: str
    least: str | None
    form: Mapping[str, Any] | None = None
    query: str = ""
    names: bool = True
    company: bool = False

    def ask(self, client: Any, things: Mapping[str, str], *, blank: bool = False) -> Any:
        """`blank`: with nothing said where a person is to say why."""
        form = {name: value.format(**things) for name, value in (self.form or {}).items()}
        if blank:
            form |= {name: "" for name in ("reason", "name", "ends_at", "day") if name in form}
        address = (self.route + self.query).format(**things)
        if self.method == "GET":
            return client.get(address, headers=HTML)
        return client.post(address, data=form, headers=HTML)


def read(route: str, least: str | None, query: str = "", **more: Any) -> Row:
    return Row("GET", route, least, query=query, **more)


def send(route: str, least: str | None, form: Mapping[str, Any] | None = None, **more: Any) -> Row:
    return Row("POST", route, least, form, **more)


HERE, WHY = {"community": "{community}"}, {"reason": "测试"}
HOME, FACE, CARDS, PASS, LANE = (
    "/people/homes/{resident}",
    "/people/homes/{resident}/face",
    "/people/homes/{resident}/cards",
    "/visitors/{pass}",
    "/lanes/{lane}",
)
ACCOUNT = "/accounts/{account}"
STAY = {"house": "5-2-1102", "tie": "tenant", "starts": "2026-11-01", "name": "周示例", "resident": "{new}"}

ATTACK_TEST = {"liveness": "challenge-1", "tested_by": "王师傅", "tested_on": "2026-11-01", "signed_by": "李经理",
               "note": "20 张彩色打印，白天，一米", "print_trials": "20", "print_wrong": "1"}  # fmt: skip
TEXT = HERE | {"zh": "同意书", "en": "The terms", "lasts_days": "730", "old_until": "2099-01-01T00:00"}

ROWS = (
    # the desk and what stands behind its cards
    read("/", GUARD, names=False),
    read("/desk/stream", GUARD, "?before={visit}", names=False),
    read("/desk/cards", GUARD, "?card=visit:{visit}&card=alarm:{alarm}&card=lane:{lane}", names=False),
    read("/alarms/told", GUARD, names=False),
    read("/visit/{visit}", GUARD),
    read("/face-figures", GUARD, names=False),
    read("/face-figures/{lane}", GUARD),
    read("/face-figures/{lane}/calibrations/{calibration}", MANAGER),
    send("/face-figures/{lane}/calibrate", MANAGER, WHY),
    read("/faces/earlier", MANAGER, names=False),
    send("/faces/earlier/ask", MANAGER, HERE),
    read("/face-figures/{lane}/attack-tests", GUARD),
    send("/face-figures/{lane}/attack-tests", MANAGER, ATTACK_TEST),
    read(f"{LANE}/open", GUARD),
    send(f"{LANE}/look", GUARD),
    read(f"{LANE}/live", GUARD),
    send(f"{LANE}/open", GUARD, WHY | {"nonce": "n" * 32, "looked_at": "2026-11-23T00:00:00Z"}),
    read(f"{LANE}/opens/{{look}}", GUARD),
    read(f"{LANE}/end-fire", GUARD),
    send(f"{LANE}/end-fire", GUARD, WHY),
    read(f"{LANE}/fire-ends/{{fire_end}}", GUARD),
    send("/alarms/{alarm}/acknowledge", GUARD),
    read("/visit/{second_entry}/reset-passback", GUARD),
    send("/visit/{second_entry}/reset-passback", GUARD, WHY),
    read(f"{LANE}/passback-resets/{{reset}}", GUARD),
    read("/visit/{compared}/correction", GUARD),
    send("/visit/{compared}/correction", GUARD, WHY),
    read("/lockdown", GUARD, "?community={community}"),
    send("/lockdown", GUARD, HERE | WHY | {"lanes": "{lane}", "admits": "staff", "until": "2026-12-01T08:00"}),
    send("/lockdown/{waiting}/approve", MANAGER, HERE),
    send("/lockdown/{withdrawn}/withdraw", MANAGER, HERE | WHY),  # a guard withdraws only what was their own
    send("/lockdown/{running}/end", MANAGER, HERE | WHY),
    # people and their passes
    send("/people", GUARD, HERE | {"who": "欧"}, names=False),
    read("/people", GUARD, "?community={community}", names=False),
    read("/people/new", MANAGER, "?community={community}", names=False),
    send("/people/new", MANAGER, HERE | STAY | {"gates": "yes", "groups": "resident"}),
    read("/people/{person}/unmask", GUARD),
    send("/people/{person}/unmask", GUARD, WHY),
    read(HOME, MANAGER),
    send(f"{HOME}/correct", MANAGER, WHY | {"name": "孙示例", "tie": "family"}),
    send(f"{HOME}/another", MANAGER, STAY | {"resident": "{other_new}"}),
    send(f"{HOME}/groups", MANAGER, {"groups": "help"}),
    send(f"{HOME}/block", MANAGER, WHY | {"deed": "block"}),
    send(f"{HOME}/pass", MANAGER, {"starts": "2026-11-01", "ends_at": "2027-10-31"}),
    read(CARDS, MANAGER),
    send(CARDS, MANAGER, {"printed": "wiegand26", "number": "12,34567"}),
    send(f"{CARDS}/read", MANAGER, {"visit": "{card_read}"}),
    send(f"{CARDS}/{{card}}/name", MANAGER, {"name": "蓝色门卡"}),
    send(f"{HOME}/pin", MANAGER, {"house_id": "{house}"}),
    read("/cards", MANAGER, "?community={community}", names=False),
    read("/cards/list.csv", MANAGER, "?community={community}"),
    read("/points", GUARD, "?community={community}", names=False),
    send("/points", MANAGER, HERE | {"kind": "garage", "name": "地库口"}),
    send("/points/doors", MANAGER, HERE),
    # what parking costs
    read("/tariffs", GUARD, "?community={community}", names=False),
    read("/tariffs/new", MANAGER, "?community={community}&like={tariff}"),
    send("/tariffs", MANAGER, HERE | {"name": "地面车位", "starts_at": "2027-01-01T00:00", "kind": "per_use",
                                      "use_yuan": "10", "free_minutes": "30", "leave_minutes": "15"}),
    send("/tariffs/{tariff}/approve", MANAGER, HERE),
    read(FACE, GUARD),
    send(f"{FACE}/age", GUARD, {"born_on": "1980-05-01"}),
    send(f"{FACE}/invite", GUARD),
    send(f"{FACE}/withdraw", GUARD),
    send(f"{FACE}/photos", GUARD, {"keep": "false"}),
    read("/visitors", GUARD, "?community={community}", names=False),
    read("/visitors/houses", GUARD, "?community={community}&house=5"),
    send("/visitors", GUARD, HERE | {"house": "5-2-101", "name": "周来访", "start": "2026-11-29T08:00",
                                     "end": "2026-11-29T12:00"}),
    send("/visitors/find", GUARD, HERE | {"who": "5-2"}),
    read(PASS, GUARD),
    read(f"{PASS}/change", GUARD),
    send(f"{PASS}/change", GUARD, WHY | {"start": "2026-11-29T08:00", "end": "2026-11-29T12:00", "uses": "3",
                                         "party": "1"}),
    send(f"{PASS}/link", GUARD),
    send(f"{HOME}/household", MANAGER, WHY | {"deed": "block", "until": "2026-12-05"}),
    # who is looked out for: a right of its own, which no preset role but the administrator's carries
    read("/watch-group", ADMINISTRATOR, "?community={community}"),
    send("/watch-group", ADMINISTRATOR, HERE | {"ground": "court", "document": "裁定 1 号", "asked_by": "法院",
                                                "label": "甲", "expires_at": "2026-12-20T08:00"}),
    send("/watch-group/most", ADMINISTRATOR, HERE | {"faces_max": "10"}),
    read("/watch-group/{watched}", ADMINISTRATOR),
    # whose car drives in by its plate
    read("/plates", MANAGER, "?community={community}"),
    send("/plates", MANAGER, HERE | {"kind": "permit", "plate": "川B8K3H5", "until": "2027-01-01T00:00"}),
    # the stays of cars
    read("/parking", GUARD, "?community={community}"),
    send("/parking", GUARD, HERE | {"plate": "川A12345"}),
    read("/parking/stays/{stay}", GUARD),
    send("/parking/stays/{stay}/plate", GUARD, WHY | {"plate": "川A12346"}),
    send("/parking/stays/{lone_exit}/join", GUARD, WHY | {"stay": "{stay}"}),
    send("/parking/stays/{stay}/void", GUARD, WHY),
    # nodes, their records, the audit
    read("/nodes", GUARD, names=False),
    send("/nodes", MANAGER, HERE | {"gate": "{gate}", "name": "西门岗"}),
    read("/nodes/{node}/revoke", MANAGER),
    read("/nodes/{node}/records", MANAGER),
    send("/nodes/{node}/records", MANAGER, WHY),
    read("/parked", MANAGER, names=False),
    read("/parked/{parked}", MANAGER),
    send("/parked/{parked}", MANAGER, WHY | {"deed": "reject"}),
    read("/audit", MANAGER, names=False),
    read("/privacy", MANAGER, "?community={community}", names=False),
    send("/privacy/assessments", MANAGER, HERE | {"signed_by": "李经理"} | ANSWERS),
    read("/privacy/assessments/{assessment}", MANAGER),
    send("/privacy/consent-texts/check", MANAGER, TEXT),
    send("/privacy/consent-texts", MANAGER, TEXT | {"version": "2"}),
    send("/privacy/holds/{hold}/release", MANAGER, HERE | WHY),
    send("/visit/{visit}/hold", GUARD, WHY),
    read(f"{HOME}/group-test", GUARD),
    send(f"{HOME}/group-test", GUARD, {"age": "30_44"}),
    send(f"{HOME}/group-test/withdraw", GUARD),
    send("/face-figures/findings/{finding}/close", MANAGER, WHY),
    # setting a community up
    read("/setup", MANAGER, "?community={community}", names=False),
    send("/setup", MANAGER, {"name": "云岭", "kind": "housing"}, company=True, names=False),
    send("/setup/day", MANAGER, HERE | {"begins": "04:00"}, names=False),
    send("/setup/phone", MANAGER, HERE | {"phone": "021-5550 1234"}, names=False),
    read("/setup/gates", MANAGER, "?community={community}"),
    send("/setup/gates", MANAGER, HERE | {"name": "北门"}),
    send("/setup/gates/{gate}/name", MANAGER, {"name": "东大门"}),
    send("/setup/lanes", MANAGER, {"gate": "{gate}", "code": "west-in", "name": "西进", "direction": "in"}),
    send("/setup/lanes/{lane}/name", MANAGER, {"name": "东进"}),
    read("/setup/houses", MANAGER, "?community={community}"),
    send("/setup/houses", MANAGER, HERE | {"building": "6", "unit": "1", "number": "101"}),
    send("/setup/houses/check", MANAGER, HERE | {"lines": "7-1-101"}),
    send("/setup/houses/save", MANAGER, HERE | {"lines": "7-1-101"}),
    read("/setup/floors", MANAGER, "?community={community}&unit={unit}&lane={lane}"),
    send("/setup/floors", MANAGER, HERE | {"unit": "{unit}"}),
    send("/setup/lifts", MANAGER, HERE | {"lane": "{lane}", "units": "{unit}"}),
    read("/setup/kinds", MANAGER, "?community={community}&lane={lane}"),
    send("/setup/kinds", MANAGER, HERE | {"lane": "{lane}", "card-when": "always", "pin-when": "always"}),
    read("/setup/rules", MANAGER, "?community={community}&change={rule}"),
    send("/setup/rules", MANAGER, HERE | {"name": "保洁", "effect": "allow", "groups": "help", "where": "all"}),
    read("/setup/zones", MANAGER, "?community={community}&change={zone}"),
    send("/setup/zones", MANAGER, HERE | {"name": "地库", "mode": "soft", "lanes": "{lane}", "zone": "{zone}"}),
    send("/setup/holidays", MANAGER, HERE | {"name": "元旦", "day": "2027-01-01"}),
    send("/setup/settings", MANAGER, HERE | {"refer_when_stale": "yes"}),
    # who signs in: the whole company's, and so no one community's
    read("/accounts", MANAGER, company=True, names=False),
    send("/accounts", ADMINISTRATOR, {"account": "{new}", "login": "new.guard", "name": "新保安", "role": "guard",
                                      "where": "all"}, company=True, names=False),
    read(ACCOUNT, MANAGER, company=True),
    send(f"{ACCOUNT}/password", ADMINISTRATOR, WHY, company=True),
    send(f"{ACCOUNT}/roles", ADMINISTRATOR, {"role": "guard", "where": "all"}, company=True),
    send(f"{ACCOUNT}/roles/withdraw", ADMINISTRATOR, {"role": "guard", "where": "all"}, company=True),
    send(f"{ACCOUNT}/disable", ADMINISTRATOR, WHY, company=True),
    send(f"{ACCOUNT}/enable", ADMINISTRATOR, WHY, company=True),
    # what ends something
    send(f"{CARDS}/{{card}}/pass-on", MANAGER, {"cardholder": "{cardholder}"}),
    send(f"{CARDS}/{{card}}/revoke", MANAGER, WHY),
    send(f"{HOME}/pins/{{pin}}/drop", MANAGER, WHY),
    send("/points/{point}/drop", MANAGER, HERE),
    send("/tariffs/{tariff}/withdraw", MANAGER, HERE | WHY),
    send("/watch-group/{watched}/end", ADMINISTRATOR, WHY),
    send("/plates/{plate}/end", MANAGER, HERE | WHY),
    send("/setup/zones/{zone}/drop", MANAGER, HERE),
    send("/setup/holidays/{holiday}/remove", MANAGER, HERE),
    send("/setup/rules/{rule}/retire", MANAGER),
    send(f"{PASS}/revoke", GUARD, WHY),
    send(f"{HOME}/end", MANAGER, WHY | {"ends_at": "2026-12-31"}),
    send(f"{HOME}/withdraw", MANAGER, WHY),
    send("/nodes/{node}/revoke", MANAGER, WHY),
    send(f"{FACE}/here", GUARD),  # the last: it signs out whoever asks
)  # fmt: skip

OPEN = {
    "GET /login", "POST /login", "POST /language", "POST /theme",
    "GET /enrol/{}", "POST /enrol/{}/consent", "POST /enrol/{}/withdraw",
    "POST /enrol/{}/keep-photos", "POST /enrol/{}/not-me", "POST /enrol/{}/finish",
    "GET /pass/{}", "GET /pass/{}/picture.png",
}  # fmt: skip
"""Open to everyone, or by a link that is the key (tests/central/gates/face_enrolment, tests/browser/test_enrol.py,
tests/central/oversight/test_visitor_pass.py)."""
ONES_OWN = {"POST /logout", "GET /change-password", "POST /change-password"}
"""Of whoever is signed in, naming nothing (tests/central/base/test_identity_pages.py)."""


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
            db, keeper, site.community_id, kind=PlateList.PERMIT, plate="川A12345", note="", since=None,
            until=now + timedelta(days=9), now=now,
        )  # fmt: skip
        look = db.scalars(select(CommandRow.correlation).where(CommandRow.action == "look")).one()
        made = {
            "community": site.community_id, "gate": lane.gate_id, "lane": lane.lane_id, "node": gate.reply.node_id,
            "visit": decided.correlation, "alarm": alarm.event_id,
            "parked": db.scalars(select(ParkedEventRow.id)).one(),
            "resident": home.resident_id, "person": home.person_id, "pass": site.pass_id, "look": look,
            "second_entry": second.correlation, "compared": compared.correlation, "reset": reset, "zone": zone.id,
            "waiting": waiting, "withdrawn": withdrawn, "running": running, "fire_end": fire_end,
            "calibration": calibration, "watched": watched, "tariff": tariff.id, "plate": plate,
            "rule": rules_of(db, site.community_id)[0].rule_id,
            "assessment": db.scalars(select(ImpactAssessmentRow.id)).one(),
            "finding": finding.id,
            "hold": db.scalars(select(PictureHoldRow.id).order_by(PictureHoldRow.held_at)).first(),
            "card": card.id, "pin": pin.pin_id, "point": point.id, "card_read": shown.correlation,
            "house": home.house_id, "unit": next(iter(queries.unit_labels(db, site.community_id))),
            "cardholder": site.cardholders[1], "stay": stay, "lone_exit": lone_exit,
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
