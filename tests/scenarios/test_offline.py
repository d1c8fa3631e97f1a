"""Central is gone, and the gate goes on; when it is back, everything arrives as it happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from devices.sim.door import Deed
from edge.journal.journal import Entry, Journal
from edge.store.keys import KeyRing
from models.access.credential import Kind
from models.access.decision import Outcome
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade, Passage
from tests.scenarios.story import Story

LANE = "east-in"
EXPECTED = {
    "visitor": "grant ok", "expired": "deny expired", "not_yet": "deny not_yet", "revoked": "deny revoked",
    "forged": "deny forged", "unknown_key": "deny unknown_key", "wrong_gate": "deny wrong_point",
    "wrong_time": "deny wrong_time", "blocked": "deny blocked",
}  # fmt: skip


def decided(story: Story) -> list[DecisionMade]:
    here = story.lane_id(LANE)
    return [b for _, b in story.in_node() if isinstance(b, DecisionMade) and b.decision.lane_id == here]


def everybody_comes(story: Story) -> list[str]:
    """Each pass once at the scanner, one after the other, and somebody from inside; what was decided, in that order."""
    gate, before = story.site.world.lanes[LANE].gate, len(decided(story))
    for number, name in enumerate([*EXPECTED, "exit"], 1):
        if name == "exit":
            gate.do(Deed.PRESS_EXIT)
        else:
            gate.present(story.site.seeded["passes"][name]["token"])
        story.until(lambda n=number: len(decided(story)) == before + n, name)
        story.until(lambda: is_concluded(story), f"{name}: the door is at rest again")
    return [f"{one.decision.outcome.value} {one.decision.reason.value}" for one in decided(story)[before:]]


def is_concluded(story: Story) -> bool:
    told = [body for _, body in story.in_node()]
    grants = [body for body in told if isinstance(body, DecisionMade) and body.decision.outcome is Outcome.GRANT]
    door = story.site.world.lanes[LANE].gate.door
    return door.shut and len([body for body in told if isinstance(body, Passage)]) == len(grants)


def append_what_happened_long_ago(story: Story) -> DecisionMade:
    """While the node is stopped: a decision of ten minutes ago that never got to central."""
    keys = KeyRing.open(story.node / "keys")
    journal = Journal.open(story.node / "journal.db", story.node_id, keys)
    try:
        long_ago = utc_now() - timedelta(minutes=10)
        last = next(body for body in reversed(decided(story)) if body.decision.outcome is Outcome.DENY)
        made = last.model_copy(
            update={"decision": last.decision.model_copy(update={"at": long_ago}), "seen_at": long_ago}
        )
        lane_id = made.decision.lane_id
        journal.append(Entry(made, correlation=new_id(), lane_id=lane_id, at=long_ago))
        return made
    finally:
        journal.close()
        keys.close()


@pytest.mark.req("SYNC-05", "SYNC-09")
@pytest.mark.timeout(400)
def test_without_central_every_decision_is_the_same_and_all_arrive_when_it_is_back(story: Story) -> None:
    online = everybody_comes(story)
    assert online == [*EXPECTED.values(), "grant ok"]
    story.until(story.drained, "central has the first set")
    story.site.kill("central")
    assert everybody_comes(story) == online, "nobody at the gate notices"
    story.site.kill("edge")
    old = append_what_happened_long_ago(story)
    story.site.start_node()
    story.until(lambda: len(decided(story)) == 2 * len(online) + 1, "the node is up again, still without central")
    story.site.start_central_again()

    story.until(story.is_online, "the node finds central by itself")
    story.until(story.drained, "everything arrives")
    assert story.proof()["whole"]
    there = {datetime.fromisoformat(visit["decided_at"]): visit for visit in story.visits(LANE)}
    here = decided(story)
    assert len(there) == len(here) == 2 * len(online) + 1
    for made in here:
        visit = there[made.decision.at]
        assert (visit["outcome"], visit["reason"]) == (made.decision.outcome.value, made.decision.reason.value)
        assert visit["kind"] in (Kind.PASS.value, Kind.EXIT_BUTTON.value)
        assert visit["rules_version"] == made.decision.rules_version
        assert visit["late"] is (made.decision.at == old.decision.at), "late is what arrived long after it happened"
