"""The ledger: accounts, postings, entries. Only added to, and PostgreSQL itself holds that each posting balances."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APPEND, append_only, belongs_to, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0034_money_ledger", "0033_guardian_of_link"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "ledger_account",
        _needed("community_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("ref", sa.Text()),
        sa.UniqueConstraint(
            "tenant_id", "community_id", "kind", "ref", name="uq_ledger_account_tenant_id_community_id_kind_ref"
        ),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )
    tenant_table(
        "ledger_posting",
        _needed("community_id", sa.Uuid()),
        _needed("key", sa.Text()),
        _needed("code", sa.Text()),
        _needed("at", AT),
        sa.Column("posted_at", AT, nullable=False, server_default=sa.func.now()),
        _needed("entries", sa.Integer()),
        sa.Column("by_id", sa.Uuid()),
        _needed("by_name", sa.Text()),
        _needed("note", sa.Text()),
        sa.UniqueConstraint("tenant_id", "key", name="uq_ledger_posting_tenant_id_key"),
        sa.CheckConstraint("entries >= 2", name="two_entries"),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )
    by_code = ["tenant_id", "community_id", "code", "at"]
    op.create_index("ix_ledger_posting_tenant_id_code", "ledger_posting", by_code)
    op.create_table(
        "ledger_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("posting_id", sa.Uuid()),
        _needed("place", sa.Integer()),
        _needed("account_id", sa.Uuid()),
        sa.Column("subject_id", sa.Uuid()),
        _needed("fen", sa.BigInteger()),
        sa.PrimaryKeyConstraint("tenant_id", "posting_id", "place", name="pk_ledger_entry"),
        sa.CheckConstraint("fen <> 0", name="moves_something"),
        belongs_to("posting_id", "ledger_posting"),
        belongs_to("account_id", "ledger_account"),
    )
    protect("ledger_entry", grants=APPEND)
    op.create_index("ix_ledger_entry_tenant_id_account_id", "ledger_entry", ["tenant_id", "account_id"])
    op.create_index("ix_ledger_entry_tenant_id_subject_id", "ledger_entry", ["tenant_id", "subject_id"])
    for table in ("ledger_account", "ledger_posting", "ledger_entry"):
        append_only(table)
    _balanced()


def _balanced() -> None:
    """Asked at the end of the transaction, of the posting and of each of its entries: as many as it says, and in sum
    zero. So that no entry can be added to a posting that stands, either."""
    op.execute(
        """
        CREATE FUNCTION menting_posting_balances() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, public AS $$
        DECLARE
            whole uuid;
            said integer;
            counted integer;
            total numeric;
        BEGIN
            IF TG_TABLE_NAME = 'ledger_posting' THEN whole := NEW.id; ELSE whole := NEW.posting_id; END IF;
            SELECT entries INTO said FROM ledger_posting WHERE id = whole AND tenant_id = NEW.tenant_id;
            SELECT count(*), coalesce(sum(fen), 0) INTO counted, total
                FROM ledger_entry WHERE posting_id = whole AND tenant_id = NEW.tenant_id;
            IF counted IS DISTINCT FROM said OR total <> 0 THEN
                RAISE EXCEPTION 'posting % does not balance: % of % entries, sum %', whole, counted, said, total
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in ("ledger_posting", "ledger_entry"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION menting_posting_balances()"
        )


def downgrade() -> None:
    raise NotImplementedError
