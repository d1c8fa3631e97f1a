"""What the page of a barrier shows at this moment, in words, fit for JSON. Pure."""

from typing import Any

from edge.commission import pushes
from edge.commission.barrier import words
from edge.commission.barrier.evidence import ENDS, Evidence, Light
from edge.commission.barrier.trial import BarrierTrial, State
from edge.lane.vehicle.arm import sense
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
        "camera": {
            "wired": trial.site.plate_camera is not None, "fault": state.camera or "",
            **pushes.told(state.pushes, now, language),
        },
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
    since = "" if light.since is None else pushes.span(now - light.since, language)
    return {
        "name": getattr(words.NAMES[name], language), "input": terminal, "on": bool(light.on) and bool(terminal),
        "known": light.on is not None, "word": getattr(word, language),
        "age": getattr(ago, language).format(s=since) if terminal else "",
    }  # fmt: skip
