"""Codes in pictures: what a pass looks like is read however it is held; nothing else gets through, nothing raises."""

import numpy as np
import pytest
import qrcode
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge.verify.qr import CODES_MAX, TEXT_MAX, read_codes

PASS = "MT1:" + "6BF+70E8QL9*K $" * 11
ANY_PIXELS = hnp.arrays(np.uint8, st.tuples(st.integers(0, 90), st.integers(0, 90), st.just(3)))


def picture_of(data: str | bytes, box: int = 4) -> np.ndarray:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=box, border=4)
    code.add_data(data)
    code.make(fit=True)
    grey = np.where(np.array(code.get_matrix()), 0, 255).astype(np.uint8)
    return np.repeat(np.kron(grey, np.ones((box, box), np.uint8))[:, :, None], 3, axis=2)


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("quarter_turns", range(4))
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_pass_is_read_however_it_is_held(quarter_turns: int, inverted: bool, mirrored: bool) -> None:
    picture = np.rot90(picture_of(PASS), quarter_turns)
    if mirrored:
        picture = picture[:, ::-1]
    if inverted:
        picture = 255 - picture
    assert read_codes(picture) == (PASS,)


@pytest.mark.req("SEC-09")
@pytest.mark.parametrize(
    "text",
    ["门庭", "MT1:\nA", "MT1:\x1b[2J", "MT1:A\r", "MT1:\x00", "MT1:é", "A" * (TEXT_MAX + 1)],
    ids=["chinese", "newline", "escape", "return", "nul", "accent", "too long"],
)
def test_what_a_pass_cannot_be_is_as_if_it_were_not_there(text: str) -> None:
    assert read_codes(picture_of(text.encode())) == ()


@pytest.mark.req("SEC-09")
def test_bytes_are_no_text() -> None:
    assert read_codes(picture_of(bytes(range(128, 200)))) == ()


@pytest.mark.req("SEC-09")
def test_the_longest_text_is_read_whole() -> None:
    assert read_codes(picture_of("A" * TEXT_MAX)) == ("A" * TEXT_MAX,)


@pytest.mark.req("VIS-05")
def test_several_codes_come_each_once() -> None:
    row = np.hstack([picture_of(text) for text in ("MT1:ONE", "MT1:TWO", "MT1:ONE")])
    assert sorted(read_codes(row)) == ["MT1:ONE", "MT1:TWO"]


@pytest.mark.req("SEC-09")
def test_a_wall_of_codes_gives_a_bounded_number() -> None:
    codes = [picture_of(f"MT1:{n:04}", box=3) for n in range(16)]
    assert 0 < len(read_codes(np.vstack([np.hstack(codes[n : n + 4]) for n in range(0, 16, 4)]))) <= CODES_MAX


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("kind", ["DataMatrix", "Aztec", "Code128"])
def test_other_kinds_of_code_are_not_read(kind: str) -> None:
    barcode = zxingcpp.create_barcode("MT1:OTHER", getattr(zxingcpp.BarcodeFormat, kind))
    grey = np.array(zxingcpp.write_barcode_to_image(barcode, scale=4, add_quiet_zones=True))
    assert [code.text for code in zxingcpp.read_barcodes(grey)] == ["MT1:OTHER"]
    assert read_codes(np.repeat(grey[:, :, None], 3, axis=2)) == ()


@pytest.mark.req("GEN-07")
@given(ANY_PIXELS, st.integers(1, 3))
def test_no_picture_raises(pixels: np.ndarray, step: int) -> None:
    for view in (pixels, pixels[::-step, ::step], pixels.transpose(1, 0, 2)):
        assert isinstance(read_codes(view), tuple)
