"""The vehicle at the arm without a grant of its own: which decision is about it, so that its passage is its visit.

    on the arming loop ─decided─▶ waits ─leaves it─▶ has driven on ─safety loop─▶ at the arm, by its name
              └─leaves it unanswered─▶ its plate may be told in a moment ─▶ named wherever it is by then

Whoever was read surely and not let through drives all the same: past an arm that a person or a storm holds up, or
behind another. What decides and what drives come in any order, for a camera tells late and an arm that is up stops
nobody.
"""

from dataclasses import replace
from uuid import UUID

from edge.lane.vehicle.shell import Driving, Looking, VehicleShell, Waiting
from edge.lane.vehicle.states import Car, Do, Ended, Look, Loop, Phase, ReportPassage, ReportTailgate


def after_step(shell: VehicleShell, does: tuple[Do, ...], asked: bool, now: float) -> None:
    """After the lane saw one more thing and told of its passages. asked: with it a vehicle is to be read that was not
    looked at before. The look that may end with it still stands in `shell.looking`."""
    lane, driving = shell.vehicle, shell.driving
    passed = [do.correlation for do in does if isinstance(do, ReportPassage) and do.ended is Ended.PASSED]
    for correlation in passed:
        _has_passed(shell, correlation or (driving.correlation if driving is not None else None))
    if asked or lane.look is Look.NONE:
        if shell.waiting is not None:
            shell.drove_on, shell.waiting = (shell.waiting, now), None
        left = shell.looking is not None and not asked and not passed  # else another stands there, or it is through
        shell.unanswered = (shell.looking, now) if shell.looking is not None and left else shell.unanswered
    if asked or None in passed:
        shell.unanswered = None
    if lane.stranger is None:
        shell.driving = None  # it has passed, or gone back
    else:
        behind = any(isinstance(do, ReportTailgate) for do in does)
        one = shell.driving or Driving(_who(shell, now))
        held = one.held or lane.phase is Phase.HELD or lane.for_all  # or up yet from when it was
        shell.driving = replace(one, held=held, behind=one.behind or behind)
    between = shell.unanswered is not None and now - shell.unanswered[1] <= lane.settings.gap_s
    if not between and (shell.driving is None or shell.driving.correlation is not None):
        shell.unanswered = None


def unanswered(shell: VehicleShell) -> Looking | None:
    """The look of whoever drives past a held arm and was not answered: it has left the arming loop, and nobody else
    stands there, so that a plate that is told now is its own."""
    lane, driving = shell.vehicle, shell.driving
    held = lane.phase is Phase.HELD or (driving is not None and driving.held)
    if not held or lane.arming is not Loop.FREE or shell.unanswered is None:
        return None
    own = driving is None or (driving.correlation is None and lane.stranger is Car.LEFT)
    return shell.unanswered[0] if own else None


def decided(shell: VehicleShell, waiting: Waiting, now: float) -> None:
    """The vehicle on the arming loop, or that has left it just now, was decided about and has no grant."""
    lane, driving = shell.vehicle, shell.driving
    if lane.arming is Loop.OCCUPIED:
        shell.waiting = waiting
        its_own = lane.stranger is Car.ARRIVED
    else:
        shell.drove_on, shell.unanswered = (waiting, now), None
        its_own = True
    if its_own and driving is not None and driving.correlation is None:
        shell.driving = replace(driving, correlation=_named(waiting))


def _has_passed(shell: VehicleShell, correlation: UUID | None) -> None:
    """Whoever has driven through stands nowhere any more, and names nobody who comes after."""
    if shell.waiting is not None and shell.waiting.correlation == correlation:
        shell.waiting = None
    if shell.drove_on is not None and shell.drove_on[0].correlation == correlation:
        shell.drove_on = None


def _who(shell: VehicleShell, now: float) -> UUID | None:
    """Whoever stands on the arming loop, or has left it just now, and was not let through."""
    if shell.waiting is not None:
        return _named(shell.waiting)
    if shell.drove_on is not None and now - shell.drove_on[1] <= shell.vehicle.settings.gap_s:
        return _named(shell.drove_on[0])
    return None


def _named(waiting: Waiting) -> UUID | None:
    """None where it was not read surely, or by a plate that stood for another vehicle just before."""
    vehicle = waiting.read.vehicle
    sure = vehicle.plate is not None and vehicle.sure and not waiting.read.just_before
    return waiting.correlation if sure else None
