"""Whose consent counts when: ages to the day, guardians, versions, and every standing. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.people.consent.rules import (
    KEEPS_TEMPLATE,
    Age,
    AgeBand,
    AskedAnew,
    Consent,
    Guardian,
    Home,
    Standing,
    Text,
    age_band,
    birth_problem,
    ends_at,
    giving_problem,
    guardian_until,
    inviting_problem,
    reached_at,
    reached_on,
    standing,
    text_problem,
    why_anew,
    years_old,
)
from models.values.time import SITE_TZ

START = datetime(2026, 1, 1, tzinfo=UTC)
ADULT = Age(of_age=True)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
HOUSE, OTHER_HOUSE = uuid4(), uuid4()

instants = st.integers(0, 2000 * 24).map(lambda hours: START + timedelta(hours=hours))
births = st.dates(date(2008, 1, 1), date(2026, 1, 1))
ages = st.one_of(st.just(ADULT), st.just(Age()), births.map(Age))


@st.composite
def consents(draw: st.DrawFn) -> Consent:
    given_at = draw(instants)
    return Consent(
        version=draw(st.integers(1, 3)),
        given_at=given_at,
        expires_at=given_at + draw(st.integers(1, 800)) * DAY,
        by_guardian=draw(st.booleans()),
        guardian_until=draw(st.none() | st.integers(0, 900).map(lambda days: given_at + days * DAY)),
        withdrawn_at=draw(st.none() | st.integers(0, 900).map(lambda days: given_at + days * DAY)),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Text]:
    """Published one after the other, each with its transition."""
    published = sorted(draw(st.lists(instants, min_size=1, max_size=3)))
    return [Text(number, at, at + draw(st.integers(0, 200)) * DAY) for number, at in enumerate(published, start=1)]


@pytest.mark.req("PRIV-03")
@pytest.mark.parametrize(
    ("born_on", "first_day"),
    [
        (date(2012, 11, 24), date(2026, 11, 25)),
        (date(2012, 2, 29), date(2026, 3, 1)),
        (date(2012, 2, 28), date(2026, 3, 1)),
        (date(2012, 3, 1), date(2026, 3, 2)),
        (date(2011, 12, 31), date(2026, 1, 1)),
    ],
)
def test_somebody_is_fourteen_from_the_midnight_after_the_birthday(born_on, first_day):
    """The birthday itself still counts as not yet 14; of 29 February the last day is the 28th."""
    assert reached_on(born_on, 14) == first_day
    midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=SITE_TZ)
    assert reached_at(born_on, 14) == midnight, "by the site's clock, not by UTC's"
    assert age_band(Age(born_on), midnight - MOMENT) is AgeBand.UNDER_14
    assert age_band(Age(born_on), midnight) is AgeBand.UNDER_18


@pytest.mark.req("PRIV-03")
@given(births)
def test_ages_only_grow_and_each_has_its_day(born_on):
    assert reached_on(born_on, 14) < reached_on(born_on, 18)
    of_age = reached_at(born_on, 18)
    assert age_band(Age(born_on), of_age - MOMENT) is AgeBand.UNDER_18
    assert age_band(Age(born_on), of_age) is AgeBand.OF_AGE
    assert timedelta(0) < reached_on(born_on, 14) - born_on - timedelta(days=14 * 365) <= timedelta(days=5)


def test_a_birth_date_is_neither_in_the_future_nor_of_another_century():
    now = datetime(2026, 11, 23, 17, tzinfo=UTC)  # the 24th at the site
    assert birth_problem(date(2026, 11, 24), now) is None
    assert birth_problem(date(2026, 11, 25), now) == "consent.born_later"
    assert birth_problem(date(1895, 1, 1), now) == "consent.born_long_ago"


@given(consents=st.lists(consents(), max_size=3), texts=histories(), age=ages, now=instants)
def test_every_standing_is_what_it_says(consents, texts, age, now):
    said = standing(consents, texts, age, now)
    given = [one for one in consents if one.given_at <= now]
    last = max(given, key=lambda one: one.given_at, default=None)
    band = age_band(age, now)
    if last is None:
        assert said is (Standing.GUARDIAN_NEEDED if band is AgeBand.UNDER_14 else Standing.NEVER)
        return
    withdrawn = last.withdrawn_at is not None and last.withdrawn_at <= now
    assert (said is Standing.WITHDRAWN) is withdrawn
    if said is Standing.IN_FORCE:
        assert now < last.expires_at and not withdrawn
        assert last.by_guardian is (band is AgeBand.UNDER_14) and band is not AgeBand.UNKNOWN
        assert not last.by_guardian or last.guardian_until is None or now < last.guardian_until
        assert not [t for t in texts if t.version > last.version and t.published_at <= now and t.old_until <= now]
    if said is Standing.EXPIRED:
        assert now >= last.expires_at


@pytest.mark.req("PRIV-02")
@given(consents=st.lists(consents(), max_size=2), texts=histories(), age=ages, now=instants, later=instants)
def test_a_consent_in_force_ends_exactly_when_it_was_said_to(consents, texts, age, now, later):
    """With nothing new given or published, which is all that a gate without a link can know."""
    known = [one for one in consents if one.given_at <= now]
    told = [text for text in texts if text.published_at <= now]
    until = ends_at(known, told, age, now)
    assert (until is None) is (standing(known, told, age, now) is not Standing.IN_FORCE)
    assert (why_anew(known, told, age, now) is None) is (standing(known, told, age, now) is not Standing.ASKS_ANEW)
    if until is not None:
        assert now < until
        assert standing(known, told, age, until - MOMENT) is Standing.IN_FORCE
        assert standing(known, told, age, until) is not Standing.IN_FORCE
        if later >= now:
            assert (standing(known, told, age, later) is Standing.IN_FORCE) is (later < until)


@given(one=consents(), text=histories(), now=instants)
def test_without_a_known_age_nobody_consents_alone(one, text, now):
    assert standing([one], text, Age(), now) is not Standing.IN_FORCE


@pytest.mark.req("PRIV-02")
def test_a_newer_text_asks_anew_from_its_transition_date_and_destroys_nothing():
    old = Consent(1, START, START + 700 * DAY)
    texts = [Text(1, START, START), Text(2, START + DAY, START + 30 * DAY)]
    assert standing([old], texts, ADULT, START + 30 * DAY - MOMENT) is Standing.IN_FORCE
    assert standing([old], texts, ADULT, START + 30 * DAY) is Standing.ASKS_ANEW
    assert Standing.ASKS_ANEW in KEEPS_TEMPLATE
    again = Consent(2, START + 31 * DAY, START + 731 * DAY)
    assert standing([old, again], texts, ADULT, START + 32 * DAY) is Standing.IN_FORCE


@pytest.mark.req("PRIV-03")
def test_a_guardian_who_is_at_home_no_more_speaks_for_nobody():
    born_on, texts = date(2020, 5, 1), [Text(1, START, START)]
    parted = START + 100 * DAY
    mine = [Home(HOUSE, None), Home(OTHER_HOUSE, START + 300 * DAY)]
    for guardian, until in (
        ([Home(HOUSE, parted)], parted),
        ([Home(HOUSE, parted), Home(OTHER_HOUSE, None)], START + 300 * DAY),
        ([Home(HOUSE, parted), Home(HOUSE, None)], None),
        ([Home(HOUSE, None, help=True)], START),
        ([], START),
    ):
        assert guardian_until(mine, guardian, START) == until
    consent = Consent(1, START, START + 700 * DAY, by_guardian=True, guardian_until=parted)
    assert standing([consent], texts, Age(born_on), parted - MOMENT) is Standing.IN_FORCE
    assert ends_at([consent], texts, Age(born_on), START) == parted
    assert standing([consent], texts, Age(born_on), parted) is Standing.ASKS_ANEW
    assert why_anew([consent], texts, Age(born_on), parted) is AskedAnew.GUARDIAN_GONE
    newer = [*texts, Text(2, START + DAY, START + 2 * DAY)]
    assert why_anew([consent], newer, Age(born_on), START + 3 * DAY) is AskedAnew.NEWER_TEXT
    assert why_anew([consent], newer, Age(date(2010, 1, 1)), parted) is AskedAnew.GROWN


@pytest.mark.req("PRIV-03")
def test_a_guardians_consent_ends_on_the_day_the_child_is_fourteen():
    born_on = date(2012, 11, 24)
    turns = reached_at(born_on, 14)
    by_guardian = Consent(1, turns - 100 * DAY, turns + 600 * DAY, by_guardian=True)
    texts = [Text(1, START - 900 * DAY, START)]
    assert standing([by_guardian], texts, Age(born_on), turns - MOMENT) is Standing.IN_FORCE
    assert standing([by_guardian], texts, Age(born_on), turns) is Standing.ASKS_ANEW
    alone = Consent(1, turns - 100 * DAY, turns + 600 * DAY)
    assert standing([alone], texts, Age(born_on), turns - MOMENT) is Standing.GUARDIAN_NEEDED


TEXT = Text(2, START, START)
GOOD = Guardian(is_self=False, same_home=True, age=AgeBand.OF_AGE)


@pytest.mark.req("PRIV-01", "PRIV-03")
@pytest.mark.parametrize(
    ("text", "age", "guardian", "at_home", "problem"),
    [
        (TEXT, AgeBand.OF_AGE, None, True, None),
        (TEXT, AgeBand.UNDER_18, None, True, None),
        (TEXT, AgeBand.UNDER_14, GOOD, True, None),
        (Text(1, START, START), AgeBand.OF_AGE, None, True, "consent.old_text"),
        (TEXT, AgeBand.OF_AGE, None, False, "consent.not_at_home"),
        (TEXT, AgeBand.UNKNOWN, None, True, "consent.age_unknown"),
        (TEXT, AgeBand.UNKNOWN, GOOD, True, "consent.age_unknown"),
        (TEXT, AgeBand.UNDER_14, None, True, "consent.guardian_needed"),
        (TEXT, AgeBand.UNDER_18, GOOD, True, "consent.guardian_not_wanted"),
        (TEXT, AgeBand.OF_AGE, GOOD, True, "consent.guardian_not_wanted"),
        (TEXT, AgeBand.UNDER_14, Guardian(True, True, AgeBand.UNDER_14), True, "consent.guardian_self"),
        (TEXT, AgeBand.UNDER_14, Guardian(False, False, AgeBand.OF_AGE), True, "consent.guardian_elsewhere"),
        (TEXT, AgeBand.UNDER_14, Guardian(False, True, AgeBand.UNKNOWN), True, "consent.guardian_age_unknown"),
        (TEXT, AgeBand.UNDER_14, Guardian(False, True, AgeBand.UNDER_18), True, "consent.guardian_under_age"),
    ],
)
def test_what_cannot_be_consented_to_and_why(text, age, guardian, at_home, problem):
    assert giving_problem(text, [Text(1, START, START), TEXT], age, guardian, at_home=at_home) == problem


@pytest.mark.req("PRIV-03")
@given(
    age=st.sampled_from(AgeBand),
    guardian=st.none() | st.builds(Guardian, st.booleans(), st.booleans(), st.sampled_from(AgeBand)),
)
def test_no_link_is_made_behind_which_its_consent_could_not_be_given(age, guardian):
    """But for an age that nobody has noted yet: it may be, until the person agrees."""
    given_by_link = giving_problem(TEXT, [TEXT], age, guardian, at_home=True)
    if age is AgeBand.UNKNOWN:
        assert inviting_problem(age, guardian) == (None if guardian is None else given_by_link)
    else:
        assert inviting_problem(age, guardian) == given_by_link


def test_a_transition_never_goes_back():
    assert text_problem(None, START, START) is None
    assert text_problem(None, START - MOMENT, START) == "consent.transition_past"
    before = Text(1, START - DAY, START + 10 * DAY)
    assert text_problem(before, START + 9 * DAY, START) == "consent.transition_backwards"
    assert text_problem(before, START + 10 * DAY, START) is None


@given(born_on=births, at=instants)
def test_years_are_full_when_the_age_is_reached_and_no_moment_before(born_on: date, at: datetime) -> None:
    years = years_old(born_on, at)
    assert years >= 0
    assert years == 0 or reached_at(born_on, years) <= at
    assert at < reached_at(born_on, years + 1)
