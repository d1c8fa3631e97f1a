"""Whatever bytes are sent as a photo, there is a picture or a reason, and nothing large is ever unpacked."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps

from edge.verify.face.photo import BYTES_MAX, LONG_SIDE_PX, SCANS_MAX, BadPhoto, decode, decode_sealed


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


def scans(count: int) -> bytes:
    """A sound progressive JPEG whose last scan is there `count` times more: each costs a pass over the picture."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 150)).save(out, "JPEG", progressive=True)
    content = out.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * count + content[-2:]


@pytest.mark.req("ACC-12")
def test_by_mail_comes_a_jpeg_or_nothing() -> None:
    """A WebP of 46 bytes took 350 MB, and its decoder lets no other thread run meanwhile."""
    for content in (SOUND["WEBP"], SOUND["PNG"]):
        assert decode_sealed(content) is BadPhoto.NOT_JPEG
    for content in (encoded("GIF"), encoded("BMP"), b"", b"no picture"):
        assert decode_sealed(content) is BadPhoto.NOT_A_PICTURE
    picture = decode_sealed(SOUND["JPEG"])
    assert isinstance(picture, np.ndarray) and picture.shape == (48, 64, 3)


@pytest.mark.req("ACC-12")
def test_a_jpeg_by_mail_is_bounded_in_pixels_and_in_scans_before_anything_is_unpacked() -> None:
    wide = bytearray(SOUND["JPEG"])
    frame = wide.index(b"\xff\xc0") + 5  # height and width, two bytes each
    for height, width in ((4_000, 4_001), (65_000, 65_000)):
        wide[frame : frame + 4] = height.to_bytes(2) + width.to_bytes(2)
        assert decode_sealed(bytes(wide)) is BadPhoto.TOO_MANY_PIXELS
    assert isinstance(decode_sealed(scans(2)), np.ndarray)
    assert decode_sealed(scans(SCANS_MAX)) is BadPhoto.TOO_MANY_SCANS


@pytest.mark.req("ACC-12")
def test_a_jpeg_by_mail_is_bounded_in_pixels_times_scans() -> None:
    """Within each bound of its own, three photos of twenty scans and 16 million pixels held the desk for 28 s."""

    def claiming(content: bytes, height: int, width: int) -> bytes:
        frame = next(content.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in content) + 5
        return content[:frame] + height.to_bytes(2) + width.to_bytes(2) + content[frame + 4 :]

    layered = scans(0)
    assert layered.count(b"\xff\xda") > 5, "as editors and messengers write them"
    assert decode_sealed(claiming(layered, 4_000, 4_000)) is BadPhoto.TOO_MANY_SCANS
    for sides in ((1_280, 960), (1_706, 1_280), (2_000, 2_000)):
        assert decode_sealed(claiming(layered, *sides)) is not BadPhoto.TOO_MANY_SCANS, sides
    assert decode_sealed(claiming(SOUND["JPEG"], 4_000, 4_000)) is not BadPhoto.TOO_MANY_SCANS, "a phone's own"


@pytest.mark.req("ACC-12")
@given(st.binary(max_size=400))
def test_no_bytes_by_mail_raise(content: bytes) -> None:
    assert decode_sealed(b"\xff\xd8\xff" + content) in set(BadPhoto)


def with_exif(entries: list[tuple[int, int, int, int]]) -> bytes:
    """A JPEG whose camera claims these tags: number, type, count, and the four bytes of its value."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + bytes(4)
    return SOUND["JPEG"][:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + SOUND["JPEG"][2:]


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("orientation", range(10))
def test_a_photo_is_turned_as_pillow_turns_it(orientation: int) -> None:
    content = with_exif([(ExifTags.Base.Orientation, 3, 1, orientation)])
    with Image.open(io.BytesIO(content)) as picture:
        wanted = np.asarray(ImageOps.exif_transpose(picture))[:, :, ::-1]
    found = decode(content)
    assert isinstance(found, np.ndarray) and np.array_equal(found, wanted)


@pytest.mark.req("ACC-12")
def test_tags_that_are_not_what_they_say_stop_nobody() -> None:
    """A text of floating-point numbers: enough to end whoever writes all tags anew to turn the picture."""
    described = (ExifTags.Base.ImageDescription, 11, 1, 0x7F800000)
    found = decode_sealed(with_exif([described, (ExifTags.Base.Orientation, 3, 1, 6)]))
    assert isinstance(found, np.ndarray) and found.shape == (64, 48, 3)


WORD, NUMBER = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
TAG = st.sampled_from([0x0112, 0x010E, 0x8769, 0x8825, 0x927C]) | WORD


@pytest.mark.req("ACC-12")
@given(st.lists(st.tuples(TAG, st.integers(0, 14) | WORD, st.integers(0, 3) | NUMBER, NUMBER), max_size=6))
def test_whatever_the_tags_are_there_is_a_picture_or_a_reason(entries: list[tuple[int, int, int, int]]) -> None:
    assert isinstance(decode_sealed(with_exif(entries)), np.ndarray | BadPhoto)
