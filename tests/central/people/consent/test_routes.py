"""Who may ask what of consent: every route, every role, two tenants, two communities; and what is answered."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from central.people.consent import routes, service
from central.people.consent.rules import Channel
from central.people.consent.tables import ConsentTextRow
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape
from tests.central.people.town import Town

API = "/api/v1"
DESK = {"channel": "desk"}
BORN = {"born_on": "1980-05-01"}


def text_of(town: Town) -> dict[str, object]:
    return {"community_id": str(town.community), "zh": "同意", "en": "I agree", "old_until": "2099-01-01T00:00:00Z"}


def published(town: Town) -> None:
    with town.session() as db:
        service.publish_text(
            db, town.actor, town.community, "同意", "yes", old_until=town.now, lasts_days=700, now=town.now
        )
        service.note_age(db, town.actor, town.resident, date(1980, 5, 1), now=town.now)


def agreed(town: Town) -> None:
    published(town)
    with town.session() as db:
        service.give_consent(db, town.actor, town.resident, text_id(town), Channel.DESK, now=town.now)


def text_id(town: Town):
    with town.session() as db:
        return db.scalars(select(ConsentTextRow.id)).one()


def resident(town: Town) -> dict[str, object]:
    return {"id": town.resident}


CALLS = (
    Call("GET", f"{API}/consent-texts", GUARD, query=lambda t: {"community_id": t.community}),
    Call("POST", f"{API}/consent-texts", MANAGER, 201, text_of),
    Call("GET", f"{API}/residents/{{id}}/consents", GUARD, path=resident),
    Call("POST", f"{API}/residents/{{id}}/consents", GUARD, 201, lambda t: DESK | {"text_id": str(text_id(t))},
         path=resident, before=published),
    Call("POST", f"{API}/residents/{{id}}/consents/withdraw", GUARD, 200, lambda t: DESK, path=resident,
         before=agreed),
    Call("POST", f"{API}/residents/{{id}}/consents/photos", GUARD, 200, lambda t: DESK | {"keep": True}, path=resident,
         before=agreed),
    Call("PUT", f"{API}/residents/{{id}}/birth-date", GUARD, 200, lambda t: BORN, path=resident),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((routes.router,))


@pytest.mark.req("PRIV-01", "PRIV-04")
def test_a_day_at_the_desk(town, login_as):
    desk, manager = login_as(GUARD, community=town.community), login_as(MANAGER, community=town.community)
    here = f"{API}/residents/{town.resident}"
    first = manager.post(f"{API}/consent-texts", json=text_of(town)).json()
    assert first["version"] == 1 and first["lasts_days"] == 730
    never = desk.get(f"{here}/consents").json()["now"]
    assert never["standing"] == "never" and "pass" in never["said"]["en"] and "通行码" in never["said"]["zh_CN"]
    asked = DESK | {"text_id": first["text_id"]}
    refused = desk.post(f"{here}/consents", json=asked)
    assert refused.status_code == 409 and "出生日期" in refused.json()["detail"], "what to do next is said"
    aged = desk.put(f"{here}/birth-date", json=BORN).json()
    assert aged["age"] == "of_age" and "1980" not in str(aged)
    agreed = desk.post(f"{here}/consents", json=asked).json()
    assert agreed["now"]["standing"] == "in_force" and agreed["now"]["last"]["text_version"] == 1
    taken = desk.post(f"{here}/consents/withdraw", json=DESK).json()
    assert taken["now"]["standing"] == "withdrawn" and taken["all"][0]["withdrawn_channel"] == "desk"
    assert desk.post(f"{here}/consents/withdraw", json=DESK).status_code == 409


@pytest.mark.req("PRIV-19")
def test_nothing_else_is_taken(town, login_as):
    desk = login_as(GUARD, community=town.community)
    here = f"{API}/residents/{town.resident}"
    assert desk.put(f"{here}/birth-date", json=BORN | {"ethnicity": "x"}).status_code == 422
    assert desk.put(f"{here}/birth-date", json={"born_on": "2999-01-01"}).status_code == 422
    assert desk.post(f"{here}/consents", json=DESK | {"text_id": str(town.rule), "photo": "x"}).status_code == 422
