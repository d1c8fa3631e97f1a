"""A door whose lock a fire did not release is never told to be open, and stands before everything else (ACC-22)."""

from __future__ import annotations

import pytest

from central.gates.ingest.projections import projections
from central.gates.visits import live, queries
from central.gates.visits.ahead import announce
from central.gates.visits.rules import Lock, lock_in_fire
from central.gates.visits.service import acknowledge_alarm, rebuild
from central.gates.visits.standing import At, standing_now
from central.people.community.place_gates import lane_serves
from models.wire.envelope import AlarmsAhead
from models.wire.events import Actuated, Alarm, AlarmKind, Position, Sensed

pytestmark = pytest.mark.req("ACC-22", "ACC-23")
READS_OFF = "NotConfirmed: output 1 was told to be on and reads off"


@pytest.fixture
def fire(site):
    """A node with two lanes; at the first a fire was seen, and at both the lock is to release."""
    return Fire(site, site.enrol("east-in", "east-out"))


class Fire:
    def __init__(self, site, node):
        self.site, self.node, self.sent = site, node, 0
        self.lanes = [lane.lane_id for lane in node.reply.lanes]

    def hold(self, lane, fault=None, *, seen=True, faulty=False):
        """The node's words about a hold. `faulty`: whether the lock's fault stood before, and is over now."""
        said = Actuated(action="hold_open", confirmed=fault is None and seen, fault=fault, latency_us=0)
        self.node.write(said, lane_id=self.lanes[lane])
        if fault or faulty:
            alarm = Alarm(alarm=AlarmKind.DEVICE_FAULT, device="lock", over=fault is None, detail=fault)
            return self.node.write(alarm, lane_id=self.lanes[lane])
        return None

    def burns(self, lane, over=False):
        return self.node.write(Alarm(alarm=AlarmKind.FIRE, over=over, detail="east-in"), lane_id=self.lanes[lane])

    def tell(self):
        self.site.send(self.node, self.node.batch(self.sent + 1))
        self.sent = self.node.journal[-1].seq

    def locks(self):
        with self.site.session() as db:
            return {lane.code: lane.fire_lock for lane in queries.lanes_now(db, None, self.node.clock)}

    def cards(self):
        """The cards as they stand on the desk, the first on top."""
        with self.site.session() as db:
            return sorted(queries.open_alarms(db, [self.site.community_id]), key=lambda one: one.place)

    def standing(self):
        with self.site.session() as db:
            return standing_now(db, [self.site.community_id])


def test_a_board_that_falls_silent_after_its_hold_was_read_back_leaves_nothing_known_of_the_lock(fire):
    fire.hold(0)
    fire.burns(0)
    fire.tell()
    assert fire.locks()["east-in"] is Lock.FREE
    fire.node.write(Alarm(alarm=AlarmKind.DEVICE_FAULT, device="relay", detail=READS_OFF), lane_id=fire.lanes[0])
    fire.tell()
    assert fire.locks()["east-in"] is Lock.UNSURE
    assert [card.lock for card in fire.cards() if card.kind == AlarmKind.FIRE] == [Lock.UNSURE]
    fire.node.write(Alarm(alarm=AlarmKind.DEVICE_FAULT, device="relay", over=True), lane_id=fire.lanes[0])
    fire.hold(0)
    fire.tell()
    assert fire.locks()["east-in"] is Lock.FREE


def test_a_lock_that_did_not_release_is_said_first_and_whoever_took_note(site, fire):
    fire.hold(0)
    fire.burns(0)
    fire.hold(1, READS_OFF)
    stuck = fire.burns(1)
    fire.node.write(Alarm(alarm=AlarmKind.DURESS, device="pin"), lane_id=fire.lanes[0])
    fire.tell()
    assert fire.locks() == {"east-in": Lock.FREE, "east-out": Lock.STUCK}
    assert fire.standing().by_lock == (
        (Lock.STUCK, ("东门 · east-out",), At.DOORS), (Lock.FREE, ("东门 · east-in",), At.DOORS),
    )  # fmt: skip
    assert fire.standing().traps
    with site.session() as db:
        acknowledge_alarm(db, site.actor_account, stuck.event_id, fire.node.clock)
    first = fire.cards()[0]
    assert (first.alarm_id, first.lock, first.traps) == (stuck.event_id, Lock.STUCK, True)


def test_where_an_arm_stands_a_fire_speaks_of_arms_and_of_both_where_both_are(site, fire, login_as):
    for lane in (0, 1):
        fire.hold(lane)
        fire.burns(lane)
    fire.tell()
    guard = login_as("guard", community=site.community_id)

    def banner():
        (held,) = fire.standing().by_lock
        return held.at, guard.get("/alarms/told").text

    at, told = banner()
    assert at is At.DOORS and "火警：门没上锁" in told and "杆" not in told
    for barriers, expected, words in (
        ([1], At.BOTH, "火警：门没上锁，杆保持抬起"), ([0, 1], At.BARRIERS, "火警：杆保持抬起"),
    ):  # fmt: skip
        with site.session() as db:
            for lane in barriers:
                lane_serves(db, fire.lanes[lane], vehicles=True)
        at, told = banner()
        assert at is expected and f"<strong>{words}</strong>" in told


def test_when_it_releases_at_last_its_card_is_drawn_anew_and_says_when(site, fire):
    fire.hold(1, READS_OFF)
    burning = fire.burns(1)
    fire.tell()
    with site.session() as db:
        head = live.latest(db)
    fire.hold(1, faulty=True)
    freed_at = fire.node.clock
    fire.tell()
    with site.session() as db:
        drawn = {(one.name, one.data["id"]) for one in live.read(db, head, 100)}
    assert {("alarm", str(burning.event_id)), ("lane", str(fire.lanes[1]))} <= drawn
    (card,) = [one for one in fire.cards() if one.kind == "fire"]
    assert (card.lock, card.freed_at, card.traps) == (Lock.FREE, freed_at, False)
    assert fire.locks()["east-out"] is Lock.FREE and not fire.standing().traps


def test_the_history_says_whether_the_lock_released_late_or_never(site, fire):
    for lane, frees in ((0, True), (1, False)):
        fire.hold(lane, READS_OFF)
        fire.burns(lane)
        if frees:
            fire.hold(lane, faulty=True)
        fire.burns(lane, over=True)
        if not frees:
            fire.node.write(Actuated(action="secure", confirmed=True, latency_us=0), lane_id=fire.lanes[lane])
            over = Alarm(alarm=AlarmKind.DEVICE_FAULT, device="lock", over=True)
            fire.node.write(over, lane_id=fire.lanes[lane])
    fire.hold(0)
    fire.burns(0)
    fire.burns(0, over=True)
    fire.tell()
    for _ in range(2):
        fires = [one for one in fire.cards() if one.kind == "fire"]
        told = [(one.lane_name, one.lock, one.freed_at is not None) for one in sorted(fires, key=lambda x: x.raised_at)]
        assert told == [("east-in", Lock.FREE, True), ("east-out", Lock.STUCK, False), ("east-in", None, False)]
        with site.session() as db:
            rebuild(db, site.community_id, projections)


def test_where_nothing_is_read_back_or_nothing_was_said_nobody_claims_an_open_door(fire):
    fire.hold(0, seen=False)
    fire.burns(0)
    fire.burns(1)
    fire.tell()
    assert fire.locks() == {"east-in": Lock.UNSURE, "east-out": Lock.UNSURE}


def test_the_word_of_an_earlier_fire_says_nothing_of_this_one(fire):
    fire.hold(0)
    fire.node.write(Actuated(action="secure", confirmed=True, latency_us=0), lane_id=fire.lanes[0])
    fire.burns(0)
    fire.tell()
    assert fire.locks()["east-in"] is Lock.UNSURE


def test_a_lane_whose_board_was_silent_when_the_fire_began_is_shown_as_locked_though_it_tells_of_no_fire(fire):
    fire.hold(1, "Unreachable: unit 1 did not answer within 0.3 s")
    fire.tell()
    assert fire.locks() == {"east-in": None, "east-out": None}, "no fire stands anywhere at this node"
    fire.hold(0)
    fire.burns(0)
    fire.tell()
    assert fire.locks() == {"east-in": Lock.FREE, "east-out": Lock.STUCK}
    assert fire.standing().by_lock[0] == (Lock.STUCK, ("东门 · east-out",), At.DOORS)


def test_a_fault_that_comes_ahead_of_the_backlog_is_believed_before_the_lock_s_own_word(site, fire):
    fault, burning = fire.hold(1, READS_OFF), fire.burns(1)
    with site.session() as db:
        announce(
            db, fire.node.actor, AlarmsAhead(node_id=fire.node.id, sent_at=fire.node.clock, events=(fault, burning))
        )
    assert fire.locks()["east-out"] is Lock.STUCK and fire.standing().traps
    fire.tell()
    assert fire.locks()["east-out"] is Lock.STUCK


def test_whether_the_fire_signal_is_over_is_known_from_the_node_and_only_of_this_fire(fire):
    def says(burning, position=Position.CLOSED):
        fire.node.write(Sensed(position=position, fire=burning), lane_id=fire.lanes[0])
        fire.node.write(Sensed(position=position), lane_id=fire.lanes[0])

    def signal():
        fire.tell()
        with fire.site.session() as db:
            lane = next(one for one in queries.lanes_now(db, None, fire.node.clock) if one.code == "east-in")
            return lane.fire_held, lane.fire_signal

    says(False)
    fire.burns(0)
    assert signal() == (True, None), "an older node does not tell"
    says(True)
    assert signal() == (True, True)
    says(False)
    assert signal() == (True, False)
    fire.node.write(Sensed(position=Position.UNKNOWN), lane_id=fire.lanes[0])
    assert signal() == (True, None), "its board is silent"
    fire.burns(0, over=True)
    assert signal() == (False, None)


def test_one_voice_that_says_it_did_not_release_is_enough():
    assert {lock_in_fire(word, True) for word in ("seen", "told", "failed", "secured", None)} == {Lock.STUCK}
    assert lock_in_fire("failed", False) is Lock.STUCK and lock_in_fire("seen", False) is Lock.FREE
    assert lock_in_fire("seen", False, silent=True) is Lock.UNSURE
