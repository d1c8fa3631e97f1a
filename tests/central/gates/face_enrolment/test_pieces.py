"""Each sealed template by its own name: who may make it, what a gate may say of it, and what is told of one refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from central.base.kernel.session import open_session
from central.gates.face_enrolment import service
from central.gates.face_enrolment.own_gates import Says, is_known
from central.gates.face_enrolment.rules import PHOTOS_LIFE, EnrolmentState, Step
from central.gates.face_enrolment.views import ConsentPage
from central.gates.ingest.projections import projections
from central.gates.nodes import enrolment as nodes
from central.gates.nodes.faces import jobs, pieces, queries
from central.gates.nodes.faces.rules import PieceState
from central.gates.nodes.faces.tables import TemplatePieceRow
from central.gates.visits.rebuild import rebuild
from central.gates.visits.tables import AlarmRow
from models.wire.events import TemplateErased, TemplateStored
from models.wire.faces import EnrolmentAnswer, EnrolmentOutcome, SealedTemplate, TemplateAnew, WantedTemplate
from tests.central.gates.conftest import FieldNode, Site
from tests.central.gates.face_enrolment.test_anew import NEW, OLD, had, models, passed_on
from tests.central.gates.face_enrolment.test_receiving import enrolled, missed, ready, wanted
from tests.central.gates.face_enrolment.test_service import PHOTO, answer, invite, receiving, seen, send, waiting
from tests.central.gates.nodes.faces.conftest import Quarter, Say, Someone

pytestmark = pytest.mark.req("PRIV-09")


def piece_for(who: Someone, node: FieldNode, content: bytes = b"t" * 60) -> SealedTemplate:
    """Sealed to the key that the node tells now."""
    return SealedTemplate(
        node_id=node.id, cardholder_id=who.holder, sealed=content, key_id=receiving(node).key_id
    )  # fmt: skip


def stored(who: Someone, piece: SealedTemplate | None = None, model: str = NEW) -> TemplateStored:
    return TemplateStored(
        cardholder_id=who.holder, model=model, photos=3, piece=piece.piece if piece is not None else None
    )  # fmt: skip


def face(quarter: Quarter, who: Someone) -> queries.FaceView:
    with quarter.session() as db:
        return queries.face_of(db, quarter.site.community_id, who.person, quarter.now)


def alarms(quarter: Quarter) -> list[tuple[UUID | None, str | None]]:
    with quarter.session() as db:
        rows = db.scalars(select(AlarmRow).where(AlarmRow.kind == "template_claimed"))
        return [(row.node_id, row.detail) for row in rows]


def states(quarter: Quarter) -> list[tuple[UUID, str, str | None]]:
    with quarter.session() as db:
        rows = db.scalars(select(TemplatePieceRow).order_by(TemplatePieceRow.made_at, TemplatePieceRow.id))
        return [(row.node_id, row.state, row.why) for row in rows]


def step(quarter: Quarter, token: str) -> ConsentPage:
    with open_session(quarter.site.engine) as db:
        return service.consent_page(db, token, quarter.now)


def settle(quarter: Quarter, node: FieldNode, client: TestClient, piece: SealedTemplate, **fate: object) -> None:
    asked = "&".join(f"{key}={value}" for key, value in {"piece": piece.piece, **fate}.items())
    path = f"/edge/v1/faces/templates/{piece.cardholder_id}?{asked}"
    assert node.call(client, "DELETE", path).status_code == 204


@pytest.mark.req("PRIV-01", "PRIV-06")
def test_a_stolen_gates_word_invents_no_face_and_has_nobody_asked_for_no_photos(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    token, _ = invite(quarter, who)
    for piece in (None, piece_for(who, other_node)):
        say(other_node, stored(who, piece))
    told = face(quarter, who)
    assert told.stored == () and [one.node_id for one in told.claimed] == [other_node.id] and not is_known(told)
    assert alarms(quarter) == [(other_node.id, "东门")], "one card while nobody has seen it"
    shown = step(quarter, token)
    assert shown.step is Step.PHOTOS and shown.gates == ()
    with quarter.session() as db:
        assert jobs.stored_at(db, quarter.site.community_id) == set()
        assert jobs.held_at(db, quarter.site.community_id) == {(other_node.id, who.holder)}
        rebuild(db, quarter.site.community_id, projections)
    assert len(alarms(quarter)) == 1


@pytest.mark.req("PRIV-05", "PRIV-06")
def test_what_a_gate_claims_is_ordered_away_with_everything_else(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    silent = quarter.settle_in(consents=False)
    ready(quarter, node, other_node)
    say(other_node, stored(silent))
    with quarter.session() as db:
        assert jobs.count_faces(db, quarter.now).orphans == 1
        assert jobs.follow_time(db, quarter.now) == 1
    order = quarter.ordered(other_node)[silent.holder]
    say(other_node, TemplateErased(cardholder_id=silent.holder, order_id=order, had_template=True))
    assert face(quarter, silent).claimed == ()


def test_a_gate_has_the_piece_that_was_made_for_it_and_no_other(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    who = quarter.settle_in()
    third = site.enrol("north-in")
    ready(quarter, node, other_node, third)
    for_other, for_third = piece_for(who, other_node), piece_for(who, third, b"u" * 60)
    enrolled(quarter, node, who, for_other, for_third)
    say(third, stored(who, for_other))
    say(other_node, stored(who, for_other))
    say(node, stored(who))
    told = face(quarter, who)
    assert {(one.node_id, one.by_maker) for one in told.stored} == {(node.id, True), (other_node.id, False)}
    assert [one.node_id for one in told.claimed] == [third.id] and is_known(told)
    say(third, stored(who, for_third))
    assert face(quarter, who).claimed == () and len(face(quarter, who).stored) == 3


def test_a_gate_makes_nothing_of_a_word_that_was_believed_once(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    """Under the same correlation, as if it were that event again, and about somebody else."""
    who, nobody = quarter.settle_in(), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    piece = piece_for(who, other_node)
    enrolled(quarter, node, who, piece)
    say(other_node, stored(who, piece), correlation=who.holder)
    say(other_node, stored(nobody), correlation=who.holder)
    assert face(quarter, nobody).stored == ()
    assert alarms(quarter) == [(other_node.id, "东门")]


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_piece_of_before_a_withdrawal_makes_nobody_known_who_agrees_anew(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    piece = piece_for(who, other_node)
    enrolled(quarter, node, who, piece)
    say(node, stored(who))
    later = quarter.now + timedelta(minutes=5)
    quarter.withdraw(who, later)
    say(other_node, stored(who, piece))  # its journal came late: it is true, and it owes the erasure
    assert {one.node_id for one in face(quarter, who).stored} == {node.id, other_node.id} and alarms(quarter) == []
    for one in (node, other_node):
        order = quarter.ordered(one, later)[who.holder]
        say(one, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True, places=("template",)))
    quarter.agree(who, later + timedelta(minutes=1))
    say(other_node, stored(who, piece))
    assert face(quarter, who).stored == () and alarms(quarter) == [(other_node.id, "东门")]


@pytest.mark.req("PRIV-07", "PRIV-09")
def test_a_stolen_gate_gives_no_other_gate_a_face_the_enrolment_node_has_none_of_or_by_the_earlier_model_alone(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    nobody, behind = quarter.settle_in(), quarter.settle_in("李示例")
    third = site.enrol("north-in")
    ready(quarter, node, other_node, third)
    say(node, stored(behind, model=OLD))
    for one in (node, third):
        models(quarter, one, NEW, behind)
    say(other_node, stored(nobody))
    for who in (nobody, behind):
        assert wanted(quarter, other_node) == ()
        passed_on(quarter, other_node, TemplateAnew(cardholder_id=who.holder, templates=(piece_for(who, third),)))
    assert waiting(quarter) == []
    for one in (node, other_node, third):
        assert quarter.told(one).maker == node.id
    assert wanted(quarter, node) == (), "it knows one by the earlier model alone, and the other not at all"


@pytest.mark.req("PRIV-09")
def test_what_waits_is_replaced_by_its_own_maker_alone(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    who = quarter.settle_in()
    third = site.enrol("north-in")
    ready(quarter, node, other_node, third)
    say(node, stored(who))
    had(quarter, node, third, who)
    models(quarter, third, NEW, who)
    first, theirs, second = (piece_for(who, third, content) for content in (b"1" * 60, b"2" * 60, b"3" * 60))
    passed_on(quarter, node, TemplateAnew(cardholder_id=who.holder, templates=(first,)))
    passed_on(quarter, other_node, TemplateAnew(cardholder_id=who.holder, templates=(theirs,)))
    assert [row.payload for row in waiting(quarter)] == [first.model_dump_json()]
    passed_on(quarter, node, TemplateAnew(cardholder_id=who.holder, templates=(second,)))
    assert [row.payload for row in waiting(quarter)] == [second.model_dump_json()]
    assert [state for _, state, _ in states(quarter)][1:] == [PieceState.REPLACED, PieceState.WAITING]


def test_what_is_told_late_of_one_piece_takes_no_newer_one_away(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, client: TestClient
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    first, second = piece_for(who, other_node), piece_for(who, other_node, b"u" * 60)
    for one in (first, second):
        enrolled(quarter, node, who, one)
    for fate in ({"taken": 1}, {"taken": 0, "why": "another_face"}, {"taken": 0, "again": 1}):
        settle(quarter, other_node, client, first, **fate)
        assert [row.payload for row in waiting(quarter)] == [second.model_dump_json()] and missed(quarter) == set()
    settle(quarter, other_node, client, second, taken=1)
    settle(quarter, other_node, client, second, taken=0, again=1)  # told twice, the second time otherwise
    assert waiting(quarter) == [] and missed(quarter) == set()
    assert [state for _, state, _ in states(quarter)] == [PieceState.REPLACED, PieceState.TAKEN]


def test_a_gate_that_takes_a_template_never_is_told_with_the_reason(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, client: TestClient
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    piece = piece_for(who, other_node)
    token, enrolment_id = invite(quarter, who)
    send(quarter, token)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED, templates=(piece,))
    say(node, stored(who))
    settle(quarter, other_node, client, piece, taken=0, why="other_model")
    assert [(one.node_id, one.why) for one in face(quarter, who).refused] == [(other_node.id, "other_model")]
    assert sorted(one.says for one in step(quarter, token).gates) == [Says.KNOWS, Says.NOT_HERE]
    models(quarter, other_node, OLD)
    assert missed(quarter) == set()
    models(quarter, other_node, NEW)  # its software was renewed
    assert wanted(quarter, node) == (WantedTemplate(node_id=other_node.id, cardholder_id=who.holder),)
    again = piece_for(who, other_node, b"u" * 60)
    passed_on(quarter, node, TemplateAnew(cardholder_id=who.holder, templates=(again,)))
    assert face(quarter, who).refused == ()
    settle(quarter, other_node, client, again, taken=0, why="of_tomorrow")
    assert [one.why for one in face(quarter, who).refused] == [""]
    with quarter.session() as db:
        (told,) = pieces.refused(db, [quarter.site.community_id])
    assert (told.node_id, told.cardholder_id) == (other_node.id, who.holder)


@pytest.mark.req("PRIV-07")
def test_an_answer_that_was_held_for_more_than_an_hour_leaves_no_gate_without_the_face(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, site: Site
) -> None:
    """The photos were given up meanwhile; the template is made all the same."""
    who = quarter.settle_in()
    third = site.enrol("north-in")
    ready(quarter, node, other_node, third)
    token, enrolment_id = invite(quarter, who)
    send(quarter, token)
    with quarter.session() as db:
        assert service.sweep(db, quarter.now + PHOTOS_LIFE + timedelta(minutes=1)) == 1
    assert seen(quarter, token).state is EnrolmentState.LATE
    opens, no_more = piece_for(who, other_node), piece_for(who, third).model_copy(update={"key_id": "ee" * 8})
    for _ in range(2):
        answer(quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED, templates=(opens, no_more))
        assert [(row.node_id, row.subject_id) for row in waiting(quarter)] == [(other_node.id, who.holder)]
        assert missed(quarter) == {(third.id, who.holder)}
    assert seen(quarter, token).state is EnrolmentState.ENROLLED


@pytest.mark.req("PRIV-07")
def test_an_answer_that_never_came_leaves_no_gate_without_the_face_either(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who, answered = quarter.settle_in(), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    enrolled(quarter, node, answered, piece_for(answered, other_node))
    for one in (who, answered):
        say(node, stored(one))
    assert missed(quarter) == {(other_node.id, who.holder)}


@pytest.mark.req("PRIV-07")
def test_what_waits_of_a_node_that_was_revoked_is_made_again_by_the_next(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    who = quarter.settle_in()
    third = site.enrol("north-in")
    ready(quarter, node, other_node, third)
    for_other, for_third = piece_for(who, other_node), piece_for(who, third, b"u" * 60)
    enrolled(quarter, node, who, for_other, for_third)
    say(node, stored(who))
    say(other_node, stored(who, for_other))
    with quarter.session() as db:
        service.settle_template(db, other_node.actor, who.holder, quarter.now, piece=for_other.piece)
        nodes.revoke_node(db, quarter.actor, node.id, "丢失", quarter.now)
    assert waiting(quarter) == [] and missed(quarter) == {(third.id, who.holder)}
    with quarter.session() as db:
        rebuild(db, quarter.site.community_id, projections)
    assert alarms(quarter) == [], "what it said while it was the enrolment node is no claim by being read again"
    assert {one.node_id for one in face(quarter, who).stored} == {node.id, other_node.id}
    assert quarter.told(third).maker == other_node.id
    assert wanted(quarter, other_node) == (WantedTemplate(node_id=third.id, cardholder_id=who.holder),)


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_an_answer_to_photos_of_before_a_withdrawal_is_none_to_those_that_were_sent_after_it(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, client: TestClient
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    token, enrolment_id = invite(quarter, who)

    def sent(number: int) -> str:
        photo = PHOTO.model_copy(update={"sealed": bytes([number]) * 40})
        send(quarter, token, photo, later=timedelta(minutes=number))
        with quarter.session() as db:
            (job,) = service.mail_for(db, node.actor, quarter.now).jobs
        return job.sent

    def told(name: str | None) -> int:
        piece = piece_for(who, other_node)
        made = EnrolmentAnswer(
            enrolment_id=enrolment_id, outcome=EnrolmentOutcome.ENROLLED, templates=(piece,), sent=name
        )
        path = f"/edge/v1/faces/enrolments/{enrolment_id}"
        return node.call(client, "PUT", path, made.model_dump_json().encode()).status_code

    before = sent(1)
    quarter.withdraw(who, quarter.now + timedelta(minutes=2))
    quarter.agree(who, quarter.now + timedelta(minutes=3))
    after = sent(4)
    assert before != after
    for name in (before, None):
        assert told(name) == 409
        assert seen(quarter, token).state is EnrolmentState.WAITING
        assert [row.kind for row in waiting(quarter)] == ["face_photos"], "the new ones wait on"
    with quarter.session() as db:
        service.sweep(db, quarter.now + PHOTOS_LIFE + timedelta(minutes=10))
    assert told(before) == 409 and seen(quarter, token).state is EnrolmentState.LATE
    assert told(after) == 204 and seen(quarter, token).state is EnrolmentState.ENROLLED
    assert told(after) == 204, "told twice"


@pytest.mark.parametrize("outcome", [EnrolmentOutcome.REFUSED, EnrolmentOutcome.NO_CONSENT])
def test_an_answer_told_twice_is_none_to_the_photos_that_were_sent_between(
    quarter: Quarter, node: FieldNode, outcome: EnrolmentOutcome
) -> None:
    ready(quarter, node)
    token, enrolment_id = invite(quarter, quarter.settle_in())
    send(quarter, token)
    with quarter.session() as db:
        (job,) = service.mail_for(db, node.actor, quarter.now).jobs
    answer(quarter, node, enrolment_id, outcome, sent=job.sent)
    send(quarter, token, PHOTO.model_copy(update={"sealed": b"n" * 40}))
    answer(quarter, node, enrolment_id, outcome, sent=job.sent)
    assert seen(quarter, token).state is EnrolmentState.WAITING
