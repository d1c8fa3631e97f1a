"""The site's enrolment node is another one by a person's deed alone, with a reason, and nobody's face is lost by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.face_enrolment import keys, maker, service, watch_photos
from central.gates.face_enrolment.rules import MAKER_CHANGED, EnrolmentState
from central.gates.nodes import enrolment as nodes
from central.gates.nodes.watch_group.rules import EntryState
from central.gates.nodes.watch_group.tables import WatchEntryRow
from models.wire.events import WatchChanged
from models.wire.faces import EnrolmentOutcome, WantedTemplate
from tests.central.gates.conftest import FieldNode, Site
from tests.central.gates.face_enrolment.test_pieces import piece_for, stored
from tests.central.gates.face_enrolment.test_receiving import enrolled, missed, ready, wanted
from tests.central.gates.face_enrolment.test_service import answer, invite, offer, seen, send, waiting
from tests.central.gates.nodes.faces.conftest import Quarter, Say
from tests.central.gates.nodes.watch_group.test_watch_group import PHOTO, add, keeper

pytestmark = pytest.mark.req("PRIV-09")


def named(quarter: Quarter, node: FieldNode, reason: str = "换到机房", minutes: int = 1) -> None:
    with quarter.session() as db:
        maker.name_maker(db, quarter.actor, node.id, reason, quarter.now + timedelta(minutes=minutes))


def test_a_person_names_another_with_a_reason_and_every_gate_is_told(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    ready(quarter, node, other_node)
    for reason in ("", " ", "\u200b", "\u2060 \ufeff", "x" * 201):
        with pytest.raises(Invalid):
            named(quarter, other_node, reason)
    with pytest.raises(Conflict):
        named(quarter, node)
    before = quarter.told(node).version
    named(quarter, other_node)
    offer(quarter, node)  # the one before goes on telling its keys, and changes nothing by it
    assert {quarter.told(one).maker for one in (node, other_node)} == {other_node.id}
    assert quarter.told(node).version > before
    with quarter.session() as db:
        found = keys.key_of_site(db, quarter.site.community_id, quarter.now)
        (row,) = db.scalars(select(AuditRow).where(AuditRow.what == "node.maker"))
        assert found is not None and found[0] == other_node.id
        assert (row.reason, row.before, row.subject_id) == ("换到机房", {"node_id": str(node.id)}, str(other_node.id))
    named(quarter, node, minutes=2)
    assert quarter.told(other_node).maker == node.id, "whom a person named last"
    with quarter.session() as db:
        nodes.revoke_node(db, quarter.actor, node.id, "丢失", quarter.now)
    assert quarter.told(other_node).maker == other_node.id


def test_a_node_without_keys_or_that_is_none_any_more_is_named_by_nobody(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, site: Site
) -> None:
    ready(quarter, node)
    with pytest.raises(Conflict):
        named(quarter, other_node)
    with quarter.session() as db:
        nodes.revoke_node(db, quarter.actor, other_node.id, "丢失", quarter.now)
    with pytest.raises(NotFound):
        named(quarter, other_node)


@pytest.mark.req("PRIV-07", "PRIV-09")
def test_what_is_on_its_way_is_made_again_by_the_one_named_or_photos_are_asked_for_again(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    third = site.enrol("north-in")
    ready(quarter, node, other_node, third)
    who, sends, here_alone = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    for_other, for_third = piece_for(who, other_node), piece_for(who, third, b"u" * 60)
    enrolled(quarter, node, who, for_other, for_third)
    for one in (who, here_alone):
        say(node, stored(one))
    with quarter.session() as db:
        service.settle_template(db, other_node.actor, who.holder, quarter.now, piece=for_other.piece)
    say(other_node, stored(who, for_other))
    token, enrolment_id = invite(quarter, sends)
    send(quarter, token)
    with quarter.session() as db:
        assert maker.change_to(db, site.community_id, other_node.id, quarter.now).asked_again == 1
    named(quarter, other_node)
    assert waiting(quarter) == [] and seen(quarter, token).state is EnrolmentState.LATE
    assert seen(quarter, token).problems == tuple(MAKER_CHANGED), "nobody says that it was the gate's fault"
    assert wanted(quarter, node) == ()
    assert wanted(quarter, other_node) == (WantedTemplate(node_id=third.id, cardholder_id=who.holder),)
    late = piece_for(sends, third)
    answer(quarter, node, enrolment_id, EnrolmentOutcome.ENROLLED, templates=(late,))
    assert waiting(quarter) == [] and seen(quarter, token).may_send, "its answer comes too late"


@pytest.mark.req("ACC-30")
def test_the_watch_groups_photos_and_faces_go_to_the_one_named_as_well(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    ready(quarter, node, other_node)
    entry_id, waits = add(quarter), add(quarter)
    with quarter.session() as db:
        watch_photos.send_photos(db, keeper(site), waits, [PHOTO], quarter.now)
    for one in (node, other_node):
        say(one, WatchChanged(entry_id=entry_id, what="stored"))
    named(quarter, other_node)
    with quarter.session() as db:
        row = db.get_one(WatchEntryRow, waits)
        assert (row.state, row.problems) == (EntryState.REFUSED.value, MAKER_CHANGED)
        assert waiting(quarter) == []
    third = site.enrol("north-in")
    ready(quarter, third)
    assert (third.id, entry_id) in missed(quarter)
    with quarter.session() as db:
        assert watch_photos.mail_for(db, node.actor, quarter.now).wanted == ()
        (lacks,) = watch_photos.mail_for(db, other_node.actor, quarter.now).wanted
    assert (lacks.node_id, lacks.cardholder_id) == (third.id, entry_id)


def test_whoever_revokes_the_enrolment_node_is_told_which_is_next_and_who_is_asked_again(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()

    def next_of(one: FieldNode) -> maker.Heir | None:
        with quarter.session() as db:
            return maker.next_maker(db, quarter.site.community_id, one.id, quarter.now)

    ready(quarter, node)
    say(node, stored(who))
    assert next_of(node) == maker.Heir(None, 0) and next_of(other_node) is None
    ready(quarter, other_node)
    assert next_of(node) == maker.Heir("东门", 1) and next_of(other_node) is None
    with quarter.session() as db:
        for reason in ("\u200b", " \u2060"):
            with pytest.raises(Invalid):
                nodes.revoke_node(db, quarter.actor, node.id, reason, quarter.now)
        nodes.revoke_node(db, quarter.actor, node.id, "换机器", quarter.now)
    assert quarter.told(other_node).maker == other_node.id
