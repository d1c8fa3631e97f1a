"""What a plate camera on trial has pushed, and what was answered: shown, and forgotten. Pure but for the answer."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from devices.ports import PlateRecord, Push, PushRefused, PushTrouble
from edge.commission.barrier import words
from edge.lane.vehicle.camera_clock import CLOCK_S


@dataclass(frozen=True, slots=True)
class Plate:
    """The last push. `at`: when it had arrived, monotonic; `off_s`: the camera's clock beside the node's own;
    `answered`: it still waited when it was told that its record is taken."""

    record: PlateRecord
    at: float
    off_s: float | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Pushes:
    """`refused`: why how many were not taken; `stored`: records from before, left with the camera for the gate."""

    plate: Plate | None = None
    refused: Counter[str] = field(default_factory=Counter)
    stored: int = 0


def heard(
    before: Pushes, pushed: Push | PushRefused, answer: Callable[[Push], bool], now: float, wall: datetime
) -> Pushes:
    """After one more push, which is answered: its record is taken, and opens nothing. One that the camera kept from
    before is not taken from it."""
    if isinstance(pushed, PushRefused):
        if pushed.why is PushTrouble.UNANSWERED:
            return before  # by us: a stored one is left to the gate
        return replace(before, refused=before.refused + Counter({pushed.why.value: pushed.count}))
    if pushed.record.stored:
        return replace(before, stored=before.stored + 1)
    taken, off_s = pushed.record.taken_at, None
    if taken is not None:
        off_s = (taken - wall).total_seconds() + (now - pushed.at)
    return replace(before, plate=Plate(pushed.record, pushed.at, off_s, answer(pushed)))


def told(pushes: Pushes, now: float, language: str) -> dict[str, Any]:
    """The same in words, fit for JSON."""

    def say(name: str, **facts: object) -> str:
        return str(getattr(words.PAGE[name], language)).format(**facts)

    refusals = {one.value: line for one, line in words.PUSHES.items()}
    more = [say("push_refused", n=n, why=getattr(refusals[why], language)) for why, n in pushes.refused.items()]
    if pushes.stored:
        more.append(say("stored", n=pushes.stored))
    plate = pushes.plate
    if plate is None:
        return {"plate": "", "line": say("no_push"), "clock": None, "told": more}
    record = plate.record
    line = [say("age", s=span(now - plate.at, language))]
    if record.score is not None:
        line.append(say("score", n=round(record.score * 100)))
    if record.trigger_code:
        line.append(say("trigger", code=record.trigger_code))
    more.insert(0, say("answered" if plate.answered else "answered_late"))
    text, clock = record.text or say("no_plate"), _clock(plate, language)
    return {"plate": text, "line": " · ".join(line), "clock": clock, "told": more}


def span(seconds: float, language: str) -> str:
    """Seconds while they tell something, then minutes."""
    unit, n = ("seconds", round(seconds)) if seconds < 100 else ("minutes", round(seconds / 60))
    return str(getattr(words.PAGE[unit], language)).format(n=max(0, n))


def _clock(plate: Plate, language: str) -> dict[str, Any]:
    off = plate.off_s
    if off is None:
        said, how = words.NO_TIME, ""
    elif abs(off) <= CLOCK_S:
        good = getattr(words.PAGE["clock_ok"], language).format(s=round(abs(off)))
        return {"works": True, "what": good, "do": ""}
    else:
        side = words.PAGE["fast" if off > 0 else "slow"]
        said, how = words.CLOCK_OFF, getattr(side, language).format(s=span(abs(off), language))
    do = getattr(said.do, language) if said.do is not None else ""
    return {"works": False, "what": getattr(said.what, language).format(how=how), "do": do}
