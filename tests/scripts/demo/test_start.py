"""What the demo keeps from one start to the next, and what it says of it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scripts.demo import seeding
from scripts.demo.__main__ import central_before, port_for
from scripts.demo.held import Held
from scripts.demo.seeded import FILE, PARTS, half_made, is_whole, keep, known
from scripts.demo.site import DemoSite, DemoStopped, free_port, port_before
from scripts.demo.welcome import Shown, password, welcome
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


def test_what_is_wrong_with_a_real_device_is_told_once_it_is_written(tmp_path: Path) -> None:
    log, demo = tmp_path / "edge.log", cast(DemoSite, SimpleNamespace(folder=tmp_path, _read_to=0))
    stale = "camera of east-in: nothing listens at 192.0.2.1"
    log.write_text(f"2026 INFO edge.site: east-in is up\n2026 WARNING edge.lane.eyes: {stale}\n2026 WARNING edge.la")
    assert DemoSite.troubles(demo, "east-in") == [stale]
    with log.open("a") as more:
        more.write("ne.eyes: camera of east-out: dark\n2026 WARNING edge.lane.board: the board of east-in is silent\n")
    assert DemoSite.troubles(demo, "east-in") == ["the board of east-in is silent"]
    assert DemoSite.troubles(demo, "east-in") == []


def test_a_site_file_that_somebody_damaged_costs_only_the_port(tmp_path: Path) -> None:
    for text in ("[console\n", "[node]\n"):
        (tmp_path / "site.toml").write_text(text)
        assert port_before(tmp_path / "site.toml") == 0


def test_the_one_time_password_is_shown_at_the_first_start_alone(tmp_path: Path) -> None:
    assert "one-time-77" in password(site(tmp_path, first=True))
    later = password(site(tmp_path, first=False))
    assert "one-time-77" not in later and in_both(later)
    assert f"-m central reset-password --data {tmp_path}/central --login admin" in later


def test_a_demo_that_was_cut_short_while_it_was_made_is_told_from_a_whole_one(tmp_path: Path) -> None:
    assert not half_made(tmp_path), "nothing has begun"
    (tmp_path / "central").mkdir()
    assert half_made(tmp_path), "nobody knows the first password"
    file = tmp_path / FILE
    keep(file, {"admin": {"login": "admin", "password": "one-time-77"}})
    assert half_made(tmp_path), "the community is not whole"
    keep(file, {part: {} for part in PARTS})
    assert not half_made(tmp_path)
    file.write_text("[]")
    assert half_made(tmp_path)
    file.write_text('{"admin": {"log')
    assert half_made(tmp_path)


def test_what_is_known_of_the_demo_is_for_this_account_alone_and_never_half_there(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text("{}")
    file.chmod(0o644)
    keep(file, {"admin": {"login": "admin"}})
    assert file.stat().st_mode & 0o777 == 0o600
    assert known(file) == {"admin": {"login": "admin"}} and not is_whole(known(file))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_first_password_is_noted_before_anything_else_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = SimpleNamespace(login="admin", one_time_password="one-time-77")

    @contextmanager
    def running(_config: object) -> Iterator[Any]:
        yield SimpleNamespace(first=first, parts=SimpleNamespace(engine=None))

    def interrupted(*_: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(seeding, "running", running)
    monkeypatch.setattr(seeding, "seed_demo", interrupted)
    monkeypatch.setattr("sys.argv", ["seeding", "--data", str(tmp_path / "central"), "--out", str(tmp_path / FILE)])
    with pytest.raises(KeyboardInterrupt):
        seeding._seed()
    assert known(tmp_path / FILE) == {"admin": {"login": "admin", "password": "one-time-77"}}


def test_a_port_that_was_given_is_asked_before_anything_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        with pytest.raises(DemoStopped) as refused:
            port_for(taken)
        zh, en = str(refused.value).splitlines()
        assert in_both(str(refused.value)) and str(taken) in zh and str(taken) in en
    assert port_for(taken) == taken and port_for(0) > 0
    assert capsys.readouterr().out == ""


def test_the_usual_port_gives_way_to_a_free_one_where_somebody_has_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        monkeypatch.setattr("scripts.demo.__main__.PORT", taken)
        found = port_for(None)
    told = capsys.readouterr().out
    assert found != taken and str(found) in told and str(taken) in told and in_both(told)


def test_a_second_demo_is_told_which_process_runs_and_at_which_address(tmp_path: Path) -> None:
    first = Held(tmp_path / "demo.lock")
    with pytest.raises(DemoStopped, match=f"进程 {os.getpid()}。"):
        Held(tmp_path / "demo.lock")
    first.tell("http://127.0.0.1:8080")
    for _ in range(2):  # who was refused has not wiped it
        with pytest.raises(DemoStopped) as refused:
            Held(tmp_path / "demo.lock")
        zh, en = str(refused.value).splitlines()
        assert all(f"{os.getpid()}" in line and "http://127.0.0.1:8080" in line for line in (zh, en))
        assert in_both(str(refused.value))
        assert "打开这个网址" in zh and "open that address" in en, "to look at it nothing has to be stopped"


def test_what_a_start_says_of_ones_own_face_is_what_its_lane_does(tmp_path: Path) -> None:
    """With a real camera east-in has another rule and opens to a living face; dlib never lets a face alone open."""
    before, after = (welcome(a_demo(tmp_path, True), Shown(own, "sface")) for own in (False, True))
    assert "lane east-in now wants a pass and a face" in before and "scripts/run --camera 0" in before
    assert "your camera is at lane east-in" in after and "--camera 0" not in after
    dlib = welcome(a_demo(tmp_path, True), Shown(True, "dlib"))
    assert "a face alone opens nothing" in dlib and "turn your head" not in dlib


def test_a_later_start_does_not_promise_a_car_that_may_have_left(tmp_path: Path) -> None:
    shown = Shown(False, "sface")
    assert "--fresh" not in welcome(a_demo(tmp_path, True), shown)
    assert "scripts/run --fresh begins anew" in welcome(a_demo(tmp_path, False), shown)


def a_demo(folder: Path, first: bool) -> Any:
    demo = site(folder, first)
    demo.seeded["signs"] = {"lot": "/park/sign"}
    demo.url, demo.screen_url, demo.faces = "http://central", lambda _: "http://lane", SimpleNamespace(people={})
    return demo


def test_where_the_usual_port_is_taken_central_is_found_where_it_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_file = tmp_path / "site.toml"
    assert central_before(site_file) == 0
    before = free_port()
    site_file.write_text(f'[central]\nurl = "http://127.0.0.1:{before}"\n')
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setattr("scripts.demo.__main__.PORT", other.getsockname()[1])
        assert port_for(None, central_before(site_file)) == before
