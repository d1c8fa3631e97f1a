"""A key for passes that somebody wrote into central's database opens nothing, and no pass is signed by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, update

from central.base.kernel.errors import Conflict
from central.gates.access import service, snapshot
from central.gates.access.tables import PassKeyRow
from models.access.credential import Pass, Window
from models.access.passes import read_pass
from models.values.ids import new_id

pytestmark = pytest.mark.req("SEC-03", "VIS-06")


def told(town) -> set[str]:
    """The public keys by which the gates read passes."""
    with town.session() as db:
        return {key.public_key for key in snapshot.parts(db, town.community, town.now).pass_keys}


def signing(db) -> PassKeyRow:
    return db.scalars(select(PassKeyRow).where(PassKeyRow.accepted_until.is_(None))).one()


def a_pass(db, town):
    window = Window(start=town.now, end=town.now + timedelta(days=1))
    return service.issue_resident_pass(db, town.actor, town.cardholder, window=window, now=town.now)


@pytest.mark.parametrize("copied", [False, True], ids=["of junk", "of another row"])
def test_a_planted_key_is_left_out_of_the_rules_and_the_log_says_so(town, caplog, copied):
    before, mine, planted = told(town), SigningKey.generate(), new_id()
    with town.session() as db:
        sealed = signing(db).sealed_private_key if copied else b"x"
        db.add(PassKeyRow(
            id=planted, community_id=town.community, number=77, public_key=bytes(mine.verify_key),
            sealed_private_key=sealed, made_at=town.now, accepted_until=town.now + timedelta(days=9),
        ))  # fmt: skip
        snapshot.changed(db, town.community)
    assert told(town) == before and len(before) == 2
    (said,) = [record for record in caplog.records if record.__dict__.get("key_id") == str(planted)]
    assert said.levelname == "ERROR" and "left out" in said.getMessage()


def test_a_key_that_was_changed_in_its_row_signs_nothing_until_it_rolls(town):
    with town.session() as db:
        service.withdraw_key(db, town.actor, town.old_key, "换锁", now=town.now)
    before = told(town)
    with town.session() as db:
        mine, row = SigningKey.generate(), signing(db)
        true = row.public_key.hex()
        db.execute(update(PassKeyRow).where(PassKeyRow.id == row.id).values(public_key=bytes(mine.verify_key)))
    assert before == {true} and told(town) == set()
    with pytest.raises(Conflict, match=r"access\.key_not_ours"), town.session() as db:
        a_pass(db, town)
    with town.session() as db:
        service.rotate_key(db, town.actor, town.community, now=town.now)
    with town.session() as db:
        issued = a_pass(db, town)
        keys = {
            key.key_id: bytes.fromhex(key.public_key)
            for key in snapshot.parts(db, town.community, town.now).pass_keys
        }  # fmt: skip
    assert bytes(mine.verify_key) not in keys.values()
    assert isinstance(read_pass(issued.token, keys), Pass)
