"""How faces do at each lane: every figure is counted out of visits, can be opened, and is nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.i18n import words_in
from central.gates.visits.face_figures import BINS, Bar, FaceSpan, LaneFaces
from central.oversight.console.pages.face_figures import HEIGHT, picture_of
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.values.time import site_time, utc_now
from models.wire.events import FaceCalibrated, Measured
from tests.browser.gate import seed

HTML = {"accept": "text/html"}
MEASURED = Measured(least=0.4327, trials=84_666, reached=4, rate_max=0.000109)


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def some_days(gate) -> None:
    """Two living faces let in, three refused, one asked of the guard, one pass without a face, one from last week."""
    now = clock.now()
    for score in (0.61, 0.72):
        gate.decide(Outcome.GRANT, kind=Kind.FACE, score=score, threshold=0.45, liveness="live")
    gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=0.20, threshold=0.45)
    gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=0.44, threshold=0.42)
    gate.decide(Outcome.REFER, Reason.SPOOF, kind=Kind.FACE, liveness="spoof_flat", score=0.70, threshold=0.45)
    gate.decide(Outcome.REFER, Reason.LOW_QUALITY, kind=Kind.FACE, detail={"quality": "too_dark"})
    gate.decide(Outcome.GRANT)
    gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=0.1, threshold=0.45, at=now - timedelta(days=8))
    gate.write(
        FaceCalibrated(model="sface", made_at=now, people=412, photos=3, verify=MEASURED, own_scores=230, own_below=3),
        lane=None,
    )
    gate.tell()


def test_that_no_face_was_seen_is_one_row_however_it_was_told(login_as, site):
    site.gate.decide(Outcome.REFER, Reason.NO_FACE, detail={"quality": "no_face"})
    site.gate.decide(Outcome.REFER, Reason.NO_FACE)
    site.gate.decide(Outcome.REFER, Reason.NO_FACE, detail={"quality": "no_camera"})
    site.gate.tell()
    manager = login_as("manager", community=site.community_id)
    lane = next(one for one in manager.get("/api/v1/face-figures").json()["items"] if one["total"])
    assert [(one["quality"], one["count"]) for one in lane["causes"]] == [(None, 2), ("no_camera", 1)]
    page = manager.get("/face-figures", headers=HTML).text
    assert "这段时间没有人用人脸的通道：1 条" in page, "a line, not a card of its own"
    assert page.count('class="sheet figures titled"') == 1


def test_every_figure_is_counted_with_what_it_stands_on(login_as, site):
    some_days(site.gate)
    manager = login_as("manager", community=site.community_id)
    answer = manager.get("/api/v1/face-figures").json()
    lane = next(one for one in answer["items"] if one["total"])
    assert (lane["total"], lane["outcomes"]) == (6, {"grant": 2, "deny": 2, "refer": 2})
    assert lane["scored"] == 5 and lane["thresholds"] == [0.42, 0.45]
    causes = {(one["reason"], one["quality"], one["liveness"]): one["count"] for one in lane["causes"]}
    assert causes[("low_score", None, "not_measured")] == 2
    assert causes[("spoof", None, "spoof_flat")] == 1 and causes[("low_quality", "too_dark", "not_measured")] == 1
    assert {bar["low"]: (bar["granted"], bar["others"]) for bar in lane["bars"]} == {
        0.2: (0, 1), 0.4: (0, 1), 0.6: (1, 0), 0.7: (1, 1),
    }  # fmt: skip
    (told,) = answer["calibrations"].values()
    assert (told["people"], told["verify"]["trials"], told["own_below"]) == (412, 84_666, 3)
    month = manager.get("/api/v1/face-figures", params={"days": 30}).json()
    assert next(one for one in month["items"] if one["total"])["total"] == 7
    assert manager.get("/api/v1/face-figures", params={"days": 3}).status_code == 422


def test_the_page_says_it_and_each_figure_opens_its_visits(login_as, site):
    manager = login_as("manager", community=site.community_id)
    empty = manager.get("/face-figures", headers=HTML).text
    assert (
        "这段时间没有人用人脸的通道：2 条" in empty and empty.count("<details") >= 1 and "没有校准，用出厂阈值" in empty
    )
    some_days(site.gate)
    text = manager.get("/face-figures", headers=HTML).text
    lane = site.gate.reply.lanes[0].lane_id
    assert "33.3 %，共 6 次" in text and "412 人校准" in text and "230 次本人比对中 3 次低于阈值" in text
    behind = f"/face-figures/{lane}?days=7&amp;outcome=deny&amp;reason=low_score"
    assert behind in text
    visits = manager.get(behind.replace("&amp;", "&"), headers=HTML).text
    assert visits.count("data-visit=") == 2
    assert manager.get(f"/face-figures/{lane}?outcome=deny&reason=spoof", headers=HTML).text.count("data-visit=") == 0


@pytest.mark.req("ADMIN-14", "ACC-09")
def test_faces_let_through_and_refused_are_told_with_how_well_they_were_seen(login_as, site):
    """A node of before tells nothing, and what is no figure is not taken for one."""
    seen = [{"side_px": str(px), "sharpness": "0.0200", "brightness": "120", "yaw": "0.10"} for px in (140, 150, 190)]
    for figures in seen:
        site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=0.7, threshold=0.45, inputs=figures)
    site.gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=0.2, threshold=0.45, inputs=seen[0] | {"side_px": "66"})
    site.gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=0.2, threshold=0.45, inputs=seen[0] | {"yaw": "left"})
    site.gate.decide(Outcome.DENY, Reason.AMBIGUOUS, score=0.5, threshold=0.45)
    site.gate.tell()
    manager = login_as("manager", community=site.community_id)
    lane = next(one for one in manager.get("/api/v1/face-figures").json()["items"] if one["total"])
    granted, others = lane["seen"]["granted"], lane["seen"]["others"]
    assert (granted["count"], granted["side_px"], granted["brightness"]) == (3, 150, 120)
    assert (others["count"], others["side_px"], others["sharpness"]) == (1, 66, 0.02)
    text = manager.get("/face-figures", headers=HTML).text
    table = text.split("data-seen>")[1].split("</table>")[0]
    assert "（3 次）" in table and ">150<" in table and ">66<" in table and "至少 60" in table
    assert "6 次比对中有 2 次，节点没有报" in text
    assert "脸 66 像素，清晰度 0.0200" in text and 'data-label="画面">节点没有报</td>' in text


@pytest.mark.req("SEC-04")
def test_figures_are_for_who_may_read_visits_there(login_as, site, two_tenants, database):
    some_days(site.gate)
    lane = site.gate.reply.lanes[0].lane_id
    elsewhere = login_as("manager", community=seed(database.engine, site.tenant_id).community_id)
    stranger = login_as("administrator", tenant=two_tenants.b)
    for client in (elsewhere, stranger):
        assert not any(one["total"] for one in client.get("/api/v1/face-figures").json()["items"])
        assert not client.get("/api/v1/face-figures").json()["calibrations"]
        assert client.get(f"/face-figures/{lane}", headers=HTML).status_code == 404
        given = client.post(f"/api/v1/lanes/{lane}/calibrate-faces", json={"reason": "试"})
        assert given.status_code in (403, 404)
    guard = login_as("guard", community=site.community_id)
    assert guard.post(f"/api/v1/lanes/{lane}/calibrate-faces", json={"reason": "试"}).status_code == 403


def test_a_calibration_needs_a_reason_and_its_fate_is_told(login_as, site):
    manager = login_as("manager", community=site.community_id)
    site.gate.poll()
    lane = site.gate.reply.lanes[0].lane_id
    assert manager.post(f"/api/v1/lanes/{lane}/calibrate-faces", json={"reason": " "}).status_code == 422
    given = manager.post(f"/api/v1/lanes/{lane}/calibrate-faces", json={"reason": "新楼入住"})
    assert given.status_code == 202
    fate = manager.get(f"/api/v1/commands/{given.json()['command_id']}").json()
    assert (fate["action"], fate["state"]) == ("calibrate", "waiting")


def test_a_span_begins_with_the_midnight_of_the_site():
    now = utc_now()
    for span in FaceSpan:
        begins = site_time(span.since(now))
        assert (begins.hour, begins.minute) == (0, 0)
        assert timedelta(days=span - 1) <= now - begins < timedelta(days=span)


def test_the_picture_holds_every_bar_and_threshold():
    assert picture_of(_lane((), None)) is None
    bars = (Bar(-0.35, 0, 3), Bar(0.4, 1, 1), Bar(0.95, 4, 0))
    drawn = picture_of(_lane(bars, (0.42, 0.51)))
    assert drawn is not None and drawn.first <= -0.35 and len(drawn.marks) == 2
    for one in drawn.bars:
        assert 0 <= one.x <= drawn.width - 10 and one.granted + one.others <= HEIGHT
    assert drawn.bars[-1].granted == HEIGHT and drawn.width <= 10 * BINS
    assert all(0 < mark < drawn.width for mark in drawn.marks)


def _lane(bars, thresholds) -> LaneFaces:
    return LaneFaces(new_id(), new_id(), "东门 进", "东门", "in", None, {"grant": 1}, (), bars, thresholds)


@pytest.mark.req("ACC-13")
def test_a_guard_says_that_it_was_not_this_person_and_the_pair_is_in_the_report(login_as, site):
    event = site.gate.decide(Outcome.GRANT, score=0.553, threshold=0.487, cardholder_id=site.cardholders[0])
    plain = site.gate.decide(Outcome.GRANT, cardholder_id=site.cardholders[0])
    site.gate.tell()
    visit, page = event.correlation, f"/visit/{event.correlation}"
    guard, manager = (login_as(role, community=site.community_id) for role in ("guard", "manager"))
    assert "没有人指出认错" in manager.get("/face-figures", headers=HTML).text
    assert "data-correct " in guard.get(page, headers=HTML).text
    assert "data-correct " not in guard.get(f"/visit/{plain.correlation}", headers=HTML).text
    assert guard.get(f"/visit/{plain.correlation}/correction", headers=HTML).status_code == 404
    assert "原记录不会改动" in guard.get(f"{page}/correction", headers=HTML).text
    assert guard.post(f"{page}/correction", data={"reason": " "}, headers=HTML).status_code == 422
    assert "已更正" in guard.post(f"{page}/correction", data={"reason": "图片上不是他"}, headers=HTML).text
    shown = guard.get(page, headers=HTML).text
    assert "指出不是此人：图片上不是他" in shown and "分数 0.553" in shown and "<s>" in shown
    told = guard.get(f"/api/v1/visits/{visit}").json()
    assert (told["score"], told["outcome"], told["correction"]["reason"]) == (0.553, "grant", "图片上不是他")
    report = manager.get("/face-figures", headers=HTML).text
    assert f'data-reported="{visit}"' in report and "放行的 1 次里，1 次被指出不是本人" in report
    assert "没有放行的也被指出" not in report, "nothing is said of none"
    lane = next(one for one in manager.get("/api/v1/face-figures").json()["items"] if one["total"])
    assert lane["false_accepts"] == 1 and [one["visit_id"] for one in lane["reported"]] == [str(visit)]
    again = guard.post(f"/api/v1/visits/{visit}/correction", json={"reason": "再说"})
    assert again.status_code == 409 and "已有人指出" in again.json()["detail"]


@pytest.mark.req("ACC-13")
def test_a_resident_says_this_was_not_me_on_the_page_behind_their_link(client, login_as, site):
    holder = site.cardholders[0]
    visit = site.gate.decide(Outcome.GRANT, score=0.6, threshold=0.487, cardholder_id=holder).correlation
    site.gate.tell()
    invited = login_as("guard", community=site.community_id).post(f"/api/v1/cardholders/{holder}/face-invitation")
    page = f"/enrol/{invited.json()['token']}"
    assert "这不是我" in client.get(page, headers=HTML).text
    shown = client.get(page, headers=HTML).text
    assert re.search(r'name="reason"[^>]*required', shown) and "例如：当时我不在" in shown
    assert not re.search(r'name="reason"[^>]*value=', shown), "nobody's statement is written for them"
    said = client.post(f"{page}/not-me", data={"visit_id": str(visit), "reason": "当时我不在"}, headers=HTML)
    assert said.status_code == 303 and said.headers["location"] == page
    assert "这不是我（当时我不在）" in client.get(page, headers=HTML).text
    again = client.post(f"{page}/not-me", data={"visit_id": str(visit), "reason": "再说"}, headers=HTML)
    assert again.status_code == 409 and "已有人指出" in again.text
    (own,) = client.get(f"/api/v1/face-enrolments/{invited.json()['token']}/visits").json()["items"]
    assert (own["visit_id"], own["correction"]["by_whom"]) == (str(visit), "resident")
    manager = login_as("manager", community=site.community_id)
    assert "住户本人" in manager.get("/face-figures", headers=HTML).text


@pytest.mark.req("ADMIN-14")
def test_one_sentence_says_whether_a_lane_needs_a_look_and_its_words_are_explained(login_as, site):
    manager = login_as("manager", community=site.community_id)
    assert "data-figures-well" not in manager.get("/face-figures", headers=HTML).text, "of nobody nothing is said"
    site.gate.decide(Outcome.DENY, Reason.LOW_SCORE, kind=Kind.FACE, score=0.4, threshold=0.45)
    site.gate.tell()
    well = manager.get("/face-figures", headers=HTML).text
    assert "没有发现要处理的事" in well and "这些词是什么意思" in well and "误识率：" in well
    site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=0.7, threshold=0.45)
    site.gate.tell()
    page = manager.get("/face-figures", headers=HTML).text
    assert "有 1 条通道要看一下" in page and "没有发现要处理的事" not in page
    assert page.count("请技术员") == 1


def test_a_face_that_nobody_knows_is_called_one_and_lanes_that_faces_use_come_first(login_as, site):
    site.gate.decide(Outcome.DENY, Reason.UNKNOWN, kind=Kind.FACE, score=0.1, threshold=0.45, lane=1)
    site.gate.tell()
    page = login_as("manager", community=site.community_id).get("/face-figures", headers=HTML).text
    t = words_in("zh_CN")
    assert t("reason.unknown.face.what") in page and t("reason.unknown.what") not in page
    assert page.index("东门人行出") < page.index("东门人行进")
