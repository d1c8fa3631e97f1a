"""The keys that nodes tell for an hour: where photos are sealed to, and where the other nodes seal templates to."""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.secrets import SecretsError, seal, unseal
from central.gates.access import snapshot
from central.gates.face_enrolment.rules import KEY_LIFE, WATCH_TEMPLATE
from central.gates.nodes import mail
from central.gates.nodes.faces.maker import key_of_maker, maker_of
from central.gates.nodes.faces.receipts import stored_at
from central.gates.nodes.faces.rules import TEMPLATE
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.tables import NodeRow
from central.gates.nodes.watch_group.service import at_gates
from central.people.community.finding import find
from models.wire.faces import EnrolmentKey, OfferedKeys, OtherNode, SealedPhoto
from models.wire.receiving import ReceivingKey, signed_by

log = logging.getLogger(__name__)


def offer_keys(db: Session, node: Actor, told: OfferedKeys, now: datetime) -> None:
    """A node says where photos and templates for it are sealed to. Saying it again changes nothing.

    With its first receiving key everything is noted as missed that other nodes hold and it does not: what was enrolled
    before it was there, or while nothing could be sealed to it; but the enrolment node is sent nobody's face. Invalid
    when that key is not signed by this node.
    """
    assert node.id is not None
    own = find(db, NodeRow, node.id, "nodes.no_node")
    if told.receiving is not None and not signed_by(told.receiving, own.id, own.public_key):
        raise Invalid("faces.unreadable_answer")
    maker = maker_of(db, own.community_id)
    before = db.scalar(select(PhotoKeyRow.receiving).where(PhotoKeyRow.node_id == own.id))
    receiving = told.receiving.model_dump(mode="json") if told.receiving is not None else None
    key_seal = seal(db, b"", _about(own.id, told))
    values = {
        "key_id": told.key_id, "point": told.point, "key_seal": key_seal, "receiving": receiving, "offered_at": now,
    }  # fmt: skip
    added = insert(PhotoKeyRow).values(node_id=own.id, **values)
    db.execute(added.on_conflict_do_update(index_elements=[PhotoKeyRow.tenant_id, PhotoKeyRow.node_id], set_=values))
    if maker != maker_of(db, own.community_id):  # the first of all: the gates take templates of it alone
        snapshot.changed(db, own.community_id)
    if receiving is not None and before is None and maker_of(db, own.community_id) != own.id:
        for kind, there in (
            (TEMPLATE, stored_at(db, own.community_id)), (WATCH_TEMPLATE, at_gates(db, own.community_id, now))
        ):  # fmt: skip
            lacks = {subject for _, subject in there} - {subject for node_id, subject in there if node_id == own.id}
            mail.note_missed(db, ((own.id, subject) for subject in lacks), kind, now)


def key_of_site(db: Session, community_id: UUID, now: datetime) -> tuple[UUID, EnrolmentKey] | None:
    """The site's enrolment node, and where photos are sealed to. None once that key is older than any that its node
    opens for long; and where central has not written it down itself, until the node tells its next key: phones would
    seal photos to whoever writes the database."""
    row = key_of_maker(db, community_id)
    if row is None or row.offered_at <= now - KEY_LIFE:
        return None
    key = EnrolmentKey(key_id=row.key_id, point=row.point)
    with suppress(SecretsError):
        if row.key_seal is not None:
            unseal(db, row.key_seal, _about(row.node_id, key))
            return row.node_id, key
    log.error(
        "the key that photos are sealed to was not written down by central: no photos are taken until its node tells "
        "the next one, within the hour. Central was renewed just now, or somebody writes the database",
        extra={"node_id": str(row.node_id), "community_id": str(community_id)},
    )
    return None


def demand_key(photos: Collection[SealedPhoto], key: EnrolmentKey) -> None:
    """Conflict for photos that are sealed to any other: the node that has it opens them no more. `why` tells the page
    that sent them, which has them still, to seal them anew."""
    if any(photo.key_id != key.key_id for photo in photos):
        raise Conflict("faces.other_key", extra={"why": "other_key"})


def other_nodes(db: Session, node_id: UUID) -> tuple[OtherNode, ...]:
    """The other nodes of this node's site, each with its receiving key of this hour. Who they are counts only for a
    node whose rules do not name them yet; a key counts by its node's signature."""
    own = find(db, NodeRow, node_id, "nodes.no_node")
    others = {one.id: one for one in nodes_of(db, own.community_id).values() if one.id != own.id}
    keys = receiving_keys(db, others.values())
    return tuple(
        OtherNode(node_id=one.id, public_key=one.public_key.hex(), receiving=keys.get(one.id))
        for one in others.values()
    )


def receiving_keys(db: Session, nodes: Collection[NodeRow]) -> dict[UUID, ReceivingKey]:
    """By node. One that its node did not sign was written by somebody else: it is told in the log and to no node."""
    by_id = {node.id: node for node in nodes}
    query = select(PhotoKeyRow.node_id, PhotoKeyRow.receiving).where(
        PhotoKeyRow.node_id.in_(by_id), PhotoKeyRow.receiving.is_not(None)
    )
    found: dict[UUID, ReceivingKey] = {}
    for node_id, told in db.execute(query):
        try:
            key = ReceivingKey.model_validate(told)
        except ValidationError:
            key = None
        if key is not None and signed_by(key, node_id, by_id[node_id].public_key):
            found[node_id] = key
        else:
            log.error(
                "the receiving key of a node is not signed by it: nothing is sealed to it until it tells its next one. "
                "Somebody writes the database",
                extra={"node_id": str(node_id)},
            )
    return found


def _about(node_id: UUID, key: EnrolmentKey) -> str:
    return f"photo_key:{node_id}:{key.key_id}:{key.point}"
