"""PostgreSQL 18 as a child process: found in a wheel, started without an account of its own, kept alive, stopped.

Only the wheel's programs are used. Its wrapper, when run as root, makes an account and opens every parent folder of
the data to everybody; `ways.py` says what is done instead.
"""

from central.base.postgres.errors import PostgresError
from central.base.postgres.supervisor import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresError"]
