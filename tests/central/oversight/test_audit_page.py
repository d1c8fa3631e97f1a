"""The audit in words: things by their names, fields and values in words, the program's own parts by what they do."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from central.base.identity.tables import AccountRow
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow, record
from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import words_in
from central.base.kernel.session import tenant_session
from central.gates.access import queries
from central.gates.coverage.rules import PointKind
from central.gates.ingest.picture_holds import Cause
from central.gates.nodes.faces.rules import Why
from central.gates.nodes.watch_group.rules import Ground
from central.gates.parking.coupons.rules import Gives
from central.gates.parking.rules import Kept
from central.oversight.console.audit_ask import read_ask, trace_of
from central.oversight.console.audit_words import _is_for_people, actor_said, changes, deed_said
from central.oversight.console.names import Names
from central.people.community.queries import residents_of
from central.people.community.rules import Tie
from central.people.consent.rules import AgeBand, Channel
from central.people.group_test.rules import GROUPS, Dimension
from models.access.passback import PassbackMode
from models.values.ids import new_id
from models.values.time import site_day
from models.wire.events import AlarmKind
from tests.browser.gate import seed

HTML = {"accept": "text/html"}
UUID_SHOWN = re.compile(r">[^<]*[0-9a-f]{8}-[0-9a-f]{4}-[^<]*<")


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def send(client, address, **fields):
    assert client.post(address, data=fields, headers=HTML).status_code == 303


@pytest.mark.req("SEC-02", "ADMIN-14")
def test_gates_lanes_and_nodes_are_named_and_no_id_is_shown(login_as, site):
    manager = login_as("manager", community=site.community_id)
    lane = str(site.gate.reply.lanes[0].lane_id)
    send(
        manager, "/setup/rules", community=str(site.community_id), name="夜班", effect="second_factor", groups="staff",
        where="some", lanes=lane, when="times", days0="8", start0="22:00", end0="06:00",
    )  # fmt: skip
    send(manager, f"/setup/lanes/{lane}/name", name="东门步行进")
    text = manager.get("/audit", headers=HTML).text
    main = text[text.index("<main") :]
    for words in (
        "节假日 22:00–次日 06:00",
        "需二次核验",
        "东门步行进",
        "东门、南门",
        "演示数据",
        "节点入网",
        "东门岗",
        "员工",
    ):
        assert words in main, words
    assert UUID_SHOWN.findall(main) == []
    assert ">seed<" not in main and ">enrolment<" not in main


@pytest.mark.req("SEC-02")
def test_a_deed_says_to_whom_it_was_done_masked_and_leads_there(login_as, site, database):
    manager = login_as("manager", community=site.community_id)
    with tenant_session(database.engine, site.tenant_id) as db:
        home = residents_of(db, site.community_id)[0]
        resident = str(home.resident_id)
    send(manager, f"/people/homes/{resident}/block", deed="block", reason="吵闹")
    send(manager, f"/visitors/{site.pass_id}/revoke", reason="不来了")
    assert manager.post(f"/people/{home.person_id}/unmask", data={"reason": "核对"}, headers=HTML).status_code == 200
    rows = re.findall("<tr>.*?</tr>", manager.get("/audit", headers=HTML).text, re.DOTALL)
    told = {word: [row for row in rows if reason in row] for word, reason in (
        ("block", "吵闹"), ("revoke", "不来了"), ("unmask", "核对"))}  # fmt: skip
    for word, page in (("block", f"/people/homes/{resident}"), ("unmask", f"/people/homes/{resident}")):
        (row,) = told[word]
        assert f'href="{page}"' in row and "张*" in row and home.house in row and "张示例" not in row
    (row,) = told["revoke"]
    assert f'href="/visitors/{site.pass_id}"' in row and "周* · " in row and "5-2-202" in row
    assert all(re.search(r">[^<]*\d\d:\d\d:\d\d</time>", row) for row in rows if "<td" in row)


@pytest.mark.req("SEC-02")
def test_a_card_a_pin_and_a_consent_are_somebodys_and_an_account_is_named(login_as, site, database):
    manager = login_as("manager", community=site.community_id)
    with tenant_session(database.engine, site.tenant_id) as db:
        home = residents_of(db, site.community_id)[0]
        holder = queries.holder_id_of(db, site.community_id, home.person_id)
        account_id, login = db.execute(select(AccountRow.id, AccountRow.login)).first()
        actor = system(site.tenant_id, "test", ())
        for what, thing, after in (
            ("card.revoke", "card", {"cardholder_id": str(holder)}),
            ("pin.drop", "pin", {"cardholder_id": str(holder)}),
            ("consent.withdraw", "consent", {"person_id": str(home.person_id)}),
        ):  # fmt: skip
            record(db, actor, what, thing, new_id(), community_id=site.community_id, reason="试看", after=after)
        record(db, actor, "account.disable", "account", account_id, community_id=site.community_id, reason="试看")
    rows = re.findall("<tr>.*?</tr>", manager.get("/audit", headers=HTML).text, re.DOTALL)
    told = [row for row in rows if "试看" in row]
    assert len(told) == 4
    assert sum(home.house in row and home.name in row for row in told) == 3
    assert sum(f"({login})" in row for row in told) == 1


def shown(client, **asked) -> list[str]:
    """The rows of the audit as asked for."""
    answer = client.get("/audit", params=asked, headers=HTML)
    assert answer.status_code == 200, answer.text
    return [row for row in re.findall("<tr>.*?</tr>", answer.text, re.DOTALL) if "<td" in row]


@pytest.mark.req("SEC-02")
def test_the_audit_is_asked_by_account_deed_and_day(login_as, site, database):
    manager, guard = login_as("manager", community=site.community_id), login_as("guard", community=site.community_id)
    send(manager, f"/visitors/{site.pass_id}/revoke", reason="不来了")
    with tenant_session(database.engine, site.tenant_id) as db:
        row = db.scalars(select(AuditRow).where(AuditRow.what == "pass.revoke")).one()
        account, today = str(row.actor_id), site_day(row.at)
    everything = shown(manager)
    assert len(everything) > 5
    (revoked,) = shown(manager, what="pass.revoke")
    assert "不来了" in revoked and revoked in shown(manager, who=account)
    assert all("系统" in one for one in shown(manager, who="system"))
    assert revoked not in shown(manager, who="system") and len(shown(manager, who="system")) > 1
    day = {"from": today.isoformat(), "until": today.isoformat()}
    assert revoked in shown(manager, **day) and len(shown(manager, **day)) == len(everything)
    before = (today - timedelta(days=1)).isoformat()
    assert (
        shown(manager, until=before) == [] and shown(manager, **{"from": (today + timedelta(days=1)).isoformat()}) == []
    )
    page = manager.get("/audit", params={"until": before}, headers=HTML).text
    assert "没有符合条件的操作" in page and f'value="{before}"' in page and 'href="/audit"' in page
    older = manager.get("/audit", params={"who": "system", "limit": 1}, headers=HTML).text
    following = re.search(r'href="(/audit\?who=system&amp;after=[^"]+)"', older)
    assert following, "the next page keeps what was asked"
    assert len(re.findall("<tr><td", manager.get(unescape(following[1]), headers=HTML).text)) > 0
    assert guard.get("/audit", params={"what": "pass.revoke"}, headers=HTML).status_code == 403


@pytest.mark.req("SEC-02")
def test_who_did_it_as_what_and_from_where(login_as, site):
    manager = login_as("manager", community=site.community_id)
    send(manager, f"/visitors/{site.pass_id}/revoke", reason="不来了")
    (row,) = shown(manager, what="pass.revoke")
    assert "项目经理 · 来自 " in row


@pytest.mark.req("SEC-02")
def test_the_number_of_an_error_page_finds_what_its_request_did_and_what_was_refused(login_as, site):
    manager, guard = login_as("manager", community=site.community_id), login_as("guard", community=site.community_id)
    lane = site.gate.reply.lanes[0].lane_id
    refused = guard.post(f"/face-figures/{lane}/calibrate", data={"reason": "换了灯"}, headers=HTML)
    assert refused.status_code == 403
    trace = re.search(r"\b[0-9a-f]{32}\b", refused.text)[0]
    for written in (trace, f" {trace.upper()} ", str(UUID(trace))):
        (row,) = shown(manager, trace=written)
        assert "没有校准人脸阈值" in row and "保安" in row
    for wrong in ("12345", trace[:-1], trace + "0", "g" * 32):
        answer = manager.get("/audit", params={"trace": wrong}, headers=HTML)
        assert answer.status_code == 422 and "32 位" in answer.text and "条件还不能用" in answer.text
    unknown = manager.get("/audit", params={"trace": "0" * 32}, headers=HTML).text
    assert "没有这个编号的操作" in unknown and "日志" in unknown and "别的小区" in unknown


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_no_question_shows_a_deed_of_another_community_nor_who_is_there(login_as, site, database):
    elsewhere = seed(database.engine, site.tenant_id)
    stranger = login_as("manager", community=elsewhere.community_id)
    manager = login_as("manager", community=site.community_id)
    send(manager, f"/visitors/{site.pass_id}/revoke", reason="不来了")
    with tenant_session(database.engine, site.tenant_id) as db:
        row = db.scalars(select(AuditRow).where(AuditRow.what == "pass.revoke")).one()
        asked = {"who": str(row.actor_id), "trace": row.correlation_id.hex, "what": "pass.revoke"}
    assert len(shown(manager, **asked)) == 1
    for name, value in asked.items():
        assert shown(stranger, **{name: value}) == [], name
    page = stranger.get("/audit", headers=HTML).text
    assert asked["who"] not in page and 'value="pass.revoke"' not in page, "nor is it offered"
    assert asked["who"] in manager.get("/audit", headers=HTML).text


@pytest.mark.parametrize("asked", [
    {"from": "2026-13-01"}, {"until": "9999-12-31"}, {"from": "0001-01-01"},
    {"from": "2026-11-30", "until": "2026-11-29"},
    {"who": "nobody"}, {"trace": "x"},
])  # fmt: skip
def test_what_cannot_be_asked_is_said_field_by_field(asked):
    with pytest.raises(Invalid) as refused:
        read_ask(asked)
    assert set(refused.value.fields) <= set(asked) and all(
        words_in("zh_CN").has(key) for key in refused.value.fields.values()
    )


@given(number=st.uuids())
def test_a_number_is_read_however_it_was_copied(number):
    for written in (number.hex, str(number), number.hex.upper(), f" {number.hex[:8]} {number.hex[8:]}\u3000"):
        assert trace_of(written) == number
    assert trace_of(number.hex[1:]) is None


def test_every_deed_of_the_seeded_site_has_words_in_both_languages(login_as, site, db):
    deeds = set(db.scalars(select(AuditRow.what)))
    assert len(deeds) > 8
    for language in ("zh_CN", "en"):
        t = words_in(language)
        assert [deed for deed in deeds if deed_said(t, deed) == deed] == []


def recorded_fields() -> set[str]:
    """The fields that a deed anywhere in central may write down, where its call names them."""
    found: set[str] = set()
    for path in (Path(__file__).parents[3] / "central").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "record":
                told = [one.value for one in call.keywords if one.arg in ("before", "after")]
                found |= {
                    key.value
                    for one in told
                    if isinstance(one, ast.Dict)
                    for key in one.keys
                    if isinstance(key, ast.Constant)
                }
    return found


def test_every_field_that_a_deed_writes_down_has_its_word():
    fields = recorded_fields()
    assert len(fields) > 40
    for language in ("zh_CN", "en"):
        t = words_in(language)
        assert [name for name in sorted(fields) if _is_for_people(name) and not t.has(f"field.{name}")] == []
    t = words_in("zh_CN")
    told = {"age": "under_14", "channel": "phone", "outcome": "duplicate", "ground": "police"}
    assert [now for _, _, now in changes(t, None, told)] == [
        "不满 14 岁", "本人手机", "与别人的人脸太像", "公安机关书面要求",
    ]  # fmt: skip


CODES = {
    "why": Why,
    "kind": [*PointKind, *AlarmKind],
    "list": Kept,
    "mode": PassbackMode,
    "channel": Channel,
    "age": AgeBand,
    "cause": Cause,
    "ground": Ground,
    "dimension": Dimension,
    "group": [one for groups in GROUPS.values() for one in groups],
    "by": ["guard", "resident"],
    "tie": Tie,
    "coupon": Gives,
}


@pytest.mark.parametrize("field", CODES)
def test_a_code_is_said_in_words_and_not_as_programs_call_it(field):
    for code in CODES[field]:
        ((word, _, chinese),) = changes(words_in("zh_CN"), None, {field: str(code)})
        ((_, _, english),) = changes(words_in("en"), None, {field: str(code)})
        assert word != field and re.search("[一-鿿]", chinese) and code not in chinese, (field, code, chinese)
        assert english and "_" not in english, (field, code, english)


def test_the_kinds_that_a_lane_takes_are_said_with_their_times():
    t, spans = words_in("zh_CN"), [{"days": [1, 2, 3, 4, 5], "start_minute": 480, "end_minute": 1080}]
    assert changes(t, {}, {"face": spans}) == [("人脸", "", "周一至周五 08:00–18:00")]
    assert "；" in changes(t, {}, {"pass": spans * 2})[0][2]


def test_what_central_does_by_itself_is_said_by_its_part():
    """Every name that the program gives itself, wherever it does something."""
    own = re.compile(r"""[^a-z_.]system\((?:tenant_of\(db\)|tenant_id), "([a-z_.]+)""")
    calls = [
        one for path in (Path(__file__).parents[3] / "central").rglob("*.py") for one in own.findall(path.read_text())
    ]
    assert {"faces", "downlink", "ingest.sweep_pictures"} <= set(calls)
    for language in ("zh_CN", "en"):
        t = words_in(language)
        assert [one for one in calls if actor_said(t, one, "system") == one] == []


def test_numbers_and_codes_are_of_their_own_community():
    t, here, other = words_in("en"), "here", "other"
    names = Names(numbers={(here, 1): "East"}, codes={(here, "in"): "East in"})
    assert changes(t, None, {"gates": [1, 2], "lanes": ["in"]}, names, here) == [
        ("gates", "", "East, 2"), ("lanes", "", "East in"),
    ]  # fmt: skip
    assert changes(t, None, {"gates": [1]}, names, other) == [("gates", "", "1")]


def test_long_lists_are_cut_with_their_number_and_states_of_records_are_not_those_of_passes():
    t = words_in("zh_CN")
    assert changes(t, None, {"houses": [f"5-2-{n}" for n in range(101, 109)]}) == [
        ("房屋", "", "5-2-101、5-2-102、5-2-103、5-2-104、5-2-105、5-2-106 等 8 项")
    ]
    assert changes(t, {"state": "open"}, {"state": "released"}) == [("状态", "待处理", "已收下")]
    assert changes(t, None, {"schedule": [{"days": "tomorrow"}], "correlation": "x", "account_id": "y"})[0][0] == "时间"
