"""What is stored of charges by contract: which lots use them, and the one charge of a stay. No plate lies here: what is
charged is a stay, and its plate is read from it when a channel is asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class ContractLotRow(TenantRow, Base):
    """A lot that uses contracts, or did (`uses` false); without a row it does not. `at_entry`: channels are asked as a
    car comes in, and not at the exit alone; what the lot's sign says."""

    __tablename__ = "contract_lot"

    community_id: Mapped[UUID]
    uses: Mapped[bool]
    at_entry: Mapped[bool] = mapped_column(server_default=text("false"))
    set_at: Mapped[datetime]
    set_by: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )


class StayChargeRow(TenantRow, Base):
    """The charge of one stay; `id` is the stay's, so that there is one. `stood_at`: when its car came to the exit,
    `amount_fen`: what was due. `contract`: what was last heard of its plate. `order_id`: under which number the
    channel knows it. `said`, `asked`, `ask_at`: the last word, how often it was asked, and when it is next."""

    __tablename__ = "stay_charge"

    community_id: Mapped[UUID]
    state: Mapped[str]
    contract: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default=text("''"))
    order_id: Mapped[UUID | None]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    stood_at: Mapped[datetime]
    said: Mapped[str] = mapped_column(server_default=text("''"))
    asked: Mapped[int] = mapped_column(server_default=text("0"))
    ask_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "order_id"),
        CheckConstraint("amount_fen > 0", name="charges_something"),
        CheckConstraint("state IN ('looking', 'none') OR order_id IS NOT NULL", name="charged_by_an_order"),
        Index("ix_stay_charge_tenant_id_ask_at", "tenant_id", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("ix_stay_charge_tenant_id_state", "tenant_id", "community_id", "state", "changed_at"),
        belongs_to("order_id", "payment_order"),
        belongs_to("community_id", "community"),
    )


class StayContractRow(TenantRow, Base):
    """What channels said of the plate of a stay since it came in; `id` is the stay's. `plate_digest`: of which plate
    they were asked. `channel`: that of an open contract. `ask_at`: when they are asked next; none once they have
    answered, or are not asked any more."""

    __tablename__ = "stay_contract"

    community_id: Mapped[UUID]
    plate_digest: Mapped[bytes]
    contract: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default=text("''"))
    came_at: Mapped[datetime]
    ask_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_stay_contract_tenant_id_ask_at", "tenant_id", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        belongs_to("community_id", "community"),
    )
