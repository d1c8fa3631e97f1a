"""What is sealed for a gate has bounds, whoever wrote it: as bytes, and as the text that travels."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from models.wire.faces import POINT_BYTES, SEALED_PHOTO_MAX, SealedPhoto, SealedTemplate
from tests.models.wire.sample_faces import SEALED_PHOTO, SEALED_TEMPLATE

NOT_TAKEN = [
    (SEALED_PHOTO, "ephemeral", POINT_BYTES - 1), (SEALED_PHOTO, "ephemeral", POINT_BYTES + 1),
    (SEALED_PHOTO, "nonce", 11), (SEALED_PHOTO, "nonce", 13),
    (SEALED_PHOTO, "sealed", 16), (SEALED_PHOTO, "sealed", SEALED_PHOTO_MAX + 1), (SEALED_PHOTO, "sealed", 40_000_000),
    (SEALED_TEMPLATE, "sealed", 8_001), (SEALED_TEMPLATE, "stamp", 65),
]  # fmt: skip


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize(("whole", "name", "length"), NOT_TAKEN)
def test_bytes_of_another_length_are_not_taken(whole: SealedPhoto | SealedTemplate, name: str, length: int) -> None:
    for value in (bytes(length), base64.b64encode(bytes(length)).decode()):
        fields: dict[str, Any] = whole.model_dump() | {name: value}
        with pytest.raises(ValidationError):
            type(whole).model_validate(fields)


def test_the_bounds_are_of_the_bytes_and_not_of_the_longer_text_that_travels() -> None:
    for length in (17, SEALED_PHOTO_MAX):
        photo = SealedPhoto(**SEALED_PHOTO.model_dump(exclude={"sealed"}), sealed=bytes(length))
        assert SealedPhoto.model_validate_json(photo.model_dump_json()) == photo
