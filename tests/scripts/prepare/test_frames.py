"""Composed frames: the same seed the same frame, another seed another; the code in them can be read."""

import numpy as np
import pytest
import qrcode

from edge.verify.qr import read_codes
from scripts.prepare import frames

PASS = "MT1:" + "6BF+70E8QL9*K $" * 11


def code_picture() -> np.ndarray:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(PASS)
    code.make(fit=True)
    grey = np.kron(np.where(np.array(code.get_matrix()), 0, 255), np.ones((6, 6))).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def test_the_seed_is_the_frame() -> None:
    for seed in range(3):
        frame = frames.compose(None, code_picture(), seed)
        assert (frame.shape, frame.dtype) == ((720, 1280, 3), np.uint8)
        assert np.array_equal(frame, frames.compose(None, code_picture(), seed))
        assert not np.array_equal(frame, frames.compose(None, code_picture(), seed + 1))


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("seed", range(12))
def test_the_pass_in_the_frame_is_read(seed: int) -> None:
    somebody = np.full((300, 280, 3), (140, 160, 210), np.uint8)
    assert read_codes(frames.compose(somebody, code_picture(), seed)) == (PASS,)
    assert read_codes(frames.compose(somebody, None, seed)) == ()


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize("seed", range(4))
def test_a_held_photograph_is_lit_for_the_eye_and_dark_in_infrared(seed: int) -> None:
    somebody = np.full((300, 280, 3), (140, 160, 210), np.uint8)
    seen, beside = frames.photograph(somebody, seed), frames.infrared_of_photograph(somebody, seed)
    middle = np.s_[330:390, 600:680]
    assert seen[middle].mean() > 120 > 45 > beside[middle].mean()
    assert np.array_equal(beside, frames.infrared_of_photograph(somebody, seed))
    grey = frames.infrared_of(seen)
    assert grey.shape == seen.shape and np.ptp(grey, axis=2).max() == 0 and grey[middle].mean() > seen[middle].mean()
