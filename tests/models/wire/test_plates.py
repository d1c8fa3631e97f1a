"""A plate in an event: readable with the site's key, for its own access, and by nobody else."""

import os
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.wire.plates import KEY_BYTES, NONCE_BYTES, PlateEntry, PlateList, masked, open_plate, seal_plate
from tests.models.making import MONDAY_NOON, uuid

KEY = bytes(range(KEY_BYTES))


@given(text=st.text(max_size=20), nonce=st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES), about=st.uuids())
def test_what_was_sealed_opens_again_and_for_no_other_access(text: str, nonce: bytes, about: UUID) -> None:
    sealed = seal_plate(text, about, KEY, nonce)
    assert open_plate(sealed, about, KEY) == text
    assert open_plate(sealed, uuid(1), KEY) is None or about == uuid(1)
    assert open_plate(sealed, about, bytes(KEY_BYTES)) is None


@given(st.binary(max_size=80))
@example(bytes(NONCE_BYTES + 1))
def test_bytes_that_nobody_sealed_open_to_nothing(junk: bytes) -> None:
    assert open_plate(junk, uuid(1), KEY) is None


def test_one_plate_is_two_ciphertexts_and_a_log_says_a_masked_one() -> None:
    first, second = (seal_plate("川A12345", uuid(1), KEY, os.urandom(NONCE_BYTES)) for _ in range(2))
    assert first != second and "川A12345".encode() not in first
    assert [masked(one) for one in ("川A12345", "川AD12345", "川A", "")] == ["川A****5", "川A*****5", "**", ""]


def test_a_list_holds_plates_and_nothing_else() -> None:
    with pytest.raises(ValidationError):
        PlateEntry(entry_id=uuid(1), list=PlateList.PERMIT, plate="'; DROP TABLE", since=MONDAY_NOON)
