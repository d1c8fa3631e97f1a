"""News that travels up or sideways: written in the deed's transaction, delivered after it, in order, at least once.

A handler's effects and its new position are saved in one transaction, so each row takes effect exactly once. Order is
the order of commits: a row is read only when every transaction that started before it has ended (its transaction id
lies below the snapshot's xmin), since ids alone would let a late commit slip in behind the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, func, text
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import UserDefinedType

from central.base.kernel.tables import TENANT_SQL, Base
from models.values.ids import new_id

CHANNEL = "menting_outbox"


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class OutboxRow(Base):
    """One piece of news. `topic` is noun.verb in the past ("stay.closed"); `payload` holds ids and plain values."""

    __tablename__ = "outbox"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(server_default=text(TENANT_SQL))
    xid: Mapped[int] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    correlation_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_outbox_tenant_id_xid_seq", "tenant_id", "xid", "seq"),)


class OutboxPositionRow(Base):
    """How far one handler has come in one tenant, and how it fares with the next row."""

    __tablename__ = "outbox_position"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    handler: Mapped[str] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8(), server_default=text("'0'"))
    seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class OutboxParkedRow(Base):
    """News a handler could not take after several tries: kept, shown, and passed by so that the rest goes on."""

    __tablename__ = "outbox_parked"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    handler: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class News:
    """An outbox row as a handler sees it."""

    seq: int
    tenant_id: UUID
    topic: str
    payload: Mapping[str, Any]
    correlation_id: UUID
    at: datetime


Handler = Callable[[Session, News], None]
"""Called inside a transaction bound to the news's tenant. Raises to be tried again; never commits."""


def announce(db: Session, topic: str, payload: Mapping[str, Any], *, correlation_id: UUID | None = None) -> None:
    """Write news in the running transaction. Pass the actor's `correlation_id` so that deeds can be followed."""
    db.add(OutboxRow(topic=topic, payload=dict(payload), correlation_id=correlation_id or new_id()))
    db.execute(text(f"NOTIFY {CHANNEL}"))


class Handlers:
    """Who hears what. A domain registers in its `wiring.register(parts)`; names are stored, so keep them stable."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[frozenset[str], Handler]] = {}

    def on(self, name: str, topics: set[str] | frozenset[str], handler: Handler) -> None:
        """Deliver `topics` to `handler`, from the first row ever written. `name` is "<domain>.<what it does>"."""
        if name in self._by_name:
            raise ValueError(f"an outbox handler named {name!r} is already registered")
        self._by_name[name] = (frozenset(topics), handler)

    def items(self) -> list[tuple[str, frozenset[str], Handler]]:
        return [(name, topics, handler) for name, (topics, handler) in self._by_name.items()]
