"""How signing keys roll, and what becomes of passes in people's hands."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.secrets import Vault, attach_vault
from central.gates.access import queries, service, snapshot
from central.gates.access.keys import signing_key
from central.gates.access.tables import PassKeyRow
from central.people.community.service import add_community
from models.access.credential import Pass, Window
from models.access.passes import PassProblem, read_pass

WEEK = timedelta(days=7)


def keys_at(db, town, at) -> dict[int, bytes]:
    return {key.key_id: bytes.fromhex(key.public_key) for key in snapshot.parts(db, town.community, at).pass_keys}


def a_pass(db, town, days: int):
    window = Window(start=town.now, end=town.now + timedelta(days=days))
    return service.issue_resident_pass(db, town.actor, town.cardholder, window=window, now=town.now)


def settled(town) -> None:
    """The town's own rotation is over: its old key is withdrawn."""
    with town.session() as db:
        service.withdraw_key(db, town.actor, town.old_key, "换锁", now=town.now)


@pytest.mark.req("VIS-06")
def test_old_and_new_passes_are_read_through_the_whole_overlap(town):
    settled(town)
    with town.session() as db:
        old = a_pass(db, town, days=5)
        service.rotate_key(db, town.actor, town.community, now=town.now, overlap=WEEK)
        new = a_pass(db, town, days=5)
        for at in (town.now, town.now + WEEK - timedelta(seconds=1)):
            keys = keys_at(db, town, at)
            assert len(keys) == 2
            assert all(isinstance(read_pass(issued.token, keys), Pass) for issued in (old, new))
        after = keys_at(db, town, town.now + WEEK)
    assert read_pass(old.token, after) is PassProblem.UNKNOWN_KEY
    assert isinstance(read_pass(new.token, after), Pass)


@pytest.mark.req("VIS-06")
def test_an_overlap_under_seven_days_is_refused(town):
    settled(town)
    with town.session() as db, pytest.raises(Invalid):
        service.rotate_key(db, town.actor, town.community, now=town.now, overlap=WEEK - timedelta(seconds=1))


@pytest.mark.req("VIS-06")
def test_no_third_key_while_two_are_accepted(town):
    with town.session() as db:
        assert len(keys_at(db, town, town.now)) == 2
        with pytest.raises(Conflict):
            service.rotate_key(db, town.actor, town.community, now=town.now)


@pytest.mark.req("VIS-06")
def test_a_pass_that_outlasts_the_overlap_moves_to_the_new_key_and_keeps_its_id(town):
    settled(town)
    with town.session() as db:
        short, long = a_pass(db, town, days=5), a_pass(db, town, days=90)
        rolled = service.rotate_key(db, town.actor, town.community, now=town.now, overlap=WEEK)
        again = service.show_pass(db, town.actor, long.pass_id, now=town.now)
        assert service.show_pass(db, town.actor, short.pass_id, now=town.now) == short
        later = keys_at(db, town, town.now + WEEK)
    assert rolled.resend == 1
    assert (again.pass_id, again.token != long.token) == (long.pass_id, True)
    assert isinstance(read_pass(again.token, later), Pass)


@pytest.mark.req("VIS-06")
def test_a_withdrawn_key_is_unknown_at_once_and_its_passes_move(town):
    settled(town)
    with town.session() as db:
        issued = a_pass(db, town, days=5)
        service.rotate_key(db, town.actor, town.community, now=town.now)
        old = next(
            key for key in queries.keys_of(db, town.community) if key.accepted_until and key.accepted_until > town.now
        )
        moved = service.withdraw_key(db, town.actor, old.key_id, "密钥泄露", now=town.now)
        left = keys_at(db, town, town.now)
        again = service.show_pass(db, town.actor, issued.pass_id, now=town.now)
        assert read_pass(issued.token, left) is PassProblem.UNKNOWN_KEY
        assert isinstance(read_pass(again.token, left), Pass)
        assert moved.resend >= 1
        with pytest.raises(Conflict):
            service.withdraw_key(db, town.actor, old.key_id, "密钥泄露", now=town.now)


def test_the_key_that_signs_cannot_be_withdrawn(town):
    with town.session() as db:
        (signing,) = [key for key in queries.keys_of(db, town.community) if key.accepted_until is None]
        with pytest.raises(Conflict):
            service.withdraw_key(db, town.actor, signing.key_id, "密钥泄露", now=town.now)


def test_two_first_passes_at_once_make_one_key(town):
    with town.session() as db:
        fresh = add_community(db, town.actor, "云岭").id
    start = threading.Barrier(4)
    made = []

    def first() -> None:
        start.wait()
        with town.session() as db:
            made.append(signing_key(db, fresh, town.now).id)

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4 and len(set(made)) == 1


@pytest.mark.req("SEC-03")
def test_another_master_key_opens_no_signing_key(town, database):
    attach_vault(database.engine, Vault(b"another key of thirty-two bytes!"))
    with town.session() as db:
        with pytest.raises(Conflict, match=r"access\.key_not_ours"):
            a_pass(db, town, days=1)
        db.rollback()


@pytest.mark.req("SEC-03")
def test_a_sealed_key_does_not_open_in_another_row(town):
    with town.session() as db:
        mine = db.scalars(select(PassKeyRow).where(PassKeyRow.accepted_until.is_(None))).one()
        other = db.get_one(PassKeyRow, town.old_key)
        mine.sealed_private_key, mine.public_key = other.sealed_private_key, other.public_key
        with pytest.raises(Conflict, match=r"access\.key_not_ours"):
            a_pass(db, town, days=1)
        db.rollback()
