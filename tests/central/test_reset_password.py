"""Locked out: a new one-time password on the machine itself, while central runs and while it is stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest
from sqlalchemy import select

from central.base.database.migrating import engine_url
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import make_engine, tenant_ids, tenant_session
from central.config import Config, ConfigError
from central.reset_password import demand_ours, run, running_database
from tests.central.process import PROJECT, RUN


def reset(folder, login, *, code=0, env=None):
    """What was said: (stdout, stderr)."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, "reset-password", "--data", str(folder / "data"), "--login", login],
        cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)} | (env or {}), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def told(out):
    (password,) = {line.split("one-time password ")[1] for line in out.splitlines() if "one-time password " in line}
    return password


def signed_in(url, password):
    answer = httpx.post(f"{url}/api/v1/session", json={"login": "chen", "password": password}, headers={"origin": url})
    return dict(answer.cookies) if answer.status_code == 204 else None


def audited(folder):
    """Who reset a password, by the running central's own database."""
    engine = make_engine(engine_url(running_database(folder / "data")))
    try:
        (tenant_id,) = tenant_ids(engine)
        with tenant_session(engine, tenant_id) as db:
            query = select(AuditRow.actor_kind, AuditRow.actor_name).where(AuditRow.what == "account.reset_password")
            return [tuple(row) for row in db.execute(query)]
    finally:
        engine.dispose()


@pytest.mark.req("SEC-02", "SEC-06")
def test_a_password_is_reset_while_central_runs_and_while_it_is_stopped(start, folder):
    central = start("--admin", "chen")
    url, first = central.url(), json.loads(central.first.read_text())["one_time_password"]
    before = signed_in(url, first)
    out, _ = reset(folder, " Chen ")
    running = told(out)
    assert out.count(running) == 1 and running not in central.said
    assert signed_in(url, first) is None
    assert httpx.get(f"{url}/api/v1/session", cookies=before).status_code == 401
    cookies = signed_in(url, running)
    assert httpx.get(f"{url}/api/v1/session", cookies=cookies).json()["must_change_password"]
    assert audited(folder) == [("system", "machine")]
    _, said = reset(folder, "nobody", code=2)
    assert "No account is called nobody" in said
    assert central.stop() == 0
    stopped = told(reset(folder, "chen")[0])
    again = start()
    assert signed_in(again.url(), running) is None
    cookies = signed_in(again.url(), stopped)
    body = {"old_password": stopped, "new_password": "a better horse 42"}
    own = {"origin": again.url()}
    assert httpx.put(f"{again.url()}/api/v1/session/password", json=body, cookies=cookies, headers=own).is_success


def test_a_folder_without_a_central_is_refused_and_stays_as_it_is(folder):
    for make in (lambda: None, (folder / "data").mkdir):
        make()
        _, said = reset(folder, "chen", code=2)
        assert "No central has been started" in said and "里没有中心" in said
    assert list((folder / "data").iterdir()) == []


def test_an_address_of_a_database_that_is_none_is_told_in_words(tmp_path):
    with pytest.raises(ConfigError, match="DATABASE_URL 看不懂"):
        run(Config(data=tmp_path, database_url="nonsense"), "chen")


def test_another_accounts_central_is_left_to_that_account(tmp_path, monkeypatch):
    lock = tmp_path / "postgres" / "lock"
    lock.parent.mkdir()
    lock.touch()
    demand_ours(Config(data=tmp_path))
    monkeypatch.setattr("central.reset_password.os.geteuid", lambda: lock.stat().st_uid + 1)
    with pytest.raises(ConfigError, match="sudo -u"):
        demand_ours(Config(data=tmp_path))
