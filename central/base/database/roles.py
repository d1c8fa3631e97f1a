"""Three roles, so that a fault in the application cannot become a fault of isolation (ADMIN-02).

    menting_owner    owns the schema and runs migrations; not a superuser; used at start only
    menting_app      what central runs as: owns nothing, cannot bypass row policies, cannot make tables
    menting_lookup   cannot log in; owns the few functions that may look across tenants, by granted columns only

The bootstrap role (the embedded superuser, or DATABASE_URL's role, which must be allowed to make roles) makes these
three and is not used again.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

_TOO_STRONG = (
    ("是超级用户", "is superuser"),
    ("不受行级隔离约束", "bypasses row-level security"),
    ("能建角色", "may make roles"),
    ("能建库", "may make databases"),
    ("拥有表", "owns tables"),
    ("能在 public 里建表", "may create in the schema"),
    ("属于有这些权限的角色", "is a member of a role with such powers"),
)
"""In the order of what `check_app_role` asks."""
OWNER, APP, LOOKUP = "menting_owner", "menting_app", "menting_lookup"
DATABASE = "menting"


class UnsafeRole(RuntimeError):
    """The application's role could get around row-level security: central does not start."""


@dataclass(frozen=True, slots=True)
class Logins:
    """libpq connection strings of the two roles that log in."""

    owner: str
    app: str


def prepare_roles(bootstrap_dsn: str, secrets_folder: Path) -> Logins:
    """Make or mend the roles in the database that `bootstrap_dsn` names, and give them their passwords.

    Roles belong to the whole server, so one server holds one Menting. Several centrals on one DATABASE_URL must agree
    on the passwords: they are derived from the one in it; without one there they lie in `secrets_folder`.
    """
    passwords = {
        role: _derived(bootstrap_dsn, role) or _password(secrets_folder / f"{role}.password") for role in (OWNER, APP)
    }
    with psycopg.connect(bootstrap_dsn, autocommit=True) as connection:
        existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER, APP, LOOKUP):
            if role not in existing:
                connection.execute(sql.SQL("CREATE ROLE {} NOINHERIT NOLOGIN").format(sql.Identifier(role)))
        for role, password in passwords.items():
            # The verifier is made here, so that no log of the server can hold the password.
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN NOINHERIT PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
            )
        connection.execute(f"GRANT {LOOKUP} TO {OWNER}")
        _let_own_the_schema(connection)
        return Logins(_login(connection, OWNER, passwords[OWNER]), _login(connection, APP, passwords[APP]))


def make_database(superuser_dsn: str) -> None:
    """CREATE DATABASE, once (embedded server only)."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(DATABASE)))


def check_app_role(app_dsn: str) -> None:
    """Raise `UnsafeRole` when the application's role is superuser or owner, can become one, or may make tables."""
    with psycopg.connect(app_dsn) as connection:
        row = connection.execute(
            """
            SELECT r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
                   EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid),
                   has_schema_privilege(r.oid, 'public', 'CREATE'),
                   EXISTS (SELECT FROM pg_roles o WHERE o.oid <> r.oid AND pg_has_role(r.oid, o.oid, 'MEMBER')
                           AND (o.rolsuper OR o.rolbypassrls OR o.rolname IN (%s, %s)
                                OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = o.oid)))
            FROM pg_roles r WHERE r.rolname = current_user
            """,
            [OWNER, LOOKUP],
        ).fetchone()
    assert row is not None
    found = [reason for reason, holds in zip(_TOO_STRONG, row[1:], strict=True) if holds]
    if found:
        raise UnsafeRole(
            f"数据库角色 {row[0]} 权限过大：{'、'.join(zh for zh, _ in found)}。中心只用一个什么都不拥有、"
            f"受行级隔离约束的角色 {APP}，由它自己建立；请收回多给的权限。\n"
            f"The database role {row[0]} {' and '.join(en for _, en in found)}. Central runs only as a role that owns "
            f"nothing and obeys row-level security; it makes {APP} for itself. Take back what it was given besides."
        )


def _let_own_the_schema(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT, CREATE ON DATABASE {} TO {}").format(database, sql.Identifier(OWNER)))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {LOOKUP}")


def _login(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> str:
    """The bootstrap's connection string with another role: same host, port, database and TLS."""
    kept = {name: value for name, value in connection.info.get_parameters().items() if name not in ("user", "password")}
    return psycopg.conninfo.make_conninfo("", **(kept | {"user": role, "password": password}))


def _derived(bootstrap_dsn: str, role: str) -> str | None:
    """HMAC-SHA-256 of the role's name under the bootstrap password: as strong as that, and telling nothing of it."""
    given = psycopg.conninfo.conninfo_to_dict(bootstrap_dsn).get("password")
    return hmac.new(str(given).encode(), f"menting {role}".encode(), "sha256").hexdigest() if given else None


def _password(path: Path) -> str:
    """The role's password, made at the first start, readable by this account only."""
    path.parent.mkdir(mode=0o700, exist_ok=True, parents=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    password = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(password)
        file.flush()
        os.fsync(file.fileno())
    return password
