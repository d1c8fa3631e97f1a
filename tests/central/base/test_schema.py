"""Migrations and tables.py say the same; one line of migrations; an older program leaves a newer schema alone."""

from __future__ import annotations

import importlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from central.base.database.migrating import SchemaAhead, alembic_config, engine_url, migrate, owner_engine
from central.base.kernel.i18n import CENTRAL
from central.base.kernel.tables import metadata

pytestmark = pytest.mark.req("ADMIN-02")


@pytest.fixture
def every_table():
    """Imports every module that describes tables."""
    for path in [*CENTRAL.glob("**/*tables.py"), CENTRAL / "base/kernel/audit.py", CENTRAL / "base/kernel/outbox.py"]:
        importlib.import_module(".".join(("central", *path.relative_to(CENTRAL).with_suffix("").parts)))
    return metadata


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_tables_and_migrations_agree(database, every_table):
    """Foreign keys to the tenant and the policies come from `protect`; test_isolation.py looks at those."""

    def ours(thing, name, kind, reflected, other) -> bool:
        return not (kind == "foreign_key_constraint" and str(name).endswith("_tenant_id") and reflected)

    with create_engine(engine_url(database.superuser_dsn)).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True, "target_metadata": every_table}
        )
        differences = compare_metadata(context, every_table)
    assert [shown(difference) for difference in differences] == []


def shown(difference: object) -> str:
    return repr(difference)[:300]


def test_there_is_one_line_of_migrations_and_no_way_back():
    scripts = ScriptDirectory.from_config(alembic_config())
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        assert script.path.endswith(f"{script.revision}.py")
        with pytest.raises(NotImplementedError):
            script.module.downgrade()


def test_migrating_again_changes_nothing(database):
    assert migrate(database.owner_dsn) == migrate(database.owner_dsn)


def test_a_newer_schema_is_left_alone_in_words(database):
    with owner_engine(database.owner_dsn).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    with pytest.raises(SchemaAhead, match="9999_future"):
        migrate(database.owner_dsn)
