"""The keys that nodes tell, the sealed templates made for them, orders to destroy face data, the receipts of nodes, and
the nightly count. Cardholders are named by pseudonym, and
without a reference: what is destroyed may be of somebody whom central does not know."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class PhotoKeyRow(Base):
    """The public key that photos for this node are sealed to, as the node itself told it. `key_seal`: that central
    wrote it down (face_enrolment/keys.py). `receiving`: where the other nodes seal templates to (models/wire/faces.py:
    ReceivingKey), signed by the node; None where it told none yet. `first_offered_at`: since when it tells keys, by the
    database's clock. `named_at`: when a person made it the site's enrolment node."""

    __tablename__ = "photo_key"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[str]
    point: Mapped[str]
    key_seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    receiving: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    offered_at: Mapped[datetime]
    first_offered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    named_at: Mapped[datetime | None]

    __table_args__ = (belongs_to("node_id", "node"),)


class TemplatePieceRow(TenantRow, Base):
    """A sealed template that was made for a node, and what became of it (`rules.PieceState`). `piece`: of the
    ciphertext (models/wire/faces.py); "" where a node of before told of a template without naming one. `maker_id`: the
    enrolment node that made it. `told_at`: when its fate was told; `why`: that of a refusal."""

    __tablename__ = "template_piece"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    maker_id: Mapped[UUID | None]
    piece: Mapped[str]
    state: Mapped[str]
    why: Mapped[str | None]
    made_at: Mapped[datetime]
    told_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "cardholder_id", "piece"),
        CheckConstraint("state IN ('waiting', 'taken', 'refused', 'lost', 'replaced', 'over')", name="state"),
        Index(
            "ix_template_piece_tenant_id_community_id", "tenant_id", "community_id", "cardholder_id", "node_id",
            "made_at",
        ),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )  # fmt: skip


class FaceErasureRow(TenantRow, Base):
    """An order. `gates`: at whose nodes it holds; NULL: at every one. `overtaken_at`: the person has consented anew
    since; then it holds for the nodes that still owe it. `settled_at`: every node of theirs had confirmed."""

    __tablename__ = "face_erasure"

    community_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    why: Mapped[str]
    gates: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    ordered_at: Mapped[datetime]
    overtaken_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_face_erasure_tenant_id_community_id", "tenant_id", "community_id", "cardholder_id", "ordered_at"),
        Index(
            "uq_face_erasure_open", "tenant_id", "community_id", "cardholder_id", unique=True,
            postgresql_where=text("overtaken_at IS NULL AND settled_at IS NULL AND gates IS NULL"),
        ),
        belongs_to("community_id", "community"),
    )  # fmt: skip

    def holds_at(self, gate_id: UUID) -> bool:
        return self.gates is None or gate_id in self.gates


class FaceReceiptRow(TenantRow, Base):
    """What a node said: a template is stored, or face data was erased, and where; or, apart from both, how many photos
    are kept there by the person's choice. `claimed`: it says that it stores one which the enrolment node did not make:
    nobody's face is there for it, but it is to be destroyed with the others. The last word of a node counts. `anew`: of
    kept photos, by a new model."""

    __tablename__ = "face_receipt"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    what: Mapped[str]
    order_id: Mapped[UUID | None]
    had_template: Mapped[bool | None]
    places: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    model: Mapped[str | None]
    photos: Mapped[int | None] = mapped_column(Integer)
    anew: Mapped[bool | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(BigInteger)
    correlation: Mapped[UUID]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "correlation"),
        CheckConstraint("what IN ('stored', 'claimed', 'erased', 'photos')", name="what"),
        Index("ix_face_receipt_tenant_id_community_id", "tenant_id", "community_id", "cardholder_id", "node_id", "seq"),
        Index("ix_face_receipt_tenant_id_order_id", "tenant_id", "order_id"),
        belongs_to("community_id", "community"),
    )


class FaceModelRow(TenantRow, Base):
    """What a node said last of its gallery: the model it compares by, and whose template there another one made.
    `not_anew`: of whom kept photos were tried in vain, and what was wrong."""

    __tablename__ = "face_model"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    model: Mapped[str]
    earlier: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    not_anew: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    told_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )


class FaceCountRow(TenantRow, Base):
    """One night's count over all sites. `reached`: the highest mark reached so far; `file_by`: since the last one."""

    __tablename__ = "face_count"

    counted_at: Mapped[datetime]
    faces: Mapped[int] = mapped_column(Integer)
    orphans: Mapped[int] = mapped_column(Integer)
    reached: Mapped[int] = mapped_column(Integer)
    file_by: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_face_count_tenant_id_counted_at", "tenant_id", "counted_at"),
    )
