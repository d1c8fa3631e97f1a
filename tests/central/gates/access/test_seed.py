"""The demo is made through the services, once, and each of its passes says what its name promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, text

from central.app import register_domains
from central.base.database.migrating import engine_url
from central.base.database.roles import DATABASE
from central.base.kernel import clock
from central.base.kernel.session import make_engine, tenant_session
from central.base.parts import make_parts
from central.gates.access import service, snapshot
from central.gates.parking.plates.listed import plates_told
from central.people.consent.queries import Standing, standing_of
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.passes import PassProblem, read_pass
from models.access.policy import Effect, Facts, decide
from models.access.verification import Verification
from models.values.plate import PlateKind, kind_of
from scripts.seed import RESIDENTS, DemoSite, seed_demo
from scripts.seed_plates import PLATES

TOLD = {
    "visitor": Reason.OK,
    "upstairs": Reason.OK,
    "resident": Reason.SECOND_FACTOR,
    "no_face": Reason.SECOND_FACTOR,
    "no_consent": Reason.NO_CONSENT,
    "withdrawn": Reason.NO_CONSENT,
    "expired": Reason.EXPIRED,
    "not_yet": Reason.NOT_YET,
    "revoked": Reason.REVOKED,
    "used_up": Reason.USED_UP,
    "wrong_gate": Reason.WRONG_POINT,
    "wrong_time": Reason.WRONG_TIME,
    "blocked": Reason.BLOCKED,
    "unknown_key": Reason.UNKNOWN_KEY,
    "forged": Reason.FORGED,
}


@pytest.fixture(scope="module")
def seeded(cluster, clones, tmp_path_factory) -> Iterator[tuple[Engine, DemoSite]]:
    """A database with the demo in it, made once, for tests that only read."""
    clones.make("seeded", DATABASE)
    app_dsn = make_conninfo(cluster.logins.app, dbname="seeded")
    engine = make_engine(engine_url(app_dsn))
    register_domains(make_parts(engine, app_dsn, tmp_path_factory.mktemp("seeded"), cheap_passwords=True))
    yield engine, seed_demo(engine, 7, tenant_id=cluster.tenants.a)
    engine.dispose()
    clones.leave("seeded")


def at_the_lane(site: DemoSite, parts: snapshot.SnapshotParts, name: str) -> tuple[Outcome, Reason]:
    """What a gate says that knows the snapshot and nothing else; a pass for one entry has had it."""
    keys = {key.key_id: bytes.fromhex(key.public_key) for key in parts.pass_keys}
    read = read_pass(site.passes[name].token, keys)
    pass_id = None if isinstance(read, PassProblem) else read.pass_id
    owner = {entry.credential_id: entry.cardholder_id for entry in parts.credentials}.get(pass_id)
    facts = Facts(
        site_id=site.community_id,
        lane=next(lane for lane in parts.lanes if lane.lane_id == site.east_in),
        verification=Verification(kind=Kind.PASS, read=read, credential_id=pass_id),
        cardholder=next((holder for holder in parts.cardholders if holder.cardholder_id == owner), None),
        revoked=pass_id in parts.revoked,
        uses_before=1,
        rules=parts.rules,
        holidays=parts.holidays,
    )
    decision = decide(facts, clock.now())
    return decision.outcome, decision.reason


@pytest.mark.req("VIS-05", "VIS-06", "VIS-07")
def test_each_pass_of_the_demo_is_told_what_its_name_says(seeded, two_tenants):
    engine, site = seeded
    with tenant_session(engine, two_tenants.a) as db:
        told = snapshot.parts(db, site.community_id, clock.now())
    said = {name: at_the_lane(site, told, name)[1] for name in site.passes}
    assert said == TOLD
    assert len(site.residents) == RESIDENTS
    assert {lane.code for lane in told.lanes} == {"east-in", "east-out", "east-car-in", "east-car-out", "lift-5-2"}
    assert len({holder.cardholder_id for holder in told.cardholders}) == RESIDENTS


def test_a_second_start_adds_nothing(database, parts, two_tenants):
    first = seed_demo(database.engine, 7, tenant_id=two_tenants.a)
    counted = count_rows(database, two_tenants.a)
    assert seed_demo(database.engine, 7, tenant_id=two_tenants.a) == first
    assert count_rows(database, two_tenants.a) == counted


def test_at_a_real_camera_a_living_face_is_enough_and_without_one_a_pass_is_wanted_again(database, parts, two_tenants):
    def way_in():
        with tenant_session(database.engine, two_tenants.a) as db:
            rules = snapshot.parts(db, site.community_id, clock.now()).rules
        return [rule.effect for rule in rules if rule.lanes == frozenset({site.east_in}) and "resident" in rule.groups]

    for own_camera, effect in ((False, Effect.SECOND_FACTOR), (True, Effect.ALLOW), (True, Effect.ALLOW),
                               (False, Effect.SECOND_FACTOR)):  # fmt: skip
        site = seed_demo(database.engine, 7, tenant_id=two_tenants.a, own_camera=own_camera)
        assert way_in() == [effect]


def test_what_time_has_worn_out_is_issued_anew(database, parts, two_tenants):
    then = clock.now() - timedelta(days=400)
    first = seed_demo(database.engine, 7, tenant_id=two_tenants.a, now=then)
    again = seed_demo(database.engine, 7, tenant_id=two_tenants.a)
    with tenant_session(database.engine, two_tenants.a) as db:
        told = snapshot.parts(db, again.community_id, clock.now())
    assert {name: at_the_lane(again, told, name)[1] for name in again.passes} == TOLD
    assert (first.residents, first.east_in) == (again.residents, again.east_in)


def test_names_and_phones_are_visibly_samples(seeded, two_tenants):
    engine, site = seeded
    assert all(resident.name.endswith("*") for resident in site.residents)
    with tenant_session(engine, two_tenants.a) as db:
        people = db.execute(text("SELECT name, phone FROM person")).all()
    assert all("示例" in name and phone.startswith("1900000") for name, phone in people)


@pytest.mark.req("PARK-06")
def test_the_gate_is_told_the_sample_plates_and_a_permit_that_has_lapsed_in_its_grace(database, parts, two_tenants):
    then = clock.now() - timedelta(days=400)
    for now in (then, then, clock.now(), clock.now()):
        site = seed_demo(database.engine, 7, tenant_id=two_tenants.a, now=now)
    with tenant_session(database.engine, two_tenants.a) as db:
        told = {one.plate: one for one in plates_told(db, site.community_id, [site.car_in], clock.now())}
    assert set(told) == set(site.plates.values()) and len(told) == len(PLATES)
    assert all(kind_of(plate) is PlateKind.ORDINARY for plate in told)
    counts = {name: told[plate].until is None or told[plate].until > clock.now() for name, plate in site.plates.items()}
    assert [name for name, now in counts.items() if not now] == ["lapsed"]


@pytest.mark.req("PRIV-01")
def test_only_who_agreed_may_be_compared(seeded, two_tenants):
    engine, site = seeded
    with tenant_session(engine, two_tenants.a) as db:
        told = snapshot.parts(db, site.community_id, clock.now())
        people = {one: standing_of(db, site.community_id, one.person_id, clock.now()).standing
                  for one in (site.face, site.no_face, site.no_consent, site.withdrawn)}  # fmt: skip
    agreed = {holder.cardholder_id for holder in told.cardholders if holder.face_consent}
    assert agreed == {one.cardholder_id for one in site.agreed} and site.face in site.agreed
    assert list(people.values()) == [Standing.IN_FORCE, Standing.IN_FORCE, Standing.NEVER, Standing.WITHDRAWN]


@pytest.mark.req("ACC-05")
def test_central_says_the_same_as_the_gate(seeded, two_tenants):
    engine, site = seeded
    with tenant_session(engine, two_tenants.a) as db:
        for name, issued in site.passes.items():
            if issued.stored:
                explained = service.explain_pass(db, issued.pass_id, site.east_in, clock.now(), uses_before=1)
                assert explained.decision.reason is TOLD[name], name


def count_rows(database, tenant_id) -> dict[str, int]:
    tables = ("community", "gate", "lane", "house", "person", "resident", "cardholder", "gate_pass", "access_rule",
              "consent_text", "consent", "person_age", "card", "pin", "key_point")  # fmt: skip
    with tenant_session(database.engine, tenant_id) as db:
        return {table: db.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables}
