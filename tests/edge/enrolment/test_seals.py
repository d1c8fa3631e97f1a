"""Photos and templates open for the node and the place that they were sealed for, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.enrolment.seals import NotForUs, PhotoKey, open_template, seal_template
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.faces import PHOTO_FOR_ENROLMENT, EnrolmentKey, SealedPhoto, SealedTemplate, photo_aad

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
    key: EnrolmentKey, content: bytes, enrolment_id: UUID, number: int, purpose: str = PHOTO_FOR_ENROLMENT
) -> SealedPhoto:
    """The recipe of `SealedPhoto`, written a second time from its words."""
    curve = ec.SECP256R1()
    ephemeral = ec.generate_private_key(curve)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    node = bytes.fromhex(key.point)
    shared = ephemeral.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, node))
    secret = HKDF(SHA256(), 32, salt=point + node, info=b"menting-photo-1").derive(shared)
    nonce = os.urandom(12)
    sealed = AESGCM(secret).encrypt(nonce, content, photo_aad(enrolment_id, number, key.key_id, purpose))
    return SealedPhoto(key_id=key.key_id, ephemeral=point, nonce=nonce, sealed=sealed)


@pytest.mark.req("PRIV-07")
def test_a_photo_opens_for_its_node_in_its_place(rings: Rings) -> None:
    key = PhotoKey(rings[0])
    photo = sealed_as_a_phone_does(key.public, JPEG, ENROLMENT, 2)
    assert key.open(photo, ENROLMENT, 2) == JPEG
    assert JPEG[:64] not in photo.model_dump_json().encode() and JPEG[:64] not in photo.sealed


@pytest.mark.req("PRIV-07")
def test_a_photo_opens_nowhere_else(rings: Rings) -> None:
    key, other = PhotoKey(rings[0]), PhotoKey(rings[1])
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
    key = PhotoKey(rings[0])
    photo = sealed_as_a_phone_does(key.public, JPEG, ENROLMENT, 1)
    content = bytearray(getattr(photo, place))
    content[-1] ^= 1
    with pytest.raises(NotForUs):
        key.open(photo.model_copy(update={place: bytes(content)}), ENROLMENT, 1)


def test_the_key_for_photos_is_the_same_after_a_restart_and_another_on_another_node(rings: Rings) -> None:
    first = PhotoKey(rings[0]).public
    assert PhotoKey(rings[0]).public == first
    assert PhotoKey(rings[1]).public != first
    assert hashlib.sha256(bytes.fromhex(first.point)).hexdigest().startswith(first.key_id)


def test_a_template_reaches_the_node_it_was_sealed_to(rings: Rings) -> None:
    sender, receiver, _ = rings
    node, person = new_id(), new_id()
    mail = seal_template(sender, node, receiver.public_key, person, b"128 numbers", "model-1")
    assert b"128 numbers" not in mail.sealed
    assert SealedTemplate.model_validate_json(mail.model_dump_json()) == mail
    opened = open_template(receiver, node, mail, frozenset({sender.public_key}))
    assert opened == (person, b"128 numbers", "model-1")


def test_a_template_for_another_node_person_or_from_a_stranger_is_not_taken(rings: Rings) -> None:
    sender, receiver, third = rings
    node, person = new_id(), new_id()
    mail = seal_template(sender, node, receiver.public_key, person, b"128 numbers", "model-1")
    known = frozenset({sender.public_key})
    broken = mail.model_copy(update={"sealed": mail.sealed[:-1] + bytes([mail.sealed[-1] ^ 1])})
    for ring, to, what, senders in (
        (third, node, mail, known),
        (receiver, new_id(), mail, known),
        (receiver, node, mail.model_copy(update={"cardholder_id": new_id()}), known),
        (receiver, node, mail, frozenset({third.public_key})),
        (receiver, node, broken, known),
        (receiver, node, mail.model_copy(update={"sealed": b""}), known),
    ):
        with pytest.raises(NotForUs):
            open_template(ring, to, what, senders)
