"""A guard or the resident says that a face was somebody else's: written beside the visit, counted, told to the node."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from central.gates.face_enrolment import own_visits, service
from central.gates.ingest.projections import projections
from central.gates.visits import corrections, queries
from central.gates.visits.face_figures import FaceSpan, lanes_with_faces
from central.gates.visits.service import rebuild
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from tests.central.gates.nodes.faces.conftest import Quarter, Someone, quarter

__all__ = ["quarter"]

pytestmark = pytest.mark.req("ACC-13")


@pytest.fixture
def who(quarter: Quarter) -> Someone:
    return quarter.settle_in()


def seen(quarter: Quarter, node, who: Someone | None, outcome=Outcome.GRANT, score=0.52, **more):
    """A visit with a face, as the node tells it; its id."""
    node.clock = quarter.now - timedelta(minutes=5)
    body = node.decision(outcome)
    reason = Reason.OK if outcome is Outcome.GRANT else Reason.LOW_SCORE
    found = {"score": score, "threshold": 0.487, "reason": reason, "cardholder_id": who.holder if who else None}
    decision = body.decision.model_copy(update=found | more)
    event = node.write(body.model_copy(update={"decision": decision}))
    quarter.site.send(node, node.batch(event.seq))
    return event.correlation


def guard(site, *permissions, community_id=None) -> Actor:
    held = Grant("guard", frozenset(permissions or ["visit.correct"]), community_id or site.community_id)
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "王师傅", (held,))


def test_the_visit_stays_and_the_correction_stands_beside_it(quarter, node, who):
    visit_id = seen(quarter, node, who)
    with quarter.session() as db:
        before = queries.visit(db, visit_id)
        assert before.may_be_corrected
        made = corrections.correct(db, guard(quarter.site), visit_id, " 门口看到的不是他 ", quarter.now)
        after = queries.visit(db, visit_id)
    assert (made.by_whom, made.name, made.reason, made.accepted) == ("guard", "王师傅", "门口看到的不是他", True)
    assert after.correction == made and not after.may_be_corrected
    kept = ("person", "outcome", "reason", "score", "threshold", "detail", "passed")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    with quarter.session() as db:
        (audit,) = db.execute(text("SELECT before, after, reason FROM audit WHERE what = 'visit.correct'"))
        assert audit.before["cardholder_id"] == str(who.holder) and audit.reason == "门口看到的不是他"
        (event,) = db.execute(text("SELECT body FROM journal_event WHERE correlation = :c"), {"c": visit_id})
        assert str(who.holder) in str(event.body), "the event is never edited"
        rebuild(db, quarter.site.community_id, projections)
        assert queries.visit(db, visit_id).correction == made, "and the correction outlives the views"


def test_it_is_said_once_with_a_reason_of_a_face_that_was_compared_by_who_may(quarter, node, who):
    visit_id, nameless, faceless = seen(quarter, node, who), seen(quarter, node, None), node.visit()[0].correlation
    quarter.site.send(node, node.batch())
    site = quarter.site
    with quarter.session() as db:
        for actor in (guard(site, "visit.read"), guard(site, community_id=new_id())):
            with pytest.raises(Forbidden):
                corrections.correct(db, actor, visit_id, "不是他", quarter.now)
        for reason in ("", "  ", "x" * 201):
            with pytest.raises(Invalid, match="correction_reason"):
                corrections.correct(db, guard(site), visit_id, reason, quarter.now)
        for other in (nameless, faceless):
            with pytest.raises(Conflict, match="no_face_compared"):
                corrections.correct(db, guard(site), other, "不是他", quarter.now)
        with pytest.raises(NotFound):
            corrections.correct(db, guard(site), new_id(), "不是他", quarter.now)
        corrections.correct(db, guard(site), visit_id, "不是他", quarter.now)
        with pytest.raises(Conflict, match="corrected_already"):
            corrections.correct(db, guard(site), visit_id, "再说一次", quarter.now)


def test_the_resident_says_it_behind_their_own_link_and_of_their_own_visits_only(quarter, node, who):
    mine, other = seen(quarter, node, who), quarter.settle_in("李示例")
    theirs = seen(quarter, node, other)
    with quarter.session() as db:
        token, _ = service.invite(db, quarter.actor, who.holder, quarter.now)
    with quarter.session() as db:
        assert [one.visit_id for one in own_visits.own_visits(db, token, quarter.now)] == [mine]
        with pytest.raises(NotFound):
            own_visits.not_me(db, token, theirs, "不是我", quarter.now)
        made = own_visits.not_me(db, token, mine, "当时我不在", quarter.now)
        assert (made.by_whom, made.name) == ("resident", "")
        with pytest.raises(Gone):
            own_visits.own_visits(db, token, quarter.now + timedelta(days=2))


def test_the_pair_enters_the_report_of_its_lane_as_accepted_or_not(quarter, node, who):
    let_in = seen(quarter, node, who, score=0.55)
    kept_out = seen(quarter, node, who, Outcome.DENY, 0.31)
    seen(quarter, node, who, score=0.8)
    with quarter.session() as db:
        for visit_id in (let_in, kept_out):
            corrections.correct(db, guard(quarter.site), visit_id, "不是他", quarter.now)
        lanes = lanes_with_faces(db, [quarter.site.community_id], FaceSpan.MONTH, quarter.now)
        (lane,) = [one for one in lanes if one.total]
    told = {one.visit_id: (one.score, one.threshold, one.accepted) for one in lane.reported}
    assert told == {let_in: (0.55, 0.487, True), kept_out: (0.31, 0.487, False)}
    assert lane.false_accepts == 1
    assert lane.outcomes == {"grant": 2, "deny": 1}, "what was counted before is counted still"


def test_the_visits_node_hears_of_it_at_once_and_no_other(quarter, node, who):
    other = quarter.site.enrol("west-in")
    visit_id = seen(quarter, node, who)
    version = quarter.told(node).version
    with quarter.session() as db:
        corrections.correct(db, guard(quarter.site), visit_id, "不是他", quarter.now)
    told = quarter.told(node)
    assert told.version > version and told.corrected == {visit_id}
    assert quarter.told(other).corrected == frozenset()
