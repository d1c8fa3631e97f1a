"""What the demo keeps from one start to the next, and what it says of it."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scripts.demo.__main__ import password
from scripts.demo.site import free_port, port_before
from tests.scripts.test_words import in_both


def site(folder: Path, first: bool) -> Any:
    seeded = {"admin": {"login": "admin", "password": "one-time-77"}}
    return SimpleNamespace(folder=folder, is_first_start=first, seeded=seeded)


def test_the_lane_screens_stay_where_they_were_while_that_port_is_free(tmp_path: Path) -> None:
    site_file = tmp_path / "site.toml"
    assert port_before(site_file) == 0
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        site_file.write_text(f"[console]\nport = {taken}\n")
        assert port_before(site_file) == taken
        assert free_port(taken) != taken
    assert free_port(taken) == taken


def test_a_site_file_that_somebody_damaged_costs_only_the_port(tmp_path: Path) -> None:
    for text in ("[console\n", "[node]\n"):
        (tmp_path / "site.toml").write_text(text)
        assert port_before(tmp_path / "site.toml") == 0


def test_the_one_time_password_is_shown_at_the_first_start_alone(tmp_path: Path) -> None:
    assert "one-time-77" in password(site(tmp_path, first=True))
    later = password(site(tmp_path, first=False))
    assert "one-time-77" not in later and in_both(later)
    assert f"-m central reset-password --data {tmp_path}/central --login admin" in later
