"""Signing, keeping and asking for impact assessments, against the database."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from central.base.kernel.errors import Conflict, Invalid
from central.gates.face_enrolment.service import invite
from central.people.assessment import queries, service
from central.people.assessment.rules import QUESTIONS
from tests.central.people.assessed import ANSWERS, assess, publish

pytestmark = pytest.mark.req("PRIV-10")


def test_nobody_is_invited_to_enrol_a_face_before_an_assessment_is_signed(town):
    with town.session() as db, pytest.raises(Conflict, match=r"assessment\.needed"):
        invite(db, town.actor, town.cardholder, town.now)
    with town.session() as db:
        assess(db, town.community, town.now)
        publish(db, town.community, town.now)
        assert invite(db, town.actor, town.cardholder, town.now)[0]


def test_versions_follow_each_other_and_the_newest_counts(town):
    with town.session() as db:
        first, second = assess(db, town.community, town.now), assess(db, town.community, town.now)
        rows = queries.assessments_of(db, town.community)
        assert [(row.id, row.version) for row in rows] == [(second, 2), (first, 1)]
        counts = queries.current_of(db, town.community, town.now)
        assert counts is not None and counts.version == 2
        assert queries.current_of(db, town.community, town.now + timedelta(days=365)) is None
        told = db.scalars(text("SELECT after ->> 'digest' FROM audit WHERE what = 'assessment.sign' ORDER BY id")).all()
        assert told == [row.digest for row in reversed(rows)]


def test_an_unanswered_question_is_named(town):
    with town.session() as db, pytest.raises(Invalid) as caught:
        service.sign(db, town.actor, town.community, "", {"purpose": "ok"}, {}, now=town.now)
    assert set(caught.value.fields) == {*QUESTIONS, "signed_by"}


def test_the_digest_changes_with_every_part_that_was_signed(town):
    base = (1, "李经理", town.now, ANSWERS, {"gates": 1})
    others = [
        (2, *base[1:]), (1, "王经理", *base[2:]), (1, "李经理", town.now + timedelta(seconds=1), *base[3:]),
        (*base[:3], ANSWERS | {"purpose": "别的"}, base[4]), (*base[:4], {"gates": 2}),
    ]  # fmt: skip
    digests = {service.digest_of(*one) for one in (base, *others)}
    assert len(digests) == 6 and service.digest_of(*base) in digests


def test_it_is_deleted_only_when_its_years_are_over(town):
    with town.session() as db:
        young, old = (
            assess(db, town.community, town.now),
            assess(db, town.community, town.now - timedelta(days=365 * 5)),
        )
    with town.session() as db, pytest.raises(Conflict, match=r"assessment\.kept"):
        service.delete(db, town.actor, young, "清理", now=town.now)
    with town.session() as db, pytest.raises(Invalid):
        service.delete(db, town.actor, old, " ", now=town.now)
    with town.session() as db:
        service.delete(db, town.actor, old, "保存期满", now=town.now)
        assert [row.id for row in queries.assessments_of(db, town.community)] == [young]


@pytest.mark.parametrize("deed", ["UPDATE impact_assessment SET signed_by = 'x'", "DELETE FROM impact_assessment"])
def test_the_database_itself_refuses_to_change_or_lose_one(town, database, deed):
    """The schema's owner too: who may read the tenant may still not change what was signed."""
    with town.session() as db:
        assess(db, town.community, town.now)
    with psycopg.connect(database.owner_dsn) as owner:
        owner.execute("SELECT set_config('menting.tenant', %s, false)", (str(town.tenant_id),))
        assert owner.execute("SELECT count(*) FROM impact_assessment").fetchone() == (1,)
        with pytest.raises(psycopg.Error):
            owner.execute(deed)
