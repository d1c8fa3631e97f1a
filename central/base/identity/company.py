"""Who the company is, for whoever has to be told who handles their data."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.tables import CompanyRow


def company_name(db: Session) -> str:
    """Of the tenant that `db` is bound to: its own row is the only one that it sees."""
    return db.scalars(select(CompanyRow.name)).one()
