"""How a face gets from a phone to the gates without central ever seeing it.

    phone --SealedPhoto--> central --EnrolmentJob--> the site's enrolment node --makes the template-->
          --SealedTemplate, one for each other node--> central --> that node

Central carries ciphertext in both directions. A photo is sealed to a key of the enrolment node (P-256, because every
phone's browser has it), a template to an X25519 key of the node that shall have it. Both come from one secret of the
node's, which is another each hour and destroyed soon after: what central's disks keep of the mail opens no more. The
second is handed on by central to the other nodes, and signed, so that it can hand on no key of its own.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from models.values.frozen import WireValue
from models.values.text import Printable
from models.values.time import Instant
from models.wire.envelope import B64
from models.wire.receiving import ReceivingKey

PHOTOS_MIN, PHOTOS_MAX = 1, 5
SEALED_PHOTO_MAX = 2_000_000
"""Bytes of one sealed photo: a phone's page sends JPEGs of 1280 pixels, some 300 kB."""
POINT_BYTES = 65
EARLIER_MAX = 50_000
"""Cardholders in one answer: more than a node's gallery is measured with."""
NOT_ANEW_MAX = 5_000
"""Reasons in one answer. Whoever is beyond is asked for new photos as well, without one."""

PIECE = r"^[0-9a-f]{64}$"

FaceProblem = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
"""What was wrong with a photo, in the words of the node's closed lists (too_dark, several_faces, different_people)."""


class EnrolmentKey(WireValue):
    """Where photos are sealed to: an uncompressed P-256 point in hex. `key_id`: 16 hex digits of its SHA-256."""

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    point: str = Field(pattern=r"^04[0-9a-f]{128}$")


class OfferedKeys(EnrolmentKey):
    """What a node tells central each hour. `receiving`: where the other nodes seal templates to; a node of before told
    none, and is sent none."""

    receiving: ReceivingKey | None = None


class SealedPhoto(WireValue):
    """One photo that only the node with `key_id` can open.

    AES-256-GCM under HKDF-SHA256(ECDH(ephemeral, node), salt = ephemeral | node, info = "menting-photo-1"), with
    `photo_aad` as its additional data: moved to another enrolment, person or place, it does not open.
    """

    v: Literal[1] = 1
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    ephemeral: B64 = Field(min_length=POINT_BYTES, max_length=POINT_BYTES)
    nonce: B64 = Field(min_length=12, max_length=12)
    sealed: B64 = Field(min_length=17, max_length=SEALED_PHOTO_MAX)


PHOTO_FOR_ENROLMENT, PHOTO_FOR_WATCHING = "menting-photo-2", "menting-watch-photo-1"
"""What a photo was sealed for. What somebody gave with consent does not open as a face of the watch group.

Enrolment's was "menting-photo-1" while it named no cardholder: whoever wrote central's database could give the photos
to another one. A node opens no such photo any more, and one of before none of these: the person is asked to reload the
page, and until both are of one version enrols nobody."""


def photo_aad(
    enrolment_id: UUID, number: int, key_id: str, purpose: str = PHOTO_FOR_ENROLMENT, cardholder_id: UUID | None = None
) -> bytes:
    """What binds a photo to its place: its purpose, the enrolment and whose it is, its number from 1, and the key.
    An entry of the watch group is nobody's but its own: there is no cardholder."""
    subject = str(enrolment_id) if cardholder_id is None else f"{enrolment_id} {cardholder_id}"
    return f"{purpose} {subject} {number} {key_id}".encode()


def sent_as(photos: Sequence[SealedPhoto]) -> str:
    """Hex of a SHA-256 over those of the photos, in their order."""
    return hashlib.sha256(b"".join(hashlib.sha256(one.sealed).digest() for one in photos)).hexdigest()


class EnrolmentJob(WireValue):
    """Photos that wait for the enrolment node. `cardholder_id` has agreed; the node asks its own rules again.

    `guided`: three were asked for, straight ahead and to either side, and the node answers for each that is not so.
    `keep_photos`: the person chose that they stay sealed at the node; the node asks its own rules for that, too.
    """

    enrolment_id: UUID
    cardholder_id: UUID
    photos: tuple[SealedPhoto, ...] = Field(min_length=PHOTOS_MIN, max_length=PHOTOS_MAX)
    guided: bool = False
    keep_photos: bool = False

    @property
    def sent(self) -> str:
        """What these very photos are called in the answer to them."""
        return sent_as(self.photos)


class EnrolmentOutcome(StrEnum):
    ENROLLED = "enrolled"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    NO_CONSENT = "no_consent"


class PhotoProblem(WireValue):
    """`photo` counts from 1; None: about all of them together."""

    problem: FaceProblem
    photo: int | None = Field(default=None, ge=1, le=PHOTOS_MAX)


class SealedTemplate(WireValue):
    """A template for one node: a NaCl sealed box to its receiving key of that hour, signed inside by its sender.

    `key_id`: of that key. Without one it was sealed to the node's lasting key, as nodes of before did: central passes
    it on no more, and no node takes it.
    `sealed_at`, with the sender's signature over it in `stamp`: one from before its person's last erasure is not taken.
    """

    node_id: UUID
    cardholder_id: UUID
    sealed: B64 = Field(max_length=8_000)
    sealed_at: Instant | None = None
    stamp: B64 | None = Field(default=None, max_length=64)
    key_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")

    @property
    def piece(self) -> str:
        """What this very ciphertext is called where its fate is told: hex of its SHA-256."""
        return hashlib.sha256(self.sealed).hexdigest()


class PieceRefusal(StrEnum):
    """Why a node takes a template never, however often the same one is sent."""

    OTHER_MODEL = "other_model"
    NOT_THE_MAKER = "not_the_maker"
    DAMAGED = "damaged"
    NO_CONSENT = "no_consent"
    ERASED_SINCE = "erased_since"
    LOOKS_LIKE_ANOTHER = "looks_like_another"
    ANOTHER_FACE = "another_face"


class EnrolmentAnswer(WireValue):
    """What the enrolment node made of a job. Never a picture, never an open template.

    `sent`: the photos that it answers (`sent_as`): newer ones may have been sent since, after a withdrawal or an hour.
    A node of before says none.
    """

    enrolment_id: UUID
    outcome: EnrolmentOutcome
    sent: str | None = Field(default=None, pattern=PIECE)
    problems: tuple[PhotoProblem, ...] = Field(default=(), max_length=PHOTOS_MAX + 1)
    templates: tuple[SealedTemplate, ...] = Field(default=(), max_length=64)


class TemplateAnew(WireValue):
    """A template for other nodes that no enrolment asked for: made anew out of kept photos after a change of the model,
    or sealed once more for a node that has come to that model since, or that missed it. Of an entry of the watch group
    its id stands in the place of the cardholder's. Never a picture, never an open template."""

    cardholder_id: UUID
    templates: tuple[SealedTemplate, ...] = Field(min_length=1, max_length=64)


class NotMadeAnew(WireValue):
    """Somebody whose kept photos give no template under the new model: they are asked like everybody else, and why."""

    cardholder_id: UUID
    problems: tuple[PhotoProblem, ...] = Field(min_length=1, max_length=PHOTOS_MAX + 1)


class TemplateModels(WireValue):
    """What a node says of its gallery: the model it compares by, and whose template there another model made.

    Templates of two models say nothing of each other: who is in `earlier` is known by face at no lane of that node
    until new photos come. Said again whenever it changes, whole, in place of what was said before. `not_anew`: those of
    `earlier` whose kept photos were tried, in vain. `unagreed`: of whom something lies there though they agree to
    nothing by the node's rules, as on a disk from before an erasure that is told no more.
    """

    model: Printable = Field(min_length=1, max_length=120)
    earlier: tuple[UUID, ...] = Field(default=(), max_length=EARLIER_MAX)
    not_anew: tuple[NotMadeAnew, ...] = Field(default=(), max_length=NOT_ANEW_MAX)
    unagreed: tuple[UUID, ...] = Field(default=(), max_length=EARLIER_MAX)


class NodeKey(WireValue):
    """Another node of the site: who it is, and the Ed25519 key (hex) that it signs its requests with."""

    node_id: UUID
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")


class OtherNode(NodeKey):
    """Another node as the mail names it. `receiving`: its key of this hour; None where it told none yet."""

    receiving: ReceivingKey | None = None


class LeftOut(WireValue):
    """Whose consent to be known by face leaves out the gates of these nodes: their template is sealed for none of
    them."""

    cardholder_id: UUID
    nodes: tuple[UUID, ...] = Field(min_length=1)


class WantedTemplate(WireValue):
    """A node that lacks somebody's template which this node has: it has come to this node's model since and has one of
    an earlier one, or what was sealed to it never reached it. Of the watch group, `cardholder_id` is an entry's."""

    node_id: UUID
    cardholder_id: UUID


class WatchJob(WireValue):
    """Photos of an entry of the watch group. `entry_id` is what they are sealed to; the node asks its own rules."""

    entry_id: UUID
    photos: tuple[SealedPhoto, ...] = Field(min_length=PHOTOS_MIN, max_length=PHOTOS_MAX)

    @property
    def sent(self) -> str:
        """What these very photos are called in the answer to them."""
        return sent_as(self.photos)


class WatchMail(WireValue):
    """The watch group's mail, apart from everybody else's: it ends in another gallery. In `templates` and in an
    `EnrolmentAnswer` about it, the entry's id stands in the place of a cardholder's and an enrolment's."""

    jobs: tuple[WatchJob, ...] = ()
    templates: tuple[SealedTemplate, ...] = ()
    others: tuple[OtherNode, ...] = ()
    wanted: tuple[WantedTemplate, ...] = ()
    server_time: Instant


class FaceMail(WireValue):
    """The answer to a node that asks: enrolments for it to make, templates sealed to it, and the site's other nodes.

    `wanted`: templates that this node has and another lacks; it seals them for that node (`TemplateAnew`).
    """

    jobs: tuple[EnrolmentJob, ...] = ()
    templates: tuple[SealedTemplate, ...] = ()
    others: tuple[OtherNode, ...] = ()
    wanted: tuple[WantedTemplate, ...] = ()
    server_time: Instant
