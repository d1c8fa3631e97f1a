"""A community with a gate, and nodes that enrol, keep a real chained journal and sign their requests."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from nacl.signing import SigningKey
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.session import open_session, tenant_session
from central.gates.ingest.projections import projections
from central.gates.ingest.receive import receive
from central.gates.nodes import service as nodes
from central.people.community.service import add_community, add_gate
from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.site.topology import Lane
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolReply, EnrolRequest
from models.wire.envelope import Batch, BatchReceipt, Event, genesis, link
from models.wire.events import Actuated, DecisionMade, Passage, Position, Sensed

T0 = datetime(2026, 11, 23, 0, 41, 7, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20 + b"\xff\xd9"
EVERYTHING = ["house.edit", "node.enrol", "node.read", "parked.resolve", "visit.read", "alarm.acknowledge", "lane.open",
              "person.edit", "pass.issue", "pass.issue_resident", "pass.revoke", "rule.edit"]  # fmt: skip


@dataclass
class FieldNode:
    """A node as central sees it: a key, a journal, lanes."""

    key: SigningKey
    reply: EnrolReply
    journal: list[Event] = field(default_factory=list)
    clock: datetime = T0

    @property
    def id(self) -> UUID:
        return self.reply.node_id

    @property
    def lane(self) -> Lane:
        return self.reply.lanes[0]

    @property
    def actor(self) -> Actor:
        return Actor(self.reply.tenant_id, ActorKind.NODE, self.id, "node")

    def write(
        self,
        body: BaseModel | str,
        correlation: UUID | None = None,
        *,
        lane_id: UUID | None = None,
        at: datetime | None = None,
        skew_ms: int | None = 0,
        event_id: UUID | None = None,
        v: int = 1,
    ) -> Event:
        """Append an event to the journal, chained to the one before."""
        text = body if isinstance(body, str) else body.model_dump_json()
        self.clock += timedelta(milliseconds=100)
        seq = self.journal[-1].seq + 1 if self.journal else 1
        prev = self.journal[-1].hash if self.journal else genesis(self.id)
        event_id, at = event_id or new_id(), at or self.clock
        correlation, lane_id = correlation or new_id(), lane_id or self.lane.lane_id
        event = Event(
            v=v, node_id=self.id, seq=seq, event_id=event_id, at=at, skew_ms=skew_ms, correlation=correlation,
            lane_id=lane_id, body=text, prev=prev,
            hash=link(v, self.id, seq, event_id, at, skew_ms, correlation, lane_id, text, None, prev),
        )  # fmt: skip
        self.journal.append(event)
        return event

    def decision(self, outcome: Outcome = Outcome.GRANT, *, picture: bool = False, **more: Any) -> DecisionMade:
        reason = Reason.OK if outcome is Outcome.GRANT else Reason.EXPIRED
        made = Decision(
            outcome=outcome, reason=reason, kind=Kind.PASS, at=self.clock, lane_id=self.lane.lane_id, rules_version=3,
            rules_age_s=60, credential_id=new_id(), checks=(Check(step="gate", passed=True, reason=Reason.OK),),
        )  # fmt: skip
        return DecisionMade(decision=made, seen_at=self.clock, duration_us=1800, picture=picture, **more)

    def visit(self, correlation: UUID | None = None) -> list[Event]:
        """A whole granted access: five events."""
        correlation = correlation or new_id()
        return [
            self.write(self.decision(), correlation),
            self.write(Actuated(action="release", confirmed=True, latency_us=42_000), correlation),
            self.write(Sensed(position=Position.OPEN), correlation),
            self.write(Sensed(position=Position.CLOSED), correlation),
            self.write(Passage(passed=True, open_ms=2100), correlation),
        ]

    def batch(self, first: int = 1, last: int | None = None, *, lost_before: bool = False) -> Batch:
        """Events `first`..`last` of the journal (numbers included)."""
        chosen = tuple(e for e in self.journal if first <= e.seq <= (last or self.journal[-1].seq))
        return Batch(node_id=self.id, sent_at=self.clock, events=chosen, lost_before=lost_before)

    def headers(self, method: str, target: str, body: bytes = b"", at: datetime | None = None) -> dict[str, str]:
        stamp = int((at.timestamp() if at else time.time()) * 1000)
        nonce = base64.urlsafe_b64encode(os.urandom(18)).decode()
        said = "\n".join((method, target, str(stamp), nonce, hashlib.sha256(body).hexdigest())).encode()
        signature = base64.urlsafe_b64encode(self.key.sign(said).signature).decode().rstrip("=")
        return {"authorization": f"Menting-Node {self.id}.{stamp}.{nonce}.{signature}"}

    def call(self, client: TestClient, method: str, target: str, body: bytes = b"", **headers: str) -> Any:
        return client.request(method, target, content=body, headers=self.headers(method, target, body) | headers)


@dataclass
class Site:
    """A community of one tenant, and who may do everything there."""

    engine: Any
    tenant_id: UUID
    community_id: UUID
    gate_id: UUID
    actor: Actor

    @property
    def actor_account(self) -> Actor:
        """The same rights, held by a person."""
        return Actor(self.tenant_id, ActorKind.ACCOUNT, new_id(), "person", self.actor.grants)

    def session(self) -> Any:
        return tenant_session(self.engine, self.tenant_id)

    def enrol(
        self, *codes: str, key: SigningKey | None = None, gate_id: UUID | None = None, now: datetime = T0,
        vehicles: bool | None = None,
    ) -> FieldNode:  # fmt: skip
        """A new node at the gate, through a real token. vehicles: what it says of each of its lanes."""
        key = key or SigningKey.generate()
        with self.session() as db:
            token = nodes.make_token(db, self.actor, self.community_id, gate_id or self.gate_id, "东门", now)
        asked = EnrolRequest(
            token=token, public_key=bytes(key.verify_key).hex(), name="box", version="0.1.0",
            lanes=tuple(
                EnrolLane(code=code, name=code, direction="in", vehicles=vehicles) for code in codes or ("east-in",)
            ),
        )  # fmt: skip
        with open_session(self.engine) as db:
            return FieldNode(key, nodes.enrol(db, asked, None, now))

    def send(self, node: FieldNode, batch: Batch, now: datetime | None = None) -> BatchReceipt:
        """`now`: when central has it; else as soon as the node sent it."""
        with self.session() as db:
            return receive(db, node.actor, batch, projections, now or batch.sent_at)


def make_site(engine: Any, tenant_id: UUID, name: str = "翠湖") -> Site:
    actor = system(tenant_id, "test", EVERYTHING)
    with tenant_session(engine, tenant_id) as db:
        community = add_community(db, actor, name)
        gate = add_gate(db, actor, community.id, "东门")
        return Site(engine, tenant_id, community.id, gate.id, actor)


@pytest.fixture
def wired(parts: Any) -> Any:
    """All domains registered: projections, troubles, the vault."""
    return parts


@pytest.fixture
def site(wired: Any, database: Any, two_tenants: Any) -> Site:
    return make_site(database.engine, two_tenants.a)


@pytest.fixture
def other_site(wired: Any, database: Any, two_tenants: Any) -> Site:
    """Of the other tenant."""
    return make_site(database.engine, two_tenants.b, "云岭")


@pytest.fixture
def node(site: Site) -> FieldNode:
    return site.enrol()


@pytest.fixture
def counting() -> Callable[[Session, type], int]:
    def count(db: Session, table: type) -> int:
        return db.scalar(select(func.count()).select_from(table)) or 0

    return count


@pytest.fixture
def spoilt() -> Iterator[Callable[[str, Callable[..., None]], None]]:
    """Register a projection for one test only."""
    added: list[tuple[str, Callable[..., None]]] = []

    def spoil(kind: str, project: Callable[..., None]) -> None:
        projections.on(kind, project)
        added.append((kind, project))

    yield spoil
    for kind, project in added:
        projections.off(kind, project)
