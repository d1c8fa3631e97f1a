"""A community with people and a gate node, for pages to show: seeded through the services, journal and all."""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from nacl.signing import SigningKey
from PIL import Image, ImageDraw
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.session import open_session, tenant_session
from central.gates.access import service as access
from central.gates.ingest import pictures
from central.gates.ingest.projections import projections
from central.gates.ingest.receive import receive
from central.gates.nodes import commands, remote
from central.gates.nodes import service as nodes
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.visits import service as visits
from central.people.community import service as community
from central.people.community.rules import Tie
from models.access.credential import Kind, Window
from models.access.decision import Check, Decision, Outcome, Reason
from models.access.pictures import Shows
from models.access.policy import Effect
from models.values.ids import new_id
from models.wire.commands import Action, Command, EnrolLane, EnrolReply, EnrolRequest
from models.wire.envelope import Batch, Event, genesis, link
from models.wire.events import (
    Actuated,
    Alarm,
    AlarmKind,
    CommandDone,
    DecisionMade,
    LaneDirection,
    LaneHeld,
    Passage,
    Position,
    Sensed,
)
from tests.central.people.assessed import assess, publish

RIGHTS = (
    "house.read",
    "house.edit",
    "person.read",
    "person.edit",
    "pass.issue",
    "pass.issue_resident",
    "pass.revoke",
    "rule.edit",
    "node.enrol",
    "node.read",
    "visit.read",
    "lane.open",
    "parked.resolve",
    "alarm.acknowledge",
)


def portrait(hue: int, size: int = 240) -> bytes:
    """A drawn figure, nobody's picture: JPEG."""
    image = Image.new("HSV", (size, size), (hue, 60, 120))
    draw = ImageDraw.Draw(image)
    draw.ellipse((size * 0.1, size * 0.72, size * 0.9, size * 1.5), fill=(hue, 140, 90))
    draw.ellipse((size * 0.3, size * 0.18, size * 0.7, size * 0.68), fill=(18, 90, 220))
    draw.pieslice((size * 0.27, size * 0.12, size * 0.73, size * 0.6), 180, 360, fill=(20, 120, 40))
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()


@dataclass
class Gate:
    """The node at the gate as central sees it: a key, lanes, and a chained journal that `tell` sends."""

    engine: Engine
    reply: EnrolReply
    journal: list[Event] = field(default_factory=list)
    sent: int = 0
    fire_input: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def actor(self) -> Actor:
        return Actor(self.reply.tenant_id, ActorKind.NODE, self.reply.node_id, "node")

    def session(self) -> Any:
        return tenant_session(self.engine, self.reply.tenant_id)

    def write(
        self, body: BaseModel | str, correlation: UUID | None = None, lane: int | None = 0, at: datetime | None = None
    ) -> Event:
        with self.lock:
            text = body if isinstance(body, str) else body.model_dump_json()
            node_id, seq = self.reply.node_id, len(self.journal) + 1
            prev = self.journal[-1].hash if self.journal else genesis(node_id)
            event_id, at, correlation = new_id(), at or clock.now(), correlation or new_id()
            lane_id = None if lane is None else self.reply.lanes[lane].lane_id
            event = Event(
                node_id=node_id,
                seq=seq,
                event_id=event_id,
                at=at,
                skew_ms=12,
                correlation=correlation,
                lane_id=lane_id,
                body=text,
                prev=prev,
                hash=link(1, node_id, seq, event_id, at, 12, correlation, lane_id, text, None, prev),
            )
            self.journal.append(event)
            return event

    def tell(self, now: datetime | None = None) -> None:
        """Send what was not sent yet, as one batch; `now` is when central gets it."""
        with self.lock, self.session() as db:
            if self.sent == len(self.journal):
                return
            batch = Batch(node_id=self.reply.node_id, sent_at=clock.now(), events=tuple(self.journal[self.sent :]))
            receive(db, self.actor, batch, projections, now or clock.now())
            self.sent = len(self.journal)

    def offer_key(self) -> None:
        """From now on photos can be sealed to it: a site has an enrolment node with the first that does."""
        with self.session() as db:
            db.merge(PhotoKeyRow(
                tenant_id=self.reply.tenant_id, node_id=self.reply.node_id, key_id="ab" * 8, point="04" + "cd" * 64,
                receiving={"point": "of the test"}, offered_at=clock.now(), first_offered_at=clock.now(),
            ))  # fmt: skip

    def poll(self) -> None:
        """The node asks for news, and by that is known to be there."""
        now = clock.now()
        status = visits.Status(
            rules_version=318, rules_issued_at=now - timedelta(minutes=4), queue_length=0, skew_ms=12
        )
        with self.session() as db:
            visits.heard(db, self.reply.node_id, status, now)

    def decide(
        self,
        outcome: Outcome,
        reason: Reason = Reason.OK,
        *,
        lane: int = 0,
        kind: Kind = Kind.PASS,
        at: datetime | None = None,
        correlation: UUID | None = None,
        picture: bytes | None = None,
        checks: tuple[Check, ...] = (),
        **more: Any,
    ) -> Event:
        at = at or clock.now()
        extra = {
            name: more.pop(name) for name in ("actor_id", "said", "party", "liveness", "command_id") if name in more
        }
        decision = Decision(
            outcome=outcome,
            reason=reason,
            kind=kind,
            at=at,
            lane_id=self.reply.lanes[lane].lane_id,
            rules_version=318,
            rules_age_s=240,
            checks=checks,
            **more,
        )
        made = DecisionMade(decision=decision, seen_at=at, duration_us=3_400, picture=picture is not None, **extra)
        event = self.write(made, correlation, lane, at)
        if picture is not None:
            self.tell(at + timedelta(seconds=1))
            with self.session() as db:
                pictures.keep_picture(
                    db, self.actor, event.event_id, picture, allowed=True, now=clock.now(), shows=Shows.CROP
                )
        return event

    def pass_through(self, correlation: UUID, lane: int = 0, at: datetime | None = None) -> None:
        """What follows a grant: the lock, the door, somebody through."""
        at = at or clock.now()
        self.write(
            Actuated(action="release", confirmed=True, latency_us=41_800),
            correlation,
            lane,
            at + timedelta(milliseconds=42),
        )
        self.write(Sensed(position=Position.OPEN), correlation, lane, at + timedelta(milliseconds=900))
        self.write(Sensed(position=Position.CLOSED), correlation, lane, at + timedelta(milliseconds=4200))
        self.write(Passage(passed=True, open_ms=3300), correlation, lane, at + timedelta(milliseconds=4300))

    def alarm(
        self, kind: AlarmKind, *, lane: int | None = 0, at: datetime | None = None, hold: str | None = "", **more: Any
    ) -> Event:
        """`hold`: what the lock's fault was in a fire, "" where it released, None where nothing was said of it."""
        if kind is AlarmKind.FIRE and not more.get("over") and hold is not None:
            self.hold(hold, lane, at)
        return self.write(Alarm(alarm=kind, **more), None, lane, at)

    def hold(self, fault: str = "", lane: int | None = 0, at: datetime | None = None) -> None:
        """The lock's word in a fire: read back as released, or its `fault`, in the order in which a node tells it."""
        word = Actuated(action="hold_open", confirmed=not fault, fault=fault or None, latency_us=0)
        self.write(word, None, lane, at)
        if fault:
            self.write(Alarm(alarm=AlarmKind.DEVICE_FAULT, device="lock", detail=fault), None, lane, at)

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """A thread that answers central's commands: a picture for a look, a grant for an open. Each is a word of it."""
        over = threading.Event()
        thread = threading.Thread(target=self._answer, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(10)

    def _answer(self, over: threading.Event) -> None:
        while not over.wait(0.05):
            with self.session() as db:
                taken = commands.take(db, self.reply.node_id, clock.now())
            if taken:
                self.poll()
            for signed in taken:
                command = Command.model_validate_json(signed.payload)
                lane = next(n for n, one in enumerate(self.reply.lanes) if one.lane_id == command.lane_id)
                if command.action is Action.LOOK:
                    with self.session() as db:
                        remote.keep_live_picture(db, self.actor, command.lane_id, portrait(90, 480), clock.now())
                elif command.action is Action.OPEN:
                    self.decide(
                        Outcome.GRANT,
                        lane=lane,
                        kind=Kind.REMOTE,
                        correlation=command.correlation,
                        actor_id=command.actor_id,
                        said=command.reason,
                        command_id=command.command_id,
                    )
                    self.pass_through(command.correlation, lane)
                    done = CommandDone(command_id=command.command_id, action="open", result="done")
                    self.write(done, command.correlation, lane)
                    self.tell()
                elif command.action is Action.CALIBRATE:
                    told = CommandDone(
                        command_id=command.command_id, action="calibrate", result="refused", reason="too_few"
                    )
                    self.write(told, command.correlation, lane)
                    self.tell()
                elif command.action is Action.END_FIRE_HOLD:
                    self._end_fire(command, lane)
                elif command.action in (Action.HOLD_OPEN, Action.RESUME):
                    self._hold(command, lane)
                elif command.action is Action.SWITCH_DIRECTION:
                    self.write(LaneDirection(direction=command.direction), command.correlation, lane)
                    done = CommandDone(command_id=command.command_id, action="switch_direction", result="done")
                    self.write(done, command.correlation, lane)
                    self.tell()

    def _hold(self, command: Command, lane: int) -> None:
        """As the node does it: a hold, or its end after four cars."""
        held = command.action is Action.HOLD_OPEN
        told = LaneHeld(
            held=held, since=command.issued_at, until=command.issued_at + timedelta(minutes=command.minutes or 30),
            passed=0 if held else 4, ended=None if held else "resumed", said=command.reason,
            actor_id=command.actor_id,
        )  # fmt: skip
        self.write(told, command.correlation, lane)
        action = command.action.value
        done = CommandDone(command_id=command.command_id, action=action, result="done")
        self.write(done, command.correlation, lane)
        self.tell()

    def _end_fire(self, command: Command, lane: int) -> None:
        """As the node does it: refused while its fire input is active, else the alarm is over."""
        told: dict[str, Any] = {"command_id": command.command_id, "action": "end_fire_hold"}
        if self.fire_input:
            self.write(CommandDone(**told, result="refused", reason=Reason.FIRE), command.correlation, lane)
        else:
            self.alarm(AlarmKind.FIRE, lane=lane, over=True)
            self.write(CommandDone(**told, result="done"), command.correlation, lane)
        self.tell()


@dataclass(frozen=True)
class Seeded:
    """Ids the tests speak of."""

    tenant_id: UUID
    community_id: UUID
    gate: Gate
    pass_id: UUID
    cardholders: tuple[UUID, ...]


_phases = itertools.count(1)


def seed(engine: Engine, tenant_id: UUID, *, rules: bool = False) -> Seeded:
    """翠湖花园 N 期: two gates, eight houses, four residents, a node with two lanes, a visitor's pass.

    rules: with one under which everybody's passes open; without any a page asks before it issues one.
    """
    actor, now = system(tenant_id, "seed", RIGHTS), clock.now()
    with tenant_session(engine, tenant_id) as db:
        place = community.add_community(db, actor, f"翠湖花园 {next(_phases)} 期")
        gates = [community.add_gate(db, actor, place.id, name) for name in ("东门", "南门")]
        building = community.add_building(db, actor, place.id, "5")
        unit = community.add_unit(db, actor, building.id, "2")
        houses = [community.add_house(db, actor, unit.id, f"{floor}0{door}") for floor in (1, 2, 11) for door in (1, 2)]
        holders = []
        people = (("张示例", "19000000001"), ("李样本", "19000000002"), ("欧阳演示", None), ("王例子", "19000000004"))
        for house, (name, phone) in zip(houses, people, strict=False):
            home = community.add_resident(
                db, actor, house.id, name, phone, Tie.OWNER, starts_at=now - timedelta(days=400)
            )
            holders.append(access.add_cardholder(db, actor, place.id, home.person_id, ("resident",)).id)
        access.change_settings(db, actor, place.id, send_pictures=True)
        if rules:
            access.add_rule(db, actor, place.id, "住户和访客", Effect.ALLOW, ["resident", "visitor"], now=now)
        token = nodes.make_token(db, actor, place.id, gates[0].id, "东门岗")
        issued = _pass(db, actor, houses[3].id, now)
        assess(db, place.id, now)
        publish(db, place.id, now)
    key = SigningKey.generate()
    lanes = (
        EnrolLane(code="east-in", name="东门人行进", direction="in"),
        EnrolLane(code="east-out", name="东门人行出", direction="out"),
    )
    asked = EnrolRequest(token=token, public_key=bytes(key.verify_key).hex(), name="east", version="0.1.0", lanes=lanes)
    with open_session(engine) as db:
        gate = Gate(engine, nodes.enrol(db, asked, None, now))
    gate.poll()
    gate.offer_key()
    return Seeded(tenant_id, place.id, gate, issued, tuple(holders))


def _pass(db: Session, actor: Actor, house: UUID, now: datetime) -> UUID:
    window = Window(start=now - timedelta(hours=1), end=now + timedelta(hours=3))
    return access.issue_visitor_pass(db, actor, house, "周来访", "19000000009", None, window, 2, 3, now=now).pass_id
