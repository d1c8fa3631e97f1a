"""The QR picture: always version 7, read back by the scanner's own decoder."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID

import numpy
import pytest
import zxingcpp
from hypothesis import given, settings
from nacl.signing import SigningKey
from PIL import Image, ImageDraw
from qrcode.exceptions import DataOverflowError

from central.gates.access.picture import MODULES, PIXELS, QUIET, picture
from models.access.credential import Pass
from models.access.passes import TOKEN_MAX, sign_pass
from tests.models.strategies import signable_passes

KEY = SigningKey(bytes(range(32)))
LONGEST = Pass(
    key_id=255, pass_id=UUID(int=(1 << 128) - 1), site_tag=b"\xff" * 8, not_before=datetime(2099, 1, 1, tzinfo=UTC),
    not_after=datetime(2099, 12, 31, tzinfo=UTC), gates=(1 << 64) - 1, uses=255, party=20, group=23,
)  # fmt: skip
SIDE = (MODULES + 2 * QUIET) * PIXELS


def read_back(image: Image.Image) -> zxingcpp.Barcode:
    """As a gate looks: for QR codes only (stripes of one can pass for a film's edge code)."""
    qr = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    (found,) = zxingcpp.read_barcodes(numpy.asarray(image.convert("L")), formats=qr)
    return found


@pytest.mark.req("VIS-05")
@settings(max_examples=15, deadline=None)
@given(claims=signable_passes)
def test_every_pass_fits_version_7_and_reads_back(claims):
    token = sign_pass(claims, KEY)
    assert len(token) <= TOKEN_MAX
    image = Image.open(io.BytesIO(picture(token, "png")))
    assert image.size == (SIDE, SIDE)
    found = read_back(image)
    assert (found.text, found.ec_level, found.extra["Version"]) == (token, "M", "7")


@pytest.mark.req("VIS-05")
def test_the_longest_pass_fits_too():
    token = sign_pass(LONGEST, KEY)
    assert Image.open(io.BytesIO(picture(token, "png"))).size == (SIDE, SIDE)


def test_the_drawing_for_paper_shows_the_same_code():
    token = sign_pass(LONGEST, KEY)
    svg = picture(token, "svg").decode()
    assert "style" not in svg and "script" not in svg
    image = Image.new("L", (SIDE, SIDE), 255)
    draw = ImageDraw.Draw(image)
    for run in svg.split(' d="')[1].split('"')[0].split("M")[1:]:
        x, rest = run.split(" ", 1)
        y, rest = rest.split("h", 1)
        width = rest.split("v")[0]
        left, top = int(x) * PIXELS, int(y) * PIXELS
        draw.rectangle((left, top, left + int(width) * PIXELS - 1, top + PIXELS - 1), fill=0)
    assert read_back(image).text == token


def test_a_text_that_is_no_pass_is_a_fault_and_not_a_larger_picture():
    with pytest.raises(DataOverflowError):
        picture("A" * (TOKEN_MAX + 1), "png")
    with pytest.raises(ValueError, match="mode"):
        picture("lower case", "png")
