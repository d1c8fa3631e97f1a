"""Somebody is always left who can let the others in again: without an administrator only the machine itself helps."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.tables import AccountRow, RoleGrantRow, RoleRow
from central.base.kernel.errors import Conflict
from central.base.kernel.permissions import ADMINISTRATOR


def demand_another_administrator(db: Session, account_id: UUID) -> None:
    """Raise Conflict when nobody but `account_id` is an administrator everywhere and may sign in.

    Holds the role's row until the transaction ends, so that two administrators who take each other's rights away at
    the same moment come one after the other, and the second is refused.
    """
    role_id = db.scalar(select(RoleRow.id).where(RoleRow.key == ADMINISTRATOR).with_for_update())
    held = (
        select(AccountRow.id)
        .join(RoleGrantRow, RoleGrantRow.account_id == AccountRow.id)
        .where(RoleGrantRow.role_id == role_id, RoleGrantRow.community_id.is_(None), AccountRow.disabled_at.is_(None))
    )
    administrators = set(db.scalars(held))
    if administrators <= {account_id} and administrators:
        raise Conflict("identity.last_administrator")
