"""A pass is read as it was signed, or it is none: every damage, every other spelling, every other key."""

from datetime import UTC, datetime, timedelta
from typing import Any

import base45
import cbor2
import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

from models.access.credential import Pass
from models.access.decision import Reason
from models.access.passes import PREFIX, TOKEN_MAX, PassProblem, claimed_pass, read_pass, sign_pass
from tests.models.making import KEY, MONDAY_NOON, OTHER_KEY, PASS_ID, PUBLIC, SITE, a_pass
from tests.models.strategies import signable_passes

ALPHABET = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
ANY_KEY = dict.fromkeys(range(256), PUBLIC)
TOKEN = sign_pass(a_pass(), KEY)
LARGEST = a_pass(
    key_id=255,
    gates=(1 << 64) - 1,
    uses=255,
    party=20,
    group=23,
    not_before=datetime(2106, 2, 7, 6, 28, 14, tzinfo=UTC),
    not_after=datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC),  # 2^32 - 1: the last second in four bytes
)


def written(raw: bytes) -> str:
    return PREFIX + base45.b45encode(raw).decode()


def raw_of(token: str) -> bytes:
    return bytes(base45.b45decode(token[len(PREFIX) :]))


def signed_over(payload: bytes) -> str:
    """A token whose signature is right for this payload, however the payload is spelt."""
    return written(payload + KEY.sign(b"menting-pass-1" + payload).signature)


def claims_list(claims: Pass) -> list[Any]:
    times = [int(claims.not_before.timestamp()), int(claims.not_after.timestamp())]
    who = [claims.key_id, claims.pass_id.bytes, claims.site_tag]
    return [*who, *times, claims.gates, claims.uses, claims.party, claims.group]


@pytest.mark.req("VIS-05")
@given(signable_passes)
def test_what_was_signed_is_read_with_the_public_key_alone(claims: Pass) -> None:
    token = sign_pass(claims, KEY)
    assert len(token) <= TOKEN_MAX
    assert set(token) <= ALPHABET
    assert read_pass(token, {claims.key_id: PUBLIC}) == claims
    assert claimed_pass(token) == claims


@pytest.mark.req("VIS-05")
def test_the_largest_claims_fill_the_token_and_the_symbol_to_the_last_character() -> None:
    token = sign_pass(LARGEST, KEY)
    assert len(token) == TOKEN_MAX == 178
    assert read_pass(token, {255: PUBLIC}) == LARGEST
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
    symbol.add_data(QRData(token, mode=MODE_ALPHA_NUM))
    symbol.make(fit=True)
    assert symbol.version == 7


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize(
    "changes",
    [
        {"not_after": datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC)},
        {"not_after": datetime.max.replace(tzinfo=UTC)},
    ],
)
def test_a_pass_that_no_gate_could_read_is_not_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="178"):
        sign_pass(LARGEST.model_copy(update=changes), KEY)


@pytest.mark.req("VIS-05")
def test_a_token_longer_than_the_symbol_is_not_even_looked_into() -> None:
    fields = claims_list(LARGEST)
    fields[3:5] = [1 << 32, 1 << 33]
    token = signed_over(cbor2.dumps(fields, canonical=True))
    assert len(token) > TOKEN_MAX
    assert read_pass(token, ANY_KEY) is PassProblem.MALFORMED


@pytest.mark.req("VIS-05")
def test_a_pass_of_one_gate_until_the_end_of_the_calendar_is_read() -> None:
    claims = a_pass(not_after=datetime.max.replace(tzinfo=UTC))
    assert read_pass(sign_pass(claims, KEY), ANY_KEY) == claims.model_copy(
        update={"not_after": claims.not_after.replace(microsecond=0)}
    )


@pytest.mark.req("VIS-05")
@given(st.integers(1, 999_999))
def test_a_pass_speaks_in_whole_seconds_and_a_fraction_is_cut(micros: int) -> None:
    claims = a_pass()
    finer = claims.model_copy(update={"not_before": claims.not_before + timedelta(microseconds=micros)})
    assert read_pass(sign_pass(finer, KEY), ANY_KEY) == claims


def _spoiled(token: str, keys: dict[int, bytes]) -> None:
    found = read_pass(token, keys)
    assert isinstance(found, PassProblem), f"{token!r} was read as a pass"


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("token", [TOKEN, sign_pass(LARGEST, KEY)], ids=["usual", "largest"])
def test_every_flipped_bit_of_the_text_is_refused(token: str) -> None:
    for index, character in enumerate(token):
        for bit in range(8):
            flipped = chr(ord(character) ^ 1 << bit)
            _spoiled(token[:index] + flipped + token[index + 1 :], ANY_KEY)


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("token", [TOKEN, sign_pass(LARGEST, KEY)], ids=["usual", "largest"])
def test_every_flipped_bit_of_the_bytes_is_refused(token: str) -> None:
    raw = raw_of(token)
    for position in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[position // 8] ^= 1 << position % 8
        _spoiled(written(bytes(flipped)), ANY_KEY)


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("token", [TOKEN, sign_pass(LARGEST, KEY)], ids=["usual", "largest"])
def test_every_cut_is_refused(token: str) -> None:
    raw = raw_of(token)
    for end in range(len(token)):
        _spoiled(token[:end], ANY_KEY)
        _spoiled(token[end + 1 :], ANY_KEY)
        _spoiled(token[:end] + token[end + 1 :], ANY_KEY)
    for end in range(len(raw)):
        _spoiled(written(raw[:end]), ANY_KEY)
        _spoiled(written(raw[end + 1 :]), ANY_KEY)


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("around", ["{}\n", "{}\n\n", "\n{}", "{} ", " {}", "{}0", "{}00", "{}\r", "{}\ufeff"])
def test_a_pass_has_one_spelling_and_nothing_may_stand_around_it(around: str) -> None:
    """Two texts that are one pass would be two recognitions of it."""
    assert read_pass(around.format(TOKEN), ANY_KEY) is PassProblem.MALFORMED
    assert claimed_pass(around.format(TOKEN)) is None


@pytest.mark.req("VIS-05")
@given(st.text(max_size=600))
def test_any_text_is_answered_and_none_is_a_pass(text: str) -> None:
    for token in (text, PREFIX + text):
        assert read_pass(token, ANY_KEY) is PassProblem.MALFORMED
        assert claimed_pass(token) is None


@pytest.mark.req("VIS-05")
@given(st.text(alphabet=sorted(ALPHABET), max_size=174) | st.binary(max_size=116).map(lambda b: written(b)[4:]))
def test_any_text_of_the_alphabet_is_answered(text: str) -> None:
    _spoiled(PREFIX + text, ANY_KEY)


cbor_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.floats() | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=9)
    | st.builds(cbor2.CBORTag, st.integers(0, 300) | st.integers(0, (1 << 64) - 1), inner),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.req("VIS-05")
@settings(max_examples=300)
@given(cbor_values | st.lists(cbor_values, min_size=9, max_size=9))
def test_any_cbor_even_rightly_signed_is_answered(value: Any) -> None:
    found = read_pass(signed_over(cbor2.dumps(value)), ANY_KEY)
    assert isinstance(found, Pass | PassProblem)


@pytest.mark.req("VIS-05")
@given(
    st.binary(max_size=40),
    st.sampled_from([b"", b"\xc4", b"\xc5", b"\xd8\x1e", b"\xd8\x1c", b"\x9f", b"\x5f"]),
)
def test_any_bytes_even_rightly_signed_are_answered(payload: bytes, opening: bytes) -> None:
    _spoiled(signed_over(opening + payload), ANY_KEY)


def _other_spellings() -> dict[str, bytes]:
    """The claims of `a_pass()`, each time the same values in other bytes."""
    fields = claims_list(a_pass())
    parts = [cbor2.dumps(field, canonical=True) for field in fields]
    plain = b"\x89" + b"".join(parts)
    assert read_pass(signed_over(plain), ANY_KEY) == a_pass()  # the one spelling that is right

    def put(index: int, encoded: bytes) -> bytes:
        return b"\x89" + b"".join([*parts[:index], encoded, *parts[index + 1 :]])

    return {
        "an integer in one byte too many": put(0, b"\x18\x01"),
        "an integer in two": put(0, b"\x19\x00\x01"),
        "an integer in eight": put(0, b"\x1b" + (1).to_bytes(8, "big")),
        "a time in eight": put(3, b"\x1b" + fields[3].to_bytes(8, "big")),
        "an integer as bignum": put(0, b"\xc2\x41\x01"),
        "an integer as float": put(0, b"\xf9\x3c\x00"),
        "an integer as true": put(0, b"\xf5"),
        "an integer as digits": put(0, b"\x41" + b"1"),
        "an array without length": b"\x9f" + b"".join(parts) + b"\xff",
        "a long array head": b"\x98\x09" + b"".join(parts),
        "bytes in pieces": put(1, b"\x5f\x50" + PASS_ID.bytes + b"\xff"),
        "bytes with a long head": put(1, b"\x58\x10" + PASS_ID.bytes),
        "the id as tagged uuid": put(1, b"\xd8\x25\x50" + PASS_ID.bytes),
        "the tag as text": put(2, b"\x68GARDEN01"),
        "self-described": b"\xd9\xd9\xf7" + plain,
        "shared": b"\xd8\x1c" + plain,
        "a byte after": plain + b"\x00",
        "a null after": plain + b"\xf6",
        "the whole once more": plain + plain,
        "a tenth field": b"\x8a" + b"".join(parts) + b"\x00",
        "eight fields": b"\x88" + b"".join(parts[:8]),
        "nothing": b"",
    }


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("name", _other_spellings())
def test_claims_in_any_but_their_shortest_form_are_malformed_even_when_rightly_signed(name: str) -> None:
    assert read_pass(signed_over(_other_spellings()[name]), ANY_KEY) is PassProblem.MALFORMED


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize(
    ("index", "value"),
    [(0, 256), (0, -1), (1, bytes(15)), (1, bytes(17)), (2, bytes(7)), (2, bytes(9)), (3, 1 << 62), (4, -(1 << 62)),
     (5, 1 << 64), (5, -1), (6, 256), (6, -1), (7, 0), (7, 21), (8, 24), (8, -1)],
)  # fmt: skip
def test_a_claim_out_of_its_range_is_malformed_even_when_rightly_signed(index: int, value: Any) -> None:
    fields = claims_list(a_pass())
    fields[index] = value
    assert read_pass(signed_over(cbor2.dumps(fields, canonical=True)), ANY_KEY) is PassProblem.MALFORMED


@pytest.mark.req("VIS-06")
def test_while_keys_roll_both_are_good_and_a_third_is_unknown_and_not_forged() -> None:
    old, new = sign_pass(a_pass(key_id=1), KEY), sign_pass(a_pass(key_id=2), OTHER_KEY)
    overlap = {1: PUBLIC, 2: bytes(OTHER_KEY.verify_key)}
    assert read_pass(old, overlap) == a_pass(key_id=1)
    assert read_pass(new, overlap) == a_pass(key_id=2)
    assert read_pass(old, {2: overlap[2]}) is PassProblem.UNKNOWN_KEY
    assert read_pass(new, {1: overlap[1]}) is PassProblem.UNKNOWN_KEY
    assert read_pass(old, {}) is PassProblem.UNKNOWN_KEY


@pytest.mark.req("VIS-05", "VIS-06")
def test_a_known_key_id_over_another_keys_signature_is_forged() -> None:
    assert read_pass(sign_pass(a_pass(key_id=2), KEY), {2: bytes(OTHER_KEY.verify_key)}) is PassProblem.FORGED


@pytest.mark.req("VIS-05")
def test_a_signature_made_for_something_else_is_forged() -> None:
    payload = raw_of(TOKEN)[:-64]
    assert read_pass(written(payload + KEY.sign(payload).signature), ANY_KEY) is PassProblem.FORGED
    command = KEY.sign(b"menting-command-1\n" + payload).signature
    assert read_pass(written(payload + command), ANY_KEY) is PassProblem.FORGED


@pytest.mark.req("VIS-05")
def test_the_signature_of_one_pass_does_not_carry_another() -> None:
    longer = sign_pass(a_pass(not_after=MONDAY_NOON + timedelta(days=1)), OTHER_KEY)
    assert read_pass(written(raw_of(longer)[:-64] + raw_of(TOKEN)[-64:]), ANY_KEY) is PassProblem.FORGED


@pytest.mark.req("ACC-04")
def test_every_problem_of_a_pass_is_a_reason() -> None:
    assert {problem.value for problem in PassProblem} <= {reason.value for reason in Reason}


def test_a_pass_of_this_site_was_meant() -> None:
    assert a_pass().site_tag == SITE.bytes[8:]
