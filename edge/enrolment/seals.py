"""Opening photos that a browser sealed to this node, and sealing templates to the site's other nodes."""

from __future__ import annotations

import hashlib
from uuid import UUID

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from edge.store.keys import KeyRing
from models.wire.faces import PHOTO_FOR_ENROLMENT, EnrolmentKey, SealedPhoto, SealedTemplate, photo_aad

_CURVE = ec.SECP256R1()
_INFO = b"menting-photo-1"
_PURPOSE = "photos-are-sealed-to-this"


class NotForUs(Exception):
    """Sealed to another key, bound to another place, or changed on the way: it cannot be opened here."""


FOR_THE_GALLERY, FOR_THE_WATCH_GROUP = b"menting-template-mail-1", b"menting-watch-mail-1"
"""What a template's signature is over besides itself: one gallery's mail is not taken into the other."""


class PhotoKey:
    """This node's key for photos. Derived from the node's master key: it needs no file, and goes where that goes."""

    def __init__(self, keys: KeyRing) -> None:
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        wide = keys.derive(_PURPOSE + "-1") + keys.derive(_PURPOSE + "-2")  # 512 bits, so that the remainder is even
        self._private = ec.derive_private_key(int.from_bytes(wide) % (order - 1) + 1, _CURVE)
        self._point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def public(self) -> EnrolmentKey:
        return EnrolmentKey(key_id=hashlib.sha256(self._point).hexdigest()[:16], point=self._point.hex())

    def open(self, photo: SealedPhoto, enrolment_id: UUID, number: int, purpose: str = PHOTO_FOR_ENROLMENT) -> bytes:
        """The photo's file as the phone sent it. Raises NotForUs, also for one that was sealed for another purpose."""
        if photo.key_id != self.public.key_id:
            raise NotForUs("sealed to the key of another node")
        try:
            theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, photo.ephemeral)
        except ValueError as error:
            raise NotForUs("the phone's key is no point of the curve") from error
        shared = self._private.exchange(ec.ECDH(), theirs)
        key = HKDF(SHA256(), 32, salt=photo.ephemeral + self._point, info=_INFO).derive(shared)
        try:
            return AESGCM(key).decrypt(
                photo.nonce, photo.sealed, photo_aad(enrolment_id, number, photo.key_id, purpose)
            )
        except InvalidTag as error:
            raise NotForUs("changed since it was sealed, or sealed for another enrolment") from error


def seal_template(
    keys: KeyRing, to_node: UUID, public_key: bytes, cardholder_id: UUID, template: bytes, model: str,
    purpose: bytes = FOR_THE_GALLERY,
) -> SealedTemplate:  # fmt: skip
    """For one other node, and signed by this one, so that nobody between can put in a face of his own."""
    content = cbor2.dumps([cardholder_id.bytes, to_node.bytes, model, template])
    signed = cbor2.dumps([keys.public_key, keys.sign(purpose + content), content])
    box = SealedBox(VerifyKey(public_key).to_curve25519_public_key())
    return SealedTemplate(node_id=to_node, cardholder_id=cardholder_id, sealed=box.encrypt(signed))


def open_template(
    keys: KeyRing, node_id: UUID, mail: SealedTemplate, senders: frozenset[bytes], purpose: bytes = FOR_THE_GALLERY
) -> tuple[UUID, bytes, str]:
    """(cardholder, template, model). `senders`: Ed25519 keys of the site's other nodes. Raises NotForUs."""
    try:
        signed = SealedBox(keys.signing_key.to_curve25519_private_key()).decrypt(mail.sealed)
        sender, signature, content = cbor2.loads(signed)
        if sender not in senders:
            raise NotForUs("sent by nobody of this site")
        VerifyKey(sender).verify(purpose + content, signature)
        cardholder, to_node, model, template = cbor2.loads(content)
        if to_node != node_id.bytes or cardholder != mail.cardholder_id.bytes:
            raise NotForUs("sealed for another node or another person")
        return UUID(bytes=cardholder), bytes(template), str(model)
    except (CryptoError, cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise NotForUs("not sealed to this node, or changed on the way") from error
