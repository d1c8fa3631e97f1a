"""skeleton: being filled now."""

from __future__ import annotations
from pathlib import Path
from uuid import UUID
from nacl.signing import SigningKey


class KeyRing:
    """The keys of a node. `KeyRing.open(folder)`."""

    signing_key: SigningKey

    @classmethod
    def open(cls, folder: Path) -> KeyRing:
        raise NotImplementedError

    @property
    def public_key(self) -> bytes:
        raise NotImplementedError

    def person_key(self, person_id: UUID) -> bytes:
        raise NotImplementedError

    def erase(self, person_id: UUID) -> bool:
        raise NotImplementedError

    def seal(self, plain: bytes, aad: bytes, person_id: UUID | None = None) -> bytes:
        raise NotImplementedError

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
