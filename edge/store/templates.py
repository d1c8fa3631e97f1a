"""skeleton: being filled now."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from edge.store.keys import KeyRing


class Templates:
    @classmethod
    def open(cls, path: Path, keys: KeyRing) -> Templates:
        raise NotImplementedError

    def put(self, cardholder_id: UUID, template: bytes, model: str) -> None:
        raise NotImplementedError

    def get(self, cardholder_id: UUID) -> tuple[bytes, str] | None:
        raise NotImplementedError

    def all(self) -> tuple[tuple[UUID, bytes, str], ...]:
        raise NotImplementedError

    def erase(self, cardholder_id: UUID) -> bool:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
