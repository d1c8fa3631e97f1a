"""A new tenant with its first administrator: no default password exists, the first one is made here (SEC-06)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.identity.accounts import add_account
from central.base.identity.passwords import Passwords
from central.base.identity.roles import grant, role_named, sync_preset_roles
from central.base.identity.tables import CompanyRow
from central.base.kernel.actor import system
from central.base.kernel.audit import record
from central.base.kernel.permissions import ADMINISTRATOR
from central.base.kernel.session import bind_tenant
from models.values.ids import new_id


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The one-time password is printed once by the caller, never stored, and replaced at the first log-in."""

    tenant_id: UUID
    login: str
    one_time_password: str


def provision_tenant(db: Session, passwords: Passwords, name: str, login: str, person: str) -> Provisioned:
    """Make a tenant, its preset roles and its first administrator. `db` is an unbound transaction of the owner."""
    tenant_id = new_id()
    bind_tenant(db, tenant_id)
    db.add(CompanyRow(id=tenant_id, name=name))
    db.flush()
    actor = system(tenant_id, "provision")
    record(db, actor, "tenant.add", "tenant", tenant_id, after={"name": name})
    sync_preset_roles(db)
    db.flush()
    account, one_time = add_account(db, actor, passwords, login, person)
    grant(db, actor, account.id, role_named(db, ADMINISTRATOR), None)
    return Provisioned(tenant_id, account.login, one_time)
