"""Alembic's entry. The connection comes from `central/base/database/migrating.py`: there is no alembic.ini."""

from alembic import context

from central.base.kernel.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
