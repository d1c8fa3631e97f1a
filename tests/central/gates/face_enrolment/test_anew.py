"""Kept photos at central: the choice goes with the photos, templates made anew go on, and who is asked all the same."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import NotFound
from central.base.kernel.session import open_session
from central.gates.face_enrolment import anew, ask_again, service
from central.gates.nodes import mail
from central.gates.nodes.faces import earlier, pieces
from central.gates.nodes.tables import NodeRow
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from models.values.ids import new_id
from models.wire.events import TemplateStored
from models.wire.faces import (
    NotMadeAnew,
    PhotoProblem,
    SealedTemplate,
    TemplateAnew,
    TemplateModels,
    WantedTemplate,
)
from tests.central.gates.conftest import FieldNode, Site
from tests.central.gates.face_enrolment.test_service import KEY, PHOTO, invite, offer, waiting
from tests.central.gates.nodes.faces.conftest import Quarter, Say, Someone

OLD, NEW = "the model before", "the model now"


def sealed_for(who: Someone, *nodes: FieldNode) -> TemplateAnew:
    made = [
        SealedTemplate(node_id=one.id, cardholder_id=who.holder, sealed=b"t" * 60, key_id="cd" * 8) for one in nodes
    ]
    return TemplateAnew(cardholder_id=who.holder, templates=tuple(made))


def passed_on(quarter: Quarter, node: FieldNode, told: TemplateAnew) -> None:
    with quarter.session() as db:
        anew.pass_on(db, node.actor, told, quarter.now)


def models(quarter: Quarter, node: FieldNode, model: str, *who: Someone, **more: object) -> None:
    with quarter.session() as db:
        told = TemplateModels.model_validate({"model": model, "earlier": tuple(one.holder for one in who), **more})
        earlier.note_models(db, node.actor, told, quarter.now)


def had(quarter: Quarter, maker: FieldNode, node: FieldNode, *who: Someone) -> None:
    """The enrolment node made a template of them for this node, which took it."""
    with quarter.session() as db:
        for template in (sealed_for(one, node).templates[0] for one in who):
            sent = template.model_copy(update={"sealed": b"of the model before" * 4})
            pieces.send(db, quarter.site.community_id, maker.id, sent, quarter.now - timedelta(days=1))
            pieces.settle(db, node.id, sent.cardholder_id, quarter.now, piece=sent.piece, taken=True)


@pytest.mark.req("PRIV-01")
def test_the_choice_goes_to_the_node_with_the_photos(quarter: Quarter, node: FieldNode) -> None:
    offer(quarter, node)
    keeps, silent = quarter.settle_in(), quarter.settle_in("李示例")
    with quarter.session() as db:
        consent.choose_photos(db, quarter.actor, keeps.resident, True, Channel.PHONE, now=quarter.now)
    for who in (keeps, silent):
        with open_session(quarter.site.engine) as db:
            service.send_photos(db, invite(quarter, who)[0], (PHOTO,), quarter.now)
    with quarter.session() as db:
        jobs = service.mail_for(db, node.actor, quarter.now).jobs
    assert {job.cardholder_id: job.keep_photos for job in jobs} == {keeps.holder: True, silent.holder: False}


@pytest.mark.req("PRIV-09", "SEC-04")
def test_a_template_made_anew_goes_to_the_other_nodes_of_the_site_of_those_who_still_agree(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, client: TestClient
) -> None:
    who, gone = quarter.settle_in(), quarter.settle_in("李示例")
    quarter.withdraw(gone)
    told, body = sealed_for(who, other_node, node), sealed_for(who, other_node).model_dump_json().encode()
    offer(quarter, node)
    had(quarter, node, other_node, who, gone)
    models(quarter, other_node, NEW, who, gone)
    models(quarter, node, NEW, who)
    path, as_json = f"/edge/v1/faces/anew/{who.holder}", {"content-type": "application/json"}
    assert client.put(path, content=body, headers=as_json).status_code == 401
    assert node.call(client, "PUT", f"/edge/v1/faces/anew/{new_id()}", body, **as_json).status_code == 422
    for _ in range(2):
        assert node.call(client, "PUT", path, body, **as_json).status_code == 204
    passed_on(quarter, node, told)
    passed_on(quarter, node, sealed_for(gone, other_node))
    assert [(row.node_id, row.subject_id) for row in waiting(quarter)] == [(other_node.id, who.holder)]
    with pytest.raises(NotFound):
        passed_on(quarter, node, told.model_copy(update={"cardholder_id": new_id()}))


@pytest.mark.req("SEC-04", "PRIV-01")
def test_one_gates_key_replaces_no_face_at_another_that_knows_the_person_already(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    who, late = quarter.settle_in(), quarter.settle_in("李示例")
    offer(quarter, node)
    had(quarter, node, other_node, late)
    passed_on(quarter, node, sealed_for(who, other_node))
    models(quarter, other_node, NEW, late)
    passed_on(quarter, node, sealed_for(who, other_node))
    assert waiting(quarter) == []
    passed_on(quarter, node, sealed_for(late, other_node))
    assert [(row.node_id, row.subject_id) for row in waiting(quarter)] == [(other_node.id, late.holder)]


@pytest.mark.req("PRIV-09")
def test_a_node_that_comes_to_the_model_late_gets_what_the_maker_has(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    """Of those alone whom the maker knows by the new model, who agree, and whose template is not on its way."""
    made, asked, gone = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    for one in (node, other_node):
        offer(quarter, one)
    for who in (made, gone):
        say(node, TemplateStored(cardholder_id=who.holder, model=NEW, photos=3, anew=True))
    say(node, TemplateStored(cardholder_id=asked.holder, model=OLD, photos=3))

    def wanted(at: FieldNode) -> tuple[WantedTemplate, ...]:
        with quarter.session() as db:
            found = anew.wanted_of(db, db.get_one(NodeRow, at.id), quarter.now)
            assert found == service.mail_for(db, at.actor, quarter.now).wanted
            return found

    assert wanted(node) == ()
    models(quarter, node, NEW, asked)
    models(quarter, other_node, OLD)
    assert wanted(node) == ()
    models(quarter, other_node, NEW, made, asked, gone)
    quarter.withdraw(gone)
    assert wanted(node) == (WantedTemplate(node_id=other_node.id, cardholder_id=made.holder),)
    assert wanted(other_node) == ()
    passed_on(quarter, node, sealed_for(made, other_node))
    assert wanted(node) == ()


@pytest.mark.req("PRIV-09")
def test_who_is_asked_all_the_same_is_told_why_and_how_many_need_not_be(
    quarter: Quarter, node: FieldNode, say: Say
) -> None:
    offer(quarter, node, KEY)
    made, vain, none = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    say(node, TemplateStored(cardholder_id=made.holder, model=NEW, photos=3, anew=True))
    why = NotMadeAnew(
        cardholder_id=vain.holder,
        problems=tuple(PhotoProblem(problem="too_small", photo=n) for n in (1, 2)),
    )
    models(quarter, node, NEW, vain, none, not_anew=(why,))
    with quarter.session() as db:
        left = ask_again.to_ask(db, quarter.site.community_id, quarter.now)
        assert {one.cardholder_id: one.in_vain for one in left} == {vain.holder: ("too_small",), none.holder: ()}
        assert earlier.made_anew(db, quarter.site.community_id) == 1
    models(quarter, node, "the model after", made, vain, none)
    with quarter.session() as db:
        assert earlier.made_anew(db, quarter.site.community_id) == 0, "of the model of now"


@pytest.mark.req("PRIV-09")
def test_a_gate_that_asks_again_and_again_keeps_no_other_from_its_faces(
    quarter: Quarter, node: FieldNode, site: Site, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many it asks for, and though it stands before the others."""
    monkeypatch.setattr(anew, "WANTED_AT_ONCE", 4)
    greedy, honest = site.enrol("a-in"), site.enrol("b-in")
    people = [quarter.settle_in(f"示例{number}") for number in range(6)]
    for one in (node, greedy, honest):
        offer(quarter, one)
        models(quarter, one, NEW)
    for who in people:
        say(node, TemplateStored(cardholder_id=who.holder, model=NEW, photos=3))
    assert greedy.id < honest.id

    def wanted(minutes: int) -> tuple[WantedTemplate, ...]:
        with quarter.session() as db:
            return service.mail_for(db, node.actor, quarter.now + timedelta(minutes=minutes)).wanted

    sent: dict[UUID, int] = {greedy.id: 0, honest.id: 0}
    for number in range(9):
        found = wanted(number)
        for one in found:
            sent[one.node_id] += 1
            template = SealedTemplate(
                node_id=one.node_id, cardholder_id=one.cardholder_id, sealed=new_id().bytes * 4, key_id="cd" * 8
            )
            told = TemplateAnew(cardholder_id=one.cardholder_id, templates=(template,))
            with quarter.session() as db:
                anew.pass_on(db, node.actor, told, quarter.now + timedelta(minutes=number))
                if one.node_id == greedy.id:
                    service.settle_template(db, greedy.actor, one.cardholder_id, quarter.now, again=True)
        if number < 3:
            assert sent[honest.id] == 2 * (number + 1), "half of each round is the honest one's"
    assert sent == {greedy.id: 6 * mail.AGAIN_MAX, honest.id: 6}
    assert wanted(9) == ()
    assert {one.node_id for one in wanted(75)} == {greedy.id}, "after the hour it is sent them again"


@pytest.mark.req("PRIV-09")
def test_a_gate_that_makes_no_templates_is_refused_and_fills_no_audit_by_asking(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, client: TestClient
) -> None:
    who = quarter.settle_in()
    offer(quarter, node)
    body = sealed_for(who, node).model_dump_json().encode()
    for _ in range(3):
        told = other_node.call(client, "PUT", f"/edge/v1/faces/anew/{who.holder}", body)
        assert told.status_code == 409 and told.json()["type"].endswith(":conflict")
    with quarter.session() as db:
        assert db.scalars(select(AuditRow).where(AuditRow.what == "face.anew")).all() == []
    assert waiting(quarter) == []
