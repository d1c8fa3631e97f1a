"""Roles: sets of permissions, granted in the whole tenant or in one community (ADMIN-03)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.accounts import account_of
from central.base.identity.permissions import GRANT_ROLES
from central.base.identity.tables import RoleGrantRow, RoleRow
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Forbidden, NotFound
from central.base.kernel.permissions import PRESETS, of_preset


def sync_preset_roles(db: Session) -> None:
    """Bring the bound tenant's preset roles to what the program declares. Run at each start."""
    roles = {role.key: role for role in db.scalars(select(RoleRow).where(RoleRow.preset))}
    for key in PRESETS:
        permissions = sorted(of_preset(key))
        if key not in roles:
            db.add(RoleRow(key=key, preset=True, permissions=permissions))
        elif roles[key].permissions != permissions:
            roles[key].permissions = permissions


def role_named(db: Session, key: str) -> RoleRow:
    role = db.scalar(select(RoleRow).where(RoleRow.key == key))
    if role is None:
        raise NotFound("identity.no_role", role=key)
    return role


def grant_role(db: Session, actor: Actor, account_id: UUID, key: str, community_id: UUID | None) -> None:
    """Give an account a role. Nobody gives away a right that they do not hold there themselves."""
    actor.demand(GRANT_ROLES, community_id)
    role = role_named(db, key)
    for permission in role.permissions:
        if not actor.may(permission, community_id):
            raise Forbidden("identity.grant_beyond", permission=permission)
    grant(db, actor, account_id, role, community_id)


def grant(db: Session, actor: Actor, account_id: UUID, role: RoleRow, community_id: UUID | None) -> None:
    """The grant itself, unasked: for `grant_role` and for the first administrator, whom nobody could appoint."""
    account = account_of(db, account_id)
    held = select(RoleGrantRow.id).where(
        RoleGrantRow.account_id == account.id,
        RoleGrantRow.role_id == role.id,
        RoleGrantRow.community_id.is_not_distinct_from(community_id),
    )
    if db.scalar(held) is not None:
        return
    db.add(RoleGrantRow(account_id=account.id, role_id=role.id, community_id=community_id))
    record(db, actor, "role.grant", "account", account.id, after={"role": role.key}, community_id=community_id)


def withdraw_role(db: Session, actor: Actor, account_id: UUID, key: str, community_id: UUID | None) -> None:
    """Take a role back; it no longer counts from the next request on."""
    actor.demand(GRANT_ROLES, community_id)
    role = role_named(db, key)
    row = db.scalar(
        select(RoleGrantRow).where(
            RoleGrantRow.account_id == account_id,
            RoleGrantRow.role_id == role.id,
            RoleGrantRow.community_id.is_not_distinct_from(community_id),
        )
    )
    if row is None:
        raise NotFound("identity.not_granted")
    db.delete(row)
    record(db, actor, "role.withdraw", "account", account_id, before={"role": key}, community_id=community_id)
