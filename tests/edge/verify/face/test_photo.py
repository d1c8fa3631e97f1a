"""Whatever bytes are sent as a photo, there is a picture or a reason, and nothing large is ever unpacked."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.verify.face.photo import BYTES_MAX, LONG_SIDE_PX, BadPhoto, decode


def encoded(form: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    ramp = np.linspace(0, 255, size[0] * size[1] * 3).reshape(size[1], size[0], 3).astype(np.uint8)
    Image.fromarray(ramp).save(out, form)
    return out.getvalue()


SOUND = {form: encoded(form) for form in ("JPEG", "PNG", "WEBP")}


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("form", SOUND)
def test_the_three_forms_are_read(form: str) -> None:
    picture = decode(SOUND[form])
    assert isinstance(picture, np.ndarray)
    assert (picture.shape, picture.dtype) == ((48, 64, 3), np.uint8)


@pytest.mark.req("ACC-12")
def test_colours_come_in_the_order_of_the_frames() -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 100, 50)).save(out, "PNG")
    picture = decode(out.getvalue())
    assert isinstance(picture, np.ndarray)
    assert picture[0, 0].tolist() == [50, 100, 200]


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_three_bytes(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    picture = decode(out.getvalue())
    assert isinstance(picture, np.ndarray)
    assert (picture.shape, picture.dtype) == ((30, 40, 3), np.uint8)


@pytest.mark.req("ACC-12")
def test_large_photos_are_made_small() -> None:
    picture = decode(encoded("JPEG", (5000, 2500)))
    assert isinstance(picture, np.ndarray)
    assert max(picture.shape) <= LONG_SIDE_PX


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PPM"])
def test_other_decoders_are_not_even_tried(form: str) -> None:
    assert decode(encoded(form)) is BadPhoto.NOT_A_PICTURE


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_a_telephone_s_heic_is_named(brand: bytes) -> None:
    assert decode(b"\x00\x00\x00\x18ftyp" + brand + bytes(64)) is BadPhoto.HEIF


@pytest.mark.req("ACC-12")
def test_forty_megabytes_are_not_opened() -> None:
    assert decode(SOUND["JPEG"] + bytes(40_000_000)) is BadPhoto.FILE_TOO_LARGE
    assert decode(SOUND["JPEG"] + bytes(BYTES_MAX - len(SOUND["JPEG"]))) is not BadPhoto.FILE_TOO_LARGE


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("side", [9_000, 12_000, 16_000])
def test_a_small_file_with_very_many_pixels_is_not_unpacked(side: int) -> None:
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    assert decode(out.getvalue()) is BadPhoto.TOO_MANY_PIXELS


@pytest.mark.req("ACC-12")
@given(st.binary(max_size=400))
def test_no_bytes_raise(content: bytes) -> None:
    assert decode(content) in set(BadPhoto)


@pytest.mark.req("ACC-12")
@given(
    st.sampled_from(sorted(SOUND)),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    st.data(),
)
def test_no_damage_raises(form: str, damage: list[tuple[int, int]], data: st.DataObject) -> None:
    content = bytearray(SOUND[form])
    for place, value in damage:
        content[place % len(content)] = value
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    picture = decode(cut)
    assert isinstance(picture, BadPhoto) or (picture.ndim == 3 and picture.dtype == np.uint8)
