"""An enrolment photo somebody sent: bytes of unknown origin, made into a picture or refused.

Only JPEG, PNG and WebP are even tried: every further decoder is a further way in. Size and pixel count are bounded
before anything is decompressed, because forty kilobytes can claim to be a hundred thousand pixels square.

What comes sealed by mail is read more narrowly still (`decode_sealed`): whoever has a link can send it, and the page
behind the link sends nothing but JPEGs of 1280 pixels.
"""

from __future__ import annotations

import io
import logging
import warnings
from enum import StrEnum

import numpy as np
from PIL import ExifTags, Image

from devices.ports import Pixels

log = logging.getLogger(__name__)

BYTES_MAX = 15_000_000
PIXELS_MAX = 64_000_000
"""A phone's largest ordinary photo; 192 MB once decoded, for the moment until it is shrunk."""
SEALED_PIXELS_MAX = 16_000_000
SCANS_MAX = 20
"""Of one JPEG by mail: a canvas writes one, progressive files of phones and editors about ten. Each scan is a pass over
the whole picture for 92 bytes of file, 0.036 s in a measurement: two megabytes of them would hold the desk minutes."""
SCANNED_PIXELS_MAX = 48_000_000
"""Pixels times scans of one JPEG by mail, the work of taking it apart: three of 16 million pixels in 20 scans held the
desk for 28 s on a busy machine. A photo of 16 million pixels in one scan is far below, and so is a progressive one of
what the page sends, or of four million pixels in ten."""
LONG_SIDE_PX = 2048
"""Photos are shrunk to this: a face in them is still several times larger than the network looks at."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_SCAN = b"\xff\xda"
"""A JPEG's mark before each scan; inside a scan an FF is followed by 00 or by a mark of another number."""
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""By the number that EXIF has for how the camera was held. Read and done here: Pillow's own function writes all other
tags anew for it, and fails in many ways on tags that are not what they say."""


class BadPhoto(StrEnum):
    """Why bytes are no photo we can use."""

    FILE_TOO_LARGE = "file_too_large"
    HEIF = "heif"
    NOT_A_PICTURE = "not_a_picture"
    NOT_JPEG = "not_jpeg"
    TOO_MANY_SCANS = "too_many_scans"
    TOO_MANY_PIXELS = "too_many_pixels"


def decode_sealed(content: bytes) -> Pixels | BadPhoto:
    """The same of a photo that came by mail: a JPEG of at most 16 million pixels and 20 scans, and not many of both.

    46 bytes of WebP took 350 MB of memory at the gate, and its decoder let no other thread go on for 0.7 s.
    """
    if content[:4] == b"\x89PNG" or content[8:12] == b"WEBP":
        return BadPhoto.NOT_JPEG
    scans = content.count(_SCAN)
    if scans > SCANS_MAX:
        return BadPhoto.TOO_MANY_SCANS
    return decode(
        content, formats=("JPEG",), pixels_max=SEALED_PIXELS_MAX, scanned_max=SCANNED_PIXELS_MAX // max(scans, 1)
    )


def decode(
    content: bytes, *, formats: tuple[str, ...] = _FORMATS, pixels_max: int = PIXELS_MAX, scanned_max: int | None = None
) -> Pixels | BadPhoto:
    """The upright picture, height x width x 3, blue-green-red, at most 2048 px long. Never raises for bytes.
    `scanned_max`: so many pixels are too many for the scans it has."""
    if len(content) > BYTES_MAX:
        return BadPhoto.FILE_TOO_LARGE
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return BadPhoto.HEIF
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is refused by value two lines on
            return _decoded(content, formats, pixels_max, scanned_max)
    except Image.DecompressionBombError:
        return BadPhoto.TOO_MANY_PIXELS
    except Exception as error:  # noqa: BLE001 - Pillow raises of many kinds on bytes that are not what they claim to be
        log.info("a photo could not be read: %s", type(error).__name__)
        return BadPhoto.NOT_A_PICTURE


def _decoded(content: bytes, formats: tuple[str, ...], pixels_max: int, scanned_max: int | None) -> Pixels | BadPhoto:
    with Image.open(io.BytesIO(content), formats=formats) as picture:
        if picture.width * picture.height > pixels_max:
            return BadPhoto.TOO_MANY_PIXELS
        if scanned_max is not None and picture.width * picture.height > scanned_max:
            return BadPhoto.TOO_MANY_SCANS
        picture.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))  # a JPEG is then decoded at half or quarter size
        turn = _UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
        upright = (picture.transpose(turn) if turn is not None else picture).convert("RGB")
    upright.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.BOX)
    return np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
