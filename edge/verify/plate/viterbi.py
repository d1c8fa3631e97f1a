"""The likeliest plate in what a recogniser saw: connectionist temporal classification, held to a grammar. Pure.

The recogniser gives, for each narrow column of the crop, a probability for each character and for "none" (the blank).
A text is spelled by a walk over the columns that stays on a character for some of them, rests on the blank for others,
and needs a blank between two equal characters:

    京京 – – A A – 1 – 1 2 3 3 – 4 –     spells 京A11234

The best walk is found by dynamic programming over (form, place, symbol), all forms at once. With this recogniser free
reading was measured to get three crops of ten right, reading by the grammar more than nine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.verify.plate.grammar import Grammar

FLOOR = 1e-12
"""What a probability of zero counts as, so that one blind column does not forbid a text."""

_BLANK, _STAY = -1, -2
_NEVER = -np.inf
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Decoded:
    """characters: for each place the probability in its best column. log_score: of the whole walk."""

    text: str
    characters: tuple[float, ...]
    log_score: float

    @property
    def weakest(self) -> float:
        return min(self.characters)


def decode(probabilities: npt.NDArray[np.floating], grammar: Grammar) -> Decoded | None:
    """`probabilities`: columns x (1 + symbols), the blank first. None: there are fewer columns than any form needs."""
    logs = np.log(np.maximum(probabilities.astype(np.float32), np.float32(FLOOR)))
    forms, places, symbols = grammar.allowed.shape
    forbidden = np.where(grammar.allowed, np.float32(0), np.float32(_NEVER))
    rest: Floats = np.full((forms, places + 1), _NEVER, np.float32)  # on the blank, after so many characters
    rest[:, 0] = 0.0
    on: Floats = np.full((forms, places, symbols), _NEVER, np.float32)  # on this symbol, as the character of this place
    rest_from = np.full((len(logs), forms, places + 1), _BLANK, np.int16)
    on_from = np.empty((len(logs), forms, places, symbols), np.int16)
    for step, column in enumerate(logs):
        best, top, arrive, came = _arrivals(rest, on)
        stays = on > arrive
        np.copyto(arrive, on, where=stays)
        np.copyto(came, np.int16(_STAY), where=stays)
        on_from[step] = came
        ends = top > rest[:, 1:]
        np.copyto(rest[:, 1:], top, where=ends)
        np.copyto(rest_from[step, :, 1:], best, where=ends)
        on = arrive + column + forbidden
        rest = rest + column[0]
    return _walked_back(probabilities, grammar, rest, on, rest_from, on_from)


def _arrivals(rest: Floats, on: Floats) -> tuple[Indices, Floats, Floats, Indices]:
    """The best symbol of each place and its score; then, for each symbol, the best way to it as a new character: from
    the blank, or from the place before without a blank, and then from another symbol than itself.
    """
    forms, places, symbols = on.shape
    flat = on.reshape(-1, symbols)
    rows = np.arange(len(flat))
    best = flat.argmax(axis=-1)
    top = flat[rows, best]
    others = flat.copy()
    others[rows, best] = _NEVER
    second = others.argmax(axis=-1)
    leap = np.repeat(top, symbols).reshape(-1, symbols)
    leap[rows, best] = others[rows, second]
    leap_from = np.repeat(best.astype(np.int16), symbols).reshape(-1, symbols)
    leap_from[rows, best] = second
    arrive = np.repeat(rest[:, :-1], symbols, axis=-1).reshape(forms, places, symbols)
    came = np.full(on.shape, _BLANK, np.int16)
    leaps = leap.reshape(on.shape)[:, :-1]
    wins = leaps > arrive[:, 1:]
    np.copyto(arrive[:, 1:], leaps, where=wins)
    np.copyto(came[:, 1:], leap_from.reshape(on.shape)[:, :-1], where=wins)
    shape = (forms, places)
    return best.astype(np.int16).reshape(shape), top.reshape(shape), arrive, came


def _walked_back(
    probabilities: npt.NDArray[np.floating],
    grammar: Grammar,
    rest: Floats,
    on: Floats,
    rest_from: Indices,
    on_from: Indices,
) -> Decoded | None:
    every = np.arange(len(grammar.lengths))
    ends_resting = rest[every, grammar.lengths]
    ends_on = on[every, grammar.lengths - 1].max(axis=-1)
    form = int(np.maximum(ends_resting, ends_on).argmax())
    log_score = float(max(ends_resting[form], ends_on[form]))
    if log_score == _NEVER:
        return None
    place = int(grammar.lengths[form])  # characters that lie behind, the one it stands on included
    symbol = 0 if ends_resting[form] >= ends_on[form] else int(on[form, place - 1].argmax())
    spelled: list[tuple[int, float]] = []  # from the last to the first
    for step in range(len(probabilities) - 1, -1, -1):
        if symbol == 0:
            came = int(rest_from[step, form, place])
            symbol = 0 if came == _BLANK else came
            continue
        seen = float(probabilities[step, symbol])
        came = int(on_from[step, form, place - 1, symbol])
        if spelled and len(spelled) == int(grammar.lengths[form]) - place + 1:
            spelled[-1] = (symbol, max(spelled[-1][1], seen))
        else:
            spelled.append((symbol, seen))
        if came != _STAY:
            place, symbol = place - 1, 0 if came == _BLANK else came
    text = "".join(grammar.symbols[symbol - 1] for symbol, _ in reversed(spelled))
    return Decoded(text, tuple(min(1.0, seen) for _, seen in reversed(spelled)), log_score)
