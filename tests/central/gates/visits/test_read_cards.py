"""A card held to a reader, refused there as unknown, and given to somebody at the desk without its number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.gates.access import snapshot
from central.gates.access.service import revoke_card
from central.gates.visits import routes_cards
from central.gates.visits.read_cards import OFFERED_FOR, TAKEN_FOR, give_read_card, read_cards
from central.gates.visits.tables import VisitRow
from models.values.ids import new_id
from tests.central.people.routes_matrix import MANAGER, Call, check_call, routes_of, shape

API = "/api/v1/read-cards"
DIGEST = "ab" * 16


def shown(town, digest=DIGEST, at=None, **more):
    """A lane told of a card that it refused as unknown, as the projection of its decision leaves it."""
    visit_id, at = new_id(), at or town.now
    said = {"kind": "card", "reason": "unknown", "late": False} | more
    with town.session() as db:
        db.add(VisitRow(
            visit_id=visit_id, community_id=town.community, node_id=new_id(), lane_id=town.lane, happened_at=at,
            received_at=at, detail={"card": digest} if digest else {}, **said,
        ))  # fmt: skip
    return visit_id


def offered(town, now=None):
    with town.session() as db:
        return [card.visit_id for card in read_cards(db, town.community, now or town.now)]


def give(town, visit_id, now=None, **more):
    with town.session() as db:
        return give_read_card(db, town.actor, visit_id, town.cardholder, now=now or town.now, **more).id


@pytest.mark.req("ACC-28")
def test_the_newest_reading_of_each_unknown_card_is_offered_for_a_minute(town, other_town):
    shown(town, at=town.now - timedelta(seconds=20))
    again = shown(town, at=town.now - timedelta(seconds=5))
    other = shown(town, "cd" * 16, at=town.now - timedelta(seconds=1))
    shown(town, at=town.now - OFFERED_FOR)
    shown(town, "ef" * 16, late=True)
    shown(town, "01" * 16, kind="pin")
    shown(town, "23" * 16, reason="revoked")
    shown(town, None)
    assert offered(town) == [other, again] and offered(other_town) == []
    assert offered(town, town.now + OFFERED_FOR) == []


def test_what_was_read_is_given_and_then_offered_no_more(town):
    visit_id = shown(town)
    card_id = give(town, visit_id, name="蓝色门卡")
    with town.session() as db:
        (entry,) = snapshot.parts(db, town.community, town.now).cards
    assert (entry.digest, entry.credential_id, entry.weak) == (DIGEST, card_id, True)
    assert offered(town) == []
    with pytest.raises(Conflict, match="card_theirs"):
        give(town, visit_id)
    with town.session() as db:
        revoke_card(db, town.actor, card_id, "遗失", now=town.now)
    assert offered(town) == [visit_id], "taken back, it can be given again"


@pytest.mark.parametrize("wrong", [{"reason": "revoked"}, {"late": True}])
def test_only_a_card_that_is_still_in_somebodys_hand_is_given(town, wrong):
    with pytest.raises(Invalid, match="card_not_read"):
        give(town, shown(town, **wrong))
    visit_id = shown(town)
    with pytest.raises(Invalid, match="card_not_read"):
        give(town, visit_id, now=town.now + TAKEN_FOR)
    with pytest.raises(NotFound):
        give(town, shown(town, None))
    with pytest.raises(NotFound):
        give(town, visit_id, community_id=new_id())


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_a_reading_of_another_company_is_nobodys(town, other_town):
    visit_id = shown(town)
    with other_town.session() as db, pytest.raises(NotFound):
        give_read_card(db, other_town.actor, visit_id, other_town.cardholder, now=town.now)
    with town.session() as db, pytest.raises((Forbidden, NotFound)):
        give_read_card(db, town.actor, visit_id, other_town.cardholder, now=town.now)


def now_shown(town):
    return {"id": str(shown(town, at=clock.now()))}  # the town was made when the run began


CALLS = (
    Call("GET", API, MANAGER, query=lambda t: {"community_id": t.community}),
    Call("POST", f"{API}/{{id}}/give", MANAGER, 201, lambda t: {"cardholder_id": str(t.cardholder)}, path=now_shown),
)


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((routes_cards.router,))
