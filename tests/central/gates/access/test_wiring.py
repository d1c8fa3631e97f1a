"""The master key at start: made once, never silently again."""

from __future__ import annotations

import pytest

from central.base.kernel.secrets import SecretsError
from central.base.parts import make_parts
from central.gates.access.service import show_pass
from central.gates.access.wiring import KEY_FILE, key_file, register


def test_a_master_key_lost_after_something_was_sealed_stops_the_start(town, database, parts):
    (parts.data / "secrets" / KEY_FILE).unlink()
    again = make_parts(database.engine, database.app_dsn, parts.data, cheap_passwords=True)
    with pytest.raises(SecretsError):
        register(again)
    assert not (parts.data / "secrets" / KEY_FILE).exists()


def test_a_second_start_opens_what_the_first_one_sealed(town, database, parts):
    again = make_parts(database.engine, database.app_dsn, parts.data, cheap_passwords=True)
    register(again)
    with town.session() as db:
        assert show_pass(db, town.actor, town.visitor_pass, now=town.now).token.startswith("MT1:")


@pytest.mark.req("SEC-03")
def test_the_master_key_may_lie_outside_the_data_folder(database, tmp_path, monkeypatch):
    elsewhere = tmp_path / "usb" / "menting.key"
    monkeypatch.setenv("MENTING_KEY_FILE", str(elsewhere))
    data = tmp_path / "data"
    register(make_parts(database.engine, database.app_dsn, data, cheap_passwords=True))
    assert elsewhere.stat().st_mode & 0o777 == 0o600
    assert not (data / "secrets" / "master.key").exists()
    monkeypatch.delenv("MENTING_KEY_FILE")
    assert key_file(data) == data / "secrets" / "master.key"
