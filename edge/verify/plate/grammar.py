"""Which text a plate can carry, place by place: what the recogniser may choose from.

Single-row plates: ordinary (blue, yellow), new energy (green, eight characters), 警 学 挂 领 港 澳. Left out, because
the recogniser was measured to fail on them: two rows, 使, armed police, army; they are read as something else with a
low score or not at all, and go to the guard. A test holds that each text of the grammar is a plate of
`models.values.plate`, and that each plate of these kinds is one of the grammar.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from models.values.plate import PROVINCES

DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
SERIAL = LETTERS + DIGITS
OFFICES = LETTERS + "O"
ENERGY = "ABCDEFGHJK"

FORMS: tuple[tuple[str, ...], ...] = (
    (PROVINCES, OFFICES, *[SERIAL] * 5),
    (PROVINCES, LETTERS, ENERGY, SERIAL, *[DIGITS] * 4),
    (PROVINCES, LETTERS, *[DIGITS] * 5, ENERGY),
    (PROVINCES, OFFICES, *[SERIAL] * 4, "警"),
    (PROVINCES, LETTERS, *[SERIAL] * 4, "学挂领"),
    ("粤", "Z", *[SERIAL] * 4, "港澳"),
)

SYMBOLS = "".join(dict.fromkeys(chain.from_iterable(chain.from_iterable(FORMS))))
"""Every character of the grammar, once."""

_SEEN_AS = {"0": "0Oo", "O": "0Oo", "1": "1Il", "L": "L"}


def seen_as(symbol: str) -> str:
    """The characters of a general recogniser that mean this symbol on a plate, where there are no small letters, no I,
    and no difference between a nought and the letter O but their place."""
    return _SEEN_AS.get(symbol) or (symbol + symbol.lower() if symbol in LETTERS else symbol)


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """Forms as arrays. allowed: forms x places x (1 + symbols), the blank first and nowhere allowed."""

    symbols: str
    allowed: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.intp]


def grammar_of(forms: tuple[tuple[str, ...], ...], symbols: str) -> Grammar:
    """`symbols`: what the columns of the probabilities mean, after the blank."""
    allowed = np.zeros((len(forms), max(map(len, forms)), 1 + len(symbols)), bool)
    for number, form in enumerate(forms):
        for place, choice in enumerate(form):
            allowed[number, place, [1 + symbols.index(symbol) for symbol in choice]] = True
    return Grammar(symbols, allowed, np.array([len(form) for form in forms]))


PLATES = grammar_of(FORMS, SYMBOLS)
