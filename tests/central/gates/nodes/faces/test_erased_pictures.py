"""An erasure reaches central's own event pictures of the person, and says what it leaves and until when (PRIV-05)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from central.base.kernel import clock
from central.base.kernel.session import open_session
from central.gates.face_enrolment import service as enrolment
from central.gates.ingest.picture_holds import Cause, release, standing_holds
from central.gates.ingest.pictures import keep_picture, picture, retime, sweep_pictures
from central.gates.ingest.tables import PictureErasureRow
from central.gates.nodes.faces import jobs, orders, queries
from central.gates.nodes.faces.rules import Why
from central.people.community.service import add_gate
from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.access.pictures import HELD_FOR, Keeping, Shows
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind, DecisionMade, HeldPicture, TemplateErased, TemplateStored
from tests.central.gates.conftest import JPEG
from tests.central.gates.nodes.faces.conftest import Quarter, Someone

pytestmark = pytest.mark.req("PRIV-05", "PRIV-08")
HTML = {"accept": "text/html", "accept-language": "en"}


def decided(quarter: Quarter, node: Any, holder: UUID | None, outcome: Outcome = Outcome.DENY) -> Any:
    made = Decision(
        outcome=outcome, reason=Reason.OK if outcome is Outcome.GRANT else Reason.EXPIRED, kind=Kind.PASS,
        at=node.clock, lane_id=node.lane.lane_id, rules_version=3, rules_age_s=60, credential_id=new_id(),
        cardholder_id=holder, checks=(Check(step="gate", passed=True, reason=Reason.OK),),
    )  # fmt: skip
    event = node.write(DecisionMade(decision=made, seen_at=node.clock, duration_us=1800, picture=True))
    quarter.site.send(node, node.batch(event.seq), event.at)
    return event


def sent(quarter: Quarter, node: Any, event: Any) -> Any:
    with quarter.session() as db:
        keep_picture(db, node.actor, event.event_id, JPEG, allowed=True, now=event.at, shows=Shows.CROP)
    return event


def seen(quarter: Quarter, node: Any, holder: UUID | None, outcome: Outcome = Outcome.DENY) -> Any:
    return sent(quarter, node, decided(quarter, node, holder, outcome))


def there(quarter: Quarter, event: Any, at: datetime) -> bool:
    with quarter.session() as db:
        return picture(db, event.event_id, at) is not None


def confirmed(quarter: Quarter, node: Any, who: Someone, say: Any) -> None:
    order = quarter.ordered(node)[who.holder]
    gone = ("template", "key", "pictures")
    say(
        node, TemplateErased(cardholder_id=who.holder, order_id=order, had_template=True, places=gone),
        correlation=order,
    )  # fmt: skip


@pytest.fixture
def known(quarter, node, say):
    """Somebody whose face the gate has. Each event takes the gate 100 ms, which must not lead beyond central's now."""
    node.clock = clock.now() - timedelta(seconds=10)
    who = quarter.settle_in()
    say(node, TemplateStored(cardholder_id=who.holder, model="sface@0ba9fbfa01b5", photos=3))
    return who


def face(quarter: Quarter, who: Someone) -> queries.FaceView:
    with quarter.session() as db:
        return queries.face_of(db, quarter.site.community_id, who.person, clock.now())


def test_a_withdrawal_destroys_the_pictures_of_every_decision_that_names_the_person(quarter, node, known):
    other = quarter.settle_in("李示例")
    mine = [seen(quarter, node, known.holder, outcome) for outcome in (Outcome.DENY, Outcome.GRANT)]
    others = [seen(quarter, node, other.holder), seen(quarter, node, None)]
    assert all(there(quarter, one, one.at) for one in (*mine, *others)), "else nothing is proved"
    quarter.withdraw(known, clock.now())
    assert not any(there(quarter, one, one.at) for one in mine)
    assert all(there(quarter, one, one.at) for one in others)
    central = face(quarter, known).central
    assert central is not None and central.pictures == 2 and face(quarter, known).held == ()


def test_a_picture_that_comes_after_the_withdrawal_is_not_kept(quarter, node, known):
    late, other = decided(quarter, node, known.holder), decided(quarter, node, quarter.settle_in("李示例").holder)
    quarter.withdraw(known, clock.now())
    assert not there(quarter, sent(quarter, node, late), late.at)
    assert there(quarter, sent(quarter, node, other), other.at)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=40)], ids=["in step", "its clock is ahead"])
def test_what_a_node_made_before_it_heard_of_the_withdrawal_goes_with_its_receipt(quarter, node, known, say, ahead):
    quarter.withdraw(known, clock.now())
    node.clock = clock.now() + ahead
    since, late = seen(quarter, node, known.holder), decided(quarter, node, known.holder)
    assert there(quarter, since, since.at)
    confirmed(quarter, node, known, say)
    assert not there(quarter, since, since.at)
    assert not there(quarter, sent(quarter, node, late), late.at), "on its way while the node confirmed"
    central = face(quarter, known).central
    assert central is not None and central.pictures == 1


def test_an_alarm_keeps_its_picture_and_the_person_and_the_desk_read_until_when(
    quarter, node, known, say, client, login_as
):
    held = seen(quarter, node, known.holder)
    say(node, Alarm(alarm=AlarmKind.DURESS), correlation=held.correlation)
    with quarter.session() as db:
        token, _ = enrolment.invite(db, quarter.actor, known.holder, clock.now())
        (hold,) = standing_holds(db, [quarter.site.community_id], clock.now())
    with open_session(quarter.site.engine) as db:
        enrolment.withdraw(db, token, clock.now())
    quarter.deliver()
    confirmed(quarter, node, known, say)
    assert there(quarter, held, clock.now())
    view = face(quarter, known)
    assert [(one.cause, one.until) for one in view.held] == [(Cause.ALARM, hold.until)]
    assert view.order is not None and view.order.settled_at is not None, "all the gates have confirmed"

    page = client.get(f"/enrol/{token}", headers=HTML).text.split('id="gates"')[1].split("</section>")[0]
    assert "Event pictures not destroyed: 1." in page and "an alarm needs it" in page and "duress" not in page.lower()
    desk = login_as("manager", community=quarter.site.community_id)
    told = desk.get(f"/api/v1/residents/{known.resident}/face").json()
    assert [one["cause"] for one in told["held"]] == ["alarm"]
    assert "an alarm needs it" in told["held"][0]["said"]["en"]
    assert told["central"]["pictures"] == 0
    shown = desk.get(f"/people/homes/{known.resident}/face", headers=HTML).text
    assert "an alarm needs it" in shown and "Central had no event pictures" in shown


def test_what_a_gate_keeps_for_an_alarm_is_told_with_its_end_until_central_has_it_or_that_is_over(
    quarter, node, known, say, client, login_as
):
    """The gate was offline, or central takes no pictures: its own is the only one there is."""
    held = decided(quarter, node, known.holder)
    say(node, Alarm(alarm=AlarmKind.DURESS), correlation=held.correlation)
    with quarter.session() as db:
        token, _ = enrolment.invite(db, quarter.actor, known.holder, clock.now())
    with open_session(quarter.site.engine) as db:
        enrolment.withdraw(db, token, clock.now())
    quarter.deliver()
    order, until = quarter.ordered(node)[known.holder], held.at + HELD_FOR
    kept = (HeldPicture(event_id=held.event_id, until=until),)
    gone = TemplateErased(cardholder_id=known.holder, order_id=order, had_template=True, places=("key",), held=kept)
    say(node, gone, correlation=order)
    (told,) = face(quarter, known).held
    assert (told.node, told.cause, told.until) == (face(quarter, known).erased[0].node, Cause.ALARM, until)
    assert told.lane and abs(told.made_at - held.at) < timedelta(minutes=1)

    page = client.get(f"/enrol/{token}", headers=HTML).text.split('id="gates"')[1].split("</section>")[0]
    assert "Event pictures not destroyed: 1." in page and f"{told.node} keeps the event picture of " in page
    desk = login_as("manager", community=quarter.site.community_id)
    (said,) = desk.get(f"/api/v1/residents/{known.resident}/face").json()["held"]
    assert said["node"] == told.node and "at the latest" in said["said"]["en"] and "最迟到" in said["said"]["zh_CN"]
    assert "an alarm needs it" in desk.get(f"/people/homes/{known.resident}/face", headers=HTML).text

    with quarter.session() as db:
        assert queries.face_of(db, quarter.site.community_id, known.person, until).held == (), "it is over by itself"
    sent(quarter, node, held)
    (told,) = face(quarter, known).held
    assert told.node == "", "it has come to central, which tells of it once"


def test_a_gate_in_wrong_hands_that_names_pictures_of_no_time_breaks_no_page(quarter, node, known, say):
    """Held until the end of all times, made before there were gates or in a year to come: what can be is told, for as
    long as an alarm holds one."""
    now = clock.now()
    quarter.withdraw(known, now)
    order, never = quarter.ordered(node)[known.holder], datetime(9999, 12, 31, 23, tzinfo=UTC)
    able = named_at(now - timedelta(minutes=1))
    nobodys = (UUID(int=2**128 - 1), named_at(datetime(1970, 1, 1, tzinfo=UTC)), named_at(now + timedelta(days=300)))
    kept = tuple(HeldPicture(event_id=one, until=never) for one in (*nobodys, able))
    say(node, TemplateErased(cardholder_id=known.holder, order_id=order, had_template=True, held=kept),
        correlation=order)  # fmt: skip
    (told,) = face(quarter, known).held
    assert told.until == told.made_at + HELD_FOR and abs(told.made_at - now) < timedelta(minutes=2)


def named_at(at: datetime) -> UUID:
    """An event id of that time."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | 5)


def test_the_held_picture_goes_when_its_hold_is_released_and_no_other_time_of_the_community_keeps_it(
    quarter, node, known, say
):
    held = seen(quarter, node, known.holder)
    say(node, Alarm(alarm=AlarmKind.DURESS), correlation=held.correlation)
    quarter.withdraw(known, clock.now())
    now = clock.now()
    with quarter.session() as db:
        retime(db, quarter.site.community_id, Keeping())
        sweep_pictures(db, now)
    assert there(quarter, held, now), "held"
    with quarter.session() as db:
        for one in standing_holds(db, [quarter.site.community_id], now):
            release(db, quarter.actor, one.id, "closed", now)
    assert not there(quarter, held, now)
    with quarter.session() as db:
        assert sweep_pictures(db, now) == 1
    assert face(quarter, known).held == ()


def test_without_anything_held_the_person_reads_central_as_a_place_and_the_guard_sees_no_picture(
    quarter, node, known, say, client, login_as
):
    gone = seen(quarter, node, known.holder)
    guard = login_as("guard", community=quarter.site.community_id)
    address = f"/api/v1/visits/{gone.correlation}/picture.jpg"
    assert guard.get(address).status_code == 200
    with quarter.session() as db:
        token, _ = enrolment.invite(db, quarter.actor, known.holder, clock.now())
    with open_session(quarter.site.engine) as db:
        enrolment.withdraw(db, token, clock.now())
    quarter.deliver()
    confirmed(quarter, node, known, say)
    assert guard.get(address).status_code == 404
    page = client.get(f"/enrol/{token}", headers=HTML).text
    assert "destroyed the event pictures of visits noted under your name: 1 (" in page and "not destroyed" not in page


def test_a_narrowed_consent_destroys_the_pictures_of_the_gates_that_are_left_out(quarter, node, known):
    with quarter.session() as db:
        west = add_gate(db, quarter.site.actor, quarter.site.community_id, "西门").id
    far = quarter.site.enrol("west-in", gate_id=west)
    far.clock = clock.now()
    there_too, here = seen(quarter, far, known.holder), seen(quarter, node, known.holder)
    with quarter.session() as db:
        orders.order_erasure(
            db, quarter.site.community_id, [known.holder], Why.NARROWED, clock.now(), gates=[quarter.site.gate_id]
        )
    assert not there(quarter, here, here.at) and there(quarter, there_too, there_too.at)


def test_an_order_of_before_is_made_good(quarter, node, known):
    quarter.withdraw(known, clock.now())
    with quarter.session() as db:
        db.execute(delete(PictureErasureRow))
    node.clock -= timedelta(minutes=1)
    left = seen(quarter, node, known.holder)
    assert there(quarter, left, left.at) and face(quarter, known).central is None
    with quarter.session() as db:
        jobs.follow_time(db, clock.now())
    assert not there(quarter, left, left.at)
