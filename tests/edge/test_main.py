"""`python -m edge` as a technician meets it: help, mistakes in words, and exit codes a supervisor can act on."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.__main__ import WITHOUT_SITE, main
from edge.folder import NodeFolder
from edge.journal.journal import Entry, Journal
from edge.store.files import write_private
from edge.store.keys import KeyRing
from edge.sync.enrol import Node, load_node
from edge.sync.letters import Letters
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Scanned
from tests.central.base.tls.making import TestAuthority

ROOT = Path(__file__).resolve().parents[2]
SITE = """\
[node]
name = "East gate"
[[lane]]
code = "east-in"
name = "East in"
direction = "in"
fail = "secure"
relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"
scanner = "scanner+serial:///dev/ttyUSB1"
"""
LCUS = """\
relay = "lcus+serial:///dev/ttyUSB0?channels=4"
inputs = "modbus+serial:///dev/ttyUSB2?profile=inputs-8"
"""
NOBODY = "01980000-0000-7000-8000-0000000000c1"


def edge(*arguments: str | Path, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "edge", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, input=said, timeout=120, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def test_help_names_every_command_and_no_call_at_all_is_a_mistake() -> None:
    helped, empty = edge("--help"), edge()
    assert helped.returncode == 0 and empty.returncode == 2
    for command in ("serve", "check", "enrol", "face", "forget", "set-aside", "letters"):
        assert command in helped.stdout and command in empty.stdout


@pytest.mark.req("SEC-06")
def test_a_login_from_the_makers_manual_fails_the_check_and_is_not_repeated(site: Path) -> None:
    camera = '\ncamera = "rtsp://admin:{}@192.0.2.7/stream"\n'
    site.write_text(SITE + camera.format("888888"))
    checked = edge("check", "--site", site)
    assert checked.returncode == 2 and "厂家手册" in checked.stderr and "maker's manual" in checked.stderr
    assert checked.stderr.startswith(f"{site}:11: east-in.camera: "), checked.stderr
    assert "888888" not in checked.stderr + checked.stdout
    site.write_text(SITE + camera.format("q7VJ-own-one"))
    assert edge("check", "--site", site).returncode == 0


@pytest.mark.req("LANE-23")
def test_the_check_says_what_a_lanes_board_would_show(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lane = SITE.replace(
        'scanner = "scanner+serial:///dev/ttyUSB1"', 'board = "led+serial:///dev/ttyUSB4?profile=voice-01"'
    )
    lane = lane.replace('"in"', '"out"').replace('"secure"', '"safe"') + 'camera = "camera+v4l2:///dev/video0"\n'
    site.write_text(lane + "[lane.barrier]\narming = 1\nsafety = 2\nclosing = 3\n", "utf-8")
    assert main(["check", "--site", str(site)]) == 0
    assert "京A12345，请缴费，12.00元" in capsys.readouterr().out
    site.write_text(SITE + 'board = "led+serial:///dev/ttyUSB4?profile=voice-01"\n', "utf-8")
    assert main(["check", "--site", str(site)]) == 2, "a door has no such board"


def test_the_check_says_what_a_board_that_never_answers_cannot_prove(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--site", str(site)]) == 0
    assert "只听不答" not in capsys.readouterr().out
    lcus = SITE.replace('relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"', LCUS).replace("secure", "safe")
    site.write_text(lcus, "utf-8")
    assert main(["check", "--site", str(site)]) == 0
    told = capsys.readouterr().out
    assert "east-in: 这种板只听不答" in told and "this board never answers" in told


def test_a_face_backend_without_its_packages_fails_the_check_with_what_installs_them(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write_text(f'{SITE}[face]\nbackend = "dlib"\n')
    find = importlib.util.find_spec
    for there, code in ((None, 2), (find("json"), 0)):
        monkeypatch.setattr(
            importlib.util, "find_spec",
            lambda name, *more, there=there: there if name == "face_recognition" else find(name, *more),
        )  # fmt: skip
        assert main(["check", "--site", str(site)]) == code
        told = capsys.readouterr().err
        assert (told.count("scripts/setup.py --face dlib") == 2 and f"{site}:11: face.backend: " in told) == (code == 2)


@pytest.mark.req("INT-06")
def test_two_packages_of_one_name_fail_the_check_of_a_lane_with_osdp_and_of_no_other(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("devices.reader.osdp_package.distribution", lambda name: object())
    assert main(["check", "--site", str(site)]) == 0
    reader = 'reader = "osdp+serial:///dev/ttyUSB2?card=uid&key_file=/etc/menting/osdp.key"\n'
    site.write_text(SITE + reader)
    capsys.readouterr()
    assert main(["check", "--site", str(site)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{site}:10: east-in.reader: 软件包 osdp 和 libosdp 同时装着")
    assert "hide each other" in told and told.count("python3 scripts/setup.py") == 2


@pytest.mark.req("ACC-22")
def test_the_check_says_which_escape_route_no_fire_opens(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    escape = SITE.replace('fail = "secure"', 'fail = "safe"\nescape_route = true')
    site.write_text(f"{escape}[lane.contacts]\nfire = 0\n")
    assert main(["check", "--site", str(site)]) == 0
    said = capsys.readouterr()
    assert f"{site}:12: east-in.contacts.fire: 在疏散通道上" in said.err and "nothing opens it on fire" in said.err
    assert "另见提醒" in said.out
    site.write_text(escape)
    assert main(["check", "--site", str(site)]) == 0
    assert "east-in.contacts.fire" not in capsys.readouterr().err


def test_a_good_site_file_of_an_enrolled_node_is_in_order(site: Path) -> None:
    known(site, "east-in")
    done = edge("check", "--site", site)
    assert (done.returncode, done.stderr) == (0, "")
    assert "in order" in done.stdout and "east-in" in done.stdout


def known(site: Path, *lanes: str) -> None:
    """Central knows the node beside this site file, with these lanes."""
    gate = new_id()
    node = Node(
        node_id=new_id(), site_id=new_id(), tenant_id=new_id(), central_key="0" * 64, central_url="https://x.example",
        name="n", enrolled_at=utc_now(),
        lanes=tuple(
            Lane(lane_id=new_id(), code=code, name=code, gate_id=gate, gate_number=1, direction=Direction.IN)
            for code in lanes
        ),
    )  # fmt: skip
    (site.parent / "node").mkdir(mode=0o700, exist_ok=True)
    write_private(site.parent / "node" / "node.json", node.model_dump_json().encode())


def test_a_node_that_lets_nobody_in_is_not_in_order(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def checked() -> str:
        assert main(["check", "--site", str(site)]) == 0
        told = capsys.readouterr()
        assert "没有问题" not in told.out and "in order" not in told.out and "see above" in told.out
        return told.err

    alone = checked()
    assert alone.startswith(f"{site}: 没有写中心的地址") and "谁也进不来" in alone and "nobody is let in" in alone
    assert alone.count(f"-m edge enrol --site {site} --token -") == 2
    site.write_text(SITE.replace("[[lane]]", '[central]\nurl = "https://central.example"\n[[lane]]'))
    assert "还没有在中心登记" in checked()
    known(site, "west-in")
    assert "有通道是登记以后加的" in checked()
    (site.parent / "node" / "node.json").write_text("{")
    assert "(node.json in" in checked()
    known(site, "east-in", "west-in")
    site.write_text(SITE)  # goes by the address of its enrolment
    assert main(["check", "--site", str(site)]) == 0
    assert "in order" in capsys.readouterr().out


def test_a_mistake_in_the_site_file_is_one_line_and_exit_2_for_every_command(site: Path) -> None:
    site.write_text(SITE.replace("waveshare-8", "plain-8"))
    for call in (["check"], [], ["enrol", "--token", "T"]):
        done = edge(*call, "--site", site)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert done.stderr.startswith(f"{site}:8: lane.1.relay: ")


@pytest.mark.parametrize("call", [["--site"], ["--site", "x", "--speed", "9"], ["open", "--site", "x"], ["face"]])
def test_a_wrong_call_is_told_in_words(call: list[str]) -> None:
    done = edge(*call)
    assert done.returncode == 2 and "usage:" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["http://central.example", "https://central.example/path", "https://"])
def test_an_address_of_central_that_is_not_safe_is_a_mistake_in_the_site_file(site: Path, url: str) -> None:
    site.write_text(SITE.replace("[[lane]]", f'[central]\nurl = "{url}"\n[[lane]]'))
    for call in (["check"], [], ["enrol", "--token", "T" * 24]):
        done = edge(*call, "--site", site)
        assert done.returncode == 2 and done.stderr.startswith(f"{site}:4: central.url: "), done.stderr


def test_enrolling_needs_a_central_that_is_named_safe_and_there(site: Path) -> None:
    alone = edge("enrol", "--site", site, "--token", "T")
    assert alone.returncode == 2 and "names no central" in alone.stderr
    site.write_text(SITE.replace("[[lane]]", '[central]\nurl = "http://central.example"\n[[lane]]'))
    open_line = edge("enrol", "--site", site, "--token", "-", said="T" * 24 + "\n")
    assert open_line.returncode == 2 and "must be https" in open_line.stderr
    site.write_text(SITE.replace("[[lane]]", '[central]\nurl = "http://127.0.0.1:9"\n[[lane]]'))
    nobody = edge("enrol", "--site", site, "--token", "-", said="T" * 24 + "\n")
    assert nobody.returncode == 1, "the same call may do another time"
    zh, en = nobody.stderr.splitlines()
    assert zh.startswith("节点没有登记：") and en.startswith("The node was not enrolled: ")
    assert "http://127.0.0.1:9" in zh and "http://127.0.0.1:9" in en and "whether central runs" in en
    for done in (alone, open_line, nobody):
        assert "Traceback" not in done.stderr and "T" * 24 not in done.stderr


def test_an_authority_of_ones_own_is_looked_into_at_once_and_told_with_the_line(site: Path, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    named = f'[central]\nurl = "https://central.example"\nca = "{ca}"\n[[lane]]'
    site.write_text(SITE.replace("[[lane]]", named))
    for content, words in ((None, "no such file"), (b"x", "holds no PEM certificate"), (TestAuthority().root, None)):
        if content is not None:
            ca.write_bytes(content)
        for call in (["check"], ["enrol", "--token", "T" * 24] if words else ["check"]):
            done = edge(*call, "--site", site)
            assert done.returncode == (2 if words else 0) and "Traceback" not in done.stderr
            if words:
                assert done.stderr.startswith(f"{site}:5: central.ca: {ca}: ") and words in done.stderr
    site.write_text(SITE.replace("[[lane]]", named.replace(str(ca), "ca.pem")))
    relative = edge("check", "--site", site)
    assert relative.returncode == 2 and relative.stderr.startswith(f"{site}:5: central.ca: 请写完整路径")


def test_a_technician_at_the_wrong_folder_is_told_so(site: Path, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"no photo")
    face = edge("face", "--site", site, "--cardholder", NOBODY, photo)
    forget = edge("forget", "--site", site, "--cardholder", NOBODY)
    wrong = edge("forget", "--site", site, "--cardholder", "Zhang")
    assert [done.returncode for done in (face, forget, wrong)] == [2, 2, 2]
    assert "holds no enrolled node" in face.stderr and "holds no enrolled node" in forget.stderr
    assert "Traceback" not in face.stderr + forget.stderr + wrong.stderr


def enrolled(site: Path) -> Path:
    """A folder like that of a node that has written a journal, and lost it."""
    data = site.parent / "node"
    data.mkdir(mode=0o700)
    node = Node(
        node_id=new_id(), site_id=new_id(), tenant_id=new_id(), central_key="0" * 64, central_url="https://x.example",
        name="n", lanes=(), enrolled_at=utc_now(),
    )  # fmt: skip
    write_private(data / "node.json", node.model_dump_json().encode())
    write_private(data / "journal.db.begun", b"")
    return data


def test_nobody_is_asked_to_set_aside_what_cannot_be(site: Path) -> None:
    nothing_there = edge("set-aside", "--site", site, said="set-aside\n")
    assert nothing_there.returncode == 2 and nothing_there.stdout == ""
    zh, en = nothing_there.stderr.splitlines()
    assert "节点尚未登记" in zh and "not enrolled yet" in en
    assert all("python -m edge enrol --site" in line for line in (zh, en)) and "“节点”页" in zh and "page Nodes" in en
    assert not (site.parent / "node").exists()


def test_a_password_that_nobody_can_type_is_told_with_what_to_do() -> None:
    done = edge("cameras", "--host", "192.0.2.5")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "Warning" not in done.stderr
    assert "请在终端里运行" in done.stderr and "run this on a terminal" in done.stderr and "< FILE" in done.stderr


def test_a_command_that_is_interrupted_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(WITHOUT_SITE, "cameras", interrupted)
    assert main(["cameras"]) == 130
    told = capsys.readouterr().err
    assert "已中断" in told and "interrupted" in told


def test_a_node_that_is_enrolled_is_told_so_before_a_token_is_asked_for(site: Path) -> None:
    site.write_text(SITE.replace("[[lane]]", '[central]\nurl = "http://127.0.0.1:9"\n[[lane]]'))
    data = enrolled(site)
    done = edge("enrol", "--site", site, "--token", "-", said="T" * 24 + "\n")
    assert done.returncode == 2 and done.stdout == ""
    zh, en = done.stderr.splitlines()
    assert "已登记" in zh and "停用" in zh and "enrolled already" in en and "retire it" in en
    assert str(data) in zh and str(data) in en


def test_setting_a_journal_aside_says_what_is_lost_and_asks_for_the_word(site: Path) -> None:
    data = enrolled(site)
    no = edge("set-aside", "--site", site, said="yes\n")
    assert no.returncode == 2 and "Nothing was changed" in no.stderr and "how often each pass was used" in no.stdout
    assert (data / "journal.db.begun").exists() and not (data / "journal.db.next").exists()
    typed = edge("set-aside", "--site", site, said="set-aside\n")
    assert typed.returncode == 0, typed.stderr
    assert not (data / "journal.db.begun").exists() and (data / "journal.db.next").exists()
    assert edge("set-aside", "--site", site, "--yes").returncode == 0


def test_a_journal_is_not_set_aside_by_a_clock_that_is_wrong_nor_under_a_running_node(site: Path) -> None:
    data = enrolled(site)
    folder = NodeFolder(data)
    busy = edge("set-aside", "--site", site, "--yes")
    folder.close()
    text = (data / "node.json").read_text()
    (data / "node.json").write_text(re.sub(r'"enrolled_at":"\d{4}', '"enrolled_at":"2990', text))
    early = edge("set-aside", "--site", site, "--yes")
    assert (busy.returncode, early.returncode) == (2, 2)
    assert "in use" in busy.stderr and "before this node was enrolled" in early.stderr
    assert (data / "journal.db.begun").exists()


def test_letters_are_listed_and_a_retry_says_that_central_cannot_be_asked(site: Path) -> None:
    data = enrolled(site)
    node = load_node(data / "node.json")
    none = edge("letters", "--site", site)
    assert none.returncode == 0 and "no event that central would not take" in none.stdout
    keys = KeyRing.open(data / "keys")
    journal = Journal.open(data / "other.db", node.node_id, keys)
    (event,) = journal.append(Entry(Scanned(why="x", length=1), correlation=new_id()))
    journal.close()
    keys.close()
    Letters(data / "letters").keep(event, "HTTP 422 no")
    listed = edge("letters", "--site", site)
    assert listed.returncode == 0 and listed.stdout.startswith("1  ") and "scan_refused  HTTP 422 no" in listed.stdout
    site.write_text(SITE.replace("[[lane]]", '[central]\nurl = "http://127.0.0.1:9"\n[[lane]]'))
    retried = edge("letters", "--site", site, "--retry")
    assert retried.returncode == 1 and "were not sent" in retried.stderr
    assert Letters(data / "letters").seqs() == {1}
    Letters(data / "letters").keep_damaged(7, {"seq": 7, "body": "ff"}, "event 7 is damaged")
    listed = edge("letters", "--site", site)
    assert listed.returncode == 0 and "7.damaged" in listed.stdout.splitlines()[1]
    (data / "letters" / "1.json").write_bytes(b"rubbish")
    listed = edge("letters", "--site", site)
    assert "cannot be read; a restart sends it" in listed.stdout.splitlines()[0]
