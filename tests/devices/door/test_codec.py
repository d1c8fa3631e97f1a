"""Modbus RTU frames: golden bytes, and what is no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU

from devices.door.codec import (
    Bits,
    Exceptional,
    Read,
    Request,
    Write,
    WriteWords,
    Written,
    encode,
    encode_tcp,
    find_answer,
    find_answer_tcp,
)
from devices.sim.relay_board import RelayBoardSim

READ_COILS, READ_INPUTS = Read(1, 0, 8), Read(2, 0, 8)
TIMED = WriteWords(8, (2, 50))
ON, OFF = Write(0, 0xFF00), Write(0, 0x0000)


@pytest.mark.parametrize(
    ("request_", "golden"),
    [
        (ON, "01 05 00 00 FF 00 8C 3A"),
        (OFF, "01 05 00 00 00 00 CD CA"),
        (READ_COILS, "01 01 00 00 00 08 3D CC"),
        (READ_INPUTS, "01 02 00 00 00 08 79 CC"),
        (Write(0x0200, 7), "01 05 02 00 00 07 8D B0"),
        (WriteWords(3, (2, 7)), "01 10 00 03 00 02 04 00 02 00 07 53 B8"),
    ],
)
def test_requests_are_the_golden_bytes(request_: Request, golden: str) -> None:
    assert encode(1, request_) == bytes.fromhex(golden)


def test_answers_are_read_from_the_golden_bytes() -> None:
    bits = find_answer(1, READ_COILS, bytes.fromhex("01 01 01 05 91 8B"))
    assert bits == Bits((True, False, True, False, False, False, False, False))
    assert find_answer(1, ON, bytes.fromhex("01 05 00 00 FF 00 8C 3A")) == Written()
    assert find_answer(1, ON, bytes.fromhex("01 85 02 C3 51")) == Exceptional(2)
    assert "illegal address" in str(Exceptional(2))


@pytest.mark.parametrize(
    ("request_", "received", "why"),
    [
        (READ_COILS, "01 02 01 05", "another function"),
        (READ_COILS, "02 01 01 05", "another unit"),
        (READ_COILS, "01 01 02 05 00", "another number of bits"),
        (READ_COILS, "01 01 00 00 00 08", "our own question, echoed"),
        (ON, "01 05 00 00 00 00", "another value was written"),
        (ON, "01 05 00 01 FF 00", "another coil was written"),
        (ON, "01 81 02", "a refusal of another function"),
        (READ_COILS, "02 81 02", "a refusal by another unit"),
    ],
)
def test_a_sound_frame_that_belongs_to_something_else_is_no_answer(request_: Request, received: str, why: str) -> None:
    assert find_answer(1, request_, sealed(received)) is None, why


def sealed(text: str) -> bytes:
    body = bytes.fromhex(text)
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


@given(
    st.integers(1, 255),
    st.integers(0, 100),
    st.lists(st.booleans(), min_size=1, max_size=64),
    st.binary(max_size=20),
    st.binary(max_size=20),
)
def test_an_answer_is_found_among_noise(unit: int, address: int, bits: list[bool], before: bytes, after: bytes) -> None:
    board = RelayBoardSim(unit=unit, inputs=address + len(bits))
    board.set_inputs([False] * address + bits)
    request = Read(2, address, len(bits))
    frame = encode(unit, request)
    ((_, answer),) = board.answer(frame, unit, frame[1:-2])
    assert find_answer(unit, request, answer) == Bits(tuple(bits))
    assert find_answer(unit, request, before + answer + after) is not None
    for cut in range(len(answer)):
        assert find_answer(unit, request, answer[:cut]) is None


@given(st.sampled_from([READ_COILS, READ_INPUTS, ON, Write(0x0203, 12), TIMED]), st.binary(max_size=300))
def test_any_bytes_never_raise(request_: Request, received: bytes) -> None:
    find_answer(1, request_, received)
    find_answer_tcp(1, request_, 7, received)


@given(st.sampled_from([READ_COILS, ON]), st.data())
def test_one_flipped_bit_is_never_an_answer(request_: Request, data: st.DataObject) -> None:
    sound = bytes.fromhex("01 01 01 05 91 8B" if request_ == READ_COILS else "01 05 00 00 FF 00 8C 3A")
    bit = data.draw(st.integers(0, len(sound) * 8 - 1))
    damaged = bytearray(sound)
    damaged[bit // 8] ^= 1 << bit % 8
    assert find_answer(1, request_, bytes(damaged)) is None


def test_over_tcp_the_same_body_stands_behind_a_header_with_the_number_of_the_question() -> None:
    assert encode_tcp(1, ON, 0x1234) == bytes.fromhex("12 34 00 00 00 06 01 05 00 00 FF 00")
    assert encode_tcp(1, TIMED, 1) == bytes.fromhex("00 01 00 00 00 0B 01 10 00 08 00 02 04 00 02 00 32")
    bits = bytes.fromhex("12 34 00 00 00 04 01 01 01 05")
    assert find_answer_tcp(1, READ_COILS, 0x1234, bits) == Bits((True, False, True) + (False,) * 5)
    assert find_answer_tcp(1, TIMED, 1, bytes.fromhex("00 01 00 00 00 06 01 10 00 08 00 02")) == Written()
    assert find_answer_tcp(1, TIMED, 1, bytes.fromhex("00 01 00 00 00 03 01 90 02")) == Exceptional(2)


@pytest.mark.parametrize(
    ("received", "why"),
    [
        ("12 33 00 00 00 04 01 01 01 05", "the answer to the question before"),
        ("12 34 00 01 00 04 01 01 01 05", "not Modbus"),
        ("12 34 00 00 00 05 01 01 01 05", "another length"),
        ("12 34 00 00 00 04 02 01 01 05", "another unit"),
        ("12 34 00 00 00 04 01 02 01 05", "another function"),
        ("12 34 00 00 00 04 01 01 01", "not all of it yet"),
    ],
)
def test_over_tcp_what_belongs_to_something_else_is_no_answer(received: str, why: str) -> None:
    assert find_answer_tcp(1, READ_COILS, 0x1234, bytes.fromhex(received)) is None, why
    sound = bytes.fromhex("12 34 00 00 00 04 01 01 01 05")
    assert find_answer_tcp(1, READ_COILS, 0x1234, bytes.fromhex(received) + sound) is not None, "and is skipped"
