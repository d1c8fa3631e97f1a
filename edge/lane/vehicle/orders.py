"""What people at central order a vehicle lane to do besides opening it, and what a storm does there (LANE-13, 20, 28).

The pure lane holds, resumes and turns round; here stands by whose word it does so, for how long by the wall clock, what
the journal says of it and what outlives a restart. A storm is a state of the rules and no command: it comes into force
with them, also at a node that was away when it began, and ends with them. Fire comes before all of it.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from edge.lane.commands import say_done
from edge.lane.hold import FireHolds
from edge.lane.record import Recorder
from edge.lane.vehicle.in_force import STORM, STORM_CLOSES, held_for, not_held, not_turned
from edge.lane.vehicle.kept import HeldBy, Kept, KeptLanes
from edge.lane.vehicle.shell import VehicleShell
from edge.lane.vehicle.states import (
    Do,
    EndFireHold,
    Hold,
    HoldOpen,
    Phase,
    ReportHoldOver,
    Resume,
    Seen,
    SwitchDirection,
    Tick,
    VehicleLane,
)
from edge.lane.vehicle.timetable import Due, following, newest
from edge.store.view import RulesView
from models.access.decision import Reason
from models.parking.storm import Storm
from models.wire.commands import HOLD_MINUTES_MAX, Action, Command
from models.wire.events import AlarmKind, LaneDirection, LaneHeld

NOT_HELD, NOT_TIDAL, NOT_EMPTY, HELD = "not_held", "not_tidal", "not_empty", "held"
"""Why a lane did not do what it was told, in words of its own."""
RENEW_S = 600.0
"""A storm's hold is prolonged when so little of it is left: it may end in a minute, and lasts no longer than two hours
where nothing is heard of the storm any more."""

log = logging.getLogger(__name__)


class Orders:
    """Owned by the gate's thread. `step` lets a lane see one thing."""

    def __init__(
        self,
        record: Recorder,
        holds: FireHolds,
        now: Callable[[], datetime],
        mono: Callable[[], float],
        step: Callable[[VehicleShell, Seen], None],
        rules: Callable[[], RulesView],
    ):
        self._rules = rules
        self._record, self._holds, self._now, self._mono, self._step = record, holds, now, mono, step
        self._kept = KeptLanes(holds.folder)
        self._word: HeldBy | None = None
        """By whose word the lane is to be held that steps now. The hold before may be over in this very step, and its
        end is said of whose it was."""

    def begin(self, shell: VehicleShell) -> None:
        """As the lane was before this start: held for fire, else held by a person, who may have meant it until a time
        that is past by now; the first thing seen ends it then. A lane that was turned round leads as it was turned."""
        kept = self._kept.of(shell.code)
        if shell.tidal:
            shell.written = shell.vehicle.direction
            direction = kept.direction or shell.written
            shell.turned_at = kept.turned_at if shell.turns else None
            shell.vehicle = replace(shell.vehicle, direction=direction)
            shell.turn(direction)
            self._tell_direction(shell)
        shell.held_by = kept.hold
        if kept.direction is not None and kept.direction is shell.written:
            self._keep(shell)  # nobody has turned it: the site file is to be free to say otherwise
        if self._holds.holds(shell.code):
            shell.vehicle = replace(shell.vehicle, phase=Phase.FIRE)
            shell.arm.hold(True)
            if kept.hold is not None:  # a fire began as the process ended
                self._over(shell, kept.hold.passed, "fire")
        elif kept.hold is not None:
            since = self._mono() - max(0.0, (self._now() - kept.hold.since).total_seconds())
            left = (kept.hold.until - self._now()).total_seconds()
            until = self._mono() + min(left, HOLD_MINUTES_MAX * 60.0)
            hold = Hold(since, until, kept.hold.passed)
            shell.vehicle = replace(shell.vehicle, phase=Phase.HELD, hold=hold)
            shell.arm.hold(True)
        elif kept.lets_go and not shell.vehicle.settings.closes:
            shell.vehicle = replace(shell.vehicle, phase=Phase.RAISED, for_all=True)
            shell.arm.hold(True)

    def carry_out(self, shell: VehicleShell, command: Command) -> None:
        """Every order but to open, which is decided about. What time alone has ended is over before it."""
        self._step(shell, Tick())
        match command.action:
            case Action.END_FIRE_HOLD:
                self._step(shell, EndFireHold())
                burning = shell.vehicle.phase is Phase.FIRE
                reason: str = Reason.FIRE if burning else Reason.OK
            case Action.HOLD_OPEN if command.minutes is not None:
                reason = self._hold(shell, command, command.minutes)
            case Action.RESUME:
                reason = self._resume(shell, command)
            case Action.SWITCH_DIRECTION if command.direction is not None:
                reason = self._switch(shell, command)
            case _:
                reason = Reason.NOT_PERMITTED
        say_done(self._record, command, shell.code, reason)

    def follow_rules(self, shell: VehicleShell) -> None:
        """Hold the lane up as long as a storm in force wants it, and let it go on where none does any more; end what a
        person's word holds up where the rules let nobody in."""
        no = self._not_held(shell)
        if no is not None and shell.vehicle.hold is not None:
            self._step(shell, Resume(STORM if no == STORM_CLOSES else no))
        self._follow_timetable(shell)
        self._weather(shell, held_for(self._rules(), shell.lane.lane_id, shell.vehicle.direction, self._now()))

    def _weather(self, shell: VehicleShell, storm: Storm | None) -> None:
        held, lane = shell.held_by, shell.vehicle
        if storm is None:
            if held is not None and held.storm_id is not None:
                self._step(shell, Resume())
            return
        left = (storm.until - self._now()).total_seconds()
        renew = lane.hold is None or lane.hold.until - self._mono() < min(RENEW_S, left - 1.0)
        heard = held.storm_until if held is not None and held.storm_id == storm.storm_id else None
        anew = heard is None or heard < storm.until  # a person has said so since
        a_persons = held is not None and held.storm_id is None
        if lane.phase is Phase.FIRE or shell.board_fault is not None or left <= 0 or not (renew or anew) or a_persons:
            return
        since, until = self._now(), storm.until
        word = HeldBy(since=since, until=until, storm_id=storm.storm_id, storm_until=until)
        self._hold_by(shell, word, left, anew)

    def after_step(self, shell: VehicleShell, before: VehicleLane, does: tuple[Do, ...]) -> None:
        """The output, the files and the journal follow what the lane has become."""
        lane = shell.vehicle
        if lane.holds_open != before.holds_open:
            shell.arm.hold(lane.holds_open)
        if lane.lets_go != before.lets_go:
            self._keep(shell)
        if (lane.phase is Phase.FIRE) != (before.phase is Phase.FIRE):
            self._remember_fire(shell, lane.phase is Phase.FIRE)
        for do in does:
            if isinstance(do, ReportHoldOver):
                self._over(shell, do.passed, do.why)
        held = shell.held_by
        if lane.hold is not None and self._word is not None:
            goes_on = held is not None and before.hold is not None and before.hold.since == lane.hold.since
            held = self._word.model_copy(update={"since": held.since}) if held and goes_on else self._word
        if lane.hold is not None and lane.hold != before.hold and held is not None:
            ends = self._now() + timedelta(seconds=lane.hold.until - self._mono())
            shell.held_by = held.model_copy(update={"until": ends, "passed": lane.hold.passed})
            self._keep(shell)
            self._record.say(_told(shell.held_by, True), shell.code)

    # -- one order each ----------------------------------------------------------------------------------------------

    def _hold(self, shell: VehicleShell, command: Command, minutes: int) -> str:
        if shell.vehicle.phase is Phase.FIRE:
            return Reason.FIRE
        if shell.board_fault is not None:
            return Reason.FAULT
        no = self._not_held(shell)
        if no is not None:
            return no
        now = self._now()
        word = HeldBy(since=now, until=now, actor_id=command.actor_id, said=command.reason)
        self._hold_by(shell, word, minutes * 60.0)
        return Reason.OK

    def _resume(self, shell: VehicleShell, command: Command) -> str:
        if shell.held_by is not None and shell.held_by.storm_id is not None:
            return STORM
        if shell.vehicle.phase is Phase.FIRE:
            return Reason.FIRE
        if shell.vehicle.phase not in (Phase.HELD, Phase.LIFTED):
            return NOT_HELD
        shell.resumed_by = command.actor_id
        self._step(shell, Resume())
        shell.resumed_by = None
        return Reason.OK

    def _switch(self, shell: VehicleShell, command: Command) -> str:
        if not shell.tidal:
            return NOT_TIDAL
        assert command.direction is not None
        if shell.vehicle.direction is not command.direction:
            self._step(shell, SwitchDirection(command.direction))
            if shell.vehicle.direction is not command.direction:
                return NOT_EMPTY
            shell.turn(command.direction)
        elif not shell.turns:
            return Reason.OK
        self._settle(shell)  # a person's word holds until the timetable's next change
        self._tell_direction(shell, command)
        return Reason.OK

    def _follow_timetable(self, shell: VehicleShell) -> None:
        """Turn the lane round where that is due, by the very rule that holds for a person's word; while it is not to
        be, wait and tell why. What was slept through and is past by now is not made up for, but for the newest."""
        due = newest(shell.turns, self._now(), self._rules().holidays) if shell.turns else None
        if (
            due is None
            or shell.vehicle.phase is Phase.STARTING
            or (shell.turned_at is not None and due.at <= min(shell.turned_at, self._now()))
        ):
            return
        if shell.vehicle.direction is not due.leads:
            no = self._not_turned(shell)
            if no is None:
                self._step(shell, SwitchDirection(due.leads))
                no = NOT_EMPTY if shell.vehicle.direction is not due.leads else None
            if no is not None:
                if shell.turn_waits != (due, no):
                    shell.turn_waits = due, no
                    self._tell_direction(shell, due=due)
                return
            shell.turn(due.leads)
        self._settle(shell)
        self._tell_direction(shell, due=due)

    def _not_turned(self, shell: VehicleShell) -> str | None:
        lane = shell.vehicle
        if lane.phase is Phase.FIRE:
            return Reason.FIRE
        if shell.board_fault is not None:
            return Reason.FAULT
        return HELD if lane.phase is Phase.HELD else not_turned(self._rules(), shell.lane.lane_id, self._now())

    def _settle(self, shell: VehicleShell) -> None:
        """Nothing that the timetable has said so far is due any more."""
        shell.turned_at, shell.turn_waits = self._now() if shell.turns else None, None
        self._keep(shell)

    def _tell_direction(self, shell: VehicleShell, by: Command | None = None, due: Due | None = None) -> None:
        """Which way it leads now: by a person's word, or by its timetable, or still, while the change waits."""
        comes, waits = following(shell.turns, self._now(), self._rules().holidays), shell.turn_waits
        told = LaneDirection(
            direction=shell.vehicle.direction,
            actor_id=by.actor_id if by else None,
            said=by.reason if by else None,
            due=due.at if due else None,
            waits=waits[1] if waits else None,
            next_at=comes.at if comes else None,
            next_leads=comes.leads if comes else None,
        )
        self._record.say(told, shell.code, by.correlation if by else None)

    def _not_held(self, shell: VehicleShell) -> str | None:
        return not_held(self._rules(), shell.lane.lane_id, shell.vehicle.direction, self._now())

    def _hold_by(self, shell: VehicleShell, word: HeldBy, for_s: float, anew: bool = False) -> None:
        self._word = word
        self._step(shell, HoldOpen(for_s, anew))
        self._word = None

    # -- what is kept and told ---------------------------------------------------------------------------------------

    def _over(self, shell: VehicleShell, passed: int, why: str) -> None:
        held, shell.held_by = shell.held_by, None
        self._keep(shell)
        if held is not None:
            over = _told(held.model_copy(update={"passed": passed}), False)
            update = {"ended": why, "ended_by": shell.resumed_by}
            self._record.say(over.model_copy(update=update), shell.code)

    def _keep(self, shell: VehicleShell) -> None:
        turned = shell.tidal and shell.vehicle.direction is not shell.written
        direction = shell.vehicle.direction if turned else None
        try:
            lets_go = shell.vehicle.lets_go
            kept = Kept(hold=shell.held_by, direction=direction, turned_at=shell.turned_at, lets_go=lets_go)
            self._kept.keep(shell.code, kept)
            self._record.end_alarm(AlarmKind.DISK, shell.code, "hold")
        except OSError as error:
            self._record.raise_alarm(AlarmKind.DISK, shell.code, "hold", str(error)[:300])

    def _remember_fire(self, shell: VehicleShell, burning: bool) -> None:
        try:
            self._holds.remember(shell.code, burning)
            self._record.end_alarm(AlarmKind.DISK, shell.code, "fire_hold")
        except OSError as error:
            self._record.raise_alarm(AlarmKind.DISK, shell.code, "fire_hold", str(error)[:300])


def _told(held: HeldBy, lasts: bool) -> LaneHeld:
    return LaneHeld(
        held=lasts, since=held.since, until=held.until, passed=held.passed, actor_id=held.actor_id, said=held.said,
        storm_id=held.storm_id,
    )  # fmt: skip
