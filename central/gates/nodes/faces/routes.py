"""Faces over HTTP: what the gates hold of one person and have destroyed, and how many faces there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.i18n import Words, words_in
from central.base.web.problems import problems
from central.gates.nodes.faces import queries
from central.gates.nodes.faces.queries import (
    ClaimedView,
    DisputedView,
    ErasedPictures,
    ErasedView,
    HeldView,
    OrderView,
    OwingView,
    RefusedView,
)
from central.gates.nodes.faces.rules import FILING, Why
from central.gates.nodes.faces.schemas import (
    CentralOut,
    ClaimedOut,
    CountOut,
    DisputedOut,
    ErasedOut,
    FaceOut,
    HeldOut,
    KeptOut,
    OrderOut,
    OwingOut,
    RefusedOut,
    Said,
    StoredOut,
)
from central.people.community.queries import resident_of
from central.people.consent.permissions import READ_CONSENTS
from central.people.consent.routes import said, standing_out

router = APIRouter(prefix="/api/v1", tags=["faces"])
Reader = Annotated[Actor, requires(READ_CONSENTS)]


@router.get("/residents/{resident_id}/face", summary="Consent, templates and erasures of one person, gate by gate",
            responses=problems(401, 403, 404))  # fmt: skip
def get_face(resident_id: UUID, db: Db, actor: Reader) -> FaceOut:
    """No picture and no template: central has neither."""
    resident = resident_of(db, resident_id)
    actor.demand(READ_CONSENTS, resident.community_id)
    view = queries.face_of(db, resident.community_id, resident.person_id, clock.now())
    return FaceOut(
        resident_id=resident_id,
        cardholder_id=view.cardholder_id,
        name=resident.name,
        consent=standing_out(view.consent),
        stored=[StoredOut.model_validate(one) for one in view.stored],
        refused=[_refused(one) for one in view.refused],
        claimed=[_claimed(one) for one in view.claimed],
        kept=[KeptOut.model_validate(one) for one in view.kept],
        erased=[_erased(one) for one in view.erased],
        order=_order(view.order) if view.order is not None else None,
        central=_central(view.central) if view.central is not None else None,
        held=[_held(one) for one in view.held],
        awaited=[_owing(one) for one in view.awaited],
        coming=[_owing(one, "coming") for one in view.coming],
        disputed=[_disputed(one) for one in view.disputed],
        under_way=view.under_way,
        left_behind=view.left_behind,
    )


@router.get("/faces/count", summary="How many faces are stored, over all sites", responses=problems(401, 403))
def get_count(db: Db, actor: Reader) -> CountOut:
    """Counted every night. For those who may read consents in the whole company."""
    actor.demand(READ_CONSENTS, None)
    view = queries.newest_count(db)
    if view is None:
        return CountOut(
            counted_at=None, faces=0, orphans=0, reached=0, file_by=None, said=said("faces.not_counted_yet")
        )
    return CountOut(
        counted_at=view.counted_at, faces=view.faces, orphans=view.orphans, reached=view.reached,
        file_by=view.file_by, said=_count_said(view),
    )  # fmt: skip


def _count_said(view: queries.CountView) -> Said:
    if view.orphans:
        return said("faces.orphans", n=view.orphans)
    if view.reached >= FILING:
        return said("faces.file", n=view.faces, day=view.file_by)
    return said("faces.many" if view.reached else "faces.counted", n=view.faces)


def _refused(view: RefusedView) -> RefusedOut:
    def words(t: Words) -> str:
        why = view.why if t.has(f"faces.refused.{view.why}") else "unsaid"
        return t("faces.refused", node=view.node, at=t.full(view.at), why=t(f"faces.refused.{why}"))

    return RefusedOut(node_id=view.node_id, node=view.node, why=view.why, at=view.at, said=_both(words))


def _claimed(view: ClaimedView) -> ClaimedOut:
    said = _both(lambda t: t("faces.claimed", node=view.node, at=t.full(view.at)))
    return ClaimedOut(node_id=view.node_id, node=view.node, at=view.at, said=said)


def _erased(view: ErasedView) -> ErasedOut:
    def words(t: Words) -> str:
        if not view.places:
            return t("faces.had_nothing", node=view.node)
        named = [t(f"faces.place.{one}") if t.has(f"faces.place.{one}") else one for one in view.places]
        return t("faces.erased", node=view.node, places=t("faces.and").join(named), at=t.full(view.at))

    return ErasedOut(
        node_id=view.node_id, node=view.node, order_id=view.order_id, had_template=view.had_template,
        places=list(view.places), at=view.at, received_at=view.received_at, earlier=view.earlier, said=_both(words),
    )  # fmt: skip


def _central(view: ErasedPictures) -> CentralOut:
    key = "faces.central_erased" if view.pictures else "faces.central_had_none"
    said = _both(lambda t: t(key, n=view.pictures, at=t.full(view.at)))
    return CentralOut(at=view.at, pictures=view.pictures, said=said)


def _held(view: HeldView) -> HeldOut:
    said = _both(lambda t: held_in_words(t, view))
    return HeldOut(
        made_at=view.made_at, lane=view.lane, cause=view.cause, until=view.until, node=view.node or None, said=said
    )


def held_in_words(t: Words, view: HeldView) -> str:
    """For the person as for the desk; of an alarm not which: a hit of the watch group is told to nobody by it."""
    key = "faces.held_at_node" if view.node else f"faces.held.{view.cause}"
    return t(key, node=view.node, lane=view.lane, made=t.full(view.made_at), until=t.full(view.until))


def _owing(view: OwingView, what: str = "owing") -> OwingOut:
    """`what`: of which words; owing what is to be destroyed, or coming."""

    def words(t: Words) -> str:
        if view.revoked:
            return t("faces.owing.revoked", node=view.node)
        if view.disputed:
            return t(f"faces.{what}.disputed", node=view.node)
        if view.online:
            return t(f"faces.{what}.online", node=view.node)
        if view.heard_at is None:
            return t(f"faces.{what}.never", node=view.node)
        return t(f"faces.{what}.offline", node=view.node, at=t.full(view.heard_at))

    return OwingOut(
        node_id=view.node_id, node=view.node, online=view.online, heard_at=view.heard_at, revoked=view.revoked,
        disputed=view.disputed, said=_both(words),
    )  # fmt: skip


def _disputed(view: DisputedView) -> DisputedOut:
    said = _both(lambda t: t("faces.disputed", node=view.node))
    return DisputedOut(node_id=view.node_id, node=view.node, decide=f"/nodes/{view.node_id}/records", said=said)


def _order(view: OrderView) -> OrderOut:
    def words(t: Words) -> str:
        why = t(f"faces.why.{view.why}")
        by_hand = sum(one.revoked for one in view.owing)
        if view.settled_at is None and len(view.owing) > by_hand:
            return t("faces.ordered", why=why, n=len(view.owing) - by_hand)
        if by_hand:
            return t("faces.settled_by_hand", why=why, n=by_hand)
        if view.settled_at is None:
            return t("faces.all_confirmed", why=why)
        key = "faces.settled_there" if view.why == Why.NARROWED else "faces.settled"
        return t(key, why=why, at=t.full(view.settled_at))

    def dated(t: Words) -> str:
        return t("faces.order_of", at=t.full(view.ordered_at), said=words(t))

    return OrderOut(
        order_id=view.order_id, why=view.why, ordered_at=view.ordered_at, overtaken_at=view.overtaken_at,
        settled_at=view.settled_at, owing=[_owing(one) for one in view.owing], earlier=view.earlier,
        said=_both(dated if view.earlier else words),
    )  # fmt: skip


def _both(words: Callable[[Words], str]) -> Said:
    return Said(zh_CN=words(words_in("zh_CN")), en=words(words_in("en")))
