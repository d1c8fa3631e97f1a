"""The demo community 门庭花园（示例）: made through the services, as a manager would make it at the desk.

Every name, phone and house is visibly a sample. A second start finds what is there and adds only what is missing,
or what time has worn out (a valid pass that has ended). Who may call this: `scripts.run`, tests, nobody in production.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor, system
from central.base.kernel.session import tenant_ids, tenant_session
from central.gates.access import permissions as access_rights
from central.gates.access import queries as access_queries
from central.gates.access import service as access
from central.gates.coverage import permissions as coverage_rights
from central.gates.parking import permissions as parking_rights
from central.oversight.privacy.draft import facts_now
from central.people.assessment import permissions as assessment_rights
from central.people.assessment import queries as assessments
from central.people.assessment.rules import QUESTIONS
from central.people.assessment.service import sign
from central.people.community import permissions as community_rights
from central.people.community import queries as community_queries
from central.people.community import service as community
from central.people.community.rules import Tie
from central.people.community.views import ResidentView
from central.people.consent import permissions as consent_rights
from central.people.consent import queries as consent_queries
from central.people.consent import service as consent
from central.people.consent.queries import Standing
from central.people.consent.rules import Channel
from models.access.policy import Effect
from models.access.schedule import ALWAYS, HOLIDAY, Span
from models.site.topology import Direction
from scripts.seed_coupons import seed_coupons
from scripts.seed_credentials import seed_credentials
from scripts.seed_lot import seed_lot
from scripts.seed_parking import seed_parking, seed_signs
from scripts.seed_passes import DemoPass, DemoResident, seed_passes
from scripts.seed_plates import seed_plates
from scripts.seed_points import seed_points

COMPANY = "示例物业（演示） Sample Property"
COMMUNITY = "门庭花园（示例）"
EAST, WEST = 1, 2
LANES = (
    ("east-in", "东门进", Direction.IN),
    ("east-out", "东门出", Direction.OUT),
    ("east-car-in", "东门车行进", Direction.IN),
    ("east-car-out", "东门车行出", Direction.OUT),
    ("lift-5-2", "5-2 单元电梯", Direction.IN),
)
"""Two doors, two vehicle lanes and a lift. One node serves one gate, so that the lift is the east gate's."""
LIFT_UNIT = "5-2"
BUILDINGS = range(1, 7)
UNITS = (1, 2)
FLOORS = (1, 3, 5, 7, 9, 11)
DOORS = (1, 2)
RESIDENTS = 60
HELPER = 8
"""The resident who only comes in to help on public holidays: the pass refused for the time of day."""
NO_FACE = 1
"""The resident who agreed and has not come to be enrolled."""
AGREED = (0, NO_FACE, 10, 11)
"""The residents who agreed; the others of them have a face at the gate. Everybody else never did."""
NO_CONSENT, WITHDRAWN = 20, 21
"""Residents with a pass for the check: one who never agreed to the use of their face, and one who took it back."""

_BORN = date(1980, 1, 1)
_TEXT = (
    "示例同意书（演示）：我单独同意小区门口的设备把我的人脸做成特征值，仅用于为我开门。特征值只存放在门口的设备里，不上传。"
    "我可以随时撤回，撤回后即被销毁；不同意时，通行码等方式照常可用。",
    "Sample text (demo): I agree, separately from anything else, that the gates make a template of my face, only to "
    "open for me. It stays in the devices at the gate and is not sent anywhere. I may take this back at any time, and "
    "it is then destroyed; without it a pass and the other ways work as before.",
)

_ANSWER = (
    "示例回答（演示）：这不是真实的评估，正式使用前请由负责人重新填写。\n"
    "A sample answer: this is no real assessment; whoever answers for the community writes their own before use."
)
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_TIES = (Tie.OWNER, Tie.OWNER, Tie.FAMILY, Tie.TENANT)
_RIGHTS = (
    community_rights.READ_HOUSES,
    community_rights.EDIT_HOUSES,
    community_rights.READ_PEOPLE,
    community_rights.EDIT_PEOPLE,
    access_rights.READ_PASSES,
    access_rights.ISSUE_PASSES,
    access_rights.ISSUE_RESIDENT_PASSES,
    access_rights.REVOKE_PASSES,
    access_rights.READ_RULES,
    access_rights.EDIT_RULES,
    access_rights.EDIT_CREDENTIALS,
    coverage_rights.EDIT_POINTS,
    parking_rights.KEEP_COUPONS,
    parking_rights.KEEP_PLATES,
    parking_rights.KEEP_LOT,
    parking_rights.KEEP_SIGNS,
    consent_rights.PUBLISH_TEXTS,
    consent_rights.RECORD_CONSENTS,
    assessment_rights.SIGN_ASSESSMENTS,
)


@dataclass(frozen=True, slots=True)
class DemoSite:
    """The demo as the rest of it needs to know it. `face` is the resident to enrol with the demo face; `no_face` has
    agreed too and must never be enrolled. `agreed` may be enrolled, `no_consent` never agreed, `withdrawn` has taken
    it back.
    `passes` by what becomes of them at east-in (see `scripts.seed_passes`); `plates`: `scripts.seed_plates`; `signs`:
    where those of the car park lead to; `bays`: the key of its bay sensors, where a new one was made."""

    tenant_id: UUID
    community_id: UUID
    gate_id: UUID
    east_in: UUID
    east_out: UUID
    car_in: UUID
    car_out: UUID
    lift: UUID
    residents: tuple[DemoResident, ...]
    face: DemoResident
    no_face: DemoResident
    agreed: tuple[DemoResident, ...]
    no_consent: DemoResident
    withdrawn: DemoResident
    passes: dict[str, DemoPass]
    plates: dict[str, str]
    signs: dict[str, str]
    bays: str | None = field(default=None, compare=False, repr=False)


def seed_demo(
    engine: Engine,
    seed: int,
    *,
    tenant_id: UUID | None = None,
    now: datetime | None = None,
    own_camera: bool = False,
    bays_lost: bool = False,
) -> DemoSite:
    """Make or complete the demo in one transaction. `tenant_id` may be left out when there is one tenant only.

    `bays_lost`: the key of the bay sensors, told once, is known no more.
    `own_camera`: at east-in a real camera looks at who tries the demo, and a living face of theirs is enough there.

    The engine has its vault attached (`central.bootstrap` does). LookupError when the tenant is not clear.
    """
    tenant_id = tenant_id or _only_tenant(engine)
    with tenant_session(engine, tenant_id) as db:
        return _seed(
            db, system(tenant_id, "示例数据 sample data", _RIGHTS), seed, now or clock.now(), own_camera, bays_lost
        )


def _only_tenant(engine: Engine) -> UUID:
    tenants = tenant_ids(engine)
    if len(tenants) != 1:
        raise LookupError(f"there are {len(tenants)} tenants; say which one gets the demo")
    return tenants[0]


def _seed(db: Session, actor: Actor, seed: int, now: datetime, own_camera: bool, bays_lost: bool) -> DemoSite:
    site = _community(db, actor)
    gate_id, (east_in, east_out, car_in, car_out, lift) = _gates(db, actor, site)
    houses = _houses(db, actor, site)
    residents = _residents(db, actor, site, houses, random.Random(seed), now)
    _rules(db, actor, site, east_in, east_out, lift, now, own_camera)
    _floors(db, actor, site, houses, lift)
    known = _cardholders(db, actor, site, residents, now)
    _assessment(db, actor, site, now)
    _consents(db, actor, site, residents, now)
    seed_credentials(db, actor, known, now)
    seed_points(db, actor, site, east_in, east_out, now)
    passes = seed_passes(db, actor, site, known, seed, now)
    plates = seed_plates(db, actor, site, now)
    seed_parking(db, actor, site, car_in, plates["blocked"], now)
    seed_coupons(db, actor, site, now)
    bays = seed_lot(db, actor, site, now, key_lost=bays_lost)
    signs = seed_signs(db, actor, site, car_out, now)
    access.change_settings(db, actor, site, **_wanted_settings(db, site))
    return DemoSite(
        tenant_id=actor.tenant_id, community_id=site, gate_id=gate_id, east_in=east_in, east_out=east_out,
        car_in=car_in, car_out=car_out, lift=lift, residents=known, face=known[0], no_face=known[NO_FACE],
        agreed=tuple(known[number] for number in AGREED), no_consent=known[NO_CONSENT], withdrawn=known[WITHDRAWN],
        passes=passes, plates=plates, signs=signs, bays=bays,
    )  # fmt: skip


def _community(db: Session, actor: Actor) -> UUID:
    there = {view.name: view.community_id for view in community_queries.communities(db)}
    return there[COMMUNITY] if COMMUNITY in there else community.add_community(db, actor, COMMUNITY).id


def _gates(db: Session, actor: Actor, site: UUID) -> tuple[UUID, tuple[UUID, ...]]:
    """东门 with its `LANES`, all of one node; 西门 without any, so that a pass can be for another gate."""
    gates = {gate.number: gate.gate_id for gate in community_queries.gates_of(db, site)}
    for number, name in ((EAST, "东门"), (WEST, "西门")):
        if number not in gates:
            gates[number] = community.add_gate(db, actor, site, name, number).id
    lanes = {view.lane.code: view.lane.lane_id for view in community_queries.lanes_of(db, site)}
    for code, name, direction in LANES:
        if code not in lanes:
            lanes[code] = community.add_lane(db, actor, gates[EAST], code, name, direction).id
    return gates[EAST], tuple(lanes[code] for code, _, _ in LANES)


def _houses(db: Session, actor: Actor, site: UUID) -> dict[str, UUID]:
    """Label -> id of every house: six buildings, two units each, twelve doors a unit."""
    houses = {view.label: view.house_id for view in community_queries.houses_of(db, site, limit=1000)}
    buildings = community_queries.buildings_of(db, site)
    for building in map(str, BUILDINGS):
        if building not in buildings:
            buildings[building] = community.add_building(db, actor, site, building).id
        units = community_queries.units_of(db, buildings[building])
        for unit in map(str, UNITS):
            if unit not in units:
                units[unit] = community.add_unit(db, actor, buildings[building], unit).id
            for number in (f"{floor}{door:02d}" for floor in FLOORS for door in DOORS):
                if f"{building}-{unit}-{number}" not in houses:
                    house = community.add_house(db, actor, units[unit], number)
                    houses[house.label] = house.id
    return houses


def _residents(
    db: Session, actor: Actor, site: UUID, houses: dict[str, UUID], chance: random.Random, now: datetime
) -> list[ResidentView]:
    """Sixty people, each in a house of their own, in the order of registration. The first lives in 5-2-1102."""
    there = community_queries.residents_of(db, site)
    labels = ["5-2-1102", *chance.sample(sorted(set(houses) - {"5-2-1102"}), RESIDENTS - 1)]
    for number, label in enumerate(labels):
        name = f"{chance.choice(_SURNAMES)}示例{_STEMS[number % 10]}{number // 10 + 1}"
        tie = Tie.HELP if number == HELPER else chance.choice(_TIES)
        if number >= len(there):
            community.add_resident(
                db, actor, houses[label], name, f"190-0000-{number + 1:04d}", tie, starts_at=now - timedelta(days=400)
            )
    return community_queries.residents_of(db, site)


def _floors(db: Session, actor: Actor, site: UUID, houses: dict[str, UUID], lift: UUID) -> None:
    """The lift goes up in one unit, whose houses lie on the floors that their numbers say."""
    unit = next(unit_id for unit_id, label in community_queries.unit_labels(db, site).items() if label == LIFT_UNIT)
    mine = {house_id: label for label, house_id in houses.items() if label.startswith(f"{LIFT_UNIT}-")}
    community.set_floors(db, actor, site, {house_id: label.split("-")[2][:-2] for house_id, label in mine.items()})
    community.set_lift(db, actor, lift, [unit])


def _rules(
    db: Session, actor: Actor, site: UUID, east_in: UUID, east_out: UUID, lift: UUID, now: datetime, own_camera: bool
) -> None:
    holidays_only = (Span(days=frozenset({HOLIDAY}), start_minute=0, end_minute=1440),)
    there = {view.name: view.rule_id for view in access_queries.rules_of(db, site)}
    both = ("住户进门：通行码加人脸", Effect.SECOND_FACTOR, "resident", [east_in], ALWAYS)
    either = ("住户进门：通行码，或活人的脸", Effect.ALLOW, "resident", [east_in], ALWAYS)
    wanted, other = (either, both) if own_camera else (both, either)
    if other[0] in there:
        access.retire_rule(db, actor, there[other[0]], now=now)
    for name, effect, group, lanes, schedule in (
        wanted,
        ("住户出门：通行码", Effect.ALLOW, "resident", [east_out], ALWAYS),
        ("访客进出：通行码", Effect.ALLOW, "visitor", [east_in, east_out], ALWAYS),
        ("住户乘电梯", Effect.ALLOW, "resident", [lift], ALWAYS),
        ("访客乘电梯", Effect.ALLOW, "visitor", [lift], ALWAYS),
        ("家政人员：仅节假日", Effect.ALLOW, "help", [east_in, east_out], holidays_only),
    ):
        if name not in there:
            access.add_rule(db, actor, site, name, effect, [group], now=now, lanes=lanes, schedule=schedule)


def _cardholders(
    db: Session, actor: Actor, site: UUID, residents: list[ResidentView], now: datetime
) -> tuple[DemoResident, ...]:
    there = {view.person_id: view.cardholder_id for view in access_queries.cardholders_of(db, site, now)}
    known: list[DemoResident] = []
    for resident in residents[:RESIDENTS]:
        holder = there.get(resident.person_id)
        if holder is None:
            groups = ["help"] if resident.tie == Tie.HELP else ["resident"]
            holder = access.add_cardholder(db, actor, site, resident.person_id, groups).id
        known.append(
            DemoResident(
                resident.resident_id, resident.person_id, holder, resident.house_id, resident.house, resident.name
            )
        )
    return tuple(known)


def _consents(db: Session, actor: Actor, site: UUID, residents: list[ResidentView], now: datetime) -> None:
    """One sample text; some agreed to it, one person took it back again."""
    texts = consent_queries.text_views(db, site)
    if not texts:
        zh, en = _TEXT
        consent.publish_text(db, actor, site, zh, en, old_until=now, lasts_days=730, now=now)
        texts = consent_queries.text_views(db, site)
    for number in (*AGREED, WITHDRAWN):
        one = residents[number]
        standing = consent_queries.standing_of(db, site, one.person_id, now).standing
        if standing in (Standing.IN_FORCE, Standing.WITHDRAWN):
            continue
        consent.note_age(db, actor, one.resident_id, _BORN, now=now)
        consent.give_consent(db, actor, one.resident_id, texts[0].text_id, Channel.DESK, now=now)
        if number == WITHDRAWN:
            consent.withdraw_consent(db, actor, one.resident_id, Channel.DESK, now=now)


def _assessment(db: Session, actor: Actor, site: UUID, now: datetime) -> None:
    """A sample that says so in each answer: without one no face is enrolled, and a real community writes its own."""
    if assessments.current_of(db, site, now) is None:
        answers = dict.fromkeys(QUESTIONS, _ANSWER)
        sign(db, actor, site, "示例签署人 Sample (demo)", answers, facts_now(db, site, now), now=now)


def _wanted_settings(db: Session, site: UUID) -> dict[str, bool]:
    """The demo lets event pictures leave the node: the console has something to show. Said once, then left alone."""
    return {} if access.settings_of(db, site).send_pictures else {"send_pictures": True}
