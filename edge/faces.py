"""What a technician does with faces at the node: make a template of somebody who agreed, destroy what there is.

Both work beside a running node: templates have their own file, which the node follows, and what central must hear waits
in that file until the journal has it.
"""

import errno
import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from devices.named_file import read_named
from edge.enrolment.anew import is_another_face, looks_like_somebody_else
from edge.folder import NodeError
from edge.health.clock import Clock
from edge.journal.about import decided_about
from edge.journal.errors import JournalError
from edge.journal.journal import Journal
from edge.journal.pictures import Pictures
from edge.journal.receipts import FaceReceipts
from edge.store.erasing import Left
from edge.store.keys import KeyRing
from edge.store.store import view_in, view_on_disk
from edge.store.templates import ErasureOrdered, Templates, named
from edge.store.view import RulesView
from edge.sync.client import CentralClient
from edge.sync.enrol import Node, load_node
from edge.sync.trust import trust
from edge.verify.face.backend import SFACE
from edge.verify.face.enrol import Complaint, EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import BYTES_MAX
from edge.verify.words import said
from models.wire.events import HeldPicture, TemplateErased, TemplateStored

NO_RULES = (
    "尚未从中心取得规则，无法确认本人是否同意。请检查与中心的连接后重试。 / there are no rules of central here yet, so "
    "nobody can tell whether the person agreed; look after the link to central and try again"
)
UNKNOWN_HOLDER = (
    "本节点的规则中没有持卡人 {0}，请在中心核对编号 / the rules of this node know no cardholder {0}; check the id at "
    "central"
)
NO_CONSENT = (
    "此人没有同意在此处使用人脸。请先在服务台记录本人的同意；通行码等方式照常可用。 / this person has not agreed to be "
    "known by face here; record the consent at the desk first. A pass and the other ways work as before"
)
NOT_THE_MAKER = (
    "本节点不是这个小区的人脸登记机：在这里登记的人脸，中心和其他门口都不认。请在中心的“节点”页看人脸登记机是哪一个，到那台机器上"
    "登记。没有登记。 / this is not the site's enrolment node: neither central nor the other gates would count a face "
    "enrolled here. See on central's page Nodes which one it is, and enrol there. Nothing was enrolled"
)
LOOKS_ALIKE = (
    "这张脸与本节点上另一个人的太像：是双胞胎，或同一张脸用在了两人名下。没有登记；请用通行码、门卡或密码。 / "
    "this face is too much like another person's at this node: a twin, or one face for two. Nothing was enrolled; "
    "use a pass, a card or a PIN"
)
ANOTHER_FACE = (
    "此人在本节点登记的是另一张脸，没有替换。核对是不是本人；要换，先执行 edge forget --cardholder {0}，再登记。 / "
    "this person is known here by another face, which was not replaced. Make sure who it is; to change it, run "
    "edge forget --cardholder {0} first"
)

log = logging.getLogger(__name__)


def enrol_face(
    data: Path,
    weights: Path,
    cardholder: UUID,
    photos: list[Path],
    url: str | None = None,
    backend: str = SFACE,
    ca: Path | None = None,
) -> str | None:
    """Make and keep a template; None, or in words why none was made. The photos are read, and not kept.

    Only of somebody who agreed to it here, by central's rules; without that nothing is read or written (PRIV-01).
    `url`: of central, when the site file names another than at enrolment. `ca`: whom it is known by.
    """
    node = _known_node(data)
    keys = KeyRing.open(data / "keys")
    try:
        clock = Clock()
        rules = _rules(data, node, keys, url, ca, clock)
        refused = _why_not(rules, node, cardholder, clock.central_now())
        if refused is not None:
            return refused
        return _keep_face(data, FaceReader.open(weights, backend), keys, cardholder, photos, rules.issued_at)
    finally:
        keys.close()


def _keep_face(
    data: Path, reader: FaceReader, keys: KeyRing, cardholder: UUID, photos: list[Path], told_at: datetime | None
) -> str | None:
    """`told_at`: when central told that the person agrees; who was erased since is not kept."""
    contents = photos_in(photos)
    if isinstance(contents, str):
        return contents
    made = make_template(contents, reader)
    if isinstance(made, EnrolmentRefused):
        return "\n".join(_of_file(one, photos) for one in made.complaints)
    told = TemplateStored(cardholder_id=cardholder, model=made.model[:120], photos=made.photos)
    templates = Templates.open(data / "templates.db", keys)
    try:
        if looks_like_somebody_else(templates, cardholder, made):
            return LOOKS_ALIKE
        if is_another_face(templates, cardholder, made):
            return ANOTHER_FACE.format(cardholder)
        templates.put(cardholder, made.to_bytes(), made.model, told=told, since=told_at)
        _tell(data, templates, keys)
    except ErasureOrdered:
        return NO_CONSENT
    finally:
        templates.close()
    return None


def _of_file(complaint: Complaint, photos: list[Path]) -> str:
    """What is wrong, in both languages, by the name of the file that it is about."""
    words = f"{said(replace(complaint, photo=None), 'zh_CN')} / {said(replace(complaint, photo=None), 'en')}"
    return words if complaint.photo is None else f"{photos[complaint.photo - 1]}: {words}"


def photos_in(photos: list[Path]) -> list[bytes] | str:
    """What is in these files; or in words which of them cannot be taken, and why."""
    contents = []
    for photo in photos:
        try:
            contents.append(read_named(photo, BYTES_MAX))
        except OSError as error:
            if error.errno == errno.EFBIG:
                most = BYTES_MAX // 1_000_000
                return (
                    f"{photo} 超过 {most} MB，手机拍的照片就够了。 / {photo} is larger than {most} MB; a photo from a "
                    "phone is enough"
                )
            return _unread(photo, error)
    return contents


def _unread(photo: Path, error: OSError) -> str:
    """Which file, and what to do about it."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        whole = photo.absolute()
        return (
            f"没有 {whole} 这个文件，请核对路径和文件名，再执行一次。 / there is no file {whole}; check its name and "
            "folder, and run this again"
        )
    if error.errno == errno.EACCES:
        return (
            f"{photo} 本账户无权读取，请改权限，或换一个读得了的账户。 / this account may not read {photo}; change its "
            "permissions, or use an account that may"
        )
    return (
        f"{photo} 不是普通文件，或读不出来（{error.strerror}）：请另给一张 JPEG 或 PNG 照片。 / "
        f"{photo} cannot be read: {error.strerror}; give another photo, as a JPEG or PNG file"
    )


def _rules(data: Path, node: Node, keys: KeyRing, url: str | None, ca: Path | None, clock: Clock) -> RulesView:
    """A node that has no rules yet asks central itself, once: who enrols a node enrols faces next."""
    central_key = bytes.fromhex(node.central_key)
    rules = view_on_disk(data / "store.db", node.node_id, central_key, keys)
    if rules.version:
        return rules
    client = CentralClient(url or node.central_url, node.node_id, keys, clock, verify=trust(ca))
    try:
        told = client.wait_for_downlink(0, 0).snapshot
    finally:
        client.close()
    return view_in(told, node.node_id, central_key, clock.central_now()) if told is not None else rules


def _why_not(rules: RulesView, node: Node, cardholder: UUID, now: datetime) -> str | None:
    """Why this face may not be enrolled here, in words: central counts what the enrolment node makes alone. None when
    it may."""
    holder = rules.cardholder(cardholder)
    if rules.version == 0:
        return NO_RULES
    if holder is None:
        return UNKNOWN_HOLDER.format(cardholder)
    if not holder.may_be_compared(now):
        return NO_CONSENT
    return None if rules.maker in (None, node.node_id) else NOT_THE_MAKER


class Forgotten(NamedTuple):
    """Whether there was anything of the person that is destroyed now, and the event pictures that an alarm holds."""

    destroyed: bool
    held: tuple[HeldPicture, ...]


def forget_person(data: Path, cardholder: UUID) -> Forgotten:
    """Destroy the person's template, kept photos, keys and event pictures on this node.

    Central hears of it: at once when the node does not run, within seconds through the node when it does.
    """
    _known_node(data)
    keys = KeyRing.open(data / "keys")
    templates = Templates.open(data / "templates.db", keys)
    try:
        places = []
        pictures = _erase_pictures(data, keys, cardholder)
        if pictures.destroyed:
            places.append("pictures")
        if keys.erase(cardholder) | templates.photos.erase_keys([cardholder]):
            places.insert(0, "key")
        photos = cardholder in templates.photos.holders()

        def told(had: bool) -> TemplateErased | None:
            gone = named(had, photos, places)
            if not gone and not pictures.held:
                return None
            return TemplateErased(cardholder_id=cardholder, had_template=had, places=gone, held=pictures.held)

        had_template = templates.erase(cardholder, told=told)
        _tell(data, templates, keys)
        return Forgotten(bool(named(had_template, photos, places)), pictures.held)
    finally:
        templates.close()
        keys.close()


def _erase_pictures(data: Path, keys: KeyRing, cardholder: UUID) -> Left:
    """Beside the running node, which has them in its hands: it notices that one is gone, and marks by itself what an
    alarm holds."""
    if not (data / "pictures").is_dir():
        return Left(0, ())
    decided = replace(decided_about(data / "journal.db", [cardholder]), alarms=[])
    return Pictures.beside(data / "pictures", keys).erase_people([cardholder], decided, Clock().now())[cardholder]


def _tell(data: Path, templates: Templates, keys: KeyRing) -> None:
    """Write what is owed into the journal when no node runs; a running one does it itself, a broken one later."""
    path = data / "journal.db"
    if not path.exists():
        return
    try:
        journal = Journal.open(path, _known_node(data).node_id, keys)
    except JournalError:
        return
    try:
        FaceReceipts(templates, journal, path).bring()
    except JournalError as error:
        log.warning("central hears of it when the node runs: %s", error)
    finally:
        journal.close()


def _known_node(data: Path) -> Node:
    if not (data / "node.json").exists():
        raise NodeError(
            f"{data} 里没有已登记的节点：请先登记，或用 --data 指出它的文件夹。 / {data} holds no enrolled node; enrol "
            "it first, or name its folder with --data"
        )
    return load_node(data / "node.json")
