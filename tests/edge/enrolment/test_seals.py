"""Photos and templates open for the node and the place that they were sealed for, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.public import SealedBox

from edge.enrolment.receiving import Receiving, Recipient, recipients
from edge.enrolment.seals import NotForUs, PhotoKey, SealAgain, open_template, seal_template
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.faces import (
    PHOTO_FOR_ENROLMENT,
    EnrolmentKey,
    NodeKey,
    OtherNode,
    SealedPhoto,
    SealedTemplate,
    photo_aad,
)
from models.wire.receiving import ReceivingKey, key_id_of, receiving_text

ENROLMENT = UUID(int=5)
JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 9


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[tuple[KeyRing, KeyRing, KeyRing]]:
    made = tuple(KeyRing.open(tmp_path / name) for name in ("enrols", "other", "third"))
    yield made
    for ring in made:
        ring.close()


Rings = tuple[KeyRing, KeyRing, KeyRing]


def sealed_as_a_phone_does(
    key: EnrolmentKey, content: bytes, enrolment_id: UUID, number: int, purpose: str = PHOTO_FOR_ENROLMENT,
    cardholder_id: UUID | None = None,
) -> SealedPhoto:  # fmt: skip
    """The recipe of `SealedPhoto`, written a second time from its words."""
    curve = ec.SECP256R1()
    ephemeral = ec.generate_private_key(curve)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    node = bytes.fromhex(key.point)
    shared = ephemeral.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, node))
    secret = HKDF(SHA256(), 32, salt=point + node, info=b"menting-photo-1").derive(shared)
    nonce = os.urandom(12)
    sealed = AESGCM(secret).encrypt(nonce, content, photo_aad(enrolment_id, number, key.key_id, purpose, cardholder_id))
    return SealedPhoto(key_id=key.key_id, ephemeral=point, nonce=nonce, sealed=sealed)


@pytest.mark.req("PRIV-07")
def test_a_photo_opens_for_its_node_in_its_place(rings: Rings) -> None:
    key = PhotoKey(rings[0].derive("photos"))
    photo = sealed_as_a_phone_does(key.public, JPEG, ENROLMENT, 2)
    assert key.open(photo, ENROLMENT, 2) == JPEG
    assert JPEG[:64] not in photo.model_dump_json().encode() and JPEG[:64] not in photo.sealed


@pytest.mark.req("PRIV-07")
def test_a_photo_opens_nowhere_else(rings: Rings) -> None:
    key, other = PhotoKey(rings[0].derive("photos")), PhotoKey(rings[1].derive("photos"))
    photo = sealed_as_a_phone_does(key.public, JPEG, ENROLMENT, 1)
    renamed = photo.model_copy(update={"key_id": other.public.key_id})
    for opener, sealed, enrolment_id, number in (
        (other, photo, ENROLMENT, 1),
        (other, renamed, ENROLMENT, 1),
        (key, photo, ENROLMENT, 2),
        (key, photo, new_id(), 1),
        (key, photo.model_copy(update={"ephemeral": b"\x04" + bytes(64)}), ENROLMENT, 1),
    ):
        with pytest.raises(NotForUs):
            opener.open(sealed, enrolment_id, number)


@pytest.mark.parametrize("place", ["ephemeral", "nonce", "sealed"])
def test_a_photo_that_was_touched_does_not_open(rings: Rings, place: str) -> None:
    key = PhotoKey(rings[0].derive("photos"))
    photo = sealed_as_a_phone_does(key.public, JPEG, ENROLMENT, 1)
    content = bytearray(getattr(photo, place))
    content[-1] ^= 1
    with pytest.raises(NotForUs):
        key.open(photo.model_copy(update={place: bytes(content)}), ENROLMENT, 1)


def test_a_key_for_photos_is_what_its_secret_makes_it(rings: Rings) -> None:
    first = PhotoKey(rings[0].derive("photos")).public
    assert PhotoKey(rings[0].derive("photos")).public == first
    assert PhotoKey(rings[1].derive("photos")).public != first
    assert hashlib.sha256(bytes.fromhex(first.point)).hexdigest().startswith(first.key_id)


def recipient(ring: KeyRing, node: UUID, secret: bytes) -> Recipient:
    public = ring.public_key.hex()
    told = OtherNode(node_id=node, public_key=public, receiving=Receiving(secret).told(ring, node))
    (found,) = recipients([NodeKey(node_id=node, public_key=public)], [told])
    return found


def test_a_template_reaches_the_node_it_was_sealed_to(rings: Rings) -> None:
    sender, receiver, _ = rings
    node, person, secret = new_id(), new_id(), b"s" * 32
    mail = seal_template(sender, recipient(receiver, node, secret), person, b"128 numbers", "model-1")
    assert b"128 numbers" not in mail.sealed
    assert SealedTemplate.model_validate_json(mail.model_dump_json()) == mail
    opened = open_template((b"newer" * 6 + b"..", secret), node, mail, frozenset({sender.public_key}))
    assert opened == (person, b"128 numbers", "model-1")


def test_a_template_for_another_node_person_or_from_a_stranger_is_not_taken(rings: Rings) -> None:
    sender, receiver, third = rings
    node, person, secret = new_id(), new_id(), b"s" * 32
    mail = seal_template(sender, recipient(receiver, node, secret), person, b"128 numbers", "model-1")
    known = frozenset({sender.public_key})
    broken = mail.model_copy(update={"sealed": mail.sealed[:-1] + bytes([mail.sealed[-1] ^ 1])})
    renamed = mail.model_copy(update={"key_id": Receiving(b"t" * 32).key_id})
    for secrets, to, what, senders in (
        ((b"t" * 32,), node, renamed, known),
        ((secret,), new_id(), mail, known),
        ((secret,), node, mail.model_copy(update={"cardholder_id": new_id()}), known),
        ((secret,), node, mail, frozenset({third.public_key})),
        ((secret,), node, broken, known),
        ((secret,), node, mail.model_copy(update={"sealed": b""}), known),
    ):
        with pytest.raises(NotForUs):
            open_template(secrets, to, what, senders)


@pytest.mark.req("PRIV-05", "PRIV-07")
def test_what_was_sealed_to_a_key_that_is_gone_or_that_lasts_is_to_be_sealed_anew(rings: Rings) -> None:
    sender, receiver, _ = rings
    node, person, secret = new_id(), new_id(), b"s" * 32
    mail = seal_template(sender, recipient(receiver, node, secret), person, b"128 numbers", "model-1")
    lasting = SealedBox(receiver.signing_key.verify_key.to_curve25519_public_key()).encrypt(b"as nodes of before did")
    of_before = SealedTemplate(node_id=node, cardholder_id=person, sealed=lasting)
    for secrets, what in (((b"t" * 32,), mail), ((), mail), ((secret,), of_before)):
        with pytest.raises(SealAgain):
            open_template(secrets, node, what, frozenset({sender.public_key}))


@pytest.mark.req("PRIV-07")
def test_nothing_is_sealed_to_a_key_that_its_node_did_not_sign_for_itself(
    rings: Rings, caplog: pytest.LogCaptureFixture
) -> None:
    """Central hands the keys on, and so does who writes its database: none of them puts in one of his own."""
    first, second, rogue = rings
    node, other = new_id(), new_id()
    own, public = Receiving(b"s" * 32), first.public_key.hex()
    told = own.told(first, node)
    his = Receiving(b"r" * 32).told(rogue, node)
    trusted = [NodeKey(node_id=node, public_key=public)]
    for key in (
        his,
        told.model_copy(update={"point": his.point}),
        told.model_copy(update={"point": his.point, "key_id": his.key_id}),
        told.model_copy(update={"key_id": his.key_id}),
        own.told(first, other),
        Receiving(b"s" * 32).told(second, node),
        told.model_copy(update={"signature": "00" * 64}),
        told.model_copy(update={"signature": first.sign(own.private.public_key.encode()).hex()}),
    ):
        caplog.clear()
        put_in = OtherNode(node_id=node, public_key=rogue.public_key.hex(), receiving=key)
        assert recipients(trusted, [put_in]) == ()
        assert str(node) in caplog.text and "not signed by it" in caplog.text
    caplog.clear()
    assert recipients(trusted, [OtherNode(node_id=node, public_key=public)]) == () and caplog.text == ""
    (found,) = recipients(trusted, [OtherNode(node_id=node, public_key=rogue.public_key.hex(), receiving=told)])
    assert (found.node_id, found.point.hex()) == (node, told.point)


@pytest.mark.req("PRIV-07")
@pytest.mark.parametrize(
    "point",
    [
        "00" * 32,
        "01" + "00" * 31,
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
    ],
)
def test_a_gate_that_signs_a_key_to_which_nothing_can_be_sealed_is_left_out_and_holds_up_nobody(
    rings: Rings, point: str
) -> None:
    """One stolen gate told such a key, and the enrolment node served no other gate any more."""
    stolen, _, _ = rings
    node, public = new_id(), stolen.public_key.hex()
    raw = bytes.fromhex(point)
    key = ReceivingKey(
        key_id=key_id_of(raw), point=point, signature=stolen.sign(receiving_text(node, raw)).hex()
    )  # fmt: skip
    told = OtherNode(node_id=node, public_key=public, receiving=key)
    assert recipients([NodeKey(node_id=node, public_key=public)], [told]) == ()


@pytest.mark.req("PRIV-07")
def test_a_template_that_says_it_was_sealed_before_all_time_is_refused_and_stops_no_desk(rings: Rings) -> None:
    sender, receiver, _ = rings
    node, person, secret = new_id(), new_id(), b"s" * 32
    mail = seal_template(sender, recipient(receiver, node, secret), person, b"128", "model-1", at=datetime.now(UTC))
    early = mail.model_copy(update={"sealed_at": datetime(1969, 12, 31, tzinfo=UTC)})
    with pytest.raises(NotForUs):
        open_template((secret,), node, early, frozenset({sender.public_key}))
