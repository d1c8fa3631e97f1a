"""Taking part in the test of error rates: a consent of its own, said by the person, sealed, taken back in one step."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.outbox import News
from central.people.community.service import end_residency
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from central.people.group_test import service
from central.people.group_test.rules import Dimension
from models.values.ids import new_id

pytestmark = pytest.mark.req("PRIV-17")

SAID = {"age": "60_up", "sex": None, "skin": "dark"}


def consented(db, town, born=date(1950, 5, 1)):
    shown = consent.publish_text(
        db, town.actor, town.community, "同意", "yes", old_until=town.now, lasts_days=700, now=town.now
    )
    consent.note_age(db, town.actor, town.resident, born, now=town.now)
    consent.give_consent(db, town.actor, town.resident, shown.id, Channel.DESK, now=town.now)


def test_what_somebody_says_is_counted_sealed_and_never_in_the_audit(town):
    with town.session() as db:
        consented(db, town)
        service.agree(db, town.actor, town.resident, SAID, now=town.now)
        (one,) = service.participants(db, town.community)
        assert (one.person_id, one.said) == (town.person, {Dimension.AGE: "60_up", Dimension.SKIN: "dark"})
        assert service.takes_part(db, town.community, town.person) == town.now
        assert b"60_up" not in db.scalar(text("SELECT sealed_said FROM group_test"))
        told = db.scalar(text("SELECT string_agg(a::text, ' ') FROM audit a WHERE what LIKE 'group_test.%'"))
        assert "group_test.agree" in told and "60_up" not in told and "dark" not in told


def test_it_asks_only_adults_who_agreed_to_faces_and_only_for_what_there_is(town):
    with town.session() as db, pytest.raises(Conflict, match="no_face"):
        service.agree(db, town.actor, town.resident, SAID, now=town.now)
    with town.session() as db:
        consented(db, town, born=town.now.date() - timedelta(days=365 * 16))
        with pytest.raises(Conflict, match="adults_only"):
            service.agree(db, town.actor, town.resident, SAID, now=town.now)
        for wrong in ({}, {"age": None}, {"age": "17"}, {"sex": "男"}):
            with pytest.raises(Invalid):
                service.agree(db, town.actor, town.resident, wrong, now=town.now)
        assert service.participants(db, town.community) == []


def test_taken_back_in_one_step_and_nothing_is_left(town):
    with town.session() as db:
        consented(db, town)
        service.agree(db, town.actor, town.resident, SAID, now=town.now)
        service.withdraw(db, town.actor, town.resident)
        service.withdraw(db, town.actor, town.resident)
        assert db.scalar(text("SELECT count(*) FROM group_test")) == 0
        assert db.scalar(text("SELECT count(*) FROM audit WHERE what = 'group_test.withdraw'")) == 1


def test_whoever_takes_faces_back_or_leaves_is_no_longer_counted(town):
    with town.session() as db:
        consented(db, town)
        service.agree(db, town.actor, town.resident, SAID, now=town.now)
        payload = {"community_id": str(town.community), "person_id": str(town.person)}
        service.forget(db, News(1, town.tenant_id, "consent.withdrawn", payload, new_id(), town.now))
        assert service.participants(db, town.community) == []
        service.agree(db, town.actor, town.resident, SAID, now=town.now)
        assert service.forget_who_left(db, town.now) == 0
        end_residency(db, town.actor, town.resident, town.now + timedelta(days=1), "搬走")
        assert service.forget_who_left(db, town.now + timedelta(days=2)) == 1
