"""Enrolment as central keeps it: a link, ciphertext that waits, an answer, and nothing left behind."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.errors import Conflict, Forbidden, Gone, NotFound, Problem, Unavailable
from central.base.kernel.session import open_session
from central.gates.face_enrolment import keys, own_visits, service
from central.gates.face_enrolment.rules import INVITATION_LIFE, PHOTOS_LIFE, TRIES_MAX, EnrolmentState
from central.gates.face_enrolment.views import Enrolment
from central.gates.nodes import mail
from central.gates.nodes.tables import NodeMailRow
from central.people.community import service as community
from central.people.community.rules import Tie
from central.people.community.tables import HouseRow, ResidentRow
from central.people.consent import service as consent
from central.people.consent.queries import standing_of
from central.people.consent.rules import Channel, Standing
from models.values.ids import new_id
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentKey,
    EnrolmentOutcome,
    OfferedKeys,
    PhotoProblem,
    SealedPhoto,
    SealedTemplate,
)
from models.wire.receiving import ReceivingKey, key_id_of, receiving_text
from tests.central.gates.conftest import FieldNode
from tests.central.gates.nodes.faces.conftest import Quarter, Someone

KEY = EnrolmentKey(key_id="ab" * 8, point="04" + "cd" * 64)
PHOTO = SealedPhoto(key_id=KEY.key_id, ephemeral=bytes(65), nonce=bytes(12), sealed=b"s" * 40)


def offer(quarter: Quarter, node: FieldNode, key: EnrolmentKey = KEY) -> None:
    told = OfferedKeys(key_id=key.key_id, point=key.point, receiving=receiving(node))
    with quarter.session() as db:
        keys.offer_keys(db, node.actor, told, quarter.now)


def receiving(node: FieldNode, point: bytes = bytes(range(32))) -> ReceivingKey:
    """As the node signs it."""
    signature = node.key.sign(receiving_text(node.id, point)).signature
    return ReceivingKey(key_id=key_id_of(point), point=point.hex(), signature=signature.hex())


def invite(quarter: Quarter, who: Someone) -> tuple[str, UUID]:
    with quarter.session() as db:
        token, row = service.invite(db, quarter.actor, who.holder, quarter.now)
        return token, row.id


def send(quarter: Quarter, token: str, *photos: SealedPhoto, later: timedelta = timedelta()) -> Enrolment:
    with open_session(quarter.site.engine) as db:
        return service.send_photos(db, token, photos or (PHOTO,), quarter.now + later)


def seen(quarter: Quarter, token: str, later: timedelta = timedelta()) -> Enrolment:
    with open_session(quarter.site.engine) as db:
        return service.enrolment_of(db, token, quarter.now + later)


def waiting(quarter: Quarter) -> list[NodeMailRow]:
    with quarter.session() as db:
        return list(db.scalars(select(NodeMailRow)))


def answer(quarter: Quarter, node: FieldNode, enrolment_id: UUID, outcome: EnrolmentOutcome, **more: object) -> None:
    with quarter.session() as db:
        told = EnrolmentAnswer.model_validate({"enrolment_id": enrolment_id, "outcome": outcome, **more})
        service.answer(db, node.actor, told, quarter.now)


@pytest.mark.req("PRIV-01")
def test_photos_of_somebody_who_did_not_agree_are_refused_and_written_nowhere(
    quarter: Quarter, node: FieldNode
) -> None:
    offer(quarter, node)
    token, _ = invite(quarter, quarter.settle_in(consents=False))
    with pytest.raises(Forbidden):
        send(quarter, token)
    assert waiting(quarter) == []
    assert seen(quarter, token).state is EnrolmentState.INVITED


def test_photos_wait_for_the_node_whose_key_they_are_sealed_to_and_go_with_its_answer(
    quarter: Quarter, node: FieldNode
) -> None:
    offer(quarter, node)
    token, enrolment_id = invite(quarter, quarter.settle_in())
    assert send(quarter, token).state is EnrolmentState.WAITING
    with quarter.session() as db:
        assert mail.waits(db, node.id)
        jobs = service.mail_for(db, node.actor, quarter.now).jobs
    assert [(job.enrolment_id, job.photos) for job in jobs] == [(enrolment_id, (PHOTO,))]
    with pytest.raises(Conflict):
        send(quarter, token)  # an answer is awaited
    wrong = PhotoProblem(problem="too_dark", photo=1)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.REFUSED, problems=(wrong,))
    assert waiting(quarter) == []
    told = seen(quarter, token)
    assert (told.state, told.may_send) == (EnrolmentState.REFUSED, True)
    assert told.problems == ({"problem": "too_dark", "photo": 1},)


@pytest.mark.req("ACC-12")
def test_the_node_judges_photos_as_those_that_were_asked_for_whatever_the_sender_says(
    quarter: Quarter, node: FieldNode
) -> None:
    offer(quarter, node)
    token, _ = invite(quarter, quarter.settle_in())
    with open_session(quarter.site.engine) as db:
        service.send_photos(db, token, (PHOTO,) * 3, quarter.now)
    with quarter.session() as db:
        assert [job.guided for job in service.mail_for(db, node.actor, quarter.now).jobs] == [True]


@pytest.mark.req("PRIV-07")
def test_a_template_goes_sealed_to_the_other_nodes_of_the_site_and_to_nobody_else(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    who = quarter.settle_in()
    offer(quarter, node)
    token, enrolment_id = invite(quarter, who)
    send(quarter, token)
    sealed = [
        SealedTemplate(node_id=to, cardholder_id=person, sealed=b"t" * 60, key_id="cd" * 8)
        for to, person in ((other_node.id, who.holder), (new_id(), who.holder), (other_node.id, new_id()))
    ]
    answer(quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED, templates=tuple(sealed))
    with quarter.session() as db:
        assert service.mail_for(db, other_node.actor, quarter.now).templates == (sealed[0],)
        assert service.mail_for(db, node.actor, quarter.now).templates == ()
        assert [one.node_id for one in service.mail_for(db, node.actor, quarter.now).others] == [other_node.id]
        service.settle_template(db, other_node.actor, who.holder, quarter.now)
    assert waiting(quarter) == []
    assert seen(quarter, token).state is EnrolmentState.ENROLLED
    with pytest.raises(Conflict):
        send(quarter, token)


def test_an_answer_twice_changes_nothing_and_of_another_node_is_none(
    quarter: Quarter, other_node: FieldNode, node: FieldNode
) -> None:
    offer(quarter, node)
    token, enrolment_id = invite(quarter, quarter.settle_in())
    send(quarter, token)
    with pytest.raises(NotFound):
        answer(quarter, other_node, enrolment_id, EnrolmentOutcome.ENROLLED)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.DUPLICATE)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED)
    assert seen(quarter, token).state is EnrolmentState.DUPLICATE


def test_the_desk_hears_what_became_of_the_last_link(quarter: Quarter, node: FieldNode) -> None:
    offer(quarter, node)
    who = quarter.settle_in()

    def last(later: timedelta = timedelta()) -> tuple[EnrolmentState, tuple[str, ...], bool] | None:
        with quarter.session() as db:
            told = service.last_try(db, who.holder, quarter.now + later)
        return None if told is None else (told.state, told.problems, told.over)

    assert last() is None
    token, enrolment_id = invite(quarter, who)
    assert last() == (EnrolmentState.INVITED, (), False)
    assert last(INVITATION_LIFE) == (EnrolmentState.INVITED, (), True)
    send(quarter, token)
    wrong = (PhotoProblem(problem="too_dark", photo=1), PhotoProblem(problem="too_dark", photo=2))
    answer(quarter, node, enrolment_id, EnrolmentOutcome.REFUSED, problems=wrong)
    assert last() == (EnrolmentState.REFUSED, ("too_dark",), False)
    send(quarter, token)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.DUPLICATE)
    assert last() == (EnrolmentState.DUPLICATE, (), False)
    invite(quarter, who)
    assert last() == (EnrolmentState.INVITED, (), False), "the newest speaks"


@pytest.mark.req("PRIV-04")
def test_whoever_withdraws_leaves_nothing_waiting(quarter: Quarter, other_node: FieldNode, node: FieldNode) -> None:
    who = quarter.settle_in()
    offer(quarter, node)
    token, enrolment_id = invite(quarter, who)
    send(quarter, token)
    answer(
        quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED,
        templates=(SealedTemplate(node_id=other_node.id, cardholder_id=who.holder, sealed=b"t" * 60, key_id="cd" * 8),),
    )  # fmt: skip
    assert len(waiting(quarter)) == 1
    quarter.withdraw(who)
    assert waiting(quarter) == []


def test_whoever_withdraws_while_photos_wait_can_begin_anew_by_the_same_link(quarter: Quarter, node: FieldNode) -> None:
    who = quarter.settle_in()
    offer(quarter, node)
    token, _ = invite(quarter, who)
    send(quarter, token)
    quarter.withdraw(who)
    assert waiting(quarter) == []
    assert (seen(quarter, token).state, seen(quarter, token).may_send) == (EnrolmentState.INVITED, True)


def test_photos_that_nobody_fetched_are_deleted_and_asked_for_again(quarter: Quarter, node: FieldNode) -> None:
    offer(quarter, node)
    token, _ = invite(quarter, quarter.settle_in())
    send(quarter, token)
    with quarter.session() as db:
        assert service.sweep(db, quarter.now + PHOTOS_LIFE) == 0
        assert service.sweep(db, quarter.now + PHOTOS_LIFE + timedelta(seconds=1)) == 1
    assert waiting(quarter) == []
    assert seen(quarter, token).state is EnrolmentState.LATE
    assert seen(quarter, token).may_send


def test_a_link_ends_with_its_time_with_the_next_one_and_was_never_any_other_text(
    quarter: Quarter, node: FieldNode
) -> None:
    who = quarter.settle_in()
    first, _ = invite(quarter, who)
    second, _ = invite(quarter, who)
    for token, later in ((first, timedelta()), (second, INVITATION_LIFE), ("no such link", timedelta())):
        with pytest.raises(Gone):
            seen(quarter, token, later)
    assert seen(quarter, second).state is EnrolmentState.INVITED


def test_without_a_node_that_can_or_to_a_key_that_changed_nothing_is_sent(quarter: Quarter, node: FieldNode) -> None:
    token, _ = invite(quarter, quarter.settle_in())
    with pytest.raises(Unavailable):
        send(quarter, token)
    offer(quarter, node, KEY.model_copy(update={"key_id": "ee" * 8}))
    with pytest.raises(Conflict):
        send(quarter, token)
    assert waiting(quarter) == []


def test_tries_are_bounded(quarter: Quarter, node: FieldNode) -> None:
    offer(quarter, node)
    token, enrolment_id = invite(quarter, quarter.settle_in())
    for _ in range(TRIES_MAX):
        send(quarter, token)
        answer(quarter, node, enrolment_id, EnrolmentOutcome.REFUSED)
    with pytest.raises(Problem):
        send(quarter, token)


@pytest.mark.req("PRIV-03")
def test_of_a_child_with_two_homes_the_guardian_s_is_meant(quarter: Quarter) -> None:
    child = quarter.settle_in("张小例", consents=False)
    with quarter.session() as db:
        unit = db.get_one(HouseRow, quarter.house).unit_id
        house = community.add_house(db, quarter.actor, unit, "1202").id
        since = quarter.now - timedelta(days=9)
        db.add(ResidentRow(
            community_id=quarter.site.community_id, house_id=house, person_id=child.person, tie=Tie.FAMILY.value,
            starts_at=since,
        ))  # fmt: skip
        mother = community.add_resident(db, quarter.actor, house, "李示例", None, Tie.OWNER, starts_at=since).id
        for who, days in ((mother, 12_000), (child.resident, 3_000)):
            consent.note_age(db, quarter.actor, who, quarter.now.date() - timedelta(days), now=quarter.now)
        token, _ = service.invite(db, quarter.actor, child.holder, quarter.now, guardian_id=mother)
    with open_session(quarter.site.engine) as db:
        service.agree(db, token, quarter.text, quarter.now)
        assert service.consent_page(db, token, quarter.now).standing is Standing.IN_FORCE


@pytest.mark.req("PRIV-03")
def test_a_guardian_who_moved_out_sends_no_photos_though_another_agreed(quarter: Quarter, node: FieldNode) -> None:
    offer(quarter, node)
    child = quarter.settle_in("张小例", consents=False)
    mother, father = quarter.settle_in("李示例").resident, quarter.settle_in("张示例").resident
    with quarter.session() as db:
        consent.note_age(db, quarter.actor, child.resident, quarter.now.date() - timedelta(3_000), now=quarter.now)
        token, _ = service.invite(db, quarter.actor, child.holder, quarter.now, guardian_id=mother)
        consent.give_consent(
            db, quarter.actor, child.resident, quarter.text, Channel.DESK, now=quarter.now, guardian_id=father
        )
    send(quarter, token)
    with quarter.session() as db:
        service.forget(db, child.holder)
        community.end_residency(db, quarter.actor, mother, quarter.now, "搬走")
    with pytest.raises(Gone):
        send(quarter, token)
    with open_session(quarter.site.engine) as db:
        assert own_visits.own_visits(db, token, quarter.now) == []
    with open_session(quarter.site.engine) as db:
        assert service.consent_page(db, token, quarter.now).guardian is None, "they may still read it"


@pytest.mark.req("PRIV-01", "PRIV-03", "PRIV-04")
def test_a_guardian_who_moved_out_takes_back_and_withdraws_and_chooses_nothing_more(
    quarter: Quarter, node: FieldNode, client: TestClient
) -> None:
    child = quarter.settle_in("张小例", consents=False)
    mother, father = quarter.settle_in("李示例").resident, quarter.settle_in("张示例").resident
    with quarter.session() as db:
        consent.note_age(db, quarter.actor, child.resident, quarter.now.date() - timedelta(3_000), now=quarter.now)
        token, _ = service.invite(db, quarter.actor, child.holder, quarter.now, guardian_id=mother)
        consent.give_consent(
            db, quarter.actor, child.resident, quarter.text, Channel.DESK, now=quarter.now, guardian_id=father
        )

    def choose(keep: bool) -> int:
        told = {"keep": str(keep).lower()}
        return client.post(f"/enrol/{token}/keep-photos", data=told, follow_redirects=False).status_code

    def keeps() -> bool:
        quarter.deliver()
        (told,) = (one for one in quarter.told(node).cardholders if one.cardholder_id == child.holder)
        return told.keeps_photos

    assert choose(True) == 303 and keeps()
    with quarter.session() as db:
        community.end_residency(db, quarter.actor, mother, quarter.now, "搬走")
    assert choose(False) == 303 and not keeps(), "taken back is taken back"
    for language, word in (("zh-CN", "监护人"), ("en", "guardian")):
        page = client.post(
            f"/enrol/{token}/keep-photos", data={"keep": "true"},
            headers={"accept": "text/html", "accept-language": language},
        )  # fmt: skip
        assert page.status_code == 403 and word in page.text
        assert 'name="keep" value="true"' not in page.text, "nor is it offered"
    assert not keeps()
    assert client.post(f"/enrol/{token}/withdraw", follow_redirects=False).status_code == 303
    with quarter.session() as db:
        assert standing_of(db, quarter.site.community_id, child.person, clock.now()).standing is Standing.WITHDRAWN


@pytest.mark.req("PRIV-03")
def test_behind_a_link_that_names_no_guardian_nobody_speaks_for_a_child(quarter: Quarter, node: FieldNode) -> None:
    """It was made before the age was noted."""
    offer(quarter, node)
    child, father = quarter.settle_in("张小例", consents=False), quarter.settle_in("张示例").resident
    token, _ = invite(quarter, child)
    with quarter.session() as db:
        consent.note_age(db, quarter.actor, child.resident, quarter.now.date() - timedelta(3_000), now=quarter.now)
        consent.give_consent(
            db, quarter.actor, child.resident, quarter.text, Channel.DESK, now=quarter.now, guardian_id=father
        )
    with pytest.raises(Forbidden, match=r"faces\.speaks_no_more"), open_session(quarter.site.engine) as db:
        service.photos_choice(db, token, True, quarter.now)
    with pytest.raises(Gone):
        send(quarter, token)
