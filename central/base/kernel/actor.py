"""Who acts: an account, a node or the system itself, with what they may do and where.

Every service that changes something takes an `Actor`: the audit row is written from it, and the object-level
question ("in this community?") is asked of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from central.base.kernel.errors import Forbidden
from models.values.ids import new_id


class ActorKind(StrEnum):
    ACCOUNT = "account"
    NODE = "node"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role held: its permissions, in the whole tenant (`community_id` None) or in one community."""

    role: str
    permissions: frozenset[str]
    community_id: UUID | None = None


def communities(grants: Iterable[Grant], permission: str) -> frozenset[UUID] | None:
    """Where these grants carry the permission: None means everywhere in the tenant, an empty set nowhere."""
    scopes = {grant.community_id for grant in grants if permission in grant.permissions}
    return None if None in scopes else frozenset(scope for scope in scopes if scope is not None)


@dataclass(frozen=True, slots=True)
class Actor:
    tenant_id: UUID
    kind: ActorKind
    id: UUID | None
    name: str
    grants: tuple[Grant, ...] = ()
    source_address: str | None = None
    correlation_id: UUID = field(default_factory=new_id)

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(sorted({grant.role for grant in self.grants}))

    def holds(self, permission: str) -> bool:
        """True when any role held, wherever it is held, carries the permission. Not an object-level answer."""
        return any(permission in grant.permissions for grant in self.grants)

    def may(self, permission: str, community_id: UUID | None) -> bool:
        """The object-level answer. `community_id` None asks for the whole tenant."""
        return any(
            permission in grant.permissions and grant.community_id in (None, community_id) for grant in self.grants
        )

    def demand(self, permission: str, community_id: UUID | None) -> None:
        """Raise `Forbidden` unless `may` says yes."""
        if not self.may(permission, community_id):
            raise Forbidden(permission=permission)

    def communities(self, permission: str) -> frozenset[UUID] | None:
        """Where the permission holds: None means everywhere in the tenant, an empty set nowhere."""
        return communities(self.grants, permission)


def system(tenant_id: UUID, name: str, permissions: Iterable[str] = ()) -> Actor:
    """The actor of jobs, projections and seeds; `name` says which one (shown in the audit)."""
    held = frozenset(permissions)
    grants = (Grant("system", held),) if held else ()
    return Actor(tenant_id=tenant_id, kind=ActorKind.SYSTEM, id=None, name=name, grants=grants)
