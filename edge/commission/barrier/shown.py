"""What the page of a barrier shows at this moment, in words, fit for JSON. Pure."""

from typing import Any

from edge.commission.barrier import words
from edge.commission.barrier.evidence import ENDS, Evidence, Light
from edge.commission.barrier.trial import BarrierTrial, Plate, State
from edge.lane.vehicle.arm import sense
from edge.lane.vehicle.camera_clock import CLOCK_S
from edge.lane.vehicle.loops import LOOPS
from edge.lane.vehicle.states import Arm, Phase, VehicleLane


def told(trial: BarrierTrial, state: State, now: float, language: str) -> dict[str, Any]:
    def say(name: str, **facts: object) -> str:
        return str(getattr(words.PAGE[name], language)).format(**facts)

    evidence, lane = state.evidence, state.lane
    findings = [dict(zip(("what", "do"), words.in_words(one, language), strict=True)) for one in evidence.wrong]
    travel = [say(f"travel_{to}", s=f"{evidence.travel[to]:.1f}") for to in ENDS if to in evidence.travel]
    return {
        "over": state.over,
        "lost": "" if state.lost is None else say("lost", why=state.lost),
        "pulse_fault": say("pulse_fault", why=state.pulse_fault) if state.pulse_fault else "",
        "lights": [_light(trial, name, light, now, language) for name, light in evidence.lights.items()],
        "arm": getattr(words.ARMS[arm_of(evidence, lane, now)], language),
        "phase": getattr(words.PHASES[lane.phase], language),
        "pressed": state.pressed,
        "no": getattr(words.NO[state.no], language) if state.no else say("came_up") if state.came_up else "",
        "can_lower": lane.settings.closes,
        "fire": lane.phase is Phase.FIRE and not lane.fire and lane.heard_at is not None,
        "travel": " · ".join(travel) if travel else say("no_travel"),
        "driven": say(driving(evidence)),
        "findings": findings,
        "camera": _camera(trial, state, now, language),
        "display": {
            "wired": trial.site.board is not None, "fault": state.display or "",
            "shown": say("shown", text=state.shown) if state.shown else "",
        },
    }  # fmt: skip


def driving(evidence: Evidence) -> str:
    """What to say of cars: that one was judged, or what is still to be done."""
    if evidence.cars and not evidence.loops:
        return "driven"
    return "rest_unknown" if evidence.drive.occupied and evidence.drive.rest is None else "drive"


def arm_of(evidence: Evidence, lane: VehicleLane, now: float) -> Arm:
    """Where it is, beside the lights of its ends: one read that comes late makes no wired contact an absent one."""
    if lane.arm is not Arm.NOT_REPORTED:
        return lane.arm
    up, down = (evidence.lights.get(name, Light()).on for name in ENDS)
    arm, _ = sense(lane, up, down, now)
    return Arm.UNKNOWN if arm is Arm.NOT_REPORTED and lane.settings.positions else arm


def _light(trial: BarrierTrial, name: str, light: Light, now: float, language: str) -> dict[str, Any]:
    assert trial.site.barrier is not None
    terminal = getattr(trial.site.barrier, name)
    kind = "loop" if name in LOOPS else "end" if name in ENDS else "fire"
    on, off = words.LEVELS[kind]
    word = words.UNKNOWN if light.on is None else on if light.on else off
    if not terminal:
        word = words.NOT_WIRED
    ago = words.PAGE["never"] if light.since is None else words.PAGE["ago"]
    since = "" if light.since is None else _span(now - light.since, language)
    return {
        "name": getattr(words.NAMES[name], language), "input": terminal, "on": bool(light.on) and bool(terminal),
        "known": light.on is not None, "word": getattr(word, language),
        "age": getattr(ago, language).format(s=since) if terminal else "",
    }  # fmt: skip


def _camera(trial: BarrierTrial, state: State, now: float, language: str) -> dict[str, Any]:
    def say(name: str, **facts: object) -> str:
        return str(getattr(words.PAGE[name], language)).format(**facts)

    pushes = {one.value: line for one, line in words.PUSHES.items()}
    told: list[str] = [say("push_refused", n=n, why=getattr(pushes[why], language)) for why, n in state.refused.items()]
    if state.stored:
        told.append(say("stored", n=state.stored))
    facts: dict[str, Any] = {"wired": trial.site.plate_camera is not None, "fault": state.camera or "", "told": told}
    plate = state.plate
    if plate is None:
        return facts | {"plate": "", "line": say("no_push"), "clock": None}
    record = plate.record
    line = [say("age", s=_span(now - plate.at, language))]
    if record.score is not None:
        line.append(say("score", n=round(record.score * 100)))
    if record.trigger_code:
        line.append(say("trigger", code=record.trigger_code))
    return facts | {"plate": record.text or say("no_plate"), "line": " · ".join(line), "clock": _clock(plate, language)}


def _clock(plate: Plate, language: str) -> dict[str, Any]:
    off = plate.off_s
    if off is None:
        said, how = words.NO_TIME, ""
    elif abs(off) <= CLOCK_S:
        good = getattr(words.PAGE["clock_ok"], language).format(s=round(abs(off)))
        return {"works": True, "what": good, "do": ""}
    else:
        side = words.PAGE["fast" if off > 0 else "slow"]
        said, how = words.CLOCK_OFF, getattr(side, language).format(s=_span(abs(off), language))
    do = getattr(said.do, language) if said.do is not None else ""
    return {"works": False, "what": getattr(said.what, language).format(how=how), "do": do}


def _span(seconds: float, language: str) -> str:
    """Seconds while they tell something, then minutes."""
    unit, n = ("seconds", round(seconds)) if seconds < 100 else ("minutes", round(seconds / 60))
    return str(getattr(words.PAGE[unit], language)).format(n=max(0, n))
