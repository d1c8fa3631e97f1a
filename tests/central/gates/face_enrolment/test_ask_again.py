"""A new face model at the gates: who is known no more, and everybody asked again, some at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from central.base.kernel.actor import system
from central.base.kernel.errors import Conflict, Forbidden
from central.base.kernel.permissions import GUARD, of_preset
from central.base.kernel.session import open_session
from central.gates.face_enrolment import ask_again, service
from central.gates.nodes.faces import earlier, queries
from central.people.assessment.rules import REVIEW_AFTER
from central.people.community import service as community
from central.people.consent import service as consent
from central.people.consent.rules import Channel, Standing
from models.values.ids import new_id
from models.wire.events import TemplateStored
from models.wire.faces import TemplateModels
from tests.central.gates.conftest import FieldNode
from tests.central.gates.face_enrolment.test_service import KEY, offer
from tests.central.gates.nodes.faces.conftest import Quarter, Say, Someone

OLD, NEW = "the model before", "the model now"


def told(quarter: Quarter, node: FieldNode, *who: Someone, model: str = NEW) -> None:
    with quarter.session() as db:
        said = TemplateModels(model=model, earlier=tuple(one.holder for one in who))
        earlier.note_models(db, node.actor, said, quarter.now)


def left_behind(quarter: Quarter) -> list[ask_again.ToAsk]:
    with quarter.session() as db:
        return ask_again.to_ask(db, quarter.site.community_id, quarter.now)


def ask(quarter: Quarter) -> list[ask_again.Asked]:
    with quarter.session() as db:
        return ask_again.ask_again(db, quarter.actor, quarter.site.community_id, quarter.now)


@pytest.mark.req("PRIV-09")
def test_everybody_of_an_earlier_model_is_listed_and_asked_some_at_a_time(
    quarter: Quarter, node: FieldNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [quarter.settle_in(name) for name in ("张示例", "李示例", "王示例")]
    known = quarter.settle_in("周示例")
    told(quarter, node, *people)
    assert {one.cardholder_id for one in left_behind(quarter)} == {one.holder for one in people}
    monkeypatch.setattr(ask_again, "ASKED_AT_ONCE", 2)
    asked = [*ask(quarter), *ask(quarter)]
    assert ask(quarter) == []
    assert [one.home.resident_id for one in asked] == [one.resident for one in people]
    assert all(one.asked_until is not None for one in left_behind(quarter))
    for one in asked:
        with open_session(quarter.site.engine) as db:
            page = service.consent_page(db, one.token, quarter.now)
        assert (page.earlier, page.standing) == (True, Standing.IN_FORCE)  # it says why, and the consent stands
    with quarter.session() as db:
        token, _ = service.invite(db, quarter.actor, known.holder, quarter.now)
    with open_session(quarter.site.engine) as db:
        assert not service.consent_page(db, token, quarter.now).earlier


@pytest.mark.req("PRIV-03", "PRIV-09")
def test_a_child_is_asked_through_who_spoke_for_them_before_and_else_at_the_desk(
    quarter: Quarter, node: FieldNode
) -> None:
    father, mother = quarter.settle_in("张示例"), quarter.settle_in("李示例")
    child = quarter.settle_in("张小例", consents=False)
    with quarter.session() as db:
        consent.note_age(db, quarter.actor, child.resident, quarter.now.date() - timedelta(3000), now=quarter.now)
        consent.give_consent(
            db, quarter.actor, child.resident, quarter.text, Channel.DESK, now=quarter.now, guardian_id=mother.resident
        )
    told(quarter, node, child)
    assert [one.at_desk for one in left_behind(quarter)] == [False]
    (asked,) = ask(quarter)
    assert asked.home.resident_id == child.resident
    with open_session(quarter.site.engine) as db:
        page = service.consent_page(db, asked.token, quarter.now)
    assert page.child and page.guardian is not None and page.guardian.resident_id == mother.resident
    with quarter.session() as db:
        community.end_residency(db, quarter.actor, mother.resident, quarter.now, "搬走")
    with open_session(quarter.site.engine) as db:
        page = service.consent_page(db, asked.token, quarter.now)
    assert page.child and page.guardian is None, "nobody else of the home takes her place"
    assert [one.at_desk for one in left_behind(quarter)] == [True]
    with quarter.session() as db:
        for guardian, problem in ((None, "guardian_needed"), (mother.resident, "guardian_elsewhere")):
            with pytest.raises(Conflict, match=problem):
                service.invite(db, quarter.actor, child.holder, quarter.now, guardian_id=guardian)
        with pytest.raises(Conflict, match="guardian_not_wanted"):
            service.invite(db, quarter.actor, father.holder, quarter.now, guardian_id=mother.resident)
        service.invite(db, quarter.actor, child.holder, quarter.now, guardian_id=father.resident)


@pytest.mark.req("PRIV-09", "SEC-04")
def test_a_node_says_it_for_itself_and_signs_it(quarter: Quarter, node: FieldNode, client: TestClient) -> None:
    who = quarter.settle_in()
    body = TemplateModels(model=NEW, earlier=(who.holder, new_id())).model_dump_json().encode()
    as_json = {"content-type": "application/json"}
    assert client.put("/edge/v1/faces/models", content=body, headers=as_json).status_code == 401
    assert left_behind(quarter) == []
    for _ in range(2):
        assert node.call(client, "PUT", "/edge/v1/faces/models", body, **as_json).status_code == 204
    assert [one.cardholder_id for one in left_behind(quarter)] == [who.holder]  # and nobody whom central does not know


@pytest.mark.req("PRIV-09")
def test_the_person_s_own_page_says_so_until_the_node_has_a_new_template(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()

    def stored() -> dict[str, bool]:
        with quarter.session() as db:
            view = queries.face_of(db, quarter.site.community_id, who.person, quarter.now)
        return {at.model: at.earlier for at in view.stored}

    say(node, TemplateStored(cardholder_id=who.holder, model=OLD, photos=3))
    say(other_node, TemplateStored(cardholder_id=who.holder, model="of the other node", photos=3))
    told(quarter, other_node, model="of the other node")
    told(quarter, node, model=OLD)
    assert stored() == {OLD: False, "of the other node": False}
    told(quarter, node, who)
    assert stored() == {OLD: True, "of the other node": False}
    assert [len(one.nodes) for one in left_behind(quarter)] == [1]
    say(node, TemplateStored(cardholder_id=who.holder, model=NEW, photos=3))
    told(quarter, node)
    assert stored() == {NEW: False, "of the other node": False}
    assert left_behind(quarter) == []


@pytest.mark.req("PRIV-04")
def test_whoever_withdrew_is_not_asked_and_a_node_that_is_gone_asks_for_nobody(
    quarter: Quarter, node: FieldNode
) -> None:
    who, stays = quarter.settle_in(), quarter.settle_in("李示例")
    told(quarter, node, who, stays)
    quarter.withdraw(who)
    assert [one.cardholder_id for one in left_behind(quarter)] == [stays.holder]


def test_where_the_nodes_differ_it_is_said_that_asking_does_not_help_there(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    with quarter.session() as db:
        assert ask_again.other_models(db, quarter.site.community_id) == ()
    offer(quarter, node, KEY)
    told(quarter, node)
    told(quarter, other_node, model=OLD)
    with quarter.session() as db:
        assert len(ask_again.other_models(db, quarter.site.community_id)) == 1
    told(quarter, other_node)
    with quarter.session() as db:
        assert ask_again.other_models(db, quarter.site.community_id) == ()


def test_a_guard_may_not_ask_them_all_and_nobody_may_without_an_assessment(quarter: Quarter, node: FieldNode) -> None:
    told(quarter, node, quarter.settle_in())
    guard = system(quarter.site.tenant_id, "guard", of_preset(GUARD))
    with quarter.session() as db, pytest.raises(Forbidden):
        ask_again.ask_again(db, guard, quarter.site.community_id, quarter.now)
    with quarter.session() as db, pytest.raises(Conflict):
        ask_again.ask_again(db, quarter.actor, quarter.site.community_id, quarter.now + REVIEW_AFTER)
    assert [one.asked_until for one in left_behind(quarter)] == [None]
