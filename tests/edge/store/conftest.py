"""A key ring in a temporary folder, and a central that signs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.signed import Signed, sign
from models.wire.snapshot import Snapshot

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def node_id() -> UUID:
    return new_id()


@pytest.fixture
def central() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def central_key(central: SigningKey) -> bytes:
    return bytes(central.verify_key)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyRing]:
    ring = KeyRing.open(tmp_path / "keys")
    yield ring
    ring.close()


@pytest.fixture
def snapshot(node_id: UUID, central: SigningKey) -> Callable[..., Signed]:
    """`snapshot(version, field=value, …)`: signed by central unless `key` says otherwise."""

    def make(version: int = 1, key: SigningKey | None = None, **fields: Any) -> Signed:
        content: dict[str, Any] = {
            "tenant_id": new_id(), "site_id": new_id(), "node_id": node_id, "version": version, "issued_at": NOW,
            "expires_at": NOW + timedelta(days=3),
        }  # fmt: skip
        built = Snapshot.model_validate(content | fields)
        return sign(built.model_dump_json(), "snapshot", key or central)

    return make
