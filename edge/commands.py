"""What a technician does at the node: make it known to central, set a lost journal aside, see dead letters."""

from pathlib import Path

from edge.folder import NodeError, NodeFolder
from edge.health.clock import Clock
from edge.journal.aside import set_aside
from edge.site import Site
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.enrol import Node, enrol, load_node
from edge.sync.letters import Held, Letter, Letters
from edge.sync.trust import trust
from edge.version import VERSION
from models.wire.commands import EnrolLane

TOKEN_MIN, TOKEN_MAX = 20, 200


def enrol_node(
    site: Site, url: str, data: Path, token: str, clock: Clock, *, held: NodeFolder | None = None
) -> Node:  # fmt: skip
    """Make the key pair here, show central the public half and the one-time token, keep what it answers.

    `clock` learns central's time by it. `held`: the folder `data`, where this process holds it already.
    """
    if not TOKEN_MIN <= len(token) <= TOKEN_MAX:
        raise NodeError(
            "注册码不完整，请从中心的“节点”页整段复制 / the token is cut off; copy the whole of it from central"
        )
    folder = held or NodeFolder(data)
    try:
        return enrol(
            data / "node.json", url, token, site.node.name, VERSION, told_lanes(site), folder.keys(), clock,
            verify=trust(site.ca),
        )  # fmt: skip
    finally:
        if held is None:
            folder.close()


def told_lanes(site: Site) -> list[EnrolLane]:
    """The lanes as central is told of them: a barrier says that vehicles pass there."""
    return [
        EnrolLane(
            code=one.code,
            name=one.name,
            direction=one.direction.value,
            vehicles=one.barrier is not None,
            from_zone=one.barrier.from_zone if one.barrier is not None else None,
            to_zone=one.barrier.to_zone if one.barrier is not None else None,
        )
        for one in site.lane
    ]


def may_set_aside(data: Path) -> None:
    """Raises NodeError, NotEnrolled, FolderInUse where `set_journal_aside` would, and changes nothing.

    A clock from before the enrolment is refused: the new numbers begin at the time of day, above all that were used.
    """
    node = load_node(data / "node.json")
    now = Clock().now()
    if now < node.enrolled_at:
        raise NodeError(
            f"本机时间 {now:%Y-%m-%d %H:%M} 早于登记时间，请先校准时钟。 / the clock says {now:%Y-%m-%d %H:%M}, "
            "which is before this node was enrolled; set it right first"
        )
    NodeFolder(data).close()


def set_journal_aside(data: Path) -> Path:
    """Let the node begin a new journal at its next start; where the old one lies now. Raises as `may_set_aside`."""
    may_set_aside(data)
    folder = NodeFolder(data)
    try:
        return set_aside(data / "journal.db", Clock().now())
    finally:
        folder.close()


def letters_of(data: Path) -> Held:
    """The events that central would not take, and those that cannot be sent."""
    load_node(data / "node.json")
    return Letters(data / "letters").held()


def retry_letters(site: Site, data: Path) -> list[tuple[Letter, str | None]]:
    """Send each letter once more, beside a running node or without one: why it was refused again, or None.

    Raises SyncError when central cannot be asked.
    """
    node = load_node(data / "node.json")
    letters, keys = Letters(data / "letters"), KeyRing.open(data / "keys")
    url = site.central.url if site.central else node.central_url
    client = CentralClient(url, node.node_id, keys, Clock(), verify=trust(site.ca))
    try:
        return [(letter, letters.resend(letter, client)) for letter in letters.all()]
    finally:
        client.close()
        keys.close()
