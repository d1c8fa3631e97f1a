"""Tenants in the database itself: forced row policies, an app that owns nothing, references that stay inside."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from central.base.database.roles import UnsafeRole, check_app_role
from central.base.identity.tables import AccountRow, RoleGrantRow, RoleRow, SessionRow
from central.base.kernel import audit
from central.base.kernel.actor import system
from central.base.kernel.outbox import announce
from central.base.kernel.session import bind_tenant, open_session, tenant_ids, tenant_of, tenant_session
from models.values.ids import new_id

pytestmark = pytest.mark.req("ADMIN-02")

PLATFORM = {"alembic_version"}
"""Tables without a tenant. The tenant table itself is tied by its own id; procrastinate's lie in the schema jobs."""


@pytest.fixture
def owner(database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection


def tenant_tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' ORDER BY 1"
    )
    return [name for (name,) in rows if name not in PLATFORM]


def test_every_table_is_tied_to_a_tenant_and_not_the_apps(owner):
    rows = owner.execute(
        """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
               EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs')
        """
    ).fetchall()
    assert len(rows) > 8
    for name, enabled, forced, owned_by, has_tenant in rows:
        assert owned_by == "menting_owner", name
        if name in PLATFORM:
            continue
        assert enabled and forced, f"{name} has no forced row-level security"
        assert has_tenant or name == "tenant", f"{name} has no tenant_id"


def test_every_policy_checks_reading_and_writing(owner):
    policies = owner.execute(
        "SELECT tablename, policyname, qual, with_check, roles::text[] FROM pg_policies WHERE schemaname = 'public'"
    ).fetchall()
    tied = set()
    for table, policy, qual, check, roles in policies:
        if policy == "lookup_rows":
            assert roles == ["menting_lookup"], table
            continue
        assert "menting.tenant" in qual and check == qual, table
        assert roles == ["public"]
        tied.add(table)
    assert tied == set(tenant_tables(owner))


def test_views_would_run_past_row_policies_so_there_are_none(owner):
    found = owner.execute(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE relkind IN ('v', 'm') AND n.nspname IN ('public', 'lookup')"
    ).fetchall()
    assert found == []


def test_functions_of_other_powers_are_the_lookups_only(owner):
    rows = owner.execute(
        "SELECT n.nspname, p.proname, pg_get_userbyid(p.proowner), p.proconfig, "
        "has_function_privilege('menting_app', p.oid, 'EXECUTE'), p.proacl::text "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef "
        "AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert {(schema, owned_by) for schema, _, owned_by, *_ in rows} == {("lookup", "menting_lookup")}
    for _, name, _, settings, app_may, acl in rows:
        assert settings == ["search_path=pg_catalog, pg_temp"], name
        assert app_may and not acl.startswith("{=") and ",=" not in acl, f"{name} is open to everyone"


def test_lookups_see_no_more_columns_than_they_answer(owner):
    rows = owner.execute(
        "SELECT table_name, column_name FROM information_schema.column_privileges "
        "WHERE grantee = 'menting_lookup' AND privilege_type = 'SELECT'"
    ).fetchall()
    secret = [row for row in rows if any(word in row[1] for word in ("password", "name_", "phone", "template"))]
    assert ("account", "login") in rows
    assert secret == []


def test_the_app_role_has_no_power(database):
    check_app_role(database.app_dsn)


@pytest.mark.parametrize("which", ["owner_dsn", "superuser_dsn"])
def test_central_refuses_a_role_with_power(database, which):
    with pytest.raises(UnsafeRole) as refused:
        check_app_role(getattr(database, which))
    assert "owns" in str(refused.value)


@pytest.mark.parametrize(
    "power", ["BYPASSRLS", "CREATEROLE", "CREATEDB"], ids=["bypasses policies", "makes roles", "makes databases"]
)
def test_central_refuses_a_role_that_was_given_power(database, power):
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(f"ALTER ROLE menting_app {power}")
        try:
            with pytest.raises(UnsafeRole):
                check_app_role(database.app_dsn)
        finally:
            superuser.execute(f"ALTER ROLE menting_app NO{power}")
    check_app_role(database.app_dsn)


def test_a_member_of_the_owner_is_refused(database):
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("GRANT menting_owner TO menting_app")
        try:
            with pytest.raises(UnsafeRole):
                check_app_role(database.app_dsn)
        finally:
            superuser.execute("REVOKE menting_owner FROM menting_app")


def test_the_app_cannot_make_tables_or_change_its_bounds(database):
    for forbidden in (
        "CREATE TABLE public.own (x int)",
        "CREATE SCHEMA own",
        "ALTER TABLE account DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant_rows ON account",
        "CREATE POLICY more ON account USING (true)",
        "SET ROLE menting_owner",
        "SET ROLE menting_lookup",
        "SET SESSION AUTHORIZATION menting_bootstrap",
        "INSERT INTO tenant (id, name) VALUES (gen_random_uuid(), 'x')",
        "COPY account TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT rolpassword FROM pg_authid",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(database.app_dsn) as app:
            app.execute(forbidden)


def fill(engine, tenant_id: UUID) -> None:
    """A row in every table of the base, for one tenant."""
    with tenant_session(engine, tenant_id) as db:
        account = db.scalars(select(AccountRow)).first()
        assert account is not None
        audit.record(db, system(tenant_id, "test"), "test.fill", "tenant", tenant_id)
        announce(db, "test.filled", {})
        db.add(SessionRow(account_id=account.id, token_sha256=new_id().bytes))
        db.execute(text("INSERT INTO outbox_position (handler) VALUES ('test')"))
        db.execute(text("INSERT INTO outbox_parked (handler, seq, reason) VALUES ('test', 1, 'x')"))
        db.execute(text("INSERT INTO node_nonce (node_id, nonce) VALUES (gen_random_uuid(), 'n')"))


BASE_TABLES = (
    "account", "audit", "node_nonce", "outbox", "outbox_parked", "outbox_position", "role", "role_grant", "session",
)  # fmt: skip


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("table", BASE_TABLES)
def test_one_tenant_reads_and_changes_only_its_own_rows(database, two_tenants, table):
    mine, theirs = two_tenants.a, two_tenants.b
    fill(database.engine, mine)
    fill(database.engine, theirs)
    with tenant_session(database.engine, mine) as db:
        seen = set(db.scalars(text(f"SELECT tenant_id FROM {table}")))
        assert seen == {mine}
        asked = text(f"SELECT count(*) FROM {table} WHERE tenant_id = :theirs")
        assert db.scalar(asked, {"theirs": theirs}) == 0
    before = rows_of(database, table, theirs)
    for deed in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
        try:
            with tenant_session(database.engine, mine) as db:
                db.execute(text(f"{deed} WHERE tenant_id = :theirs"), {"theirs": theirs})
        except ProgrammingError as refused:
            assert "permission denied" in str(refused)
    assert rows_of(database, table, theirs) == before > 0


def rows_of(database, table: str, tenant_id: UUID) -> int:
    with psycopg.connect(database.superuser_dsn) as superuser:
        query = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(sql.Identifier(table))
        (count,) = superuser.execute(query, [tenant_id]).fetchone()
        return count


@pytest.mark.parametrize("table", BASE_TABLES)
def test_nothing_is_seen_or_written_before_a_tenant_is_bound(database, two_tenants, table):
    fill(database.engine, two_tenants.a)
    with open_session(database.engine) as db:
        assert db.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_rows_cannot_be_written_into_another_tenant(database, two_tenants):
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        tenant_session(database.engine, two_tenants.a) as db,
    ):
        db.add(RoleRow(key="smuggled", permissions=[], tenant_id=two_tenants.b))


def test_a_row_cannot_be_moved_into_another_tenant(database, two_tenants):
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        tenant_session(database.engine, two_tenants.a) as db,
    ):
        db.execute(text("UPDATE role SET tenant_id = :b"), {"b": two_tenants.b})


def test_a_reference_cannot_leave_the_tenant(database, two_tenants):
    """Foreign keys are checked past row policies: a plain one would accept the other tenant's account."""
    with tenant_session(database.engine, two_tenants.b) as db:
        theirs = db.scalars(select(AccountRow.id)).first()
    with pytest.raises(IntegrityError), tenant_session(database.engine, two_tenants.a) as db:
        role_id = db.scalars(select(RoleRow.id)).first()
        db.add(RoleGrantRow(account_id=theirs, role_id=role_id))


def test_the_tenant_ends_with_its_transaction(database, two_tenants):
    """The same pooled connection, next caller: nothing is left of the tenant before."""
    with tenant_session(database.engine, two_tenants.a) as db:
        first = db.scalar(text("SELECT pg_backend_pid()"))
        assert db.scalar(text("SELECT count(*) FROM account")) == 1
    with open_session(database.engine) as db:
        assert db.scalar(text("SELECT pg_backend_pid()")) == first
        assert db.scalar(text("SELECT count(*) FROM account")) == 0


def test_a_transaction_never_changes_its_tenant(database, two_tenants):
    with pytest.raises(ValueError, match="another tenant"), tenant_session(database.engine, two_tenants.a) as db:
        bind_tenant(db, two_tenants.b)
    with tenant_session(database.engine, two_tenants.a) as db:
        assert tenant_of(db) == two_tenants.a
    with pytest.raises(LookupError), open_session(database.engine) as db:
        tenant_of(db)


def test_a_failed_transaction_leaves_nothing(database, two_tenants):
    with pytest.raises(RuntimeError), tenant_session(database.engine, two_tenants.a) as db:
        db.add(RoleRow(key="half", permissions=[]))
        db.flush()
        raise RuntimeError
    with tenant_session(database.engine, two_tenants.a) as db:
        assert db.scalar(select(RoleRow).where(RoleRow.key == "half")) is None


def test_even_the_owner_sees_no_tenant_unbound(owner):
    assert owner.execute("SELECT count(*) FROM account").fetchone() == (0,)


def test_jobs_can_list_tenants(database, two_tenants):
    assert set(tenant_ids(database.engine)) == {two_tenants.a, two_tenants.b}
