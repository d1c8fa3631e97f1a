"""Whoever compares sees the templates of those who agreed, for as long as they agree."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.store.consents import FaceConsents
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.store.view import RulesView, view_of
from models.access.credential import Cardholder
from models.values.ids import new_id
from models.wire.snapshot import Snapshot

AGREED, SILENT, ENDS, UNKNOWN = new_id(), new_id(), new_id(), new_id()


class World:
    """The rules and the time, as the test says."""

    def __init__(self, now: datetime) -> None:
        self.now, self.view = now, RulesView()

    def rules(self, *holders: Cardholder, version: int = 1) -> None:
        self.view = view_of(Snapshot(
            tenant_id=new_id(), site_id=new_id(), node_id=new_id(), version=version, issued_at=self.now,
            expires_at=self.now + timedelta(days=3), cardholders=holders,
        ))  # fmt: skip


@pytest.fixture
def world(now: datetime) -> World:
    return World(now)


@pytest.fixture
def seen(world: World, tmp_path: Path, keys: KeyRing) -> Templates:
    """All four have a template on the disk."""
    everything = Templates.open(tmp_path / "templates.db", keys)
    for person in (AGREED, SILENT, ENDS, UNKNOWN):
        everything.put(person, person.bytes * 8, "m")
    everything.close()
    consents = FaceConsents(lambda: world.view, lambda: world.now)
    return Templates.open(tmp_path / "templates.db", keys, consents)


def known(seen: Templates) -> set[object]:
    by_one = {person for person in (AGREED, SILENT, ENDS, UNKNOWN) if seen.get(person) is not None}
    assert by_one == {person for person, _, _ in seen.all()}, "one to one and one to many agree"
    return by_one


@pytest.mark.req("PRIV-01", "PRIV-02")
def test_only_who_agreed_and_only_until_it_ends(seen: Templates, world: World) -> None:
    assert known(seen) == set(), "without rules nobody has agreed"
    states = [seen.state()]
    world.rules(
        Cardholder(cardholder_id=AGREED, face_consent=True),
        Cardholder(cardholder_id=SILENT),
        Cardholder(cardholder_id=ENDS, face_consent=True, face_consent_until=world.now + timedelta(hours=1)),
    )
    assert known(seen) == {AGREED, ENDS}
    states.append(seen.state())
    assert seen.state() == states[-1]
    world.now += timedelta(hours=1)
    assert known(seen) == {AGREED}, "without a word of central's"
    states.append(seen.state())
    world.rules(Cardholder(cardholder_id=AGREED), version=2)
    assert known(seen) == set()
    states.append(seen.state())
    assert len(set(states)) == 4, "whoever keeps a gallery learns of each"


@pytest.mark.req("PRIV-02")
def test_who_is_asked_anew_loses_nothing(seen: Templates, world: World) -> None:
    world.rules(Cardholder(cardholder_id=AGREED))
    assert known(seen) == set() and AGREED in seen.holders()
    world.rules(Cardholder(cardholder_id=AGREED, face_consent=True), version=2)
    assert known(seen) == {AGREED}
