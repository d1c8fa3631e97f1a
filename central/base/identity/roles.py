"""Roles: sets of permissions, granted in the whole tenant or in one community (ADMIN-03)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.accounts import account_of
from central.base.identity.last_administrator import demand_another_administrator
from central.base.identity.permissions import GRANT_ROLES
from central.base.identity.tables import RoleGrantRow, RoleRow
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, NotFound
from central.base.kernel.permissions import ADMINISTRATOR, PRESETS, of_preset
from central.base.web.live import rights_changed


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


def role_keys(db: Session) -> list[str]:
    """Of the bound tenant: the preset ones from the guard up, then its own by name."""
    keys = set(db.scalars(select(RoleRow.key)))
    return [key for key in PRESETS if key in keys] + sorted(keys - set(PRESETS))


def roles_held(db: Session, account_ids: Collection[UUID]) -> dict[UUID, list[tuple[str, UUID | None]]]:
    """What each of these accounts holds: (role, community or None for everywhere). Who holds none is not in it."""
    rows = db.execute(
        select(RoleGrantRow.account_id, RoleRow.key, RoleGrantRow.community_id)
        .join(RoleRow, RoleRow.id == RoleGrantRow.role_id)
        .where(RoleGrantRow.account_id.in_(account_ids))
        .order_by(RoleGrantRow.granted_at, RoleGrantRow.id)
    )
    held: dict[UUID, list[tuple[str, UUID | None]]] = {}
    for account_id, key, community_id in rows:
        held.setdefault(account_id, []).append((key, community_id))
    return held


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
    rights_changed(db)
    record(db, actor, "role.grant", "account", account.id, after={"role": role.key}, community_id=community_id)


def withdraw_role(
    db: Session, actor: Actor, account_id: UUID, key: str, community_id: UUID | None, reason: str | None = None
) -> None:
    """Take a role back; it no longer counts from the next request on. An administrator's own is refused, and the last
    administrator's: someone must be left to undo it."""
    actor.demand(GRANT_ROLES, community_id)
    role = role_named(db, key)
    if account_id == actor.id and GRANT_ROLES in role.permissions:
        raise Conflict("identity.withdraw_self")
    row = db.scalar(
        select(RoleGrantRow).where(
            RoleGrantRow.account_id == account_id,
            RoleGrantRow.role_id == role.id,
            RoleGrantRow.community_id.is_not_distinct_from(community_id),
        )
    )
    if row is None:
        raise NotFound("identity.not_granted")
    if role.key == ADMINISTRATOR and community_id is None:
        demand_another_administrator(db, account_id)
    db.delete(row)
    rights_changed(db)
    record(
        db, actor, "role.withdraw", "account", account_id, before={"role": key}, community_id=community_id,
        reason=reason,
    )  # fmt: skip
