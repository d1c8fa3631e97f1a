"""The node put together: the only file that knows which concrete part stands where.

camera, scanner, board threads ──► inbox ──► Gate (main thread) ──► journal ──► uplink ──► central
                   ▲ pulse, hold ◄──┘            ▲ rules, commands ◄── downlink ◄──┘
"""

import logging
import queue
import signal
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar
from uuid import UUID

from devices.ports import Frame
from devices.registry import open_camera, open_reader, open_scanner
from edge.calibrating import Calibrating
from edge.console.serving import ConsoleThread
from edge.console.serving import Gate as ConsoleGate
from edge.egress import board_of, door_of
from edge.enrolment.desk import EnrolmentDesk
from edge.folder import NodeError, NodeFolder
from edge.health.clock import Clock
from edge.health.heartbeat import Heartbeat
from edge.health.watch import HealthThread
from edge.intercom.serving import listening
from edge.journal.about import decided_about, said
from edge.journal.errors import JournalError
from edge.journal.journal import Entry, Journal
from edge.journal.pictures import Pictures
from edge.journal.receipts import FaceReceipts
from edge.lane.board import BoardThread, Guard
from edge.lane.companion import CompanionThread
from edge.lane.ears import ScannerThread
from edge.lane.eyes import CameraThread
from edge.lane.hold import FireHolds
from edge.lane.inbox import AlarmNote, CommandIn, Item, Note, Stop
from edge.lane.lift import LiftLock, LiftThread
from edge.lane.node_fire import Fires, NodeFire
from edge.lane.pictures import PictureThread
from edge.lane.reader_ears import ReaderThread
from edge.lane.runner import Gate
from edge.lane.shell import LaneShell
from edge.lane.standing import StandingAlarms
from edge.lane.states import Phase
from edge.lift_floors import buttons_told
from edge.living import PASSIVE, Living
from edge.parking import parking_of
from edge.site import LaneSite, Site
from edge.store.aside import FACES_AGAIN, PICTURES_ANEW, WATCH_AGAIN, opened_or_aside
from edge.store.consents import FaceConsents
from edge.store.database import DatabaseFault
from edge.store.erasing import Eraser, Left
from edge.store.store import RulesView, Store
from edge.store.templates import Templates
from edge.sync.client import CentralClient
from edge.sync.downlink import Downlink
from edge.sync.enrol import Node, load_node
from edge.sync.errors import SyncError
from edge.sync.letters import Letters
from edge.sync.trust import TrustFault, nobody, trust
from edge.sync.uplink import Uplink
from edge.vehicles import Vehicles, VehicleThread
from edge.verify.face.checker import FaceChecker
from edge.verify.face.errors import FaceFault
from edge.watch_group.desk import WatchDesk
from edge.watch_group.group import WatchEntries, WatchGroup
from edge.watch_group.lookout import Lookout, WatchedFaces
from models.access.attempts import Limits
from models.access.pictures import Keeping
from models.site.topology import Lane
from models.values.ids import new_id
from models.wire.commands import OPEN_TTL_MAX_S, Action, Command
from models.wire.events import AlarmKind, CommandDone, NodeNews
from models.wire.snapshot import Snapshot

LINK_AGAIN_S = 30.0
EVENTS_KEPT = 100_000

OPENED = TypeVar("OPENED")
Thread = BoardThread | CameraThread | CompanionThread | ReaderThread | ScannerThread | VehicleThread

log = logging.getLogger(__name__)


class RunningNode:
    """Everything of one node, started and stopped together."""

    def __init__(
        self, site: Site, folder: NodeFolder, weights: Path, guard: Guard | None = None, clock: Clock | None = None
    ):
        """Raises whatever keeps the node from starting; then nothing is left open, so that it can be tried again."""
        self._guard = guard
        with ExitStack() as opened:
            self._put_together(site, folder, weights, clock or Clock(), opened)
            opened.pop_all()

    def _put_together(self, site: Site, folder: NodeFolder, weights: Path, clock: Clock, opened: ExitStack) -> None:
        self.site, self.node = site, load_node(folder.path / "node.json")
        self._fatal: list[str] = []
        self._folder = folder.path
        self.clock = clock
        self.keys = folder.keys()
        opened.callback(self.keys.close)
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.journal = Journal.open(
            folder.path / "journal.db", self.node.node_id, self.keys, now=self.clock.now, skew_ms=self.clock.skew_ms
        )
        opened.callback(self.journal.close)
        central_key = bytes.fromhex(self.node.central_key)
        self.store = Store.open(folder.path / "store.db", self.node.node_id, central_key, self.keys)
        opened.callback(self.store.close)
        self._never_before_what_was_written()
        self.templates = self._opened_or_aside(folder.path / "templates.db", self._open_templates, FACES_AGAIN)
        opened.callback(self.templates.close)
        self.pictures = self._opened_or_aside(folder.path / "pictures", self._open_pictures, PICTURES_ANEW)
        self.journal.free_first = self.pictures.give_up_sent  # a full disk costs pictures that central has, then events
        self.receipts = FaceReceipts(self.templates, self.journal, folder.path / "journal.db")
        confirmed = partial(said, folder.path / "journal.db")
        self._eraser = Eraser(self.templates, self.keys, self._erase_pictures, confirmed)
        self._erase_again()
        self.store.before_applying = self._erase_first
        self.faces = self._open_faces(weights)
        self._open_watch_group(folder.path, opened)
        if self.store.refused_at_open is not None:
            detail = f"the rules on disk were not used: {self.store.refused_at_open.value}"
            self.inbox.put(AlarmNote(AlarmKind.SNAPSHOT_REFUSED, device="store", detail=detail))
        url = site.central.url if site.central else self.node.central_url
        self.client = CentralClient(url, self.node.node_id, self.keys, self.clock, verify=self._trust(site.ca))
        opened.callback(self.client.close)
        self._watch_desk = WatchDesk(
            self.node.node_id, self.client, self.keys, self.watch_group, self.faces.reader if self.faces else None,
            self.store.view, self.templates.photo_keys,
        )  # fmt: skip
        self._living = Living(weights, self.faces, self.inbox)
        self._holds, self._fire = FireHolds(folder.path), NodeFire()
        self._eyes: dict[str, CameraThread] = {}
        self._threads: list[Thread] = []
        lanes = {lane.code: self._lane(lane) for lane in site.lane if lane.barrier is None}
        of_node = partial(lane_of, self.node)
        self.parking = parking_of(site, self.node, folder, self.keys, self.journal, self.store, self._opened_or_aside)
        opened.callback(self.parking.close)
        self.vehicles = Vehicles(site, of_node, weights, self.inbox, self._holds, self._fire, self.parking.stays)
        self._by_id = {shell.lane.lane_id: code for code, shell in lanes.items()}
        one_face = self.faces.one_face if self.faces else lambda pixels: None
        self._threads += [*self._living.companions, *self.vehicles.threads]
        self._picture_thread = PictureThread(
            self.pictures, one_face, self._newest, self._show, self._pictures_kept, self.clock.now
        )
        self.gate = Gate(
            self.node.site_id,
            lanes,
            self.journal,
            self.store,
            self._picture_thread,
            self._holds,
            self.inbox,
            self.clock.central_now,
            tuple(frozenset(group.lanes) for group in site.interlock),
            standing=StandingAlarms(folder.path / "standing-alarms.json"),
            vehicles=self.vehicles.shells,
        )
        self.gate.record.hearers.append(lambda body, _, __, at, ___: self._picture_thread.heard(body, at))
        self._stop = threading.Event()
        letters = Letters(folder.path / "letters")
        self._uplink = Uplink(
            self.journal, self.pictures, self.client, send_pictures=self._sends_pictures, letters=letters,
            alarm=lambda said: self.inbox.put(AlarmNote(AlarmKind.JOURNAL, over=not said, device="fork", detail=said)),
        )  # fmt: skip
        self._downlink = Downlink(
            self.store, self.client, self.clock, execute=self._execute, record=self._record, applied=self._applied,
            heartbeat=Heartbeat(self.journal, self.clock, folder.path, letters), mail=self._there_is_mail,
            alarm=lambda why: self.inbox.put(AlarmNote(AlarmKind.DISK, not why, "rules", why[:300] or None)),
            stays=self.parking.told,
        )  # fmt: skip
        self.parking.downlink = self._downlink
        self._desk = EnrolmentDesk(
            self.node.node_id,
            self.client,
            self.keys,
            self.templates,
            self.faces.reader if self.faces else None,
            self.store.view,
            self.clock.central_now,
        )
        self._calibrating = Calibrating(
            self._folder, self.templates, self.faces, self.clock.now, self._record, lambda: self.store.view().corrected
        )
        self._health = HealthThread(folder.path, self.clock, self.inbox, letters, self._tidy)
        self._intercoms = listening(site, self.inbox, lambda code: of_node(code).lane_id)
        self._console = ConsoleThread(self._seen_at_the_gate(tuple(lanes)), site.console.port) if site.console else None

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; 0 after that, 1 when a part broke (the supervisor starts the node again)."""
        threading.excepthook = self._broken
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        signal.signal(signal.SIGINT, self._asked_to_stop)
        self.start()
        self.gate.run()
        return self.end()

    def take_over(self, fires: Fires) -> None:
        """Before `run`: doors that are held for fire already stay so without moving, and what burns goes on burning."""
        for code in fires.burning:
            self._fire.tell(code, True)
        for code in fires.held:
            if not self.vehicles.take_over(code):
                shell = self.gate.lane(code)
                shell.door = replace(shell.door, phase=Phase.FIRE)
                shell.lock.hold(True)
            try:
                self._holds.remember(code, True)
            except OSError as error:  # held all the same, only not through another restart
                log.error("that %s is held for fire cannot be written down: %s", code, error)

    def start(self) -> None:
        """Start every thread but the gate's own, which is the caller's: `gate.run`."""
        self.gate.record.say(NodeNews(what="started", detail=buttons_told(self.site, self.node)))
        self._calibrating.tell()
        for thread in (*self._threads, self._picture_thread, self._health):
            thread.start()
        looking_out = (self._watch_receipts.run, self._watch_desk.run)
        for loop in (self._uplink.run, self._downlink.run, self.receipts.run, self._desk.run, *looking_out):
            threading.Thread(target=self._kept_up, args=(loop,), name=loop.__qualname__, daemon=True).start()
        for served in (self._console, self._intercoms):
            if served is not None:
                served.start()
        log.info("%s 已在守门 / decides for: %s", self.node.name, ", ".join(lane.name for lane in self.site.lane))

    def _kept_up(self, loop: Callable[[threading.Event], None]) -> None:
        """Run a link to central; whatever breaks it, the gate goes on and the link is tried again."""
        name = loop.__qualname__
        while not self._stop.is_set():
            try:
                loop(self._stop)
            except Exception as error:  # the gate goes on without a link, and central is told when it is back
                log.exception("%s broke; tried again in %g s", name, LINK_AGAIN_S)
                detail = f"{name}: {type(error).__name__}: {error}"[:300]
                self.inbox.put(AlarmNote(AlarmKind.JOURNAL, device=name[:80], detail=detail))
                self._stop.wait(LINK_AGAIN_S)

    def end(self) -> int:
        """Stop the threads and close the files, after `gate.run` has returned."""
        self._stop.set()
        for thread in (*self._threads, self._picture_thread, self._health):
            thread.stop()
        for served in (self._console, self._intercoms):
            if served is not None:
                served.stop()
        for thread in (*self._threads, self._picture_thread):
            thread.join(timeout=2)
        self.gate.record.say(NodeNews(what="stopped", detail={"why": self._fatal[0]} if self._fatal else {}))
        self.journal.close()
        self.store.close()
        self.parking.close()
        return 1 if self._fatal else 0

    def _lane(self, lane: LaneSite) -> LaneShell:
        board = board_of(lane, self.inbox, self._holds.holds(lane.code), self._guard, self._fire)
        self._threads.append(board)
        lane_id = lane_of(self.node, lane.code).lane_id
        faces = WatchedFaces(self.faces, Lookout(lane_id, self.watch_group, self.inbox.put)) if self.faces else None
        eyes, approach = None, self._living.approach(lane, faces)
        if lane.camera is not None:
            opener = partial(open_camera, lane.camera)
            eyes = CameraThread(lane.code, opener, self.inbox, faces, lane.face_alone != "off", approach=approach)
            self._eyes[lane.code] = eyes
            self._threads.append(eyes)
        ears, reader = None, None
        if lane.scanner is not None:
            ears = ScannerThread(lane.code, partial(open_scanner, lane.scanner), self.inbox)
            self._threads.append(ears)
        if lane.reader is not None:
            opener_of_reader = partial(open_reader, lane.reader)
            reader = ReaderThread(
                lane.code, opener_of_reader, self.inbox, whose=lambda unit, pin: self.store.view().pin(unit, pin)
            )
            self._threads.append(reader)
        shell = LaneShell(
            code=lane.code,
            lane=lane_of(self.node, lane.code),
            lock=board,
            eyes=eyes,
            reader=reader,
            ears=ears,
            second_factor_s=lane.second_factor_s,
            door=door_of(lane, held=False),
            face_opens=lane.face_alone == "open" and approach is not None,
            face_lives=lane.liveness in PASSIVE,
            limits=Limits(wrong_max=lane.wrong_max, pin_lock_s=lane.pin_lock_s),
            panel=lane.has_panel,
        )
        if lane.lift is not None and isinstance(board, LiftThread):
            shell.lift = lane.lift.buttons()
            shell.lock = LiftLock(board, lambda: shell.last)
        return shell

    def _seen_at_the_gate(self, codes: tuple[str, ...]) -> ConsoleGate:
        """What the lanes' screens may look at."""
        return ConsoleGate(
            self.site.node.name,
            codes,
            self.gate.lane,
            self.store.view,
            self._uplink.status,
            self.clock.central_now,
            without=tuple(lane.code for lane in self.site.lane if lane.code not in codes),
        )

    def _trust(self, ca: Path | None) -> ssl.SSLContext | bool:
        """Without the authority that the site file names nobody is believed to be central; the gate decides alone."""
        try:
            trusted = trust(ca)
        except TrustFault as error:
            log.error("central is not believed, and cannot be reached: %s", error)
            self.inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, device="central_ca", detail=str(error)[:300]))
            return nobody()
        self.inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, over=True, device="central_ca"))
        return trusted

    def _open_templates(self, path: Path) -> Templates:
        agreed = FaceConsents(self.store.view, self.clock.central_now)
        templates = Templates.open(path, self.keys, agreed)
        try:
            templates.check()
        except BaseException:
            templates.close()
            raise
        return templates

    def _open_watch_group(self, folder: Path, opened: ExitStack) -> None:
        """In a file of its own, so that nothing in it is ever looked up for a door (ACC-30)."""
        entries = WatchEntries(self.store.view, self.clock.central_now)
        path = folder / "watch-group.db"
        templates = self._opened_or_aside(path, lambda at: Templates.open(at, self.keys, entries), WATCH_AGAIN)
        opened.callback(templates.close)
        self.watch_group = WatchGroup(templates, self.keys, entries, self.faces.reader.model if self.faces else None)
        self._watch_receipts = FaceReceipts(templates, self.journal, folder / "journal.db")

    def _open_pictures(self, path: Path) -> Pictures:
        return Pictures.open(path, self.keys)

    def _opened_or_aside(self, path: Path, opening: Callable[[Path], OPENED], what_to_do: str) -> OPENED:
        made, kept = opened_or_aside(path, opening, self.clock.now())
        detail = f"{kept}: {what_to_do}" if kept else None
        self.inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, over=not kept, device=path.stem, detail=detail))
        return made

    def _open_faces(self, weights: Path) -> FaceChecker | None:
        """Changed or missing models stop faces and nothing else: passes go on, and central gets an alarm (SEC-18)."""
        if not any(
            lane.camera for lane in self.site.lane if lane.barrier is None
        ):  # nobody misses them, nor an alarm of when there was one
            self.inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, over=True, device="face_models"))
            return None
        try:
            faces = FaceChecker.open(weights, self.templates, self.site.face.backend, self._folder)
            self.inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, over=True, device="face_models"))
            return faces
        except FaceFault as error:
            log.error("no faces are compared: %s", error)
            self.inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, device="face_models", detail=str(error)[:300]))
            return None

    def _newest(self, lane_id: UUID) -> Frame | None:
        eyes = self._eyes.get(self._by_id.get(lane_id, ""))
        return eyes.newest() if eyes is not None else self.vehicles.newest(lane_id)

    def _execute(self, command: Command) -> None:
        if command.action is Action.LOOK:
            self._picture_thread.look(command)
        elif command.action is Action.CALIBRATE:
            self._calibrating.ask(command)
        else:
            ttl_s = min(command.ttl_s, OPEN_TTL_MAX_S) if command.action is Action.OPEN else command.ttl_s
            lived = self.clock.central_now() - command.issued_at
            self.inbox.put(CommandIn(command, time.monotonic() + ttl_s - lived.total_seconds()))

    def _show(self, command: Command, jpeg: bytes | None) -> None:
        """The answer to a guard's look: the picture, or that there is none."""
        reason = "no_picture" if jpeg is None else "ok"
        if jpeg is not None:
            try:
                self.client.put_live(command.lane_id, jpeg)
            except SyncError as error:
                log.warning("a look could not be answered: %s", error)
                reason = "not_sent"
        result = "done" if reason == "ok" else "refused"
        self._record(
            Entry(
                body=CommandDone.model_validate(
                    {"command_id": command.command_id, "action": "look", "result": result, "reason": reason}
                ),
                correlation=command.correlation,
                lane_id=command.lane_id,
            )
        )

    def _tidy(self) -> None:
        """Let go of what central has acknowledged long ago."""
        self.journal.drop_acked(EVENTS_KEPT)

    def _pictures_kept(self) -> Keeping:
        """The community's times; before there are rules, or in rules of an older central, the usual ones."""
        snapshot = self.store.view().snapshot
        return Keeping() if snapshot is None else snapshot.pictures_kept

    def _record(self, entry: Entry) -> None:
        self.inbox.put(Note(entry))

    def _never_before_what_was_written(self) -> None:
        """Until central is reached, a clock that was set back revives nothing that had expired."""
        try:
            past = [self.journal.latest(), self.store.view().issued_at]
        except JournalError as error:  # as with all that the journal no longer says: it stops no gate
            log.error("how late it was is not known: %s", error)
            past = [self.store.view().issued_at]
        for at in past:
            if at is not None:
                self.clock.not_before(at)

    def _applied(self, view: RulesView) -> None:
        if view.issued_at is not None:
            self.clock.not_before(view.issued_at)
        self._watch_desk.rules_changed()
        detail = {"version": str(view.version)}
        self._record(Entry(body=NodeNews(what="snapshot_applied", detail=detail), correlation=new_id()))

    def _there_is_mail(self) -> None:
        """For one of the two; the downlink does not say for which."""
        self._desk.knock()
        self._watch_desk.knock()

    def _erase_first(self, snapshot: Snapshot) -> None:
        """Destroy what central orders destroyed. A journal that cannot take the receipts gets them later."""
        if self._eraser.follow(snapshot):
            try:
                self.receipts.bring()
            except JournalError as error:
                log.warning("receipts of erasures wait: %s", error)

    def _erase_again(self) -> None:
        """A file that was put back may hold somebody again; whatever is wrong with it, the gate starts."""
        snapshot = self.store.view().snapshot
        try:
            if snapshot is not None:
                self._eraser.follow(snapshot)
        except (DatabaseFault, sqlite3.Error, OSError) as error:
            log.warning("erasures wait for the next rules: %s", error)

    def _erase_pictures(self, cardholders: Collection[UUID]) -> dict[UUID, Left]:
        decided = decided_about(self._folder / "journal.db", cardholders)
        return self.pictures.erase_people(cardholders, decided, self.clock.now())

    def _sends_pictures(self) -> bool:
        snapshot = self.store.view().snapshot
        return snapshot is not None and snapshot.send_pictures

    def _asked_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.inbox.put(Stop())

    def _broken(self, args: threading.ExceptHookArgs) -> None:
        """A thread ended by an error of ours: say it, and let the whole node start anew, not go on half alive."""
        name = args.thread.name if args.thread else "?"
        log.critical("%s broke", name, exc_info=args.exc_value)
        self._fatal.append(f"{name}: {args.exc_type.__name__}"[:100])
        self.inbox.put(Stop())


def lane_of(node: Node, code: str) -> Lane:
    """The lane that central knows under this code. Raises NodeError when the site file has grown since enrolment."""
    for lane in node.lanes:
        if lane.code == code:
            return lane
    known = ", ".join(lane.code for lane in node.lanes)
    told = f'中心只有 {known}，请重登记 / central does not know lane "{code}" (it knows {known}); enrol the node again'
    raise NodeError(told)
