"""Tenants, accounts, roles, sessions, nonces, audit, outbox, and the queue of timed work."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from central.base.kernel.migrate import (
    APP,
    APPEND,
    LOOKUP,
    append_only,
    belongs_to,
    lookup_function,
    lookup_reads,
    protect,
    tenant_table,
)
from central.base.kernel.outbox import Xid8
from central.base.kernel.tables import TENANT_SQL

revision = "0001_base"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("CREATE SCHEMA lookup")
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA lookup TO {LOOKUP}")
    op.execute(f"GRANT USAGE ON SCHEMA lookup TO {APP}")
    _refusal()
    _tenant()
    _accounts()
    _roles()
    _sessions()
    _audit()
    _outbox()
    _jobs()


def downgrade() -> None:
    raise NotImplementedError("migrations run forward; go back by restoring a backup")


def _now() -> sa.TextClause:
    return sa.text("now()")


def _tenant_id() -> sa.Column[object]:
    return sa.Column("tenant_id", sa.Uuid, nullable=False, server_default=sa.text(TENANT_SQL))


def _refusal() -> None:
    op.execute(
        "CREATE FUNCTION menting_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME "
        "USING ERRCODE = 'insufficient_privilege'; END $$"
    )


def _tenant() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=_now()),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
    )
    op.execute("ALTER TABLE tenant ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tenant FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant_rows ON tenant USING (id = {TENANT_SQL}) WITH CHECK (id = {TENANT_SQL})")
    op.execute(f"GRANT SELECT ON tenant TO {APP}")
    lookup_reads("tenant", ["id"])
    lookup_function("tenants", "", "TABLE(tenant_id uuid)", "SELECT t.id FROM public.tenant t ORDER BY t.id")


def _accounts() -> None:
    tenant_table(
        "account",
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("must_change_password", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("wrong_tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("locked_until", TIME),
        sa.Column("disabled_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=_now()),
        sa.Column("password_changed_at", TIME, nullable=False, server_default=_now()),
        sa.UniqueConstraint("login", name="uq_account_login"),
        sa.CheckConstraint("login = lower(login)", name="ck_account_login_lower"),
        grants="SELECT, INSERT, UPDATE",
    )
    lookup_reads("account", ["id", "tenant_id", "login", "disabled_at"])
    lookup_function(
        "account",
        "asked text",
        "TABLE(tenant_id uuid, account_id uuid)",
        "SELECT a.tenant_id, a.id FROM public.account a WHERE a.login = asked AND a.disabled_at IS NULL",
    )


def _roles() -> None:
    tenant_table(
        "role",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("preset", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("permissions", ARRAY(sa.Text), nullable=False),
        sa.UniqueConstraint("tenant_id", "key", name="uq_role_tenant_id_key"),
    )
    tenant_table(
        "role_grant",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("role_id", sa.Uuid, nullable=False),
        sa.Column("community_id", sa.Uuid),
        sa.Column("granted_at", TIME, nullable=False, server_default=_now()),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "role_id",
            "community_id",
            name="uq_role_grant_tenant_id_account_id_role_id_community_id",
            postgresql_nulls_not_distinct=True,
        ),
        belongs_to("account_id", "account", ondelete="CASCADE"),
        belongs_to("role_id", "role"),
        grants="SELECT, INSERT, DELETE",
    )


def _sessions() -> None:
    tenant_table(
        "session",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=_now()),
        sa.Column("seen_at", TIME, nullable=False, server_default=_now()),
        sa.Column("source_address", sa.Text),
        sa.UniqueConstraint("token_sha256", name="uq_session_token_sha256"),
        belongs_to("account_id", "account", ondelete="CASCADE"),
        referenced=False,
    )
    op.create_index("ix_session_tenant_id_account_id", "session", ["tenant_id", "account_id"])
    lookup_reads("session", ["tenant_id", "token_sha256"])
    lookup_function(
        "session",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT s.tenant_id FROM public.session s WHERE s.token_sha256 = digest",
    )
    op.create_table(
        "node_nonce",
        _tenant_id(),
        sa.Column("node_id", sa.Uuid, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False, server_default=_now()),
        sa.PrimaryKeyConstraint("tenant_id", "node_id", "nonce", name="pk_node_nonce"),
    )
    op.create_index("ix_node_nonce_at", "node_nonce", ["at"])
    protect("node_nonce", grants="SELECT, INSERT, DELETE")


def _audit() -> None:
    tenant_table(
        "audit",
        sa.Column("at", TIME, nullable=False, server_default=_now()),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text),
        sa.Column("community_id", sa.Uuid),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
        sa.Column("reason", sa.Text),
        sa.Column("source_address", sa.Text),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        grants=APPEND,
        referenced=False,
    )
    op.create_index("ix_audit_tenant_id_at", "audit", ["tenant_id", "at", "id"])
    op.create_index("ix_audit_tenant_id_subject_id", "audit", ["tenant_id", "subject_id"])
    append_only("audit")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _tenant_id(),
        sa.Column("xid", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        sa.Column("at", TIME, nullable=False, server_default=_now()),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
    )
    op.create_index("ix_outbox_tenant_id_xid_seq", "outbox", ["tenant_id", "xid", "seq"])
    protect("outbox", grants=APPEND)
    append_only("outbox")
    op.create_table(
        "outbox_position",
        _tenant_id(),
        sa.Column("handler", sa.Text, nullable=False),
        sa.Column("xid", Xid8, nullable=False, server_default=sa.text("'0'")),
        sa.Column("seq", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("retry_at", TIME),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "handler", name="pk_outbox_position"),
    )
    protect("outbox_position", grants="SELECT, INSERT, UPDATE")
    op.create_table(
        "outbox_parked",
        _tenant_id(),
        sa.Column("handler", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False, server_default=_now()),
        sa.PrimaryKeyConstraint("tenant_id", "handler", "seq", name="pk_outbox_parked"),
    )
    protect("outbox_parked", grants="SELECT, INSERT, DELETE")


def _jobs() -> None:
    """procrastinate's own tables, in a schema of their own: they hold ids of tenants, never their rows."""
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path = jobs")
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())  # many statements, so past SQLAlchemy
    op.execute("SET LOCAL search_path = public")
    op.execute(f"GRANT USAGE ON SCHEMA jobs TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {APP}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA jobs TO {APP}")
