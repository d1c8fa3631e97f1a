"""Starting central: database, roles, tables, first tenant, application. The only file that knows all of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from central.app import create_app, register_domains
from central.base.database.migrating import LOCK, engine_url, migrate, owner_engine
from central.base.database.roles import DATABASE, Logins, check_app_role, make_database, prepare_roles
from central.base.identity.passwords import Passwords
from central.base.identity.provision import Provisioned, provision_tenant
from central.base.identity.roles import sync_preset_roles
from central.base.kernel.session import make_engine, tenant_ids, tenant_session
from central.base.parts import Parts, make_parts
from central.base.postgres import EmbeddedPostgres
from central.config import Config, ConfigError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """first: only at the first start of a database."""

    app: FastAPI
    parts: Parts
    first: Provisioned | None


@contextmanager
def running(config: Config) -> Iterator[Running]:
    """Everything started in order, and stopped in the opposite one."""
    config.check()
    prepare_folder(config.data)
    with database(config) as logins:
        revision = migrate(logins.owner)
        check_app_role(logins.app)
        engine = make_engine(engine_url(logins.app))
        try:
            parts = make_parts(engine, logins.app, config.data, cheap_passwords=config.cheap_passwords)
            register_domains(parts)
            first = seed_first_start(config, logins, engine, parts.passwords)
            app = create_app(parts, assets=config.assets)
            log.info("central is ready to serve", extra={"revision": revision, "first_start": first is not None})
            yield Running(app, parts, first)
        finally:
            engine.dispose()


@contextmanager
def database(config: Config) -> Iterator[Logins]:
    """A running PostgreSQL with its roles: the embedded one, or the server of `database_url`."""
    secrets = config.data / "secrets"
    if config.database_url is not None:
        try:
            logins = prepare_roles(config.database_url, secrets)
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigError(
                "DATABASE_URL 里的数据库账户不能建角色。请执行 ALTER ROLE 账户 CREATEROLE，并让它拥有这个库。\n"
                "The role in DATABASE_URL may not make roles. Say ALTER ROLE name CREATEROLE, and let it own the "
                f"database. PostgreSQL says: {str(error).strip()}"
            ) from error
        yield logins
        return
    postgres = EmbeddedPostgres(
        config.data / "postgres",
        way=config.postgres_way,
        settings=config.postgres_settings,
        sync=config.postgres_sync,
    )
    postgres.start()
    try:
        make_database(postgres.superuser_dsn())
        yield prepare_roles(postgres.superuser_dsn(DATABASE), secrets)
    finally:
        postgres.stop()


def seed_first_start(config: Config, logins: Logins, engine: Engine, passwords: Passwords) -> Provisioned | None:
    """The first tenant, when there is none; and at each start the preset roles of every tenant."""
    first: Provisioned | None = None
    owner = owner_engine(logins.owner)
    with Session(owner) as db, db.begin():
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})  # two first starts make one tenant
        if not tenant_ids(engine):
            first = provision_tenant(db, passwords, config.company, config.admin, config.admin)
    for tenant_id in tenant_ids(engine):
        with tenant_session(engine, tenant_id) as db:
            sync_preset_roles(db)
    return first


def prepare_folder(folder: Path) -> None:
    """Make the data folder, ours alone. Root makes it passable, so that PostgreSQL's own uid can reach its part."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise ConfigError(
            f"建不了数据目录 {folder}（{error.strerror}）。请先由有权限的账户建好并交给本账户，或另选 --data。\n"
            f"The data folder {folder} cannot be made: {error.strerror}. Have it made and given to this account, or "
            "choose another --data."
        ) from error
    if not folder.is_dir():
        raise ConfigError(
            f"{folder} 不是目录，而是一个文件。请用 --data 另选一个目录。\n"
            f"{folder} is not a folder but a file. Choose a folder with --data."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(
            f"本账户不能写数据目录 {folder}。请用建它的账户启动，或把它交给本账户。\n"
            f"The data folder {folder} may not be written by this account. Start central as the account that made it, "
            "or give it to this one."
        )
