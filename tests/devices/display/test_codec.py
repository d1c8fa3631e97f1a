"""Frames as published, and nothing that anybody wrote ever steers the board."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.display import codec
from devices.display.codec import Frame, Order, decode, encode, gbk, lines, spoken


@pytest.mark.req("INT-08")
def test_the_frames_of_the_handbook() -> None:
    welcome = bytes.fromhex("00 64 FF FF 30 09 01 BB B6 D3 AD B9 E2 C1 D9 32 58")
    assert encode(0, Order.SPEAK, spoken("欢迎光临", 1)) == welcome
    assert decode(welcome) == Frame(0, Order.SPEAK, b"\x01" + "欢迎光临".encode("gbk"))
    published = bytes.fromhex("00 64 FF FF 00 06 31 35 39 37 35 33 FB 06")
    assert decode(published) == Frame(0, 0, b"159753")


@pytest.mark.req("INT-08", "SEC-09")
@given(st.text(max_size=400))
def test_any_text_gives_one_sound_frame_of_at_most_255_bytes_without_a_control_byte(text: str) -> None:
    data = spoken(text, 1)
    assert len(data) <= codec.DATA_MAX and min(data[1:], default=0x20) >= 0x20
    frame = decode(encode(7, Order.SPEAK, data))
    assert frame == Frame(7, Order.SPEAK, data)
    data[1:].decode("gbk")  # never half a character


@given(st.lists(st.text(max_size=80), max_size=6))
def test_lines_are_whole_or_left_out(texts: list[str]) -> None:
    data = lines(tuple(texts))
    assert len(data) <= codec.DATA_MAX
    shown = data.decode("gbk").split("\r\n")[:-1]
    assert shown == [gbk(text, codec.DATA_MAX).decode("gbk") for text in texts][: len(shown)]


@given(st.binary(max_size=64))
def test_rubbish_is_no_frame_and_a_damaged_one_neither(noise: bytes) -> None:
    whole = encode(1, Order.LINES, b"A\r\n")
    assert decode(noise) is None or encode(decode(noise).address, decode(noise).order, decode(noise).data) == noise
    for place in range(len(whole)):
        assert decode(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]) is None


@pytest.mark.req("INT-08")
def test_of_the_boards_orders_only_those_are_sent_whose_meaning_is_known() -> None:
    """6E is deprecated, and what 00 and 3F do nobody has written down (DEVICES 9)."""
    assert {order.value for order in Order} == {0x30, 0x6F}


def test_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        encode(0, Order.SPEAK, bytes(256))
