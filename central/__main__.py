"""`python -m central --data DIR`: runs one central until it is told to stop; `reset-password` beside it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg
import uvicorn

from central import reset_password
from central.base.database.migrating import SchemaAhead
from central.base.database.roles import UnsafeRole
from central.base.identity.provision import Provisioned
from central.base.kernel import clock
from central.base.kernel.logs import set_up_logging
from central.base.parts import Parts
from central.base.postgres import PostgresError
from central.base.postgres.errors import InUse, NoAccount, NotWritable, OtherVersion, ProgramsMissing
from central.base.tls.authority import LETS_ENCRYPT, Authority, AuthorityRefuses
from central.base.tls.challenge import ChallengePort
from central.base.tls.keeper import ByAuthority, ByHand, Keeper, Source
from central.base.tls.pair import BadPair, Pair, TlsError, load
from central.base.web.connections import Acceptor, Places, raise_file_limit
from central.base.web.hosts import LOCAL, Hosts, host_in
from central.base.web.patience import Patient
from central.bootstrap import Running, prepare_folder, running
from central.config import Config, ConfigError, bracketed
from models.command_line import GAP, Parser, plain_text, port_number, until_interrupted
from models.values.nearest import did_you_mean, nearest

log = logging.getLogger("central")

GRACE_S = 5
RESET = "reset-password"
"""The one command beside running: locked out, ask the machine itself."""

WRONG = (
    ConfigError,
    SchemaAhead,
    UnsafeRole,
    OtherVersion,
    InUse,
    NoAccount,
    NotWritable,
    ProgramsMissing,
    BadPair,
    AuthorityRefuses,
)
"""Somebody has to change something first: a supervisor that starts central again and again changes nothing."""


class Stopped(BaseException):
    """SIGTERM arrived: leave every block in order, PostgreSQL's last."""


def parse(arguments: Sequence[str]) -> tuple[Config, argparse.Namespace]:
    parser = Parser(
        "python -m central",
        "门庭中心：人员、大门、访客、页面 · Menting central: accounts, people, gates, visitors, pages",
        "忘记密码 locked out: python -m central reset-password --help · "
        "退出码：0 已停止（Ctrl-C 也是），1 有部件出错，2 参数或配置有误，先改再启动 · "
        "exit codes: 0 stopped (by Ctrl-C too), 1 a part broke, 2 the call or the configuration is wrong and has to be "
        "changed first",
    )
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="数据目录，没有就新建 · its own folder, made if missing",
    )
    add(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="监听地址，默认只限本机 · address to listen on; by default this machine only",
    )
    add(
        "--host-name", action="append", default=[], metavar="NAME", dest="host_names",
        help="代理后面或证书之外的名字，可多次给出 · answer by this name too, for example behind a proxy; repeatable",
    )  # fmt: skip
    add("--port", type=port_number(), default=8080, metavar="N",
        help="监听端口，默认 8080，0 表示任选 · port to listen on, 8080 by default; 0 takes a free one")  # fmt: skip
    add(
        "--tls-cert",
        type=Path,
        metavar="FILE",
        help="证书链，自己的在前，换新自动生效 · chain; taken over when renewed",
    )
    add("--tls-key", type=Path, metavar="FILE", help="它的私钥，不带密码 · its private key, without a password")
    add(
        "--acme-domain",
        metavar="NAME",
        help="由中心自己申请并续期这个域名的证书 · fetch and renew a certificate for it",
    )
    add("--acme-email", default="", metavar="ADDRESS", help="证书机构的联系邮箱 · where the authority may write to")
    add("--acme-directory", default=LETS_ENCRYPT, metavar="URL", help="证书机构 · authority (default: Let's Encrypt)")
    add(
        "--acme-http-port",
        type=port_number(),
        default=80,
        metavar="PORT",
        help="验证域名的端口 · port that proves the domain",
    )
    add("--acme-agree", action="store_true", help="同意证书机构的条款 · agree to the authority's terms")
    assets = Path(os.environ.get("MENTING_CACHE", Path(__file__).parent.parent / ".menting" / "cache")) / "web"
    add("--assets", type=Path, default=assets, metavar="FOLDER", help="页面样式和脚本 · styles and scripts from set-up")
    add(
        "--company",
        type=plain_text,
        default="我的物业公司",
        metavar="NAME",
        help="首个公司名，仅首次启动 · first tenant (first start only)",
    )
    add("--admin", type=plain_text, default="admin", metavar="LOGIN",
        help="首个管理员，仅首次启动 · first account (first start only)")  # fmt: skip
    add("--ready-file", type=Path, metavar="FILE", help='就绪后写入 {"url": …} · gets {"url": …} when central serves')
    add(
        "--first-password-file", type=Path, metavar="FILE",
        help="一次性密码写到这里（0600），不打印 · gets the one-time password, 0600, instead of the terminal",
    )  # fmt: skip
    add("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"), help="日志级别 · what is logged")
    if arguments and not arguments[0].startswith("-"):
        zh, en = did_you_mean(nearest(arguments[0], [RESET]))
        parser.error(
            f"没有命令 {arguments[0]}{zh}；不写命令就是启动，另有 {RESET}{GAP}there is no command {arguments[0]}{en}; "
            f"without one central starts, and there is {RESET}"
        )
    asked = parser.parse_args(arguments)
    config = Config(
        data=asked.data.resolve(),
        host=asked.host,
        port=asked.port,
        database_url=os.environ.get("DATABASE_URL") or None,
        tls_cert=asked.tls_cert,
        tls_key=asked.tls_key,
        acme_domain=asked.acme_domain,
        acme_email=asked.acme_email,
        acme_directory=asked.acme_directory,
        acme_http_port=asked.acme_http_port,
        acme_agree=asked.acme_agree,
        host_names=tuple(asked.host_names),
        assets=asked.assets,
        company=asked.company,
        admin=asked.admin,
        log_level=asked.log_level,
    )
    return config, asked


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 stopped, 1 something broke, 2 the call or the configuration is wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        if given[:1] == [RESET]:
            config, login = reset_password.parse(given[1:])
            set_up_logging("WARNING")
            return until_interrupted(lambda: _reset(config, login))
        return run(*parse(given))
    except WRONG as error:
        print(error, file=sys.stderr)
        return 2
    except (PostgresError, TlsError) as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"数据库连不上。\nThe database cannot be reached: {str(error).strip()}", file=sys.stderr)
        return 1
    except (Stopped, KeyboardInterrupt):
        log.info("central has stopped")
    finally:
        gc.enable()
    return 0


def _reset(config: Config, login: str) -> int:
    reset_password.run(config, login)
    return 0


def run(config: Config, asked: argparse.Namespace) -> int:
    """Until told to stop. What can be refused is refused before the database and the one-time password are made."""
    gc.disable()  # what a start makes stays: to look it through again and again took a sixth of the start
    set_up_logging(config.log_level)
    config.check()
    for file in (asked.first_password_file, asked.ready_file):
        check_can_be_written(file)
    if config.assets is not None and not config.assets.is_dir():
        raise ConfigError(
            f"没有页面资源目录 {config.assets}。请先运行 python3 scripts/setup.py，或用 --assets 指出它。\n"
            f"There is no folder {config.assets} with the pages' styles and scripts. Run python3 scripts/setup.py "
            "first, or name it with --assets."
        )
    with (
        listening_socket(config.host, config.port, "--port") as listener,
        certificate(config, listener) as source,
        running(config) as central,
    ):
        if central.first is not None:
            tell_first_password(central.first, asked.first_password_file)
        return serve(config, listener, central, source, asked.ready_file)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the way down is not to be cut short
    raise Stopped


def check_can_be_written(file: Path | None) -> None:
    """Raise `ConfigError` when `write_atomically` will fail."""
    if file is None:
        return
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK) or file.is_dir():
        raise ConfigError(
            f"{file} 无法写入：请先建好所在目录，并让本账户可写。\n"
            f"{file} cannot be written; make its folder first, writable by this account."
        )


def listening_socket(host: str, port: int, option: str) -> socket.socket:
    """Bound before anything else is started, so that a taken port costs nothing. Raises `ConfigError` in words that
    name the option to change."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except PermissionError as error:
        listener.close()
        raise ConfigError(
            f"{port} 端口要有权限：在 systemd 里加上 AmbientCapabilities=CAP_NET_BIND_SERVICE，或换一个 {option}。\n"
            f"Port {port} may not be used by this account: give the service AmbientCapabilities=CAP_NET_BIND_SERVICE "
            f"(systemd), or choose another {option}."
        ) from error
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"{host} 的 {port} 端口用不了：可能另一个中心正在运行，或请换一个 {option}。\n"
            f"Port {port} on {host} cannot be used: {error.strerror}. Is another central running? "
            f"Choose another {option}{' (0 takes a free one)' if option == '--port' else ''}."
        ) from error
    return listener


def _terms(where: str | None) -> str:
    """What to read before a certificate is asked for."""
    read_zh = f"请阅读 {where} " if where else "没能从证书机构查到条款的地址，请在它的网站上找来阅读"
    read_en = f"read them at {where}" if where else "where they are could not be asked; find them at its web site"
    return (
        f"申请证书要先同意证书机构的条款：{read_zh}，同意就加上 --acme-agree 。\n"
        f"The authority issues only to those who agree to its terms: {read_en}, and add --acme-agree if you agree."
    )


@contextmanager
def certificate(config: Config, listener: socket.socket) -> Iterator[Source | None]:
    """Where central's certificate comes from, with one at hand; None where plain HTTP is allowed. Raises `TlsError`,
    and `ConfigError` when the authority's terms are not agreed to."""
    if config.tls_cert is not None and config.tls_key is not None:
        yield ByHand(config.tls_cert, config.tls_key, clock.now())
    elif config.acme_domain is not None:
        authority = Authority(config.acme_directory, config.acme_domain, config.acme_email, config.data / "tls")
        if not config.acme_agree:
            raise ConfigError(_terms(authority.terms()))
        prepare_folder(config.data)
        with (
            listening_socket(config.host, config.acme_http_port, "--acme-http-port") as plain,
            ChallengePort(plain, address_of(config, listener)) as port,
        ):
            yield ByAuthority(authority, port, clock.now())
    else:
        yield None


def address_of(config: Config, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    if config.acme_domain is not None:
        return f"https://{config.acme_domain}" + (f":{port}" if port != 443 else "")
    return f"{config.scheme}://{bracketed(config.host)}:{port}"


EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def hosts_of(config: Config, source: Source | None) -> Hosts:
    """By which names this central answers, beside the addresses that connections come to."""
    given = (*config.host_names, config.acme_domain, None if config.host in EVERYWHERE else config.host)
    names = {name for one in given if one is not None and (name := host_in(bracketed(one))) is not None}
    if source is None:
        return Hosts(LOCAL | names, public=public_of(config))
    return Hosts(frozenset(names), lambda: source.pair.names, public_of(config))


def public_of(config: Config) -> str:
    """By which address others ask, as far as the call says it: the domain of the certificate that central fetches, or
    the first further name. That one is a proxy's where central itself serves plain HTTP on this machine alone, and the
    proxy's port is https's own; with a certificate of central's own the port is central's."""
    own = config.scheme == "https" and config.port != 443
    name = config.acme_domain or next(iter(config.host_names), None)
    return f"https://{bracketed(name)}" + (f":{config.port}" if own else "") if name is not None else ""


def tell_names(hosts: Hosts, host: str) -> None:
    """Who listens everywhere and has no name to be asked by hears it now, before somebody meets the refusal."""
    names = [hosts.told()] if hosts.told() else []
    if host in EVERYWHERE:
        names.append("本机的 IP 地址 · this machine's own addresses")
    print(f"应答的名字 · answers to: {', '.join(names)}", flush=True)
    if not hosts.told():
        print(
            "证书里没有名字：用域名打开会被拒绝，请换证书，或加 --host-name 。\n"
            "The certificate names nothing: who asks by a name is refused; use another one, or add --host-name.",
            flush=True,
        )


class Server(uvicorn.Server):
    """uvicorn waits for its connections before the application hears of the end; what waits must end first."""

    def __init__(
        self, config: uvicorn.Config, parts: Parts, when_ready: str, ready_file: Path | None, keeper: Keeper | None,
        places: Places,
    ) -> None:  # fmt: skip
        super().__init__(config)
        self._parts = parts
        self._places = places
        self._url = when_ready
        self._ready_file = ready_file
        self._keeper = keeper

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets=[])
        if self.started:
            for listener in sockets or []:
                acceptor = Acceptor(listener, self._protocol, self.config.ssl, self._places)
                self.servers.append(acceptor)  # type: ignore[arg-type]  # uvicorn only ever closes it and waits
            if self._keeper is not None:
                self._keeper.start()
            if self._ready_file is not None:
                write_atomically(self._ready_file, json.dumps({"url": self._url}) + "\n")
            print(f"Menting central: {self._url}", flush=True)

    def _protocol(self) -> asyncio.Protocol:
        """As uvicorn makes it for a server of the loop's own."""
        made: asyncio.Protocol = Patient(self.config, self.server_state, self.lifespan.state)
        return made

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        loop = getattr(self, "loop", None)
        if loop is not None and self.started:
            loop.call_soon_threadsafe(self._parts.close)
        super().handle_exit(sig, frame)


def serve(
    config: Config, listener: socket.socket, central: Running, source: Source | None, ready_file: Path | None
) -> int:
    """Until told to stop; the exit code."""
    context = None if source is None else tls_context(source.pair)
    server_config = uvicorn.Config(
        central.app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        http=Patient,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=list(config.trusted_proxies),
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )
    keeper = None
    if source is not None and context is not None:

        def take_over(pair: Pair) -> None:
            server.loop.call_soon_threadsafe(load, pair, context)  # in the loop's thread, where the context is used

        keeper = Keeper(source, take_over)
        central.app.state.certificate = keeper
    central.app.state.hosts = hosts_of(config, source)
    tell_names(central.app.state.hosts, config.host)
    places = Places(raise_file_limit(), config.trusted_proxies)
    server = Server(server_config, central.parts, address_of(config, listener), ready_file, keeper, places)
    gc.freeze()
    gc.enable()
    try:
        server.run(sockets=[listener])
    finally:
        if keeper is not None:
            keeper.stop()
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
    return 0 if server.started else 1


def tls_context(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load(pair, context)
    return context


def tell_first_password(first: Provisioned, file: Path | None) -> None:
    """Once, here; it is kept nowhere and must be changed at the first log-in."""
    if file is not None:
        write_atomically(file, json.dumps({"login": first.login, "one_time_password": first.one_time_password}) + "\n")
        return
    print(f"首次启动 First start: 用户名 account {first.login}, 一次性密码 one-time password {first.one_time_password}")
    print("首次登录时须修改密码。It must be changed at the first log-in.", flush=True)


def write_atomically(path: Path, text: str) -> None:
    """Readers see the whole file or none; readable by this account only."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    half.replace(path)


if __name__ == "__main__":
    sys.exit(main())
