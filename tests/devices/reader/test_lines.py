"""Lines of converters and typing readers: a card, a key, or no guess at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ports import GarbageReason
from devices.reader.lines import LINES, Key, Profile, meaning
from devices.reader.wiegand import FORMATS, Card, encode, mirrored

CARD = Card("wiegand26", 123, 45678)
BITS = encode(123, 45678, FORMATS[26])
WIDE = encode(40000, 50000, FORMATS[34])


@pytest.mark.req("INT-06")
@pytest.mark.parametrize(
    ("profile", "line", "said"),
    [
        (Profile("hex"), f"{BITS:07X}", CARD),
        (Profile("hex"), f"{BITS:07x}", CARD),
        (Profile("hex", lsb_first=True), f"{mirrored(BITS, 26):07X}", CARD),
        (Profile("hex"), "A", Key("*")),
        (Profile("hex"), "A5", Key("5")),
        (Profile("hex", FORMATS[34]), f"{WIDE:09X}", Card("wiegand34", 40000, 50000)),
        (Profile("bits"), f"{BITS:026b}", CARD),
        (Profile("bits", lsb_first=True), f"{BITS:026b}"[::-1], CARD),
        (Profile("bits"), "0101", Key("5")),
        (Profile("bits", lsb_first=True), "1010", Key("5")),
        (Profile("comma"), "123,45678", CARD),
        (Profile("decimal"), "0008123456", Card("decimal10", None, 8123456)),
        (Profile("decimal"), "08123456", Card("decimal8", None, 8123456)),
        (Profile("uid"), "04A1B2C3", Card("uid32", None, 0x04A1B2C3)),
    ],
)
def test_every_way_of_writing_a_card_is_read(profile: Profile, line: str, said: Card | Key) -> None:
    assert meaning(line, profile) == said


@pytest.mark.req("INT-06")
@pytest.mark.parametrize("line", [f"{BITS ^ 2:07X}", f"{BITS ^ 1 << 25:07X}"])
def test_a_wrong_parity_is_told_as_such(line: str) -> None:
    assert meaning(line, Profile("hex")) is GarbageReason.PARITY


@pytest.mark.parametrize(
    ("profile", "line"),
    [
        (Profile("hex"), f"{BITS:08X}"),
        (Profile("hex"), "8000000"),
        (Profile("hex"), "12 34"),
        (Profile("hex", FORMATS[34]), f"{BITS:07X}"),
        (Profile("bits"), "01" * 12),
        (Profile("bits"), "012"),
        (Profile("comma"), "256,1"),
        (Profile("comma"), "1,65536"),
        (Profile("comma"), "1,2,3"),
        (Profile("comma"), "-1,2"),
        (Profile("decimal"), "123"),
        (Profile("decimal"), "1" * 21),
        (Profile("decimal"), "12345 "),
        (Profile("decimal"), "１２３４５"),
        (Profile("uid"), "04A1B2C"),
        (Profile("uid"), "04A1B2C3D"),
        (Profile("keys"), "12345678"),
    ],
)
def test_what_is_written_otherwise_is_no_card(profile: Profile, line: str) -> None:
    assert meaning(line, profile) is GarbageReason.NOT_CARD


@given(st.sampled_from(LINES), st.sampled_from(list(FORMATS)), st.booleans(), st.text(max_size=40))
def test_no_line_whatever_raises(line: str, bits: int, lsb: bool, text: str) -> None:
    said = meaning(text, Profile(line, FORMATS[bits], lsb))
    assert isinstance(said, Card | Key | GarbageReason)
