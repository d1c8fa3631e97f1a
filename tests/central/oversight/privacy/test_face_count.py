"""The number of faces stored, and what the law asks when it grows, stand where a manager reads about privacy."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from central.gates.nodes.faces.tables import FaceCountRow
from tests.central.people.routes_matrix import MANAGER

pytestmark = pytest.mark.req("PRIV-11")


def page_of(client) -> str:
    return client.get("/privacy", headers={"accept": "text/html"}).text


@pytest.mark.parametrize(
    ("faces", "reached", "file_by", "orphans", "shown"),
    [
        (412, 0, None, 0, ()),
        (80_120, 80_000, None, 0, ("曾达到 80000 人", "准备备案材料")),
        (60_000, 95_000, None, 0, ("曾达到 95000 人",)),
        (100_004, 100_000, date(2027, 1, 11), 2, ("在 2027-01-11 前备案", "省级以上网信部门", "2 份人脸特征没有对应")),
    ],
)
def test_each_mark_says_what_is_to_be_done(town, login_as, faces, reached, file_by, orphans, shown):
    whole, manager = login_as(MANAGER), login_as(MANAGER, community=town.community)
    assert "还没有统计过" in page_of(whole) and "30 个工作日内" in page_of(manager)
    with town.session() as db:
        db.add(FaceCountRow(counted_at=town.now, faces=faces, orphans=orphans, reached=reached, file_by=file_by))
    told, of_one = page_of(whole), page_of(manager)
    assert f"各小区合计 {faces} 人" in told and f"{faces} 人，" not in of_one, "the company's number is the company's"
    for words in shown:
        assert words in told and (words in of_one or orphans)
    assert ("曾达到" in told) == (0 < reached < 100_000) and ("前备案" in told) == (file_by is not None)
    with town.session() as db:
        assert db.scalar(text("SELECT count(*) FROM face_count")) == 1, "reading counts nothing"
