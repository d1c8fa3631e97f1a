"""What a technician does at the node: make it known to central, make a face template, destroy one."""

from pathlib import Path
from uuid import UUID

from edge.folder import NodeError, NodeFolder
from edge.health.clock import Clock
from edge.site import Site
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.sync.enrol import Node, enrol
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
            "令牌不完整，请从中心的“节点”页整段复制 / the token is cut off; copy the whole of it from central"
        )
    folder = NodeFolder(data)
    try:
        lanes = [EnrolLane(code=lane.code, name=lane.name, direction=lane.direction.value) for lane in site.lane]
        return enrol(data / "node.json", url, token, site.node.name, VERSION, lanes, folder.keys(), Clock())
    finally:
        folder.close()


def enrol_face(data: Path, weights: Path, cardholder: UUID, photos: list[Path]) -> str | None:
    """Make and keep a template; None, or in words why none was made. The photos are read, and not kept.

    Works beside a running node: templates have their own file, which the node follows.
    """
    _refuse_unknown_folder(data)
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


def _refuse_unknown_folder(data: Path) -> None:
    if not (data / "node.json").exists():
        raise NodeError(f"{data} holds no enrolled node; enrol it first, or name its folder with --data")
