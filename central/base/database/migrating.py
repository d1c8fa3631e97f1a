"""Bringing the schema to what this version needs: at each start, under a lock, all or nothing."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 0x6D656E74  # "ment"


class SchemaAhead(Exception):
    """The database was used by a newer version; an older one does not touch it."""


def engine_url(dsn: str) -> str:
    """A SQLAlchemy address for a libpq connection string."""
    from psycopg.conninfo import conninfo_to_dict
    from sqlalchemy import URL

    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    user, password, database = (parts.pop(name, None) for name in ("user", "password", "dbname"))
    url = URL.create("postgresql+psycopg", user, password, database=database, query=parts)
    return url.render_as_string(hide_password=False)


def owner_engine(owner_dsn: str) -> Engine:
    """No pool: the owner's connection is closed as soon as the start is done."""
    return create_engine(engine_url(owner_dsn), poolclass=NullPool)


def migrate(owner_dsn: str) -> str:
    """Run what is missing, in one transaction; returns the revision reached. Two starting at once wait in line."""
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    engine = owner_engine(owner_dsn)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
            raise SchemaAhead(
                f"这个数据库被更新的版本用过（修订号 {present}），本版本不认识，没有改动。"
                "请启动那个版本，或恢复升级前的备份。\n"
                f"The database is at revision {present}, which this version of Menting does not know: it was used by a "
                "newer one. Start that version, or restore a backup made before the update."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    head = scripts.get_current_head()
    assert head is not None
    return head


def alembic_config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
