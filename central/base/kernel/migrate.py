"""What migrations say: a tenant's table, what the application may do with it, and look-ups across tenants.

Migrations run as `menting_owner`, which owns the schema and nothing more. The application is `menting_app`: it owns
nothing and gets, table by table, the verbs it needs. Row-level security is forced, so that even the owner sees a
tenant's rows only after binding it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from central.base.kernel.tables import TENANT_SQL, belongs_to

__all__ = ["append_only", "belongs_to", "lookup_function", "lookup_reads", "protect", "tenant_table"]

APP = "menting_app"
LOOKUP = "menting_lookup"
READ_WRITE = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"


def tenant_table(name: str, *items: SchemaItem, grants: str = READ_WRITE, referenced: bool = True) -> None:
    """Create a table with `id uuid` and `tenant_id`, protected.

    referenced: add UNIQUE (tenant_id, id), which `belongs_to` needs; leave it out for long, never referenced logs.
    """
    columns: list[SchemaItem] = [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        *items,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    ]
    if referenced:
        columns.append(sa.UniqueConstraint("tenant_id", "id", name=f"uq_{name}_tenant_id_id"))
    op.create_table(name, *columns)
    protect(name, grants=grants)


def protect(table: str, *, grants: str = READ_WRITE) -> None:
    """Tie `table` (which has `tenant_id`) to its tenant: foreign key, forced row-level security, grants by verb.

    grants: the verbs of the application, for example "SELECT, INSERT" for what is only appended.
    """
    op.create_foreign_key(f"fk_{table}_tenant_id", table, "tenant", ["tenant_id"], ["id"])
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant_rows ON {table} USING (tenant_id = {TENANT_SQL}) WITH CHECK (tenant_id = {TENANT_SQL})"
    )
    op.execute(f"GRANT {grants} ON {table} TO {APP}")


def append_only(table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE by trigger, for the owner too (grants alone do not bind an owner)."""
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION menting_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION menting_refuse_change()"
    )


def lookup_reads(table: str, columns: Sequence[str]) -> None:
    """Let look-up functions read these columns of every tenant's rows. Keep the list as short as the question."""
    op.execute(f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {LOOKUP}")
    op.execute(f"CREATE POLICY lookup_rows ON {table} FOR SELECT TO {LOOKUP} USING (true)")


def lookup_function(name: str, arguments: str, returns: str, body: str) -> None:
    """Make `lookup.<name>(arguments)`: asked before the tenant is known, running as `menting_lookup`.

    body: one SQL query. Its columns are all that the application can learn across tenants; `lookup_reads` must have
    named each column it touches. Example: lookup_function("node", "node uuid", "TABLE(tenant_id uuid, key bytea)",
    "SELECT n.tenant_id, n.public_key FROM public.node n WHERE n.id = node").
    """
    signature = f"lookup.{name}({arguments})"
    op.execute(
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
        f"SET search_path = pg_catalog, pg_temp AS $lookup$ {body} $lookup$"
    )
    types = ", ".join(part.strip().split(" ", 1)[1] for part in arguments.split(",")) if arguments.strip() else ""
    bare = f"lookup.{name}({types})"
    op.execute(f"REVOKE ALL ON FUNCTION {bare} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {bare} TO {APP}")
    op.execute(f"ALTER FUNCTION {bare} OWNER TO {LOOKUP}")


def run_sql(statement: str, **values: Any) -> None:
    """One statement with bound values, for the rare migration that moves data."""
    op.get_bind().execute(sa.text(statement), values)
