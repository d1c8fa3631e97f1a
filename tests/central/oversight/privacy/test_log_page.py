"""The processing log as the privacy page shows it: who did it, in the words of the audit's own page."""

from __future__ import annotations

import re

import pytest

from central.base.kernel.actor import system
from central.base.kernel.audit import record
from models.values.ids import new_id
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
