"""A busy quarter of an hour at a gate, so that pages have something to show of every kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from central.base.kernel import clock
from models.access.credential import Kind
from models.access.decision import Check, Outcome, Reason
from models.values.ids import new_id
from models.wire.events import Actuated, AlarmKind, Passage, Position, Scanned, Sensed
from tests.browser.gate import Seeded, portrait


def checks(*steps: str, failed: Reason | None = None, **detail: str) -> tuple[Check, ...]:
    """The questions asked in order; the last one failed when a reason is given."""
    asked = [Check(step=step, passed=True, reason=Reason.OK) for step in steps]
    if failed is not None:
        asked[-1] = Check(step=steps[-1], passed=False, reason=failed, detail=detail)
    return tuple(asked)


def busy(site: Seeded, guard: UUID | None = None) -> list[UUID]:
    """Visits oldest first; returns the correlation ids."""
    gate, now, seen = site.gate, clock.now(), []
    zhang, li, ouyang, _ = site.cardholders

    def at(minutes: float) -> tuple[UUID, datetime]:
        correlation = new_id()
        seen.append(correlation)
        return correlation, now - timedelta(minutes=minutes)

    who, when = at(14)
    gate.decide(
        Outcome.GRANT,
        correlation=who,
        at=when,
        cardholder_id=zhang,
        picture=portrait(20),
        checks=checks("gate", "signature", "revoked", "blocked", "window", "gate_scope", "rules", "uses"),
    )
    gate.pass_through(who, at=when)
    gate.tell(when + timedelta(seconds=10))
    who, when = at(12.5)
    until = (now - timedelta(hours=2)).isoformat()
    gate.decide(
        Outcome.DENY,
        Reason.EXPIRED,
        correlation=who,
        at=when,
        credential_id=site.pass_id,
        detail={"until": until},
        picture=portrait(140),
        checks=checks("gate", "signature", "revoked", "blocked", "window", failed=Reason.EXPIRED, until=until),
    )
    gate.tell(when + timedelta(seconds=10))
    who, when = at(11)
    gate.decide(
        Outcome.REFER,
        Reason.SECOND_FACTOR,
        correlation=who,
        at=when,
        cardholder_id=li,
        checks=checks("gate", "signature", "rules", "uses", "second_factor", failed=Reason.SECOND_FACTOR),
    )
    gate.tell(when + timedelta(seconds=10))
    who, when = at(9)
    gate.decide(Outcome.GRANT, correlation=who, at=when, cardholder_id=ouyang, lane=1, kind=Kind.EXIT_BUTTON)
    gate.write(
        Actuated(action="release", confirmed=False, fault="relay 2: read-back differs", latency_us=90_000), who, 1, when
    )
    gate.tell(when + timedelta(seconds=10))
    who, when = at(8)
    gate.decide(
        Outcome.DENY,
        Reason.UNKNOWN,
        correlation=who,
        at=when,
        kind=Kind.FACE,
        score=0.214,
        threshold=0.363,
        picture=portrait(200),
        checks=checks("gate", "face", failed=Reason.UNKNOWN),
    )
    gate.tell(when + timedelta(seconds=10))
    who, when = at(6)
    gate.decide(
        Outcome.REFER,
        Reason.FACE_ALONE,
        correlation=who,
        at=when,
        kind=Kind.FACE,
        cardholder_id=zhang,
        score=0.612,
        threshold=0.363,
        picture=portrait(60),
        checks=checks("gate", "face", failed=Reason.FACE_ALONE),
    )
    gate.tell(when + timedelta(seconds=10))
    who, when = at(5)
    gate.decide(
        Outcome.GRANT,
        correlation=who,
        at=when,
        kind=Kind.REMOTE,
        actor_id=guard,
        said="访客已当面核实",
        picture=portrait(100),
    )
    gate.pass_through(who, at=when)
    gate.tell(when + timedelta(seconds=10))
    who, when = at(3)
    gate.decide(
        Outcome.GRANT,
        correlation=who,
        at=when,
        credential_id=site.pass_id,
        party=3,
        picture=portrait(170),
        checks=checks("gate", "signature", "window", "gate_scope", "rules", "uses"),
    )
    gate.write(Actuated(action="release", confirmed=True, latency_us=43_000), who, 0, when + timedelta(milliseconds=43))
    gate.write(Passage(passed=False, why="timeout"), who, 0, when + timedelta(seconds=8))
    gate.tell(when + timedelta(seconds=10))
    who, when = at(1.2)
    gate.decide(Outcome.DENY, Reason.MALFORMED, correlation=who, at=when)
    gate.tell(when + timedelta(seconds=10))
    who, when = at(0.4)
    gate.decide(
        Outcome.GRANT,
        correlation=who,
        at=when,
        cardholder_id=li,
        picture=portrait(230),
        checks=checks("gate", "signature", "revoked", "blocked", "window", "gate_scope", "rules", "uses"),
    )
    gate.pass_through(who, at=when)
    gate.tell()
    gate.write(Sensed(position=Position.CLOSED), None, 1)
    gate.write(Scanned(why="unfinished", length=12))
    gate.alarm(AlarmKind.HELD_OPEN, at=now - timedelta(minutes=2, seconds=10))
    gate.alarm(AlarmKind.CAMERA_STALE, lane=1, at=now - timedelta(seconds=35), device="camera-2")
    gate.alarm(AlarmKind.FORCED, lane=1, at=now - timedelta(minutes=7))
    gate.alarm(AlarmKind.FORCED, lane=1, at=now - timedelta(minutes=6), over=True)
    gate.write('{"kind": "telepathy", "whom": "everybody"}')
    gate.write('{"kind": "decision"}')
    gate.tell()
    return seen


def forked_often(site: Seeded, count: int) -> None:
    """Whoever holds the node's key sends record after record under one number: each is a strand."""
    gate = site.gate
    shared = len(gate.journal) - 2
    for _ in range(count):
        gate.journal[:], gate.sent = gate.journal[:shared], shared
        gate.write(Sensed(position=Position.OPEN), None, 0)
        gate.tell()


def copied(site: Seeded) -> None:
    """Two machines speak as this node: each writes on from where the disk of one was copied."""
    gate = site.gate
    gate.tell()
    shared = len(gate.journal)
    for position, count in ((Position.OPEN, 2), (Position.CLOSED, 4)):
        mine, gate.journal[:], gate.sent = gate.journal[shared:], gate.journal[:shared], shared
        assert len(mine) in (0, 2)
        for _ in range(count):
            gate.write(Sensed(position=position), None, 0)
        gate.tell()
