"""What one line of a converter or of a keyboard-wedge reader says: a card or keys. Pure; the profile is data.

    hex       the bits as hexadecimal digits, filled up on the left: 7 digits for 26 bits, 9 for 34; 1 or 2 for a key
    bits      the bits as 0 and 1: 26 or 34 of them; 4 or 8 for a key
    comma     facility, comma, number, both decimal: 123,45678; the converter has checked the parity
    decimal   4 to 20 decimal digits and nothing else, as most USB card readers type them
    uid       the serial number of a contactless card: 8, 14 or 20 hexadecimal digits
    keys      no lines at all: every character is a key; Enter is #, Backspace is *

What is written differently is garbage and no card: digits too many or too few are a reader set to something else,
and a number that was cut would be another person's card. Sources: what converters' descriptions have in common; no
converter and no USB reader was tried. `order` is the bit order switch of INT-06: lsb mirrors the bits, key bursts too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.ports import GarbageReason
from devices.reader.wiegand import FORMATS, Card, Format, decode, key_of, mirrored

LINES = ("hex", "bits", "comma", "decimal", "uid")
KEYS_ONLY = "keys"


@dataclass(frozen=True, slots=True)
class Profile:
    """How one reader writes its lines."""

    line: str = "hex"
    form: Format = FORMATS[26]
    lsb_first: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a keypad."""

    key: str


def meaning(text: str, profile: Profile) -> Card | Key | GarbageReason:
    """What `text`, one line without its end, says."""
    match profile.line:
        case "hex":
            return _hex(text, profile)
        case "bits":
            return _burst(int(text, 2), len(text), profile) if re.fullmatch(r"[01]+", text) else GarbageReason.NOT_CARD
        case "comma":
            return _comma(text, profile.form)
        case "decimal" if re.fullmatch(r"[0-9]{4,20}", text):
            return Card(f"decimal{len(text)}", None, int(text))
        case "uid" if re.fullmatch(r"(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})", text):
            return Card(f"uid{len(text) * 4}", None, int(text, 16))
        case _:
            return GarbageReason.NOT_CARD


def _hex(text: str, profile: Profile) -> Card | Key | GarbageReason:
    if not re.fullmatch(r"[0-9A-Fa-f]{1,16}", text):
        return GarbageReason.NOT_CARD
    bits = {1: 4, 2: 8, -(-profile.form.bits // 4): profile.form.bits}.get(len(text))
    value = int(text, 16)
    if bits is None or value >> bits:
        return GarbageReason.NOT_CARD
    return _burst(value, bits, profile)


def _burst(value: int, bits: int, profile: Profile) -> Card | Key | GarbageReason:
    if profile.lsb_first:
        value = mirrored(value, bits)
    if bits == profile.form.bits:
        card = decode(value, profile.form)
        return GarbageReason.PARITY if card is None else card
    key = key_of(value, bits)
    return GarbageReason.NOT_CARD if key is None else Key(key)


def _comma(text: str, form: Format) -> Card | GarbageReason:
    parts = re.fullmatch(r"([0-9]{1,5}),([0-9]{1,5})", text)
    if parts is None:
        return GarbageReason.NOT_CARD
    facility, number = int(parts[1]), int(parts[2])
    if facility >= 1 << form.facility_bits or number >= 1 << form.number_bits:
        return GarbageReason.NOT_CARD
    return Card(form.name, facility, number)
