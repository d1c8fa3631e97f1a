"""A lift's buttons in the site file against the floors that central names: who lives where no button leads is told."""

from pathlib import Path

from edge.site import LaneSite, Site
from edge.store.keys import KeyRing
from edge.store.store import view_on_disk
from edge.sync.enrol import Node, load_node
from models.access.lifts import buttons_word, in_order
from models.wire.snapshot import Snapshot


def lifts_of(site: Site, node: Node) -> list[tuple[int, LaneSite, str]]:
    """Each lift that central knows: its place among the lanes of the file, and its id as text."""
    ids = {lane.code: str(lane.lane_id) for lane in node.lanes}
    return [
        (place, lane, ids[lane.code]) for place, lane in enumerate(site.lane) if lane.lift and lane.code in ids
    ]  # fmt: skip


def buttons_told(site: Site, node: Node) -> dict[str, str]:
    """What central is told of the lifts when the node starts, for the page that says the floors."""
    return {
        buttons_word(lane.lane_id): " ".join(in_order(one.lift.floors))
        for one in site.lane for lane in node.lanes if one.lift is not None and lane.code == one.code
    }  # fmt: skip


def floors_without_button(site: Site, node: Node, rules: Snapshot) -> dict[int, tuple[str, ...]]:
    """Place of a lift among the lanes of the file -> the floors that central names for it and that it has no button
    for."""
    found: dict[int, tuple[str, ...]] = {}
    for place, lane, lane_id in lifts_of(site, node):
        assert lane.lift is not None
        named = {floor for one in rules.floors if lane_id in map(str, one.lanes) for floor in one.floors}
        if lack := named - set(lane.lift.floors):
            found[place] = in_order(lack)
    return found


def on_this_disk(site: Site, data: Path) -> dict[int, tuple[str, ...]]:
    """The same by the rules that this node has, also while it runs. Raises what reading its folder raises."""
    node = load_node(data / "node.json")
    keys = KeyRing.open(data / "keys")
    try:
        rules = view_on_disk(data / "store.db", node.node_id, bytes.fromhex(node.central_key), keys).snapshot
    finally:
        keys.close()
    return {} if rules is None else floors_without_button(site, node, rules)
