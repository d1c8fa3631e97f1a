"""The tariffs page: what is refused is said where it was asked, pressed twice is once, and nothing typed breaks it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind, system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.parking import service
from central.gates.parking.queries import versions_of
from models.values.ids import new_id
from tests.browser.gate import seed
from tests.models.parking.tariffs import T1, T4A

HTML = {"accept": "text/html"}
FORM = {"name": "地面车位", "starts_at": "2099-01-01T00:00", "kind": "per_use", "use_yuan": "10", "use_once": "24h",
        "free_minutes": "30", "free_mode": "threshold", "cap_yuan": "", "leave_minutes": "15", "more": ""}  # fmt: skip


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def drafted(site, tariff=T1, days=1):
    now = clock.now()
    actor = replace(system(site.tenant_id, "李经理", of_preset(ADMINISTRATOR)), kind=ActorKind.ACCOUNT, id=new_id())
    with site.gate.session() as db:
        starting = tariff.model_copy(update={"starts_at": now + timedelta(days=days)})
        return service.draft_tariff(db, actor, site.community_id, starting, now=now).id


def versions(site):
    with site.gate.session() as db:
        return [(one.version, one.state.value) for one in versions_of(db, site.community_id, clock.now())]


@pytest.mark.req("PARK-03")
def test_a_form_pressed_twice_is_one_draft_that_its_drafter_cannot_approve(login_as, site):
    manager, here = login_as("manager", community=site.community_id), {"community": str(site.community_id)}
    for _ in range(2):
        assert manager.post("/tariffs", data=here | FORM, headers=HTML).status_code == 303
    assert versions(site) == [(1, "waiting")]
    text = manager.get("/tariffs", headers=HTML).text
    assert "每 24 小时 ¥10.00" in text and "批准这一版" not in text
    (version_id,) = set(re.findall(r"like=([0-9a-f-]{36})", text))
    own = manager.post(f"/tariffs/{version_id}/approve", data=here, headers=HTML)
    assert own.status_code == 403 and "起草的人不能批准自己的收费标准" in own.text
    assert versions(site) == [(1, "waiting")]


def test_what_the_model_finds_wrong_is_said_beside_its_field(login_as, site):
    manager, here = login_as("manager", community=site.community_id), {"community": str(site.community_id)}
    for change, told in (
        ({"leave_minutes": "61"}, "不能大于 60。"),
        ({"more": '{"cap": {"fen": 5, "fun": 1}}'}, "cap.fun: 没有这个参数"),
        ({"kind": "other"}, "rates: 请选择计费方式"),
        ({"name": " "}, "请填写名称"),
        ({"starts_at": "2020-01-01T00:00"}, "生效时间已经过去"),
    ):
        answer = manager.post("/tariffs", data=here | FORM | change, headers=HTML)
        assert answer.status_code == 422 and told in answer.text, change
    assert versions(site) == []


@pytest.mark.req("PARK-02", "PARK-04")
def test_the_simulator_compares_two_versions_and_says_what_it_cannot_read(login_as, site):
    first, second = drafted(site), drafted(site, T4A, 2)
    guard = login_as("guard", community=site.community_id)
    asked = {"version": str(first), "beside": str(second), "entry": "2026-06-01T18:40", "exit": "2026-06-02T08:10"}

    def tried(**more):
        return guard.get("/tariffs", params=asked | more, headers=HTML)

    assert re.findall(r'data-fee="(\d+)"', tried().text) == ["2000", "2100"]
    assert len(re.findall(r'class="fees__line', tried().text)) == 2
    assert re.findall(r'data-fee="(\d+)"', tried(beside="", coupon_yuan="3.50").text) == ["1650"]
    for change in (
        {"version": "x"}, {"beside": str(new_id())}, {"entry": "9999-12-31T23:59"}, {"exit": "2026-06-01T18:39"},
        {"exit": "2028-06-01T00:00"}, {"coupon_minutes": "٥"}, {"coupon_percent": "101"}, {"coupon_yuan": "-1"},
        {"permit_until": "0001-01-02T00:00"}, {"entry": ""},
    ):  # fmt: skip
        answer = tried(**change)
        assert answer.status_code == 422 and "data-fee" not in answer.text, change
        assert f'id="trial-{next(iter(change))}-wrong"' in answer.text or "trial-exit-wrong" in answer.text, change
