"""`python -m central --data DIR`: runs one central until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import psycopg
import uvicorn

from central.base.database.migrating import SchemaAhead
from central.base.database.roles import UnsafeRole
from central.base.identity.provision import Provisioned
from central.base.kernel.logs import set_up_logging
from central.base.parts import Parts
from central.base.postgres import PostgresError
from central.bootstrap import Running, running
from central.config import Config, ConfigError

log = logging.getLogger("central")

GRACE_S = 5


class Stopped(BaseException):
    """SIGTERM arrived: leave every block in order, PostgreSQL's last."""


def parse(arguments: Sequence[str]) -> tuple[Config, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="python -m central", description="Menting central 门庭中心")
    parser.add_argument("--data", type=Path, required=True, help="central's own folder; made when missing")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    assets = Path(os.environ.get("MENTING_CACHE", Path(__file__).parent.parent / ".menting" / "cache")) / "web"
    parser.add_argument("--assets", type=Path, default=assets, help="page styles and scripts that set-up has fetched")
    parser.add_argument("--company", default="我的物业公司", help="the first tenant's name (first start only)")
    parser.add_argument("--admin", default="admin", help="the first administrator's login (first start only)")
    parser.add_argument("--ready-file", type=Path, help='gets {"url": …} when central serves')
    parser.add_argument("--first-password-file", type=Path, help="gets the one-time password, 0600, instead of stdout")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    asked = parser.parse_args(arguments)
    config = Config(
        data=asked.data.resolve(),
        host=asked.host,
        port=asked.port,
        database_url=os.environ.get("DATABASE_URL") or None,
        tls_cert=asked.tls_cert,
        tls_key=asked.tls_key,
        assets=asked.assets,
        company=asked.company,
        admin=asked.admin,
        log_level=asked.log_level,
    )
    return config, asked


def main(arguments: Sequence[str] | None = None) -> int:
    config, asked = parse(sys.argv[1:] if arguments is None else arguments)
    set_up_logging(config.log_level)
    signal.signal(signal.SIGTERM, _stop)
    try:
        config.check()
        with listening_socket(config) as listener, running(config) as central:
            if central.first is not None:
                tell_first_password(central.first, asked.first_password_file)
            serve(config, listener, central, asked.ready_file)
    except (ConfigError, PostgresError, SchemaAhead, UnsafeRole) as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"The database cannot be reached: {str(error).strip()}", file=sys.stderr)
        return 1
    except (Stopped, KeyboardInterrupt):
        log.info("central has stopped")
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the way down is not to be cut short
    raise Stopped


def listening_socket(config: Config) -> socket.socket:
    """Bound before anything else is started, so that a taken port costs nothing. Raises `ConfigError` in words."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Port {config.port} on {config.host} cannot be used: {error.strerror}. Is another central running? "
            "Choose another --port (0 takes a free one)."
        ) from error
    return listener


def address_of(config: Config, listener: socket.socket) -> str:
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{config.scheme}://{host}:{listener.getsockname()[1]}"


class Server(uvicorn.Server):
    """uvicorn waits for its connections before the application hears of the end; what waits must end first."""

    def __init__(self, config: uvicorn.Config, parts: Parts, when_ready: str, ready_file: Path | None) -> None:
        super().__init__(config)
        self._parts = parts
        self._url = when_ready
        self._ready_file = ready_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._loop = asyncio.get_running_loop()
            if self._ready_file is not None:
                write_atomically(self._ready_file, json.dumps({"url": self._url}) + "\n")
            print(f"Menting central: {self._url}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        loop = getattr(self, "_loop", None)
        if loop is not None:
            loop.call_soon_threadsafe(self._parts.close)
        super().handle_exit(sig, frame)


def serve(config: Config, listener: socket.socket, central: Running, ready_file: Path | None) -> None:
    server_config = uvicorn.Config(
        central.app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )
    server = Server(server_config, central.parts, address_of(config, listener), ready_file)
    try:
        server.run(sockets=[listener])
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


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
