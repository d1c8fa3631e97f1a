"""Figures of a day: the day is the one by which the community of the lane counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.visits.face_figures import FaceSpan, lanes_with_faces, visits_behind
from central.people.community.queries import lane_of
from central.people.community.service import set_day_begins
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.time import BEGINS_MINUTE_MAX, SITE_TZ, minute_of_day, site_day, site_time

AT_NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=SITE_TZ)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=SITE_TZ)


def refused_face(node, at):
    made = node.decision(Outcome.REFER)
    face = {"kind": Kind.FACE, "reason": Reason.FACE_ALONE, "at": at}
    node.write(made.model_copy(update={"decision": made.decision.model_copy(update=face)}), at=at)


@pytest.mark.req("GEN-02")
def test_what_happened_before_the_day_began_counts_for_the_day_before(site, node):
    refused_face(node, AT_NIGHT)
    refused_face(node, NOON - timedelta(hours=1))
    site.send(node, node.batch(), now=NOON)
    with site.session() as db:
        lane = lane_of(db, node.lane.lane_id)

        def today():
            counted = {one.lane_id: one.total for one in lanes_with_faces(db, None, FaceSpan.TODAY, NOON)}
            behind = visits_behind(db, lane, FaceSpan.TODAY, NOON, None, None)
            assert len(behind) == counted[node.lane.lane_id], "a figure opens as many visits as it counts"
            return len(behind)

        assert today() == 2
        set_day_begins(db, site.actor_account, lane.community_id, "04:00")
        assert today() == 1


@pytest.mark.req("ACC-13")
@pytest.mark.parametrize("reason", [Reason.AMBIGUOUS, Reason.LOW_QUALITY])
def test_an_unclear_plate_is_no_face(site, node, reason):
    made = node.decision(Outcome.REFER)
    plate = {"kind": Kind.PLATE, "reason": reason, "at": NOON}
    node.write(made.model_copy(update={"decision": made.decision.model_copy(update=plate)}), at=NOON)
    refused_face(node, NOON)
    site.send(node, node.batch(), now=NOON)
    with site.session() as db:
        assert [one.total for one in lanes_with_faces(db, None, FaceSpan.TODAY, NOON)] == [1]
        behind = visits_behind(db, lane_of(db, node.lane.lane_id), FaceSpan.TODAY, NOON, None, None)
        assert [one.reason for one in behind] == [Reason.FACE_ALONE]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(tzinfo=SITE_TZ)),  # noqa: DTZ001 - its ends are naive
    st.integers(0, BEGINS_MINUTE_MAX),
    st.sampled_from(FaceSpan),
)
def test_a_span_holds_so_many_days_and_today_is_one_of_them(now, begins, span):
    since = span.since(now, begins)
    assert minute_of_day(since) == begins and site_time(since).second == 0
    assert timedelta(days=span - 1) <= now - since < timedelta(days=span)
    assert site_day(now, begins) - site_day(since, begins) == timedelta(days=span - 1)
