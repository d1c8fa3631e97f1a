"""Find a row or say 404; add a row or say 409. The same two questions before every deed."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from central.base.kernel.errors import Conflict, NotFound
from central.base.kernel.tables import TenantRow

Row = TypeVar("Row", bound=TenantRow)


def find(db: Session, table: type[Row], row_id: UUID, missing: str, *, lock: bool = False) -> Row:
    """The tenant's row, or `NotFound(missing)`. With `lock` nobody else changes it until the transaction ends."""
    query = select(table).where(table.id == row_id)
    row = db.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(missing)
    return row


def add_unless_taken(db: Session, row: TenantRow, conflict: Conflict) -> None:
    """Insert; when a unique constraint says that there is one already, raise `conflict` and keep the transaction."""
    try:
        with db.begin_nested():
            db.add(row)
            db.flush()
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):
            raise conflict from error
        raise
