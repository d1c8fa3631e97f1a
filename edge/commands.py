"""What a technician does at the node: make it known, make or destroy a face template, set a lost journal aside."""

from pathlib import Path
from uuid import UUID

from edge.folder import NodeError, NodeFolder
from edge.health.clock import Clock
from edge.journal.aside import set_aside
from edge.site import Site
from edge.store.keys import KeyRing
from edge.store.store import view_on_disk
from edge.store.templates import Templates
from edge.sync.client import CentralClient
from edge.sync.enrol import Node, enrol, load_node
from edge.sync.letters import Held, Letter, Letters
from edge.verify.face.enrol import EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.words import said
from edge.version import VERSION
from models.wire.commands import EnrolLane

TOKEN_MIN, TOKEN_MAX = 20, 200
PHOTO_BYTES_MAX = 20_000_000


def enrol_node(site: Site, url: str, data: Path, token: str) -> Node:
    """Make the key pair here, show central the public half and the one-time token, keep what it answers."""
    if not TOKEN_MIN <= len(token) <= TOKEN_MAX:
        raise NodeError(
            "注册码不完整，请从中心的“节点”页整段复制 / the token is cut off; copy the whole of it from central"
        )
    folder = NodeFolder(data)
    try:
        lanes = [EnrolLane(code=lane.code, name=lane.name, direction=lane.direction.value) for lane in site.lane]
        return enrol(data / "node.json", url, token, site.node.name, VERSION, lanes, folder.keys(), Clock())
    finally:
        folder.close()


def knows_cardholder(data: Path, cardholder: UUID) -> bool | None:
    """Whether the rules on this node know this person; None when there are no rules to ask. Also beside a running node.

    Raises NodeError, and what reading the node's own files may raise.
    """
    _refuse_unknown_folder(data)
    node, keys = load_node(data / "node.json"), KeyRing.open(data / "keys")
    try:
        view = view_on_disk(data / "store.db", node.node_id, bytes.fromhex(node.central_key), keys)
    finally:
        keys.close()
    return None if view.version == 0 else view.cardholder(cardholder) is not None


def enrol_face(data: Path, weights: Path, cardholder: UUID, photos: list[Path]) -> str | None:
    """Make and keep a template; None, or in words why none was made. The photos are read, and not kept.

    Works beside a running node: templates have their own file, which the node follows.
    """
    if knows_cardholder(data, cardholder) is False:
        return (
            f"本节点的规则中没有持卡人 {cardholder}，请在中心核对编号 / the rules of this node know no cardholder "
            f"{cardholder}; check the id at central"
        )
    contents = []
    for photo in photos:
        try:
            if photo.stat().st_size > PHOTO_BYTES_MAX:
                return f"{photo} is larger than {PHOTO_BYTES_MAX // 1_000_000} MB; a photo from a phone is enough"
            contents.append(photo.read_bytes())
        except OSError as error:
            return f"{photo} cannot be read: {error.strerror}"
    made = make_template(contents, FaceReader.open(weights))
    if isinstance(made, EnrolmentRefused):
        return " ".join(f"{said(one, 'zh_CN')} / {said(one, 'en')}" for one in made.complaints)
    templates = Templates.open(data / "templates.db", KeyRing.open(data / "keys"))
    try:
        templates.put(cardholder, made.to_bytes(), made.model)
    finally:
        templates.close()
    return None


def forget_person(data: Path, cardholder: UUID) -> bool:
    """Destroy the person's template and key on this node; whether there was anything."""
    _refuse_unknown_folder(data)
    keys = KeyRing.open(data / "keys")
    templates = Templates.open(data / "templates.db", keys)
    try:
        had_template = templates.erase(cardholder)
        return keys.erase(cardholder) or had_template
    finally:
        templates.close()
        keys.close()


def set_journal_aside(data: Path) -> Path:
    """Let the node begin a new journal at its next start; where the old one lies now. Raises NodeError, NotEnrolled.

    A clock from before the enrolment is refused: the new numbers begin at the time of day, above all that were used.
    """
    node = load_node(data / "node.json")
    now = Clock().now()
    if now < node.enrolled_at:
        raise NodeError(
            f"本机时间 {now:%Y-%m-%d %H:%M} 早于登记时间，请先校准时钟。 / the clock says {now:%Y-%m-%d %H:%M}, "
            "which is before this node was enrolled; set it right first"
        )
    folder = NodeFolder(data)
    try:
        return set_aside(data / "journal.db", now)
    finally:
        folder.close()


def letters_of(data: Path) -> Held:
    """The events that central would not take, and those that cannot be sent."""
    _refuse_unknown_folder(data)
    return Letters(data / "letters").held()


def retry_letters(site: Site, data: Path) -> list[tuple[Letter, str | None]]:
    """Send each letter once more, beside a running node or without one: why it was refused again, or None.

    Raises SyncError when central cannot be asked.
    """
    node = load_node(data / "node.json")
    letters, keys = Letters(data / "letters"), KeyRing.open(data / "keys")
    client = CentralClient(site.central.url if site.central else node.central_url, node.node_id, keys, Clock())
    try:
        return [(letter, letters.resend(letter, client)) for letter in letters.all()]
    finally:
        client.close()
        keys.close()


def _refuse_unknown_folder(data: Path) -> None:
    if not (data / "node.json").exists():
        raise NodeError(f"{data} holds no enrolled node; enrol it first, or name its folder with --data")
