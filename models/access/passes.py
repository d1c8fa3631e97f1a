"""A pass on paper or on a phone: CBOR, signed with Ed25519, written in base45 so that QR version 7 holds it.

    "MT1:" base45( claims | signature )

    claims     CBOR array [key id, pass id (16 bytes), site tag (8 bytes), not before, not after (unix s),
               gate mask (0..2^64-1), uses, party, group], at most 52 bytes until 2106
    signature  64 bytes Ed25519 over "menting-pass-1" | claims

Everything a gate needs is inside: it is checked with the public key alone, without a network (VIS-05). At most 178
characters of the QR alphanumeric alphabet: what version 7 holds at error correction M (ISO/IEC 18004, table 7).
The claims must be in CBOR's one shortest form: two spellings of one pass would be two recognitions.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import base45
import cbor2
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from pydantic import ValidationError

from models.access.credential import Pass

PREFIX = "MT1:"
TOKEN_MAX = 178
_DOMAIN = b"menting-pass-1"
_SIGNATURE = 64


class PassProblem(StrEnum):
    """Why a text is no pass of ours; each is also a Reason."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"


def sign_pass(claims: Pass, key: SigningKey) -> str:
    """The text to print as a QR code. `key` is the signing key that `claims.key_id` names.

    Instants are cut to whole seconds. Raises ValueError for claims too long for the symbol: times after February 2106
    need longer integers, and a pass that no gate reads must not be handed out.
    """
    payload = _encode(claims)
    signature = key.sign(_DOMAIN + payload).signature
    text: bytes = base45.b45encode(payload + signature)
    token = PREFIX + text.decode("ascii")
    if len(token) > TOKEN_MAX:
        raise ValueError(f"the pass needs {len(token)} characters, a gate reads {TOKEN_MAX}")
    return token


def read_pass(token: str, keys: Mapping[int, bytes]) -> Pass | PassProblem:
    """The pass inside `token`, or why there is none.

    `keys` maps key ids to 32-byte Ed25519 public keys. Never raises, whatever was scanned.
    """
    claims_and_bytes = _parse(token)
    if claims_and_bytes is None:
        return PassProblem.MALFORMED
    claims, payload, signature = claims_and_bytes
    public_key = keys.get(claims.key_id)
    if public_key is None:
        return PassProblem.UNKNOWN_KEY
    try:
        VerifyKey(public_key).verify(_DOMAIN + payload, signature)
    except BadSignatureError:
        return PassProblem.FORGED
    return claims


def claimed_pass(token: str) -> Pass | None:
    """What an unverified token claims to be: for the record of a refusal, never for a decision."""
    parsed = _parse(token)
    return parsed[0] if parsed else None


def _parse(token: str) -> tuple[Pass, bytes, bytes] | None:
    if not token.startswith(PREFIX) or len(token) > TOKEN_MAX:
        return None
    try:
        raw = base45.b45decode(token[len(PREFIX) :])
    except ValueError:
        return None
    if base45.b45encode(raw).decode("ascii") != token[len(PREFIX) :]:  # the decoder overlooks line ends
        return None
    payload, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    claims = _decode(payload)
    if claims is None or len(signature) != _SIGNATURE or _encode(claims) != payload:
        return None
    return claims, payload, signature


def _encode(claims: Pass) -> bytes:
    return cbor2.dumps(
        [
            claims.key_id,
            claims.pass_id.bytes,
            claims.site_tag,
            _seconds(claims.not_before),
            _seconds(claims.not_after),
            claims.gates,
            claims.uses,
            claims.party,
            claims.group,
        ],
        canonical=True,
    )


def _seconds(at: datetime) -> int:
    return int(at.replace(microsecond=0).timestamp())  # a float cannot hold the microseconds of year 9999


def _decode(payload: bytes) -> Pass | None:
    try:
        fields = cast(Any, cbor2.loads(payload))
        if not isinstance(fields, list) or len(fields) != 9 or not all(type(f) in (int, bytes) for f in fields):
            return None
        key_id, pass_id, tag, not_before, not_after, gates, uses, party, group = fields
        return Pass(
            key_id=key_id,
            pass_id=UUID(bytes=pass_id),
            site_tag=tag,
            not_before=datetime.fromtimestamp(not_before, UTC),
            not_after=datetime.fromtimestamp(not_after, UTC),
            gates=gates,
            uses=uses,
            party=party,
            group=group,
        )
    except (cbor2.CBORDecodeError, ValidationError, ValueError, TypeError, OverflowError, OSError):
        return None
