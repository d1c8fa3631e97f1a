"""The process as a person starts it: ready, refused in words, stopped cleanly, killed and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest

from central.__main__ import listening_socket, main
from central.base.identity.guard import COOKIE
from central.base.postgres import EmbeddedPostgres
from central.base.postgres.supervisor import FOR_TESTS
from central.base.postgres.ways import relocated
from central.bootstrap import database
from central.config import Config, ConfigError
from edge.health.clock import Clock
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.enrol import enrol
from models.wire.commands import EnrolLane
from tests.central.process import PATIENCE_S, PROJECT, RUN, alive, until


@pytest.mark.req("SEC-06")
def test_from_first_start_to_second_with_everything_kept(start, folder):
    central = start("--company", "东湖物业", "--admin", "chen")
    url = central.url()
    assert httpx.get(f"{url}/health").json() == {"status": "ok"}
    assert stat.S_IMODE(central.first.stat().st_mode) == 0o600
    first = json.loads(central.first.read_text())
    assert first["login"] == "chen"
    own = {"origin": url}
    signed = httpx.post(
        f"{url}/api/v1/session", json={"login": "chen", "password": first["one_time_password"]}, headers=own
    )
    assert signed.status_code == 204
    cookies = {COOKIE: signed.cookies[COOKIE]}
    assert httpx.get(f"{url}/api/v1/session", cookies=cookies).json()["must_change_password"]
    body = {"old_password": first["one_time_password"], "new_password": "a better horse 42"}
    assert httpx.put(f"{url}/api/v1/session/password", json=body, cookies=cookies, headers=own).status_code == 204
    pid = central.postgres_pid()
    assert central.stop() == 0
    assert not alive(pid) and not central.ready.exists()
    central.first.unlink()

    again = start()
    url = again.url()
    assert not again.first.exists(), "a first password is made once"
    answer = httpx.get(f"{url}/api/v1/session", cookies=cookies)
    assert answer.status_code == 200 and answer.json()["must_change_password"] is False
    for secret in (folder / "data").rglob("*.password"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_without_a_file_the_first_password_is_printed_once_and_not_logged(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "--data", str(folder / "data"), "--port", "0"],
        cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    shown = process.stdout.readline()
    while "Menting central: http" not in (line := process.stdout.readline()):
        assert line, process.stderr.read()
        shown += line
    process.terminate()
    out, err = process.communicate(timeout=PATIENCE_S)
    password = shown.split("one-time password ")[1].split()[0]
    assert shown.count(password) == 1 and password not in out + err
    assert process.returncode == 0


WITH_STREAM = """
import central.app
from fastapi import APIRouter, Request
from central.base.kernel.actor import system
from central.base.kernel.session import tenant_ids
from central.base.web.guards import public
plain = central.app.register_domains
def register(parts):
    plain(parts, ("central.base.identity",))
    parts.live.stream("test", lambda db, after, limit: [], lambda db: 0)
    parts.live.still_may = lambda db, watchers: watchers
    router = APIRouter()
    @router.get("/stream", dependencies=[public("test")])
    async def stream(request: Request):
        actor = system(tenant_ids(parts.engine)[0], "test", ["see"])
        return await parts.live.respond(request, "test", actor, actor.correlation_id, "see", str)
    parts.routers.append(router)
import central.bootstrap
central.bootstrap.register_domains = register
"""


def test_stops_while_a_live_stream_is_open(start):
    """uvicorn waits for its connections before the application hears of the end: the broker must be told first."""
    central = start(before=WITH_STREAM)
    pid = None
    with httpx.stream("GET", f"{central.url()}/stream", timeout=PATIENCE_S) as stream:
        pieces = stream.iter_text()
        assert ": here" in next(pieces)
        pid = central.postgres_pid()
        central.process.terminate()
        assert "".join(pieces).strip() == "", "the stream ends, whole"
    central.process.wait(timeout=PATIENCE_S)
    assert central.process.returncode == 0 and "Cancel" not in central.said and "Traceback" not in central.said
    assert not alive(pid)


WITH_EVERYTHING = """
import os, pathlib
import central.app, central.bootstrap
from central.gates.nodes.wake import Waker
everything, plain, plain_wait = central.app.DOMAINS, central.app.register_domains, Waker.wait
central.bootstrap.register_domains = lambda parts: plain(parts, everything)
async def wait(waker, woken, seconds):
    pathlib.Path(os.environ["WAITING"]).touch()
    await plain_wait(waker, woken, seconds)
Waker.wait = wait
"""


def test_stops_while_a_node_waits_for_news(start, folder):
    """A waiting poll is answered at the end at once, and is no fault."""
    waiting = folder / "waiting"
    central = start(before=WITH_EVERYTHING, env={"WAITING": str(waiting)})
    with closing(KeyRing.open(folder / "keys")) as keys:
        node = enrolled(central, keys)
        with closing(CentralClient(central.url(), node.node_id, keys, Clock())) as client:

            def polling():
                version = 0
                while snapshot := (answer := client.wait_for_downlink(version, 25)).snapshot:
                    version = json.loads(snapshot.payload)["version"]
                return answer

            with ThreadPoolExecutor(1) as pool:
                poll = pool.submit(polling)
                until(waiting.exists, "the poll waits")
                assert central.stop() == 0
                told = poll.result()
    assert told.snapshot is None and told.commands == ()
    assert '"level": "error"' not in central.said and "stack" not in central.said, central.said


def enrolled(central, keys):
    """A node of a first community, made over the API by the first administrator."""
    url, first = central.url(), json.loads(central.first.read_text())
    with httpx.Client(base_url=url, headers={"origin": url}, timeout=PATIENCE_S, trust_env=False) as admin:

        def post(path, **body):
            answer = admin.post(f"/api/v1/{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else {}

        password = "a better horse 42"
        post("session", login=first["login"], password=first["one_time_password"])
        changed = {"old_password": first["one_time_password"], "new_password": password}
        assert admin.put("/api/v1/session/password", json=changed).is_success
        community = post("communities", name="门庭花园")["community_id"]
        gate = post("gates", community_id=community, name="东门")["gate_id"]
        token = post("node-tokens", community_id=community, gate_id=gate, name="东门")["token"]
    lanes = [EnrolLane(code="east-in", name="东门进", direction="in")]
    return enrol(central.folder / "node.json", url, token, "东门", "0.1.0", lanes, keys, Clock())


def test_stops_while_a_kept_connection_is_open(start):
    central = start()
    address = httpx.URL(central.url())
    with socket.create_connection((address.host, address.port)) as kept:
        kept.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert b"200" in kept.recv(4096)
        assert central.stop() == 0


@pytest.mark.parametrize("victim", ["central", "postgres"])
def test_killed_and_started_again(start, victim):
    central = start()
    url = central.url()
    first = json.loads(central.first.read_text())
    pid = central.postgres_pid()
    if victim == "central":
        central.process.kill()
        central.process.wait()
        assert alive(pid), "its postgres lives on; the next central stops it in order"
        central.ready.unlink()
        url = start().url()
        assert not alive(pid)
    else:
        os.kill(pid, signal.SIGKILL)

    def signs_in() -> bool:
        body = {"login": first["login"], "password": first["one_time_password"]}
        return httpx.post(f"{url}/api/v1/session", json=body, headers={"origin": url}, timeout=30).status_code == 204

    until(signs_in, "central works again with what was committed")
    assert '"says": "fault"' not in central.said, "a database that is away is no fault of ours"


def refused(folder: Path, *arguments: str, env: dict[str, str] | None = None, code: int = 2) -> str:
    """What is said; 2: somebody has to change the call or the configuration, 1: it may be tried again."""
    done = subprocess.run(
        [sys.executable, "-m", "central", "--data", str(folder / "data"), *arguments],
        cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)} | (env or {}), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.req("SEC-03")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gate.example"])
def test_plain_http_is_for_this_machine_only(folder, host):
    with pytest.raises(ConfigError, match="Plain HTTP"):
        Config(data=folder, host=host).check()
    for local in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        Config(data=folder, host=local).check()


def test_refusals_are_words(folder, monkeypatch, capsys):
    """Those of the call itself are asked of `main` here; a process for each would spend its time on starting."""
    monkeypatch.setattr("central.__main__.signal.signal", lambda number, handler: None)
    monkeypatch.setattr("central.__main__.set_up_logging", lambda level: None)

    def told(*arguments: str) -> str:
        assert main(["--data", str(folder / "data"), *arguments]) == 2
        return capsys.readouterr().err

    assert "Plain HTTP is only served on this machine" in refused(folder, "--host", "0.0.0.0")
    assert "belong together" in told("--tls-cert", "x")
    acme = ("--acme-domain", "central.example.cn")
    assert "leave one of the two out" in told(*acme, "--tls-cert", "x", "--tls-key", "y")
    for name in ("192.0.2.1", "*.example.cn", "中心.example.cn", "a_b.example.cn"):
        assert "no full domain name" in told("--acme-domain", name)
    assert "must not be empty" in refused(folder, "--acme-domain", "")
    assert "begins with https://" in told(*acme, "--acme-directory", "http://127.0.0.1/dir")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "Choose another --port" in told("--port", str(taken.getsockname()[1]))
    assert "scripts/setup.py first" in told("--port", "0", "--assets", str(folder / "nowhere"))
    assert not (folder / "data").exists(), "nothing was made"
    (folder / "data").write_text("")
    said = told("--port", "0")
    assert "is not a folder" in said and "不是目录" in said
    (folder / "data").unlink()
    said = refused(folder, "--port", "0", env={"DATABASE_URL": "host=/nowhere dbname=x"}, code=1)
    assert "The database cannot be reached" in said
    old = folder / "data" / "postgres" / "data"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("16\n")
    assert "made by PostgreSQL 16" in refused(folder, "--port", "0")


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "postgresql+psycopg://m:s3cret@db/menting",
        "mysql://m:s3cret@db/menting",
        "postgresql://m:s3cret@db:x%",
    ],
)
def test_an_address_of_a_database_that_is_none_is_told_in_both_languages_without_its_password(tmp_path, address):
    with pytest.raises(ConfigError) as told:
        Config(data=tmp_path, database_url=address).check()
    zh, en = str(told.value).splitlines()
    assert "看不懂" in zh and "cannot be read" in en and "s3cret" not in zh + en
    assert ("+驱动名" in zh) == ("driver" in en) == ("+" in address)


def test_good_addresses_of_a_database_are_taken(tmp_path):
    for address in ("postgresql://m:x%40@db:5432/menting", "postgres://db/menting", "host=/run/pg dbname=menting"):
        Config(data=tmp_path, database_url=address).check()


def test_a_port_that_needs_a_right_names_the_right(monkeypatch):
    class Guarded(socket.socket):
        def bind(self, address):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("central.__main__.socket.socket", Guarded)
    with pytest.raises(ConfigError, match=r"CAP_NET_BIND_SERVICE.* --acme-http-port"):
        listening_socket("127.0.0.1", 80, "--acme-http-port")


def test_over_tls(start, folder):
    """With a certificate of our own; the cookie is secure and the browser is told to stay with TLS."""
    cert, key = self_signed(folder)
    central = start("--tls-cert", str(cert), "--tls-key", str(key), "--host", "127.0.0.1")
    url = central.url()
    assert url.startswith("https://")
    first = json.loads(central.first.read_text())
    body = {"login": first["login"], "password": first["one_time_password"]}
    answer = httpx.post(f"{url}/api/v1/session", json=body, headers={"origin": url}, verify=False)
    assert answer.status_code == 204 and "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def self_signed(folder: Path) -> tuple[Path, Path]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )  # fmt: skip
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert, key


@pytest.mark.req("ADMIN-02")
def test_a_real_server_by_address_whose_role_is_no_superuser(folder, start):
    """DATABASE_URL: a role that may make roles and owns its database is enough. Two centrals on it agree."""
    server = EmbeddedPostgres(folder / "server", settings=FOR_TESTS, sync=False)  # its own: roles belong to a server
    server.start()
    try:
        with psycopg.connect(server.superuser_dsn(), autocommit=True) as superuser:
            superuser.execute("CREATE ROLE hosting LOGIN CREATEROLE PASSWORD 'hosting'")
            superuser.execute("CREATE DATABASE hosted OWNER hosting TEMPLATE template0")
            superuser.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
        weak = Config(data=folder / "weak", database_url=server.dsn("weak", "weak", "hosted"))
        with pytest.raises(ConfigError, match=r"建角色.*\n.*CREATEROLE"), database(weak):
            pass
        env = {"DATABASE_URL": server.dsn("hosting", "hosting", "hosted")}
        one = start(env=env)
        assert httpx.get(f"{one.url()}/health").status_code == 200
        other = start("--ready-file", str(folder / "other.json"), env=env)
        other.ready = folder / "other.json"
        for central in (other, one):
            assert httpx.get(f"{central.url()}/health").status_code == 200
        with psycopg.connect(server.superuser_dsn("hosted")) as superuser:
            assert superuser.execute("SELECT count(*) FROM tenant").fetchone() == (1,)
        assert not (folder / "data" / "postgres").exists()
        assert (one.stop(), other.stop()) == (0, 0)
    finally:
        server.stop()
        shutil.rmtree(relocated((folder / "server").resolve()), ignore_errors=True)


def test_proxies_are_named_or_nobody_is_believed(monkeypatch, tmp_path):
    monkeypatch.delenv("MENTING_TRUSTED_PROXIES", raising=False)
    assert Config(data=tmp_path).trusted_proxies == ()
    monkeypatch.setenv("MENTING_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/24,")
    config = Config(data=tmp_path)
    config.check()
    assert config.trusted_proxies == ("127.0.0.1", "10.0.0.0/24")
    monkeypatch.setenv("MENTING_TRUSTED_PROXIES", "*")
    with pytest.raises(ConfigError, match="no network"):
        Config(data=tmp_path).check()
