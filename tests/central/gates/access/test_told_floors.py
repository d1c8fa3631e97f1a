"""From the register to the lift's buttons: what central knows of homes, what a node is told, which output is freed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from central.base.kernel.session import open_session
from central.gates.access import service as access
from central.gates.nodes import service as nodes
from central.gates.nodes.snapshots import newer_than
from central.gates.nodes.tables import NodeRow
from central.people.community import service as community
from central.people.community.rules import Tie
from edge.journal.journal import Journal
from edge.lane.hold import FireHolds
from edge.lane.inbox import CodeSeen, ContactsRead, Item, Pulsed
from edge.lane.lift import LiftLock
from edge.lane.runner import Gate
from edge.lane.shell import LaneShell
from edge.lane.standing import StandingAlarms
from edge.lane.states import DoorLane, Settings
from edge.store.keys import KeyRing
from edge.store.store import Store
from models.access.credential import Window
from models.access.lifts import FloorsOf, Lift
from models.access.policy import Effect
from models.site.topology import Direction
from models.wire.commands import EnrolLane, EnrolReply, EnrolRequest
from models.wire.events import EVENT_BODY, DecisionMade
from models.wire.snapshot import Snapshot
from tests.central.people.town import HOUR, Town
from tests.edge.lane.bench import Kept
from tests.edge.lane.test_lift import FLOOR_1, FLOOR_11, RESTRICT, LiftStand

BUTTONS = Lift(floors=frozenset({"1", "11"}), common=frozenset({"1"}))


@dataclass(frozen=True)
class House:
    """A town whose unit 5-2 has a lift at a node of its own, and a second node that drives a door alone."""

    town: Town
    lift: EnrolReply
    door: EnrolReply

    def told(self, reply: EnrolReply, at: datetime | None = None) -> Snapshot:
        with self.town.session() as db:
            signed = newer_than(db, db.get_one(NodeRow, reply.node_id), 0, at or self.town.now)
        assert signed is not None
        return Snapshot.model_validate_json(signed.payload)

    def floors(self, subject: UUID) -> list[FloorsOf]:
        return [one for one in self.told(self.lift).floors if one.subject_id == subject]


@pytest.fixture
def house(town: Town) -> House:
    with town.session() as db:
        community.add_lane(db, town.actor, town.gate, "lift", "一号电梯", Direction.IN)
        access.add_rule(db, town.actor, town.community, "住户", Effect.ALLOW, ["resident"], now=town.now)
        community.set_floors(db, town.actor, town.community, {town.house: "11"})
    made = {}
    for code in ("lift", "east-in"):
        with town.session() as db:
            token = nodes.make_token(db, town.actor, town.community, town.gate, code)
        asked = EnrolRequest(
            token=token, public_key=bytes(SigningKey.generate().verify_key).hex(), name=code, version="0.1.0",
            lanes=(EnrolLane(code=code, name=code, direction="in"),),
        )  # fmt: skip
        with open_session(town.engine) as db:
            made[code] = nodes.enrol(db, asked, None, town.now)
    lift = made["lift"]
    with town.session() as db:
        community.set_lift(db, town.actor, lift.lanes[0].lane_id, [town.unit])
    return House(town, lift, made["east-in"])


@pytest.mark.req("ACC-29")
def test_a_lift_is_told_the_floors_of_its_homes_and_of_their_visitors_and_a_door_of_nobodys(house):
    lane = frozenset({house.lift.lanes[0].lane_id})
    told = {one.subject_id: (one.lanes, one.floors) for one in house.told(house.lift).floors}
    town = house.town
    assert told == dict.fromkeys((town.cardholder, town.visitor_pass), (lane, frozenset({"11"})))
    assert house.told(house.door).floors == ()


@pytest.mark.req("ACC-29", "ADMIN-06")
def test_who_moves_out_or_in_later_has_each_floor_for_its_time(house):
    town, leaves = house.town, house.town.now + HOUR
    with town.session() as db:
        upper = community.add_house(db, town.actor, town.unit, "1201", "12").id
        community.end_residency(db, town.actor, town.resident, leaves, "搬到楼上")
        community.add_resident(
            db, town.actor, upper, "", None, Tie.OWNER, starts_at=leaves, person_id=town.person
        )  # fmt: skip
    spans = {(*one.floors, one.valid_from, one.valid_until) for one in house.floors(town.cardholder)}
    assert spans == {("11", None, leaves), ("12", leaves, None)}


@pytest.mark.req("ACC-29", "VIS-08")
def test_a_new_visitor_of_such_a_house_changes_what_the_lift_is_told_and_a_revoked_one_is_not_told(house):
    town = house.town
    with town.session() as db:
        before = house.told(house.lift).version
        issued = access.issue_visitor_pass(
            db, town.actor, town.house, "陈来访", None, None, town.window(), now=town.now
        )
    assert house.told(house.lift).version > before and house.floors(issued.pass_id)
    with town.session() as db:
        access.revoke_pass(db, town.actor, issued.pass_id, "改期", now=town.now)
    assert house.floors(issued.pass_id) == []


@pytest.mark.req("ACC-29")
def test_a_changed_floor_reaches_the_gates_through_the_outbox(house, parts):
    town = house.town
    parts.dispatcher.drain()
    before = house.told(house.lift).version
    with town.session() as db:
        community.set_floors(db, town.actor, town.community, {town.house: None})
    parts.dispatcher.drain()
    assert house.told(house.lift).version > before and house.told(house.lift).floors == ()


def until(true: Callable[[], object]) -> None:
    """Wait for what threads and a wire do, with a deadline that only a broken test meets."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[LiftStand]:
    stand = LiftStand(tmp_path)
    stand.thread.start()
    yield stand
    stand.close()


@pytest.mark.req("ACC-29")
def test_a_resident_and_a_visitor_free_their_floor_on_the_wire_and_a_stranger_the_common_one(house, stand, tmp_path):
    town, lane = house.town, house.lift.lanes[0]
    with town.session() as db:
        window = Window(start=town.now - timedelta(minutes=1), end=town.now + HOUR)
        other = community.add_unit(db, town.actor, town.building, "3").id
        below = community.add_house(db, town.actor, other, "1101", "11").id
        own = access.issue_resident_pass(db, town.actor, town.cardholder, window=window, now=town.now)
        guest = access.issue_visitor_pass(db, town.actor, town.house, "王来访", None, None, window, now=town.now)
        next_door = access.issue_visitor_pass(db, town.actor, below, "李来访", None, None, window, now=town.now)
        signed = newer_than(db, db.get_one(NodeRow, house.lift.node_id), 0, town.now)
    keys = KeyRing.open(tmp_path / "keys")
    journal = Journal.open(tmp_path / "journal.db", house.lift.node_id, keys)
    store = Store.open(tmp_path / "store.db", house.lift.node_id, bytes.fromhex(house.lift.central_key), keys)
    assert store.apply(signed, town.now) is None
    shell = LaneShell(lane.code, lane, stand.thread, None, 10.0, DoorLane(settings=Settings(senses_passage=False)))
    shell.lift, shell.lock = BUTTONS, LiftLock(stand.thread, lambda: shell.last)
    gate = Gate(
        town.community, {lane.code: shell}, journal, store, Kept(), FireHolds(tmp_path), stand.inbox,
        lambda: town.now, standing=StandingAlarms(tmp_path / "standing.json"),
    )  # fmt: skip
    gate.begin()

    def hear(kind: type[Item]) -> int:
        """How many of these the gate has been told so far, with all that its threads say now."""
        while not stand.inbox.empty():
            stand.heard.append(item := stand.inbox.get_nowait())
            gate.handle(item)
        return len(stand.all(kind))

    until(lambda: hear(ContactsRead) and stand.board.output(RESTRICT))
    freed: list[set[int]] = []
    for issued in (own, guest, next_door):
        before = len(stand.moved(FLOOR_1, FLOOR_11))
        gate.handle(CodeSeen(lane.code, issued.token, time.monotonic()))
        until(lambda: hear(Pulsed) > len(freed))
        freed.append({channel for channel, on in stand.moved(FLOOR_1, FLOOR_11)[before:] if on})
        until(lambda: not stand.board.output(FLOOR_1) and not stand.board.output(FLOOR_11))
    made = [EVENT_BODY.validate_json(event.body) for event in journal.read(0, 1000)]
    decided = [one.decision.inputs["floors"] for one in made if isinstance(one, DecisionMade)]
    assert (freed, decided) == ([{FLOOR_1, FLOOR_11}, {FLOOR_1, FLOOR_11}, {FLOOR_1}], ["1 11", "1 11", "1"])
    store.close()
    journal.close()
    keys.close()
