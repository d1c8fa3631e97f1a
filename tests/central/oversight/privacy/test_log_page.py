"""The processing log as the privacy page shows it: who did it, in the words of the audit's own page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.actor import system
from central.base.kernel.audit import record
from central.oversight.privacy.processing_log import LAST_MAX, LOOKS_SPAN, Line, deed_of, folded
from models.values.ids import new_id
from models.values.time import utc_now
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.mark.req("PRIV-10")
def test_the_log_names_what_the_program_did_as_the_audit_does(login_as, site):
    with site.gate.session() as db:
        for part in ("phone", "faces", "desk"):
            actor = system(site.tenant_id, part)
            record(db, actor, "consent.give", "consent", new_id(), community_id=site.community_id)
    manager = login_as("administrator")
    page = manager.get("/privacy", params={"community": str(site.community_id)}, headers=HTML).text
    who = re.findall(r'data-label="谁"><span>([^<]*) <span class="chip">([^<]*)<', page)
    assert {("本人手机", "系统"), ("人脸数据管理", "系统"), ("本人在服务台", "系统")} <= set(who)
    assert not {"phone", "faces", "desk"} & {name for name, _ in who}


@pytest.mark.req("PRIV-10")
def test_an_attempt_that_made_no_template_says_so_and_the_pictures_of_one_page_are_one_line(login_as, site):
    with site.gate.session() as db:
        node = system(site.tenant_id, "node")
        for outcome in ("duplicate", "enrolled"):
            record(db, node, "face.enrol", "cardholder", new_id(), after={"outcome": outcome},
                   community_id=site.community_id)  # fmt: skip
        for guard in ("desk", "phone"):
            for _ in range(30):
                record(db, system(site.tenant_id, guard), "picture.look", "visit", new_id(),
                       community_id=site.community_id)  # fmt: skip
    manager, place = login_as("administrator"), str(site.community_id)
    page = manager.get("/privacy", params={"community": place}, headers=HTML).text
    assert "登记人脸 · 与别人的人脸太像" in page and "登记人脸 · 已登记" in page
    assert "其中 1 次没有登记成" in page
    assert page.count("查看通行图片") == 2 and page.count("30 次，") == 2, "by whom they were looked at"
    log = manager.get("/api/v1/processing-log", params={"community_id": place}).json()
    assert log["not_enrolled"] == 1 and log["counts"]["reveal"] == 60, "every look counts as it did"
    assert {(one["what"], one["outcome"]) for one in log["last"]} >= {("face.enrol", "duplicate")}


@given(gaps=st.lists(st.integers(0, 1_300), max_size=60), who=st.sampled_from(["甲乙", "甲"]))
def test_folding_loses_no_look_and_keeps_what_is_no_look_apart(gaps, who):
    now, lines = utc_now(), []
    for place, gap in enumerate(gaps):
        now -= timedelta(seconds=gap)
        what = "consent.give" if place % 5 == 4 else "picture.look"
        lines.append(Line(deed_of(what), what, now, who[place % len(who)], "account", None))
    kept = folded(lines)
    assert sum(one.count for one in kept) == len(lines) or len(kept) == LAST_MAX
    assert all(one.count == 1 for one in kept if one.what == "consent.give")
    assert all(one.since is None or one.at - one.since <= LOOKS_SPAN for one in kept)
    assert list(kept) == sorted(kept, key=lambda one: one.at, reverse=True)
