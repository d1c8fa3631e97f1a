"""One PostgreSQL for the whole run, a fresh clone of the migrated template for each test, two tenants in it."""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from central.app import DOMAINS, create_app, register_domains
from central.base.database.migrating import engine_url, migrate, owner_engine
from central.base.database.roles import DATABASE, Logins, make_database, prepare_roles
from central.base.identity.guard import COOKIE
from central.base.identity.passwords import Passwords
from central.base.identity.provision import provision_tenant
from central.base.identity.roles import grant, role_named, sync_preset_roles
from central.base.identity.sessions import grants_of, open_account_session
from central.base.identity.tables import AccountRow
from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.permissions import PRESETS, of_preset
from central.base.kernel.session import make_engine, tenant_session
from central.base.parts import Parts, make_parts
from central.base.postgres import EmbeddedPostgres
from central.base.postgres.supervisor import FOR_TESTS
from central.base.postgres.ways import relocated
from central.gates.access.wiring import key_file
from tests.central.people.town import Town, build_town
from tests.central.process import Central

ORIGIN = "http://localhost"


@dataclass(frozen=True, slots=True)
class Tenants:
    a: UUID
    b: UUID


@dataclass(frozen=True, slots=True)
class Cluster:
    """The migrated template is `DATABASE`. roles: what each preset role may there."""

    postgres: EmbeddedPostgres
    logins: Logins
    tenants: Tenants
    roles: dict[str, frozenset[str]]


def declared_roles() -> dict[str, frozenset[str]]:
    """What the preset roles may, as the modules that were imported so far declare it."""
    return {key: of_preset(key) for key in PRESETS}


@dataclass(frozen=True, slots=True)
class Database:
    """A test's own database: `engine` as the application, `owner_dsn` as the schema's owner."""

    name: str
    engine: Engine
    app_dsn: str
    owner_dsn: str
    superuser_dsn: str


def fast_folder() -> str | None:
    """Memory where there is some: a clone is 300 small files, which took 20 ms there and 450 ms on a slow disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        return str(memory)
    return None


@pytest.fixture(scope="session")
def fast_parent() -> str | None:
    """Where to make folders that hold a database; None is the usual place for temporary files."""
    return fast_folder()


@pytest.fixture(scope="session")
def cluster(fast_parent: str | None) -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="menting-tests-", dir=fast_parent))
    postgres = EmbeddedPostgres(folder / "postgres", settings=FOR_TESTS | {"max_connections": "200"}, sync=False)
    postgres.start()
    guardian = guard_against_being_killed(postgres, folder)
    try:
        make_database(postgres.superuser_dsn())
        logins = prepare_roles(postgres.superuser_dsn(DATABASE), folder / "secrets")
        quick_to_connect(postgres, logins)
        migrate(logins.owner)
        passwords = Passwords(cheap=True)
        for domain in DOMAINS:  # they declare what the roles of the tenants hold
            importlib.import_module(f"{domain}.wiring")
        made = []
        for name in ("a", "b"):
            with Session(owner_engine(logins.owner)) as db, db.begin():
                made.append(provision_tenant(db, passwords, f"Company {name}", f"admin.{name}", f"Admin {name}"))
        yield Cluster(postgres, logins, Tenants(made[0].tenant_id, made[1].tenant_id), declared_roles())
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
        guardian.communicate(b"done")


def quick_to_connect(postgres: EmbeddedPostgres, logins: Logins) -> None:
    """The same passwords, hashed once and not 4096 times: each test connects several times anew."""
    with psycopg.connect(postgres.superuser_dsn(), autocommit=True) as connection:
        connection.execute("SET scram_iterations = 1")
        for dsn in (logins.owner, logins.app):
            told = conninfo_to_dict(dsn)
            role, password = sql.Identifier(str(told["user"])), sql.Literal(str(told["password"]))
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))


GUARDIAN = """
import os, shutil, signal, sys, time
if sys.stdin.read() != "done":
    os.kill(int(sys.argv[1]), signal.SIGINT)
    time.sleep(1)
    shutil.rmtree(sys.argv[2], ignore_errors=True)
"""


def guard_against_being_killed(postgres: EmbeddedPostgres, folder: Path) -> subprocess.Popen[bytes]:
    """A process that hears the end of this one by its closed pipe: a killed run leaves no server behind."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", GUARDIAN, str(postgres.pid), str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.fixture
def folder(fast_parent) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="menting-main-", dir=fast_parent))
    yield made
    shutil.rmtree(relocated((made / "data" / "postgres").resolve()), ignore_errors=True)
    shutil.rmtree(made)


@pytest.fixture
def start(folder) -> Iterator[Callable[..., Central]]:
    started: list[Central] = []

    def run(*arguments: str, env: dict[str, str] | None = None, before: str = "") -> Central:
        central = Central(folder, *arguments, env=env, before=before)
        started.append(central)
        return central

    yield run
    for central in started:
        central.stop()


_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Towns:
    """A second template, with a town in each tenant, and the master key that opens what is sealed in it."""

    template: str
    key: Path
    a: Town
    b: Town


@pytest.fixture(scope="session")
def towns(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """Made once a run: to build a town takes longer than most tests of one."""
    template, data = "towns", tmp_path_factory.mktemp("towns")
    with psycopg.connect(cluster.postgres.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {template} TEMPLATE {DATABASE}")
    app_dsn = make_conninfo(cluster.logins.app, dbname=template)
    engine = make_engine(engine_url(app_dsn))
    try:
        register_domains(make_parts(engine, app_dsn, data, cheap_passwords=True))
        a, b = (build_town(engine, tenant, "门庭花园") for tenant in (cluster.tenants.a, cluster.tenants.b))
    finally:
        engine.dispose()  # a template that somebody is connected to cannot be cloned
    return Towns(template, key_file(data), a, b)


@pytest.fixture
def town(towns: Towns, database: Database, parts: Parts) -> Town:
    return replace(towns.a, engine=database.engine)


@pytest.fixture
def other_town(towns: Towns, database: Database, parts: Parts) -> Town:
    """Of the other tenant, under the same name: what is unique in one tenant is free in another."""
    return replace(towns.b, engine=database.engine)


def template_of(request: pytest.FixtureRequest) -> Towns | None:
    """The towns, where the test or one of its fixtures asks for them."""
    return request.getfixturevalue("towns") if "towns" in request.fixturenames else None


class Connects:
    """An engine that outlives its database: a statement is compiled once a run, as in a central that runs for weeks.

    Compiling anew for every clone was a quarter of what a test of central cost.
    """

    def __init__(self, logins: Logins) -> None:
        self.name = DATABASE
        self.engine = make_engine(engine_url(logins.app))
        event.listen(self.engine, "do_connect", self._to_the_clone)
        event.listen(self.engine, "checkout", self._of_the_clone)

    def _to_the_clone(self, _dialect: object, _record: object, _arguments: object, named: dict[str, object]) -> None:
        named["dbname"] = self.name

    def _of_the_clone(self, connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
        """A thread that an earlier test left behind may have connected to its clone after that was over: the pool
        throws such a connection away and makes another, or one test would write into two databases."""
        if connection.info.dbname != self.name:
            raise DisconnectionError


@pytest.fixture(scope="session")
def connects(cluster: Cluster) -> Connects:
    return Connects(cluster.logins)


class Clones:
    """Makes databases and drops them, on one connection of the superuser."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._left: list[str] = []

    def make(self, name: str, template: str) -> None:
        self._drop_left()
        strategy = "FILE_COPY"  # a third of the time that PostgreSQL's own choice takes
        self._connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {strategy}")

    def leave(self, name: str) -> None:
        """It is dropped when the next one is made: while a connection is still closing, PostgreSQL would wait 0.1 s."""
        self._left.append(name)

    def _drop_left(self) -> None:
        while self._left:
            self._connection.execute(f"DROP DATABASE {self._left.pop()} WITH (FORCE)")


@pytest.fixture(scope="session")
def clones(cluster: Cluster) -> Iterator[Clones]:
    with psycopg.connect(cluster.postgres.superuser_dsn(), autocommit=True) as connection:
        yield Clones(connection)


@pytest.fixture
def database(
    cluster: Cluster, clones: Clones, connects: Connects, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A clone of the template: migrated, with two tenants and their administrators; with towns where one is asked."""
    name, towns = f"clone_{next(_numbers)}", template_of(request)
    clones.make(name, towns.template if towns else DATABASE)
    connects.name = name
    engine = connects.engine.execution_options()  # a view of it: what this test attaches is its own
    try:
        yield Database(
            name,
            engine,
            make_conninfo(cluster.logins.app, dbname=name),
            make_conninfo(cluster.logins.owner, dbname=name),
            cluster.postgres.superuser_dsn(name),
        )
    finally:
        engine.dispose()
        clones.leave(name)


@pytest.fixture
def two_tenants(cluster: Cluster) -> Tenants:
    return cluster.tenants


@pytest.fixture
def db(database: Database, two_tenants: Tenants) -> Iterator[Session]:
    """A transaction of tenant a, committed at the end of the test."""
    with tenant_session(database.engine, two_tenants.a) as session:
        yield session


@pytest.fixture
def domains() -> Sequence[str]:
    """The domains that take part; a lower floor's conftest says fewer."""
    return DOMAINS


@pytest.fixture
def parts(
    cluster: Cluster,
    database: Database,
    two_tenants: Tenants,
    tmp_path: Path,
    domains: Sequence[str],
    request: pytest.FixtureRequest,
) -> Parts:
    """What the domains hang their parts in, all registered; the preset roles hold what they declare."""
    if (towns := template_of(request)) is not None:
        (tmp_path / "secrets").mkdir(mode=0o700)
        shutil.copy(towns.key, tmp_path / "secrets")
    made = make_parts(database.engine, database.app_dsn, tmp_path, cheap_passwords=True)
    register_domains(made, domains)
    if declared_roles() != cluster.roles:  # a test brought rights of its own
        for tenant_id in (two_tenants.a, two_tenants.b):
            with tenant_session(database.engine, tenant_id) as session:
                sync_preset_roles(session)
    return made


@pytest.fixture
def app(parts: Parts) -> FastAPI:
    """The whole application, without its background work: drain and run it by hand."""
    return create_app(parts, background=False)


def client_of(app: FastAPI) -> TestClient:
    """A browser of our own pages: sends our Origin, follows no redirect."""
    return TestClient(
        app,
        base_url=ORIGIN,
        headers={"origin": ORIGIN, "accept-language": "zh-CN"},
        follow_redirects=False,
        raise_server_exceptions=False,
    )


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """Nobody signed in."""
    return client_of(app)


@dataclass(frozen=True, slots=True)
class Person:
    """An account made for a test, and the token of its session."""

    actor: Actor
    token: str


LoginAs = Callable[..., TestClient]


@pytest.fixture
def login_as(app: FastAPI, database: Database, two_tenants: Tenants) -> LoginAs:
    """login_as(role, tenant=…, community=…) -> a client signed in with that role; `client.person` says as whom."""

    def signed_in(role: str | None, *, tenant: UUID | None = None, community: UUID | None = None) -> TestClient:
        person = make_person(database.engine, tenant or two_tenants.a, role, community)
        client = client_of(app)
        client.cookies.set(COOKIE, person.token)
        client.person = person
        return client

    return signed_in


@pytest.fixture
def someone(database: Database, two_tenants: Tenants) -> Callable[..., Person]:
    """someone(role, tenant=…, community=…): an account with that role, without a client."""

    def made(role: str | None, *, tenant: UUID | None = None, community: UUID | None = None) -> Person:
        return make_person(database.engine, tenant or two_tenants.a, role, community)

    return made


def make_person(engine: Engine, tenant_id: UUID, role: str | None, community: UUID | None = None) -> Person:
    """An account with a role and a session, made past the API. Its password is never right."""
    number = next(_numbers)
    with tenant_session(engine, tenant_id) as db:
        sync_preset_roles(db)
        account = AccountRow(login=f"person{number}", name=f"Person {number}", password_hash="none")
        db.add(account)
        db.flush()
        if role is not None:
            grant(db, system(tenant_id, "test"), account.id, role_named(db, role), community)
        token = open_account_session(db, account.id, clock.now(), None)
        return Person(Actor(tenant_id, ActorKind.ACCOUNT, account.id, account.name, grants_of(db, account.id)), token)


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Every statement the application's engine sends while the test runs."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)
