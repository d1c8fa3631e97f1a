"""A disk that takes nothing: it is said in words with what to do, on every page, and nothing is half done."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.commission import keeping
from edge.commission.command import commission
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_barrier_page import LANE, WIRES
from tests.edge.commission.test_serving import GOOD, LANE_FORM
from tests.edge.commission.test_which_test import Board

Full = Callable[[int], None]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    """From now on no file is written any more, for this reason of the system's."""

    def now(number: int = errno.ENOSPC) -> None:
        def refuse(path: Path, content: bytes) -> None:
            raise OSError(number, "no")

        monkeypatch.setattr(keeping, "write_private", refuse)

    return now


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    made = Board(tmp_path / "board")
    yield made
    made.close()


def jpeg() -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((60, 80, 3), 90, np.uint8))[1].tobytes())


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "磁盘满了。先在节点上腾出空间"),
        (errno.EROFS, "本账户不能写节点的文件夹"),
        (errno.EIO, "没有存下：no"),
    ],
)
def test_a_form_that_the_disk_does_not_take_is_told_with_what_to_do_and_changes_nothing(
    page: Page, full: Full, number: int, said: str
) -> None:
    page.enter()
    page.desk.change(GOOD)
    kept = page.desk.kept
    full(number)
    forms: dict[str, dict[str, str]] = {
        "/site/lane": LANE_FORM | {"fail": "secure"}, "/site/node": {"name": "西门"}, "/site/write": {},
        "/barrier/wiring": {"code": "a"} | {name: str(at) for name, at in WIRES.items()},
    }  # fmt: skip
    for path, form in forms.items():
        answer = page.client.post(path, data=form)
        back = f'href="/{path.split("/")[1]}"'
        assert answer.status_code == 507 and said in answer.text and back in answer.text, path
    ticked = page.tick("sign.a", by="陈工")
    assert ticked.status_code == 507 and said in ticked.text and 'href="/checklist"' in ticked.text
    files = {"photo": ("a.jpg", io.BytesIO(jpeg()))}
    sent = page.client.post("/checklist/photo", params={"key": "sign.a"}, files=files)
    assert sent.status_code == 507 and said in sent.text
    assert page.desk.kept is kept and page.desk.kept.tree == GOOD, "memory says what the disk says"


def test_a_photo_that_no_point_could_hold_is_not_left_behind(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.desk.change(GOOD)

    def refuse(kept: keeping.Kept) -> None:
        raise OSError(errno.ENOSPC, "no")

    monkeypatch.setattr(page.desk.keeping, "save", refuse)
    with pytest.raises(OSError, match="no"):
        page.desk.photographed("sign.a", jpeg())
    assert page.desk.keeping.photos() == ()


@pytest.mark.req("ACC-23")
def test_of_a_device_on_trial_the_page_tells_the_disk_and_not_that_the_line_is_cut(
    page: Page, full: Full, board: Board
) -> None:
    page.enter()
    page.desk.change(GOOD)
    page.client.post("/setup", data=board.form)
    assert eventually(lambda: page.state().get("usable"))
    page.ask("/trial/pulse", channel="1", sure="yes")
    full(errno.ENOSPC)
    assert eventually(lambda: page.desk.trial is not None and page.desk.trial.state().pulsed == 1)
    page.desk.kept.worked.clear()
    answer = page.client.get("/trial/state", params=page.meant)
    assert answer.status_code == 200 and "磁盘满了" in answer.json()["findings"][-1]["what"]
    assert answer.json()["outputs"] and page.desk.kept.worked == {}
    for path in ("keep", "record"):
        refused = page.ask(f"/trial/{path}", lane="a")
        assert refused.status_code == 507 and "磁盘满了" in refused.text and 'href="/trial"' in refused.text, path
    assert page.desk.kept.tree == GOOD


def test_of_a_barrier_on_trial_it_is_told_the_same(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.enter()
    lane = {key: value for key, value in LANE.items() if key != "contacts"} | {"barrier": WIRES}
    page.desk.change({"node": {"name": "门"}, "lane": [lane]})
    page.client.post("/barrier/begin", data={"code": "car-in"})
    assert page.desk.barrier is not None

    def refuse() -> None:
        raise OSError(errno.ENOSPC, "no")

    monkeypatch.setattr(page.desk, "looked_at_barrier", refuse)
    meant = {"lane": "car-in", "test": page.desk.barrier.id}
    answer = page.client.get("/barrier/state", params=meant)
    assert answer.status_code == 200 and "磁盘满了" in answer.json()["findings"][-1]["what"]


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do_before_anything_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(keeping, "make_folder", refuse)
    assert commission(tmp_path / "site.toml", None, 0) == 2
    zh, en = capfd.readouterr().err.splitlines()
    assert "重新挂载为可写" in zh and "--data" in zh and "mount it anew for writing" in en and "--data" in en
    (tmp_path / "file").write_text("")
    assert commission(tmp_path / "site.toml", tmp_path / "file", 0) == 2
    assert "不是文件夹" in capfd.readouterr().err
