"""Batches from nodes; parked events and proofs for operators."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import select

from central.base.identity.guard import Db, requires
from central.base.identity.nodes_auth import requires_node
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.kernel.paging import Page, Paging, page, to_page
from central.base.web.bounds import BODY_MAX
from central.base.web.problems import problems
from central.gates.ingest import parked, picture_holds, proof, queries, settle
from central.gates.ingest.bounds import at_most
from central.gates.ingest.permissions import READ_NODES, RELEASE_PICTURES, RESOLVE_PARKED
from central.gates.ingest.projections import projections
from central.gates.ingest.reading import read_batch
from central.gates.ingest.receive import receive
from central.gates.ingest.schemas import (
    BreakAccepted,
    HoldReleaseIn,
    ParkedOut,
    PictureHoldOut,
    PictureHoldsOut,
    PicturesKeptOut,
    ProofOut,
    ProofsOut,
    ResolveIn,
    SettledOut,
    SettleIn,
    UnsettledOut,
)
from central.gates.ingest.tables import ParkedEventRow
from central.gates.ingest.threads import in_node_thread
from central.people.community.queries import community_of
from models.wire.envelope import BatchReceipt

edge = APIRouter(prefix="/edge/v1", tags=["edge"])
router = APIRouter(prefix="/api/v1", tags=["journal"])


@edge.post(
    "/batches",
    summary="Send a batch of the journal",
    dependencies=[at_most(BODY_MAX)],
    responses=problems(401, 403, 409, 413, 422),
)
async def post_batch(request: Request, actor: Annotated[Actor, requires_node()], db: Db) -> BatchReceipt:
    """Stores each event exactly once; what cannot be read is parked. Sending again is harmless.

    409 with `expected_seq`: send from there.
    """
    body = await request.body()

    def take() -> BatchReceipt:
        return receive(db, actor, read_batch(body), projections, clock.now())

    return await in_node_thread(take)


@router.get("/parked", summary="Events that wait for a person", responses=problems(401, 403, 422))
def get_parked(
    db: Db,
    actor: Annotated[Actor, requires(RESOLVE_PARKED)],
    paging: Paging,
    state: Annotated[Literal["open", "released", "rejected"], Query()] = "open",
) -> Page[ParkedOut]:
    query = select(ParkedEventRow).where(ParkedEventRow.state == state)
    where = actor.communities(RESOLVE_PARKED)
    if where is not None:
        query = query.where(ParkedEventRow.community_id.in_(where))
    rows, following = page(db, query, [ParkedEventRow.received_at, ParkedEventRow.id], paging, newest_first=True)
    return to_page(rows, following, ParkedOut.of)


@router.post(
    "/parked/{parked_id}/retry", summary="Try a parked event again", responses=problems(401, 403, 404, 409, 422)
)
def post_retry(
    parked_id: UUID, body: ResolveIn, db: Db, actor: Annotated[Actor, requires(RESOLVE_PARKED)]
) -> ParkedOut:
    """After its cause was mended. `state` says whether it went through; `reason` and `detail` say why not."""
    return ParkedOut.of(parked.retry(db, actor, parked_id, body.reason, projections, clock.now()))


@router.post(
    "/parked/{parked_id}/reject",
    summary="Leave a parked event out of every view",
    responses=problems(401, 403, 404, 409, 422),
)
def post_reject(
    parked_id: UUID, body: ResolveIn, db: Db, actor: Annotated[Actor, requires(RESOLVE_PARKED)]
) -> ParkedOut:
    """It stays in the journal and in this list."""
    return ParkedOut.of(parked.reject(db, actor, parked_id, body.reason, projections, clock.now()))


@router.get("/journal/proof", summary="Prove the journals, or list what is missing", responses=problems(401, 403, 404))
def get_proof(
    db: Db, actor: Annotated[Actor, requires(READ_NODES)], node_id: Annotated[UUID | None, Query()] = None
) -> ProofsOut:
    """Of one node, or of every node. Each stored link is computed anew."""
    where = actor.communities(READ_NODES)
    mine = proof.node_ids(db, where)
    if node_id is not None and node_id not in mine:
        raise NotFound("ingest.no_journal")
    proofs = (proof.prove(db, one) for one in (mine if node_id is None else [node_id]))
    return ProofsOut(items=[ProofOut.model_validate(one) for one in proofs if one is not None])


@router.post(
    "/journal/{node_id}/accept-break",
    summary="Accept a broken chain and go on from its last event",
    responses=problems(401, 403, 404, 409, 422),
)
def post_accept_break(
    node_id: UUID, body: ResolveIn, db: Db, actor: Annotated[Actor, requires(RESOLVE_PARKED)]
) -> BreakAccepted:
    released, left = settle.accept_break(db, actor, node_id, body.reason, projections, clock.now())
    return BreakAccepted(released=released, still_parked=left)


@router.get(
    "/journal/{node_id}/strands", summary="What waits in a journal that is no longer one chain",
    responses=problems(401, 403, 404),
)  # fmt: skip
def get_strands(node_id: UUID, db: Db, actor: Annotated[Actor, requires(RESOLVE_PARKED)]) -> UnsettledOut:
    """The chain broke, or two spoke as this node. Records of one machine hang together as a strand."""
    return UnsettledOut.of(settle.unsettled(db, actor, node_id))


@router.post(
    "/journal/{node_id}/settle", summary="Take some strands of a journal and discard the others",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_settle(node_id: UUID, body: SettleIn, db: Db, actor: Annotated[Actor, requires(RESOLVE_PARKED)]) -> SettledOut:
    """Every strand that waits is named once, or counted in `discard_others`. What is discarded stays in the list of
    parked events, rejected."""
    now = clock.now()
    done = settle.settle(
        db, actor, node_id, body.take, body.discard, body.reason, projections, now, body.discard_others
    )
    return SettledOut.model_validate(done)


@router.get("/picture-holds", summary="What keeps pictures past their time", responses=problems(401, 403))
def get_holds(db: Db, actor: Annotated[Actor, requires(RELEASE_PICTURES)]) -> PictureHoldsOut:
    rows = picture_holds.standing_holds(db, actor.communities(RELEASE_PICTURES), clock.now())
    return PictureHoldsOut(items=[PictureHoldOut.of(row) for row in rows])


@router.post(
    "/picture-holds/{hold_id}/release", summary="Let held pictures go", responses=problems(401, 403, 404, 409, 422)
)
def post_release(
    hold_id: UUID, body: HoldReleaseIn, db: Db, actor: Annotated[Actor, requires(RELEASE_PICTURES)]
) -> PictureHoldOut:
    """What is past its time is deleted within seconds."""
    return PictureHoldOut.of(picture_holds.release(db, actor, hold_id, body.reason, clock.now()))


@router.get("/communities/{community_id}/pictures-kept", summary="How many pictures there are, and how old",
            responses=problems(401, 403, 404))  # fmt: skip
def get_pictures_kept(
    community_id: UUID, db: Db, actor: Annotated[Actor, requires(RELEASE_PICTURES)]
) -> PicturesKeptOut:
    actor.demand(RELEASE_PICTURES, community_of(db, community_id).community_id)
    return PicturesKeptOut.model_validate(queries.pictures_kept(db, community_id, clock.now()))
