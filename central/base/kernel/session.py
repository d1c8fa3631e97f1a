"""One request or job is one transaction, bound to one tenant.

The tenant is a setting of the transaction (`SET LOCAL menting.tenant`), read by every table's row policy; it ends
with the transaction, so a pooled connection never carries it to the next caller. Services never commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session


def make_engine(url: str, *, pool_size: int = 10, name: str = "central") -> Engine:
    """An engine on psycopg 3. `url` is a SQLAlchemy address; `name` shows in pg_stat_activity."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # an error must not write a password hash or a phone number into the log
        connect_args={"application_name": f"menting-{name}", "options": "-c timezone=UTC"},
    )


@contextmanager
def open_session(engine: Engine) -> Iterator[Session]:
    """One transaction with no tenant bound yet: row policies show nothing until `bind_tenant`.

    Commits at the end of the block, rolls back when an exception leaves it.
    """
    with Session(engine, expire_on_commit=False) as db, db.begin():
        yield db


@contextmanager
def tenant_session(engine: Engine, tenant_id: UUID) -> Iterator[Session]:
    """One transaction in which only rows of `tenant_id` exist."""
    with open_session(engine) as db:
        bind_tenant(db, tenant_id)
        yield db


def bind_tenant(db: Session, tenant_id: UUID) -> None:
    """Bind the running transaction to a tenant. A transaction never changes its tenant (ValueError)."""
    bound = db.info.get("tenant_id")
    if bound is not None and bound != tenant_id:
        raise ValueError("this transaction is bound to another tenant")
    db.execute(text("SELECT set_config('menting.tenant', :tenant, true)"), {"tenant": str(tenant_id)})
    db.info["tenant_id"] = tenant_id


def tenant_of(db: Session) -> UUID:
    """The tenant the transaction is bound to; LookupError when none is."""
    bound = db.info.get("tenant_id")
    if bound is None:
        raise LookupError("no tenant is bound to this transaction")
    assert isinstance(bound, UUID)
    return bound


def tenant_ids(engine: Engine) -> list[UUID]:
    """Every tenant, for jobs that serve each in turn (through a look-up function: the app may not list tenants)."""
    with open_session(engine) as db:
        return list(db.scalars(text("SELECT tenant_id FROM lookup.tenants()")))
