"""What a gate in wrong hands says of faces ends with that gate: it asks no other for anything, and unsays nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import event, func, select

from central.base.kernel import clock
from central.gates.face_enrolment.maker import name_maker
from central.gates.nodes import enrolment as nodes
from central.gates.nodes import mail
from central.gates.nodes.faces import claims, earlier, jobs
from central.gates.nodes.faces.receipts import confirmed_by
from central.gates.nodes.faces.rules import KEPT_AFTER_ALL, TEMPLATE
from central.gates.nodes.faces.tables import FaceErasureRow, FaceModelRow, FaceReceiptRow, TemplatePieceRow
from central.gates.visits.tables import AlarmRow
from models.values.ids import new_id
from models.wire.events import PhotosKept, TemplateErased, TemplateStored
from models.wire.faces import TemplateModels
from tests.central.gates.conftest import FieldNode, Site
from tests.central.gates.face_enrolment.test_anew import NEW, OLD, had, models
from tests.central.gates.face_enrolment.test_ask_again import left_behind
from tests.central.gates.face_enrolment.test_pieces import face, piece_for, step, stored
from tests.central.gates.face_enrolment.test_receiving import enrolled, ready
from tests.central.gates.face_enrolment.test_service import invite
from tests.central.gates.nodes.faces.conftest import Quarter, Say, Someone

pytestmark = pytest.mark.req("PRIV-09")

MORE_THAN_ONE_STATEMENT_TAKES = 66_000


def claim(site: Site, node: FieldNode, count: int) -> list[UUID]:
    """Of people whom nobody ever saw."""
    invented = [new_id() for _ in range(count)]
    written = [node.write(TemplateStored(cardholder_id=one, model=NEW, photos=3)) for one in invented]
    site.send(node, node.batch(written[0].seq))
    return invented


def orders(quarter: Quarter) -> int:
    with quarter.session() as db:
        return db.scalar(select(func.count()).select_from(FaceErasureRow)) or 0


def followed(quarter: Quarter, hours: int = 0) -> int:
    with quarter.session() as db:
        return jobs.follow_time(db, quarter.now + timedelta(hours=hours))


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_disk_from_before_an_erasure_that_is_told_no_more_brings_its_order_again_for_that_gate(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who, agrees, silent = quarter.settle_in(), quarter.settle_in("李示例"), quarter.settle_in("王示例", consents=False)
    ready(quarter, node, other_node)
    quarter.withdraw(who)
    first = quarter.ordered(node)[who.holder]
    for one in (node, other_node):
        say(one, TemplateErased(cardholder_id=who.holder, order_id=first, had_template=True))
    told = tuple(one.holder for one in (who, agrees, silent))
    models(quarter, other_node, NEW, unagreed=told)
    assert orders(quarter) == 1, "the order is told still"
    long_after = clock.now() + KEPT_AFTER_ALL + timedelta(days=100)
    for _ in range(2):
        with quarter.session() as db:
            word = TemplateModels(model=NEW, unagreed=told)
            earlier.note_models(db, other_node.actor, word, long_after)
    again = quarter.ordered(other_node, long_after)
    assert again.keys() == {who.holder} and again[who.holder] != first
    for one in (node, other_node):  # both stand at that gate
        say(one, TemplateErased(cardholder_id=who.holder, order_id=again[who.holder], had_template=True))
    with quarter.session() as db:
        assert set(db.scalars(select(FaceErasureRow.settled_at.is_not(None)))) == {True}
    assert orders(quarter) == 2


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_gate_whose_old_disk_destroyed_what_was_there_is_sent_what_was_made_since(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    quarter.withdraw(who)
    order = quarter.ordered(node)[who.holder]
    for one in (node, other_node):
        say(one, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True))
    quarter.agree(who, quarter.now)
    say(node, stored(who))
    had(quarter, node, other_node, who)
    with quarter.session() as db:
        mail.forget_missed(db, [who.holder])
    say(other_node, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True))
    with quarter.session() as db:
        assert mail.lacking(db, TEMPLATE, who.holder) == {other_node.id}


@pytest.mark.req("PRIV-05")
def test_the_claims_of_a_revoked_gate_order_nothing_any_more(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    before, after = quarter.settle_in(consents=False), quarter.settle_in("李示例", consents=False)
    ready(quarter, node, other_node)
    say(other_node, stored(before))
    claim(site, other_node, 1)
    assert followed(quarter) == 2
    say(other_node, stored(after))
    with quarter.session() as db:
        nodes.revoke_node(db, quarter.actor, other_node.id, "被偷", quarter.now)
    for hour in range(1, 5):
        later = quarter.now + timedelta(hours=hour)
        for holder, order in quarter.ordered(node, later).items():
            say(node, TemplateErased(cardholder_id=holder, order_id=order, had_template=False))
        assert followed(quarter, hour) == 0
    assert orders(quarter) == 2
    with quarter.session() as db:
        assert set(db.scalars(select(FaceErasureRow.settled_at.is_not(None)))) == {True}
        assert jobs.count_faces(db, quarter.now).orphans == 0, "its words are nobody's face, and nobody can act on them"


@pytest.mark.req("PRIV-05")
def test_what_a_gate_claims_again_after_it_destroyed_it_is_ordered_once(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in(consents=False)
    ready(quarter, node, other_node)
    for hour in range(3):
        say(other_node, stored(who))
        assert followed(quarter, hour) == (1 if hour == 0 else 0)
        if hour == 0:
            for one in (node, other_node):
                order = quarter.ordered(one)[who.holder]
                say(one, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=False))


@pytest.mark.req("PRIV-05", "PRIV-06")
def test_a_revoked_gates_template_of_somebody_who_never_agreed_is_ordered_away_once(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    """It counts as a face until it is destroyed by hand, and the gates that live are not asked for it every time."""
    who = quarter.settle_in(consents=False)
    ready(quarter, node, other_node)
    say(node, stored(who))
    with quarter.session() as db:
        nodes.revoke_node(db, quarter.actor, node.id, "丢失", quarter.now)
    assert followed(quarter) == 1
    order = quarter.ordered(other_node)[who.holder]
    say(other_node, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=False))
    assert [followed(quarter, hour) for hour in (1, 2)] == [0, 0]
    with quarter.session() as db:
        counted = jobs.count_faces(db, quarter.now)
    assert (counted.faces, counted.orphans) == (1, 1)


@pytest.mark.req("PRIV-05")
def test_a_gate_unsays_no_receipt_by_writing_something_else_under_its_name(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    piece = piece_for(who, other_node)
    enrolled(quarter, node, who, piece)
    say(node, stored(who))
    say(other_node, stored(who, piece))
    later, name = quarter.now + timedelta(minutes=5), new_id()
    quarter.withdraw(who, later)
    for one in (node, other_node):
        order = quarter.ordered(one, later)[who.holder]
        done = TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True, places=("template",))
        say(one, done, correlation=name)
    erased = face(quarter, who).erased
    assert {one.node_id for one in erased} == {node.id, other_node.id}
    for body in (
        PhotosKept(cardholder_id=new_id(), photos=0),
        PhotosKept(cardholder_id=who.holder, photos=0),
        stored(who, piece),
        done.model_copy(update={"order_id": None}),
        done.model_copy(update={"cardholder_id": new_id()}),
    ):
        say(other_node, body, correlation=name)
        told = face(quarter, who)
        assert told.erased == erased and told.order is not None and told.order.owing == ()
    quarter.agree(who, later + timedelta(minutes=1))
    say(other_node, stored(who, piece))
    assert face(quarter, who).stored == (), "it destroyed that one"


@pytest.mark.req("PRIV-05")
def test_an_order_is_confirmed_by_a_receipt_about_its_own_person_alone(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who, another = quarter.settle_in(), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    quarter.withdraw(who)
    order = quarter.ordered(other_node)[who.holder]
    for one in (node, other_node):
        say(one, TemplateErased(cardholder_id=another.holder, order_id=order, had_template=False))
    told = face(quarter, who).order
    assert told is not None and told.settled_at is None and len(told.owing) == 2
    with quarter.session() as db:
        assert confirmed_by(db, other_node.id, [order]) == set()


@pytest.mark.req("PRIV-05", "PRIV-11")
def test_invented_faces_are_bounded_and_asked_of_nobody_but_the_gate_that_invents_them(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    ready(quarter, node, other_node)
    plain = len(quarter.told(node).model_dump_json())
    invented = claim(site, other_node, claims.CLAIMS_MAX + 30)
    with quarter.session() as db:
        kept = db.scalars(select(FaceReceiptRow.cardholder_id).where(FaceReceiptRow.what == "claimed")).all()
        assert set(kept) == set(invented[: claims.CLAIMS_MAX]) and len(kept) == claims.CLAIMS_MAX
        raised = db.execute(select(AlarmRow.kind, AlarmRow.node_id).where(AlarmRow.origin == "central")).all()
        assert sorted(raised) == [("many_claimed", other_node.id), ("template_claimed", other_node.id)]
        counted = jobs.count_faces(db, quarter.now)
        assert (counted.faces, counted.orphans) == (0, claims.CLAIMS_MAX)
    assert followed(quarter) == claims.CLAIMS_MAX
    assert quarter.ordered(node) == {} and len(quarter.told(node).model_dump_json()) <= plain + 8
    mine = quarter.ordered(other_node)
    assert set(mine) == set(kept)
    for holder, order in mine.items():
        say(other_node, TemplateErased(cardholder_id=holder, order_id=order, had_template=True))
    claim(site, other_node, 5)
    assert followed(quarter, 1) == 0 and orders(quarter) == claims.CLAIMS_MAX
    with quarter.session() as db:
        assert set(db.scalars(select(FaceErasureRow.settled_at.is_not(None)))) == {True}
        assert jobs.count_faces(db, quarter.now).orphans == 0


@pytest.mark.req("PRIV-05")
def test_a_face_of_somebody_unknown_that_the_enrolment_node_has_is_ordered_of_every_gate(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site
) -> None:
    """As after central was restored from an older backup."""
    ready(quarter, node, other_node)
    (unknown,) = claim(site, other_node, 1)
    say(node, TemplateStored(cardholder_id=unknown, model=NEW, photos=3))
    assert followed(quarter) == 1
    assert set(quarter.ordered(node)) == set(quarter.ordered(other_node)) == {unknown}


@pytest.mark.req("PRIV-11")
def test_a_claim_is_no_face_in_the_count_that_the_law_asks_for(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    silent, known = quarter.settle_in(consents=False), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    say(node, stored(known))
    for who in (silent, known):
        say(other_node, stored(who))
    with quarter.session() as db:
        counted = jobs.count_faces(db, quarter.now)
    assert (counted.faces, counted.orphans) == (1, 1)


def test_no_list_of_people_is_too_long_for_the_database(quarter: Quarter, node: FieldNode) -> None:
    many = [new_id() for _ in range(MORE_THAN_ONE_STATEMENT_TAKES)]
    with quarter.session() as db:
        mail.forget_missed(db, many)
        assert confirmed_by(db, node.id, many) == set()


@pytest.mark.req("PRIV-05")
def test_a_node_of_before_that_destroyed_it_has_nothing_by_saying_so_without_a_name(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    """What was stored before pieces had names is known as taken, and goes with the person's consent."""
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    with quarter.session() as db:
        db.add(
            TemplatePieceRow(
                community_id=quarter.site.community_id, node_id=other_node.id, cardholder_id=who.holder,
                piece="", state="taken", made_at=quarter.now,
            )
        )  # fmt: skip
    say(other_node, stored(who))
    assert len(face(quarter, who).stored) == 1
    later = quarter.now + timedelta(minutes=5)
    quarter.withdraw(who, later)
    with quarter.session() as db:  # a central of before noted nothing of it on the piece
        row = db.scalars(select(TemplatePieceRow)).one()
        row.state = "taken"
    order = quarter.ordered(other_node, later)[who.holder]
    say(other_node, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True, places=("template",)))
    quarter.agree(who, later + timedelta(minutes=1))
    say(other_node, stored(who))
    told = face(quarter, who)
    assert told.stored == () and [one.node_id for one in told.claimed] == [other_node.id]


def noted(quarter: Quarter) -> list[tuple[UUID, str]]:
    with quarter.session() as db:
        rows = db.scalars(select(FaceReceiptRow).order_by(FaceReceiptRow.received_at, FaceReceiptRow.seq))
        return [(row.node_id, row.what) for row in rows]


def raised(quarter: Quarter) -> list[tuple[str, UUID | None]]:
    with quarter.session() as db:
        found = db.execute(select(AlarmRow.kind, AlarmRow.node_id).where(AlarmRow.origin == "central"))
        return sorted((kind, node_id) for kind, node_id in found)


def clear(quarter: Quarter) -> None:
    """No card is left, so that the next one is seen to be new."""
    with quarter.session() as db:
        for row in db.scalars(select(AlarmRow)):
            db.delete(row)


@pytest.mark.req("PRIV-09")
def test_of_a_gates_earlier_faces_those_count_that_were_made_for_it_and_the_enrolment_node_says_whom_to_ask(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    known, behind, invented = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    ready(quarter, node, other_node)
    for who in (known, behind):
        say(node, stored(who))
        had(quarter, node, other_node, who)
    say(node, stored(invented))
    assert raised(quarter) == []
    reasons = [
        {"cardholder_id": who.holder, "problems": [{"problem": "too_dark"}]} for who in (known, behind, invented)
    ]
    for _ in range(2):
        models(quarter, other_node, NEW, known, behind, invented, not_anew=reasons)
    with quarter.session() as db:
        row = db.scalars(select(FaceModelRow).where(FaceModelRow.node_id == other_node.id)).one()
        assert (set(row.earlier), len(row.not_anew)) == ({known.holder, behind.holder}, 2)
    assert raised(quarter) == [("template_claimed", other_node.id)]
    assert [one.node_id for one in face(quarter, invented).claimed] == [other_node.id]
    assert left_behind(quarter) == [], "the enrolment node knows all three, and makes what the gate lacks"
    assert not step(quarter, invite(quarter, known)[0]).earlier
    models(quarter, node, NEW, behind)
    (one,) = left_behind(quarter)
    assert (one.cardholder_id, one.in_vain) == (behind.holder, ()), "nor is it a gate's word what was wrong"
    assert step(quarter, invite(quarter, behind)[0]).earlier


@pytest.mark.req("PRIV-09")
def test_a_gates_word_of_its_own_template_asks_for_photos_where_the_enrolment_node_has_none(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    """As after the enrolment node was replaced."""
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    had(quarter, node, other_node, who)
    models(quarter, other_node, NEW, who)
    assert [one.cardholder_id for one in left_behind(quarter)] == [who.holder]
    assert raised(quarter) == []


@pytest.mark.req("PRIV-09")
def test_what_a_gate_invents_of_an_earlier_model_is_bounded_and_told_once(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, site: Site
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    invented = [Someone(who.resident, who.person, new_id()) for _ in range(claims.CLAIMS_MAX - 10)]
    models(quarter, other_node, NEW, who, *invented)
    assert raised(quarter) == [("template_claimed", other_node.id)]
    assert noted(quarter) == [(other_node.id, "claimed")] * (claims.CLAIMS_MAX - 9)
    clear(quarter)
    models(quarter, other_node, OLD, who, *invented)
    assert raised(quarter) == [], "which was told"
    claim(site, other_node, 5)
    many = [Someone(who.resident, who.person, new_id()) for _ in range(200)]
    models(quarter, other_node, NEW, *invented, *many)
    assert raised(quarter) == [("many_claimed", other_node.id), ("template_claimed", other_node.id)]
    assert len(noted(quarter)) == claims.CLAIMS_MAX + 1
    assert followed(quarter) == claims.CLAIMS_MAX and quarter.ordered(node) == {}
    with quarter.session() as db:
        assert [list(row.earlier) for row in db.scalars(select(FaceModelRow))] == [[], []]
    read: list[str] = []
    token, _ = invite(quarter, who)
    with site.session() as db:
        engine = db.get_bind().engine

        def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
            read.append(statement)

        event.listen(engine, "before_cursor_execute", note)
    try:
        step(quarter, token)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    lists = [one for one in read if "face_model" in one]
    assert lists and not any("face_model.not_anew" in one or "face_model.earlier AS" in one for one in lists)


@pytest.mark.req("PRIV-05")
def test_photos_are_kept_by_the_node_that_was_given_them_and_by_another_they_are_a_claim(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who, mine = quarter.settle_in(), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    piece = piece_for(mine, other_node)
    enrolled(quarter, node, mine, piece)
    say(other_node, stored(mine, piece))
    say(node, PhotosKept(cardholder_id=who.holder, photos=3))
    say(other_node, PhotosKept(cardholder_id=who.holder, photos=0))
    assert [(one.node_id, one.photos) for one in face(quarter, who).kept] == [(node.id, 3)] and raised(quarter) == []
    for one in (who, mine):
        say(other_node, PhotosKept(cardholder_id=one.holder, photos=3))
    told = face(quarter, who)
    assert [(one.node_id, one.photos) for one in told.kept] == [(node.id, 3)]
    assert [one.node_id for one in told.claimed] == [other_node.id]
    assert raised(quarter) == [("template_claimed", other_node.id)]
    told = face(quarter, mine)
    assert told.kept == () and [one.node_id for one in told.stored] == [other_node.id], "it unsays no template"


@pytest.mark.req("PRIV-05")
def test_a_node_that_is_the_enrolment_node_no_more_says_that_it_destroyed_its_photos(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    say(node, stored(who))
    say(node, PhotosKept(cardholder_id=who.holder, photos=3))
    with quarter.session() as db:
        name_maker(db, quarter.actor, other_node.id, "换一台", quarter.now)
    say(node, stored(who, model=OLD))
    assert [one.photos for one in face(quarter, who).kept] == [3], "its claim of a template hides no photos"
    for _ in range(2):
        say(node, PhotosKept(cardholder_id=who.holder, photos=0))
    assert [one.photos for one in face(quarter, who).kept] == [0]
    assert [what for _, what in noted(quarter)] == ["stored", "photos", "claimed", "photos"]


@pytest.mark.req("PRIV-05")
def test_a_gate_says_in_vain_that_it_destroyed_what_it_never_had(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say
) -> None:
    who, passed = quarter.settle_in(), quarter.settle_in("李示例")
    ready(quarter, node, other_node)
    for holder, order in ((who.holder, None), (who.holder, new_id()), (new_id(), None), (new_id(), new_id())):
        for places in (("template",), ("photos",)):
            say(other_node, TemplateErased(cardholder_id=holder, order_id=order, had_template=False, places=places))
        say(other_node, TemplateErased(cardholder_id=holder, order_id=order, had_template=True))
    assert noted(quarter) == [] and raised(quarter) == [("template_claimed", other_node.id)]
    clear(quarter)
    traces = TemplateErased(cardholder_id=passed.holder, had_template=False, places=("pictures", "key"))
    say(other_node, traces.model_copy(update={"cardholder_id": new_id()}))
    say(other_node, traces)
    assert [one.places for one in face(quarter, passed).erased] == [("pictures", "key")] and raised(quarter) == []
    say(node, stored(who))
    say(node, TemplateErased(cardholder_id=who.holder, had_template=True, places=("template",)))
    assert [one.node_id for one in face(quarter, who).erased] == [node.id], "a technician's receipt of what was there"


def test_no_gate_fills_a_persons_page_by_saying_the_same_again(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, say: Say, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "CLAIMS_MAX", 3)
    who = quarter.settle_in()
    ready(quarter, node, other_node)
    quarter.withdraw(who)
    order = quarter.ordered(other_node)[who.holder]
    for _ in range(5):
        say(other_node, stored(who))
        say(other_node, PhotosKept(cardholder_id=who.holder, photos=3))
        say(other_node, TemplateErased(cardholder_id=who.holder, had_template=False, places=("key",)))
    for _ in range(5):
        say(other_node, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=False))
    told = [what for _, what in noted(quarter)]
    assert (told.count("claimed"), told.count("erased")) == (3, 6)
    assert raised(quarter) == [("template_claimed", other_node.id)], "many are of people who do not exist"
    owing = face(quarter, who).order
    assert owing is not None and [one.node_id for one in owing.owing] == [node.id]


@pytest.mark.parametrize(
    "said",
    [
        lambda: TemplateStored(cardholder_id=new_id(), model=NEW, photos=3),
        lambda: PhotosKept(cardholder_id=new_id(), photos=5),
        lambda: TemplateErased(cardholder_id=new_id(), had_template=True, places=("template",)),
        lambda: TemplateErased(cardholder_id=new_id(), order_id=new_id(), had_template=False),
    ],
)
def test_no_word_of_people_who_do_not_exist_is_noted_without_end(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, site: Site, said: Callable[[], BaseModel]
) -> None:
    ready(quarter, node, other_node)
    written = [other_node.write(said()) for _ in range(claims.CLAIMS_MAX + 10)]
    site.send(other_node, other_node.batch(written[0].seq))
    assert len(noted(quarter)) <= claims.CLAIMS_MAX
