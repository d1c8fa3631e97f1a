"""Consent in the database: given, taken back, counted at the gates, and nothing kept that is not needed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.access import snapshot
from central.people.community import service as community
from central.people.community.rules import Tie
from central.people.consent import queries, service
from central.people.consent.facts import ages_of
from central.people.consent.keep_ages import forget_birth_dates
from central.people.consent.rules import AgeBand, Channel, Standing
from central.people.consent.tables import PersonAgeRow
from models.values.time import site_day

DAY = timedelta(days=1)
ADULT = date(1980, 5, 1)


@pytest.fixture
def published(town):
    """The first text, of which everybody in town may read."""
    with town.session() as db:
        return publish(db, town)


def publish(db, town, *, now=None, old_until=None, lasts_days=730):
    now = now or town.now
    return service.publish_text(
        db, town.actor, town.community, "同意", "I agree", old_until=old_until or now, lasts_days=lasts_days, now=now
    ).id


def give(db, town, text_id, resident=None, *, now=None, born_on=ADULT, **more):
    resident = resident or town.resident
    if born_on is not None:
        service.note_age(db, town.actor, resident, born_on, now=now or town.now)
    return service.give_consent(db, town.actor, resident, text_id, Channel.DESK, now=now or town.now, **more)


def child_of(town, db, *, house=None, tie=Tie.FAMILY):
    return community.add_resident(
        db, town.actor, house or town.house, "小示例", None, tie, starts_at=town.now - 10 * DAY
    ).id


@pytest.mark.req("PRIV-01")
def test_a_consent_says_what_when_how_where_and_until_when(town, published):
    with town.session() as db:
        give(db, town, published, gates=[town.gate])
        view = queries.standing_of(db, town.community, town.person, town.now)
        told = snapshot.parts(db, town.community, town.now).cardholders[0]
    assert (view.standing, view.until) == (Standing.IN_FORCE, town.now + 730 * DAY)
    last = view.last
    assert last is not None
    assert (last.text_version, last.channel, last.by_guardian, last.gates) == (1, "desk", False, (town.gate,))
    assert (last.given_at, last.expires_at) == (town.now, town.now + 730 * DAY)
    assert (told.face_consent, told.face_consent_until) == (True, town.now + 730 * DAY)


@pytest.mark.req("PRIV-01")
def test_without_a_consent_no_gate_compares(town, published):
    with town.session() as db:
        assert queries.standing_of(db, town.community, town.person, town.now).standing is Standing.NEVER
        assert not any(one.face_consent for one in snapshot.parts(db, town.community, town.now).cardholders)


@pytest.mark.req("PRIV-01")
def test_a_consent_counts_at_its_gates_alone(town, published):
    with town.session() as db:
        west = community.add_gate(db, town.actor, town.community, "西门").id
        give(db, town, published, gates=[west])
        here, there, some = (
            snapshot.parts(db, town.community, town.now, gate).cardholders[0].face_consent
            for gate in (town.gate, west, None)
        )
    assert (here, there, some) == (False, True, True)


@pytest.mark.req("PRIV-04")
def test_withdrawing_takes_one_step_and_can_be_done_once(town, published):
    with town.session() as db:
        give(db, town, published)
        service.withdraw_consent(db, town.actor, town.resident, Channel.PHONE, now=town.now + DAY)
        assert queries.standing_of(db, town.community, town.person, town.now + DAY).standing is Standing.WITHDRAWN
        assert not snapshot.parts(db, town.community, town.now + DAY).cardholders[0].face_consent
        with pytest.raises(Conflict, match="nothing_to_withdraw"):
            service.withdraw_consent(db, town.actor, town.resident, Channel.PHONE, now=town.now + DAY)


@pytest.mark.req("PRIV-02")
def test_an_old_text_cannot_be_agreed_to_and_stops_counting_on_its_day(town, published):
    with town.session() as db:
        give(db, town, published)
        newer = publish(db, town, now=town.now + DAY, old_until=town.now + 5 * DAY)
        with pytest.raises(Conflict, match="old_text"):
            give(db, town, published, now=town.now + DAY)
        told = snapshot.parts(db, town.community, town.now + DAY).cardholders[0]
        assert told.face_consent_until == town.now + 5 * DAY, "gates know the day in advance"
        after = queries.standing_of(db, town.community, town.person, town.now + 5 * DAY)
        assert after.standing is Standing.ASKS_ANEW
        told = snapshot.parts(db, town.community, town.now + 7 * DAY).cardholders[0]
        assert told.face_consent_until == town.now + 5 * DAY and not told.may_be_compared(town.now + 7 * DAY), (
            "and go on knowing when it ended"
        )
        give(db, town, newer, now=town.now + 6 * DAY)
        again = queries.standing_of(db, town.community, town.person, town.now + 6 * DAY)
        assert (again.standing, again.last and again.last.text_version) == (Standing.IN_FORCE, 2)
    with town.session() as db, pytest.raises(Invalid, match="transition_backwards"):
        publish(db, town, now=town.now + 2 * DAY, old_until=town.now + 4 * DAY)


@pytest.mark.req("PRIV-03")
def test_a_child_consents_through_a_grown_up_of_the_same_home(town, published):
    with town.session() as db:
        child = child_of(town, db)
        young = site_day(town.now).replace(month=1, day=1) - timedelta(days=365 * 9)
        for guardian, problem in ((None, "guardian_needed"), (child, "guardian_self"), (town.resident, "age_unknown")):
            with pytest.raises(Conflict, match=problem):
                give(db, town, published, child, born_on=young, guardian_id=guardian)
        service.note_age(db, town.actor, town.resident, ADULT, now=town.now)
        row = give(db, town, published, child, born_on=None, guardian_id=town.resident)
        assert row.guardian_id == town.person and row.person_id != town.person
        view = queries.standing_of(db, town.community, row.person_id, town.now)
        assert (view.standing, view.age) == (Standing.IN_FORCE, AgeBand.UNDER_14)
        with pytest.raises(Conflict, match="guardian_not_wanted"):
            give(db, town, published, guardian_id=child)


@pytest.mark.req("PRIV-03")
def test_a_guardian_who_moves_out_speaks_for_the_child_no_more(town, published):
    with town.session() as db:
        child = child_of(town, db)
        guardian = child_of(town, db)
        service.note_age(db, town.actor, guardian, ADULT, now=town.now)
        young = site_day(town.now) - timedelta(days=365 * 9)
        row = give(db, town, published, child, born_on=young, guardian_id=guardian)
        assert row.person_id in queries.agreed(db, town.community, town.now)
        community.end_residency(db, town.actor, guardian, town.now + DAY, "搬走")
    with town.session() as db:
        assert queries.agreed(db, town.community, town.now)[row.person_id].until == town.now + DAY
        assert row.person_id not in queries.agreed(db, town.community, town.now + DAY)
        stands = queries.standing_of(db, town.community, row.person_id, town.now + DAY)
        assert stands.standing is Standing.ASKS_ANEW


@pytest.mark.req("PRIV-03")
@pytest.mark.parametrize("how", ["another_house", "moved_out", "help"])
def test_who_is_no_longer_of_the_home_is_no_guardian(town, published, how):
    with town.session() as db:
        house = community.add_house(db, town.actor, town.unit, "1202").id if how == "another_house" else None
        guardian = child_of(town, db, house=house, tie=Tie.HELP if how == "help" else Tie.FAMILY)
        service.note_age(db, town.actor, guardian, ADULT, now=town.now)
        if how == "moved_out":
            community.end_residency(db, town.actor, guardian, town.now - DAY, "搬走")
        with pytest.raises(Conflict, match="guardian_elsewhere"):
            give(db, town, published, child_of(town, db), born_on=site_day(town.now), guardian_id=guardian)


@pytest.mark.req("PRIV-01")
def test_a_consent_is_for_this_community_and_somebody_at_home_in_it(town, other_town, published):
    with town.session() as db:
        with pytest.raises(Conflict, match="age_unknown"):
            give(db, town, published, born_on=None)
        with pytest.raises(NotFound, match="no_gate"):
            give(db, town, published, gates=[other_town.gate])
        with pytest.raises(NotFound, match="no_text"):
            give(db, town, town.rule)
        community.end_residency(db, town.actor, town.resident, town.now - DAY, "搬走")
        with pytest.raises(Conflict, match="not_at_home"):
            give(db, town, published)
    with other_town.session() as db, pytest.raises(NotFound):
        give(db, other_town, published, town.resident)


@pytest.mark.req("PRIV-19")
def test_of_an_adult_no_day_of_birth_is_kept_and_of_a_child_only_sealed_until_of_age(town, database):
    born_on = site_day(town.now) - timedelta(days=365 * 17)
    with town.session() as db:
        assert service.note_age(db, town.actor, town.resident, ADULT, now=town.now) is AgeBand.OF_AGE
        child = child_of(town, db)
        assert service.note_age(db, town.actor, child, born_on, now=town.now) is AgeBand.UNDER_18
        kept = {row.of_age: row for row in db.scalars(select(PersonAgeRow))}
        assert kept[True].sealed_birth is None
        sealed = kept[False].sealed_birth
        assert sealed is not None and born_on.isoformat().encode() not in sealed
        assert ages_of(db, [kept[False].person_id])[kept[False].person_id].born_on == born_on
        assert not any(born_on.isoformat() in str(row.after) for row in db.scalars(select(AuditRow)))
    with town.session() as db:
        assert forget_birth_dates(db, town.now + 360 * DAY) == 0
        assert forget_birth_dates(db, town.now + 380 * DAY) == 1
    with town.session() as db:
        assert db.scalar(text("SELECT count(*) FROM person_age WHERE sealed_birth IS NOT NULL")) == 0


def test_every_deed_is_in_the_audit(town, published):
    with town.session() as db:
        give(db, town, published)
        service.withdraw_consent(db, town.actor, town.resident, Channel.PAPER, now=town.now)
        deeds = [row.what for row in db.scalars(select(AuditRow).order_by(AuditRow.id))]
    assert deeds[-4:] == ["consent_text.publish", "age.note", "consent.give", "consent.withdraw"]


def test_a_published_text_stands(town, published):
    with town.session() as db, pytest.raises(Exception, match="permission denied"):
        db.execute(text("UPDATE consent_text SET zh = 'x'"))


def keeps(db, town, at=None):
    """By the person's standing, and as the gates are told: (here, there)."""
    stands = queries.standing_of(db, town.community, town.person, at or town.now)
    told = snapshot.parts(db, town.community, at or town.now).cardholders[0]
    return stands.keeps_photos, told.keeps_photos


@pytest.mark.req("PRIV-01", "PRIV-04")
def test_that_photos_stay_is_a_choice_of_its_own_off_until_made_and_taken_back_alone(town, published):
    with town.session() as db:
        with pytest.raises(Conflict, match="photos_alone"):
            service.choose_photos(db, town.actor, town.resident, True, Channel.PHONE, now=town.now)
        give(db, town, published)
        assert keeps(db, town) == (False, False)
        for _ in range(2):
            service.choose_photos(db, town.actor, town.resident, True, Channel.PHONE, now=town.now)
        last = queries.standing_of(db, town.community, town.person, town.now).last
        assert last and (last.photos_version, last.photos_kept_at, last.photos_ended_at) == (1, town.now, None)
        assert keeps(db, town) == (True, True)
        for _ in range(2):
            service.choose_photos(db, town.actor, town.resident, False, Channel.DESK, now=town.now + DAY)
        view = queries.standing_of(db, town.community, town.person, town.now + DAY)
        assert view.standing is Standing.IN_FORCE, "the face opens as before"
        assert keeps(db, town, town.now + DAY) == (False, False)
        told = [row.after for row in db.scalars(select(AuditRow).where(AuditRow.what == "consent.photos"))]
        assert [(one["keep"], one["channel"]) for one in told] == [(True, "phone"), (False, "desk")]


@pytest.mark.req("PRIV-02", "PRIV-04")
def test_the_choice_ends_with_its_consent_and_the_next_consent_asks_for_it_anew(town, published):
    with town.session() as db:
        give(db, town, published, keep_photos=True)
        assert keeps(db, town) == (True, True)
        newer = publish(db, town, now=town.now + DAY, old_until=town.now + 2 * DAY)
        assert keeps(db, town, town.now + 3 * DAY) == (True, True), "who is only asked anew loses nothing yet"
        give(db, town, newer, now=town.now + 4 * DAY)
        assert keeps(db, town, town.now + 4 * DAY) == (False, False)
        give(db, town, newer, now=town.now + 5 * DAY, keep_photos=True)
        service.withdraw_consent(db, town.actor, town.resident, Channel.PHONE, now=town.now + 6 * DAY)
        assert keeps(db, town, town.now + 6 * DAY) == (False, False)
        with pytest.raises(Conflict, match="photos_alone"):
            service.choose_photos(db, town.actor, town.resident, True, Channel.PHONE, now=town.now + 6 * DAY)


@pytest.mark.req("PRIV-03")
def test_a_guardian_s_choice_for_a_child_ends_when_the_child_is_asked(town, published):
    with town.session() as db:
        child = child_of(town, db)
        service.note_age(db, town.actor, town.resident, ADULT, now=town.now)
        born = site_day(town.now) - timedelta(days=13 * 365)
        row = give(db, town, published, child, born_on=born, guardian_id=town.resident, keep_photos=True)
        assert queries.keeping_photos(db, town.community, town.now) == {row.person_id}
        assert queries.keeping_photos(db, town.community, town.now + 729 * DAY) == {row.person_id}, "asked, not over"
        mine = give(db, town, published, child, now=town.now + 600 * DAY, born_on=None)
        assert mine.photos_version is None
        assert queries.keeping_photos(db, town.community, town.now + 601 * DAY) == frozenset()
