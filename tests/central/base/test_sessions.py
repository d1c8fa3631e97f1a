"""The end of a session is told at once to whatever shows something live, and the tables say the same (SEC-05)."""

from __future__ import annotations

import itertools
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, update

from central.base.identity.sessions import IDLE_MAX, still_may, sweep_sessions
from central.base.identity.tables import AccountRow, SessionRow
from central.base.kernel import clock
from central.base.kernel.permissions import of_preset
from central.base.kernel.session import tenant_session
from central.base.web.live import CHANNEL, RIGHTS, Watcher
from models.values.ids import new_id

pytestmark = pytest.mark.req("SEC-05")
READ = "account.read"


@pytest.fixture
def watcher(database, two_tenants):
    """watcher(client): what a stream of this person's would be asked by."""

    def made(client, permission=READ):
        with tenant_session(database.engine, two_tenants.a) as db:
            row = db.scalar(select(SessionRow).where(SessionRow.account_id == client.person.actor.id))
        actor = client.person.actor
        return Watcher(row.id, actor.id, permission, actor.communities(permission))

    return made


@pytest.fixture
def ears(database):
    with psycopg.connect(database.app_dsn, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")

        def heard():
            """All since it was last asked: notices come in the order of their commits, ours after them."""
            connection.execute(f"NOTIFY {CHANNEL}, 'until here'")
            return list(
                itertools.takewhile(lambda one: one != "until here", (n.payload for n in connection.notifies()))
            )

        yield heard


@pytest.fixture
def may(database, two_tenants):
    def asked(watcher):
        with tenant_session(database.engine, two_tenants.a) as db:
            return still_may(db, [watcher]) == {watcher}

    return asked


def role(key):
    return {"role": key, "community_id": None}


def log_out(client, admin):
    return client.delete("/api/v1/session")


def log_out_on_the_page(client, admin):
    return client.post("/logout")


def reset(client, admin):
    return admin.post(f"/api/v1/accounts/{client.person.actor.id}/password")


def disable(client, admin):
    return admin.post(f"/api/v1/accounts/{client.person.actor.id}/disable", json={"reason": "left"})


def withdraw(client, admin):
    return admin.post(f"/api/v1/accounts/{client.person.actor.id}/roles/withdraw", json=role("manager"))


@pytest.mark.parametrize("deed", [log_out, log_out_on_the_page, reset, disable, withdraw])
def test_whoever_ends_a_session_or_takes_a_role_says_so(login_as, two_tenants, watcher, ears, may, deed):
    client, admin = login_as("manager"), login_as("administrator")
    watches, other = watcher(client), watcher(admin)
    assert may(watches) and ears() is not None
    assert deed(client, admin).status_code < 400
    assert f"{two_tenants.a} {RIGHTS}" in ears()
    assert not may(watches) and may(other)


def test_a_further_role_is_asked_for_anew_so_that_nothing_stays_hidden(login_as, two_tenants, watcher, ears, may):
    client, admin = login_as("manager", community=new_id()), login_as("administrator")
    watches = watcher(client)
    said = admin.post(f"/api/v1/accounts/{client.person.actor.id}/roles", json=role("manager"))
    assert said.status_code == 204 and f"{two_tenants.a} {RIGHTS}" in ears()
    assert not may(watches)


def test_a_right_that_was_not_touched_goes_on(login_as, watcher, may):
    client, admin = login_as("manager"), login_as("administrator")
    watches = watcher(client)
    admin.post(f"/api/v1/accounts/{client.person.actor.id}/roles", json=role("guard"))
    assert may(watches) is (READ not in of_preset("guard"))


def test_a_session_that_runs_out_is_told_by_the_table_and_by_the_sweep(
    login_as, database, two_tenants, watcher, may, ears
):
    watches = watcher(login_as("manager"))
    assert ears() != [], "of its role, when the account was made"
    now = clock.now()
    with tenant_session(database.engine, two_tenants.a) as db:
        db.execute(update(SessionRow).where(SessionRow.id == watches.session_id).values(seen_at=now - IDLE_MAX))
    assert not may(watches) and ears() == []
    with tenant_session(database.engine, two_tenants.a) as db:
        assert sweep_sessions(db, now + timedelta(seconds=1)) == 1
    assert ears() == [f"{two_tenants.a} {RIGHTS}"]


def test_who_must_change_the_password_first_watches_nothing(login_as, database, two_tenants, watcher, may):
    watches = watcher(login_as("manager"))
    with tenant_session(database.engine, two_tenants.a) as db:
        db.execute(update(AccountRow).where(AccountRow.id == watches.account_id).values(must_change_password=True))
    assert not may(watches)


def test_a_session_of_another_tenant_is_none(login_as, two_tenants, watcher, may, database):
    watches = watcher(login_as("manager"))
    with tenant_session(database.engine, two_tenants.b) as db:
        assert still_may(db, [watches]) == set()
