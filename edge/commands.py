"""What a technician does at the node: make it known to central."""

from pathlib import Path

from edge.bootstrap import NodeError, NodeFolder
from edge.health.clock import Clock
from edge.site import Site
from edge.sync.enrol import Node, enrol
from edge.version import VERSION
from models.wire.commands import EnrolLane

TOKEN_MIN, TOKEN_MAX = 20, 200


def enrol_node(site: Site, url: str, data: Path, token: str) -> Node:
    """Make the key pair here, show central the public half and the one-time token, keep what it answers."""
    if not TOKEN_MIN <= len(token) <= TOKEN_MAX:
        raise NodeError(
            "令牌不完整，请从中心的“节点”页整段复制 / the token is cut off; copy the whole of it from central"
        )
    folder = NodeFolder(data)
    try:
        lanes = [EnrolLane(code=lane.code, name=lane.name, direction=lane.direction.value) for lane in site.lane]
        return enrol(data / "node.json", url, token, site.node.name, VERSION, lanes, folder.keys(), Clock())
    finally:
        folder.close()
