"""Two lanes through the whole node and the way out: what the one began, the other carries on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from devices.sim.door import Deed
from devices.sim.relay_board import Fault
from edge.bootstrap import RunningNode
from edge.egress import Egress
from edge.folder import NodeFolder
from edge.lane.inbox import Stop
from edge.lane.states import Phase
from models.values.time import utc_now
from scripts.rig import Rig

MakeRig = Callable[..., Rig]
Until = Callable[[Callable[[], object]], None]
OUTER, INNER = "outer", "inner"


class Two:
    """A node of two lanes that do not share an interlock, and the people at their doors."""

    def __init__(self, rig: Rig, until: Until):
        self.rig, self.until = rig, until
        self.data = rig.folder / "node"
        self.gates = {code: rig.world.lanes[code].gate for code in (OUTER, INNER)}

    @contextmanager
    def way_out(self) -> Iterator[Egress]:
        """The way out, serving both lanes, and ended by the test itself or behind it."""
        egress = Egress(self.rig.site, self.data)
        egress.start()
        try:
            self.until(lambda: all(egress._doors[code].board_ok for code in self.gates))
            yield egress
        finally:
            egress.end()

    @contextmanager
    def whole(self, after: Egress | None = None) -> Iterator[RunningNode]:
        """The whole node; `after` hands over to it as `edge/serve.py` has it."""
        folder = NodeFolder(self.data)
        node = RunningNode(self.rig.site, folder, self.rig.weights)
        assert node.store.apply(self.rig.authority.snapshot(self.rig.lanes.values()), utc_now()) is None
        if after is not None:
            node.take_over(after.end())
        node.start()
        gate = threading.Thread(target=node.gate.run)
        gate.start()
        try:
            yield node
        finally:
            node.inbox.put(Stop())
            gate.join()
            node.end()
            folder.close()

    def held(self, *codes: str) -> bool:
        return all(self.gates[code].board.output(1) for code in codes)

    def releases(self, code: str) -> int:
        return [edge.on for edge in self.gates[code].board.edges()].count(True)

    def press(self, code: str) -> None:
        """Press the exit button once, and wait until the pulse that answers it is over."""
        before = self.releases(code)
        self.gates[code].do(Deed.PRESS_EXIT)
        self.until(lambda: self.releases(code) == before + 1)
        self.until(lambda: not self.held(code))


@pytest.fixture
def two(make_rig: MakeRig, until: Until) -> Two:
    return Two(make_rig(codes=(OUTER, INNER)), until)


def phase(node: RunningNode, code: str) -> Phase:
    return node.gate.lane(code).door.phase


@pytest.mark.req("ACC-22", "ACC-23")
def test_exit_and_fire_are_answered_at_both_lanes_before_and_after_the_node_is_dead_and_when_it_is_back(
    two: Two,
) -> None:
    with two.whole() as node:
        two.until(lambda: phase(node, OUTER) is phase(node, INNER) is Phase.SECURED)
        two.press(OUTER)
    with two.way_out() as egress:  # the node is gone, and cannot start
        two.press(INNER)
        two.press(OUTER)
        two.gates[OUTER].do(Deed.FIRE)
        two.until(lambda: two.held(OUTER, INNER))
        edges = {code: len(gate.board.edges()) for code, gate in two.gates.items()}
        with two.whole(after=egress) as node:
            two.until(lambda: all(node.gate.lane(code).door.fire for code in two.gates))
            assert phase(node, OUTER) is phase(node, INNER) is Phase.FIRE
            two.gates[OUTER].do(Deed.FIRE_OVER)
            two.until(lambda: not any(node.gate.lane(code).door.fire for code in two.gates))
            assert two.held(OUTER, INNER), "a person ends it, at each door"
            assert edges == {code: len(gate.board.edges()) for code, gate in two.gates.items()}, "no door moved"


@pytest.mark.req("ACC-22")
def test_a_short_fire_that_a_blocked_board_has_not_heard_of_is_handed_over_with_the_doors(two: Two) -> None:
    """It burned at one lane and is over; the other lane's board is silent all the while, and until the node serves."""
    with two.way_out() as egress:
        two.gates[INNER].board.fault(Fault.SILENT)
        two.gates[OUTER].do(Deed.FIRE)
        two.until(lambda: two.held(OUTER) and egress._doors[OUTER].fire)
        two.gates[OUTER].do(Deed.FIRE_OVER)
        two.until(lambda: not egress._doors[OUTER].fire)
        assert egress.end().held == {OUTER, INNER}
        with two.whole(after=egress) as node:
            two.gates[INNER].board.fault()
            two.until(lambda: two.held(OUTER, INNER))
            two.until(lambda: node.gate.lane(INNER).door.board_ok)
            assert phase(node, INNER) is Phase.FIRE


@pytest.mark.req("ACC-22")
def test_a_board_that_fell_silent_in_a_fire_goes_on_burning_through_the_hand_over(two: Two) -> None:
    """Until its own contact is read again nobody knows whether it still burns, and no person ends it anywhere."""
    with two.way_out() as egress:
        two.gates[OUTER].do(Deed.FIRE)
        two.until(lambda: two.held(OUTER, INNER) and egress._doors[OUTER].fire)
        two.gates[OUTER].board.fault(Fault.SILENT)
        two.gates[OUTER].do(Deed.FIRE_OVER)
        with two.whole(after=egress) as node:
            two.until(lambda: node.gate.lane(INNER).door.board_ok)
            assert node.gate.lane(INNER).door.fire
            two.gates[OUTER].board.fault()
            two.until(lambda: node.gate.lane(OUTER).door.board_ok and not node.gate.lane(INNER).door.fire)
            assert two.held(OUTER, INNER)
