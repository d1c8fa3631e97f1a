"""Wiegand: the bits of a card as a reader sends them. Pure: bits <-> values; a wrong parity is no card.

    26 bits   P F F F F F F F F N N N N N N N N N N N N N N N N Q      8 bits facility, 16 bits number
    34 bits   P F*16 N*16 Q                                            16 bits facility, 16 bits number

    P makes the ones of the first half even (itself and the 12 or 16 bits after it), Q those of the second half odd.

Facility 123, number 45678 is 1 01111011 1011001001101110 1 (DEVICES 6.4, measured with an own codec; the 34-bit shape
is known from descriptions only and no reader of it was tried). Keys of a keypad come as bursts of 4 bits, or of 8:
the four, inverted, and then the four.

Parity is no integrity, the wire is easily tapped and a number easily played into it: a card read so is weak (ACC-28).
"""

from __future__ import annotations

from dataclasses import dataclass

KEYS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Format:
    """A length in bits, and how much of it is the facility; the two parity bits stand around."""

    bits: int
    facility_bits: int

    @property
    def name(self) -> str:
        """The word that stands in a credential."""
        return f"wiegand{self.bits}"

    @property
    def number_bits(self) -> int:
        """What is left for the number."""
        return self.bits - 2 - self.facility_bits


FORMATS = {26: Format(26, 8), 34: Format(34, 16)}


@dataclass(frozen=True, slots=True)
class Card:
    """What names a card: all three together."""

    format: str
    facility: int | None
    number: int


def decode(value: int, form: Format) -> Card | None:
    """The card in `value` (bit 0 of the drawing is its highest); None for a wrong parity or length."""
    if not 0 <= value < 1 << form.bits or not _parity_holds(value, form):
        return None
    body = (value >> 1) & ((1 << (form.bits - 2)) - 1)
    return Card(form.name, body >> form.number_bits, body & ((1 << form.number_bits) - 1))


def encode(facility: int, number: int, form: Format) -> int:
    """The bits of a card. Raises ValueError for what the format has no room for."""
    if not (0 <= facility < 1 << form.facility_bits and 0 <= number < 1 << form.number_bits):
        raise ValueError(f"{form.name} has no facility {facility} with number {number}")
    body = facility << form.number_bits | number
    half = form.bits // 2 - 1
    first, second = body >> half, body & ((1 << half) - 1)
    return (first.bit_count() % 2) << (form.bits - 1) | body << 1 | (second.bit_count() + 1) % 2


def key_of(value: int, bits: int) -> str | None:
    """The key of a burst of 4 or 8 bits; None when there is no such key, or the two halves disagree."""
    low = value & 0xF
    if bits not in (4, 8) or value >> bits or (bits == 8 and value >> 4 != low ^ 0xF):
        return None
    return KEYS[low] if low < len(KEYS) else None


def mirrored(value: int, bits: int) -> int:
    """The bits in the other order: some converters send the lowest first."""
    return int(f"{value:0{bits}b}"[::-1], 2)


def _parity_holds(value: int, form: Format) -> bool:
    half = form.bits // 2
    first, second = value >> half, value & ((1 << half) - 1)
    return first.bit_count() % 2 == 0 and second.bit_count() % 2 == 1
