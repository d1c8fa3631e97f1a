"""An enrolment photo somebody sent: bytes of unknown origin, made into a picture or refused.

Only JPEG, PNG and WebP are even tried: every further decoder is a further way in. Size and pixel count are bounded
before anything is decompressed, because forty kilobytes can claim to be a hundred thousand pixels square.
"""

from __future__ import annotations

import io
import struct
import warnings
from enum import StrEnum

import numpy as np
from PIL import Image, ImageOps

from devices.ports import Pixels

BYTES_MAX = 15_000_000
PIXELS_MAX = 64_000_000
"""A phone's largest ordinary photo; 192 MB once decoded, for the moment until it is shrunk."""
LONG_SIDE_PX = 2048
"""Photos are shrunk to this: a face in them is still several times larger than the network looks at."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}

_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, TypeError, MemoryError)
"""What Pillow's decoders raise on bytes that are not what they claim to be."""


class BadPhoto(StrEnum):
    """Why bytes are no photo we can use."""

    FILE_TOO_LARGE = "file_too_large"
    HEIF = "heif"
    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY_PIXELS = "too_many_pixels"


def decode(content: bytes) -> Pixels | BadPhoto:
    """The upright picture, height x width x 3, blue-green-red, at most 2048 px long. Never raises for bytes."""
    if len(content) > BYTES_MAX:
        return BadPhoto.FILE_TOO_LARGE
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return BadPhoto.HEIF
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is refused by value two lines on
            return _decoded(content)
    except Image.DecompressionBombError:
        return BadPhoto.TOO_MANY_PIXELS
    except _DAMAGED:
        return BadPhoto.NOT_A_PICTURE


def _decoded(content: bytes) -> Pixels | BadPhoto:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            return BadPhoto.TOO_MANY_PIXELS
        picture.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))  # a JPEG is then decoded at half or quarter size
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.BOX)
    return np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
