"""What a trial of a vehicle lane has proved, for the checklist and the report. Pure."""

from edge.commission.barrier.evidence import ENDS
from edge.commission.barrier.trial import State
from edge.commission.barrier.words import PAGE
from edge.site import LaneSite


def proved(lane: LaneSite, state: State) -> tuple[dict[str, str], tuple[str, ...]]:
    """In both languages, by what was measured; and the addresses of the devices that worked.

    A board has worked when the arm that it raised was seen to be up, as a door's has when it has clicked.
    """
    measured: dict[str, str] = {}
    worked: list[str] = []
    evidence = state.evidence
    if evidence.cars and not evidence.loops:
        measured["loops"] = _both("measured_loops")
    if all(to in evidence.travel for to in ENDS) and not evidence.ends:
        up, down = (f"{evidence.travel[to]:.1f}" for to in ENDS)
        measured["ends"] = _both("measured_travel", up=up, down=down)
    if "up" in evidence.travel:
        worked += [address for address in (lane.relay, lane.inputs) if address]
    if state.pushes.plate is not None and lane.plate_camera:
        worked.append(lane.plate_camera)
        if state.pushes.plate.off_s is not None:
            measured["plates"] = _both("measured_plates", s=round(state.pushes.plate.off_s))
    if state.shown and state.display == "" and lane.board:
        worked.append(lane.board)
        measured["display"] = _both("measured_display")
    return measured, tuple(worked)


def _both(name: str, **facts: object) -> str:
    return f"{PAGE[name].zh.format(**facts)} · {PAGE[name].en.format(**facts)}"
