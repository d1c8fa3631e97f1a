"""A consent for some gates: the others get no template, and destroy what they have once they are left out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from fastapi.testclient import TestClient

from central.base.kernel import clock
from central.base.kernel.errors import Conflict
from central.base.kernel.session import open_session
from central.gates.face_enrolment import maker, service
from central.gates.face_enrolment.ask_again import to_ask
from central.gates.face_enrolment.own_gates import Says
from central.gates.face_enrolment.rules import Step
from central.gates.face_enrolment.views import ConsentPage
from central.gates.nodes import mail
from central.gates.nodes.faces import jobs
from central.gates.nodes.faces.queries import FaceView, face_of
from central.gates.nodes.faces.rules import TEMPLATE, Why
from central.people.community.service import add_gate
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from edge.enrolment.receiving import recipients
from edge.enrolment.seals import seal_template
from edge.store.view import view_of
from edge.verify.face.examine import FaceReader
from edge.verify.face.template import Template
from models.values.time import utc_now
from models.wire.events import TemplateErased, TemplateStored
from models.wire.faces import LeftOut, SealedTemplate, TemplateAnew, WantedTemplate
from tests.central.conftest import LoginAs
from tests.central.gates.conftest import FieldNode
from tests.central.gates.face_enrolment.test_anew import NEW, passed_on
from tests.central.gates.face_enrolment.test_receiving import enrolled, missed, ready, stored, wanted
from tests.central.gates.face_enrolment.test_service import invite, seen, send, waiting
from tests.central.gates.face_enrolment.test_two_nodes import Gate, reader, weights, weights_folder
from tests.central.gates.nodes.faces.conftest import DAY, Quarter, Say, Someone

__all__ = ["reader", "weights", "weights_folder"]


@pytest.fixture
def north_gate(quarter: Quarter) -> UUID:
    with quarter.session() as db:
        return add_gate(db, quarter.actor, quarter.site.community_id, "北门").id


@pytest.fixture
def north(quarter: Quarter, node: FieldNode, north_gate: UUID) -> FieldNode:
    """A node of another gate than `node`, which is the enrolment node."""
    made = quarter.site.enrol("north-in", gate_id=north_gate)
    ready(quarter, node, made)
    return made


def agree(quarter: Quarter, who: Someone, *gates: UUID, keep_photos: bool = False) -> None:
    """Now, by the clock of those who hear of it; to every gate where none is named."""
    quarter.now = clock.now()
    with quarter.session() as db:
        consent.give_consent(
            db, quarter.actor, who.resident, quarter.text, Channel.DESK, now=quarter.now, gates=gates or None,
            keep_photos=keep_photos,
        )  # fmt: skip
    quarter.deliver()
    quarter.now = clock.now()


def sealed(who: Someone, node: FieldNode) -> SealedTemplate:
    return SealedTemplate(node_id=node.id, cardholder_id=who.holder, sealed=b"t" * 60, key_id="cd" * 8)


def known_at_both(quarter: Quarter, say: Say, east: FieldNode, north: FieldNode) -> Someone:
    """Agreed to every gate; the enrolment node made a template, and the other took it."""
    who = quarter.settle_in()
    piece = sealed(who, north)
    enrolled(quarter, east, who, piece)
    stored(quarter, say, east, who)
    with quarter.session() as db:
        service.settle_template(db, north.actor, who.holder, quarter.now, piece=piece.piece)
    say(north, TemplateStored(cardholder_id=who.holder, model=NEW, photos=3, piece=piece.piece))
    return who


def face(quarter: Quarter, who: Someone) -> FaceView:
    with quarter.session() as db:
        return face_of(db, quarter.site.community_id, who.person, clock.now())


def owing(quarter: Quarter, who: Someone) -> set[UUID]:
    order = face(quarter, who).order
    return {one.node_id for one in order.owing} if order is not None else set()


def page(quarter: Quarter, token: str) -> ConsentPage:
    with open_session(quarter.site.engine) as db:
        return service.consent_page(db, token, clock.now())


def destroyed(quarter: Quarter, say: Say, node: FieldNode, who: Someone) -> None:
    order = quarter.ordered(node, clock.now())[who.holder]
    say(node, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True, places=("template",)))


@pytest.mark.req("PRIV-01", "PRIV-07")
def test_a_template_goes_to_no_gate_that_its_person_did_not_agree_to(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say
) -> None:
    who = quarter.settle_in(consents=False)
    agree(quarter, who, quarter.site.gate_id)
    assert quarter.told(node).left_out == (LeftOut(cardholder_id=who.holder, nodes=(north.id,)),)
    assert quarter.told(north).left_out == ()
    enrolled(quarter, node, who, sealed(who, north))  # as an enrolment node of before seals it
    stored(quarter, say, node, who)
    assert waiting(quarter) == [] and wanted(quarter, node) == ()
    passed_on(quarter, node, TemplateAnew(cardholder_id=who.holder, templates=(sealed(who, north),)))
    assert waiting(quarter) == []

    agree(quarter, who)
    assert quarter.told(node).left_out == ()
    assert wanted(quarter, node) == (WantedTemplate(node_id=north.id, cardholder_id=who.holder),)
    passed_on(quarter, node, TemplateAnew(cardholder_id=who.holder, templates=(sealed(who, north),)))
    assert [row.node_id for row in waiting(quarter)] == [north.id]


@pytest.mark.req("PRIV-01", "PRIV-04", "PRIV-05")
def test_a_gate_that_a_newer_consent_leaves_out_destroys_and_confirms_and_the_others_keep_theirs(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say
) -> None:
    who = known_at_both(quarter, say, node, north)
    agree(quarter, who, quarter.site.gate_id, keep_photos=True)
    assert who.holder in quarter.ordered(north) and quarter.ordered(node) == {}
    keeps = {
        one.id: [holder.keeps_photos for holder in quarter.told(one, clock.now()).cardholders] for one in (node, north)
    }
    assert keeps == {node.id: [True], north.id: [False]}
    view = face(quarter, who)
    assert view.order is not None and view.order.why == Why.NARROWED and owing(quarter, who) == {north.id}
    token, _ = invite(quarter, who)
    assert {one.says for one in page(quarter, token).gates} == {Says.KNOWS, Says.ERASING_LATER}

    destroyed(quarter, say, north, who)
    view = face(quarter, who)
    assert view.order is not None and view.order.settled_at is not None and owing(quarter, who) == set()
    assert [one.node_id for one in view.stored] == [node.id] and [one.node_id for one in view.erased] == [north.id]
    assert {one.says for one in page(quarter, token).gates} == {Says.KNOWS, Says.ERASED}
    agree(quarter, who, quarter.site.gate_id)
    with quarter.session() as db:
        assert jobs.follow_time(db, clock.now() + DAY) == 0, "it is ordered once"


@pytest.mark.req("PRIV-01", "PRIV-04")
def test_who_agrees_again_to_a_gate_is_sent_there_once_it_has_destroyed_what_was_there(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say
) -> None:
    who = known_at_both(quarter, say, node, north)
    agree(quarter, who, quarter.site.gate_id)
    agree(quarter, who)
    assert who.holder in quarter.ordered(north, clock.now()) and who.holder not in quarter.compared(north, clock.now())
    assert wanted(quarter, node) == (), "it would refuse it for good until then"
    destroyed(quarter, say, north, who)
    assert quarter.ordered(north, clock.now()) == {} and who.holder in quarter.compared(north, clock.now())
    assert wanted(quarter, node) == (WantedTemplate(node_id=north.id, cardholder_id=who.holder),)


@pytest.mark.req("PRIV-04")
def test_what_waits_for_a_gate_is_taken_away_when_it_is_left_out(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()
    enrolled(quarter, node, who, sealed(who, north))
    stored(quarter, say, node, who)
    assert [row.node_id for row in waiting(quarter)] == [north.id]
    agree(quarter, who, quarter.site.gate_id)
    assert waiting(quarter) == [] and wanted(quarter, node) == () and missed(quarter) == {(north.id, who.holder)}
    assert owing(quarter, who) == {north.id}, "it may have taken it and not told yet"


@pytest.mark.req("PRIV-04")
@pytest.mark.parametrize("how", ["withdrawn", "expired"])
def test_the_end_of_a_narrowed_consent_reaches_the_gates_that_it_was_for(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say, how: str
) -> None:
    """Also while the gate that was left out has not confirmed yet."""
    who, later = known_at_both(quarter, say, node, north), clock.now()
    agree(quarter, who, quarter.site.gate_id)
    if how == "withdrawn":
        quarter.withdraw(who, clock.now())
    else:
        later += 1000 * DAY
        with quarter.session() as db:
            jobs.follow_time(db, later)
    assert who.holder in quarter.ordered(node, later) and who.holder in quarter.ordered(north, later)


@pytest.mark.req("PRIV-04", "PRIV-06")
def test_a_template_that_a_left_out_gate_tells_of_late_is_an_orphan_until_it_is_ordered_away(
    quarter: Quarter, node: FieldNode, north: FieldNode, north_gate: UUID, say: Say
) -> None:
    """The enrolment node itself, which had not told yet what it made."""
    who = quarter.settle_in()
    enrolled(quarter, node, who, sealed(who, north))
    agree(quarter, who, north_gate)
    assert quarter.ordered(node, clock.now()) == {}
    stored(quarter, say, node, who)
    with quarter.session() as db:
        assert jobs.count_faces(db, clock.now()).orphans == 1
        assert jobs.follow_time(db, clock.now()) == 1
        assert jobs.count_faces(db, clock.now()).orphans == 0, "it is under way"
        assert jobs.follow_time(db, clock.now()) == 0
    assert who.holder in quarter.ordered(node, clock.now()) and quarter.ordered(north, clock.now()) == {}


@pytest.mark.req("PRIV-01")
def test_photos_are_not_taken_where_the_consent_leaves_out_the_gate_that_makes_templates(
    quarter: Quarter, node: FieldNode, north: FieldNode, north_gate: UUID
) -> None:
    who = quarter.settle_in(consents=False)
    agree(quarter, who, north_gate)
    token, _ = invite(quarter, who)
    shown = page(quarter, token)
    assert shown.step is Step.CONSENT and shown.not_at is not None and not seen(quarter, token).agrees
    with pytest.raises(Conflict) as refused:
        send(quarter, token, later=timedelta(minutes=1))
    assert refused.value.key == "faces.not_agreed_there" and refused.value.params == {"gate": shown.not_at}
    assert waiting(quarter) == []
    agree(quarter, who)
    shown = page(quarter, token)
    assert (shown.step, shown.not_at) == (Step.PHOTOS, None)
    send(quarter, token, later=timedelta(minutes=1))
    assert [row.node_id for row in waiting(quarter)] == [node.id]


@pytest.mark.req("PRIV-01", "PRIV-07")
def test_the_enrolment_node_seals_nothing_for_a_gate_left_out_and_that_gate_keeps_nothing(
    quarter: Quarter, tmp_path: Path, north_gate: UUID, client: TestClient, reader: FaceReader, say: Say
) -> None:
    """Two real desks: the one knows from its signed rules, the other from its own."""
    east = Gate(quarter, tmp_path / "east-in", "east-in", client, reader)
    north = Gate(quarter, tmp_path / "north-in", "north-in", client, reader, gate_id=north_gate)
    who = quarter.settle_in(consents=False)
    agree(quarter, who, quarter.site.gate_id)
    made = Template(np.eye(128, dtype=np.float32)[0], 3, reader.model)
    east.templates.put(who.holder, made.to_bytes(), made.model)
    for one in (east, north, east):
        one.desk.step()
    say(east.node, TemplateStored(cardholder_id=who.holder, model=made.model, photos=3))
    for one in (east, north, east):
        one.desk.step()
    assert waiting(quarter) == [] and view_of(quarter.told(east.node)).left_out(who.holder) == {north.node.id}

    box = east.central.face_mail()
    (to,) = recipients(view_of(quarter.told(east.node)).nodes(box.others), box.others)
    piece = seal_template(east.keys, to, who.holder, made.to_bytes(), made.model, at=utc_now() - timedelta(minutes=1))
    with quarter.session() as db:  # as a central of before would have passed it on
        mail.send(db, north.node.id, TEMPLATE, who.holder, piece.model_dump_json(), quarter.now)
    north.desk.step()
    assert north.templates.holders() == frozenset() and waiting(quarter) == []
    for one in (east, north):
        one.close()


@pytest.mark.req("PRIV-04")
def test_the_desk_narrows_a_consent_and_reads_who_has_confirmed(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say, login_as: LoginAs
) -> None:
    who = known_at_both(quarter, say, node, north)
    desk, path = login_as("manager", community=quarter.site.community_id), f"/api/v1/residents/{who.resident}"
    asked = {"text_id": str(quarter.text), "channel": "desk", "gates": [str(quarter.site.gate_id)]}
    assert desk.post(f"{path}/consents", json=asked).status_code == 201
    quarter.deliver()
    order = desk.get(f"{path}/face").json()["order"]
    assert (order["why"], [one["node_id"] for one in order["owing"]]) == ("narrowed", [str(north.id)])
    destroyed(quarter, say, north, who)
    order = desk.get(f"{path}/face").json()["order"]
    assert order["owing"] == [] and "the other gates keep theirs" in order["said"]["en"]


@pytest.mark.req("PRIV-01", "PRIV-09")
def test_whose_consent_leaves_out_the_next_enrolment_nodes_gate_is_asked_to_widen_it_before_any_photo(
    quarter: Quarter, node: FieldNode, north: FieldNode, say: Say
) -> None:
    wide, narrow = quarter.settle_in(), quarter.settle_in("李示例")
    agree(quarter, narrow, quarter.site.gate_id)
    for who in (wide, narrow):
        stored(quarter, say, node, who)
    with quarter.session() as db:
        change = maker.change_to(db, quarter.site.community_id, north.id, quarter.now)
        heir = maker.next_maker(db, quarter.site.community_id, node.id, quarter.now)
        assert (change.asked_again, change.widened) == (1, 1)
        assert heir is not None and (heir.asked_again, heir.widened) == (1, 1)
        assert to_ask(db, quarter.site.community_id, quarter.now) == []
        maker.name_maker(db, quarter.actor, north.id, "放在机房", quarter.now)
    with quarter.session() as db:
        asked = to_ask(db, quarter.site.community_id, quarter.now)
        assert {(one.cardholder_id, one.photos, one.widens) for one in asked} == {
            (wide.holder, True, False), (narrow.holder, True, True),
        }  # fmt: skip
    agree(quarter, narrow)
    with quarter.session() as db:
        assert [one.widens for one in to_ask(db, quarter.site.community_id, quarter.now)] == [False, False]
