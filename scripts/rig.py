"""A whole node with simulated hardware in this process, without central: for benches and for tests of the edge.

Everything is real but the metal and the people: pseudo-terminals, codecs, drivers, journal on disk, signed snapshot.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from nacl.signing import SigningKey

from edge.bootstrap import RunningNode
from edge.folder import NodeFolder
from edge.health.clock import Clock
from edge.lane.inbox import Stop
from edge.site import Site
from edge.store.files import write_private
from edge.sync.enrol import Node
from models.access.credential import VISITOR, Cardholder, Pass, site_tag
from models.access.passes import sign_pass
from models.access.policy import Effect, Rule
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.signed import Signed, sign
from models.wire.snapshot import CredentialEntry, Erasure, PassKey, Snapshot
from scripts.demo.world import World

NOWHERE = "http://127.0.0.1:9"
"""Central's address for a node that works alone: the discard port, where nobody listens."""


@dataclass
class Authority:
    """What central would be to this node: its keys, its rules, its passes."""

    node_id: UUID = field(default_factory=new_id)
    site_id: UUID = field(default_factory=new_id)
    tenant_id: UUID = field(default_factory=new_id)
    central_key: SigningKey = field(default_factory=SigningKey.generate)
    pass_key: SigningKey = field(default_factory=SigningKey.generate)
    version: int = 0

    def a_pass(
        self,
        *,
        group: int = VISITOR,
        uses: int = 0,
        gates: int = 1 << 1,
        minutes: int = 60,
        party: int = 1,
        begun_minutes: int = 1,
    ) -> tuple[UUID, str]:
        """A pass for gate 1 whose window began so many minutes ago and ends in `minutes`, and its text."""
        now = utc_now()
        claims = Pass(
            key_id=1,
            pass_id=new_id(),
            site_tag=site_tag(self.site_id),
            not_before=now - timedelta(minutes=begun_minutes),
            not_after=now + timedelta(minutes=minutes),
            gates=gates,
            uses=uses,
            party=party,
            group=group,
        )
        return claims.pass_id, sign_pass(claims, self.pass_key)

    def snapshot(
        self,
        lanes: Iterable[Lane],
        rules: tuple[Rule, ...] | None = None,
        cardholders: tuple[Cardholder, ...] = (),
        credentials: tuple[CredentialEntry, ...] = (),
        revoked: frozenset[UUID] = frozenset(),
        issued_at: datetime | None = None,
        erase: tuple[Erasure, ...] = (),
        maker: UUID | None = None,
    ) -> Signed:
        """The next version, signed. Without `rules`: visitors may enter, residents need their face too."""
        self.version += 1
        issued = issued_at or utc_now()
        snapshot = Snapshot(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            node_id=self.node_id,
            version=self.version,
            issued_at=issued,
            expires_at=issued + timedelta(hours=72),
            lanes=tuple(lanes),
            pass_keys=(PassKey(key_id=1, public_key=bytes(self.pass_key.verify_key).hex()),),
            rules=rules if rules is not None else usual_rules(),
            cardholders=cardholders,
            credentials=credentials,
            revoked=revoked,
            send_pictures=False,
            erase=erase,
            maker=maker,
        )
        return sign(snapshot.model_dump_json(), "snapshot", self.central_key)


def usual_rules() -> tuple[Rule, ...]:
    return (
        Rule(rule_id=new_id(), effect=Effect.ALLOW, groups=frozenset({"visitor"})),
        Rule(rule_id=new_id(), effect=Effect.SECOND_FACTOR, groups=frozenset({"resident"})),
    )


class Rig:
    """One node and its world in a folder. `start` again after `stop`: the same journal goes on."""

    def __init__(
        self,
        folder: Path,
        weights: Path,
        codes: tuple[str, ...] = ("east-in",),
        cameras: bool = False,
        people: bool = True,
        central: str = NOWHERE,
    ):
        self.folder, self.weights = folder, weights
        self.authority = Authority()
        self.world = World(folder / "world", codes, people)
        gate = new_id()
        self.lanes = {
            code: Lane(lane_id=new_id(), code=code, name=code, gate_id=gate, gate_number=1, direction=Direction.IN)
            for code in codes
        }
        self.site = Site.model_validate(
            {"node": {"name": "rig"}, "lane": [self._lane(code, cameras) for code in codes]}
        )
        data = folder / "node"
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        node = Node(
            node_id=self.authority.node_id,
            site_id=self.authority.site_id,
            tenant_id=self.authority.tenant_id,
            central_key=bytes(self.authority.central_key.verify_key).hex(),
            central_url=central,
            name="rig",
            lanes=tuple(self.lanes.values()),
            enrolled_at=utc_now(),
        )
        write_private(data / "node.json", node.model_dump_json().encode())
        self.node: RunningNode | None = None

    def _lane(self, code: str, camera: bool) -> dict[str, object]:
        lane = self.world.lanes[code]
        table: dict[str, object] = {
            "code": code,
            "name": code,
            "direction": "in",
            "fail": "secure",
            "relay": lane.gate.board_address,
            "scanner": lane.gate.scanner_address + "&repeat_ms=0",
            "release_s": 1.0,
            "second_factor_s": 2.0,
        }
        return table | ({"camera": lane.camera_address} if camera else {})

    def start(self, snapshot: Signed | None = None, clock: Clock | None = None) -> RunningNode:
        """Start the node; the usual rules apply unless a snapshot is given, and this machine's clock."""
        self._node_folder = NodeFolder(self.folder / "node")
        node = self.node = RunningNode(self.site, self._node_folder, self.weights, clock=clock)
        if snapshot is not None or node.store.view().version == 0:
            refused = node.store.apply(snapshot or self.authority.snapshot(self.lanes.values()), utc_now())
            assert refused is None, refused
        node.start()
        self._thread = threading.Thread(target=node.gate.run, name="gate", daemon=True)
        self._thread.start()
        return node

    def stop(self) -> None:
        if self.node is not None:
            self.node.inbox.put(Stop())
            self._thread.join()
            self.node.end()
            self._node_folder.close()
            self.node = None

    def close(self) -> None:
        self.stop()
        self.world.close()
