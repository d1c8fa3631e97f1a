"""A test of attacks is signed and stands; the figures of its lane show each kind with its bounds, or as never tried."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from central.base.kernel import clock
from central.gates.nodes.faces.earlier import note_models
from central.oversight.privacy import attack_routes, attack_tests
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.wire.faces import TemplateModels
from tests.browser.gate import seed
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape

HTML = {"accept": "text/html"}
pytestmark = pytest.mark.req("ACC-10")


def told(**change) -> dict:
    day = (clock.now() - timedelta(days=1)).date().isoformat()
    body = {
        "liveness": "challenge-1", "model": "0BA9FBFA01B5270C", "tested_by": "王师傅", "tested_on": day,
        "signed_by": "李经理", "note": "20 张彩色打印，白天，一米，按提示转动",
        "attacks": {"print": {"trials": 50, "wrong": 2}, "mask": {"trials": 10, "wrong": 0}},
        "living": {"trials": 40, "wrong": 3},
    }  # fmt: skip
    return body | change


def typed(**change) -> dict:
    """As the page's form sends it."""
    body = told()
    counts = body.pop("attacks") | {"living": body.pop("living")}
    fields = {f"{key}_{name}": str(count[name]) for key, count in counts.items() for name in count}
    return body | fields | change


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def lane_of_the(site):
    return site.gate.reply.lanes[0].lane_id


def test_a_lane_that_opens_on_a_face_alone_untested_says_so_until_a_test_is_signed(login_as, site):
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    section = f'id="attacks-{lane}"'
    before = manager.get("/face-figures", headers=HTML).text
    assert section in before and "没有做过假脸攻击测试" in before and "只凭人脸就会开门" not in before
    site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=0.7, threshold=0.5, liveness="live")
    site.gate.decide(Outcome.REFER, Reason.SPOOF, kind=Kind.FACE, liveness="spoof_curved", score=0.7, threshold=0.5)
    site.gate.decide(Outcome.REFER, Reason.SPOOF, kind=Kind.FACE, liveness="spoof_flat",
                     detail={"liveness": "spoof_flat", "proved_by": "challenge-2"})  # fmt: skip
    site.gate.tell()
    untested = manager.get("/face-figures", headers=HTML).text
    assert "只凭人脸就会开门，却没有签过字的假脸攻击测试" in untested
    assert '疑似弯曲的照片或打印面具 <span class="number">1</span>' in untested
    api = next(one for one in manager.get("/api/v1/face-figures").json()["items"] if one["lane_id"] == str(lane))
    assert api["suspected"] == {"spoof_curved": 1, "spoof_flat": 1}
    page = f"/face-figures/{lane}/attack-tests"
    form = manager.get(page, headers=HTML).text
    assert '<option value="challenge-2" selected>' in form, "what the lane uses stands in the form"
    assert "请技术员在站点文件里把这条通道改为" in untested, "a manager cannot"
    assert manager.post(page, data=typed(), headers=HTML).status_code == 303
    shown = manager.get("/face-figures", headers=HTML).text
    assert "没有签过字的假脸攻击测试" not in shown
    assert "打印的照片（50 次中 2 次，实际可能到 13.7 %）" in shown and "面具（10 次" not in shown
    assert "请技术员在站点文件里把这条通道改为" in shown, "one passed: tested is not safe"
    assert "没有发现要处理的事" not in shown and "有 1 条通道要看一下" in shown
    assert "没人试过：手机或平板屏幕、弯折的照片、视频" in shown
    assert '4.0 % <span class="small quiet">0.5–13.7 %</span>' in shown, "APCER of prints, exact"
    assert '0.0 % <span class="small quiet">0.0–30.8 %</span>' in shown, "of masks: none of ten is little"
    assert '7.5 % <span class="small quiet">1.6–20.4 %</span>' in shown, "BPCER"
    assert shown.count("没有试过") == 3, "screens, bent prints, videos"
    assert "现在用的活体检测是 challenge-2，测试做的是 challenge-1" in shown
    assert "王师傅" in shown and "0ba9fbfa01b5270c" in shown


def test_only_trying_it_again_takes_back_that_an_attack_passed(login_as, site):
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=0.7, threshold=0.5, liveness="live")
    site.gate.tell()
    page = f"/face-figures/{lane}/attack-tests"
    everything = {f"{kind}_{what}": n for kind in ("print", "screen", "bent", "mask", "video")
                  for what, n in (("trials", "60"), ("wrong", "0"))}  # fmt: skip

    def told(**change) -> str:
        assert manager.post(page, data=typed(**change), headers=HTML).status_code == 303
        return manager.get("/face-figures", headers=HTML).text

    assert "有假脸被当成真人放过" in told(**everything | {"mask_wrong": "1"})
    left_out = told(**everything | {"mask_trials": "", "mask_wrong": ""})
    assert "面具（60 次中 1 次" in left_out and "没人试过：面具" in left_out
    assert "面具（60 次中 1 次" not in told(liveness="challenge-9", **everything), "another proof"
    well = told(**everything)
    assert "假脸被当成真人放过" not in well and "没有发现要处理的事" in well


def test_a_test_of_another_proof_takes_nothing_back_of_the_one_that_the_lane_uses(login_as, site):
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=0.7, threshold=0.5, liveness="live",
                     detail={"liveness": "live", "proved_by": "nir-4"})  # fmt: skip
    site.gate.tell()
    page, shown = f"/face-figures/{lane}/attack-tests", ""
    for liveness, wrong in (("nir-4", "1"), ("other", "0")):
        sent = typed(liveness=liveness, mask_trials="60", mask_wrong=wrong)
        assert manager.post(page, data=sent, headers=HTML).status_code == 303
        shown = manager.get("/face-figures", headers=HTML).text
    assert "现在用的活体检测是 nir-4，测试做的是 other" in shown and "面具（60 次中 1 次" in shown


def test_a_program_is_told_all_that_is_wrong_in_whole_words(login_as, site):
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    for language, note in (("zh", "10"), ("en", "10 to 1000")):
        answer = manager.post(
            f"/api/v1/lanes/{lane}/attack-tests", json=told(note="short"), headers={"accept-language": language}
        )
        assert answer.status_code == 422 and note in answer.json()["fields"]["note"]
        assert "{" not in answer.text.removeprefix("{").replace('"fields":{', "")


def test_the_names_of_the_records_are_offered_and_the_models_fingerprint_is_filled_in(login_as, site):
    """Nobody copies them by hand; what no record names can be written still, and then it is what counts."""
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    page, now = f"/face-figures/{lane}/attack-tests", clock.now()
    bare = manager.get(page, headers=HTML).text
    assert "<select" not in bare and 'name="liveness"' in bare, "no record names any"
    with site.gate.session() as db:
        note_models(db, site.gate.actor, TemplateModels(model="0ba9fbfa" * 8), now)
    for by, at in (("challenge-3", now - timedelta(days=2)), ("nir-3", now), ("challenge-1", now - timedelta(days=40))):
        site.gate.decide(Outcome.REFER, Reason.SPOOF, kind=Kind.FACE, liveness="spoof_flat", at=at,
                         detail={"liveness": "spoof_flat", "proved_by": by})  # fmt: skip
    site.gate.tell()
    form = manager.get(page, headers=HTML).text
    assert re.findall(r'<option value="([^"]+)"', form) == ["nir-3", "challenge-3"], "the last one first"
    assert f'value="{"0ba9fbfa" * 8}"' in form
    manager.post(page, data=typed(liveness="nir-3", liveness_other="nir-4"), headers=HTML)
    assert manager.get(f"/api/v1/lanes/{lane}/attack-tests").json()["items"][0]["liveness"] == "nir-4"
    assert re.findall(r'<option value="([^"]+)"', manager.get(page, headers=HTML).text) == [
        "nir-3", "challenge-3", "nir-4",
    ]  # fmt: skip


def test_the_newest_counts_and_none_is_ever_changed(login_as, site):
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    address = f"/api/v1/lanes/{lane}/attack-tests"
    first = manager.post(address, json=told())
    assert first.status_code == 201 and first.json()["attacks"]["screen"] == {
        "trials": 0, "wrong": 0, "rate": None, "low": None, "high": None,
    }  # fmt: skip
    manager.post(address, json=told(attacks={"screen": {"trials": 30, "wrong": 30}}))
    items = manager.get(address).json()["items"]
    assert [one["attacks"]["screen"]["trials"] for one in items] == [30, 0]
    with site.gate.session() as db:
        newest = attack_tests.attacks_at(db, [lane], clock.now())[lane]
        assert newest.rates is not None and len(newest.rates.untried) == 4
        assert newest.newest is not None and newest.newest.digest == attack_tests.digest_of(newest.newest)
        assert db.scalar(text("SELECT count(*) FROM audit WHERE what = 'attack_test.sign'")) == 2
        for change in ("UPDATE attack_test SET counts = '{}'", "DELETE FROM attack_test"):
            with pytest.raises(DBAPIError) as refused, db.begin_nested():
                db.execute(text(change))
            assert isinstance(refused.value.orig, psycopg.Error)


def test_a_form_with_something_wrong_comes_back_as_it_was_typed(login_as, site):
    manager, lane = login_as("manager", community=site.community_id), lane_of_the(site)
    page = f"/face-figures/{lane}/attack-tests"
    for change, words in (
        ({"print_wrong": "51"}, "后一个不大于前一个"), ({"mask_trials": "some"}, "请写两个整数"),
        ({"mask_wrong": ""}, "请写两个整数"), ({"tested_on": "yesterday"}, "日期"), ({"signed_by": ""}, "请写全名"),
    ):  # fmt: skip
        answer = manager.post(page, data=typed(**change), headers=HTML)
        assert answer.status_code == 422 and words in answer.text and 'value="王师傅"' in answer.text
    faults = {
        "mask_trials": "some",
        "living_wrong": "none",
        "tested_on": "yesterday",
        "signed_by": "",
        "model": "sface",
    }
    answer = manager.post(page, data=typed(**faults), headers=HTML)
    marked = set(re.findall(r'name="([a-z_]+)"[^>]*aria-invalid="true"', answer.text))
    assert {"mask_trials", "living_trials", "tested_on", "signed_by", "model"} <= marked, "all at once"
    assert "没有做过假脸攻击测试" in manager.get(page, headers=HTML).text
    nothing = {f"{key}_{name}": "" for key in ("print", "mask", "living") for name in ("trials", "wrong")}
    assert "一次也没有试过" in manager.post(page, data=typed(**nothing), headers=HTML).text


def lane(town):
    return {"lane": town.lane}


CALLS = (
    Call("GET", "/api/v1/lanes/{lane}/attack-tests", GUARD, path=lane),
    Call("POST", "/api/v1/lanes/{lane}/attack-tests", MANAGER, 201, lambda t: told(), path=lane),
)


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((attack_routes.router,))
