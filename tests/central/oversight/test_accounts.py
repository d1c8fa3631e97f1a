"""Accounts over the pages: who may, what is made and told once, what a second press does, nobody locked out."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.identity.accounts import disable_account, enable_account, reset_password
from central.base.identity.roles import roles_held, withdraw_role
from central.base.identity.tables import AccountRow
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict
from central.base.kernel.session import tenant_session
from models.values.ids import new_id
from tests.browser.gate import seed
from tests.central.conftest import client_of

HTML = {"accept": "text/html"}
PASSWORD = re.compile(r"一次性密码 ([a-z2-9]{4}(?:-[a-z2-9]{4}){3})")


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def administrator(login_as, site):
    return login_as("administrator")


def send(client, address, **fields):
    return client.post(address, data=fields, headers=HTML)


def guard_form(site, **change):
    return {
        "account": str(new_id()), "name": "王强", "login": "Wang.Gate", "role": "guard",
        "where": str(site.community_id),
    } | change  # fmt: skip


def row_of(database, tenant_id, login):
    with tenant_session(database.engine, tenant_id) as db:
        return db.scalar(select(AccountRow).where(AccountRow.login == login))


def held(database, tenant_id, account_id):
    with tenant_session(database.engine, tenant_id) as db:
        return roles_held(db, [account_id]).get(account_id, [])


def deeds(database, tenant_id, account_id):
    with tenant_session(database.engine, tenant_id) as db:
        query = select(AuditRow).where(AuditRow.subject_id == str(account_id)).order_by(AuditRow.at, AuditRow.id)
        return [(row.what, row.reason) for row in db.scalars(query)]


def signs_in(app, login, password):
    return client_of(app).post("/api/v1/session", json={"login": login, "password": password}).status_code == 204


@pytest.mark.req("SEC-06", "ADMIN-03")
def test_an_account_is_made_with_a_role_and_its_password_is_told_once(app, administrator, site, database):
    fields = guard_form(site)
    answer = send(administrator, "/accounts", **fields)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    (password,) = PASSWORD.findall(answer.text)
    made = row_of(database, site.tenant_id, "wang.gate")
    assert held(database, site.tenant_id, made.id) == [("guard", site.community_id)]
    assert signs_in(app, "wang.gate", password)
    for address in (f"/accounts/{made.id}", "/accounts"):
        text = administrator.get(address, headers=HTML).text
        assert "王强" in text and "等本人改密码" in text and "还没有登录过" not in text.split("wang.gate")[1][:900]
        assert password not in text


def test_sent_twice_one_account_is_made_and_the_password_handed_over_holds(app, administrator, site, database):
    fields = guard_form(site)
    (password,) = PASSWORD.findall(send(administrator, "/accounts", **fields).text)
    late = send(administrator, "/accounts", **fields)
    made = row_of(database, site.tenant_id, "wang.gate")
    assert (late.status_code, late.headers["location"]) == (303, f"/accounts/{made.id}?said=again")
    assert "已生成，只显示一次；需要时再按一次" in administrator.get(late.headers["location"], headers=HTML).text
    assert signs_in(app, "wang.gate", password)


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "王" * 61}, {"name"}),
        ({"login": "王强"}, {"login"}),
        ({"login": "w"}, {"login"}),
        ({"login": "admin.b"}, {"login"}),  # another company's, and unseen from here
        ({"role": "king"}, {"role"}),
        ({"where": ""}, {"where"}),
        ({"where": str(new_id())}, {"where"}),
        ({"login": "", "name": "", "role": "", "where": ""}, {"login", "name", "role", "where"}),
    ],
)
def test_what_cannot_be_taken_stands_beside_its_field_and_nothing_is_made(
    administrator, site, database, change, beside
):
    answer = send(administrator, "/accounts", **guard_form(site, **change))
    assert answer.status_code in (409, 422)
    assert set(re.findall(r'id="account-(\w+)-wrong"', answer.text)) == beside
    assert f'value="{change.get("name", "王强").strip()}"' in answer.text
    assert row_of(database, site.tenant_id, "wang.gate") is None
    assert PASSWORD.findall(answer.text) == []


@pytest.mark.req("SEC-02")
def test_a_reset_needs_a_reason_and_ends_what_was(app, administrator, site, database, login_as):
    guard = login_as("guard", community=site.community_id)
    address = f"/accounts/{guard.person.actor.id}/password"
    wrong = send(administrator, address, reason=" ")
    assert wrong.status_code == 422 and 'id="reset-reason-wrong"' in wrong.text
    assert guard.get("/", headers=HTML).status_code == 200
    (password,) = PASSWORD.findall(send(administrator, address, reason="忘记密码，当面来的").text)
    assert guard.get("/", headers=HTML).status_code != 200
    assert signs_in(app, guard.person.actor.name.lower().replace(" ", ""), password)
    assert ("account.reset_password", "忘记密码，当面来的") in deeds(database, site.tenant_id, guard.person.actor.id)


@pytest.mark.req("SEC-02")
def test_a_reset_at_the_machine_is_told_as_such(administrator, site, database, parts, someone):
    with tenant_session(database.engine, site.tenant_id) as db:
        reset_password(db, system(site.tenant_id, "machine"), parts.passwords, someone("guard").actor.id)
    assert "在中心主机上" in administrator.get("/audit", headers=HTML).text


@pytest.mark.req("SEC-02")
def test_an_account_is_disabled_and_enabled_with_its_roles(administrator, site, database, login_as):
    guard = login_as("guard", community=site.community_id)
    account = guard.person.actor.id
    assert send(administrator, f"/accounts/{account}/disable", reason="").status_code == 422
    for _ in range(2):
        assert send(administrator, f"/accounts/{account}/disable", reason="已离职").status_code == 303
    assert guard.get("/", headers=HTML).status_code != 200
    text = administrator.get(f"/accounts/{account}", headers=HTML).text
    assert "已停用" in text and f'action="/accounts/{account}/password"' not in text
    assert send(administrator, f"/accounts/{account}/enable", reason="").status_code == 422
    for _ in range(2):
        assert send(administrator, f"/accounts/{account}/enable", reason="回来上班").status_code == 303
    assert "已停用" not in administrator.get(f"/accounts/{account}", headers=HTML).text
    assert held(database, site.tenant_id, account) == [("guard", site.community_id)]
    told = deeds(database, site.tenant_id, account)
    assert [one for one in told if one[0] in ("account.disable", "account.enable")] == [
        ("account.disable", "已离职"), ("account.enable", "回来上班"),
    ]  # fmt: skip


@pytest.mark.req("ADMIN-03")
def test_roles_are_given_and_taken_where_they_hold(administrator, site, database, login_as):
    guard = login_as("guard", community=site.community_id)
    account = guard.person.actor.id
    for _ in range(2):
        assert send(administrator, f"/accounts/{account}/roles", role="manager", where="all").status_code == 303
    assert set(held(database, site.tenant_id, account)) == {("guard", site.community_id), ("manager", None)}
    here = {"role": "guard", "where": str(site.community_id), "reason": "已调岗"}
    for reason in ("", " "):
        unasked = send(administrator, f"/accounts/{account}/roles/withdraw", **here | {"reason": reason})
        assert unasked.status_code == 422 and "请写明理由" in unasked.text
        assert f'id="take-guard-{site.community_id}-reason-wrong"' in unasked.text
        assert unasked.text.count('class="fold" open') == 1, "of the two roles the one that was pressed"
    assert ("guard", site.community_id) in held(database, site.tenant_id, account)
    for _ in range(2):
        assert send(administrator, f"/accounts/{account}/roles/withdraw", **here).status_code == 303
    assert held(database, site.tenant_id, account) == [("manager", None)]
    assert [one for one in deeds(database, site.tenant_id, account) if one[0] == "role.withdraw"] == [
        ("role.withdraw", "已调岗")
    ]
    assert "这是最后一个角色" in administrator.get(f"/accounts/{account}", headers=HTML).text
    wrong = send(administrator, f"/accounts/{account}/roles", role="guard", where="")
    assert wrong.status_code == 422 and 'id="role-where-wrong"' in wrong.text


@pytest.mark.req("SEC-04")
def test_who_has_no_role_left_is_told_whom_to_ask_and_can_sign_out(login_as, site):
    nobody = login_as(None)
    for address in ("/", "/people", "/accounts"):
        page = nobody.get(address, headers=HTML)
        assert page.status_code == 403 and "您的账号现在没有角色" in page.text and "系统管理员" in page.text
        assert 'action="/logout"' in page.text and "回到首页" not in page.text and nobody.person.actor.name in page.text
    assert "没有角色" not in login_as("guard", community=site.community_id).get("/accounts", headers=HTML).text
    assert nobody.post("/logout", headers=HTML).headers["location"] == "/login"


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_only_who_keeps_the_whole_companys_accounts_sees_and_changes_them(login_as, site, two_tenants, database):
    account = login_as("guard", community=site.community_id).person.actor.id
    deeds = (
        ("/accounts", guard_form(site)),
        (f"/accounts/{account}/password", {"reason": "x"}),
        (f"/accounts/{account}/disable", {"reason": "x"}),
        (f"/accounts/{account}/enable", {"reason": "x"}),
        (f"/accounts/{account}/roles", {"role": "guard", "where": "all"}),
        (f"/accounts/{account}/roles/withdraw", {"role": "guard", "where": str(site.community_id)}),
    )
    everywhere = login_as("manager")
    text = everywhere.get("/accounts", headers=HTML).text
    assert "管理员办理" in text and 'action="/accounts"' not in text
    assert "/withdraw" not in everywhere.get(f"/accounts/{account}", headers=HTML).text
    assert 'href="/accounts"' in everywhere.get("/setup", headers=HTML).text
    here = login_as("manager", community=site.community_id)
    assert 'href="/accounts"' not in here.get("/setup", headers=HTML).text
    local = login_as("administrator", community=site.community_id)
    for client in (login_as("guard"), here, local):
        assert client.get("/accounts", headers=HTML).status_code == 403
        assert client.get(f"/accounts/{account}", headers=HTML).status_code == 403
    for client in (login_as("guard"), here, local, everywhere):
        for address, fields in deeds:
            assert send(client, address, **fields).status_code == 403, address
    stranger = login_as("administrator", tenant=two_tenants.b)
    assert stranger.get(f"/accounts/{account}", headers=HTML).status_code == 404
    for address, fields in deeds[1:]:
        assert send(stranger, address, **fields).status_code in (404, 422), address
    assert row_of(database, site.tenant_id, "wang.gate") is None


@pytest.mark.req("SEC-04")
def test_nobody_locks_out_themselves(administrator, site, database):
    own = administrator.person.actor.id
    taken = send(administrator, f"/accounts/{own}/roles/withdraw", role="administrator", where="all", reason="x")
    assert taken.status_code == 409 and "不能收回自己的管理员角色" in taken.text
    disabled = send(administrator, f"/accounts/{own}/disable", reason="x")
    reset = send(administrator, f"/accounts/{own}/password", reason="x")
    assert (disabled.status_code, reset.status_code) == (409, 409)
    text = administrator.get(f"/accounts/{own}", headers=HTML).text
    assert "这是您自己的账号" in text and "/disable" not in text
    assert held(database, site.tenant_id, own) == [("administrator", None)]


@pytest.mark.req("SEC-04")
def test_the_last_administrator_who_can_sign_in_is_kept(database, two_tenants, parts, someone):
    """Whoever asks: the refusal is of the deed, not of the one who does it."""
    machine = system(two_tenants.a, "test", ("role.grant", "account.edit"))
    other = someone("administrator").actor.id
    with tenant_session(database.engine, two_tenants.a) as db:
        first = db.scalar(select(AccountRow.id).where(AccountRow.login == "admin.a"))
        disable_account(db, machine, other, "x")
    with tenant_session(database.engine, two_tenants.a) as db:
        for deed in (
            lambda: disable_account(db, machine, first, "x"),
            lambda: withdraw_role(db, machine, first, "administrator", None),
        ):
            with pytest.raises(Conflict) as refused, db.begin_nested():
                deed()
            assert refused.value.key == "identity.last_administrator"
        enable_account(db, machine, other, "x")
        db.flush()
        disable_account(db, machine, first, "x")
