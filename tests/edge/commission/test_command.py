"""`python -m edge commission`: what stands in its way is said before anything is tried."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.commission import found
from edge.commission.command import commission
from edge.folder import NodeFolder


def test_a_folder_in_place_of_the_site_file_is_refused_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert commission(tmp_path, None, 0) == 2
    told = capfd.readouterr().err
    assert "是文件夹" in told and "is a folder" in told and str(tmp_path / "site.toml") in told
    assert not (tmp_path.parent / "node").exists(), "nothing was begun"


@pytest.mark.parametrize("content", ["x = " + "9" * 5000, "x = " + "[" * 3000, "x = [", "name = 门"])
def test_a_file_that_is_no_toml_is_refused_and_no_empty_draft_begun_over_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "site.toml").write_text(content, "utf-8")
    assert commission(tmp_path / "site.toml", None, 0) == 2
    told = capfd.readouterr().err
    assert str(tmp_path / "site.toml") in told and " / " in told and "Traceback" not in told
    assert not (tmp_path / "node").exists()


def test_whoever_has_the_node_s_folder_may_be_a_gate_or_another_page(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    held = NodeFolder(tmp_path / "node")
    assert commission(tmp_path / "site.toml", None, 0) == 2
    held.close()
    zh, en = capfd.readouterr().err.splitlines()
    assert "运行中的节点" in zh and "调试页" in zh and "Ctrl-C" in zh
    assert "a node that is running" in en and "commissioning page" in en and "Ctrl-C" in en


def test_a_port_that_tells_nothing_of_itself_is_listed_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def port(device: str, description: str) -> SimpleNamespace:
        return SimpleNamespace(
            device=device, description=description, manufacturer=None, product=None, subsystem="pnp"
        )  # fmt: skip

    monkeypatch.setattr(found.list_ports, "comports", lambda: [port("/dev/ttyS0", "n/a"), port("/dev/ttyS1", "16550A")])
    assert [one.label for one in found.look(tmp_path)] == ["ttyS0", "16550A (ttyS1)"]
