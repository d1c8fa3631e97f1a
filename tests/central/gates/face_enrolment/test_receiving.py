"""Where nodes seal templates for each other, as central hands it on; and what one of them missed is sent again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from nacl.signing import SigningKey
from sqlalchemy import select, update

from central.base.kernel import clock
from central.base.kernel.errors import Invalid
from central.gates.face_enrolment import keys, service, watch_photos
from central.gates.face_enrolment.rules import WATCH_TEMPLATE
from central.gates.nodes import mail
from central.gates.nodes.faces.orders import order_erasure
from central.gates.nodes.faces.rules import TEMPLATE, Why
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.tables import MissedMailRow
from central.gates.nodes.watch_group import service as watch_group
from central.gates.visits.tables import AlarmRow
from models.values.ids import new_id
from models.wire.events import TemplateErased, TemplateStored, WatchChanged
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentOutcome,
    OfferedKeys,
    OtherNode,
    SealedTemplate,
    TemplateAnew,
    WantedTemplate,
)
from models.wire.receiving import key_id_of, signed_by
from tests.central.gates.conftest import FieldNode, Site
from tests.central.gates.face_enrolment.test_anew import NEW, OLD, models, passed_on, sealed_for
from tests.central.gates.face_enrolment.test_service import KEY, answer, invite, offer, receiving, send, waiting
from tests.central.gates.nodes.faces.conftest import Quarter, Say, Someone
from tests.central.gates.nodes.watch_group.test_watch_group import PHOTO, add, keeper

pytestmark = pytest.mark.req("PRIV-07")


def others(quarter: Quarter, node: FieldNode) -> tuple[OtherNode, ...]:
    with quarter.session() as db:
        told = service.mail_for(db, node.actor, quarter.now).others
        assert told == watch_photos.mail_for(db, node.actor, quarter.now).others
        return told


def wanted(quarter: Quarter, node: FieldNode) -> tuple[WantedTemplate, ...]:
    with quarter.session() as db:
        return service.mail_for(db, node.actor, quarter.now).wanted


def missed(quarter: Quarter) -> set[tuple[UUID, UUID]]:
    with quarter.session() as db:
        return {(row.node_id, row.subject_id) for row in db.scalars(select(MissedMailRow))}


def stored(quarter: Quarter, say: Say, node: FieldNode, *who: Someone) -> None:
    for one in who:
        say(node, TemplateStored(cardholder_id=one.holder, model=NEW, photos=3))


def ready(quarter: Quarter, *nodes: FieldNode) -> None:
    """Each has told its keys and its model."""
    for node in nodes:
        offer(quarter, node)
        models(quarter, node, NEW)


def enrolled(quarter: Quarter, node: FieldNode, who: Someone, *templates: SealedTemplate) -> None:
    token, enrolment_id = invite(quarter, who)
    send(quarter, token)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED, templates=templates)


def settled(quarter: Quarter, node: FieldNode, who: Someone, *, again: bool) -> None:
    with quarter.session() as db:
        service.settle_template(db, node.actor, who.holder, quarter.now, again=again)


def test_a_nodes_receiving_key_is_told_to_the_others_of_its_site_with_the_nodes_own_signature(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, client: TestClient
) -> None:
    (before,) = others(quarter, node)
    assert (before.node_id, before.receiving) == (other_node.id, None)
    for point in (b"1" * 32, b"2" * 32):
        key = receiving(other_node, point)
        told = OfferedKeys(**KEY.model_dump(), receiving=key)
        as_json = {"content-type": "application/json"}
        body = told.model_dump_json().encode()
        assert other_node.call(client, "PUT", "/edge/v1/faces/key", body, **as_json).status_code == 204
        (after,) = others(quarter, node)
        assert after.receiving == key and signed_by(key, other_node.id, bytes.fromhex(after.public_key))
    forged = OfferedKeys(**KEY.model_dump(), receiving=receiving(node)).model_dump_json().encode()
    assert other_node.call(client, "PUT", "/edge/v1/faces/key", forged, **as_json).status_code == 422
    assert others(quarter, node)[0].receiving == key, "the one before stands"


@pytest.mark.req("PRIV-09")
def test_a_key_that_somebody_wrote_into_the_database_is_handed_to_no_node_and_told(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, caplog: pytest.LogCaptureFixture
) -> None:
    offer(quarter, other_node)
    rogue = SigningKey.generate().verify_key.to_curve25519_public_key().encode()
    own = receiving(other_node)
    for planted in (
        receiving(node, rogue),
        own.model_copy(update={"point": rogue.hex(), "key_id": key_id_of(rogue)}),
        own.model_copy(update={"point": rogue.hex()}),
    ):
        write(quarter, other_node, planted.model_dump())
        caplog.clear()
        assert others(quarter, node)[0].receiving is None
        assert str(other_node.id) in {record.__dict__.get("node_id") for record in caplog.records}
    write(quarter, other_node, {"point": "no key at all"})
    assert others(quarter, node)[0].receiving is None
    offer(quarter, other_node)
    assert others(quarter, node)[0].receiving == own


def write(quarter: Quarter, node: FieldNode, value: dict[str, object]) -> None:
    with quarter.session() as db:
        db.execute(update(PhotoKeyRow).where(PhotoKeyRow.node_id == node.id).values(receiving=value))


@pytest.mark.req("PRIV-09")
def test_a_gate_that_offers_a_key_later_is_not_sent_the_photos_though_it_was_enrolled_before(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    """Else one stolen gate would make itself the enrolment node with one request."""
    for one in (other_node, node, other_node):
        offer(quarter, one)
        with quarter.session() as db:
            found = keys.key_of_site(db, quarter.site.community_id, quarter.now)
        assert found is not None and found[0] == other_node.id


def test_a_key_of_somebody_else_is_not_taken(quarter: Quarter, node: FieldNode, other_node: FieldNode) -> None:
    with quarter.session() as db, pytest.raises(Invalid):
        told = OfferedKeys(**KEY.model_dump(), receiving=receiving(other_node))
        keys.offer_keys(db, node.actor, told, quarter.now)


def test_a_node_for_which_nothing_was_sealed_gets_it_once_its_key_is_known(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    """Neither a node that told none, nor one whose key was not its own, is left without the person's face."""
    who = quarter.settle_in()
    ready(quarter, node)
    enrolled(quarter, node, who)
    stored(quarter, say, node, who)
    assert missed(quarter) == {(other_node.id, who.holder)}
    models(quarter, other_node, NEW)
    assert wanted(quarter, node) == (), "there is nothing to seal it to"
    offer(quarter, other_node)
    assert wanted(quarter, node) == (WantedTemplate(node_id=other_node.id, cardholder_id=who.holder),)
    for _ in range(2):
        passed_on(quarter, node, sealed_for(who, other_node))
    assert [(row.node_id, row.subject_id) for row in waiting(quarter)] == [(other_node.id, who.holder)]
    assert missed(quarter) == set() and wanted(quarter, node) == ()
    settled(quarter, other_node, who, again=False)
    assert missed(quarter) == set() and wanted(quarter, node) == ()


def test_what_is_sealed_to_a_lasting_key_is_kept_here_for_nobody(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    """As nodes of before seal: they are asked no more, and the next version of them sends it."""
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    lasting = SealedTemplate(node_id=other_node.id, cardholder_id=who.holder, sealed=b"t" * 60)
    enrolled(quarter, node, who, lasting)
    stored(quarter, say, node, who)
    told = sealed_for(who, other_node)
    passed_on(quarter, node, told.model_copy(update={"templates": (lasting,)}))
    assert waiting(quarter) == [] and missed(quarter) == {(other_node.id, who.holder)}
    with quarter.session() as db:  # the maker of before tells a photo key alone
        keys.offer_keys(db, node.actor, OfferedKeys(**KEY.model_dump()), quarter.now)
    assert wanted(quarter, node) == ()
    offer(quarter, node)
    assert [one.cardholder_id for one in wanted(quarter, node)] == [who.holder]


def test_what_a_node_could_not_open_is_asked_of_who_has_it(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, client: TestClient
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    enrolled(quarter, node, who, sealed_for(who, other_node).templates[0])
    stored(quarter, say, node, who)
    path = f"/edge/v1/faces/templates/{who.holder}?taken=0&again=1"
    for _ in range(2):  # the first answer was lost
        assert other_node.call(client, "DELETE", path).status_code == 204
    assert waiting(quarter) == [], "what opens no more is not kept"
    assert wanted(quarter, node) == (WantedTemplate(node_id=other_node.id, cardholder_id=who.holder),)
    assert wanted(quarter, other_node) == ()
    passed_on(quarter, node, sealed_for(who, other_node))
    settled(quarter, other_node, who, again=True)
    assert missed(quarter) == {(other_node.id, who.holder)}, "and once more"
    settled(quarter, other_node, quarter.settle_in("李示例"), again=True)
    assert missed(quarter) == {(other_node.id, who.holder)}, "nobody asks for what was never meant for it"


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_whoever_is_to_be_erased_is_sent_to_no_node_that_missed_it(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    gone, over, back = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    ready(quarter, node, other_node)
    for who in (gone, over, back):
        enrolled(quarter, node, who)
        stored(quarter, say, node, who)
    assert {one.cardholder_id for one in wanted(quarter, node)} == {gone.holder, over.holder, back.holder}
    quarter.withdraw(gone)
    with quarter.session() as db:
        order_erasure(db, quarter.site.community_id, [over.holder], Why.EXPIRED, quarter.now)
    assert missed(quarter) == {(other_node.id, back.holder)}
    quarter.withdraw(back)
    quarter.agree(back)
    with quarter.session() as db:
        mail.note_missed(db, [(other_node.id, back.holder)], TEMPLATE, quarter.now)
    assert wanted(quarter, node) == (), "that one was made under the consent before"
    passed_on(quarter, node, sealed_for(back, other_node))
    assert waiting(quarter) == []
    order = quarter.ordered(node)[back.holder]
    say(node, TemplateErased(cardholder_id=back.holder, order_id=order, had_template=True, places=("template",)))
    stored(quarter, say, node, back)
    assert wanted(quarter, node) == (), "the other has yet to destroy, and would refuse it for good until then"
    say(other_node, TemplateErased(cardholder_id=back.holder, order_id=order, had_template=False, places=()))
    assert [one.cardholder_id for one in wanted(quarter, node)] == [back.holder], "of the new one"


def test_a_node_that_comes_later_gets_whom_the_others_know(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    made, both, gone = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    stored(quarter, say, other_node, both)  # as a technician enrolled them there, before there was an enrolment node
    ready(quarter, node)
    stored(quarter, say, node, made, both, gone)
    quarter.withdraw(gone)
    assert missed(quarter) == set()
    ready(quarter, other_node)
    assert wanted(quarter, node) == (WantedTemplate(node_id=other_node.id, cardholder_id=made.holder),)
    assert (other_node.id, both.holder) not in missed(quarter)
    passed_on(quarter, node, sealed_for(made, other_node))
    offer(quarter, other_node)
    assert (other_node.id, made.holder) not in missed(quarter), "with its first key alone"
    models(quarter, other_node, OLD)
    settled(quarter, other_node, made, again=True)
    assert wanted(quarter, node) == (), "another model says nothing to it"


@pytest.mark.req("SEC-04")
def test_only_the_enrolment_node_makes_good_what_it_has_itself(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    """A stolen key of another gate puts no face under somebody's name at a gate that is new."""
    who, here_alone = quarter.settle_in(), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    stored(quarter, say, node, who)
    stored(quarter, say, other_node, who, here_alone)
    third = site.enrol("north-in")
    ready(quarter, third)
    assert {one.cardholder_id for one in wanted(quarter, node)} == {who.holder}
    assert wanted(quarter, other_node) == (), "nor one whom nobody else knows"
    for one in (who, here_alone):
        passed_on(quarter, other_node, sealed_for(one, third))
    assert waiting(quarter) == []
    passed_on(quarter, node, sealed_for(who, third))
    assert [(row.node_id, row.subject_id) for row in waiting(quarter)] == [(third.id, who.holder)]


@pytest.mark.req("ACC-30")
def test_a_face_of_the_watch_group_that_a_node_missed_is_asked_of_who_made_it(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site, client: TestClient
) -> None:
    ready(quarter, node, other_node)
    entry_id = add(quarter)
    template = SealedTemplate(node_id=other_node.id, cardholder_id=entry_id, sealed=b"t" * 200, key_id="cd" * 8)
    lasting = template.model_copy(update={"key_id": None})
    with quarter.session() as db:
        watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], quarter.now)
        done = EnrolmentAnswer(enrolment_id=entry_id, outcome=EnrolmentOutcome.ENROLLED, templates=(lasting,))
        watch_photos.answer(db, node.actor, done, quarter.now)

    def asked(at: FieldNode) -> tuple[WantedTemplate, ...]:
        with quarter.session() as db:
            return watch_photos.mail_for(db, at.actor, quarter.now).wanted

    lacks = WantedTemplate(node_id=other_node.id, cardholder_id=entry_id)
    assert asked(node) == (), "before it says that it has the face"
    for one in (node, other_node):
        say(one, WatchChanged(entry_id=entry_id, what="stored"))
    assert asked(node) == (lacks,) and asked(other_node) == ()
    path, as_json = f"/edge/v1/watch-group/anew/{entry_id}", {"content-type": "application/json"}
    sent = TemplateAnew(cardholder_id=entry_id, templates=(lasting, template)).model_dump_json().encode()
    assert client.put(path, content=sent, headers=as_json).status_code == 401
    assert node.call(client, "PUT", f"/edge/v1/watch-group/anew/{new_id()}", sent, **as_json).status_code == 422
    assert other_node.call(client, "PUT", path, sent, **as_json).status_code == 204
    assert waiting(quarter) == [], "who did not make it has no say"
    for _ in range(2):
        assert node.call(client, "PUT", path, sent, **as_json).status_code == 204
    with quarter.session() as db:
        assert watch_photos.mail_for(db, other_node.actor, quarter.now).templates == (template,)
    for _ in range(2):
        assert other_node.call(client, "DELETE", f"/edge/v1/watch-group/{entry_id}?taken=0&again=1").status_code == 204
    assert asked(node) == (lacks,) and waiting(quarter) == []
    third = site.enrol("north-in")
    ready(quarter, third)
    assert {one.node_id for one in asked(node)} == {other_node.id, third.id}, "nor does a node that comes later"
    with quarter.session() as db:
        watch_group.end_entry(db, keeper(site), entry_id, "人已找到", quarter.now)
    assert asked(node) == () and missed(quarter) == set()


@pytest.mark.req("ACC-30")
@pytest.mark.parametrize("kind", ["a face", "an entry of the watch group"])
def test_a_gate_that_opens_nothing_is_sent_the_same_three_times_an_hour_and_people_are_told(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, client: TestClient, kind: str
) -> None:
    ready(quarter, node, other_node)
    watch = kind != "a face"
    if watch:
        subject = add(quarter, expires_at=quarter.now + 9 * mail.AGAIN_WITHIN)
        say(node, WatchChanged(entry_id=subject, what="stored"))
    else:
        who = quarter.settle_in()
        subject = who.holder
        stored(quarter, say, node, who)
    box, route = (watch_photos, "/edge/v1/watch-group") if watch else (service, "/edge/v1/faces")
    with quarter.session() as db:
        mail.note_missed(db, [(other_node.id, subject)], WATCH_TEMPLATE if watch else TEMPLATE, clock.now())

    def asked(later: timedelta = timedelta()) -> int:
        with quarter.session() as db:
            return len(box.mail_for(db, node.actor, clock.now() + later).wanted)

    def alarms() -> list[UUID | None]:
        with quarter.session() as db:
            return list(db.scalars(select(AlarmRow.node_id).where(AlarmRow.kind == "sent_in_vain")))

    for number in range(mail.AGAIN_MAX):
        assert asked() == 1 and alarms() == [], number
        piece = SealedTemplate(
            node_id=other_node.id,
            cardholder_id=subject,
            sealed=new_id().bytes * 10,
            key_id=receiving(other_node).key_id,
        )
        sent = TemplateAnew(cardholder_id=subject, templates=(piece,)).model_dump_json().encode()
        path = f"{route}/anew/{subject}"
        assert node.call(client, "PUT", path, sent, **{"content-type": "application/json"}).status_code == 204
        own = f"{route}/{subject}" if watch else f"{route}/templates/{subject}"
        for _ in range(2):
            told = other_node.call(client, "DELETE", f"{own}?taken=false&again=true&piece={piece.piece}")
            assert told.status_code == 204
    assert asked() == 0 and missed(quarter) == {(other_node.id, subject)}, "it waits, and is not forgotten"
    assert alarms() == [other_node.id]
    assert asked(mail.AGAIN_WITHIN) == 1, "after the hour it is sent it again"
    with quarter.session() as db:
        assert mail.forget_sent(db, clock.now()) == 0
        assert mail.forget_sent(db, clock.now() + mail.AGAIN_WITHIN) == mail.AGAIN_MAX
