"""The tariffs page: what is refused is said where it was asked, pressed twice is once, and nothing typed breaks it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind, system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.parking.tables import TariffVersionRow
from central.gates.parking.tariffs import service
from central.gates.parking.tariffs.queries import versions_of
from models.parking.scope import Scope
from models.values.ids import new_id
from models.values.plate import PlateColour
from tests.browser.gate import seed
from tests.models.parking.tariffs import T1, T4A, T6

HTML = {"accept": "text/html"}
FORM = {"name": "地面车位", "starts_at": "2099-01-01T00:00", "kind": "per_use", "use_yuan": "10", "use_once": "24h",
        "free_minutes": "30", "free_mode": "threshold", "cap_yuan": "", "leave_minutes": "15", "more": ""}  # fmt: skip


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def drafted(site, tariff=T1, days=1):
    now = clock.now() if days else clock.now() - timedelta(seconds=1)
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
    covered = {"beside": "", "permit_until": "2027-01-01T00:00"}
    assert re.findall(r'data-fee="(\d+)"', tried(**covered).text) == ["0"]
    assert re.findall(r'data-fee="(\d+)"', tried(**covered, other="inside").text) == ["2000"]
    leaves = tried(**covered, other="inside", other_leaves="2026-06-01T19:40")
    assert re.findall(r'data-fee="(\d+)"', leaves.text) == ["500"] and "data-turned-away" not in leaves.text
    assert 'id="trial-permit_until-wrong"' in tried(other="inside").text
    for change in (
        {"version": "x"}, {"beside": str(new_id())}, {"entry": "9999-12-31T23:59"}, {"exit": "2026-06-01T18:39"},
        {"exit": "2028-06-01T00:00"}, {"coupon_minutes": "٥"}, {"coupon_percent": "101"}, {"coupon_yuan": "-1"},
        {"permit_until": "0001-01-02T00:00"}, {"entry": ""},
    ):  # fmt: skip
        answer = tried(**change)
        assert answer.status_code == 422 and "data-fee" not in answer.text, change
        assert f'id="trial-{next(iter(change))}-wrong"' in answer.text or "trial-exit-wrong" in answer.text, change


@pytest.mark.req("P01")
def test_a_tariff_for_some_cars_is_drafted_in_words_listed_with_them_and_a_tie_is_said(login_as, site):
    manager, here = login_as("manager", community=site.community_id), {"community": str(site.community_id)}
    lane = site.gate.reply.lanes[0]
    form = manager.get("/tariffs/new", params=here | {"start": "per_use"}, headers=HTML).text
    assert all(word in form for word in ("大型车", "黄牌", "有效月卡车", lane.name, "都不选，就用于所有车辆"))
    boxes = {"scope_classes": ["large"], "scope_lanes": [str(lane.lane_id)], "scope_groups": ["temporary"]}
    assert manager.post("/tariffs", data=here | FORM | boxes, headers=HTML).status_code == 303
    for classes in (["small"], []):
        other = here | FORM | {"scope_classes": classes}
        assert manager.post("/tariffs", data=other, headers=HTML).status_code == 303
    text = manager.get("/tariffs", headers=HTML).text
    cars = re.findall(r"<dd data-cars>([^<]+)</dd>", text)
    assert cars[1:] == ["小型车", "所有车辆"] and cars[0].startswith("临时车；大型车；从“") and lane.name in cars[0]
    tie = manager.post("/tariffs", data=here | FORM | {"scope_colours": ["blue"]}, headers=HTML)
    assert tie.status_code == 409 and "《地面车位》第 1 版" in tie.text and "小型车；蓝牌的车" in tie.text
    assert 'id="tariff-scope-wrong"' in tie.text and re.search(r'value="blue" checked', tie.text)
    wrong = manager.post("/tariffs", data=here | FORM | {"scope_lanes": [str(new_id())]}, headers=HTML)
    assert wrong.status_code == 422 and "没有找到这个车道" in wrong.text
    odd = manager.post("/tariffs", data=here | FORM | {"scope_colours": ["pink"]}, headers=HTML)
    assert odd.status_code == 422 and 'id="tariff-scope_colours-wrong"' in odd.text
    assert [one for one, _ in versions(site)] == [1, 1, 1]


@pytest.mark.req("P01", "PARK-03")
def test_a_copy_keeps_its_cars_and_a_tariff_in_force_is_ended_by_a_version(login_as, site):
    scope = Scope(classes=frozenset({"large"}), colours=frozenset({PlateColour.YELLOW}))
    version_id = drafted(site, T1.model_copy(update={"scope": scope}), days=0)
    second = replace(system(site.tenant_id, "王主任", of_preset(ADMINISTRATOR)), kind=ActorKind.ACCOUNT, id=new_id())
    with site.gate.session() as db:
        started = db.get(TariffVersionRow, version_id).starts_at
        service.approve_tariff(db, second, version_id, now=started)
    manager, here = login_as("manager", community=site.community_id), {"community": str(site.community_id)}
    text = manager.get("/tariffs", headers=HTML).text
    assert "没有用于所有车辆的收费标准" in text and "终止这一收费标准" in text
    copy = manager.get("/tariffs/new", params=here | {"like": str(version_id)}, headers=HTML).text
    assert len(re.findall(r'type="checkbox"[^>]* checked', copy)) == 2 and '"scope"' not in copy
    ends = manager.get("/tariffs/new", params=here | {"like": str(version_id), "start": "ends"}, headers=HTML).text
    assert "大型车；黄牌" in ends and re.findall(r'type="hidden" name="scope_(\w+)" value="(\w+)"', ends) == [
        ("classes", "large"), ("colours", "yellow")
    ]  # fmt: skip
    sent = here | {"name": "到此为止", "starts_at": "2099-01-01T00:00", "kind": "ends", "scope_classes": ["large"],
                   "scope_colours": ["yellow"]}  # fmt: skip
    assert manager.post("/tariffs", data=sent, headers=HTML).status_code == 303
    assert versions(site) == [(2, "waiting"), (1, "in_force")]
    assert "从生效时起，这一收费标准终止" in manager.get("/tariffs", headers=HTML).text


@pytest.mark.req("P01", "PARK-04")
def test_the_simulator_says_which_tariff_a_car_has_and_why(login_as, site):
    second = replace(system(site.tenant_id, "王主任", of_preset(ADMINISTRATOR)), kind=ActorKind.ACCOUNT, id=new_id())
    lane = site.gate.reply.lanes[0].lane_id
    scopes = (
        Scope(),
        Scope(classes=frozenset({"large"})),
        Scope(classes=frozenset({"large"}), lanes=frozenset({lane})),
    )
    for scope, tariff in zip(scopes, (T1, T4A, T6), strict=True):
        with site.gate.session() as db:
            one = drafted(site, tariff.model_copy(update={"scope": scope}), days=1)
            service.approve_tariff(db, second, one, now=clock.now())
    guard = login_as("guard", community=site.community_id)
    asked = {"version": "", "entry": "2027-06-01T09:00", "exit": "2027-06-01T13:10", "beside": ""}

    def tried(**more):
        text = guard.get("/tariffs", params=asked | more, headers=HTML).text
        return re.findall(r'data-fee="(\d+)"', text), re.findall(r"<p data-choice>.*?</strong> ([^<]*)</p>", text)[0]

    fee, said = tried()
    assert fee == ["1300"] and "（所有车辆）" in said and "没有别的收费标准适用" in said
    fee, said = tried(vehicle_class="large", colour="yellow")
    assert fee == ["1800"] and "（大型车）" in said and "比同样适用的" in said and "（所有车辆）" in said
    fee, said = tried(vehicle_class="large", lane=str(lane), group="permit")
    assert "大型车；从“" in said and fee not in (["1300"], ["1800"])
    for change in ({"lane": "x"}, {"colour": "pink"}, {"group": "friends"}, {"entry": "2020-06-01T09:00"}):
        answer = guard.get("/tariffs", params=asked | change, headers=HTML)
        assert answer.status_code == 422 and "data-fee" not in answer.text, change


def test_who_has_one_version_is_led_to_draft_another_and_alike_versions_are_said_to_be(login_as, site):
    manager, here = login_as("manager", community=site.community_id), f"community={site.community_id}"
    first = drafted(site)
    page = manager.get(f"/tariffs/compare?{here}", headers=HTML).text
    main = re.search(r'<a class="btn btn-primary" href="([^"]+)"', page)[1]
    assert main == f"/tariffs/new?{here}&amp;like={first}"
    assert manager.get(main.replace("&amp;", "&"), headers=HTML).status_code == 200
