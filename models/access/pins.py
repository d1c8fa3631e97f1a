"""PINs: keyed behind the unit's number, so that one salted hash is compared and not those of the house (ACC-27). Pure.

    unit # PIN #        the PIN has 6 to 12 digits, is not trivial, and is nobody else's of that unit

Duress (ACC-20): the same PIN with its last digit one higher (9 becomes 0) opens as always, shows nothing, and calls for
help in silence. Nobody of the unit can be given a PIN that is another's under duress.

A hash costs about 16 MB and some 50 ms (scrypt, n = 16384). Six digits stay six digits: who has the disk of a node can
try a million of them in half a day for each unit.
"""

import hashlib
import itertools
from collections.abc import Iterable
from uuid import UUID

from pydantic import Field

from models.values.frozen import Frozen, WireValue
from models.values.time import Instant

DIGITS_MIN, DIGITS_MAX = 6, 12
PINS_OF_A_UNIT_MAX = 8
COST = 1 << 14


class UnitPin(WireValue):
    """One person's PIN: hashed with the salt of the unit. A visitor's ends with the invitation."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    credential_id: UUID
    cardholder_id: UUID
    valid_until: Instant | None = None


class UnitPins(WireValue):
    """The PINs behind one unit's number, as it is keyed: digits only."""

    unit: str = Field(pattern=r"^[0-9]{1,10}$")
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    pins: tuple[UnitPin, ...] = Field(default=(), max_length=PINS_OF_A_UNIT_MAX)


class PinMatch(Frozen):
    """Whose PIN was keyed. `duress` is for the silent alarm alone, and decides nothing."""

    pin: UnitPin
    duress: bool = False


def is_pin(text: str) -> bool:
    return text.isascii() and text.isdigit() and DIGITS_MIN <= len(text) <= DIGITS_MAX


def is_trivial(pin: str) -> bool:
    """One digit again and again, a run up or down, a block that repeats, or one half mirrored."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    blocks = any(pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1) if len(pin) % size == 0)
    return steps <= {1} or steps <= {9} or blocks or pin == pin[::-1]


def duress_of(pin: str) -> str:
    """What its owner keys under threat."""
    return pin[:-1] + str((int(pin[-1]) + 1) % 10)


def _meant(pin: str) -> str:
    """The PIN of which this is the one under duress."""
    return pin[:-1] + str((int(pin[-1]) - 1) % 10)


def hash_pin(pin: str, salt: str) -> str:
    """Slow on purpose. `salt`: hex, the unit's."""
    return hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), n=COST, r=8, p=1, dklen=32).hex()


def is_free(pin: str, unit: UnitPins | None) -> bool:
    """Whether this PIN can be given to one more person of the unit: it is no one's, nor anybody's under duress."""
    if unit is None:
        return True
    taken = {one.hash for one in unit.pins}
    return taken.isdisjoint(hash_pin(each, unit.salt) for each in (pin, duress_of(pin), _meant(pin)))


def find_pin(units: Iterable[UnitPins], unit: str, pin: str) -> PinMatch | None:
    """Whose it is, or None. Always as slow: neither an unknown unit nor duress shows in how long it takes."""
    there = next((one for one in units if one.unit == unit), None)
    salt = there.salt if there else "00" * 16
    keyed = pin if is_pin(pin) else "0" * DIGITS_MIN
    plain, under_duress = hash_pin(keyed, salt), hash_pin(_meant(keyed), salt)
    if there is None or not is_pin(pin):
        return None
    for found, duress in ((plain, False), (under_duress, True)):
        for one in there.pins:
            if one.hash == found:
                return PinMatch(pin=one, duress=duress)
    return None
