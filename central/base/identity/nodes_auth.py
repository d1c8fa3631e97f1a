"""Who a gate node is: a signature over each request, with the key it enrolled.

    Authorization: Menting-Node <node_id>.<unix_ms>.<nonce>.<signature>

signature: base64url without padding of Ed25519 over
    METHOD \\n PATH?QUERY \\n unix_ms \\n nonce \\n hex(sha256(body))
where `?QUERY` is left out when there is none. The clock may differ by `SKEW_MAX`; a nonce is taken once. Node keys
live with `gates/nodes`, which hands its look-up over at start (`Parts.nodes`).

A request that was signed and comes a second time is somebody else's, who heard the first, or a proxy's that sends
again: it is refused, and told to whoever asks at `Parts.on_replay`.

Who a request comes from is found out in a transaction of its own, before the request's: the nonce stays used up
whatever becomes of the request, so that one that was refused cannot be played again when it would be taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from central.base.identity.guard import OpenDb, engine_of
from central.base.identity.tables import NodeNonceRow
from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.errors import Unauthenticated
from central.base.kernel.session import bind_tenant, open_session, tenant_session
from central.base.web.context import context_of
from central.base.web.guards import Guard, mark

log = logging.getLogger(__name__)

SCHEME = "Menting-Node"
SKEW_MAX = timedelta(minutes=5)
_HEADER = re.compile(r"Menting-Node ([0-9a-f-]{36})\.(\d{13})\.([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{86})")


@dataclass(frozen=True, slots=True)
class NodeKey:
    """What the look-up tells of a living node: whose it is, what it is called, its 32-byte Ed25519 public key."""

    tenant_id: UUID
    name: str
    public_key: bytes


class Replayed(Unauthenticated):
    """Genuine, and taken before."""

    def __init__(self, node_id: UUID, tenant_id: UUID) -> None:
        super().__init__("identity.node_replay")
        self.node_id, self.tenant_id = node_id, tenant_id


NodeLookup = Callable[[Session, UUID], NodeKey | None]
"""(unbound transaction, node id) -> its key, or None when unknown or revoked."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The header, taken apart."""

    node_id: UUID
    unix_ms: int
    nonce: str
    signature: bytes

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.unix_ms / 1000, UTC)


def read_header(header: str | None) -> Signed:
    """Raises `Unauthenticated` for anything but a well-formed header."""
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise Unauthenticated("identity.node_header")
    try:
        return Signed(UUID(match[1]), int(match[2]), match[3], base64.urlsafe_b64decode(match[4] + "=="))
    except (ValueError, binascii.Error) as error:
        raise Unauthenticated("identity.node_header") from error


def signed_text(method: str, target: str, unix_ms: int, nonce: str, body: bytes) -> bytes:
    """What the signature covers. `target` is the path with `?query` when there is one, as sent."""
    return "\n".join((method, target, str(unix_ms), nonce, hashlib.sha256(body).hexdigest())).encode()


def authenticate_node(
    db: Session, lookup: NodeLookup, header: str | None, method: str, target: str, body: bytes, now: datetime
) -> tuple[UUID, NodeKey]:
    """The node that signed this request; binds the transaction to its tenant and uses up the nonce.

    Raises `Unauthenticated` saying which check failed; unknown, revoked and wrongly signed look alike.
    """
    signed = read_header(header)
    if abs(now - signed.at) > SKEW_MAX:
        raise Unauthenticated("identity.node_clock", extra={"server_time": now.isoformat()})
    key = lookup(db, signed.node_id)
    try:
        if key is None:
            raise Unauthenticated("identity.node_unknown")
        VerifyKey(key.public_key).verify(
            signed_text(method, target, signed.unix_ms, signed.nonce, body), signed.signature
        )
    except (BadSignatureError, ValueError) as error:
        raise Unauthenticated("identity.node_unknown") from error
    bind_tenant(db, key.tenant_id)
    fresh = db.scalar(
        insert(NodeNonceRow)
        .values(node_id=signed.node_id, nonce=signed.nonce, at=now)
        .on_conflict_do_nothing()
        .returning(NodeNonceRow.nonce)
    )
    if fresh is None:
        raise Replayed(signed.node_id, key.tenant_id)
    return signed.node_id, key


def sweep_nonces(db: Session, now: datetime) -> None:
    """Forget nonces whose time stamp could no longer be accepted (twice the skew, to be on the safe side)."""
    db.execute(delete(NodeNonceRow).where(NodeNonceRow.at < now - 2 * SKEW_MAX))


async def _body(request: Request) -> bytes:
    return await request.body()  # its size is bounded by the outermost layer (web/security.py)


def requires_node() -> Any:
    """Guard: the request is signed by an enrolled node. Gives the `Actor` of that node; `Db` is bound to its tenant.

    A route names it before its `Db`: then the body is read whole before the request takes a turn, and who sends slowly
    keeps nobody waiting.
    """

    def tell(request: Request, replayed: Replayed) -> None:
        now, source = clock.now(), context_of(request).source_address or "?"
        log.warning("a node's request came twice", extra={"node_id": str(replayed.node_id), "source": source})
        parts = request.app.state.parts
        count = parts.replays.note(replayed.tenant_id, replayed.node_id, source, now)
        if count:
            with tenant_session(engine_of(request), replayed.tenant_id) as own:
                parts.on_replay(own, replayed.node_id, count, source, now)

    def known(request: Request, body: bytes, db: Session) -> tuple[UUID, NodeKey]:
        lookup: NodeLookup | None = request.app.state.nodes
        if lookup is None:
            raise Unauthenticated("identity.node_unknown")
        target = request.scope["raw_path"].decode("ascii")
        query = request.scope["query_string"].decode("ascii")
        try:
            with open_session(engine_of(request)) as own:
                node_id, key = authenticate_node(
                    own, lookup, request.headers.get("authorization"), request.method,
                    f"{target}?{query}" if query else target, body, clock.now(),
                )  # fmt: skip
        except Replayed as replayed:
            tell(request, replayed)
            raise
        bind_tenant(db, key.tenant_id)
        return node_id, key

    async def check(request: Request, body: Annotated[bytes, Depends(_body)], db: OpenDb) -> Actor:
        node_id, key = await run_in_threadpool(known, request, body, db)
        context = context_of(request)
        actor = Actor(
            tenant_id=key.tenant_id,
            kind=ActorKind.NODE,
            id=node_id,
            name=key.name,
            source_address=context.source_address,
            correlation_id=context.correlation_id,
        )
        request.state.actor = actor
        return actor

    return Depends(mark(check, Guard("node", "")), scope="function")
