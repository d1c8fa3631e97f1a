"""The shell around the vehicle lanes of a node: loops and plates in, decisions to disk, then the arm.

Runs in the gate's one thread, beside the doors (`edge/lane/runner.py`), in the same order: recognised (`reading.py`),
decided, on disk, raised, sensed, passed. What opens an arm is a grant that is on disk, once, and a vehicle that the
loop tells of; a person's remote opening needs no vehicle. Fire does not pass through here: the board's own thread
answers it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from devices.ports import Frame
from edge.decide.facts import gather
from edge.decide.plates import lists_of
from edge.journal.journal import Entry
from edge.lane.beside import looked, waited
from edge.lane.commands import say_done
from edge.lane.hold import FireHolds
from edge.lane.inbox import BoardDown, CommandIn, Item, LoopsRead, PlatePushed, PlatesVoted, Pulsed
from edge.lane.record import Made, Recorder, image_rule
from edge.lane.shell import Pictures
from edge.lane.vehicle import alarms, histories, one_car, unasked
from edge.lane.vehicle.call import lost
from edge.lane.vehicle.detectors import tell_beside
from edge.lane.vehicle.display import places_text, text_of, while_held
from edge.lane.vehicle.in_force import closed, passing
from edge.lane.vehicle.machine import step
from edge.lane.vehicle.orders import Orders
from edge.lane.vehicle.queue import queued
from edge.lane.vehicle.reading import Reading, stop_looking
from edge.lane.vehicle.shell import POSITIONS, VehicleShell, Waiting
from edge.lane.vehicle.states import (
    AskLook,
    BoardLost,
    Ended,
    Granted,
    Look,
    Loop,
    NotOpened,
    Open,
    Over,
    PermitClose,
    Phase,
    Raise,
    Refused,
    RemoteOpen,
    ReportArm,
    ReportDirection,
    ReportFire,
    ReportHoldOver,
    ReportPassage,
    ReportTailgate,
    Seen,
    Tick,
    Trouble,
    VehicleLane,
)
from edge.store.store import Store
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.access.pictures import Shows
from models.access.policy import GateState, decide
from models.access.verification import Verification
from models.parking.admission import Case
from models.parking.decided import Gate, decide_vehicle
from models.parking.decided import Seen as Read
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.wire.commands import Action, Command
from models.wire.events import Actuated, Alarm, AlarmKind, DecisionMade, ImageRule, Passage, Sensed
from models.wire.plates import masked

TROUBLES = {
    Trouble.FIRE: (AlarmKind.FIRE, None),
    Trouble.ARM_STUCK: (AlarmKind.DEVICE_FAULT, "arm"),
    Trouble.MECHANICAL_LIFT: (AlarmKind.FORCED, "arm"),
}
ENDS = {
    Ended.PASSED: "loops",
    Ended.BACKED_OUT: "backed_out",
    Ended.NO_PASSAGE: "no_passage",
    Ended.UNSEEN: "not_sensed",
    Ended.NO_VEHICLE: "no_vehicle",
    Ended.NOT_OPENED: "not_released",
    Ended.EXPIRED: "expired",
    Ended.REPLACED: "replaced",
    Ended.FIRE: "fire",
}
UNOPENED = {Ended.NOT_OPENED: Reason.FAULT, Ended.EXPIRED: Reason.LATE, Ended.FIRE: Reason.FIRE}

log = logging.getLogger(__name__)


class VehicleLanes:
    """Owned by the gate's thread."""

    def __init__(
        self,
        site_id: UUID,
        lanes: Mapping[str, VehicleShell],
        record: Recorder,
        store: Store,
        pictures: Pictures,
        holds: FireHolds,
        now: Callable[[], datetime],
        mono: Callable[[], float],
    ):
        self._site_id, self._lanes, self._record, self._store = site_id, lanes, record, store
        self._pictures, self._now, self._mono = pictures, now, mono
        self._orders = Orders(record, holds, now, mono, self._step, store.view)
        self._reading = Reading(record, store, now, mono, self._decide)

    def takes(self, item: Item) -> bool:
        """Whether this item is of a vehicle lane and moves it."""
        match item:
            case LoopsRead() | PlatesVoted() | PlatePushed():
                return True
            case BoardDown() | Pulsed():
                return item.lane in self._lanes
            case CommandIn():
                return self._by_id(item.command.lane_id) is not None
        return False

    def begin(self) -> None:
        for shell in self._lanes.values():
            self._orders.begin(shell)

    def tick(self) -> None:
        for shell in self._lanes.values():
            self._step(shell, Tick())
            self._orders.follow_rules(shell)
            self._reading.tick(shell)
            seen = waited(shell.beside, shell.detectors, self._mono())
            tell_beside(self._record, self._pictures, shell, *seen, self._store.view().snapshot)
            self._ask_again(shell)
            self._show_places(shell)

    def handle(self, item: Item) -> None:
        """One item that `takes` took."""
        match item:
            case LoopsRead(lane, contacts, fire_at, ebike, fire_lane):
                self._record.end_alarm(AlarmKind.DEVICE_FAULT, lane, "relay")
                shell = self._lanes[lane]
                shell.fire_at = fire_at
                self._step(shell, contacts)
                seen = looked(shell.beside, ebike, fire_lane, shell.detectors, self._mono())
                tell_beside(self._record, self._pictures, shell, *seen, self._store.view().snapshot)
                alarms.end_those_of_before(self._record, shell)
                alarms.watch_loops(self._record, shell, self._mono())
                alarms.hear_call(self._record, shell, contacts.call, self._mono())
            case BoardDown(lane, detail):
                self._record.raise_alarm(AlarmKind.DEVICE_FAULT, lane, "relay", detail)
                shell = self._lanes[lane]
                shell.board_silent, shell.calling = True, lost(shell.calling)
                self._step(shell, BoardLost())
            case Pulsed():
                self._pulsed(self._lanes[item.lane], item)
            case PlatesVoted():
                self._reading.voted(self._lanes[item.lane], item)
            case PlatePushed():
                self._reading.pushed(self._lanes[item.lane], item)
            case CommandIn(command, until):
                shell_of = self._by_id(command.lane_id)
                assert shell_of is not None
                self._command(shell_of, command, until)

    # -- from the decision to the arm ------------------------------------------------------------------------------

    def _decide(self, shell: VehicleShell, read: Read, frame: Frame | None, at: float, seen_at: float) -> None:
        """`at`: when the deciding input arrived; `seen_at`: since when the vehicle was looked at."""
        stop_looking(shell)
        read = one_car.claimed(shell.cars, read, shell.vehicle.direction, self._mono())
        known = shell.accounts.state(self._now()) if shell.accounts is not None else None
        decision = self._decision(shell, read)
        correlation = new_id()
        late = unasked.unanswered(shell) is not None  # it drives past a held arm already: there is nothing to open
        self._conclude(shell, decision, correlation, at, seen_at, frame, read.text, late=late)
        if late or decision.outcome is not Outcome.GRANT:
            unasked.decided(shell, Waiting(read, known, correlation), self._mono())

    def _decision(self, shell: VehicleShell, read: Read) -> Decision:
        view, lane, now, plate = self._store.view(), shell.vehicle, self._now(), read.text
        locked = passing(view, shell.lane.lane_id, now) is not None
        storm = closed(view, shell.lane.lane_id, lane.direction, now)
        gate = Gate(fire=lane.fire or lane.phase is Phase.FIRE, lockdown=locked, storm=storm)
        extra = shell.queue.more_minutes(self._mono()) if lane.direction is Direction.OUT else 0
        account, places, booked = None, None, None
        if shell.accounts is not None and shell.between is None:
            its_own = plate if not read.just_before else None
            account = shell.accounts.account(its_own, shell.lane.lane_id, now, extra, _colour(read))
            places, booked = shell.accounts.places(now), shell.accounts.booked(its_own, now)
        decision = decide_vehicle(
            read, gate, lists_of(view), shell.rules, shell.lane.lane_id, lane.direction, now, account, places, booked,
            shell.between,
        )  # fmt: skip
        if plate is not None:
            log.info("%s: %s -> %s", shell.code, masked(plate), decision.detail["case"])
        return decision

    def _ask_again(self, shell: VehicleShell) -> None:
        """A car that waits for its money is let out as soon as the payment is known, without being read again. Whatever
        else may be different now, only a grant is written down and acted on: the driver was told once."""
        waiting, accounts = shell.waiting, shell.accounts
        if accounts is None:
            return
        accounts.catch_up()
        if waiting is None or shell.vehicle.phase is Phase.FIRE:
            return
        if (state := accounts.state(self._now())) == waiting.state:
            return
        shell.waiting = replace(waiting, state=state)
        decision = self._decision(shell, waiting.read)
        if decision.outcome is Outcome.GRANT:
            frame, at = shell.eyes.newest() if shell.eyes is not None else None, self._mono()
            self._conclude(shell, decision, new_id(), at, at, frame, waiting.read.text)  # seen anew: it waited

    def _conclude(
        self,
        shell: VehicleShell,
        decision: Decision,
        correlation: UUID,
        at: float,
        seen_at: float,
        frame: Frame | None,
        plate: str | None = None,
        command: Command | None = None,
        late: bool = False,
    ) -> None:
        """Write the decision down; only then let the lane see a grant. late: of a vehicle that drives already."""
        image = image_rule(frame is not None, self._store.view().snapshot)
        seen = self._now() - timedelta(seconds=max(0.0, self._mono() - seen_at))
        entry = Made(decision, seen, self._mono() - at, image, command).entry(correlation, shell.lane.lane_id, None)
        if plate is not None and isinstance(entry.body, DecisionMade):
            body = entry.body.model_copy(update={"plate": histories.sealed(self._store, plate, correlation)})
            entry = replace(entry, body=body)
        if command is not None and isinstance(
            entry.body, DecisionMade
        ):  # else it is taken to be for whoever was refused
            entry = replace(entry, body=entry.body.model_copy(update={"stood": shell.stands(self._mono())}))
        event = self._record.decided(entry)
        shell.cars = one_car.stands(shell.cars, plate, shell.vehicle.direction, correlation)
        if event is None:  # what is not on disk opens nothing (SYNC-06)
            self._answer(shell, command, Reason.FAULT)
            if command is None:
                self._step(shell, Refused())
            return
        self._tell_driver(shell, decision, plate)
        if decision.outcome is Outcome.GRANT and not late:
            shell.began[correlation], shell.waiting = at, None
            if command is not None:
                shell.commands[correlation] = command
            remote = decision.kind is Kind.REMOTE
            seen_now = RemoteOpen(correlation, self._mono()) if remote else Granted(correlation, self._mono())
            self._step(shell, seen_now)
            if shell.vehicle.phase is Phase.HELD:  # it is up already: no board answers
                self._answer(shell, shell.commands.pop(correlation, None), Reason.OK)
        else:
            self._answer(shell, command, decision.reason)
            if command is None:
                self._step(shell, Refused())
        if image is ImageRule.KEPT and frame is not None:
            shows = Shows.PAYING if decision.detail.get("case") == Case.PAY else Shows.VEHICLE
            self._pictures.keep(event.event_id, frame, decision, False, shows)

    def _tell_driver(self, shell: VehicleShell, decision: Decision, plate: str | None) -> None:
        if shell.board is not None:
            case, ask = decision.detail.get("case", ""), int(decision.detail.get("ask_fen", "0"))
            granted, direction = decision.outcome is Outcome.GRANT, shell.vehicle.direction
            bay = decision.inputs.get("booked_bay") or decision.inputs.get("booked_zone", "")
            text = text_of(case, granted, direction, plate, ask, shell.language, bay)
            if shell.vehicle.phase is Phase.HELD:
                text = while_held(text, shell.held_by is not None and shell.held_by.storm_id is not None)
            shell.board.say(text)
            shell.idle_says = None

    def _show_places(self, shell: VehicleShell) -> None:
        """How many places are free, at a lane that leads in, while no vehicle stands there (LANE-23)."""
        lane = shell.vehicle
        if shell.board is None or shell.accounts is None or lane.direction is not Direction.IN:
            return
        if lane.arming is not Loop.FREE or lane.look is not Look.NONE or lane.phase is not Phase.RESTING:
            return
        lot = shell.accounts.lot(self._now())
        text = places_text(lot, shell.language) if lot is not None else None
        if text is not None and text != shell.idle_says:
            shell.idle_says = text
            shell.board.say(text)

    def _pulsed(self, shell: VehicleShell, pulsed: Pulsed) -> None:
        began = shell.began.get(pulsed.correlation)
        fault = pulsed.fault
        if fault is None:
            self._record.end_alarm(AlarmKind.DEVICE_FAULT, shell.code, "lock")
        else:
            self._record.raise_alarm(AlarmKind.DEVICE_FAULT, shell.code, "lock", fault)
        if began is None:
            return  # a reversal: nobody's grant
        latency_us = max(0, int((pulsed.at - began) * 1e6))
        confirmed = fault is None and pulsed.seen
        body = Actuated(action="release", confirmed=confirmed, fault=fault, latency_us=latency_us)
        self._record.say(body, shell.code, pulsed.correlation)
        command = shell.commands.pop(pulsed.correlation, None)
        self._answer(shell, command, Reason.OK if fault is None else Reason.FAULT)
        if fault is not None and pulsed.known:  # else only its answer got lost: the arm's own contacts tell the rest
            self._step(shell, NotOpened(pulsed.correlation))

    def _step(self, shell: VehicleShell, seen: Seen) -> None:
        """Let one lane see one thing, and carry out what it asks for."""
        before = shell.vehicle
        shell.vehicle, does = step(before, seen, self._mono())
        entries: list[Entry] = []
        look = False
        for do in does:
            match do:
                case Open(correlation):
                    shell.arm.pulse(correlation or new_id())
                case PermitClose():
                    shell.arm.relock()
                case AskLook():
                    look = True
                case ReportArm(arm) if arm in POSITIONS:
                    whose = _at_arm(before, shell.vehicle)
                    entries.append(self._record.entry(Sensed(position=POSITIONS[arm]), shell.code, whose))
                case ReportFire(burning):
                    entries.append(self._record.entry(Sensed(position=shell.position, fire=burning), shell.code))
                case ReportPassage():
                    entries.append(self._passage(shell, do))
                case ReportTailgate(followed):
                    entries.append(self._record.entry(Alarm(alarm=AlarmKind.TAILGATE), shell.code, followed))
                case Raise(trouble):
                    kind, device = TROUBLES[trouble]
                    where = " ".join(shell.fire_at)[:300] if trouble is Trouble.FIRE else ""
                    self._record.raise_alarm(kind, shell.code, device, where or None)
                case Over(trouble):
                    kind, device = TROUBLES[trouble]
                    self._record.end_alarm(kind, shell.code, device)
                case ReportArm() | ReportHoldOver() | ReportDirection():
                    pass
        shell.cars = one_car.after_step(shell.cars, before, shell.vehicle, look, self._mono())
        passed = any(isinstance(do, ReportPassage) and do.ended is Ended.PASSED for do in does)
        shell.queue = queued(shell.queue, shell.vehicle, passed, self._mono())
        self._record.say_all(tuple(entries))
        self._orders.after_step(shell, before, does)
        unasked.after_step(shell, does, look, self._mono())
        if shell.vehicle.look is not Look.ASKED:
            stop_looking(shell)
        elif look:
            self._reading.look(shell)

    def _passage(self, shell: VehicleShell, do: ReportPassage) -> Entry:
        if do.correlation is not None:
            shell.began.pop(do.correlation, None)
            car = one_car.passed(shell.cars, do.correlation) if do.ended is Ended.PASSED else None
            if car is not None:
                for other in self._lanes.values():
                    other.cars = one_car.seen_elsewhere(other.cars, car)
            if do.ended in UNOPENED:
                self._answer(shell, shell.commands.pop(do.correlation, None), UNOPENED[do.ended])
        zones = shell.between._asdict() if shell.between is not None else {}
        held, way = shell.vehicle.phase is Phase.HELD, shell.vehicle.direction if shell.tidal else None
        whose = do.correlation
        if whose is None and (driving := shell.driving) is not None:
            held = held or driving.held  # also where the hold ended with it under the arm
            whose = driving.correlation if held or driving.behind else None
        body = Passage.model_validate(
            {"passed": do.ended is Ended.PASSED, "why": ENDS[do.ended], "held": held, "direction": way, **zones}
        )
        return self._record.entry(body, shell.code, whose)

    # -- commands --------------------------------------------------------------------------------------------------

    def _command(self, shell: VehicleShell, command: Command, until: float) -> None:
        if self._mono() > until:  # it was in time when it came, and is not any more (S9)
            say_done(self._record, command, shell.code, Reason.LATE)
        elif command.action is Action.OPEN:
            self._open(shell, command)
        else:
            self._orders.carry_out(shell, command)

    def _open(self, shell: VehicleShell, command: Command) -> None:
        view, lane, now = self._store.view(), shell.vehicle, self._now()
        groups = passing(view, shell.lane.lane_id, now)
        gate = GateState(
            fire=lane.fire or lane.phase is Phase.FIRE,
            fault=shell.board_fault,
            lockdown=groups is not None,
            lockdown_groups=groups or frozenset(),
        )
        known = (view.lane(shell.lane.lane_id) or shell.lane).model_copy(update={"direction": lane.direction})
        facts = gather(self._site_id, known, view, Verification(kind=Kind.REMOTE), gate, now)
        frame = shell.eyes.newest() if shell.eyes is not None else None
        self._reading.conclude(shell)  # else the opening would be taken to be for whoever was refused before (LANE-06)
        at = self._mono()
        self._conclude(shell, decide(facts, now), command.correlation, at, at, frame, command=command)

    def _answer(self, shell: VehicleShell, command: Command | None, reason: Reason) -> None:
        if command is not None:
            say_done(self._record, command, shell.code, reason)

    def _by_id(self, lane_id: UUID) -> VehicleShell | None:
        return next((one for one in self._lanes.values() if one.lane.lane_id == lane_id), None)


def _at_arm(before: VehicleLane, lane: VehicleLane) -> UUID | None:
    """Whose passage a movement of the arm belongs to."""
    return lane.grants[0].correlation if lane.grants else lane.followed or before.followed


def _colour(read: Read) -> PlateColour:
    return read.vehicle.plate.colour if read.vehicle.plate is not None else PlateColour.UNKNOWN
