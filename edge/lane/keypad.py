"""Unit, `#`, PIN, `#`: what somebody keys at a gate. Pure: `press(pad, key, now)` and `tick(pad, now)`.

    EMPTY ─digit→ UNIT ─#→ PIN ─#→ Entered, and EMPTY again
      any ─*→ EMPTY      any ─no key for 10 s, or 40 s in all→ EMPTY      one digit too many→ SPOILED ─# or *→ EMPTY

The unit comes first, so that one salted hash is compared and not those of the whole house (ACC-27). What comes out is
the unit and the PIN as they were keyed; whether they are right is decided elsewhere. Neither is in any repr, log or
answer, and the pad says nothing but that a key was taken: a bystander learns no length from it either.

A key that is held down counts once: the same key again within REPEAT_S is the same press, and every sighting prolongs
it. Keys with one and the same time come from a reader that collects them, and are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

UNIT_MAX = 10
PIN_MAX = 12
GAP_S = 10.0
WHOLE_S = 40.0
REPEAT_S = 0.06
"""Keyboards usually repeat some 30 times a second (judgement, not measured). Not longer: a key counts from when it was
read, and where the first of two presses is read late, they seem to be closer together than the finger was. A right PIN
with a digit twice in a row would then lose one of them; a slower repeat only fills the pad, which lets nobody in."""
LET_GO_S, STUCK_S = 1.0, 20.0
"""A key that comes again and again for so long, never so long apart, is held down: nobody keys one digit all that time,
and no PIN is so long. Nobody else can key anything meanwhile."""


@dataclass(frozen=True, slots=True)
class Keypad:
    """What was keyed until now. `unit` is None while it is being keyed; `spoiled`: too many digits, wait for the end.

    `at` is the last press that counted; `held` the last key, seen from `held_since` to `held_at`.
    """

    unit: str | None = field(default=None, repr=False)
    digits: str = field(default="", repr=False)
    spoiled: bool = field(default=False, repr=False)
    began_at: float = float("-inf")
    at: float = float("-inf")
    held: str = field(default="", repr=False)
    held_since: float = float("-inf")
    held_at: float = float("-inf")

    @property
    def empty(self) -> bool:
        """True while nothing is under way."""
        return self.unit is None and not self.digits and not self.spoiled


@dataclass(frozen=True, slots=True)
class Entered:
    """A unit and a PIN, each at least one digit."""

    unit: str
    pin: str = field(repr=False)


def press(pad: Keypad, key: str, now: float) -> tuple[Keypad, Entered | None]:
    """The pad after one key at monotonic second `now`, and what it completes."""
    pad = tick(pad, now)
    same = key == pad.held and 0 < now - pad.held_at < REPEAT_S
    goes_on = key == pad.held and now - pad.held_at < LET_GO_S
    pad = replace(pad, held=key, held_since=pad.held_since if goes_on else now, held_at=now)
    if same:
        return pad, None
    pad = replace(pad, at=now, began_at=now if pad.empty else pad.began_at)
    match key:
        case "*":
            return cleared(pad), None
        case "#":
            return _ended(pad)
        case "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
            return _digit(pad, key), None
        case _:
            return replace(pad, spoiled=True), None  # no key of a keypad: what it stands in means nothing


def tick(pad: Keypad, now: float) -> Keypad:
    """What silence clears: a half-keyed PIN is not left for the next person."""
    if not pad.empty and (now - pad.at >= GAP_S or now - pad.began_at >= WHOLE_S):
        return cleared(pad)
    return pad


def stuck(pad: Keypad, now: float) -> bool:
    """Whether one key has been held down for so long that nobody can key anything else."""
    return pad.held_at - pad.held_since >= STUCK_S and now - pad.held_at < LET_GO_S


def cleared(pad: Keypad) -> Keypad:
    """Empty; only a key that is still held down is remembered, for as long as that takes."""
    return Keypad(held=pad.held, held_since=pad.held_since, held_at=pad.held_at)


def _digit(pad: Keypad, key: str) -> Keypad:
    most = UNIT_MAX if pad.unit is None else PIN_MAX
    if pad.spoiled or len(pad.digits) >= most:
        return replace(pad, digits="", spoiled=True)
    return replace(pad, digits=pad.digits + key)


def _ended(pad: Keypad) -> tuple[Keypad, Entered | None]:
    if pad.spoiled or not pad.digits:
        return cleared(pad), None
    if pad.unit is None:
        return replace(pad, unit=pad.digits, digits=""), None
    return cleared(pad), Entered(pad.unit, pad.digits)
