"""A card's number as somebody types it from the card, to what a reader says of the same card. Pure.

wiegand26   facility 0–255 and number 0–65535, as printed: 012,34567
wiegand34   facility 0–65535 and number 0–65535: 12345,34567
decimal     as a USB reader types it: 0008439123 (the digits count, leading zeros included)
uid         hexadecimal, 4, 7 or 10 bytes: 04A2B3C4
"""

from __future__ import annotations

import re

from central.base.kernel.errors import Invalid
from models.access.cards import Card

PRINTED = ("wiegand26", "wiegand34", "decimal", "uid")
_FACILITY_MAX = {"wiegand26": 255, "wiegand34": 65535}
_NUMBER_MAX = 65535
_NARROW = {0xFF01 + sign: 0x21 + sign for sign in range(94)} | {0x3000: 0x20}
"""What a Chinese keyboard types in full width. Only these: no other sign that looks like a digit is one."""


def card_typed(printed: str, text: str) -> Card:
    """Raises Invalid, beside `number`, with an example of what is expected."""
    text = text.translate(_NARROW)
    wrong = Invalid(fields={"number": f"cards.number_form.{printed if printed in PRINTED else PRINTED[0]}"})
    if printed in _FACILITY_MAX:
        pair = re.fullmatch(r"([0-9]{1,5})[,\s/-]+([0-9]{1,5})", text)
        if pair is None:
            raise wrong
        facility, number = int(pair[1]), int(pair[2])
        if facility > _FACILITY_MAX[printed] or number > _NUMBER_MAX:
            raise wrong
        return Card(format=printed, facility=facility, number=number)
    if printed == "decimal" and re.fullmatch(r"[0-9]{4,20}", text):
        return Card(format=f"decimal{len(text)}", number=int(text))
    packed = re.sub(r"[\s:-]", "", text)
    if printed == "uid" and re.fullmatch(r"(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})", packed):
        return Card(format=f"uid{len(packed) * 4}", number=int(packed, 16))
    raise wrong
