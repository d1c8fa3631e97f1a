"""Whoever drives the doors of a site file holds it, enrolled or not; a commissioning page refuses to drive them too."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.at_the_doors import Doors
from edge.commission.command import commission
from edge.serve import whole_node
from scripts.rig import Rig

Until = Callable[[Callable[[], object]], None]


def test_one_holds_the_doors_until_it_lets_go_also_under_a_file_that_was_replaced(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text("# a\n")
    node, page = Doors(site), Doors(site)
    assert node.hold() and node.hold() and not page.hold()
    edited = tmp_path / "edited"
    edited.write_text("# b\n")
    edited.replace(site)
    assert node.hold() and not page.hold(), "held under the new file as well"
    node.let_go()
    assert page.hold() and not node.hold()
    page.let_go()
    page.let_go()
    assert node.hold()
    node.let_go()


def test_a_file_that_is_not_there_keeps_nobody_out(tmp_path: Path) -> None:
    assert Doors(tmp_path / "none").hold() and list(tmp_path.iterdir()) == []


def test_a_process_that_died_holds_nothing(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text("")
    code = f"from pathlib import Path; from edge.at_the_doors import Doors; assert Doors(Path({str(site)!r})).hold()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[2])
    doors = Doors(site)
    assert doors.hold()
    doors.let_go()


@pytest.mark.req("ACC-22", "ACC-23")
def test_a_page_beside_a_node_that_is_not_enrolled_and_answers_fire_is_refused_in_words(
    make_rig: Callable[..., Rig], tmp_path: Path, until: Until, capfd: pytest.CaptureFixture[str]
) -> None:
    rig, site, stop = make_rig(), tmp_path / "site.toml", threading.Event()
    site.write_text('[node]\nname = "x"\n')
    doors = Doors(site)
    serving = threading.Thread(
        target=whole_node, args=(rig.site, tmp_path / "none", rig.weights, stop), kwargs={"doors": doors}
    )
    serving.start()
    try:
        until(lambda: any(thread.name == "egress" for thread in threading.enumerate()))
        assert commission(site, tmp_path / "none", 0) == 2
        zh, en = capfd.readouterr().err.strip().splitlines()[-2:]
        assert "没有登记的也会响应出门按钮和消防" in zh and "systemctl stop" in zh and str(site) in zh
        assert "not enrolled answers exit buttons and fire" in en and "keep somebody at the door" in en
        assert not (tmp_path / "none").exists(), "nothing was begun"
    finally:
        stop.set()
        serving.join()
        doors.let_go()
