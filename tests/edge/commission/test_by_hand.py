"""A site file that somebody edits while the page is open: told, never overwritten in silence, and kept for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.commission.desk import Desk
from edge.commission.draft import to_toml
from edge.commission.keeping import Keeping
from models.values.time import utc_now
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_serving import GOOD

OVER = 'name="over" value="'


@pytest.fixture
def written(page: Page) -> Page:
    """The page of a gate whose file it wrote itself."""
    page.enter()
    page.desk.change(GOOD)
    assert page.client.post("/site/write").status_code == 303
    return page


def by_hand(tmp_path: Path, text: str) -> str:
    (tmp_path / "site.toml").write_text(text, "utf-8")
    return text


def kept_beside(tmp_path: Path) -> list[str]:
    return sorted(path.read_text("utf-8") for path in tmp_path.glob("site.toml.by-hand-*"))


@pytest.mark.parametrize(
    ("more", "fault"),
    [("\nfoo = 1\n", "没有这一项"), ('\n[lane.contacts]\nlock = "one"\n', "请填整数"), ("\nlock = \n", "看不懂")],
)
def test_a_wrong_edit_is_told_with_its_fault_and_is_not_overwritten_by_a_press_of_write(
    written: Page, tmp_path: Path, more: str, fault: str
) -> None:
    edit = by_hand(tmp_path, to_toml(GOOD) + more)
    told = written.client.get("/site").text
    assert "在本页之外被改过" in told and fault in told and "可以写入" not in told
    assert written.client.post("/site/write").status_code == 409
    assert (tmp_path / "site.toml").read_text("utf-8") == edit


def test_the_file_as_it_is_now_becomes_the_draft_and_its_mistakes_are_those_of_the_page(
    written: Page, tmp_path: Path
) -> None:
    by_hand(tmp_path, to_toml(GOOD) + '\n[lane.contacts]\nlock = "one"\n')
    assert written.client.post("/site/take").status_code == 303
    told = written.client.get("/site").text
    assert written.desk.kept.tree["lane"][0]["contacts"] == {"lock": "one"} and "在本页之外被改过" not in told
    assert 'id="lane.1.contacts.lock.wrong"' in told
    by_hand(tmp_path, "broken = \n")
    assert written.client.post("/site/take").status_code == 409 and "lane" in written.desk.kept.tree
    assert 'action="/site/take"' not in written.client.get("/site").text


def test_of_an_edit_that_cannot_be_read_the_line_is_told_in_both_languages_and_not_the_path(
    written: Page, tmp_path: Path
) -> None:
    text = by_hand(tmp_path, f"{to_toml(GOOD)}\nbroken = \n")
    line = len(text.splitlines())
    for language, said in (("zh", f"第 {line} 行"), ("en", f"Line {line}")):
        written.client.cookies.set("menting_language", language, domain="127.0.0.1")
        told = written.client.get("/site").text.split('id="changed"')[1].split("</section>")[0]
        assert f"<b>{said}</b>" in told, told
        assert f"site.toml:{line}" not in told and told.count(str(tmp_path / "site.toml")) == 1
    (tmp_path / "site.toml").write_bytes(b"# \xff\n")
    assert "<b>Line 1</b>" in written.client.get("/site").text


def test_the_draft_overwrites_only_the_file_that_was_seen_and_the_edit_outlives_every_later_write(
    written: Page, tmp_path: Path
) -> None:
    first = by_hand(tmp_path, "# the first edit\n")
    seen = written.client.get("/site").text.partition(OVER)[2].partition('"')[0]
    second = by_hand(tmp_path, to_toml({**GOOD, "node": {"name": "手改"}}))
    assert written.client.post("/site/write", data={"over": seen}).status_code == 409, "another edit came between"
    assert (tmp_path / "site.toml").read_text("utf-8") == second != first
    seen = written.client.get("/site").text.partition(OVER)[2].partition('"')[0]
    answer = written.client.post("/site/write", data={"over": seen})
    assert answer.status_code == 303 and (tmp_path / "site.toml").read_text("utf-8") == to_toml(GOOD)
    told = written.client.get(answer.headers["location"]).text
    assert kept_beside(tmp_path) == [second] and next(tmp_path.glob("site.toml.by-hand-*")).name in told
    for name in ("一", "二"):
        written.client.post("/site/node", data={"name": name})
        assert written.client.post("/site/write").status_code == 303
    assert kept_beside(tmp_path) == [second]


def test_the_first_file_with_its_comments_outlives_every_later_write(tmp_path: Path) -> None:
    mine = by_hand(tmp_path, f"# mine\n{to_toml(GOOD)}")
    desk = Desk(Keeping(tmp_path / "node", tmp_path / "site.toml"), tuple, utc_now)
    for name in ("一", "二", "三"):
        desk.change({**GOOD, "node": {"name": name}})
        desk.write()
    assert kept_beside(tmp_path) == [mine]
    assert '"二"' in (tmp_path / "site.toml.bak").read_text("utf-8"), "the page's own last one"


def test_a_key_that_no_field_holds_is_mended_in_the_file_without_a_restart(page: Page, tmp_path: Path) -> None:
    page.enter()
    by_hand(tmp_path, to_toml({**GOOD, "node": {"name": "门", "bogus": 3}}))
    page.client.post("/site/take")
    told = page.client.get("/site").text
    assert "node.bogus" in told and "请在文件里改" in told
    by_hand(tmp_path, to_toml(GOOD))
    assert "采用现在的文件" in page.client.get("/site").text
    page.client.post("/site/take")
    assert "可以写入" in page.client.get("/site").text


def test_an_edit_while_the_page_was_closed_is_told_when_it_opens_again(tmp_path: Path) -> None:
    def opened() -> Desk:
        return Desk(Keeping(tmp_path / "node", tmp_path / "site.toml"), tuple, utc_now)

    draft: dict[str, Any] = {**GOOD, "node": {"name": "草稿"}}
    desk = opened()
    desk.change(GOOD)
    desk.write()
    desk.change(draft)
    assert not opened().changed()
    by_hand(tmp_path, to_toml({**GOOD, "node": {"name": "手改"}}))
    assert opened().changed() and opened().kept.tree == draft, "neither of them is thrown away"


def test_an_enrolment_writes_over_no_edit(written: Page, tmp_path: Path) -> None:
    edit = by_hand(tmp_path, "# by hand\n")
    told = written.client.post("/checklist/enrol", data={"central.url": "https://central.example", "token": "x"})
    assert told.status_code == 409 and 'href="/site#changed"' in told.text
    assert (tmp_path / "site.toml").read_text("utf-8") == edit
