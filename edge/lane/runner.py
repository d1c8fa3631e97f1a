"""The shell around the pure lanes: takes what was seen, asks the rules, writes it down, then lets things move.

One thread runs all lanes of the gate, so that two doors of an interlock can never be released by two threads at once.
The order is fixed (promise 2): recognised, decided, on disk, released, sensed, passed. Fire does not pass through here:
the board's own thread answers it, and this one only hears of it.
"""

import logging
import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from devices.ports import Frame, Signal
from edge.decide.facts import gather, of_card, of_pin, verification_of, with_face
from edge.journal.journal import Entry, Journal, JournalError
from edge.lane.attempts import WrongAttempts
from edge.lane.beside_seen import look_before, raise_seen
from edge.lane.commands import LaneCommands
from edge.lane.hanging import watch_contacts
from edge.lane.hearing import LATE_S
from edge.lane.hold import FireHolds
from edge.lane.inbox import (
    AlarmNote,
    BoardDown,
    CardSeen,
    CodeSeen,
    CommandIn,
    ContactsRead,
    DeviceState,
    FaceSeen,
    HoldChanged,
    Item,
    Note,
    OpenAsked,
    PinEntered,
    Prompt,
    Pulsed,
    ReaderTampered,
    ScanRefused,
    Stop,
)
from edge.lane.interlock import partners
from edge.lane.machine import step
from edge.lane.recognition import Pending, most_telling
from edge.lane.record import Made, Recorder, image_rule
from edge.lane.says import ANSWERS, Say, after, answer
from edge.lane.shell import LaneShell, LastDecision, Pictures, hold_of
from edge.lane.standing import StandingAlarms
from edge.lane.states import (
    AskOpen,
    BoardLost,
    DoorLane,
    Granted,
    NotReleased,
    Over,
    Partner,
    Phase,
    Raise,
    Release,
    Relock,
    ReportEbike,
    ReportFire,
    ReportPassage,
    ReportPosition,
    ReportTailgate,
    Seen,
    Tick,
)
from edge.lane.vehicle.runner import VehicleLanes
from edge.lane.vehicle.shell import VehicleShell
from edge.lane.whereabouts import Whereabouts
from edge.store.store import Store
from models.access.credential import Kind, Pass
from models.access.decision import Decision, Outcome, Reason
from models.access.lockdown import groups_let_through
from models.access.policy import Facts, GateState, decide
from models.access.verification import FaceResult, FaceStatus, Verification
from models.values.ids import new_id
from models.wire.commands import Command
from models.wire.events import Actuated, Alarm, AlarmKind, ImageRule, Passage, Position, Scanned, Sensed

TICK_S = 0.1
DURESS = Alarm(alarm=AlarmKind.DURESS, device="pin")

log = logging.getLogger(__name__)


class Gate:
    """All lanes of one node. `run` until a Stop arrives; everything else happens through the inbox."""

    def __init__(
        self,
        site_id: UUID,
        lanes: dict[str, LaneShell],
        journal: Journal,
        store: Store,
        pictures: Pictures,
        holds: FireHolds,
        inbox: "queue.Queue[Item]",
        now: Callable[[], datetime],
        interlocks: tuple[frozenset[str], ...] = (),
        mono: Callable[[], float] = time.monotonic,
        standing: StandingAlarms | None = None,
        vehicles: Mapping[str, VehicleShell] = MappingProxyType({}),
    ):
        self._site_id, self._lanes, self._journal, self._store = site_id, lanes, journal, store
        self._pictures, self._holds, self._inbox, self._now, self._mono = pictures, holds, inbox, now, mono
        self._interlocks = interlocks
        self._attempts = WrongAttempts(store)
        self._ids = {code: one.lane.lane_id for code, one in lanes.items()}
        self._ids |= {code: one.lane.lane_id for code, one in vehicles.items()}
        self.record = Recorder(journal, lambda code: self._ids[code], journal.now, standing)
        self._vehicles = VehicleLanes(site_id, vehicles, self.record, store, pictures, holds, now, mono)
        self._commands = LaneCommands(lanes, self.record, mono, self._open_lane, self._step)
        self._whereabouts = Whereabouts({shell.lane.lane_id: shell.lane.direction for shell in lanes.values()})

    def run(self) -> None:
        """Serve until told to stop. Starting moves no output; what was under way before is concluded in words."""
        self.begin()
        last_tick = self._mono()
        while True:
            try:
                item: Item | None = self._inbox.get(timeout=TICK_S)
            except queue.Empty:
                item = None
            if isinstance(item, Stop):
                return
            if item is not None:
                self.handle(item)
            if self._mono() - last_tick >= TICK_S:
                last_tick = self._mono()
                self.tick()

    def lane(self, code: str) -> LaneShell:
        """One lane as it is now; to be read, by nobody changed but the gate's own thread."""
        return self._lanes[code]

    def begin(self) -> None:
        self._whereabouts.begin(self._journal, self._now())
        self.record.hearers.append(self._whereabouts.tell)
        by_id = {lane_id: code for code, lane_id in self._ids.items()}
        for grant in self._journal.unfinished():
            lane = by_id.get(grant.lane_id) if grant.lane_id else None
            self.record.say(Passage(passed=False, why="restart"), lane, grant.correlation)
        for code, shell in self._lanes.items():
            if self._holds.holds(code):
                shell.door = DoorLane(settings=shell.door.settings, phase=Phase.FIRE)
                shell.lock.hold(True)
        for shell in self._lanes.values():
            self._tell_partners(shell)
        self._vehicles.begin()

    def tick(self) -> None:
        self.record.write_waiting()
        self._vehicles.tick()
        for shell in self._lanes.values():
            self._step(shell, Tick())
            watch_contacts(shell, self.record, self._mono())
            if shell.says.say in ANSWERS:
                self._say(shell, Say.NOTHING)
            pending = shell.presented.pending
            if pending is not None and (face := pending.verdict(self._mono())) is not None:
                self._conclude_pending(shell, pending, face, self._mono())

    def handle(self, item: Item) -> None:
        """One thing that reached the gate."""
        if self._vehicles.takes(item):
            self._vehicles.handle(item)
            return
        match item:
            case ContactsRead(lane, contacts, fire_at):
                self.record.end_alarm(AlarmKind.DEVICE_FAULT, lane, "relay")
                self._lanes[lane].fire_at = fire_at
                self._step(self._lanes[lane], contacts)
                self._end_alarms_of_before(self._lanes[lane])
            case BoardDown(lane, detail):
                self.record.raise_alarm(AlarmKind.DEVICE_FAULT, lane, "relay", detail)
                if (
                    self._lanes[lane].door.position is Position.UNKNOWN
                ):  # since the start: what was told before it is past
                    self.record.say(Sensed(position=Position.UNKNOWN), lane)
                self._lanes[lane].board_silent = True
                self._step(self._lanes[lane], BoardLost())
            case Pulsed():
                self._pulsed(self._lanes[item.lane], item)
            case HoldChanged(lane, held, fault, seen):
                action = "hold_open" if held else "secure"
                confirmed = fault is None and seen
                self.record.say(Actuated(action=action, confirmed=confirmed, fault=fault, latency_us=0), lane)
                self._lock_fault(lane, fault)
                if lane in self._lanes:  # an arm has no screen
                    self._lanes[lane].hold = hold_of(item)
            case CodeSeen():
                self._code(self._lanes[item.lane], item)
            case FaceSeen():
                self._face(self._lanes[item.lane], item)
            case Prompt(lane, say, _):
                self._say(self._lanes[lane], say)
            case ScanRefused(lane, why, length, count):
                self.record.say(Scanned(why=why, length=length, count=count), lane)
            case ReaderTampered(lane, tampered):
                if tampered:
                    self.record.raise_alarm(AlarmKind.TAMPER, lane, "reader")
                else:
                    self.record.end_alarm(AlarmKind.TAMPER, lane, "reader")
            case CardSeen(lane, card, at):
                shown, digest = of_card(card, self._store.view())
                self._shown(self._lanes[lane], shown, at, digest=digest)
            case PinEntered(lane, unit, match, at):
                self._shown(self._lanes[lane], of_pin(match, unit), at, duress=match is not None and match.duress)
            case OpenAsked(lane, how, at, told):
                asked = self._decide(self._lanes[lane], Verification(kind=how))
                asked = asked.model_copy(update={"detail": {**told, **asked.detail}})
                self._conclude(self._lanes[lane], asked, new_id(), at)
            case DeviceState(lane, device, fault, alarm):
                kind = alarm or (AlarmKind.CAMERA_STALE if device == "camera" else AlarmKind.DEVICE_FAULT)
                if fault is None:
                    self.record.end_alarm(kind, lane, device)
                else:
                    self.record.raise_alarm(kind, lane, device, fault[:300])
            case CommandIn(command, until):
                self._commands.take(command, until)
            case Note(entry):
                self.record.say_all((entry,))
            case AlarmNote(alarm, over, device, detail):
                if over:
                    self.record.end_alarm(alarm, device=device)
                else:
                    self.record.raise_alarm(alarm, device=device, detail=detail)

    # -- recognition ---------------------------------------------------------------------------------------------

    def _code(self, shell: LaneShell, seen: CodeSeen) -> None:
        shell.presented, fresh = shell.presented.see(seen.text, seen.at)
        if fresh and self._mono() - seen.at > LATE_S:  # whoever showed it may have gone
            self.record.say(Scanned(why="backlog", length=len(seen.text), count=1), shell.code)
        elif fresh:
            self._shown(shell, verification_of(seen.text, self._store.view()), seen.at, seen.frame, seen.text)

    def _shown(
        self,
        shell: LaneShell,
        shown: Verification,
        at: float,
        frame: Frame | None = None,
        token: str | None = None,
        digest: str | None = None,
        duress: bool = False,
    ) -> None:
        """A pass, card or PIN. `digest`: of a card, for the desk that is to give an unknown one to somebody."""
        pending = shell.presented.pending
        if pending is not None and shown.kind is not Kind.PASS and not duress and pending.shown == shown:
            return  # held up again while its face is awaited: the same recognition
        if pending is not None:  # this takes its place: what was begun is concluded first
            face = most_telling(pending.faces) or FaceResult(status=FaceStatus.NO_FACE, frames=0)
            self._conclude_pending(shell, pending, face, at)
        shell.frame = frame or (shell.eyes.newest() if shell.eyes else None)  # None from a camera that is stale
        correlation = new_id()
        decision = self._decide(shell, shown)
        if digest is not None and decision.reason is Reason.UNKNOWN:
            decision = decision.model_copy(update={"detail": decision.detail | {"card": digest}})
        if decision.reason is Reason.SECOND_FACTOR:
            if duress:  # whoever is threatened is not to wait for a face before help is called
                self.record.say(DURESS, shell.code, correlation)
            self._want_face(shell, Pending(correlation, shown, at, at + shell.second_factor_s, token), decision)
        else:
            self._conclude(shell, decision, correlation, at, token=token, duress=duress, unit=shown.unit)

    def _want_face(self, shell: LaneShell, pending: Pending, decision: Decision) -> None:
        fault = "no_camera" if shell.eyes is None else shell.eyes.fault()
        if fault is not None:
            face = FaceResult(status=FaceStatus.NO_FACE, quality=fault, frames=0)
            self._conclude_pending(shell, pending, face, pending.seen_at)
            return
        assert shell.eyes is not None
        shell.presented = replace(shell.presented, pending=pending)
        shell.eyes.look_for(pending.correlation, decision.cardholder_id)  # who did not agree is not asked for a face
        if shell.reader is not None and pending.shown.kind is not Kind.PASS:
            shell.reader.show(Signal.WAITING)

    def _face(self, shell: LaneShell, seen: FaceSeen) -> None:
        pending = shell.presented.pending
        if seen.correlation is None:
            if pending is None:
                shell.frame = seen.frame
                decision = self._decide(shell, Verification(kind=Kind.FACE, face=seen.result))
                self._conclude(shell, decision, new_id(), seen.at)
            return
        if pending is None or pending.correlation != seen.correlation:
            return  # a look that was under way when its recognition ended
        shell.frame = seen.frame or shell.frame
        pending = pending.seen(seen.result)
        shell.presented = replace(shell.presented, pending=pending)
        face = pending.verdict(self._mono())
        if face is not None:
            self._conclude_pending(shell, pending, face, seen.at)

    def _conclude_pending(self, shell: LaneShell, pending: Pending, face: FaceResult, at: float) -> None:
        shell.presented = replace(shell.presented, pending=None)
        if shell.eyes is not None:
            shell.eyes.look_for(None, None)
        # the rules are asked anew: a revocation may have arrived while the face was looked at
        decision = self._decide(shell, with_face(pending.shown, face))
        unit = pending.shown.unit
        self._conclude(shell, decision, pending.correlation, at, pending.token, pending.seen_at, unit=unit)

    def _decide(self, shell: LaneShell, verification: Verification) -> Decision:
        return decide(self._facts(shell, verification), self._now())

    def _facts(self, shell: LaneShell, verification: Verification) -> Facts:
        view = self._store.view()
        read = verification.read
        door = shell.door
        fault, uses = shell.board_fault, 0
        if isinstance(read, Pass):
            try:
                uses = self._journal.uses_of(read.pass_id)
            except JournalError as error:  # a pass that may be used up opens nothing; the way out asks for no pass
                log.error("how often a pass was used is not known: %s", error)
                fault = fault or "journal"
        pin = verification.kind is Kind.PIN
        snapshot, now = view.snapshot, self._now()
        passing = groups_let_through(snapshot.lockdowns if snapshot else (), shell.lane.lane_id, now)
        gate = GateState(
            fire=door.fire or door.phase is Phase.FIRE,
            fault=fault,
            lockdown=passing is not None,
            lockdown_groups=passing or frozenset(),
            interlock=door.partner_released,
            ebike=door.keeps_ebikes_out,
            pin_locked=pin and self._attempts.pin_locked(shell, verification.unit, now),
        )
        lane = view.lane(shell.lane.lane_id) or shell.lane
        faces = shell.face_opens, shell.face_lives
        facts = gather(self._site_id, lane, view, verification, gate, now, uses, *faces, shell.lift)
        return self._whereabouts.with_passback(facts, snapshot.passback if snapshot else (), now)

    # -- from the decision to the relay ----------------------------------------------------------------------------

    def _conclude(
        self,
        shell: LaneShell,
        decision: Decision,
        correlation: UUID,
        at: float,
        token: str | None = None,
        seen_at: float | None = None,
        command: Command | None = None,
        duress: bool = False,
        unit: str | None = None,
    ) -> None:
        """Write the decision down; only then let the door see a grant. `at`: when the deciding input arrived."""
        image = image_rule(shell.frame is not None, self._store.view().snapshot)
        seen_s = max(0.0, self._mono() - (at if seen_at is None else seen_at))
        made = Made(decision, self._now() - timedelta(seconds=seen_s), self._mono() - at, image, command)
        entry = made.entry(correlation, shell.lane.lane_id, token)
        wrong = self._attempts.count(shell, decision, unit)
        also = tuple(self.record.entry(alarm, shell.code, correlation) for alarm in wrong)
        if duress:  # on disk with the decision, and nowhere else: no light, word or sound differs (S18)
            also = (self.record.entry(DURESS, shell.code, correlation), *also)
        event = self.record.decided(entry, *also)
        frame, shell.frame = shell.frame, None
        if decision.kind in (Kind.PASS, Kind.FACE, Kind.CARD, Kind.PIN):
            self._say(shell, answer(decision))
        if shell.reader is not None and decision.kind in (Kind.CARD, Kind.PIN):
            granted = decision.outcome is Outcome.GRANT and event is not None
            shell.reader.show(Signal.GRANTED if granted else Signal.REFUSED)
        if event is None and decision.kind is not Kind.EXIT_BUTTON:  # the way out does not depend on a disk
            shell.last = LastDecision(decision, self._mono(), failed=True)
            self._commands.answer(shell, command, Reason.FAULT)
            return
        shell.last = LastDecision(decision, self._mono())
        if decision.outcome is Outcome.GRANT:
            shell.began[correlation] = at
            if command is not None:
                shell.commands[correlation] = command
            self._step(shell, Granted(correlation))
        else:
            self._commands.answer(shell, command, decision.reason)
        if image is ImageRule.KEPT and event is not None and frame is not None:
            self._pictures.keep(event.event_id, frame, decision, bool(also))

    def _pulsed(self, shell: LaneShell, pulsed: Pulsed) -> None:
        began = shell.began.get(pulsed.correlation, pulsed.at)
        latency_us = max(0, int((pulsed.at - began) * 1e6))
        done = pulsed.fault is None
        body = Actuated(
            action="release", confirmed=done and pulsed.seen, fault=pulsed.fault, latency_us=latency_us,
            told="panel" if shell.panel else "lock",
        )  # fmt: skip
        self.record.say(body, shell.code, pulsed.correlation)
        command = shell.commands.pop(pulsed.correlation, None)
        self._commands.answer(shell, command, Reason.OK if done else Reason.FAULT)
        self._lock_fault(shell.code, pulsed.fault)
        if not done:
            if shell.last is not None and shell.last.decision.outcome is Outcome.GRANT:
                shell.last = replace(shell.last, stuck=True)
            self._step(shell, NotReleased(pulsed.correlation, pulsed.known))

    def _lock_fault(self, lane: str, fault: str | None) -> None:
        if fault is None:
            self.record.end_alarm(AlarmKind.DEVICE_FAULT, lane, "lock")
        else:
            self.record.raise_alarm(AlarmKind.DEVICE_FAULT, lane, "lock", fault)

    def _step(self, shell: LaneShell, seen: Seen) -> None:
        """Let one lane see one thing, and carry out what it asks for."""
        before = shell.door
        shell.door, does = step(before, seen, self._mono())
        entries: list[Entry] = []
        asked: Kind | None = None
        for do in does:
            match do:
                case Release(correlation):
                    shell.lock.pulse(correlation)
                case Relock():
                    shell.lock.relock()
                case AskOpen(kind):
                    asked = kind
                case ReportPosition(position, correlation):
                    entries.append(self.record.entry(Sensed(position=position), shell.code, correlation))
                case ReportFire(burning):
                    entries.append(self.record.entry(Sensed(position=shell.door.position, fire=burning), shell.code))
                case ReportPassage():
                    entries.append(self._passage(shell, do))
                case ReportTailgate(correlation):  # under the correlation of whom they followed
                    entries.append(self.record.entry(Alarm(alarm=AlarmKind.TAILGATE), shell.code, correlation))
                case ReportEbike():
                    entries.append(self.record.entry(Sensed(position=shell.door.position, ebike=True), shell.code))
                case Raise(AlarmKind.EBIKE | AlarmKind.FIRE_LANE as alarm):
                    raise_seen(self.record, self._pictures, shell, alarm, self._store.view().snapshot)
                case Raise(alarm):
                    where = " ".join(shell.fire_at) if alarm is AlarmKind.FIRE else ""
                    self.record.raise_alarm(alarm, shell.code, detail=where[:300] or None)
                case Over(alarm):
                    self.record.end_alarm(alarm, shell.code)
        look_before(shell, before.fire_lane, shell.door.fire_lane)
        self._keep_hold(shell, before)
        self._rest(shell, before)
        self.record.say_all(tuple(entries))
        if before.keeps_partner_shut != shell.door.keeps_partner_shut:
            self._tell_partners(shell)
        if asked is not None:
            decision = self._decide(shell, Verification(kind=asked))
            self._conclude(shell, decision, new_id(), self._mono())

    def _rest(self, shell: LaneShell, before: DoorLane) -> None:
        """No face is looked for while the door stands open (ACC-15)."""
        if shell.eyes is not None and shell.door.lets_through != before.lets_through:
            shell.eyes.rest(shell.door.lets_through)

    def _say(self, shell: LaneShell, say: Say) -> None:
        shell.says = after(shell.says, say, self._mono())

    def _passage(self, shell: LaneShell, do: ReportPassage) -> Entry:
        shell.began.pop(do.correlation, None)
        if do.why in ("not_released", "fire"):
            command = shell.commands.pop(do.correlation, None)
            self._commands.answer(shell, command, Reason.FIRE if do.why == "fire" else Reason.FAULT)
        open_ms = int(do.open_s * 1000) if do.open_s is not None else None
        body = Passage.model_validate({"passed": do.passed, "open_ms": open_ms, "why": do.why})
        return self.record.entry(body, shell.code, do.correlation)

    def _keep_hold(self, shell: LaneShell, before: DoorLane) -> None:
        if shell.door.holds_open != before.holds_open:
            shell.lock.hold(shell.door.holds_open)
            try:
                self._holds.remember(shell.code, shell.door.holds_open)
                self.record.end_alarm(AlarmKind.DISK, shell.code, "fire_hold")
            except OSError as error:
                self.record.raise_alarm(AlarmKind.DISK, shell.code, "fire_hold", str(error)[:300])

    def _end_alarms_of_before(self, shell: LaneShell) -> None:
        """What was raised before a restart, and what the door itself now says is over. Mostly there is nothing."""
        if shell.door.position is Position.CLOSED:
            self.record.end_alarm(AlarmKind.FORCED, shell.code)
            self.record.end_alarm(AlarmKind.HELD_OPEN, shell.code)
        if not shell.door.fire and shell.door.phase is not Phase.FIRE:
            self.record.end_alarm(AlarmKind.FIRE, shell.code)
        if not shell.door.tamper:
            self.record.end_alarm(AlarmKind.TAMPER, shell.code)
        for kind, beside in ((AlarmKind.EBIKE, shell.door.ebike), (AlarmKind.FIRE_LANE, shell.door.fire_lane)):
            if beside.since is None:
                self.record.end_alarm(kind, shell.code)

    def _tell_partners(self, shell: LaneShell) -> None:
        for code in partners(shell.code, self._interlocks):
            others = partners(code, self._interlocks)
            self._step(self._lanes[code], Partner(any(self._lanes[other].door.keeps_partner_shut for other in others)))

    # -- commands --------------------------------------------------------------------------------------------------

    def _open_lane(self, shell: LaneShell, command: Command) -> None:
        shell.frame = shell.eyes.newest() if shell.eyes else None
        decision = self._decide(shell, Verification(kind=Kind.REMOTE))
        self._conclude(shell, decision, command.correlation, self._mono(), command=command)
