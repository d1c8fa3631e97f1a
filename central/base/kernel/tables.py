"""The base of every table: names of constraints, the tenant column, references that stay inside a tenant.

A domain's `tables.py` describes what its migration made; a test compares the two. The tenant column fills itself
from the transaction's tenant, so services never write it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models.values.ids import new_id

TENANT_SQL = "NULLIF(current_setting('menting.tenant', true), '')::uuid"
"""The tenant of the running transaction; NULL (which no row equals) when none is bound. A pooled connection that
once had a tenant reads '' afterwards, hence NULLIF."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map: ClassVar = {
        UUID: Uuid(as_uuid=True),
        datetime: DateTime(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(),
    }


class TenantRow:
    """Mix in first: `class HouseRow(TenantRow, Base)`. Gives `id` (UUIDv7 by default) and `tenant_id`."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-2)
    tenant_id: Mapped[UUID] = mapped_column(server_default=text(TENANT_SQL), sort_order=-1)


def belongs_to(column: str, table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A reference that cannot leave the tenant: (tenant_id, column) -> table(tenant_id, id).

    PostgreSQL checks references past row-level security, so a plain foreign key would accept another tenant's id.
    """
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete=ondelete)
