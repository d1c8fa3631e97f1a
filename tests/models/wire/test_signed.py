"""Signed texts: the exact text, for one purpose, under one key; anything else is no text at all."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from models.wire.signed import Signed, sign, verified
from tests.models.making import KEY, OTHER_KEY, PUBLIC

PAYLOAD = '{"v":1,"name":"东门"}'


@pytest.mark.req("SEC-10")
@given(st.text(max_size=300), st.sampled_from(["snapshot", "command"]), st.binary(min_size=32, max_size=32))
def test_what_central_signed_is_read_back_to_the_character(payload: str, purpose: str, seed: bytes) -> None:
    key = SigningKey(seed)
    signed = Signed.model_validate_json(sign(payload, purpose, key).model_dump_json())
    assert verified(signed, purpose, bytes(key.verify_key)) == payload


@pytest.mark.req("SEC-10")
def test_a_signature_for_one_purpose_is_none_for_the_other() -> None:
    assert verified(sign(PAYLOAD, "snapshot", KEY), "command", PUBLIC) is None
    assert verified(sign(PAYLOAD, "command", KEY), "snapshot", PUBLIC) is None
    bare = Signed(payload=PAYLOAD, signature=base64.b64encode(KEY.sign(PAYLOAD.encode()).signature).decode())
    assert verified(bare, "command", PUBLIC) is None


@pytest.mark.req("SEC-10")
def test_another_key_is_another_voice() -> None:
    assert verified(sign(PAYLOAD, "command", OTHER_KEY), "command", PUBLIC) is None


@pytest.mark.req("SEC-10")
def test_every_flipped_bit_of_text_or_signature_is_refused() -> None:
    signed = sign(PAYLOAD, "command", KEY)
    raw, proof = PAYLOAD.encode(), base64.b64decode(signed.signature)
    for position in range(len(proof) * 8):
        flipped = bytearray(proof)
        flipped[position // 8] ^= 1 << position % 8
        spoiled = Signed(payload=PAYLOAD, signature=base64.b64encode(flipped).decode())
        assert verified(spoiled, "command", PUBLIC) is None
    for position in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[position // 8] ^= 1 << position % 8
        text = flipped.decode("utf-8", errors="replace")
        assert verified(Signed(payload=text, signature=signed.signature), "command", PUBLIC) is None


@pytest.mark.req("SEC-10")
@pytest.mark.parametrize("changed", [PAYLOAD + " ", PAYLOAD + "\n", " " + PAYLOAD, PAYLOAD[:-1], "", PAYLOAD * 2])
def test_another_text_is_refused(changed: str) -> None:
    assert verified(sign(PAYLOAD, "command", KEY).model_copy(update={"payload": changed}), "command", PUBLIC) is None


@pytest.mark.req("SEC-10")
@given(st.text(max_size=120) | st.binary(max_size=100).map(lambda b: base64.b64encode(b).decode()))
def test_any_text_as_a_signature_is_refused_and_nothing_is_raised(signature: str) -> None:
    assert verified(Signed(payload=PAYLOAD, signature=signature), "command", PUBLIC) is None


@pytest.mark.req("SEC-10")
@pytest.mark.parametrize("around", ["{}\n", " {}", "{}=", "{}A", "-{}", "{0}{0}"])
def test_base64_is_taken_strictly(around: str) -> None:
    signed = sign(PAYLOAD, "command", KEY)
    spoiled = Signed(payload=PAYLOAD, signature=around.format(signed.signature))
    assert verified(spoiled, "command", PUBLIC) is None
