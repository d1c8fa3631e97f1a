"""What is stored of coupons: shops, what they bought, and each coupon. Personal data: a plate lies sealed, and is found
again by a digest under the site's key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class CouponShopRow(TenantRow, Base):
    """A shop that gives coupons at its own page: whoever has the link, of which only a digest is kept, and the PIN.

    `day_most`: so many a day; `plate_most`: of them to one plate. `wrong_pins`: in a row."""

    __tablename__ = "coupon_shop"

    community_id: Mapped[UUID]
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    pin_hash: Mapped[str]
    wrong_pins: Mapped[int] = mapped_column(server_default=text("0"))
    day_most: Mapped[int]
    plate_most: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256"),
        CheckConstraint("day_most > 0 AND plate_most > 0", name="may_give_some"),
        belongs_to("community_id", "community"),
    )


class CouponShopSessionRow(TenantRow, Base):
    """A browser in which the shop's PIN was given (shop_session.py). Its key is kept as a digest; who leaves takes the
    row away."""

    __tablename__ = "coupon_shop_session"

    community_id: Mapped[UUID]
    shop_id: Mapped[UUID]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "token_sha256"),
        belongs_to("shop_id", "coupon_shop"),
        belongs_to("community_id", "community"),
    )


class CouponQuotaRow(TenantRow, Base):
    """So many coupons of one kind, paid for before. `amount`: minutes, fen or percent; `hold_hours`: for so long each
    counts once it was given; `ends_at`: none is given after it. Never changed."""

    __tablename__ = "coupon_quota"

    community_id: Mapped[UUID]
    shop_id: Mapped[UUID]
    kind: Mapped[str]
    amount: Mapped[int]
    count: Mapped[int]
    price_fen: Mapped[int] = mapped_column(BigInteger)
    hold_hours: Mapped[int]
    bought_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    by_name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("amount > 0 AND count > 0 AND price_fen >= 0 AND hold_hours > 0", name="gives_something"),
        Index("ix_coupon_quota_tenant_id_shop_id", "tenant_id", "shop_id"),
        belongs_to("shop_id", "coupon_shop"),
        belongs_to("community_id", "community"),
    )


class CouponRow(TenantRow, Base):
    """One coupon. `token_sha256`: where it was given as a code to scan, which binds it to one plate, once. `stay_id`:
    which has used it, fixed as that stay was paid or left. `ends_at` is brought forward where it is taken back."""

    __tablename__ = "coupon"

    community_id: Mapped[UUID]
    shop_id: Mapped[UUID]
    quota_id: Mapped[UUID]
    given_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    by_name: Mapped[str]
    token_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    plate_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_plate: Mapped[bytes | None] = mapped_column(LargeBinary)
    bound_at: Mapped[datetime | None]
    stay_id: Mapped[UUID | None]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256"),
        CheckConstraint("(plate_digest IS NULL) = (bound_at IS NULL)", name="bound_to_a_plate"),
        CheckConstraint("(stay_id IS NULL) = (used_at IS NULL)", name="used_by_a_stay"),
        CheckConstraint("stay_id IS NULL OR bound_at IS NOT NULL", name="used_once_bound"),
        Index("ix_coupon_tenant_id_plate_digest", "tenant_id", "community_id", "plate_digest"),
        Index("ix_coupon_tenant_id_quota_id", "tenant_id", "quota_id", "given_at"),
        Index("ix_coupon_tenant_id_shop_id", "tenant_id", "shop_id", "given_at"),
        Index("ix_coupon_tenant_id_stay_id", "tenant_id", "stay_id"),
        belongs_to("quota_id", "coupon_quota"),
        belongs_to("shop_id", "coupon_shop"),
        belongs_to("community_id", "community"),
    )
