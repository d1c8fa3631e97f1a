"""Tenants, accounts, roles, sessions, and the nonces of nodes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to
from models.values.ids import new_id


class CompanyRow(Base):
    """A property company. Made by the owner's role only; the application sees its own row."""

    __tablename__ = "tenant"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AccountRow(TenantRow, Base):
    """Somebody who signs in. `login` is lower case and unique among all tenants: it is asked before one is known."""

    __tablename__ = "account"

    login: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    wrong_tries: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    password_changed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("login"))


class RoleRow(TenantRow, Base):
    """A named set of permissions. Preset roles follow the program's declarations; others are the tenant's own."""

    __tablename__ = "role"

    key: Mapped[str]
    preset: Mapped[bool] = mapped_column(server_default=text("false"))
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text()))

    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("tenant_id", "key"))


class RoleGrantRow(TenantRow, Base):
    """An account holds a role, in the whole tenant (community_id NULL) or in one community."""

    __tablename__ = "role_grant"

    account_id: Mapped[UUID]
    role_id: Mapped[UUID]
    community_id: Mapped[UUID | None]
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "account_id", "role_id", "community_id", postgresql_nulls_not_distinct=True),
        belongs_to("account_id", "account", ondelete="CASCADE"),
        belongs_to("role_id", "role"),
    )


class SessionRow(TenantRow, Base):
    """Somebody signed in. Only the token's SHA-256 is kept, so that reading the table opens nothing."""

    __tablename__ = "session"

    account_id: Mapped[UUID]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    source_address: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("token_sha256"),
        Index("ix_session_tenant_id_account_id", "tenant_id", "account_id"),
        belongs_to("account_id", "account", ondelete="CASCADE"),
    )


class NodeNonceRow(Base):
    """A nonce a node has used; kept for as long as its time stamp could still be accepted."""

    __tablename__ = "node_nonce"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    nonce: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
