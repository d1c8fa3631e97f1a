"""Rules and commands down: one long poll after another. Rules first, so that a revocation precedes every opening.

A command is verified, judged and remembered on disk before it is carried out (S8, S9). What is refused becomes an event
with its reason: central never waits in silence. On a full disk new rules are in force in memory, an alarm says so, and
every few seconds it is tried again to write them; commands, which cannot be remembered then, are refused.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from uuid import UUID

from pydantic import ValidationError

from edge.health.clock import Clock
from edge.journal.entry import Entry
from edge.journal.journal import JournalError
from edge.store.database import CANNOT_WRITE
from edge.store.stays import ToldStays
from edge.store.store import RulesView, Store
from edge.sync.client import CentralClient
from edge.sync.errors import Refused, SyncError
from edge.sync.status import Backoff, LinkState, SyncStatus
from models.access.decision import Reason
from models.values.ids import new_id
from models.wire.commands import Command
from models.wire.events import Alarm, AlarmKind, CommandDone
from models.wire.signed import Signed, verified
from models.wire.snapshot import SnapshotRefusal

WAIT_S = 25  # below the minute after which middle boxes forget a silent connection
CLOCK_EVERY_S = 300.0  # this often a poll does not wait: only an answer given at once says what time it is
PACE_S = 0.2  # between polls that brought nothing new, should central answer at once all the same

UNKEPT_WAIT_S = 3
"""So long a poll waits while the rules in force are not on disk: writing them is tried again before each."""

NOT_KEPT = "not_kept"
"""Why a command is refused that the disk does not take: without that it could run twice."""

log = logging.getLogger(__name__)


class SnapshotRefused(Exception):
    """Central sent rules that may not be applied. Asking again at once would bring the same."""


class Downlink:
    """`run` is the thread; it ends when `stop` is set, and for no answer of central's.

    `execute(command)` carries out what was accepted; `record(entry)` writes an event; `applied(view)` hears of rules.
    `heartbeat()` says how the node is, once for each poll. `mail()` hears that faces wait to be fetched. `alarm(why)`
    hears why the rules in force are not on disk; with nothing in it, that they are. `stays`: of a node with vehicle
    lanes, what central told it of the car park.
    """

    def __init__(
        self, store: Store, client: CentralClient, clock: Clock, *,
        execute: Callable[[Command], None], record: Callable[[Entry], object],
        applied: Callable[[RulesView], None] = lambda view: None,
        heartbeat: Callable[[], Mapping[str, str]] = dict, mail: Callable[[], None] = lambda: None,
        alarm: Callable[[str], None] = lambda why: None, stays: ToldStays | None = None,
        wait_s: int = WAIT_S,
        backoff: Backoff | None = None,
    ) -> None:  # fmt: skip
        self._store, self._client, self._clock = store, client, clock
        self._execute, self._record, self._applied = execute, record, applied
        self._heartbeat, self._mail, self._alarm, self._wait_s = heartbeat, mail, alarm, wait_s
        self._stays = stays
        self._backoff = backoff or Backoff()
        self._state = LinkState(clock.now)
        self._clock_asked_s: float | None = None
        self._told_refusal: tuple[str, str] | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began_s = self._clock.monotonic()
            try:
                brought = self.step()
            except (SyncError, SnapshotRefused, JournalError, *CANNOT_WRITE) as error:
                self._state.went_wrong(error, offline=not isinstance(error, Refused | SnapshotRefused))
                log.warning("downlink: %s", error)
                stop.wait(self._backoff.next_s())
            else:
                self._backoff.reset()
                if not brought and self._clock.monotonic() - began_s < PACE_S:
                    stop.wait(PACE_S)

    def step(self) -> bool:
        """One poll, and everything it brought; False when that was nothing new.

        Raises SyncError, and SnapshotRefused after everything was dealt with.
        """
        self._store.keep()
        asked = dict(self._heartbeat())
        if self._stays is not None:
            asked["stays"] = str(self._stays.told().number)
        told = self._client.wait_for_downlink(self._store.view().version, self._this_wait_s(), asked)
        self._state.went_well()
        refused = self._take_snapshot(told.snapshot) if told.snapshot is not None else None
        if told.stays is not None and self._stays is not None:
            refused = self._take_stays(self._stays, told.stays) or refused
        self._tell_unkept()
        brought = self._take_commands(told.commands)
        if told.mail:
            self._mail()
        if told.prove:
            self._prove()
        if refused is not None:
            raise SnapshotRefused(f"规则被拒绝 / the rules were refused: {refused}")
        return brought or told.snapshot is not None or told.stays is not None

    def status(self) -> SyncStatus:
        return self._state.status()

    def _this_wait_s(self) -> int:
        now_s = self._clock.monotonic()
        due = self._clock_asked_s is None or now_s - self._clock_asked_s >= CLOCK_EVERY_S
        if due or self._state.status().online_since is None:
            self._clock_asked_s = now_s
            return 0
        return self._wait_s if self._store.unkept() is None else min(self._wait_s, UNKEPT_WAIT_S)

    # -- rules ---------------------------------------------------------------------------------------------------

    def _take_snapshot(self, signed: Signed) -> str | None:
        """Apply it; or the reason why not, told as an alarm once for each."""
        refusal = self._store.apply(signed, self._clock.central_now())
        if refusal is None:
            self._told_refusal = None
            self._applied(self._store.view())
            return None
        return self._refused(refusal, signed, "downlink")

    def _take_stays(self, stays: ToldStays, signed: Signed) -> str | None:
        """The same of news of the car park."""
        refusal = stays.take(signed)
        return None if refusal is None else self._refused(refusal, signed, "stays")

    def _refused(self, refusal: SnapshotRefusal, signed: Signed, device: str) -> str:
        told = (refusal.value, signed.signature)
        if told != self._told_refusal:
            self._told_refusal = told
            body = Alarm(alarm=AlarmKind.SNAPSHOT_REFUSED, device=device, detail=refusal.value)
            self._record(Entry(body=body, correlation=new_id()))
        return refusal.value

    def _tell_unkept(self) -> None:
        """After each poll: what stood before a restart is over only now, when central had nothing newer to send."""
        fault = self._store.unkept()
        if fault is None:
            self._alarm("")
            return
        log.error("the rules in force are not on disk: %s", fault)
        self._alarm(
            "新规则存不下：已生效，但重启后、连上中心前会先用旧规则。 / new rules cannot be kept: they are in force, "
            f"but after a restart the old ones are, until central is reached: {fault}"
        )

    def _prove(self) -> None:
        """Central was restored from an older backup, and believes a version only by its own signature. When it has
        taken this one, it makes a newer."""
        signed = self._store.signed()
        if signed is not None:
            self._client.prove_rules(signed)

    # -- commands ------------------------------------------------------------------------------------------------

    def _take_commands(self, signed: tuple[Signed, ...]) -> bool:
        """Deal with each in the order of their numbers; False when none was new."""
        genuine = []
        for one in signed:
            command = self._genuine(one)
            if command is not None:
                genuine.append(command)
        new = False
        for command in sorted(genuine, key=lambda command: command.number):
            new = self._take(command) or new
        return new

    def _genuine(self, signed: Signed) -> Command | None:
        """The command when central signed it; otherwise its refusal is recorded, as far as it can be told apart."""
        is_genuine = verified(signed, "command", self._store.central_key) is not None
        try:
            command = Command.model_validate_json(signed.payload)
        except ValidationError:
            body = CommandDone(command_id=UUID(int=0), action="unreadable", result="refused", reason="malformed")
            self._record(Entry(body=body, correlation=new_id()))
            return None
        if not is_genuine:
            self._refuse(command, Reason.FORGED.value)
            return None
        return command

    def _take(self, command: Command) -> bool:
        try:
            reason = self._store.judge_and_remember(command, self._clock.central_now())
        except CANNOT_WRITE as error:
            log.error("command %d cannot be remembered, so it is refused: %s", command.number, error)
            self._refuse(command, NOT_KEPT)
            return True
        if reason is Reason.OK:
            self._execute(command)
        else:  # central hands each out once: what comes again was repeated on the way
            self._refuse(command, reason.value)
        return reason is not Reason.REPLAYED

    def _refuse(self, command: Command, reason: str) -> None:
        body = CommandDone(command_id=command.command_id, action=command.action.value, result="refused", reason=reason)
        self._record(Entry(body=body, correlation=command.correlation, lane_id=command.lane_id))
