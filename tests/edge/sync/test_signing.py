"""The header by which a node proves itself: bound to method, target, body and time."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from edge.sync.signing import authorization, read_authorization
from models.values.ids import new_id

KEY = SigningKey(bytes(range(32)))
NODE = UUID("019ab2f4-1c2e-7d10-a3b1-c2d3e4f50617")
NONCE = "0123456789abcdef"
targets = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789/?=&%.-", max_size=60).map(lambda t: "/" + t)


def test_the_form_is_fixed() -> None:
    """Golden: both sides write this down in their own code, so it may not move by accident."""
    value = authorization(KEY, NODE, "POST", "/edge/v1/batches", b"{}", 1_700_000_000_000, NONCE)
    assert value == (
        "Menting-Node 019ab2f4-1c2e-7d10-a3b1-c2d3e4f50617.1700000000000.0123456789abcdef." + value.rpartition(".")[2]
    )
    assert len(value.rpartition(".")[2]) == 86
    signed = b"POST\n/edge/v1/batches\n1700000000000\n0123456789abcdef\n" + (
        b"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # sha256 of {}
    )
    claim = read_authorization(value)
    assert claim is not None
    KEY.verify_key.verify(signed, claim.signature)


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    target=targets,
    body=st.binary(max_size=99),
    ms=st.integers(0, 9**15),
)
def test_what_was_signed_is_accepted_and_nothing_else(method: str, target: str, body: bytes, ms: int) -> None:
    node_id = new_id()
    claim = read_authorization(authorization(KEY, node_id, method, target, body, ms, NONCE))
    assert claim is not None and (claim.node_id, claim.unix_ms, claim.nonce) == (node_id, ms, NONCE)
    public = bytes(KEY.verify_key)
    assert claim.is_signed(method, target, body, public)
    assert not claim.is_signed(method + "X", target, body, public)
    assert not claim.is_signed(method, target + "&a=1", body, public)
    assert not claim.is_signed(method, target, body + b" ", public)
    assert not claim.is_signed(method, target, body, bytes(SigningKey.generate().verify_key))
    moved = read_authorization(authorization(KEY, node_id, method, target, body, ms + 1, NONCE))
    assert moved is not None and moved.signature != claim.signature


@given(st.text(max_size=200))
def test_anything_else_is_no_claim(text: str) -> None:
    assert read_authorization(text) is None
    assert read_authorization("Menting-Node " + text) is None


@pytest.mark.parametrize("cut", ["Bearer", "Menting-Node  ", ""])
def test_another_scheme_is_no_claim(cut: str) -> None:
    value = authorization(KEY, NODE, "GET", "/", b"", 1, NONCE)
    assert read_authorization(value.replace("Menting-Node", cut)) is None
