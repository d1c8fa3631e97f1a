"""Data map, processing log and assessments: from the live configuration, for who may, in one community (PRIV-10)."""

from __future__ import annotations

import importlib
from datetime import date

import pytest

from central.app import DOMAINS
from central.base.kernel.tables import metadata
from central.gates.access import service as access
from central.oversight.privacy import routes
from central.oversight.privacy.data_map import ABOUT_NOBODY, KINDS
from central.people.assessment.tables import ImpactAssessmentRow
from central.people.consent.service import note_age
from tests.central.people.assessed import ANSWERS, assess
from tests.central.people.routes_matrix import MANAGER, Call, check_call, routes_of, shape

API = "/api/v1"


def signing(town):
    return {"community_id": str(town.community), "signed_by": "李经理", "answers": ANSWERS}


def assessed(town):
    with town.session() as db:
        assess(db, town.community)


def one(town):
    with town.session() as db:
        return {"id": db.query(ImpactAssessmentRow.id).scalar()}


def here(town):
    return {"community_id": town.community}


CALLS = (
    Call("GET", f"{API}/data-map", MANAGER, query=here),
    Call("GET", f"{API}/processing-log", MANAGER, query=here),
    Call("GET", f"{API}/impact-assessments", MANAGER, query=here),
    Call("POST", f"{API}/impact-assessments", MANAGER, 201, signing),
    Call("GET", f"{API}/impact-assessments/{{id}}", MANAGER, path=one, before=assessed),
    Call("POST", f"{API}/impact-assessments/{{id}}/delete", MANAGER, 409, lambda t: {"reason": "清理"}, path=one,
         before=assessed),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((routes.router,))


@pytest.mark.req("PRIV-10")
def test_every_table_is_in_the_map_or_holds_nothing_about_people():
    """A new table fails here until somebody says which data it holds."""
    for domain in DOMAINS:
        importlib.import_module(f"{domain}.wiring")
    claimed = [name for kind in KINDS for name in kind.tables]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) | ABOUT_NOBODY == set(metadata.tables) and not set(claimed) & ABOUT_NOBODY


@pytest.mark.req("PRIV-10")
def test_the_map_says_what_settings_roles_and_tables_say_now(town, login_as):
    manager = login_as(MANAGER, community=town.community)

    def entry(key):
        items = manager.get(f"{API}/data-map", params={"community_id": str(town.community)}).json()["items"]
        return next(one for one in items if one["key"] == key)

    assert entry("picture")["stay"] == {"rule": "pictures_off", "figures": {}}
    with town.session() as db:
        access.change_settings(
            db, town.actor, town.community, send_pictures=True, picture_passed_s=20, picture_refused_days=2
        )
    picture = entry("picture")
    assert picture["stay"] == {"rule": "pictures", "figures": {"seconds": 20, "days": 2}}
    assert picture["sealed"] == ["event_picture.sealed"] and picture["roles"] == ["guard", "manager", "administrator"]
    assert entry("live_picture")["unlogged"] and entry("template")["rows"] is None
    assert entry("template")["stay"]["rule"] == "no_text"
    assert entry("visitor")["rows"] == 2
    before = entry("assessment")["rows"]
    assert manager.post(f"{API}/impact-assessments", json=signing(town)).status_code == 201
    assert entry("assessment")["rows"] == before + 1


@pytest.mark.req("PRIV-10")
def test_the_log_counts_what_the_audit_tells_and_a_signed_one_keeps_the_facts(town, login_as):
    manager, where = login_as(MANAGER, community=town.community), {"community_id": str(town.community)}
    unmasked = manager.post(f"{API}/people/{town.person}/unmask", json={"reason": "送快递"})
    signed = manager.post(f"{API}/impact-assessments", json=signing(town)).json()
    log = manager.get(f"{API}/processing-log", params=where).json()
    assert log["counts"]["assessment"] == 1 and log["last"][0]["what"] == "assessment.sign"
    assert log["counts"]["reveal"] == int(unmasked.status_code == 200)
    assert signed["facts"]["settings"]["send_pictures"] is False and signed["answers"] == ANSWERS
    listed = manager.get(f"{API}/impact-assessments", params=where).json()
    assert listed["current"] == 1 and listed["items"][0]["digest"] == signed["digest"]
    assert manager.post(f"{API}/impact-assessments", json=signing(town) | {"answers": {}}).status_code == 422


@pytest.mark.req("PRIV-10")
def test_the_page_of_a_face_says_why_nobody_can_be_invited_and_leads_to_the_assessment(town, login_as):
    manager, html = login_as(MANAGER, community=town.community), {"accept": "text/html"}
    with town.session() as db:
        note_age(db, town.actor, town.resident, date(1980, 5, 1), now=town.now)
    page = manager.get(f"/people/homes/{town.resident}/face", headers=html).text
    assert f'href="/privacy?community={town.community}"' in page and "/face/invite" not in page
    assert f">{town.cardholder}<" in page, "the gate's own commands ask for it"
    refused = manager.post(f"/people/homes/{town.resident}/face/invite", headers=html)
    assert refused.status_code == 409 and "影响评估" in refused.text and "/privacy" in refused.text
    assessed(town)
    after = manager.get(f"/people/homes/{town.resident}/face", headers=html).text
    assert f'href="/privacy?community={town.community}"' not in after and "#texts" in after, (
        "the text is what lacks now"
    )
