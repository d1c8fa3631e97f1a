"""Commands to open from afar that the check sees refused: one too late, one played again, one by who may not.

What happens to the first two happens on the line between node and central; the third is a guard of another community,
whom central itself refuses and writes down.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.time import utc_now
from models.wire.commands import OPEN_TTL_MAX_S, Command
from models.wire.events import CommandDone
from scripts.demo.arrivals import Arrival, By
from scripts.demo.client import CentralSays, Person
from scripts.demo.line import Line
from scripts.demo.site import DemoSite
from scripts.demo.waiting import until

AFTER_TTL = timedelta(seconds=0.3)
FATE_S = 20.0
REFUSED_AT_CENTRAL = "远程开门未执行"
"""The audit's words for an opening that was refused."""


class Afar:
    """A guard at central, and whoever holds the cable."""

    def __init__(self, site: DemoSite, person: Person, line: Line):
        self._site, self._person, self._line = site, person, line

    def not_permitted(self, lane_id: UUID) -> dict[str, Any] | None:
        """The guard of the community next door asks for this lane. What central says and writes down."""
        next_door = self._person.post("/api/v1/communities", {"name": "邻家花园（示例）"})["community_id"]
        account = self._person.post("/api/v1/accounts", {"login": "next.door", "name": "邻居示例保安"})
        self._person.post(
            f"/api/v1/accounts/{account['account_id']}/roles", {"role": "guard", "community_id": next_door}
        )
        stranger, own = Person(self._site.url), secrets.token_urlsafe(18)
        try:
            stranger.sign_in("next.door", account["one_time_password"])
            stranger.change_password(account["one_time_password"], own)
            asked = {
                "reason": "演示：帮邻居开门",
                "nonce": secrets.token_urlsafe(24),
                "looked_at": utc_now().isoformat(),
            }
            stranger.post(f"/api/v1/lanes/{lane_id}/open", asked)
        except CentralSays as said:
            written_down = REFUSED_AT_CENTRAL in self._person.page("/audit")
            return _fate(Reason.NOT_PERMITTED.value) if said.slug == "forbidden" and written_down else None
        finally:
            stranger.close()
        return None

    def late(self, lane_id: UUID) -> dict[str, Any] | None:
        """The line holds the command up for longer than it may live. What central hears of its fate."""
        looked_at = self._person.look(lane_id)
        self._line.hold_up()
        try:
            visit_id = self._person.open(lane_id, "演示：线路很慢", looked_at)
            self._until(lambda: self._on_the_line(visit_id), "指令没有到线路上 · the command did not reach the line")
            command = self._on_the_line(visit_id)
            assert command is not None
            over = command.issued_at + timedelta(seconds=OPEN_TTL_MAX_S) + AFTER_TTL
            self._until(lambda: utc_now() > over, "时钟不走 · the clock stands still")
        finally:
            self._line.let_go()
        self._until(
            lambda: self._command(command)["state"] not in ("waiting", "sent"),
            "过时的指令没有下文 · a late command has no fate",
        )
        told = self._command(command)
        return {**_fate(told["result_reason"]), "outcome": told["state"]}

    def replayed(self, visit_id: str) -> dict[str, Any] | None:
        """What was carried out before the node's power cut comes over the line once more. Central keeps the first word
        of a command's fate; the second refusal is an event of the journal, which central proves that it has."""
        command, answer = next(one for one in self._line.opened if str(one[0].correlation) == visit_id)
        self._until(lambda: self._line.play_again(answer), "节点没有来取指令 · the node does not poll")
        self._until(
            lambda: self._refused_again(command),
            "重放的指令，节点没有说什么 · the node says nothing of a command that came again",
        )
        seq, reason = self._refused_again(command) or (0, "")
        self._until(lambda: self._proved() >= seq, "中心没有收到这次拒绝 · central does not have the refusal")
        return _fate(reason) if self._command(command)["state"] == "done" else None

    def _on_the_line(self, visit_id: str) -> Command | None:
        return next((one for one, _ in self._line.opened if str(one.correlation) == visit_id), None)

    def _command(self, command: Command) -> dict[str, Any]:
        told: dict[str, Any] = self._person.get(f"/api/v1/commands/{command.command_id}")
        return told

    def _refused_again(self, command: Command) -> tuple[int, str] | None:
        for seq, body in self._site.node_events():
            if isinstance(body, CommandDone) and body.command_id == command.command_id and body.result == "refused":
                return seq, body.reason
        return None

    def _proved(self) -> int:
        """How far central's proof of the node's journal reaches."""
        return max(one["upto_seq"] for one in self._person.get("/api/v1/journal/proof")["items"])

    def _until(self, true: Callable[[], object], else_say: str) -> None:
        until(true, FATE_S, else_say, self._site.ended, every_s=0.1)


def refused(key: str, zh: str, en: str, reason: Reason, lane: str) -> Arrival:
    """A command that must come to nothing."""
    return Arrival(key, zh, en, By.HAND, Kind.REMOTE, Outcome.DENY, reason, lane=lane, command=True)


def _fate(reason: str) -> dict[str, Any]:
    return {"outcome": "refused", "reason": reason, "kind": Kind.REMOTE.value, "passed": None}
