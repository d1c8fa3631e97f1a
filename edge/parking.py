"""The car park of a node's vehicle lanes put together: what central told of it, kept here, and what the lanes ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge.folder import NodeFolder
from edge.journal.journal import Journal
from edge.lane.vehicle.stays import Stays
from edge.site import Site
from edge.store.keys import KeyRing
from edge.store.stays import ToldStays
from edge.store.store import Store
from edge.sync.downlink import Downlink
from edge.sync.enrol import Node

FIRST_POLL_S = 5.0
"""So long central's first word is waited for, before a car may leave owing because nobody can be asked."""
STAYS_ANEW = (
    "车辆记录已损坏并移开，中心会重新下发；看过后请取走并重启节点。 / the record of who is inside was damaged and "
    "moved aside, and central tells it anew: look at it, then take it away and restart the node"
)
Opening = Callable[[Path], ToldStays]


class Parking:
    """A node without vehicle lanes has neither `told` nor `stays`: it asks for no car park. `downlink` is set once
    there is one. A node that has just started is not alone before its first poll has failed, or took too long: what
    was paid while it was away it is about to hear."""

    def __init__(self, mono: Callable[[], float] = time.monotonic) -> None:
        self._mono, self._began = mono, mono()
        self.told: ToldStays | None = None
        self.stays: Stays | None = None
        self.downlink: Downlink | None = None

    def alone(self) -> bool:
        status = self.downlink.status() if self.downlink is not None else None
        if status is not None and status.online_since is not None:
            return False
        undecided = status is None or (status.last_error is None and status.last_success is None)
        return not undecided or self._mono() - self._began > FIRST_POLL_S

    def close(self) -> None:
        if self.told is not None:
            self.told.close()


def parking_of(
    site: Site, node: Node, folder: NodeFolder, keys: KeyRing, journal: Journal, store: Store,
    open_or_aside: Callable[[Path, Opening, str], ToldStays],
) -> Parking:  # fmt: skip
    """Raises what opening a database raises."""
    parking = Parking()
    codes = {lane.code for lane in site.lane if lane.barrier is not None}
    if codes:
        key = bytes.fromhex(node.central_key)
        opening = partial(ToldStays.open, node_id=node.node_id, central_key=key, keys=keys)
        parking.told = open_or_aside(folder.path / "stays.db", opening, STAYS_ANEW)
        lanes = {lane.lane_id for lane in node.lanes if lane.code in codes}
        parking.stays = Stays(journal, parking.told.told, store.view, parking.alone, lanes)
    return parking
