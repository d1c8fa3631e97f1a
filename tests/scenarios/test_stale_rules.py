"""A gate without a link for longer than its rules last: what the community chose for that case is what happens.

The one refusal that `scripts/run --check` cannot play: three days do not pass in two minutes. Here they are put behind
a stopped node, which is given the very rules that central would have signed for it back then.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta

import pytest

from central.gates.nodes.rules import SNAPSHOT_LIFE
from devices.sim.door import Deed
from edge.store.keys import KeyRing
from edge.store.store import Store
from edge.sync.enrol import load_node
from models.access.decision import Reason
from models.values.time import utc_now
from models.wire.events import DecisionMade
from models.wire.signed import Signed
from scripts.setup import ROOT
from tests.scenarios.story import Story

LANE = "east-in"
WITHOUT_LINK = SNAPSHOT_LIFE + timedelta(hours=1)


def decided(story: Story) -> list[DecisionMade]:
    return [body for _, body in story.in_node() if isinstance(body, DecisionMade)]


def listens(story: Story) -> None:
    """Somebody waves paper at the scanner until the node that starts hears of it."""
    before, gate = len(decided(story)), story.site.world.lanes[LANE].gate
    for number in range(60):
        gate.present(f"NOT-A-PASS-{number}")
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            if len(decided(story)) > before:
                return
            time.sleep(0.05)
    raise AssertionError("the node hears of no scan")


def scans(story: Story, name: str) -> str:
    """Somebody holds this pass up; what was decided."""
    before = len(decided(story))
    story.site.world.lanes[LANE].gate.present(story.site.seeded["passes"][name]["token"])
    story.until(lambda: len(decided(story)) > before, name)
    decision = decided(story)[before].decision
    return f"{decision.outcome.value} {decision.reason.value}"


def leaves(story: Story) -> str:
    """Somebody presses the button from inside, and goes out."""
    before, gate = len(decided(story)), story.site.world.lanes[LANE].gate
    gate.do(Deed.PRESS_EXIT)
    story.until(lambda: len(decided(story)) > before, "the exit button")
    story.until(lambda: gate.door.passages > 0, "somebody went out")
    decision = decided(story)[before].decision
    return f"{decision.outcome.value} {decision.reason.value}"


def let_hours_pass(story: Story) -> None:
    """Both stopped: the node has the rules that central would have signed for it then, and nothing since."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.scenarios.rules_of_before", str(story.site.folder / "central"),
         story.site.seeded["tenant"], str(story.node_id), str(WITHOUT_LINK / timedelta(hours=1))],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    rules = Signed.model_validate_json(done.stdout.splitlines()[-1])
    node, keys = load_node(story.node / "node.json"), KeyRing.open(story.node / "keys")
    store = Store.open(story.node / "store.db", node.node_id, bytes.fromhex(node.central_key), keys)
    try:
        assert store.apply(rules, utc_now()) is not None, "rules that have ended are not taken any more"
        assert store.apply(rules, utc_now() - WITHOUT_LINK) is None, "they were good when they came"
    finally:
        store.close()
        keys.close()


def rules_version(story: Story) -> int:
    return min(lane["rules_version"] or 0 for lane in story.lanes_now())


def choose(story: Story, refer_when_stale: bool) -> None:
    """The community's choice, and until the node has it."""
    community = story.site.seeded["community"]
    told = story.person.post(f"/api/v1/gate-settings/{community}", {"refer_when_stale": refer_when_stale})
    story.until(lambda: rules_version(story) >= told["snapshot_version"], "the node has the choice")


@pytest.mark.req("SYNC-04", "ACC-04")
@pytest.mark.timeout(400)
def test_rules_that_ended_refer_everybody_to_the_guard_where_that_was_chosen_and_nobody_is_kept_in(
    story: Story,
) -> None:
    choose(story, True)
    assert scans(story, "expired") == "deny expired", "rules that are young say what is wrong with a pass"
    story.site.kill("edge")
    story.site.kill("central")
    let_hours_pass(story)
    moved = len(story.site.world.lanes[LANE].unlocked_since(0))
    before = len(decided(story))
    story.site.start_node()
    listens(story)
    assert scans(story, "visitor") == "refer stale_rules"
    assert scans(story, "expired") == "refer stale_rules", "no rule is asked that may have changed since"
    assert len(story.site.world.lanes[LANE].unlocked_since(0)) == moved, "nothing moved for them"
    assert leaves(story) == "grant ok", "the way out asks for no rules"
    referred = [one.decision for one in decided(story)[before:] if one.decision.reason is Reason.STALE_RULES]
    assert all((one.rules_age_s or 0) > SNAPSHOT_LIFE.total_seconds() for one in referred), (
        "and the record says how old"
    )

    story.site.start_central_again()
    story.until(story.is_online, "the node finds central by itself")
    choose(story, False)
    story.until(lambda: story.site.world.lanes[LANE].gate.door.shut, "the door is shut again")
    assert scans(story, "visitor") == "grant ok", "new rules are young again"
    story.until(story.drained, "central hears of everybody who was referred")
    told = [(visit["outcome"], visit["reason"]) for visit in story.visits(LANE)]
    assert told.count(("refer", "stale_rules")) == len(referred)
