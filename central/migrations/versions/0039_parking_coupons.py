"""Shops, the coupons that they have bought, and what becomes of each one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, lookup_function, lookup_reads, tenant_table

revision, down_revision = "0039_parking_coupons", "0038_money_refunds"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any], **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)


def upgrade() -> None:
    tenant_table(
        "coupon_shop",
        _needed("community_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("token_sha256", sa.LargeBinary()),
        _needed("pin_hash", sa.Text()),
        _needed("wrong_pins", sa.Integer(), server_default=sa.text("0")),
        _needed("day_most", sa.Integer()),
        _needed("plate_most", sa.Integer()),
        _needed("made_at", AT),
        _needed("made_by", sa.Text()),
        sa.Column("closed_at", AT),
        sa.UniqueConstraint("token_sha256", name="uq_coupon_shop_token_sha256"),
        sa.CheckConstraint("day_most > 0 AND plate_most > 0", name="may_give_some"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (token_sha256, pin_hash, wrong_pins, closed_at)",
    )
    lookup_reads("coupon_shop", ["id", "tenant_id", "token_sha256"])
    lookup_function(
        "coupon_shop",
        "token bytea",
        "TABLE(tenant_id uuid, shop_id uuid)",
        "SELECT s.tenant_id, s.id FROM public.coupon_shop s WHERE s.token_sha256 = token",
    )
    tenant_table(
        "coupon_quota",
        _needed("community_id", sa.Uuid()),
        _needed("shop_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("amount", sa.Integer()),
        _needed("count", sa.Integer()),
        _needed("price_fen", sa.BigInteger()),
        _needed("hold_hours", sa.Integer()),
        _needed("bought_at", AT),
        _needed("ends_at", AT),
        _needed("by_name", sa.Text()),
        sa.CheckConstraint("amount > 0 AND count > 0 AND price_fen >= 0 AND hold_hours > 0", name="gives_something"),
        belongs_to("shop_id", "coupon_shop"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )
    op.create_index("ix_coupon_quota_tenant_id_shop_id", "coupon_quota", ["tenant_id", "shop_id"])
    tenant_table(
        "coupon",
        _needed("community_id", sa.Uuid()),
        _needed("shop_id", sa.Uuid()),
        _needed("quota_id", sa.Uuid()),
        _needed("given_at", AT),
        _needed("ends_at", AT),
        _needed("by_name", sa.Text()),
        sa.Column("token_sha256", sa.LargeBinary()),
        sa.Column("plate_digest", sa.LargeBinary()),
        sa.Column("sealed_plate", sa.LargeBinary()),
        sa.Column("bound_at", AT),
        sa.Column("stay_id", sa.Uuid()),
        sa.Column("used_at", AT),
        sa.UniqueConstraint("token_sha256", name="uq_coupon_token_sha256"),
        sa.CheckConstraint("(plate_digest IS NULL) = (bound_at IS NULL)", name="bound_to_a_plate"),
        sa.CheckConstraint("(stay_id IS NULL) = (used_at IS NULL)", name="used_by_a_stay"),
        sa.CheckConstraint("stay_id IS NULL OR bound_at IS NOT NULL", name="used_once_bound"),
        belongs_to("quota_id", "coupon_quota"),
        belongs_to("shop_id", "coupon_shop"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (ends_at, plate_digest, sealed_plate, bound_at, stay_id, used_at)",
    )
    lookup_reads("coupon", ["id", "tenant_id", "token_sha256"])
    lookup_function(
        "coupon",
        "token bytea",
        "TABLE(tenant_id uuid, coupon_id uuid)",
        "SELECT c.tenant_id, c.id FROM public.coupon c WHERE c.token_sha256 = token",
    )
    op.create_index("ix_coupon_tenant_id_plate_digest", "coupon", ["tenant_id", "community_id", "plate_digest"])
    op.create_index("ix_coupon_tenant_id_quota_id", "coupon", ["tenant_id", "quota_id", "given_at"])
    op.create_index("ix_coupon_tenant_id_shop_id", "coupon", ["tenant_id", "shop_id", "given_at"])
    op.create_index("ix_coupon_tenant_id_stay_id", "coupon", ["tenant_id", "stay_id"])


def downgrade() -> None:
    raise NotImplementedError
