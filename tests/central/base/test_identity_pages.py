"""Logging in and out in a browser and by the API; the one-time password opens nothing but its own change."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy import select

from central.base.identity.accounts import add_account, reset_password
from central.base.identity.guard import COOKIE
from central.base.identity.tables import AccountRow
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import tenant_session
from central.base.web.hosts import Hosts
from tests.central.conftest import ORIGIN

HTML = {"accept": "text/html"}
NEW = "a better horse 42"


@pytest.fixture
def account(database, parts, two_tenants):
    """(login, one-time password) of a fresh account."""
    with tenant_session(database.engine, two_tenants.a) as db:
        row, one_time = add_account(db, system(two_tenants.a, "test"), parts.passwords, "li", "李")
        return row.login, one_time


def log_in(client, account, **more):
    login, password = account
    return client.post("/login", data={"login": login, "password": password, **more}, headers=HTML)


@pytest.mark.req("SEC-06")
def test_the_one_time_password_leads_to_its_change_and_nowhere_else(client, account):
    assert log_in(client, account).headers["location"] == "/"
    assert client.get("/api/v1/accounts").json()["type"] == "urn:menting:problem:password-change-due"
    assert client.get("/api/v1/accounts", headers=HTML).status_code == 403
    assert client.get("/api/v1/session").json()["must_change_password"] is True
    assert client.get("/change-password", headers=HTML).status_code == 200
    form = {"old_password": account[1], "new_password": NEW, "again": NEW}
    assert client.post("/change-password", data=form, headers=HTML).headers["location"] == "/?said=password"
    assert client.get("/api/v1/session").json()["must_change_password"] is False
    assert client.get("/api/v1/accounts").json()["type"] == "urn:menting:problem:forbidden"


@pytest.mark.req("SEC-06")
def test_the_one_time_password_is_worth_nothing_afterwards(client, account):
    log_in(client, account)
    body = {"old_password": account[1], "new_password": NEW}
    assert client.put("/api/v1/session/password", json=body).status_code == 204
    assert log_in(client, account).status_code == 401
    assert log_in(client, (account[0], NEW)).status_code == 303


def test_a_page_shows_what_is_wrong_with_a_new_password(client, account):
    log_in(client, account)
    form = {"old_password": account[1], "new_password": NEW, "again": "other"}
    answer = client.post("/change-password", data=form, headers=HTML)
    assert answer.status_code == 422 and "两次输入的新密码不一致" in answer.text
    assert NEW not in answer.text


def change(client, old, new=NEW):
    return client.put("/api/v1/session/password", json={"old_password": old, "new_password": new})


def told(database, two_tenants):
    with tenant_session(database.engine, two_tenants.a) as db:
        return list(db.scalars(select(AuditRow.what).where(AuditRow.subject == "account").order_by(AuditRow.id)))


@pytest.mark.req("SEC-05")
def test_who_holds_a_session_cannot_try_out_its_password(client, account, database, two_tenants, parts):
    log_in(client, account)
    assert [change(client, f"wrong {number}").status_code for number in range(4)] == [422] * 4
    assert change(client, account[1], "short").status_code == 422, "the right one is no wrong try"
    fifth = change(client, "wrong 4")
    assert fifth.status_code == 401 and "错了 5 次" in fifth.json()["detail"]
    assert client.get("/api/v1/session").status_code == 401
    assert told(database, two_tenants)[-1] == "account.try_password"
    assert log_in(client, account).status_code == 303, "its owner comes in again"
    rests = change(client, account[1])
    assert (rests.status_code, rests.headers["retry-after"]) == (429, "900")
    with tenant_session(database.engine, two_tenants.a) as db:
        owner = db.scalars(select(AccountRow).where(AccountRow.login == account[0])).one()
        given = reset_password(db, system(two_tenants.a, "test"), parts.passwords, owner.id)
    assert log_in(client, (account[0], given)).status_code == 303
    assert change(client, given).status_code == 204, "an administrator's new one is counted by itself"


@pytest.mark.req("SEC-05")
def test_the_page_says_that_the_sessions_have_ended(client, account):
    log_in(client, account)
    form = {"old_password": "wrong", "new_password": NEW, "again": NEW}
    answers = [client.post("/change-password", data=form, headers=HTML) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [401]
    assert "已退出它的所有登录" in answers[-1].text and 'name="login"' in answers[-1].text
    assert client.get("/change-password", headers=HTML).headers["location"].startswith("/login")


def test_a_changed_password_begins_a_new_count(client, account):
    log_in(client, account)
    for old, new in ((account[1], NEW), (NEW, "yet another horse 42")):
        assert [change(client, "wrong").status_code for _ in range(4)] == [422] * 4
        assert change(client, old, new).status_code == 204


def test_a_wrong_log_in_keeps_the_login_and_not_the_password(client, account):
    answer = log_in(client, (account[0], "no such <b>pass"))
    assert answer.status_code == 401
    assert 'value="li"' in answer.text and "no such" not in answer.text
    assert "用户名或密码不对" in answer.text


@pytest.mark.req("SEC-09")
def test_what_was_typed_is_shown_as_text(client):
    answer = log_in(client, ('"><script>alert(1)</script>', "x"))
    assert "<script>alert(1)" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_log_in_leads_to_our_own_pages_only(client, account, onward):
    assert log_in(client, account, next=onward).headers["location"] == "/"


def test_log_in_leads_back_to_the_page_that_asked_for_it(client, account):
    asked = client.get("/change-password?x=1", headers=HTML)
    assert asked.status_code == 303 and asked.headers["location"] == "/login?next=%2Fchange-password%3Fx%3D1"
    assert log_in(client, account, next="/change-password?x=1").headers["location"] == "/change-password?x=1"


@pytest.mark.parametrize(
    ("came_from", "onward"),
    [
        (f"{ORIGIN}/change-password?x=1", "/change-password?x=1"),
        ("http://elsewhere.example/change-password", "/"),
        (f"{ORIGIN}//elsewhere.example/", "/"),
        (f"{ORIGIN}/nowhere", "/"),
        (f"{ORIGIN}/api/v1/accounts", "/"),
        (f"{ORIGIN}/logout", "/"),
        (f"{ORIGIN}/change-password?{'x' * 3000}", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_the_session_ended_says_so_and_leads_back_to_its_page(client, came_from, onward):
    typed = {"old_password": "typed", "new_password": NEW, "again": NEW}
    answer = client.post("/change-password", data=typed, headers=HTML | {"referer": came_from})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={quote(onward, safe='')}&said=lost"
    told = client.get(answer.headers["location"], headers=HTML).text
    assert "刚才填的没有保存" in told and f'name="next" value="{onward}"' in told
    assert "typed" not in answer.headers["location"] + told and NEW not in told


def test_logging_out_twice_and_looking_lose_nothing(client):
    assert client.post("/logout", headers=HTML).headers["location"] == "/login?next=%2F"
    fetched = client.get("/change-password", headers=HTML | {"hx-request": "true", "referer": f"{ORIGIN}/login"})
    assert fetched.headers["hx-redirect"] == "/login?next=%2F"
    assert "没有保存" not in client.get("/login", headers=HTML).text


def test_the_first_change_of_password_leads_on_to_the_page_that_was_asked_for(client, account):
    log_in(client, account)
    form = {"old_password": account[1], "new_password": NEW, "again": "other", "next": "/change-password?x=1#y"}
    wrong = client.post("/change-password", data=form, headers=HTML)
    assert 'name="next" value="/change-password?x=1#y"' in wrong.text
    done = client.post("/change-password", data=form | {"again": NEW}, headers=HTML)
    assert done.headers["location"] == "/change-password?x=1&said=password#y"


def test_another_language_keeps_the_way_on_and_what_was_said(client, account):
    for address in ("/login?next=%2Fpeople%3Fx%3D1", "/login?next=%2Fpeople&said=lost"):
        page = client.get(address, headers=HTML).text
        assert page.count(f'name="next" value="{address.replace("&", "&amp;")}"') == 2
    wrong = log_in(client, (account[0], "no"), next="/people").text
    assert wrong.count('name="next" value="/login?next=%2Fpeople"') == 2


def test_a_long_way_on_is_dropped_and_keeps_nobody_out(client, account):
    assert log_in(client, account, next="/" + "a" * 3000).headers["location"] == "/"


def test_the_cookie_is_out_of_reach(client, account):
    cookie = log_in(client, account).headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE) and "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie
    assert "secure" not in cookie, "plain HTTP on localhost"


def test_the_cookie_is_secure_away_from_localhost(app, account):
    from fastapi.testclient import TestClient

    app.state.hosts = Hosts(frozenset({"localhost", "gate.example"}))
    for base in ("https://localhost", "https://gate.example", "http://gate.example"):
        away = TestClient(app, base_url=base, headers={"origin": base}, follow_redirects=False)
        assert "secure" in log_in(away, account).headers["set-cookie"].lower()


@pytest.mark.parametrize("how", ["page", "api"])
@pytest.mark.req("SEC-02")
def test_logging_out_ends_the_session_on_the_server(client, account, database, two_tenants, how):
    log_in(client, account)
    token = client.cookies[COOKIE]
    answer = client.post("/logout", headers=HTML) if how == "page" else client.delete("/api/v1/session")
    assert answer.status_code in (303, 204)
    client.cookies.set(COOKIE, token)
    assert client.get("/api/v1/session").status_code == 401
    with tenant_session(database.engine, two_tenants.a) as db:
        assert "session.close" in db.scalars(select(AuditRow.what)).all()


def test_the_lock_is_said_in_words_with_the_time_to_wait(client, account):
    for _ in range(5):
        log_in(client, (account[0], "wrong"))
    answer = log_in(client, account)
    assert answer.status_code == 429 and "15 分钟" in answer.text
    told = client.post("/api/v1/session", json={"login": account[0], "password": account[1]})
    assert told.status_code == 429 and told.headers["retry-after"] == "900"


def test_an_administrator_gives_a_new_one_time_password(login_as, client, account):
    admin = login_as("administrator")
    items = admin.get("/api/v1/accounts").json()["items"]
    account_id = next(item["id"] for item in items if item["login"] == "li")
    one_time = admin.post(f"/api/v1/accounts/{account_id}/password").json()["one_time_password"]
    assert log_in(client, account).status_code == 401
    assert log_in(client, ("li", one_time)).status_code == 303


def test_an_account_is_added_listed_by_pages_and_disabled(login_as, client):
    admin = login_as("administrator")
    made = [admin.post("/api/v1/accounts", json={"login": f"p{n}", "name": f"人{n}"}).json() for n in range(5)]
    assert admin.post("/api/v1/accounts", json={"login": "P1", "name": "again"}).status_code == 409
    first = admin.get("/api/v1/accounts?limit=3").json()
    rest = admin.get("/api/v1/accounts", params={"limit": 200, "after": first["next"]}).json()
    logins = [item["login"] for item in first["items"] + rest["items"]]
    assert logins == sorted(logins) and len(set(logins)) == len(logins) == 7 and rest["next"] is None
    path = f"/api/v1/accounts/{made[0]['account_id']}/disable"
    assert admin.post(path, json={"reason": "left"}).status_code == 204
    assert log_in(client, ("p0", made[0]["one_time_password"])).status_code == 401
    own = f"/api/v1/accounts/{admin.person.actor.id}/disable"
    assert admin.post(own, json={"reason": "x"}).status_code == 409


@pytest.mark.parametrize("headers", [HTML, HTML | {"hx-request": "true"}])
def test_a_way_on_in_chinese_travels_in_a_header(client, headers):
    answer = client.post("/theme", data={"theme": "dark", "next": "/中文?a=b%20c"}, headers=headers)
    assert answer.status_code in (204, 303)
    told = answer.headers.get("hx-redirect") or answer.headers["location"]
    assert told == "/%E4%B8%AD%E6%96%87?a=b%20c"
