"""Residents over the pages: moving in once however often it is pressed, corrections, groups, moving out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.gates.access import queries as access
from central.gates.access import snapshot
from central.people.community import queries
from models.values.ids import new_id
from models.values.time import site_time
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a, rules=True)


@pytest.fixture
def manager(login_as, site):
    return login_as("manager", community=site.community_id)


def send(client, address, **fields):
    return client.post(address, data=fields, headers=HTML)


def newcomer(site, **more):
    fields = {"community": str(site.community_id), "resident": str(new_id()), "house": "5-2-1101", "name": "周示例",
              "phone": "190-0000-0077", "tie": "tenant", "starts": "2026-11-01", "ends_at": "2027-10-31",
              "gates": "yes", "groups": ["resident"]}  # fmt: skip
    return fields | more


def home_of(db, site, label="5-2-101"):
    return next(one for one in queries.residents_of(db, site.community_id) if one.house == label)


@pytest.mark.req("ADMIN-06")
def test_somebody_moves_in_once_however_often_it_is_sent(manager, site, db):
    fields = newcomer(site)
    for _ in range(2):
        answer = send(manager, "/people/new", **fields)
        assert answer.headers["location"] == f"/people/homes/{fields['resident']}?said=added"
    here = home_of(db, site, "5-2-1101")
    assert (here.name, here.phone, here.tie) == ("周*", "190****0077", "tenant")
    assert here.starts_at == datetime(2026, 10, 31, 16, tzinfo=UTC)  # the day begins at the site's midnight
    assert here.ends_at == datetime(2027, 10, 31, 16, tzinfo=UTC)  # and the last one is lived to its end
    holder = access.cardholder_of(db, site.community_id, here.person_id, clock.now())
    assert holder is not None and holder.groups == ("resident",)
    assert len(queries.residents_of(db, site.community_id)) == 5
    text = manager.get(answer.headers["location"], headers=HTML).text
    shown = re.sub(r' (?:datetime|value)="[^"]*"', "", text)
    assert "11月1日 周日" in shown and re.search("到 (2027年)?10月31日 周日 止", shown) and "周示例" not in shown
    assert "2026-11-01" not in shown and "2027-10-31" not in shown
    assert "门认识此人：住户<" in shown


def test_who_is_not_to_pass_is_not_made_known_to_the_gates(manager, site, db):
    send(manager, "/people/new", **newcomer(site, gates="", groups=[]))
    here = home_of(db, site, "5-2-1101")
    assert access.cardholder_of(db, site.community_id, here.person_id, clock.now()) is None
    address = f"/people/homes/{here.resident_id}"
    assert send(manager, f"{address}/groups", groups=["help"]).status_code == 303
    holder = access.cardholder_of(db, site.community_id, here.person_id, clock.now())
    assert holder is not None and holder.groups == ("help",)


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"house": "9-9-999"}, "house"),
        ({"name": " "}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"tie": "king"}, "tie"),
        ({"starts": "soon"}, "starts"),
        ({"ends_at": "2026-10-01"}, "ends_at"),
        ({"ends_at": "9999-12-31"}, "ends_at"),
        ({"groups": []}, "groups"),
    ],
)
def test_what_cannot_be_taken_comes_back_as_typed(manager, site, db, change, beside):
    answer = send(manager, "/people/new", **newcomer(site, **change))
    assert answer.status_code == 422 and f'id="new-{beside}-wrong"' in answer.text
    assert change.get("name", 'value="周示例"') in answer.text
    assert len(queries.residents_of(db, site.community_id)) == 4


@pytest.mark.req("SEC-02")
def test_a_record_is_put_right_for_a_reason_and_the_audit_holds_no_name(manager, site, db):
    here = home_of(db, site)
    address = f"/people/homes/{here.resident_id}"
    assert send(manager, f"{address}/correct", tie=here.tie, reason="x").status_code == 422
    assert send(manager, f"{address}/correct", name="孙示例", tie=here.tie).status_code == 422
    fields = {"name": "孙示例", "phone": "19000000088", "tie": "family", "reason": "登记时写错"}
    assert send(manager, f"{address}/correct", **fields).status_code == 303
    db.expire_all()
    now = home_of(db, site)
    assert (now.name, now.phone, now.tie) == ("孙*", "190****0088", "family")
    (row,) = db.scalars(select(AuditRow).where(AuditRow.what == "person.correct"))
    assert row.after == {"name": "孙*", "phone": "190****0088", "tie": "family", "corrected": ["name", "phone", "tie"]}
    assert (row.reason, row.before["name"]) == ("登记时写错", "张*")


@pytest.mark.req("ADMIN-06")
def test_moving_out_ends_at_the_midnight_after_the_last_day(manager, site, db):
    here, day = home_of(db, site), site_time(clock.now()).date() + timedelta(days=40)
    last, longer = day.isoformat(), (day + timedelta(days=30)).isoformat()
    address = f"/people/homes/{here.resident_id}"
    wrong = send(manager, f"{address}/end", ends_at=last, reason=" ")
    assert wrong.status_code == 422 and 'id="end-reason-wrong"' in wrong.text and f'value="{last}"' in wrong.text
    assert send(manager, f"{address}/end", ends_at="2001-01-01", reason="搬走").status_code == 422
    for _ in range(2):
        moved = send(manager, f"{address}/end", ends_at=last, reason="搬走")
        assert moved.headers["location"] == f"{address}?said=out"
    told = manager.get(moved.headers["location"], headers=HTML).text
    assert "最后一天是" in told and f"{day.month}月{day.day}日" in told and "到那天 24 点" in told
    assert f'href="{address}/cards">去收回卡' in told
    db.expire_all()
    assert home_of(db, site).ends_at == datetime.combine(day, time(16), UTC)
    later = send(manager, f"{address}/end", ends_at=longer, reason="又住")
    assert later.status_code == 409 and "不能再延长" in later.text


@pytest.mark.req("ADMIN-06")
@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, "同名同号"),
        ({"phone": ""}, "同名"),
        ({"phone": "19000000099"}, "同名"),
        ({"name": "别示例", "phone": "+86 190 0000 0077"}, "同号"),
    ],
)
def test_nobody_is_registered_twice_without_a_word(manager, site, db, change, word):
    there = newcomer(site)
    send(manager, "/people/new", **there)
    again = newcomer(site) | change
    asked = send(manager, "/people/new", **again)
    assert asked.status_code == 409 and "这一户已经有这样的人" in asked.text and f" · {word}</span>" in asked.text
    assert f'href="/people/homes/{there["resident"]}"' in asked.text and "周* · " in asked.text
    assert "周示例" not in asked.text.replace('value="周示例"', ""), "only what was typed"
    assert len(queries.residents_of(db, site.community_id)) == 5
    assert send(manager, "/people/new", **again, alike="yes").status_code == 303
    db.expire_all()
    assert len(queries.residents_of(db, site.community_id)) == 6


def test_who_has_left_or_lives_elsewhere_is_no_reason_to_ask(manager, site, db):
    there = newcomer(site)
    send(manager, "/people/new", **there)
    assert send(manager, "/people/new", **newcomer(site, house="5-2-1102")).status_code == 303
    assert send(manager, "/people/new", **newcomer(site, name="别示例", phone="")).status_code == 303
    send(manager, f"/people/homes/{there['resident']}/withdraw", reason="登记重了")
    after = (clock.now() + timedelta(days=2)).date().isoformat()
    assert send(manager, "/people/new", **newcomer(site, starts=after)).status_code == 303


@pytest.mark.req("ADMIN-06", "SEC-02")
@pytest.mark.parametrize("starts", ["2026-11-01", "2099-01-01"])
def test_who_was_registered_wrongly_is_at_home_no_more_at_once(manager, site, db, starts):
    fields = newcomer(site, starts=starts, ends_at="")
    send(manager, "/people/new", **fields)
    address = f"/people/homes/{fields['resident']}"
    wrong = send(manager, f"{address}/withdraw", reason=" ")
    assert wrong.status_code == 422 and 'id="withdraw-reason-wrong"' in wrong.text
    before = clock.now()
    for _ in range(2):
        assert send(manager, f"{address}/withdraw", reason="登记重了").status_code == 303
    db.expire_all()
    here = home_of(db, site, "5-2-1101")
    assert here.starts_at <= here.ends_at and before <= here.ends_at <= clock.now()
    holder_id = access.holder_id_of(db, site.community_id, here.person_id)
    told = {one.cardholder_id: one for one in snapshot.parts(db, site.community_id, clock.now()).cardholders}
    assert holder_id not in told or told[holder_id].valid_until <= clock.now(), "the gates let nobody in on it"
    (row,) = db.scalars(select(AuditRow).where(AuditRow.what == "resident.withdraw"))
    assert (
        row.reason == "登记重了" and row.after["ends_at"] == here.ends_at.isoformat() and row.before["ends_at"] is None
    )
    page = manager.get(address, headers=HTML).text
    assert "已迁出" in page and 'id="withdraw"' not in page


def test_a_forged_word_says_of_nobody_that_they_moved_out(manager, site, db):
    here = next(one for one in queries.residents_of(db, site.community_id) if one.ends_at is None)
    assert "已登记迁出" not in manager.get(f"/people/homes/{here.resident_id}?said=out", headers=HTML).text


def test_what_is_wrong_with_a_phone_is_said_once(manager, site):
    page = send(manager, "/people/new", **newcomer(site, phone="abc"))
    assert page.status_code == 422 and page.text.count("手机号 5 到 15 位数字") == 1
    assert 'id="new-phone-hint">例如 190-0000-0001' in page.text


def test_both_ways_on_from_a_person_stand_in_one_row_with_a_gap(manager, site, db):
    here = home_of(db, site)
    text = manager.get(f"/people/homes/{here.resident_id}", headers=HTML).text
    row = re.search(r'<div class="actions">(.*?)</div>', text, re.DOTALL)
    assert row is not None and "/cards" in row.group(1) and "/face" in row.group(1)


def test_another_house_keeps_the_person_and_what_the_gates_know(manager, site, db):
    here = home_of(db, site)
    fields = {"house": "5-2-1102", "tie": "owner", "starts": "2026-12-01", "resident": str(new_id())}
    for _ in range(2):
        answer = send(manager, f"/people/homes/{here.resident_id}/another", **fields)
        assert answer.headers["location"] == f"/people/homes/{fields['resident']}?said=saved"
    assert [one.house for one in queries.homes_of(db, here.person_id, site.community_id)] == ["5-2-101", "5-2-1102"]


def test_blocking_asks_for_a_reason_and_a_second_press_changes_nothing(manager, site, db):
    here = home_of(db, site)
    address = f"/people/homes/{here.resident_id}"
    assert send(manager, f"{address}/block", deed="block", reason="").status_code == 422
    for deed in ("block", "block", "unblock", "unblock"):
        assert send(manager, f"{address}/block", deed=deed, reason="欠押金").status_code == 303
    deeds = [row.what for row in db.scalars(select(AuditRow).where(AuditRow.what.like("cardholder.%block")))]
    assert sorted(deeds) == ["cardholder.block", "cardholder.unblock"]


@pytest.mark.req("VIS-05")
def test_a_resident_gets_one_pass_however_often_it_is_pressed(manager, site, db):
    here = home_of(db, site)
    today = clock.now().date().isoformat()
    year = today.replace(today[:4], str(int(today[:4]) + 1))
    places = {
        send(manager, f"/people/homes/{here.resident_id}/pass", starts=today, ends_at=year).headers["location"]
        for _ in range(2)
    }
    assert len(places) == 1 and re.fullmatch(r"/visitors/[0-9a-f-]{36}", places.pop())
    wrong = send(manager, f"/people/homes/{here.resident_id}/pass", starts=today, ends_at="2001-01-01")
    assert wrong.status_code == 422 and 'id="pass-ends_at-wrong"' in wrong.text


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_only_who_keeps_this_community_edits_its_people(login_as, site, two_tenants, database, db):
    here = home_of(db, site)
    address = f"/people/homes/{here.resident_id}"
    elsewhere = login_as("manager", community=seed(database.engine, site.tenant_id).community_id)
    for client in (
        login_as("guard", community=site.community_id), elsewhere, login_as("administrator", tenant=two_tenants.b)
    ):  # fmt: skip
        assert client.get(address, headers=HTML).status_code in (403, 404)
        assert send(client, "/people/new", **newcomer(site)).status_code in (403, 404)
        for deed in ("correct", "another", "end", "groups", "block", "household", "pass", "withdraw"):
            answer = send(client, f"{address}/{deed}", reason="x", ends_at="2026-11-30", starts="2026-11-30")
            assert answer.status_code in (403, 404), deed
        assert f'"{address}"' not in client.get("/people", headers=HTML).text
    guard = login_as("guard", community=site.community_id).get("/people", headers=HTML).text
    assert f'"{address}/face"' in guard, "who may enrol a face gets there"


@pytest.mark.req("ACC-06")
def test_a_household_is_kept_out_until_a_day_and_let_in_again(manager, site, db):
    here = home_of(db, site)
    address = f"/people/homes/{here.resident_id}"
    last = (clock.now() + timedelta(days=3)).date()
    wrong = send(manager, f"{address}/household", deed="block", until="2001-01-01", reason="")
    assert wrong.status_code == 422 and 'id="household-until-wrong"' in wrong.text
    for deed in ("block", "block"):
        fields = {"deed": deed, "until": last.isoformat(), "reason": "等待通知"}
        assert send(manager, f"{address}/household", **fields).status_code == 303
    text = manager.get(address, headers=HTML).text
    top = text[: text.index('class="two"')]
    until = f"{last.month}月{last.day}日"
    assert "这一户暂停进入" in top and until in top and "理由：等待通知" in top and "恢复这一户进入" in top
    assert "门认识此人：" not in text, "no green word beside the red one"
    assert re.search(r"自 .*\d\d:\d\d 起，由.+暂停", top) and 'href="#household"' in top
    for _ in range(2):
        assert send(manager, f"{address}/household", deed="unblock", reason="已通知").status_code == 303
    assert "恢复这一户进入" not in manager.get(address, headers=HTML).text
    deeds = [row.what for row in db.scalars(select(AuditRow).where(AuditRow.what.like("household.%")))]
    assert sorted(deeds) == ["household.block", "household.unblock"]
