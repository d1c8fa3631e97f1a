"""The audit row, and that nobody can change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import select

from central.base.kernel.actor import Actor, ActorKind, Grant, system
from central.base.kernel.audit import AuditRow, record
from central.base.kernel.session import tenant_session
from models.values.ids import new_id

pytestmark = pytest.mark.req("SEC-02")


@pytest.fixture
def row(database, two_tenants) -> AuditRow:
    actor = Actor(
        tenant_id=two_tenants.a,
        kind=ActorKind.ACCOUNT,
        id=new_id(),
        name="王保安",
        grants=(Grant("guard", frozenset({"pass.revoke"})),),
        source_address="203.0.113.9",
        correlation_id=new_id(),
    )
    subject = new_id()
    with tenant_session(database.engine, two_tenants.a) as db:
        record(
            db,
            actor,
            "pass.revoke",
            "pass",
            subject,
            before={"state": "open"},
            after={"state": "revoked"},
            reason="lost",
        )
    with tenant_session(database.engine, two_tenants.a) as db:
        found = db.scalars(select(AuditRow).where(AuditRow.what == "pass.revoke")).one()
    assert (found.actor_id, found.correlation_id, found.subject_id) == (actor.id, actor.correlation_id, str(subject))
    return found


def test_the_row_says_who_role_tenant_what_before_after_why_where_and_when(row, two_tenants):
    assert (row.actor_kind, row.actor_name, row.roles) == ("account", "王保安", ["guard"])
    assert row.tenant_id == two_tenants.a
    assert (row.what, row.subject) == ("pass.revoke", "pass")
    assert (row.before, row.after, row.reason) == ({"state": "open"}, {"state": "revoked"}, "lost")
    assert row.source_address == "203.0.113.9"
    assert row.at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - row.at) < timedelta(hours=1)


CHANGES = ("UPDATE audit SET reason = 'nothing happened'", "DELETE FROM audit", "TRUNCATE audit")


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_it(database, two_tenants, row, change):
    with psycopg.connect(database.app_dsn) as app:
        app.execute("SELECT set_config('menting.tenant', %s, true)", [str(two_tenants.a)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            app.execute(change)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["owner_dsn", "superuser_dsn"])
def test_a_trigger_refuses_the_owner_and_the_superuser(database, two_tenants, row, change, who):
    with psycopg.connect(getattr(database, who)) as powerful:
        powerful.execute("SELECT set_config('menting.tenant', %s, true)", [str(two_tenants.a)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            powerful.execute(change)


def test_a_deed_that_fails_leaves_no_row(database, two_tenants, someone):
    person = someone("guard")
    with pytest.raises(RuntimeError), tenant_session(database.engine, two_tenants.a) as db:
        record(db, person.actor, "pass.revoke", "pass")
        raise RuntimeError
    with tenant_session(database.engine, two_tenants.a) as db:
        assert db.scalars(select(AuditRow).where(AuditRow.what == "pass.revoke")).all() == []


@pytest.mark.req("SEC-02")
def test_what_no_column_holds_costs_no_record(database, two_tenants):
    with tenant_session(database.engine, two_tenants.a) as db:
        record(
            db, system(two_tenants.a, "t"), "t.t", "t", "\x00", reason="a\x00b", after={"\x00": ["\ud800", {"n": 1}]}
        )
    with tenant_session(database.engine, two_tenants.a) as db:
        row = db.scalars(select(AuditRow).where(AuditRow.what == "t.t")).one()
        assert (row.reason, row.after) == ("a�b", {"�": ["?", {"n": 1}]})
