"""`python -m central reset-password`: a new one-time password for who is locked out, on central's own machine.

Whoever may read central's folder may do this; no page and no address offers it. Central may run or be stopped: when it
runs, its own database is asked, otherwise that database is started for as long as this takes.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from central.base.database.migrating import engine_url
from central.base.database.roles import APP, DATABASE, prepare_roles
from central.base.identity.accounts import account_of, find_account, reset_password
from central.base.identity.passwords import Passwords
from central.base.kernel.actor import system
from central.base.kernel.session import bind_tenant, make_engine, open_session
from central.base.postgres.errors import InUse, PostgresError
from central.base.postgres.place import SUPERUSER
from central.base.postgres.ways import relocated
from central.bootstrap import database
from central.config import Config, ConfigError
from models.command_line import Parser, plain_text


def parse(arguments: Sequence[str]) -> tuple[Config, str]:
    """The configuration and the login that was asked for."""
    parser = Parser(
        "python -m central reset-password",
        "在中心的机器上重置一个账号的密码，中心开着或停着都可以 · "
        "a new one-time password for an account, on central's machine, whether central runs or not",
        "退出码：0 已重置，1 有部件出错，2 参数有误，130 被 Ctrl-C 中断 · "
        "exit codes: 0 reset, 1 a part broke, 2 the call is wrong, 130 interrupted with Ctrl-C",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="中心的数据目录 · central's own folder"
    )
    parser.add_argument("--login", type=plain_text, required=True, metavar="NAME", help="用户名 · the account")
    asked = parser.parse_args(arguments)
    return Config(data=asked.data.resolve(), database_url=os.environ.get("DATABASE_URL") or None), asked.login


def run(config: Config, login: str) -> None:
    """Resets and says the password once. Raises `ConfigError` when somebody has to call it differently, and what a
    database that cannot be reached raises."""
    config.check()
    demand_ours(config)
    with app_login(config) as dsn:
        engine = make_engine(engine_url(dsn), name="reset-password")
        try:
            with open_session(engine) as db:
                found = find_account(db, login)
                if found is None:
                    raise ConfigError(
                        f"没有用户名是 {login} 的账号。请核对 --login。\n"
                        f"No account is called {login}. Check --login; nothing was changed."
                    )
                tenant_id, account_id = found
                bind_tenant(db, tenant_id)
                account = account_of(db, account_id)
                if account.disabled_at is not None:
                    raise ConfigError(
                        f"账号 {account.login} 已停用，重置了也不能登录。请管理员先在“账号”页恢复它。\n"
                        f"The account {account.login} is disabled and could not sign in with a new password. An "
                        "administrator enables it on the page “Accounts” first; nothing was changed."
                    )
                one_time = reset_password(db, system(tenant_id, "machine"), Passwords(), account_id)
        finally:
            engine.dispose()
    print(f"用户名 account {account.login}, 一次性密码 one-time password {one_time}")
    print(
        "此前的登录已全部退出，登录时须修改密码。Its sessions have ended; it must be changed at the next log-in.",
        flush=True,
    )


def demand_ours(config: Config) -> None:
    """Raise `ConfigError` unless central has been started here, and by this account: a mistyped folder must not become
    a new central, and a database that another account touched would no longer start."""
    if config.database_url is not None:
        # Without a password in the address the roles' own lie here; new ones would shut the other centrals out.
        trace = config.data / "secrets" / f"{APP}.password"
        if conninfo_to_dict(config.database_url).get("password"):
            return
    else:
        trace = place_of(config.data) / "lock"  # made by central's own process, whoever owns the database beside it
    try:
        owner = trace.stat().st_uid
    except PermissionError:
        owner = config.data.stat().st_uid
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ConfigError(
            f"{config.data} 里没有中心。--data 请写中心自己的数据目录。\n"
            f"No central has been started in {config.data}. Give central's own folder with --data."
        ) from error
    if owner != os.geteuid():
        raise ConfigError(
            f"{config.data} 属于账户 {_name_of(owner)}，请用那个账户运行，例如 sudo -u {_name_of(owner)} 。\n"
            f"{config.data} belongs to another account; run this as that one, for example with sudo -u "
            f"{_name_of(owner)}."
        )


@contextmanager
def app_login(config: Config) -> Iterator[str]:
    """The connection string of the application's role: of the database that runs, else of one started for this."""
    with ExitStack() as stack:
        try:
            dsn = stack.enter_context(database(config)).app
        except InUse:
            dsn = running_database(config.data)
        yield dsn


def place_of(data: Path) -> Path:
    """Where the embedded database lies."""
    wanted = (data / "postgres").resolve()
    return relocated(wanted) if relocated(wanted).exists() else wanted


def running_database(data: Path) -> str:
    """Of the embedded database that a running central holds. PostgreSQL notes where its socket is in the fifth line
    of its pid file. Raises `PostgresError` when it is only just starting or stopping."""
    place = place_of(data)
    try:
        socket = (place / "data" / "postmaster.pid").read_text().splitlines()[4].strip()
    except (FileNotFoundError, IndexError) as error:
        raise PostgresError(
            "中心正在启动或停止，请过一会儿再试。\nCentral is just starting or stopping; try again in a moment."
        ) from error
    password = (place / "superuser").read_text()
    superuser = make_conninfo("", host=socket, user=SUPERUSER, password=password, dbname=DATABASE)
    return prepare_roles(superuser, data / "secrets").app  # the passwords it has already: they follow from this one


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"
