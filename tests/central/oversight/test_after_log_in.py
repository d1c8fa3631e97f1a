"""Where somebody comes to after log-in or a first change of password: the page they wanted, and what has happened."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import update

from central.base.identity.tables import AccountRow
from tests.central.conftest import ORIGIN

HTML = {"accept": "text/html"}


def test_the_first_change_of_password_leads_on_to_the_page_that_was_asked_for(login_as, town):
    client = login_as("manager", community=town.community)
    with town.session() as db:
        db.execute(update(AccountRow).where(AccountRow.id == client.person.actor.id).values(must_change_password=True))
    due = client.get("/people?house=5", headers=HTML)
    assert due.headers["location"] == "/change-password?next=%2Fpeople%3Fhouse%3D5"
    assert 'name="next" value="/people?house=5"' in client.get(due.headers["location"], headers=HTML).text
    assert client.get("/", headers=HTML).headers["location"] == "/change-password"
    with town.session() as db:
        db.execute(update(AccountRow).where(AccountRow.id == client.person.actor.id).values(must_change_password=False))
    assert "密码已修改" in client.get("/people?house=5&said=password", headers=HTML).text
    assert "密码已修改" not in client.get("/people?house=5", headers=HTML).text


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(client, town):
    page = f"/people/new?community={town.community}"
    answer = client.post("/people/new", data={"name": "周"}, headers=HTML | {"referer": f"{ORIGIN}{page}"})
    assert answer.headers["location"] == f"/login?next={quote(page, safe='')}&said=lost"
