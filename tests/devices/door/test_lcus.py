"""LCUS frames, and what their driver claims: nothing that it cannot know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.door.lcus import encode
from devices.sim.lcus import LcusSim


@pytest.mark.parametrize(
    ("channel", "on", "golden"),
    [(1, True, "A0 01 01 A2"), (1, False, "A0 01 00 A1"), (3, True, "A0 03 01 A4"), (4, False, "A0 04 00 A4")],
)
def test_frames_are_the_golden_bytes(channel: int, on: bool, golden: str) -> None:
    assert encode(channel, on) == bytes.fromhex(golden)


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=8), st.data())
def test_the_board_obeys_each_frame_however_it_is_cut_up(commands: list[tuple[int, bool]], data: st.DataObject) -> None:
    board, expected = LcusSim(4), [False] * 4
    sent = b"".join(encode(channel, on) for channel, on in commands)
    while sent:
        cut = data.draw(st.integers(1, len(sent)))
        board.hear(sent[:cut])
        sent = sent[cut:]
    for channel, on in commands:
        expected[channel - 1] = on
    assert board.outputs() == tuple(expected)


@given(st.binary(max_size=64))
def test_noise_without_a_sound_frame_moves_nothing(noise: bytes) -> None:
    board = LcusSim(4)
    board.hear(noise)
    frames = [noise[at : at + 4] for at in range(len(noise) - 3)]
    if not any(frame[0] == 0xA0 and sum(frame[:3]) % 256 == frame[3] for frame in frames):
        assert board.edges() == ()
