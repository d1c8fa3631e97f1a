"""Power cuts: edge and central are killed in turn, again and again, while people come and go.

Quick form: 3 kills of each. Full form: `scripts/chaos --full`, 20 of each. MENTING_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter

import pytest

from devices.door.profiles import LOCK_OUTPUT
from devices.sim.door import Deed
from models.access.decision import Outcome
from models.wire.events import DecisionMade, NodeNews, Passage
from tests.scenarios.story import Story

KILLS = 20 if os.environ.get("MENTING_FULL") == "1" else 3
SEED = int(os.environ.get("MENTING_SEED", "20261123"))
LANE = "east-out"


class Arrivals(threading.Thread):
    """People at the way out, until stopped: a visitor and an exit button among passes that are refused."""

    def __init__(self, story: Story, chance: random.Random):
        super().__init__(name="arrivals", daemon=True)
        self._gate = story.site.world.lanes[LANE].gate
        self._tokens = {name: one["token"] for name, one in story.site.seeded["passes"].items()}
        self._chance, self._over = chance, threading.Event()
        self.came = 0

    def run(self) -> None:
        names = [
            "visitor", "expired", "forged", "revoked", "not_yet", "unknown_key", "exit", "wrong_gate", "blocked",
            "resident", "wrong_time", "expired",
        ]  # fmt: skip
        while not self._over.wait(self._chance.uniform(0.2, 0.9)):
            name = names[self.came % len(names)]
            self.came += 1
            if name == "exit":
                self._gate.do(Deed.PRESS_EXIT)
                continue
            if self._chance.random() < 0.8:
                self._gate.do(Deed.PULL)
            self._gate.present(self._tokens[name])

    def stop(self) -> None:
        self._over.set()
        self.join()


@pytest.mark.req("SYNC-06", "SYNC-07", "SYNC-08", "ACC-23")
@pytest.mark.timeout(180 + 60 * KILLS)
def test_killing_node_and_central_in_turn_loses_nothing_doubles_nothing_and_opens_nothing(story: Story) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills of each")
    site = story.site
    arrivals = Arrivals(story, random.Random(SEED + 1))
    arrivals.start()
    moment = threading.Event()  # never set: the seeded moments of the power cuts are what this test is about
    try:
        for number in range(2 * KILLS):
            part = ("edge", "central")[number % 2]
            moment.wait(chance.uniform(0.5, 4.0))
            site.kill(part)
            moment.wait(chance.uniform(0.0, 1.5))
            if part == "edge":
                site.start_node()
            else:
                site.start_central_again()
            print(f"kill {number + 1} of {2 * KILLS}: {part}; {arrivals.came} arrivals so far", flush=True)
        before = len(story.in_node())
        story.until(lambda: len(story.in_node()) > before + 5, "people are decided on after the last kill")
    finally:
        arrivals.stop()
    gate = site.world.lanes[LANE].gate
    story.until(lambda: gate.door.shut and not gate.board.output(LOCK_OUTPUT), "the door comes to rest")
    story.until(story.is_online, "the node is seen by central again")
    story.until(story.drained, "central has everything")
    proof = story.proof()
    assert proof["whole"] and not proof["missing"] and not proof["breaks"]
    assert proof["parked_open"] == 0 and not proof["given_up"] and proof["broken_since"] is None
    visits = story.visits(LANE)
    site.kill("edge")
    in_node = story.node_events()
    site.close()
    in_central = story.central_events()

    assert [one.seq for one in in_node] == list(range(1, len(in_node) + 1)), "without a gap, from the first"
    assert in_central == in_node[: len(in_central)], "event by event, hash by hash"
    assert len(in_central) >= proof["upto_seq"] and len(in_node) - len(in_central) <= 1, "all that it was asked about"
    assert len({one.event_id for one in in_node}) == len(in_node)

    bodies = [(one, one.parsed) for one in in_node]
    made = [(one.correlation, body.decision) for one, body in bodies if isinstance(body, DecisionMade)]
    decided = Counter(correlation for correlation, decision in made if decision.lane_id == story.lane_id(LANE))
    assert set(decided.values()) == {1} and len(visits) == len(decided), "one decision, one visit"
    granted = [correlation for correlation, decision in made if decision.outcome is Outcome.GRANT]
    opened = [edge for edge in gate.board.edges() if edge.on and edge.channel == LOCK_OUTPUT]
    assert 0 < len(opened) <= len(granted), "no door opened more often than grants say"
    ended = Counter(one.correlation for one, body in bodies if isinstance(body, Passage))
    assert set(ended.values()) <= {1} and set(ended) <= set(granted), "a grant ends once, if it ends"
    starts = [body for _, body in bodies if isinstance(body, NodeNews) and body.what == "started"]
    assert 1 < len(starts) <= KILLS + 1
    print(f"{arrivals.came} arrivals, {len(made)} decisions, {len(granted)} grants, {len(opened)} openings, "
          f"{len(in_node)} events in both journals")  # fmt: skip
