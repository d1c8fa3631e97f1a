"""A page that shows a secret once is reloaded: nothing is made anew, and what was handed over goes on to hold."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from central.base.identity.tables import AccountRow
from central.base.kernel.session import tenant_session
from central.gates.access.queries_credentials import pins_of
from central.gates.access.tables import PassLinkRow
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.nodes.tables import NodeTokenRow
from central.people.community import queries as people
from tests.browser.gate import seed

HTML = {"accept": "text/html"}
SAID = "已生成，只显示一次；需要时再按一次"
DEEDS = ("pin", "password", "link", "token", "invite")


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def forms_of(site, login_as, database, what):
    """The page with the form, where the form goes, what is typed, and what is kept of the secret afterwards."""
    with tenant_session(database.engine, site.tenant_id) as db:
        (here,) = [one for one in people.residents_of(db, site.community_id) if one.name == "张*"]
        gate = people.gates_of(db, site.community_id)[0].gate_id
    home, community = f"/people/homes/{here.resident_id}", str(site.community_id)
    account = login_as("guard", community=site.community_id).person.actor.id
    kept = {
        "pin": lambda db: [one.pin_id for one in pins_of(db, site.cardholders[0])],
        "password": lambda db: db.scalar(select(AccountRow.password_hash).where(AccountRow.id == account)),
        "link": lambda db: [row.token_sha256 for row in db.scalars(select(PassLinkRow))],
        "token": lambda db: db.scalar(select(func.count()).select_from(NodeTokenRow)),
        "invite": lambda db: db.scalar(select(func.count()).select_from(FaceEnrolmentRow)),
    }[what]
    page, action, typed = {
        "pin": (f"{home}/cards", f"{home}/pin", {"house_id": str(here.house_id)}),
        "password": (f"/accounts/{account}", f"/accounts/{account}/password", {"reason": "忘了"}),
        "link": (f"/visitors/{site.pass_id}", f"/visitors/{site.pass_id}/link", {}),
        "token": ("/nodes", "/nodes", {"community": community, "gate": str(gate), "name": "东门二"}),
        "invite": (f"{home}/face", f"{home}/face/invite", {}),
    }[what]
    return page, action, typed, kept


@pytest.mark.req("SEC-02")
@pytest.mark.parametrize("what", DEEDS)
def test_a_reload_makes_nothing_anew_and_says_so(login_as, site, database, what):
    clerk = login_as("administrator")
    page, action, typed, kept = forms_of(site, login_as, database, what)
    if what == "invite":  # an adult's: no guardian has to agree
        assert clerk.post(f"{page}/age", data={"born_on": "1980-05-01"}, headers=HTML).status_code == 303

    def drawn() -> str:
        text = clerk.get(page, headers=HTML).text
        return re.search(rf'action="{action}(?:#link)?".*?name="once" value="([^"]+)"', text, re.DOTALL)[1]

    def now():
        with tenant_session(database.engine, site.tenant_id) as db:
            return kept(db)

    before, form = now(), typed | {"once": drawn()}
    assert clerk.post(action, data=form, headers=HTML).status_code == 200
    made = now()
    assert made != before
    again = clerk.post(action, data=form, headers=HTML)
    assert again.status_code == 303 and now() == made, "what was handed over still holds"
    told = clerk.get(again.headers["location"], headers=HTML)
    assert told.status_code == 200 and SAID in told.text and SAID not in clerk.get(page, headers=HTML).text
    assert clerk.post(action, data=typed | {"once": drawn()}, headers=HTML).status_code == 200 and now() != made
    if what == "invite":
        assert "链接已生成，还没有拍照。" in clerk.get(page, headers=HTML).text
    english = clerk.get(again.headers["location"], headers=HTML | {"accept-language": "en"}).text
    assert "shown once only" in english


def test_a_form_that_was_refused_is_not_used_up(login_as, site, database):
    clerk = login_as("administrator")
    page, action, typed, _ = forms_of(site, login_as, database, "password")
    number = re.search(r'name="once" value="([^"]+)"', clerk.get(page, headers=HTML).text)[1]
    assert clerk.post(action, data={"reason": " ", "once": number}, headers=HTML).status_code == 422
    assert clerk.post(action, data=typed | {"once": number}, headers=HTML).status_code == 200
