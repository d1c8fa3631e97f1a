"""Opening photos that a browser sealed to this node, and sealing templates to the site's other nodes.

Both go to keys of the same secrets, which come and go (edge/store/photo_keys.py); nothing is sealed to a lasting key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.signing import VerifyKey

from edge.enrolment.receiving import Receiving, Recipient
from edge.store.keys import KeyRing
from models.values.time import micros
from models.wire.faces import PHOTO_FOR_ENROLMENT, EnrolmentKey, SealedPhoto, SealedTemplate, photo_aad

_CURVE = ec.SECP256R1()
_INFO = b"menting-photo-1"


class NotForUs(Exception):
    """Sealed to another key, bound to another place, or changed on the way: it cannot be opened here."""


class SentByNobody(NotForUs):
    """Signed by no node from which the rules have templates taken; they may be older than what they say of it."""


class SealAgain(Exception):
    """It was for this node and is lost as it is: its sender, or whoever else has the template, has to seal it anew."""


FOR_THE_GALLERY, FOR_THE_WATCH_GROUP = b"menting-template-mail-1", b"menting-watch-mail-1"
"""What a template's signature is over besides itself: one gallery's mail is not taken into the other."""


class PhotoKey:
    """A key for photos, made of a secret of the node's (edge/store/photo_keys.py), which comes and goes."""

    def __init__(self, secret: bytes) -> None:
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        wide = HKDF(SHA256(), 64, salt=None, info=b"menting-photo-key").derive(secret)  # 512 bits: an even remainder
        self._private = ec.derive_private_key(int.from_bytes(wide) % (order - 1) + 1, _CURVE)
        self._point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def public(self) -> EnrolmentKey:
        return EnrolmentKey(key_id=hashlib.sha256(self._point).hexdigest()[:16], point=self._point.hex())

    def open(
        self, photo: SealedPhoto, enrolment_id: UUID, number: int, cardholder_id: UUID | None = None,
        purpose: str = PHOTO_FOR_ENROLMENT,
    ) -> bytes:  # fmt: skip
        """The photo's file as the phone sent it. Raises NotForUs, also for one that was sealed for another purpose or
        as another person's."""
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
                photo.nonce, photo.sealed, photo_aad(enrolment_id, number, photo.key_id, purpose, cardholder_id)
            )
        except InvalidTag as error:
            raise NotForUs("changed since it was sealed, or sealed for another enrolment or person") from error


def open_photo(
    secrets: Iterable[bytes], photo: SealedPhoto, enrolment_id: UUID, number: int, cardholder_id: UUID | None = None,
    purpose: str = PHOTO_FOR_ENROLMENT,
) -> bytes:  # fmt: skip
    """With whichever of the node's keys it was sealed to. Raises NotForUs, also when that was destroyed since."""
    for key in map(PhotoKey, secrets):
        if key.public.key_id == photo.key_id:
            return key.open(photo, enrolment_id, number, cardholder_id, purpose)
    raise NotForUs("sealed to the key of another node, or to one that was destroyed since")


def seal_template(
    keys: KeyRing, to: Recipient, cardholder_id: UUID, template: bytes, model: str,
    purpose: bytes = FOR_THE_GALLERY, at: datetime | None = None,
) -> SealedTemplate:  # fmt: skip
    """For one other node, and signed by this one, so that nobody between can put in a face of his own. `at`: central's
    time, by which it is not taken once its person was erased later."""
    content = cbor2.dumps([cardholder_id.bytes, to.node_id.bytes, model, template])
    signed = cbor2.dumps([keys.public_key, keys.sign(purpose + content), content])
    sealed = SealedBox(PublicKey(to.point)).encrypt(signed)
    stamp = keys.sign(_stamped(sealed, at)) if at is not None else None
    return SealedTemplate(
        node_id=to.node_id, cardholder_id=cardholder_id, sealed=sealed, sealed_at=at, stamp=stamp, key_id=to.key_id
    )


def open_template(
    secrets: Iterable[bytes], node_id: UUID, mail: SealedTemplate, senders: frozenset[bytes],
    purpose: bytes = FOR_THE_GALLERY,
) -> tuple[UUID, bytes, str]:  # fmt: skip
    """(cardholder, template, model). `secrets`: those of `PhotoKeys` that still live. `senders`: Ed25519 keys of the
    site's other nodes. Raises SealAgain when the key it was sealed to is no more, or was the node's lasting one;
    NotForUs otherwise, also where it says when it was sealed and that is not its sender's word."""
    key = next((one for one in map(Receiving, secrets) if one.key_id == mail.key_id), None)
    if key is None:
        raise SealAgain("sealed to a key that this node does not have, or no longer")
    try:
        sender, signature, content = cbor2.loads(SealedBox(key.private).decrypt(mail.sealed))
        if sender not in senders:
            raise SentByNobody("signed by another than the enrolment node of this site")
        VerifyKey(sender).verify(purpose + content, signature)
        if mail.sealed_at is not None:
            VerifyKey(sender).verify(_stamped(mail.sealed, mail.sealed_at), mail.stamp or b"")
        cardholder, to_node, model, template = cbor2.loads(content)
        if to_node != node_id.bytes or cardholder != mail.cardholder_id.bytes:
            raise NotForUs("sealed for another node or another person")
        if not isinstance(template, bytes) or not isinstance(model, str):  # bytes(10**12) would be a terabyte
            raise NotForUs("no template of a model, though signed by a node of this site")
        return UUID(bytes=cardholder), template, model
    except (CryptoError, cbor2.CBORDecodeError, ValueError, TypeError, OverflowError) as error:
        # the last one is a time before 1970, which whoever is between can write
        raise NotForUs("not sealed to this node, or changed on the way") from error


def _stamped(sealed: bytes, at: datetime) -> bytes:
    return b"menting-template-time-1" + micros(at).to_bytes(8) + hashlib.sha256(sealed).digest()
