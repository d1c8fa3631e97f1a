"""skeleton: being filled now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from edge.store.keys import KeyRing
from models.access.attempts import Attempts
from models.access.credential import Cardholder
from models.access.decision import Reason
from models.access.policy import Rule
from models.site.topology import Lane
from models.wire.commands import Command, CommandLedger
from models.wire.signed import Signed
from models.wire.snapshot import Snapshot, SnapshotRefusal


class RulesView:
    snapshot: Snapshot | None
    version: int
    pass_keys: Mapping[int, bytes]
    rules: tuple[Rule, ...]
    holidays: frozenset[date]
    issued_at: datetime | None
    expires_at: datetime | None

    def is_revoked(self, credential_id: UUID) -> bool:
        raise NotImplementedError

    def cardholder_of(self, pass_id: UUID) -> Cardholder | None:
        raise NotImplementedError

    def cardholder(self, cardholder_id: UUID) -> Cardholder | None:
        raise NotImplementedError

    def lane(self, lane_id: UUID) -> Lane | None:
        raise NotImplementedError


class Store:
    refused_at_open: SnapshotRefusal | None

    @classmethod
    def open(cls, path: Path, node_id: UUID, central_key: bytes, keys: KeyRing) -> Store:
        raise NotImplementedError

    def apply(self, signed: Signed, now: datetime) -> SnapshotRefusal | None:
        raise NotImplementedError

    def view(self) -> RulesView:
        raise NotImplementedError

    def ledger(self) -> CommandLedger:
        raise NotImplementedError

    def judge_and_remember(self, command: Command, central_now: datetime) -> Reason:
        raise NotImplementedError

    def attempts(self, key: str) -> Attempts:
        raise NotImplementedError

    def save_attempts(self, key: str, attempts: Attempts) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
