"""Of whom a node takes templates: of the enrolment node alone, as the signed rules name it. It says why otherwise."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from edge.enrolment.seals import seal_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.template import Template
from models.wire.events import EVENT_BODY, TemplateStored
from models.wire.faces import LeftOut, PieceRefusal, SealedTemplate, WantedTemplate
from tests.edge.enrolment.conftest import ANNA, BEFORE, BERTA, KEEPER, SILENT, MakeSite, Site, by_mail, named, to

MAKER, GATE, STOLEN = UUID(int=12), UUID(int=11), UUID(int=13)


def face(place: int, model: str) -> Template:
    return Template(np.eye(128, dtype=np.float32)[place], 3, model)


def sealed(maker: Site, gate: Site, person: UUID, template: Template) -> SealedTemplate:
    return seal_template(maker.keys, to(gate), person, template.to_bytes(), template.model, at=gate.now())


def told(site: Site) -> list[TemplateStored]:
    bodies = [EVENT_BODY.validate_json(body) for _, body in site.templates.owed()]
    return [body for body in bodies if isinstance(body, TemplateStored)]


@pytest.fixture
def three(make_site: MakeSite) -> tuple[Site, Site, Site]:
    """The enrolment node, a gate, and a stolen gate; the rules name the first as the one that makes templates."""
    sites = make_site("maker", MAKER), make_site("gate", GATE), make_site("stolen", STOLEN)
    for site in sites:
        site.named = tuple(named(one) for one in sites if one is not site)
        site.maker = MAKER
        site.desk.step()
    return sites


@pytest.mark.req("PRIV-07")
def test_a_stolen_gate_gives_nobodys_face_to_another_gate_or_to_the_enrolment_node(
    three: tuple[Site, Site, Site], reader: FaceReader
) -> None:
    maker, gate, stolen = three
    for at in (gate, maker):
        at.post.templates = [sealed(stolen, at, ANNA, face(1, reader.model))]
        at.desk.step()
        assert at.post.refusals == [PieceRefusal.NOT_THE_MAKER] and at.post.again == []
        assert at.templates.holders() == frozenset() and told(at) == []
    gate.templates.put(BERTA, face(2, BEFORE).to_bytes(), BEFORE)  # known by the model of before alone
    gate.post.templates = [sealed(stolen, gate, BERTA, face(3, reader.model))]
    gate.desk.step()
    assert gate.post.refusals[-1] is PieceRefusal.NOT_THE_MAKER and gate.templates.get(BERTA) == (
        face(2, BEFORE).to_bytes(), BEFORE,
    )  # fmt: skip


@pytest.mark.req("PRIV-09")
def test_what_the_enrolment_node_made_is_taken_and_told_by_its_piece(
    three: tuple[Site, Site, Site], reader: FaceReader
) -> None:
    maker, gate, _ = three
    piece = sealed(maker, gate, ANNA, face(1, reader.model))
    gate.post.templates = [piece]
    gate.desk.step()
    assert gate.post.refusals == [None] and gate.templates.get(ANNA) is not None
    assert told(gate) == [TemplateStored(cardholder_id=ANNA, model=reader.model, photos=3, piece=piece.piece)]


@pytest.mark.req("PRIV-09")
def test_a_node_that_is_the_enrolment_node_no_more_makes_nobodys_template_anew(
    three: tuple[Site, Site, Site], photos: list[bytes]
) -> None:
    gate = three[1]
    gate.templates.put(KEEPER, face(1, BEFORE).to_bytes(), BEFORE, photos=photos)
    gate.desk.step()
    assert gate.templates.get(KEEPER) == (face(1, BEFORE).to_bytes(), BEFORE) and gate.post.anew == []
    gate.maker = GATE
    gate.desk.step()
    assert gate.templates.get(KEEPER) != (face(1, BEFORE).to_bytes(), BEFORE)


@pytest.mark.req("PRIV-07")
def test_each_refusal_says_why(three: tuple[Site, Site, Site], reader: FaceReader) -> None:
    maker, gate, _ = three
    good = sealed(maker, gate, ANNA, face(1, reader.model))
    gate.templates.put(BERTA, face(2, reader.model).to_bytes(), reader.model)
    for mail, why in (
        (sealed(maker, gate, ANNA, face(1, "a model of tomorrow")), PieceRefusal.OTHER_MODEL),
        (good.model_copy(update={"sealed": good.sealed[:-1] + b"?"}), PieceRefusal.DAMAGED),
        (good.model_copy(update={"cardholder_id": BERTA}), PieceRefusal.DAMAGED),
        (sealed(maker, gate, ANNA, face(2, reader.model)), PieceRefusal.LOOKS_LIKE_ANOTHER),
        (sealed(maker, gate, BERTA, face(3, reader.model)), PieceRefusal.ANOTHER_FACE),
    ):
        gate.post.templates = [mail]
        gate.desk.step()
        assert gate.post.refusals[-1] is why
    later = sealed(maker, gate, SILENT, face(4, reader.model))
    gate.post.templates = [later.model_copy(update={"sealed_at": None, "stamp": None})]
    gate.desk.step()
    assert gate.post.refusals[-1] is PieceRefusal.NO_CONSENT


@pytest.mark.req("PRIV-01", "PRIV-07")
def test_nothing_is_sealed_for_a_gate_that_the_rules_say_was_left_out(
    three: tuple[Site, Site, Site], photos: list[bytes], reader: FaceReader
) -> None:
    """Neither of an enrolment, nor made anew of kept photos, nor because central asks for it."""
    maker, gate, other = three
    maker.left_out = tuple(LeftOut(cardholder_id=one, nodes=(gate.node_id,)) for one in (KEEPER, BERTA))
    maker.post.others = (by_mail(gate), by_mail(other))
    answer = maker.answer(maker.job(KEEPER, photos))
    assert [one.node_id for one in answer.templates] == [other.node_id]
    maker.templates.put(KEEPER, face(1, BEFORE).to_bytes(), BEFORE, photos=photos)
    maker.templates.put(BERTA, face(2, reader.model).to_bytes(), reader.model)
    maker.post.wanted = (WantedTemplate(node_id=gate.node_id, cardholder_id=BERTA),)
    maker.desk.step()
    assert [[one.node_id for one in sent.templates] for sent in maker.post.anew] == [[other.node_id]]
    maker.left_out = ()
    maker.desk.step()
    assert maker.post.anew[-1].cardholder_id == BERTA and maker.post.anew[-1].templates[0].node_id == gate.node_id
